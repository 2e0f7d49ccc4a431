"""The points of a whole table: attribute rules by pandas, event rules as one Ibis expression.

Each row of leads sees only its lead's events up to its own `as_of`. The numbers equal those of `award_lead`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import BooleanValue, Table, Value
from numpy.typing import NDArray

from predictor.data.events.buckets import split_by_lead
from predictor.data.events.table import TEXTS, complete_events, list_odd_spellings, list_rows, select_past_events
from predictor.points.award import Awards, matches_attribute
from predictor.points.rule import AttributeCondition, EventCondition
from predictor.points.rulebook import RuleBook

_Floats = NDArray[np.float64]
_Sums = Mapping[str, _Floats]


def award_table(book: RuleBook, leads: pd.DataFrame, events: Table | None) -> Awards:
    """The points of every row of leads as they stood at its `as_of`.

    Args:
        book: The rule book.
        leads: Columns lead_id, as_of (in UTC) and the attributes; a lead may stand in several rows. An attribute column
            that is absent is missing everywhere.
        events: A table of any Ibis backend, in any order: lead_id, at_us (microseconds since 1970 in UTC), event_type and,
            where known, asset, campaign and value; events alike in everything count as one. None means no events.

    Raises:
        TypeError: An attribute that a rule tests holds lists or times.
        ValueError: A row of leads has no as_of.

    >>> from predictor.data.events.table import tabulate_events
    >>> from predictor.points.rulebook import parse_rule_book
    >>> book = parse_rule_book('''
    ... name = "x"
    ... gate = 60
    ... rules = [{name = "Pricing", event = "pricing_page_view", points = 20, per_event = true, cap = 30}]''', "x.toml")
    >>> leads = pd.DataFrame({"lead_id": ["A", "B"], "as_of": pd.to_datetime(["2026-05-02", "2026-05-02"], utc=True)})
    >>> events = pd.DataFrame({"lead_id": ["A", "A", "B"], "event_type": "pricing_page_view",
    ...     "occurred_at": pd.to_datetime(["2026-05-01", "2026-05-02", "2026-05-03"], utc=True)})
    >>> award_table(book, leads, tabulate_events(events)).total.tolist()
    [30.0, 0.0]
    """
    return award_sums(book, leads, _sum_events(list_event_conditions(book), leads, events))


def list_event_conditions(book: RuleBook) -> dict[int, EventCondition]:
    """The conditions on events of a rule book, by the place of their rule."""
    return {place: rule.condition for place, rule in enumerate(book.rules) if isinstance(rule.condition, EventCondition)}


def name_sums(conditions: Mapping[int, EventCondition]) -> list[str]:
    """The columns of `sum_firing_events`, but for `row`."""
    names = [f"count_{place}" for place in conditions]
    return names + [f"weight_{place}" for place, condition in conditions.items() if condition.half_life is not None]


def award_sums(book: RuleBook, leads: pd.DataFrame, sums: Mapping[str, NDArray[np.float64]]) -> Awards:
    """The points of every row of leads, whose events are already counted.

    Args:
        book: The rule book.
        leads: As `award_table` takes them.
        sums: The columns of `sum_firing_events` for each row; one that is left out is that of leads without events.
    """
    sums = {name: np.zeros(len(leads)) for name in name_sums(list_event_conditions(book))} | dict(sums)
    points, times = dict[str, _Floats](), dict[str, _Floats]()
    qualifies = np.zeros(len(leads), dtype=bool)
    for place, rule in enumerate(book.rules):
        if isinstance(rule.condition, EventCondition):
            points[rule.name] = _compute_points(rule.points, rule.condition, sums, place)
            fired = sums[f"count_{place}"] > 0
            times[rule.name] = sums[f"count_{place}" if rule.condition.half_life is None else f"weight_{place}"]
        else:
            fired = _match_column(rule.condition, leads)
            points[rule.name], times[rule.name] = np.where(fired, rule.points, 0.0), fired.astype(float)
        if rule.qualifies:
            qualifies |= fired
    rules = pd.DataFrame(points, index=leads.index)
    return Awards(
        book=book,
        rules=rules,
        total=rules.sum(axis=1).rename("total"),
        qualifies=pd.Series(qualifies, index=leads.index, name="qualifies"),
        times=pd.DataFrame(times, index=leads.index),
    )


def _match_column(condition: AttributeCondition, leads: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows meet a condition; each distinct value is tested once, by the function for a single lead."""
    missing = matches_attribute(condition, None)
    if condition.attribute not in leads.columns:
        return np.full(len(leads), missing)
    codes, values = _list_distinct(leads[condition.attribute])
    matches = [matches_attribute(condition, value) for value in values]
    by_code: NDArray[np.bool_] = np.array([*matches, missing])  # code -1, a missing value, takes the last
    return by_code[codes]


