"""One rule of a rule book: a condition on an attribute or on events, and the points that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from predictor.core.cell_formats import SET_FORMATS, YES_NO_FORMATS
from predictor.data.formats import to_plain_format
from predictor.data.parse import DAY_US
from predictor.data.values import normal_text

_FORMATS = (*YES_NO_FORMATS, *SET_FORMATS)


def as_list(value: object) -> list[object]:
    """One value or a list of them, as a list.

    >>> as_list("blog_view"), as_list(["a", "b"])
    (['blog_view'], ['a', 'b'])
    """
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True, slots=True)
class OneOf:
    """The attribute equals one of `texts`, compared as `normal_text`."""

    attribute: str
    texts: frozenset[str]


@dataclass(frozen=True, slots=True)
class InRange:
    """The attribute is a number with `low <= number < high`."""

    attribute: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Present:
    """The attribute has a value, or has none where `present` is False."""

    attribute: str
    present: bool


@dataclass(frozen=True, slots=True)
class EventCondition:
    """The lead did something; times are in microseconds, None means no such limit.

    Attributes:
        types: Event types, as `normal_text`.
        assets: The only assets that match, as `normal_text`; None means any.
        campaigns: The only campaigns that match, likewise.
        per_event: Each firing event counts, not only the latest.
        cap: Largest total of the rule, without its sign.
        at_least: Matching events that the burst window must hold; 1 for a rule without a burst.
        within: Length of the burst window.
        expires: Oldest age at which a firing event counts.
        half_life: Age at which a firing event counts half.
    """

    types: frozenset[str]
    assets: frozenset[str] | None
    campaigns: frozenset[str] | None
    per_event: bool
    cap: float | None
    at_least: int
    within: int
    expires: int | None
    half_life: float | None


AttributeCondition = OneOf | InRange | Present


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its condition and the points it gives."""

    name: str
    group: str
    points: float
    condition: AttributeCondition | EventCondition
    qualifies: bool = False

    def read_as(self, formats: Mapping[str, str]) -> Rule:
        """The rule whose texts are in the plain format of its column, where that holds yes and no, or sets."""
        condition = self.condition
        if not isinstance(condition, OneOf) or (format_name := formats.get(condition.attribute)) not in _FORMATS:
            return self
        texts = _normalise([to_plain_format(text, format_name) for text in condition.texts])
        return replace(self, condition=replace(condition, texts=texts))


def make_rule(raw: Mapping[str, Any]) -> Rule:
    """A rule from its table of the TOML file, after `check_rule_book`."""
    name = raw["name"].strip()
    condition = _make_event_condition(raw) if "event" in raw else _make_attribute_condition(raw)
    return Rule(
        name=name,
        group=raw.get("group", name).strip(),
        points=float(raw["points"]),
        condition=condition,
        qualifies=raw.get("qualifies", False),
    )


def _make_attribute_condition(raw: Mapping[str, Any]) -> AttributeCondition:
    attribute = raw["attribute"].strip()
    if "range" in raw:
        return InRange(attribute, float(raw["range"][0]), float(raw["range"][1]))
    if "present" in raw:
        return Present(attribute, raw["present"])
    return OneOf(attribute, _normalise(raw["in"] if "in" in raw else raw["equals"]))


def _make_event_condition(raw: Mapping[str, Any]) -> EventCondition:
    return EventCondition(
        types=_normalise(raw["event"]),
        assets=_normalise(raw["asset"]) if "asset" in raw else None,
        campaigns=_normalise(raw["campaign"]) if "campaign" in raw else None,
        per_event=raw.get("per_event", False),
        cap=float(raw["cap"]) if "cap" in raw else None,
        at_least=raw.get("at_least", 1),
        within=round(raw.get("within_days", 0) * DAY_US),
        expires=round(raw["expires_days"] * DAY_US) if "expires_days" in raw else None,
        half_life=raw["half_life_days"] * float(DAY_US) if "half_life_days" in raw else None,
    )


def _normalise(values: object) -> frozenset[str]:
    return frozenset(text for value in as_list(values) if (text := normal_text(value)) is not None)
