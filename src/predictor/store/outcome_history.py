"""The history of outcomes: every report about a lead is kept, and one rule says which of them count."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import pandas as pd

from predictor.core.ids import make_uuid
from predictor.data.lead_keys import to_key
from predictor.store.outcome_places import PLACE, place_reports, sort_reports
from predictor.store.schema import OutcomeKind, ReportKind

WITHDRAWN: Final = "withdrawn"
_SAID = ("occurred_at", "episode", "replaces", "withdraws", "reason", "amount", "currency")
_FACTS = ("occurred_at", "reason", "amount", "currency", "episode")  # a correction keeps those that it leaves out
_Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeReport:
    """What a CRM reports about a lead.

    Attributes:
        lead_id: The CRM's key.
        kind: What sales decided; `withdrawn` takes an earlier outcome back.
        occurred_at: When, with a timezone; None if unknown.
        reason: Why the lead was recycled; None if unknown.
        amount: Of an opportunity; None if unknown.
        currency: Of the amount, three letters; None if unknown.
        episode: The `as_of` of the score that it is about; None for the latest score at or before it.
        replaces: The id of an earlier outcome, which this one corrects or takes back; None for none.
        withdraws: The kind of the outcome to take back; None for the latest of any kind.
        key: The client's idempotency key; None for none.
    """

    lead_id: str
    kind: ReportKind
    occurred_at: datetime | None = None
    reason: str | None = None
    amount: float | None = None
    currency: str | None = None
    episode: datetime | None = None
    replaces: str | None = None
    withdraws: OutcomeKind | None = None
    key: str | None = None

    def to_row(self, told_at: datetime) -> _Row:
        """The row of the table: what was said and when, its id, and a hash of what was said."""
        row = {name: getattr(self, name) for name in ("lead_id", "kind", *_SAID)}
        outcome_id = make_uuid() if self.key is None else hash_texts("key", to_key(self.lead_id), self.key)
        return {**row, "told_at": told_at, "outcome_id": outcome_id, "has_key": self.key is not None, "digest": hash_row(row)}


def hash_texts(*texts: str) -> str:
    """An id that is the same for the same texts.

    >>> hash_texts("key", "A17", "1"), len(hash_texts("a"))
    ('b6c8fbe16b1d960983d34ed6c1678c8a', 32)
    """
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:32]


def hash_row(row: Mapping[str, Any]) -> str:
    """The hash of what a report says, without when it came."""
    values = [row.get(name) for name in _SAID]
    texts = [value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value) for value in values]
    return hash_texts(to_key(str(row["lead_id"])), str(row["kind"]), *texts)


def complete_row(row: Mapping[str, Any]) -> _Row:
    """A row with every column; records from an earlier version have fewer, and the same id whenever they are read.

    >>> old = {"lead_id": "A17", "kind": "accepted", "told_at": datetime(2026, 7, 1, tzinfo=UTC), "occurred_at": None}
    >>> complete_row(old)["outcome_id"] == complete_row(old)["outcome_id"], complete_row(old)["currency"]
    (True, None)
    """
    if "outcome_id" in row:
        return dict(row)
    full = {**dict.fromkeys(_SAID), **row, "has_key": False}
    if full["occurred_at"] == full["told_at"]:  # how earlier versions wrote a report without a date
        full["occurred_at"] = None
    digest = hash_row(full)
    return {**full, "digest": digest, "outcome_id": hash_texts(digest, full["told_at"].astimezone(UTC).isoformat())}


def choose_new(
    rows: Iterable[_Row], stored: Iterable[Mapping[str, Any]], scored_at: Mapping[str, Sequence[datetime]]
) -> list[_Row]:
    """The rows that say something new, in the order of their reports.

    A row is a repetition if the latest report of its lead and kind says the same, and nothing was taken back since. Without a
    date it can also be the outcome of a newer score. A row with a key of the client is a repetition if that key was there.

    Args:
        rows: The rows to write.
        stored: Earlier rows of their leads: `lead_id`, `kind`, `told_at`, `outcome_id`, `digest`.
        scored_at: Lead -> when it was scored.
    """
    history: dict[str, list[Mapping[str, Any]]] = {}
    for row in stored:
        history.setdefault(to_key(row["lead_id"]), []).append(row)
    chosen = []
    for row in sorted(rows, key=lambda row: row["told_at"]):
        earlier = history.setdefault(row["lead_id"], [])
        if any(other["outcome_id"] == row["outcome_id"] for other in earlier):
            continue
        if not row["has_key"] and _repeats(row, earlier, scored_at.get(row["lead_id"], ())):
            continue
        earlier.append(row)
        chosen.append(row)
    return chosen


def _repeats(row: _Row, earlier: Sequence[Mapping[str, Any]], scored_at: Sequence[datetime]) -> bool:
    touching = [
        other
        for other in earlier
        if other["told_at"] <= row["told_at"] and (WITHDRAWN in {row["kind"], other["kind"]} or other["kind"] == row["kind"])
    ]
    last = max(touching, key=lambda other: other["told_at"], default=None)
    if last is None or last["digest"] != row["digest"]:
        return False
    scored_since = any(last["told_at"] < moment <= row["told_at"] for moment in scored_at)
    return row["occurred_at"] is not None or not scored_since


def settle_outcomes(history: pd.DataFrame, scores: pd.DataFrame, *, timezone: str) -> pd.DataFrame:
    """The outcomes that count, oldest first: the one rule about corrections and withdrawals.

    - A report is about a score: the one that it names, or the latest at or before it.
    - Of the reports of one kind about one score, the latest counts. It keeps what it leaves out of the earlier ones.
    - A report that names an earlier one corrects it, whatever score it is about.
    - A withdrawal takes back the report that it names, or the latest one of the lead, or the latest of a kind.
    - An outcome without a date happened when it was first reported.

    Args:
        history: Every report, as `Database.load_outcome_history` gives it.
        scores: `lead_id`, `as_of`, and with `scored_at` when each was made.
        timezone: The timezone of the firm.

    Returns:
        A row an outcome: the columns of `history`, and `first_told_at`, when it was first reported.
    """
    return settle_reports(place_reports(history, scores, timezone=timezone))


def settle_reports(placed: pd.DataFrame) -> pd.DataFrame:
    """The outcomes that count, by the rule of `settle_outcomes`.

    Args:
        placed: Every report, as `place_reports` gives it.
    """
    names = [name for name in placed if name not in {"replaces", "withdraws", *PLACE}]
    simple = _find_simple(placed)
    counting = placed[simple & placed["kind"].ne(WITHDRAWN)]
    happened_at = counting["occurred_at"].fillna(counting["told_at"])
    frames = [counting[names].assign(occurred_at=happened_at, first_told_at=counting["told_at"])]
    if not simple.all():
        rows = list_rows(placed[~simple].sort_values("lead_key", kind="stable"))
        settled = [row for _, own in groupby(rows, key=itemgetter("lead_key")) for row in settle_lead(own)]
        frames.append(pd.DataFrame(settled, columns=[*names, "first_told_at"]).astype(frames[0].dtypes.to_dict()))
    frame = pd.concat(frames, ignore_index=True)
    return sort_reports(frame, ["occurred_at", "told_at"])


def _find_simple(placed: pd.DataFrame) -> pd.Series:
    """Whether a report is of a lead of whose reports none says anything about another one."""
    lead = placed["lead_key"]
    speaks = placed["kind"].eq(WITHDRAWN) | placed["replaces"].notna() | placed.duplicated(["lead_key", "anchor", "kind"])
    return ~lead.isin(lead[speaks & lead.duplicated(keep=False)])


def list_rows(frame: pd.DataFrame) -> list[_Row]:
    """The rows of a frame, with None for what is missing."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()} for row in frame.to_dict("records")
    ]  # fmt: skip


