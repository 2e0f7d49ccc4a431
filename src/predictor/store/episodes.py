"""Episodes from the store: which of the scores teach, and what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from predictor.core.errors import Finding, count
from predictor.store.monitor.episodes import ACCEPTING

_DAY = timedelta(days=1)


@dataclass
class _Episode:
    """Scores of a lead in a row, and what came of it before it was scored anew."""

    scores: list[Mapping[str, Any]]
    sql_at: datetime | None = None
    recycled: bool = False

    @property
    def handed(self) -> Mapping[str, Any] | None:
        """The first score by which sales got the lead; None where it was held back."""
        return next((row for row in self.scores if row["explore"] or row["decision"] == "route_to_sales"), None)


@dataclass(frozen=True)
class Episodes:
    """The episodes that teach, and how many do not.

    Attributes:
        frame: `lead_id`, `mql_at` (the moment of the score), `sql_at`, `sample_weight` (how many leads it stands for) and
            `features`.
        left: Why episodes do not teach -> how many.
    """

    frame: pd.DataFrame
    left: Counter[str] = field(default_factory=Counter)

    @property
    def explored(self) -> int:
        """Those that were handed over by lot."""
        return int((self.frame["stands_for"] > 1).sum())

    @property
    def held(self) -> int:
        """Those that the model held back."""
        return self.left["held back"] + self.left["held back, accepted all the same"]


def compute_episodes(scores: pd.DataFrame, outcomes: pd.DataFrame, *, timezone: str) -> Episodes:
    """The episodes of which sales has seen the lead, a row each, oldest first.

    An episode begins with a score, and ends where the lead is scored again after sales has sent it back. The first score that
    handed the lead to sales is its row: the same lead asked for again is no other lead, and before that score nobody in sales
    could accept it. A lead that was held back has no honest outcome and teaches nothing, whatever came of it; one that was
    handed over by lot stands for all those alike that were not, so it counts 1 / `explore_rate`.

    Args:
        scores: What `Database.load_scores` gives, with features.
        outcomes: What `Database.load_outcomes` gives.
        timezone: The zone in which an outcome at midnight means that day.

    >>> day = lambda n: pd.Timestamp(f"2026-03-{n:02}T12:00Z")
    >>> row = {"explore": False, "explore_rate": None, "features": {"size": 1.0}}
    >>> held, routed = {**row, "decision": "nurture"}, {**row, "decision": "route_to_sales"}
    >>> scores = pd.DataFrame([
    ...     {"lead_id": "A", "as_of": day(1), **held}, {"lead_id": "A", "as_of": day(2), **routed},
    ...     {"lead_id": "A", "as_of": day(3), **routed}, {"lead_id": "B", "as_of": day(4), **held},
    ... ])
    >>> outcomes = pd.DataFrame([{"lead_id": "A", "kind": "accepted", "occurred_at": day(9)}])
    >>> found = compute_episodes(scores, outcomes, timezone="UTC")
    >>> found.frame[["lead_id", "mql_at", "sql_at"]].astype("str").values.tolist()
    [['A', '2026-03-02 12:00:00+00:00', '2026-03-09 12:00:00+00:00']]
    >>> dict(found.left)
    {'held back': 1}
    """
    zone, told = ZoneInfo(timezone), dict(list(outcomes.groupby("lead_id")))
    rows, left = [], Counter[str]()
    for lead_id, asked in scores.sort_values("as_of", kind="stable").groupby("lead_id"):
        came = _list_rows(told[lead_id]) if lead_id in told else []
        for episode in _follow(_list_rows(asked), came, zone, left):
            row = _teach(episode, left)
            if row is not None:
                rows.append({"lead_id": lead_id, **row})
    columns = ["lead_id", "mql_at", "sql_at", "stands_for", "features"]
    frame = pd.DataFrame(rows, columns=columns)
    moments = dict.fromkeys(("mql_at", "sql_at"), "datetime64[us, UTC]")
    kinds = {"lead_id": "str", "stands_for": "float64"} | moments
    return Episodes(frame.astype(kinds).sort_values("mql_at", kind="stable", ignore_index=True), left)


def check_episodes(episodes: Episodes) -> tuple[Finding, ...]:
    """Findings about what teaches and what does not, with counts."""
    frame, left = episodes.frame, episodes.left
    explored = episodes.explored
    stood_for = frame["sample_weight"][frame["sample_weight"] > 1].sum()
    stand = f", of whom {explored:,} were handed over by lot and stand for {stood_for:,.0f}"
    what = f"{count(len(frame), 'episode')} of the store teach: those that were handed to sales{stand if explored else ''}."
    found = [Finding("STORE001", "tip", what, "")]
    if held := episodes.held:
        won = left["held back, accepted all the same"]
        what = f"{count(held, 'episode')} were held back by the model and teach nothing ({won:,} were accepted all the same)."
        if not explored:
            what += " All figures are of leads that were handed over, more of whom are accepted than of all."
        why = "What it holds back has no honest outcome"
        do = f"{why}: hand some over by lot, or train from the tables of the CRM." if not explored else ""
        found.append(Finding("STORE002", "tip" if explored else "warning", what, do))
    if without := left["explored without a rate"]:
        what = f"{count(without, 'episode')} were handed over by lot at a rate that was not stored, and count as one each."
        found.append(Finding("STORE003", "warning", what, "Store the rate with the score."))
    if bare := left["without features"]:
        what = f"{count(bare, 'episode')} were stored without what the model looked at, by an earlier version, and teach nothing."
        found.append(Finding("STORE004", "tip", what, ""))
    if late := left["scored after acceptance"]:
        what = f"{count(late, 'score')} came after sales had accepted the lead, and are not looked at."
        found.append(Finding("STORE005", "tip", what, ""))
    return tuple(found)


def _follow(
    scores: Iterable[Mapping[str, Any]], outcomes: Iterable[Mapping[str, Any]], zone: ZoneInfo, left: Counter[str]
) -> list[_Episode]:
    """The episodes of one lead."""
    line = [(row["as_of"], 0, row) for row in scores] + [(_end_of(row["occurred_at"], zone), 1, row) for row in outcomes]
    episodes: list[_Episode] = []
    for _, is_outcome, row in sorted(line, key=lambda entry: entry[:2]):
        current = episodes[-1] if episodes else None
        if is_outcome and current is not None:
            if row["kind"] in ACCEPTING:
                current.sql_at = current.sql_at or row["occurred_at"]
            current.recycled |= row["kind"] == "recycled"
        elif not is_outcome and (current is None or current.recycled):
            episodes.append(_Episode([row]))
        elif not is_outcome and current is not None and current.sql_at is None:
            current.scores.append(row)
        elif not is_outcome:
            left["scored after acceptance"] += 1
    return episodes


def _list_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(map(str, frame), row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def _end_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment, or the end of the day where it is a date without a time."""
    return moment + _DAY if moment.astimezone(zone).time() == time() else moment


def _teach(episode: _Episode, left: Counter[str]) -> dict[str, Any] | None:
    """The row of an episode; None where it teaches nothing."""
    handed = episode.handed
    if handed is None:
        left["held back" if episode.sql_at is None else "held back, accepted all the same"] += 1
        return None
    if not isinstance(handed["features"], dict) or not handed["features"]:
        left["without features"] += 1
        return None
    rate = handed["explore_rate"] if handed["explore"] else 1.0
    if rate is None or not rate > 0:
        left["explored without a rate"] += 1
        rate = 1.0
    sql_at = None if episode.sql_at is None else max(episode.sql_at, handed["as_of"])
    return {"mql_at": handed["as_of"], "sql_at": sql_at, "stands_for": 1 / rate, "features": handed["features"]}
