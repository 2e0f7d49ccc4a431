"""The points of a whole table: attribute rules by pandas, event rules as one Ibis expression that DuckDB runs.

Each row of leads sees only its lead's events up to its own `as_of`. The numbers are those of `award_lead`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.expr.types import BooleanValue, Table
from numpy.typing import NDArray

from predictor.points.award import matches_attribute
from predictor.points.rulebook import AttributeCondition, OnEvents, RuleBook
from predictor.values import normal_text

_Codes = Mapping[str, Mapping[str, int]]
_Floats = NDArray[np.float64]
_Sums = Mapping[str, _Floats]


@dataclass(frozen=True)
class Awards:
    """The points of a table of leads; everything bears the index of the leads.

    Attributes:
        book: The rule book that awarded them.
        rules: One column per rule, points awarded; 0.0 where the rule did not fire.
        total: Sum of the points of a row.
        qualifies: A rule fired that makes a lead qualified by itself.
    """

    book: RuleBook
    rules: pd.DataFrame
    total: pd.Series
    qualifies: pd.Series

    def groups(self) -> pd.DataFrame:
        """Points by group, one column for every group of the book."""
        names = {group: [rule.name for rule in self.book.rules if rule.group == group] for group in self.book.groups}
        return pd.DataFrame({group: self.rules[rules].sum(axis=1) for group, rules in names.items()}, index=self.rules.index)


def award_table(book: RuleBook, leads: pd.DataFrame, events: pd.DataFrame | None) -> Awards:
    """The points of every row of leads as they stood at its `as_of`.

    Args:
        book: The rule book.
        leads: Columns lead_id, as_of (in UTC) and the attributes; a lead may stand in several rows. An attribute column
            that is absent is missing everywhere.
        events: Columns lead_id, occurred_at (in UTC), event_type and, where rules ask for them, asset and campaign.
            Order does not matter, repeated rows count as given; None means no events.

    Raises:
        TypeError: An attribute that a rule asks holds lists or times.

    >>> from predictor.points.rulebook import parse_rule_book
    >>> book = parse_rule_book('''
    ... name = "x"
    ... gate = 60
    ... rules = [{name = "Pricing", event = "pricing_page_view", points = 20, per_event = true, cap = 30}]''', "x.toml")
    >>> leads = pd.DataFrame({"lead_id": ["A", "B"], "as_of": pd.to_datetime(["2026-05-02", "2026-05-02"], utc=True)})
    >>> events = pd.DataFrame({"lead_id": ["A", "A", "B"], "event_type": "pricing_page_view",
    ...     "occurred_at": pd.to_datetime(["2026-05-01", "2026-05-02", "2026-05-03"], utc=True)})
    >>> award_table(book, leads, events).total.tolist()
    [30.0, 0.0]
    """
    conditions = {place: rule.condition for place, rule in enumerate(book.rules) if isinstance(rule.condition, OnEvents)}
    sums = _sum_events(conditions, leads, events)
    points: dict[str, _Floats] = {}
    qualifies = np.zeros(len(leads), dtype=bool)
    for place, rule in enumerate(book.rules):
        if isinstance(rule.condition, OnEvents):
            points[rule.name] = _weigh(rule.points, rule.condition, sums, place)
            fired = sums[f"count_{place}"] > 0
        else:
            fired = _match_column(rule.condition, leads)
            points[rule.name] = np.where(fired, rule.points, 0.0)
        if rule.qualifies:
            qualifies |= fired
    rules = pd.DataFrame(points, index=leads.index)
    return Awards(book, rules, rules.sum(axis=1).rename("total"), pd.Series(qualifies, index=leads.index, name="qualifies"))


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


def _sum_events(conditions: Mapping[int, OnEvents], leads: pd.DataFrame, events: pd.DataFrame | None) -> _Sums:
    """Per row of leads: how many events fire each rule and count, and their weight where points decay."""
    names = [f"count_{place}" for place in conditions]
    names += [f"weight_{place}" for place, condition in conditions.items() if condition.half_life is not None]
    sums = {name: np.zeros(len(leads)) for name in names}
    if events is None or events.empty or leads.empty or not conditions:
        return sums
    codes, ids = pd.factorize(leads["lead_id"])
    as_of = _to_microseconds(leads["as_of"])
    rows = pa.table({"row": np.arange(len(leads)), "lead": codes, "as_of": as_of})
    expression = sum_firing_events(conditions, ibis.memtable(rows), ibis.memtable(_code_events(conditions, events, ids)))
    found = _run(expression)
    for name, column in sums.items():
        column[found["row"].to_numpy()] = found[name].fill_null(0.0).to_numpy()
    return sums


def _run(expression: Table) -> pa.Table:
    connection = ibis.duckdb.connect()
    try:
        return connection.to_pyarrow(expression)
    finally:
        connection.disconnect()


def sum_firing_events(conditions: Mapping[int, OnEvents], rows: Table, events: Table) -> Table:
    """The one expression of a book: bursts by windows over each lead's events, then the join as of each row, then sums.

    Args:
        conditions: The event conditions of the book by their place in it.
        rows: Columns row, lead (a number for the lead_id) and as_of in microseconds.
        events: Columns lead, at in microseconds, and kind, asset and campaign as `_code_events` codes them.
    """
    codes = _make_codes(conditions)
    matched = events.mutate(**{f"fires_{place}": _match(events, condition, codes) for place, condition in conditions.items()})
    bursts = {
        f"fires_{place}": _mark_burst(matched, matched[f"fires_{place}"], condition)
        for place, condition in conditions.items()
        if condition.at_least > 1
    }
    firing = matched.mutate(**bursts) if bursts else matched
    seen = rows.join(firing, [rows.lead == firing.lead, firing.at <= rows.as_of])
    seen = seen.mutate(age=seen.as_of - seen.at)
    sums = {}
    for place, condition in conditions.items():
        counts = seen[f"fires_{place}"]
        if condition.expires is not None:
            counts &= seen.age <= condition.expires
        sums[f"count_{place}"] = seen.count(where=counts)
        if condition.half_life is not None:
            weight = ibis.literal(0.5, "float64") ** (seen.age.cast("float64") / condition.half_life)
            sums[f"weight_{place}"] = weight.sum(where=counts) if condition.per_event else weight.max(where=counts)
    return seen.group_by("row").aggregate(**sums)


def _match(events: Table, condition: OnEvents, codes: _Codes) -> BooleanValue:
    found = events.kind.isin([codes["kind"][text] for text in sorted(condition.types)])
    for column, texts in (("asset", condition.assets), ("campaign", condition.campaigns)):
        if texts is not None:
            found &= events[column].isin([codes[column][text] for text in sorted(texts)])
    return found


def _mark_burst(events: Table, matches: BooleanValue, condition: OnEvents) -> BooleanValue:
    """Matching events whose window, with all events of the same moment, holds enough of them."""
    window = ibis.range_window(preceding=condition.within, following=0, group_by=events.lead, order_by=events.at)
    return matches & (matches.cast("int32").sum().over(window) >= condition.at_least)


def _make_codes(conditions: Mapping[int, OnEvents]) -> _Codes:
    """For kind, asset and campaign: text that a rule asks for -> number, so that DuckDB compares no text."""
    asked = {
        "kind": [condition.types for condition in conditions.values()],
        "asset": [condition.assets or frozenset() for condition in conditions.values()],
        "campaign": [condition.campaigns or frozenset() for condition in conditions.values()],
    }
    return {name: {text: code for code, text in enumerate(sorted(frozenset().union(*sets)))} for name, sets in asked.items()}


def _code_events(conditions: Mapping[int, OnEvents], events: pd.DataFrame, ids: pd.Index) -> pa.Table:
    """The events of these leads that some rule asks for, as numbers: asset and campaign that no rule names are -1."""
    codes = _make_codes(conditions)
    kind = _code_column(events, "event_type", codes["kind"])
    kept = (kind >= 0) & events["occurred_at"].notna().to_numpy()
    asked = events[kept]
    lead = ids.get_indexer(pd.Index(asked["lead_id"]))
    coded = pa.table(
        {
            "lead": lead,
            "at": _to_microseconds(asked["occurred_at"]),
            "kind": kind[kept],
            "asset": _code_column(asked, "asset", codes["asset"]),
            "campaign": _code_column(asked, "campaign", codes["campaign"]),
        }
    )
    return coded.filter(lead >= 0)


def _code_column(events: pd.DataFrame, name: str, codes: Mapping[str, int]) -> NDArray[np.int64]:
    if not codes or name not in events.columns:
        return np.full(len(events), -1)
    places, values = _list_distinct(events[name])
    by_place: NDArray[np.int64] = np.array([*(codes.get(normal_text(value) or "", -1) for value in values), -1])
    return by_place[places]


def _list_distinct(column: pd.Series) -> tuple[NDArray[np.intp], list[object]]:
    """For each row the place of its value among the distinct ones, -1 where missing; and these values."""
    places, values = pd.factorize(column)
    return places, [value.item() if hasattr(value, "item") else value for value in values]


def _to_microseconds(moments: pd.Series) -> NDArray[np.int64]:
    since_1970: NDArray[np.int64] = moments.dt.as_unit("us").astype("int64").to_numpy()
    return since_1970