def settle_lead(rows: Iterable[_Row]) -> list[_Row]:
    """The outcomes of one lead that count, by the rule of `settle_outcomes`.

    Args:
        rows: Its reports in the order in which they came, each with `anchor`: the `as_of` of the score that it is about.

    >>> def report(kind, day, replaces=None, reason=None):
    ...     facts = dict.fromkeys(("withdraws", "amount", "currency", "episode", "occurred_at", "anchor"))
    ...     return facts | {"kind": kind, "outcome_id": str(day), "told_at": day, "replaces": replaces, "reason": reason}
    >>> both = [report("recycled", 1, reason="budget"), report("accepted", 2)]
    >>> [(row["kind"], row["occurred_at"]) for row in settle_lead(both)]
    [('recycled', 1), ('accepted', 2)]
    >>> [row["kind"] for row in settle_lead([*both, report("withdrawn", 3)])]
    ['recycled']
    >>> [(row["reason"], row["occurred_at"]) for row in settle_lead([*both[:1], report("recycled", 4, reason="timing")])]
    [('timing', 1)]
    """
    standing: dict[tuple[Any, str], _Row] = {}
    places: dict[str, tuple[Any, str]] = {}  # id of a report -> the outcome that it belongs to
    for row in rows:
        if row["kind"] == WITHDRAWN:
            withdrawn = _find_withdrawn(row, standing, places)
            standing = {place: other for place, other in standing.items() if place != withdrawn}
            places = {name: place for name, place in places.items() if place != withdrawn}
            continue
        place = (row["anchor"], row["kind"])
        corrected = places.get(row["replaces"]) if row["replaces"] else None
        if corrected in standing:
            earlier = standing.pop(corrected)
            place = corrected if row["kind"] == corrected[1] else (corrected[0], row["kind"])
        else:
            earlier = standing.pop(place, {})
        facts = {name: earlier.get(name) if row[name] is None else row[name] for name in _FACTS}
        facts["occurred_at"] = facts["occurred_at"] if facts["occurred_at"] is not None else row["told_at"]
        standing[place] = {**row, **facts, "first_told_at": earlier.get("first_told_at", row["told_at"])}
        places = {name: place if other == corrected else other for name, other in places.items()}
        places[row["outcome_id"]] = place
    return list(standing.values())


def _find_withdrawn(
    row: _Row, standing: Mapping[tuple[Any, str], _Row], places: Mapping[str, tuple[Any, str]]
) -> tuple[Any, str] | None:
    """The place of the outcome that a report takes back; None if there is none."""
    if row["replaces"]:
        return places.get(row["replaces"])
    of_kind = [
        place
        for place in standing
        if row["withdraws"] in {None, place[1]} and (row["episode"] is None or place[0] == row["anchor"])
    ]
    return max(of_kind, key=lambda place: standing[place]["told_at"], default=None)
