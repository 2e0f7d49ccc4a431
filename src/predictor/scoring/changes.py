"""Why a lead's probability changed from one score to the next: exact parts by cause, and the same in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from predictor.data.leads import EVENTS_PREFIX, OWN_PREFIX, POINTS_PREFIX
from predictor.features.earlier_episodes import DAYS_SINCE, EARLIER
from predictor.features.event_features import EventFeature, type_prefix
from predictor.scoring.scorer import Scorer

CAUSES = {
    "model": "another model",
    "time": "events and dates that became older",
    "events": "new events",
    "attributes": "changed attributes",
    "points": "changed points",
    "other": "what was not stored",
}
_DAY_S = 86_400.0
_AGEING = {"days_since_last", "days_since_first"}
_TINY = 1e-9
_INSTANT = 1e-6  # days
_Features = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredScore:
    """One stored score.

    Attributes:
        probability: As it was answered.
        as_of: The moment for which the lead was scored.
        model: The version of the model that answered.
        features: The values that the model used, as the store keeps them.
    """

    probability: float
    as_of: datetime
    model: str
    features: _Features


@dataclass(frozen=True, slots=True)
class Change:
    """Why a probability changed.

    Attributes:
        parts: Cause (a key of `CAUSES`) -> change of the probability; their sum is the difference of the two scores.
        values: Name of a feature -> its value before and after, of those that changed.
        text: The same in one sentence.
    """

    parts: Mapping[str, float]
    values: Mapping[str, tuple[Any, Any]]
    text: str


def explain_change(scorer: Scorer, before: StoredScore, after: StoredScore) -> Change:
    """Split the difference of two scores of a lead by what caused it.

    The causes are applied one after another, in the order of `CAUSES`: each part is by how much that changed the probability. It
    is zero if nothing of its kind changed. A value that the earlier model did not use counts as unchanged. Features over events
    say how many are new; these came after the earlier score.

    Args:
        scorer: The model of the later score.
        before: The earlier score.
        after: The later score.
    """
    start = {**after.features, **_without_absent_types(before.features, after.features)}
    aged = start | dict(_age_events(scorer, start, before, after))
    rows = [(start, before.as_of), (aged, after.as_of)]
    for belongs in (_is_event, _is_attribute, _is_points):
        rows.append((_take(rows[-1][0], after.features, belongs), after.as_of))
    probabilities = scorer.predict_stored([*rows, (dict(after.features), after.as_of)])
    steps = [later - earlier for earlier, later in pairwise(probabilities)]
    same = before.model == after.model
    parts = dict(zip(("time", "events", "attributes", "points"), steps, strict=False))
    parts["model"] = 0.0 if same else probabilities[0] - before.probability
    parts["other"] = after.probability - before.probability - sum(parts.values())
    parts = {cause: parts[cause] for cause in CAUSES}
    values = dict(_list_values(before.features, after.features))
    return Change(parts, values, _describe(before, after, parts))


def _without_absent_types(before: _Features, after: _Features) -> dict[str, Any]:
    """The earlier values, of those that the later model uses; a type without events then has none of its features."""
    known = {name: value for name, value in before.items() if name in after or _is_event(name)}
    absent = tuple(name for name in before if name.endswith("/") and _is_event(name))
    of_absent = {name: None for name in after if absent and name.startswith(absent) and not name.endswith("/")}
    return of_absent | known


def _age_events(scorer: Scorer, start: _Features, before: StoredScore, after: StoredScore) -> Iterator[tuple[str, Any]]:
    """The features over the earlier events and episodes as of the later moment, as far as the later features tell."""
    days = (after.as_of - before.as_of).total_seconds() / _DAY_S
    if start.get(DAYS_SINCE) is not None and start.get(EARLIER) == after.features.get(EARLIER):
        yield DAYS_SINCE, after.features.get(DAYS_SINCE)
    by_type: dict[str, dict[str, EventFeature]] = {}
    for feature in scorer.features.event_features:
        by_type.setdefault(type_prefix(feature.name), {})[feature.name] = feature
    for prefix, features in by_type.items():
        if start.get(f"{prefix}count_ever", 0) in (None, 0) and prefix in start:
            continue
        new = _count_new(prefix, before.features, after.features, days)
        for name, feature in features.items():
            old, now = start.get(name), after.features.get(name)
            if new == 0:
                yield name, now
            elif old is None:
                continue
            elif feature.kind in _AGEING:
                yield name, old + days
            elif feature.kind == "count" and feature.window_days is not None:
                yield name, _age_count(old, now or 0.0, new, is_past=days > feature.window_days)


def _count_new(prefix: str, before: _Features, after: _Features, days: float) -> float | None:
    """How many events of a type came since; None if the features do not tell."""
    first, second = (0.0 if prefix in features else features.get(f"{prefix}count_ever") for features in (before, after))
    if first is not None and second is not None:
        return float(second - first)
    last, newest = (features.get(f"{prefix}days_since_last") for features in (before, after))
    is_same = last is not None and newest is not None and abs(newest - last - days) < _INSTANT
    return 0.0 if is_same else None


def _age_count(old: float, now: float, new: float | None, *, is_past: bool) -> float:
    """How many earlier events are still in a window: later ones are all in it, unless it is shorter than the time passed."""
    if is_past:
        return 0.0
    return min(old, now if new is None else max(0.0, now - new))


def _take(row: _Features, later: _Features, belongs: Callable[[str], bool]) -> dict[str, Any]:
    """A row with the later values of the features of one kind."""
    kept = {name: value for name, value in row.items() if not belongs(name)}
    return kept | {name: value for name, value in later.items() if belongs(name)}


def _is_event(name: str) -> bool:
    return name.startswith((EVENTS_PREFIX, OWN_PREFIX))


def _is_points(name: str) -> bool:
    return name.startswith(POINTS_PREFIX)


def _is_attribute(name: str) -> bool:
    return not (_is_event(name) or _is_points(name))


def _list_values(before: _Features, after: _Features) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for name, value in after.items():
        if not name.endswith("/") and name in before and before[name] != value:
            yield name, (before[name], value)


def _describe(before: StoredScore, after: StoredScore, parts: Mapping[str, float]) -> str:
    """The change in one sentence."""
    total = after.probability - before.probability
    causes = [
        f"{CAUSES[cause]} {100 * part:+.1f}"
        for cause, part in sorted(parts.items(), key=lambda entry: -abs(entry[1]))
        if abs(part) > _TINY
    ]
    whole = f"{100 * total:+.1f} points of probability"
    return f"{whole}: {', '.join(causes)}." if causes else "The probability did not change."
