"""The points of one lead, in plain Python; and those of a table, as `award_table` computes them to the same numbers."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from predictor.data.events.history import EventHistory, read_history
from predictor.data.values import Event, normal_text, to_number
from predictor.points.rule import AttributeCondition, EventCondition, InRange, OneOf, Rule
from predictor.points.rulebook import RuleBook

_AgedEvents = Mapping[str, Sequence[tuple[int, str | None, str | None]]]


@dataclass(frozen=True, slots=True)
class FiredRule:
    """A rule that fired.

    Attributes:
        rule: Its name.
        group: Its group.
        points: What it gave, after decay and cap.
        count: Events at which it fired and that have not expired, even where the points are given once; 1 for an attribute.
    """

    rule: str
    group: str
    points: float
    count: int


@dataclass(frozen=True, slots=True)
class Award:
    """The points of one lead.

    Attributes:
        total: Sum of the points of the fired rules.
        fired: The fired rules in the order of the book.
        qualifies: A rule fired that makes a lead qualified by itself.
        book_groups: The groups of the book.
        times: Rule -> how many times its points were due before cap: events that count, weighted where points decay, even of a
            rule that gives them once; 1 for an attribute; 0 where it did not fire.
    """

    total: float
    fired: tuple[FiredRule, ...]
    qualifies: bool
    book_groups: tuple[str, ...]
    times: Mapping[str, float] = field(default_factory=dict, compare=False)

    def groups(self) -> dict[str, float]:
        """Points by group, for every group of the book; 0.0 where nothing fired."""
        sums = dict.fromkeys(self.book_groups, 0.0)
        for fired in self.fired:
            sums[fired.group] += fired.points
        return sums


@dataclass(frozen=True)
class Awards:
    """The points of a table of leads; everything has the index of the leads.

    Attributes:
        book: The rule book.
        rules: One column per rule, points awarded; 0.0 where the rule did not fire.
        total: Sum of the points of a row.
        qualifies: A rule fired that makes a lead qualified by itself.
        times: One column per rule, how many times its points were due before cap, as in `Award.times`.
    """

    book: RuleBook
    rules: pd.DataFrame
    total: pd.Series
    qualifies: pd.Series
    times: pd.DataFrame

    def groups(self) -> pd.DataFrame:
        """Points by group, one column for every group of the book."""
        names = {group: [rule.name for rule in self.book.rules if rule.group == group] for group in self.book.groups}
        return pd.DataFrame({group: self.rules[rules].sum(axis=1) for group, rules in names.items()}, index=self.rules.index)


def award_lead(book: RuleBook, attributes: Mapping[str, object], events: Sequence[Event], as_of: datetime) -> Award:
    """The points of one lead as they stood at `as_of`, with the rules that gave them.

    Args:
        book: The rule book.
        attributes: Column -> value; what is absent is missing.
        events: The lead's events, in any order; events after `as_of` change nothing, and events alike in everything (moment,
            type, asset, campaign, value) count as one.
        as_of: The moment of the points, with a zone.

    Raises:
        TypeError: An attribute that a rule tests is a list or a mapping, or a time has no zone.

    >>> from datetime import UTC
    >>> from predictor.points.rulebook import parse_rule_book
    >>> book = parse_rule_book('''
    ... name = "x"
    ... gate = 60
    ... rules = [
    ...   {name = "Boss", group = "title", attribute = "seniority", equals = "VP", points = 20},
    ...   {name = "Pricing", event = "pricing_page_view", points = 20, per_event = true, cap = 30},
    ... ]''', "x.toml")
    >>> seen = Event(datetime(2026, 5, 1, tzinfo=UTC), "pricing_page_view")
    >>> events = [seen, seen, seen._replace(asset="Plans")]
    >>> award = award_lead(book, {"seniority": "vp"}, events, datetime(2026, 5, 2, tzinfo=UTC))
    >>> award.total, [(fired.rule, fired.points, fired.count) for fired in award.fired]
    (50.0, [('Boss', 20.0, 1), ('Pricing', 30.0, 2)])
    >>> award_lead(book, {"seniority": "vp"}, [seen, seen], datetime(2026, 4, 30, tzinfo=UTC)).groups()
    {'title': 20.0, 'Pricing': 0.0}
    """
    return award_history(book, attributes, read_history(events, as_of))


def award_history(book: RuleBook, attributes: Mapping[str, object], history: EventHistory) -> Award:
    """The points of one lead whose events are read already."""
    aged_events = _compute_ages(history)
    times = dict.fromkeys(book.names, 0.0)
    fired = list[FiredRule]()
    for rule in book.rules:
        if (award := _award_rule(rule, attributes, aged_events)) is not None:
            fired_rule, times[rule.name] = award
            fired.append(fired_rule)
    return Award(
        total=math.fsum([rule.points for rule in fired]),
        fired=tuple(fired),
        qualifies=any(times[name] for name in book.qualifying),
        book_groups=book.groups,
        times=times,
    )


def matches_attribute(condition: AttributeCondition, value: object) -> bool:
    """Whether an attribute's value meets a condition; a missing or unreadable number lies in no range.

    >>> matches_attribute(InRange("employees", 50, 200), "50"), matches_attribute(InRange("employees", 50, 200), 200)
    (True, False)
    """
    if isinstance(condition, OneOf):
        return normal_text(value) in condition.texts
    if isinstance(condition, InRange):
        try:
            return condition.low <= to_number(value) < condition.high
        except (ValueError, OverflowError):
            return False
    return (normal_text(value) is not None) is condition.present


def _limit_points(points: float, cap: float | None) -> float:
    """Points within the cap, whatever their sign.

    >>> _limit_points(60.0, 40.0), _limit_points(-60.0, 40.0), _limit_points(60.0, None)
    (40.0, -40.0, 60.0)
    """
    return points if cap is None else max(-cap, min(cap, points))


def _award_rule(rule: Rule, attributes: Mapping[str, object], aged_events: _AgedEvents) -> tuple[FiredRule, float] | None:
    """The rule with its points, and how many times these were due; None where it did not fire."""
    condition = rule.condition
    if not isinstance(condition, EventCondition):
        matched = matches_attribute(condition, attributes.get(condition.attribute))
        return (FiredRule(rule=rule.name, group=rule.group, points=rule.points, count=1), 1.0) if matched else None
    if condition.types.isdisjoint(aged_events):
        return None
    ages = _list_firing_ages(condition, aged_events)
    if not ages:
        return None
    weight = _compute_weight(condition, ages)
    points = _limit_points(rule.points * weight, condition.cap)
    return FiredRule(rule=rule.name, group=rule.group, points=points, count=len(ages)), float(
        len(ages)
    ) if condition.half_life is None else weight


def _compute_ages(history: EventHistory) -> _AgedEvents:
    """Event type -> age in microseconds, asset and campaign of each event of that type."""
    aged_events: dict[str, list[tuple[int, str | None, str | None]]] = {}
    now = history.now
    for at, _, kind, asset, campaign, _ in history.events:
        event = now - at, asset, campaign
        if kind in aged_events:
            aged_events[kind].append(event)
        else:
            aged_events[kind] = [event]
    return aged_events


def _list_firing_ages(condition: EventCondition, aged_events: _AgedEvents) -> list[int]:
    """Ages of the events at which the rule fires and that have not expired, latest first."""
    events = [event for kind in condition.types if kind in aged_events for event in aged_events[kind]]
    if condition.assets is not None:
        events = [event for event in events if event[1] in condition.assets]
    if condition.campaigns is not None:
        events = [event for event in events if event[2] in condition.campaigns]
    ages = [event[0] for event in events]
    ages.sort()
    if condition.at_least > 1:
        ages = [age for age in ages if bisect_right(ages, age + condition.within) - bisect_left(ages, age) >= condition.at_least]
    return ages if condition.expires is None else ages[: bisect_right(ages, condition.expires)]


def _compute_weight(condition: EventCondition, ages: Sequence[int]) -> float:
    """How many times the rule's points are given: the events that count, each weighted by its age."""
    counted = ages if condition.per_event else ages[:1]
    if condition.half_life is None:
        return float(len(counted))
    return math.fsum(0.5 ** (age / condition.half_life) for age in counted)
