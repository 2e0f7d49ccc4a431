"""The points of a whole table: attribute rules by pandas, event rules as one Ibis expression that runs where the events are.

Each row of leads sees only its lead's events up to its own `as_of`. The numbers are those of `award_lead`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import BooleanValue, Table, Value
from numpy.typing import NDArray

from predictor.data.events.table import (
    NO_ODD_SPELLINGS,
    TEXTS,
    complete_events,
    list_odd_spellings,
    list_rows,
    select_past_events,
)
from predictor.points.award import matches_attribute
from predictor.points.awards import Awards
from predictor.points.rulebook import AttributeCondition, OnEvents, RuleBook

_Floats = NDArray[np.float64]
_Sums = Mapping[str, _Floats]


def award_table(book: RuleBook, leads: pd.DataFrame, events: Table | None) -> Awards:
    """The points of every row of leads as they stood at its `as_of`.

    Args:
        book: The rule book.
        leads: Columns lead_id, as_of (in UTC) and the attributes; a lead may stand in several rows. An attribute column
            that is absent is missing everywhere.
        events: A table of any Ibis backend, in any order: lead_id, at_us (microseconds since 1970 in UTC), event_type and,
            where known, asset, campaign and value; events alike in everything are one act. None means no events.

    Raises:
        TypeError: An attribute that a rule asks holds lists or times.
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
    conditions = {place: rule.condition for place, rule in enumerate(book.rules) if isinstance(rule.condition, OnEvents)}
    sums = _sum_events(conditions, leads, events)
    points, times = dict[str, _Floats](), dict[str, _Floats]()
    qualifies = np.zeros(len(leads), dtype=bool)
    for place, rule in enumerate(book.rules):
        if isinstance(rule.condition, OnEvents):
            points[rule.name] = _weigh(rule.points, rule.condition, sums, place)
            fired = sums[f"count_{place}"] > 0
            times[rule.name] = sums[f"count_{place}" if rule.condition.half_life is None else f"weight_{place}"]
        else:
            fired = _match_column(rule.condition, leads)
            points[rule.name], times[rule.name] = np.where(fired, rule.points, 0.0), fired.astype(float)
        if rule.qualifies:
            qualifies |= fired
    rules = pd.DataFrame(points, index=leads.index)
    due = pd.DataFrame(times, index=leads.index)
    total, by_itself = rules.sum(axis=1).rename("total"), pd.Series(qualifies, index=leads.index, name="qualifies")
    return Awards(book, rules, total, by_itself, due)


def _match_column(condition: AttributeCondition, leads: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows meet a condition: each distinct value is asked once, by the function that asks a single lead."""
    missing = matches_attribute(condition, None)
    if condition.attribute not in leads.columns:
        return np.full(len(leads), missing)
    codes, values = _list_distinct(leads[condition.attribute])
    answers = [matches_attribute(condition, value) for value in values]
    by_code: NDArray[np.bool_] = np.array([*answers, missing])  # code -1, a missing value, takes the last
    return by_code[codes]


def _weigh(points: float, condition: OnEvents, sums: _Sums, place: int) -> _Floats:
    counts = sums[f"count_{place}"]
    weights = counts if condition.per_event else np.minimum(counts, 1.0)
    if condition.half_life is not None:
        weights = sums[f"weight_{place}"]
    most = math.inf if condition.cap is None else condition.cap
    limited: _Floats = np.clip(points * weights, -most, most)
    return limited


def _sum_events(conditions: Mapping[int, OnEvents], leads: pd.DataFrame, events: Table | None) -> _Sums:
    """Per row of leads: how many events fire each rule and count, and their weight where points decay."""
    names = [f"count_{place}" for place in conditions]
    names += [f"weight_{place}" for place, condition in conditions.items() if condition.half_life is not None]
    sums = {name: np.zeros(len(leads)) for name in names}
    if events is None or leads.empty or not conditions:
        return sums
    odd = list_odd_spellings(complete_events(events).select(*TEXTS))
    found = sum_firing_events(conditions, list_rows(leads["lead_id"], leads["as_of"]), events, odd).to_pyarrow()
    for name, column in sums.items():
        column[found["row"].to_numpy()] = found[name].fill_null(0.0).to_numpy()
    return sums


def sum_firing_events(
    conditions: Mapping[int, OnEvents], rows: Table, events: Table, odd_spellings: Mapping[str, str] = NO_ODD_SPELLINGS
) -> Table:
    """The one expression of a book: bursts by windows over each lead's events, then the join as of each row, then sums.

    Args:
        conditions: The event conditions of the book by their place in it.
        rows: Columns row (different numbers), lead_id and as_of_us (microseconds since 1970 in UTC).
        events: As `award_table` takes them.
        odd_spellings: What `list_odd_spellings` found among the events' texts: needed where they hold more than ASCII.
    """
    known, acts = select_past_events(rows, events, odd_spellings)
    asked = acts.filter(acts.event_type.isin(sorted(frozenset().union(*(rule.types for rule in conditions.values())))))
    marks = {f"fires_{place}": _match(asked, condition) for place, condition in conditions.items()}
    matched = asked.select("lead", "at_us", **marks)
    bursts = {
        f"fires_{place}": _mark_burst(matched, matched[f"fires_{place}"], condition)
        for place, condition in conditions.items()
        if condition.at_least > 1
    }
    firing = matched.mutate(**bursts) if bursts else matched
    seen = known.join(firing, [known.lead == firing.lead, firing.at_us <= known.as_of_us])
    seen = seen.mutate(age=seen.as_of_us - seen.at_us)
    return seen.group_by("row").aggregate(**_sum_conditions(conditions, seen))


def _sum_conditions(conditions: Mapping[int, OnEvents], seen: Table) -> dict[str, Value]:
    """Of each rule: at how many events it fires, and their weight where points decay."""
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


def _match(acts: Table, condition: OnEvents) -> BooleanValue:
    found = acts.event_type.isin(sorted(condition.types))
    for column, texts in (("asset", condition.assets), ("campaign", condition.campaigns)):
        if texts is not None:
            found &= acts[column].isin(sorted(texts)).fill_null(False)
    return found


def _mark_burst(acts: Table, matches: BooleanValue, condition: OnEvents) -> BooleanValue:
    """Matching events whose window, with all events of the same moment, holds enough of them."""
    window = ibis.range_window(preceding=condition.within, following=0, group_by=acts.lead, order_by=acts.at_us)
    return matches & (matches.cast("int32").sum().over(window) >= condition.at_least)


def _list_distinct(column: pd.Series) -> tuple[NDArray[np.intp], list[object]]:
    """For each row the place of its value among the distinct ones, -1 where missing; and these values."""
    places, values = pd.factorize(column)
    return places, [value.item() if hasattr(value, "item") else value for value in values]