def _compute_points(points: float, condition: EventCondition, sums: _Sums, place: int) -> _Floats:
    counts = sums[f"count_{place}"]
    weights = counts if condition.per_event else np.minimum(counts, 1.0)
    if condition.half_life is not None:
        weights = sums[f"weight_{place}"]
    cap = math.inf if condition.cap is None else condition.cap
    limited: _Floats = np.clip(points * weights, -cap, cap)
    return limited


def _sum_events(conditions: Mapping[int, EventCondition], leads: pd.DataFrame, events: Table | None) -> _Sums:
    """Per row of leads: how many events fire each rule and count, and their weight where points decay."""
    sums = {name: np.zeros(len(leads)) for name in name_sums(conditions)}
    if events is None or leads.empty or not conditions:
        return sums
    for places, part in split_by_lead(leads["lead_id"], events):
        odd = list_odd_spellings(complete_events(part).select(*TEXTS))
        rows = list_rows(leads["lead_id"].iloc[places], leads["as_of"].iloc[places])
        table = sum_firing_events(conditions, rows, part, odd).to_pyarrow()
        for name, column in sums.items():
            column[places[table["row"].to_numpy()]] = table[name].fill_null(0.0).to_numpy()
    return sums


def sum_firing_events(
    conditions: Mapping[int, EventCondition], rows: Table, events: Table, odd_spellings: Mapping[str, str]
) -> Table:
    """One expression for all event conditions by their place in the book: bursts, then the join as of each row, then sums."""
    known, past_events = select_past_events(rows, events, odd_spellings)
    types = sorted(frozenset().union(*(rule.types for rule in conditions.values())))
    candidates = past_events.filter(past_events.event_type.isin(types))
    marks = {f"fires_{place}": _match(candidates, condition) for place, condition in conditions.items()}
    matched = candidates.select("lead", "at_us", **marks)
    bursts = {
        f"fires_{place}": _mark_burst(matched, matched[f"fires_{place}"], condition)
        for place, condition in conditions.items()
        if condition.at_least > 1
    }
    firing = matched.mutate(**bursts) if bursts else matched
    seen = known.join(firing, [known.lead == firing.lead, firing.at_us <= known.as_of_us])
    seen = seen.mutate(age=seen.as_of_us - seen.at_us)
    return seen.group_by("row").aggregate(**_sum_conditions(conditions, seen))


def _sum_conditions(conditions: Mapping[int, EventCondition], seen: Table) -> dict[str, Value]:
    """For each rule: at how many events it fires, and their weight where points decay."""
    sums: dict[str, Value] = {}
    for place, condition in conditions.items():
        counts = seen[f"fires_{place}"]
        if condition.expires is not None:
            counts &= seen.age <= condition.expires
        sums[f"count_{place}"] = seen.count(where=counts)
        if condition.half_life is not None:
            weight = ibis.literal(0.5, "float64") ** (seen.age.cast("float64") / condition.half_life)
            sums[f"weight_{place}"] = weight.sum(where=counts) if condition.per_event else weight.max(where=counts)
    return sums


def _match(events: Table, condition: EventCondition) -> BooleanValue:
    matches = events.event_type.isin(sorted(condition.types))
    for column, texts in (("asset", condition.assets), ("campaign", condition.campaigns)):
        if texts is not None:
            matches &= events[column].isin(sorted(texts)).fill_null(False)
    return matches


def _mark_burst(events: Table, matches: BooleanValue, condition: EventCondition) -> BooleanValue:
    """Matching events whose window, with all events of the same moment, holds enough of them."""
    window = ibis.range_window(preceding=condition.within, following=0, group_by=events.lead, order_by=events.at_us)
    return matches & (matches.cast("int32").sum().over(window) >= condition.at_least)


def _list_distinct(column: pd.Series) -> tuple[NDArray[np.intp], list[object]]:
    """For each row the place of its value among the distinct values, -1 where missing; and the distinct values."""
    places, values = pd.factorize(column)
    return places, [value.item() if hasattr(value, "item") else value for value in values]
