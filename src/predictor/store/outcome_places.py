"""Where outcomes stand in the time of their lead: after which scores they came, and which one they are about."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from predictor.data.lead_keys import as_keys
from predictor.data.parse import parse_times

PLACE: Final = ("lead_key", "at", "anchor")  # columns of a report's place
_UTC: Final = "datetime64[us, UTC]"
_TICK = pd.Timedelta(microseconds=1)


def place_outcomes(outcomes: pd.DataFrame, scores: pd.DataFrame, *, timezone: str) -> pd.DataFrame:
    """Where outcomes stand in the time of their lead.

    A date without a time, which is midnight in the firm's timezone, means the whole day. It comes after the scores of that day,
    but not after those that were made when it had been reported already.

    Args:
        outcomes: `lead_id`, `occurred_at`; and `told_at` and `episode` where they are known.
        scores: `lead_id`, `as_of`; and `scored_at` where it is known. Where both have `lead`, of `number_leads`, that is used.
        timezone: The timezone of the firm.

    Returns:
        For each outcome: `lead_id` (the key), `occurred_at`, `at` (its place), and `anchor`: the `as_of` of the score that it is
        about, missing where it came before every score.
    """
    keys = as_keys(outcomes["lead_id"])
    numbered = "lead" in scores and "lead" in outcomes
    scored, reported = (scores["lead"], outcomes["lead"]) if numbered else number_leads(as_keys(scores["lead_id"]), keys)
    own = pd.DataFrame({"lead": reported, "occurred_at": outcomes["occurred_at"].astype(_UTC)})
    of_leads = pd.DataFrame({"lead": scored, "as_of": scores["as_of"].astype(_UTC)}, index=scores.index)
    if "scored_at" in scores:
        of_leads["scored_at"] = scores["scored_at"].astype(_UTC)
    start, end = own["occurred_at"], _compute_ends(own["occurred_at"], timezone)
    at = end
    told_at = next((outcomes[name].astype(_UTC) for name in ("first_told_at", "told_at") if name in outcomes), None)
    if told_at is not None and "scored_at" in of_leads:
        at = _stop_before_later_scores(own.assign(start=start, end=end, told_at=told_at), of_leads)
    named = outcomes["episode"].astype(_UTC) if "episode" in outcomes else pd.Series(pd.NaT, own.index, dtype=_UTC)
    anchor = _find_latest(own["lead"], named.fillna(at), of_leads)
    at = at.mask(named.notna() & (anchor > at), anchor)
    return pd.DataFrame({"lead_id": keys, "occurred_at": own["occurred_at"], "at": at, "anchor": anchor})


def number_leads(*keys: pd.Series) -> list[np.ndarray]:
    """The same number for the same key in several columns: numbers are sorted and compared faster than texts.

    >>> [numbers.tolist() for numbers in number_leads(pd.Series(["A", "B"]), pd.Series(["B", "C", "B"]))]
    [[0, 1], [1, 2, 1]]
    """
    numbers, _ = pd.factorize(pd.concat(keys, ignore_index=True))
    return np.split(numbers, np.cumsum([len(column) for column in keys])[:-1])


def place_reports(history: pd.DataFrame, scores: pd.DataFrame, *, timezone: str) -> pd.DataFrame:
    """Every report in the order in which they came, with its place in the time of its lead.

    Args:
        history: Every report, as `Database.load_outcome_history` gives it. One without a date happened when it came.
        scores: `lead_id`, `as_of`, and with `scored_at` when each was made.
        timezone: The timezone of the firm.

    Returns:
        The columns of `history`, and as `place_outcomes` gives them: `lead_key`, `at` and `anchor`.
    """
    rows = sort_reports(history, ["told_at"])
    placed = place_outcomes(rows.assign(occurred_at=rows["occurred_at"].fillna(rows["told_at"])), scores, timezone=timezone)
    return rows.assign(lead_key=placed["lead_id"], at=placed["at"], anchor=placed["anchor"])


def sort_reports(reports: pd.DataFrame, moments: list[str]) -> pd.DataFrame:
    """Reports in order of these moments, and those of the same moments in order of their ids, which are slow to sort."""
    tied = reports.duplicated(moments, keep=False)
    place = reports.loc[tied, "outcome_id"].rank().reindex(reports.index, fill_value=0.0)
    return reports.assign(place=place).sort_values([*moments, "place"], kind="stable", ignore_index=True).drop(columns="place")


def _stop_before_later_scores(outcomes: pd.DataFrame, scores: pd.DataFrame) -> pd.Series:
    """The end of each outcome's day, or just before the first score of that day that was made after the report."""
    whole_day = outcomes[outcomes["end"] > outcomes["start"]].reset_index(names="row")
    that_day = whole_day.merge(scores, on="lead").query("start <= as_of <= end").sort_values("as_of", kind="stable")
    later = that_day[that_day.duplicated("row") & (that_day["scored_at"] > that_day["told_at"])]
    stops = later.groupby("row")["as_of"].min() - _TICK
    return outcomes["end"].mask(outcomes.index.isin(stops.index), stops.reindex(outcomes.index))


def _find_latest(lead: pd.Series, at: pd.Series, scores: pd.DataFrame) -> pd.Series:
    """The moment of the latest score of each lead at or before a moment."""
    if at.empty or scores.empty:
        return pd.Series(pd.NaT, at.index, dtype=_UTC)
    left = pd.DataFrame({"lead": lead, "at": at, "row": range(len(at))}).sort_values("at", kind="stable")
    scores = scores[scores["lead"].isin(lead)]
    right = scores[["lead", "as_of"]].assign(at=scores["as_of"]).sort_values("at", kind="stable")
    found = pd.merge_asof(left, right, on="at", by="lead").sort_values("row")
    return found["as_of"].set_axis(at.index)


def _compute_ends(moments: pd.Series, timezone: str) -> pd.Series:
    """The moments; for a date without a time, the last moment of its day, which has 23 to 25 hours."""
    days = moments.dt.tz_convert(timezone).dt.tz_localize(None).dt.normalize()
    starts, _ = parse_times(days, timezone)
    next_starts, _ = parse_times(days + pd.Timedelta(days=1), timezone)
    return moments.where(moments != starts, next_starts - _TICK)
