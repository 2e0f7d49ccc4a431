"""Stored leads as rows to score again: attributes and points as they were stored, events from a file as of a later moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from predictor.data.leads import EVENTS_PREFIX, OWN_PREFIX, POINTS_PREFIX, RULES_PREFIX
from predictor.features.assemble import BOOK_TOTAL, TOTAL
from predictor.features.earlier_episodes import DAYS_SINCE
from predictor.features.event_features import type_prefix
from predictor.points.award import Awards
from predictor.scoring.batch import award_leads, compute_event_features, compute_own_features, uses_events
from predictor.scoring.scorer import Scorer

if TYPE_CHECKING:
    from ibis.expr.types import Table

_UTC: Final = "datetime64[us, UTC]"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StoredLead:
    """A lead to score again.

    Attributes:
        lead_id: The CRM's key.
        as_of: The moment of the new score.
        features: What is known then, as the store keeps it.
        is_complete: Whether every feature of the model was stored or is computed from events.
        missing_events: How many events that were known at the earlier score are not in the file; such a lead must not be scored.
    """

    lead_id: str
    as_of: datetime
    features: Mapping[str, Any]
    is_complete: bool = True
    missing_events: int = 0


def advance_leads(scorer: Scorer, scores: pd.DataFrame, events: Table | None, now: datetime) -> list[StoredLead]:
    """The leads as of now, in the order of their scores.

    Without events the moment stays that of the score if the model uses any, because their windows cannot be moved. Points of the
    rule book change by what its rules give now and gave then.

    Args:
        scorer: The model that will answer.
        scores: The latest score of each lead, as `Database.load_scores` gives it with features.
        events: All events of these leads, as `check_events` gives them; None for none.
        now: The moment of the new scores.
    """
    before = scores["as_of"].astype(_UTC).reset_index(drop=True)
    stays = events is None and uses_events(scorer)
    moments = [moment if stays else now for moment in before.dt.to_pydatetime()]
    stored = [
        _age_episodes(features or {}, moment - since)
        for features, moment, since in zip(scores["features"], moments, before.dt.to_pydatetime(), strict=True)
    ]
    if events is None or not uses_events(scorer):
        return [
            _complete(scorer, StoredLead(lead_id, moment, features))
            for lead_id, moment, features in zip(scores["lead_id"], moments, stored, strict=True)
        ]
    leads = pd.DataFrame(stored).assign(lead_id=scores["lead_id"].to_numpy())
    later = pd.Series(pd.Timestamp(now), index=leads.index, dtype=_UTC)
    missing = _count_missing(scorer, stored, leads, before, events)
    columns = compute_event_features(scorer.features.event_features, leads, as_of=later, events=events)
    rows = [{}] * len(leads) if columns is None else [_drop_nan(row) for row in columns.to_dict("records")]
    if scorer.own is not None:
        own = compute_own_features(scorer.own, leads, leads, as_of=later, events=events)
        rows = [row | _drop_nan(computed) for row, computed in zip(rows, own.to_dict("records"), strict=True)]
    then, today = (award_leads(scorer.book, leads, as_of=moments, events=events) for moments in (before, later))
    changes = _list_changes(then, today, len(leads))
    return [
        replace(
            _complete(scorer, StoredLead(lead_id, now, _replace_events(features, row, change))), missing_events=missing_events
        )
        for lead_id, features, row, change, missing_events in zip(scores["lead_id"], stored, rows, changes, missing, strict=True)
    ]


def _age_episodes(features: Mapping[str, Any], later: timedelta) -> dict[str, Any]:
    """The stored features at a later moment, in which the last earlier episode ended longer ago."""
    days = features.get(DAYS_SINCE)
    return dict(features) if days is None else {**features, DAYS_SINCE: days + later / _DAY}


def _complete(scorer: Scorer, lead: StoredLead) -> StoredLead:
    """The lead with the features of the model that were not stored, as not known."""
    known = lead.features
    unknown = {
        feature.name: None
        for feature in scorer.features.features
        if feature.kind != "missing_count" and not {feature.name, feature.column, _find_prefix(feature.name)} & known.keys()
    }
    return replace(lead, features={**unknown, **known}, is_complete=not unknown)


def _find_prefix(name: str) -> str:
    """The entry of a snapshot that says that a lead has no events of a type; empty for a feature that is not over events."""
    return type_prefix(name) if name.startswith(EVENTS_PREFIX) else ""


def _drop_nan(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): None if pd.isna(value) else value for name, value in row.items()}


def _replace_events(features: Mapping[str, Any], events: Mapping[str, Any], change: Mapping[str, float]) -> dict[str, Any]:
    """The stored features with other features over events and of the firm's own, and with changed points."""
    kept = {name: value for name, value in features.items() if not name.startswith((EVENTS_PREFIX, OWN_PREFIX))}
    points = {name: kept[name] + by for name, by in change.items() if by and isinstance(kept.get(name), (int, float))}
    return kept | points | dict(events)


def _list_changes(then: Awards | None, now: Awards | None, size: int) -> list[dict[str, float]]:
    """By how much each value that comes from the rule book changed: totals, points of groups, and how often rules were due."""
    if then is None or now is None:
        return [{}] * size
    before, after = _tabulate(then), _tabulate(now)
    return [{str(name): float(by) for name, by in row.items()} for row in (after - before).to_dict("records")]


def _tabulate(awards: Awards) -> pd.DataFrame:
    parts = [awards.groups().add_prefix(POINTS_PREFIX), awards.times.add_prefix(RULES_PREFIX)]
    return pd.concat(parts, axis=1).assign(**{TOTAL: awards.total, BOOK_TOTAL: awards.total})


def _count_missing(
    scorer: Scorer, stored: list[dict[str, Any]], leads: pd.DataFrame, as_of: pd.Series, events: Table
) -> list[int]:
    """For each lead, how many events of its earlier score the file lacks, of those types whose number was stored."""
    counts = [feature for feature in scorer.features.event_features if feature.kind == "count_ever"]
    found = compute_event_features(counts, leads, as_of=as_of, events=events)
    if found is None:
        return [0] * len(stored)
    lacking = []
    for features, row in zip(stored, found.to_dict("records"), strict=True):
        known = {name: 0.0 if type_prefix(str(name)) in features else features.get(str(name)) for name in row}
        lacking.append(int(max((known[name] - count for name, count in row.items() if known[name] is not None), default=0.0)))
    return [max(0, number) for number in lacking]
