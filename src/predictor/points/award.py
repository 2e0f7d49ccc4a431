"""The points of one lead, in plain Python: what a request is answered with, and what the whole table must agree with."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from predictor.data.events.history import EventHistory, read_history
from predictor.data.values import Event, normal_text, to_number
from predictor.points.rulebook import AttributeCondition, InRange, OneOf, OnEvents, Rule, RuleBook

_Aged = Mapping[str, Sequence[tuple[int, str | None, str | None]]]


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired.

    Attributes:
        rule: Its name.
        group: Its group.
        points: What it gave, after decay and cap.
        count: Events at which it fired and that have not expired, also where the points are given once; 1 for an attribute.
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
        times: Rule -> how many times its points were due before cap: events that count, weighed where points decay, also of a
            rule that gives them once; 1 for an attribute; 0 where it did not fire.
    """

    total: float
    fired: tuple[Fired, ...]
    qualifies: bool
    book_groups: tuple[str, ...]
    times: Mapping[str, float] = field(default_factory=dict, compare=False)

    def groups(self) -> dict[str, float]:
        """Points by group, for every group of the book; 0.0 where nothing fired."""
        sums = dict.fromkeys(self.book_groups, 0.0)
        for fired in self.fired:
            sums[fired.group] += fired.points
        return sums


def award_lead(book: RuleBook, attributes: Mapping[str, object], events: Sequence[Event], as_of: datetime) -> Award:
    """The points of one lead as they stood at `as_of`, with the rules that gave them.

    Args:
        book: The rule book.
        attributes: Column -> value; what is absent is missing.
        events: What this lead did, in any order; events after `as_of` change nothing, and those alike in everything (moment,
            type, asset, campaign, value) are one act.
        as_of: The moment the points speak of, with a zone.

    Raises:
        TypeError: An attribute that a rule asks is a list or a mapping, or a time has no zone.

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
    >>> acts = [seen, seen, seen._replace(asset="Plans")]
    >>> award = award_lead(book, {"seniority": "vp"}, acts, datetime(2026, 5, 2, tzinfo=UTC))
    >>> award.total, [(fired.rule, fired.points, fired.count) for fired in award.fired]
    (50.0, [('Boss', 20.0, 1), ('Pricing', 30.0, 2)])
    >>> award_lead(book, {"seniority": "vp"}, [seen, seen], datetime(2026, 4, 30, tzinfo=UTC)).groups()
    {'title': 20.0, 'Pricing': 0.0}
    """
    return award_history(book, attributes, read_history(events, as_of))


def award_history(book: RuleBook, attributes: Mapping[str, object], past: EventHistory) -> Award:
    """The same for events that are read already."""
    aged = _age_acts(past)
    times = dict.fromkeys(book.names, 0.0)
    fired = list[Fired]()
    for rule in book.rules:
        if (found := _fire(rule, attributes, aged)) is not None:
            one, times[rule.name] = found
            fired.append(one)
    qualifies = any(times[name] for name in book.qualifying)
    return Award(math.fsum([one.points for one in fired]), tuple(fired), qualifies, book.groups, times)


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


def limit_points(points: float, cap: float | None) -> float:
    """Points within the cap, whatever their sign.

    >>> limit_points(60.0, 40.0), limit_points(-60.0, 40.0), limit_points(60.0, None)
    (40.0, -40.0, 60.0)
    """
    return points if cap is None else max(-cap, min(cap, points))


def _fire(rule: Rule, attributes: Mapping[str, object], aged: _Aged) -> tuple[Fired, float] | None:
    """What a rule gave, and how many times its points were due; None where it did not fire."""
    condition = rule.condition
    if not isinstance(condition, OnEvents):
        matched = matches_attribute(condition, attributes.get(condition.attribute))
        return (Fired(rule.name, rule.group, rule.points, 1), 1.0) if matched else None
    if condition.types.isdisjoint(aged):
        return None
    ages = _find_firing_ages(condition, aged)
    if not ages:
        return None
    weight = _weigh(condition, ages)
    points = limit_points(rule.points * weight, condition.cap)
    return Fired(rule.name, rule.group, points, len(ages)), float(len(ages)) if condition.half_life is None else weight


def _age_acts(past: EventHistory) -> _Aged:
    """Event type -> age in microseconds, asset and campaign of each act of that type."""
    aged: dict[str, list[tuple[int, str | None, str | None]]] = {}
    now = past.now
    for at, _, kind, asset, campaign, _ in past.events:
        act = now - at, asset, campaign
        if kind in aged:
            aged[kind].append(act)
        else:
            aged[kind] = [act]
    return aged


def _find_firing_ages(condition: OnEvents, aged: _Aged) -> list[int]:
    """Ages of the events at which the rule fires and that have not expired, latest first."""
    acts = [act for kind in condition.types if kind in aged for act in aged[kind]]
    if condition.assets is not None:
        acts = [act for act in acts if act[1] in condition.assets]
    if condition.campaigns is not None:
        acts = [act for act in acts if act[2] in condition.campaigns]
    ages = [act[0] for act in acts]
    ages.sort()
    if condition.at_least > 1:
        ages = [age for age in ages if bisect_right(ages, age + condition.within) - bisect_left(ages, age) >= condition.at_least]
    return ages if condition.expires is None else ages[: bisect_right(ages, condition.expires)]


def _weigh(condition: OnEvents, ages: Sequence[int]) -> float:
    """How many times the rule's points are given: events that count, each by its age."""
    counted = ages if condition.per_event else ages[:1]
    if condition.half_life is None:
        return float(len(counted))
    return math.fsum(0.5 ** (age / condition.half_life) for age in counted)
