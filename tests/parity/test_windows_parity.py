"""Event features of a table = of each lead alone = plain SQL that shares no code with either."""

import sqlite3
from datetime import timedelta

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from parity.event_lists import (
    ASSETS,
    CAMPAIGNS,
    FEATURES,
    NOW,
    TICK,
    TYPES,
    VALUES,
    ZONES,
    assert_same,
    compute_singly,
    draw_firm,
    make_chance,
    make_events,
    make_leads,
    to_microseconds,
)

from predictor.data.events.buckets import split_by_lead
from predictor.data.values import Event
from predictor.features.event_features import list_event_features
from predictor.features.one_lead import OneLeadFeatures
from predictor.features.table import compute_event_columns

LIVE = OneLeadFeatures(FEATURES)
halves, ticks = st.integers(-70, 8), st.sampled_from([0, 0, 0, -1, 1])
moments = st.builds(lambda half, tick: NOW + timedelta(hours=12 * half) + tick * TICK, halves, ticks)
event_draws = st.builds(
    Event,
    st.builds(lambda moment, zone: moment.astimezone(zone), moments, st.sampled_from(ZONES)),
    st.one_of(st.sampled_from(TYPES), st.text(max_size=3)),
    st.sampled_from(ASSETS),
    st.sampled_from(CAMPAIGNS),
    st.sampled_from(VALUES),
)
lists = st.lists(event_draws, max_size=12)
hundreds = settings(max_examples=300, deadline=None)
SEEDED = (Phase.explicit, Phase.generate)  # a smaller seed makes no smaller firm
batches = settings(max_examples=10, deadline=None, phases=SEEDED)  # each asks DuckDB about some hundred rows
seeds = st.integers(0, 2**32)


def compute_from(rows, events, features=FEATURES):
    return compute_event_columns(features, make_leads(rows), ibis.memtable(make_events(events)))


@hundreds
@given(lists, lists, moments)
def test_an_event_after_as_of_changes_nothing(events, later, as_of):
    beyond = NOW + timedelta(days=5)
    after = [event._replace(occurred_at=as_of + TICK + (beyond - event.occurred_at)) for event in later]
    assert LIVE.compute([*events, *after], as_of) == LIVE.compute(events, as_of)


@hundreds
@given(lists, moments, st.randoms(use_true_random=False), st.sampled_from(ZONES))
def test_neither_order_nor_repetition_nor_the_zone_of_events_changes_anything(events, as_of, chance, zone):
    moved = [event._replace(occurred_at=event.occurred_at.astimezone(chance.choice(ZONES))) for event in events]
    mixed = chance.sample(moved + moved[:3], len(moved) + len(moved[:3]))
    assert LIVE.compute(mixed, as_of.astimezone(zone)) == LIVE.compute(events, as_of)


@batches
@given(seeds)
def test_a_table_is_computed_as_each_lead_alone(seed):
    rows, events = draw_firm(seed)
    assert_same(compute_from(rows, events), compute_singly(FEATURES, rows, events))


def test_buckets_of_leads_change_nothing(monkeypatch):
    rows, events = draw_firm(7)
    whole = compute_from(rows, events)
    monkeypatch.setattr("predictor.data.events.buckets._MOST", 300)
    leads, table = make_leads(rows), ibis.memtable(make_events(events))
    parts = list(split_by_lead(leads["lead_id"], table))
    assert len(parts) > 3
    assert sorted(place for places, _ in parts for place in places) == list(range(len(leads)))
    assert sum(part.count().to_pyarrow().as_py() for _, part in parts) == len(events)
    assert_same(compute_event_columns(FEATURES, leads, table), whole)


@batches
@given(seeds)
def test_the_order_of_leads_and_events_changes_nothing_in_a_table(seed):
    rows, events = draw_firm(seed, leads=30)
    chance = make_chance(seed)
    order = chance.sample(range(len(rows)), len(rows))
    before = compute_from(rows, events)
    after = compute_from([rows[place] for place in order], chance.sample(events, len(events)))
    assert_same(after, before.iloc[order].set_axis(after.index))


@batches
@given(seeds)
def test_events_after_as_of_change_nothing_in_a_table(seed):
    rows, events = draw_firm(seed, leads=30)
    chance = make_chance(seed)
    last = max(as_of for _, as_of in rows)
    later = [(key, event._replace(occurred_at=last + TICK * chance.choice([1, 10**6, 10**13]))) for key, event in events]
    assert_same(compute_from(rows, events + later), compute_from(rows, events))


def test_numbers_are_read_as_texts_and_whole_numbers_as_values():
    rows = [("7", NOW), ("8", NOW)]
    events = [
        (key, Event(NOW - timedelta(days=place), "12", "3", campaign=None, value=place)) for key in "78" for place in (1, 2, 9)
    ]
    table = make_events(events)
    types = {"lead_id": "int64", "at_us": "int64", "event_type": "int32", "asset": "int8", "campaign": "string", "value": "int32"}
    numbers = table.cast(pa.schema([(name, pa.type_for_alias(kind)) for name, kind in types.items()]))
    features = list_event_features(["12"], [7])
    assert_same(compute_event_columns(features, make_leads(rows), ibis.memtable(numbers)), compute_singly(features, rows, events))


def test_events_alike_except_for_spelling_count_once():
    kinds, assets, values = ["größe", "GRÖSSE ", "GRÖßE"], ["Guide", " guide"], [0.0, -0.0]
    events = [
        ("A", Event(NOW, kind, asset, campaign=None, value=value)) for kind in kinds for asset in assets for value in values
    ]
    frame = compute_from([("A", NOW)], events)
    assert frame.loc[10, ["events/any/count_ever", "events/grösse/count_1d", "events/grösse/assets"]].tolist() == [1, 1, 1]
    assert_same(frame, compute_singly(FEATURES, [("A", NOW)], events))


@pytest.mark.parametrize("features", [[], FEATURES[:1], FEATURES[13:15], [f for f in FEATURES if f.kind == "value_max"]])
def test_a_part_of_the_list_gives_the_same_numbers(features):
    rows, events = draw_firm(1)
    assert_same(compute_from(rows, events, features), compute_singly(features, rows, events))


def test_tables_without_events_or_without_leads_are_computed():
    rows, events = draw_firm(2)
    assert_same(compute_from(rows, []), compute_singly(FEATURES, rows, []))
    assert_same(compute_from(rows[:1], events), compute_singly(FEATURES, rows[:1], events))
    assert len(compute_from([], events)) == 0


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_files_are_read_where_they_are(tmp_path, ending):
    rows, events = draw_firm(3)
    events = [(key, event) for key, event in events if event.asset != "" and (event.event_type or "").isprintable()]  # for CSV
    half = len(events) // 2
    connection = ibis.duckdb.connect()
    for place, part in enumerate((events[:half], events[half:])):
        made = ibis.memtable(make_events(part))
        getattr(made, f"to_{ending}")(tmp_path / f"{place}.{ending}")
    read = getattr(connection, f"read_{ending}")(tmp_path / f"*.{ending}")
    assert_same(compute_event_columns(FEATURES, make_leads(rows), read), compute_singly(FEATURES, rows, events))


def test_columns_missing_from_the_events_are_empty():
    rows, events = draw_firm(4)
    bare = [(key, event._replace(asset=None, campaign=None, value=None)) for key, event in events]
    table = ibis.memtable(make_events(events).select(["lead_id", "at_us", "event_type"]))
    assert_same(compute_event_columns(FEATURES, make_leads(rows), table), compute_singly(FEATURES, rows, bare))


DAY = 86_400_000_000
SEEN = "FROM events a WHERE a.lead_id = l.lead_id AND a.at <= l.as_of AND (:kind IS NULL OR a.kind = :kind)"
ORACLE = {
    "count": f"SELECT count(*) {SEEN} AND a.at >= l.as_of - :days * {DAY}",
    "count_ever": f"SELECT count(*) {SEEN}",
    "days_since_last": f"SELECT (l.as_of - max(a.at)) / {DAY}.0 {SEEN}",
    "days_since_first": f"SELECT (l.as_of - min(a.at)) / {DAY}.0 {SEEN}",
    "active_days": f"SELECT count(DISTINCT date(a.at / 1000000, 'unixepoch')) {SEEN}",
    "assets": f"SELECT count(DISTINCT a.asset) {SEEN}",
    "most_in_week": f"""SELECT coalesce(max((SELECT count(*) FROM events b WHERE b.lead_id = a.lead_id AND b.at <= l.as_of
        AND (:kind IS NULL OR b.kind = :kind) AND b.at BETWEEN a.at AND a.at + 7 * {DAY})), 0) {SEEN}""",  # noqa: S608
    "trend": f"""SELECT count(*) FILTER (WHERE a.at >= l.as_of - 7 * {DAY}) / 7.0
        - count(*) FILTER (WHERE a.at >= l.as_of - 30 * {DAY} AND a.at < l.as_of - 7 * {DAY}) / 23.0 {SEEN}""",
    "value_sum": f"SELECT coalesce(sum(a.value), 0) {SEEN}",
    "value_max": f"SELECT max(a.value) {SEEN}",
    "first_campaign": f"SELECT a.campaign {SEEN} AND a.campaign IS NOT NULL ORDER BY a.at, a.campaign LIMIT 1",
    "first_type": f"SELECT a.kind {SEEN} ORDER BY a.at, a.kind LIMIT 1",
}


def query_sqlite(rows, events):
    """The frame of `compute_event_columns` by correlated subqueries, one a feature."""
    with sqlite3.connect(":memory:") as connection:
        connection.create_function("norm", 1, lambda text: (text or "").strip().casefold() or None)
        connection.execute("CREATE TABLE leads (lead_id, as_of)")
        connection.execute("CREATE TABLE raw (lead_id, at, kind, asset, campaign, value)")
        connection.executemany("INSERT INTO leads VALUES (?, ?)", [(key, to_microseconds(as_of)) for key, as_of in rows])
        rows_of_events = [(key, to_microseconds(event.occurred_at), *event[1:]) for key, event in events]
        connection.executemany("INSERT INTO raw VALUES (?, ?, ?, ?, ?, ?)", rows_of_events)
        connection.execute("""CREATE TABLE events AS
            SELECT DISTINCT lead_id, at, norm(kind) AS kind, norm(asset) AS asset, norm(campaign) AS campaign,
                CASE WHEN abs(value) <= 1e15 THEN value END AS value
            FROM raw WHERE norm(kind) IS NOT NULL""")
        connection.execute("CREATE INDEX of_lead ON events (lead_id, at)")
        columns = {}
        for feature in FEATURES:
            query = f"SELECT ({ORACLE[feature.kind]}) FROM leads l ORDER BY l.rowid"  # noqa: S608
            cells = connection.execute(query, {"kind": feature.event_type, "days": feature.window_days}).fetchall()
            columns[feature.name] = pd.Series([cell for (cell,) in cells], dtype=object if feature.is_category else float)
    connection.close()
    return pd.DataFrame(columns).set_axis(make_leads(rows).index)


@settings(max_examples=5, deadline=None, phases=SEEDED)
@given(seeds)
def test_a_table_is_what_plain_sql_says(seed):
    rows, events = draw_firm(seed, leads=40)
    assert_same(compute_from(rows, events), query_sqlite(rows, events))


@hundreds
@given(lists, moments)
def test_one_lead_is_what_plain_sql_says(events, as_of):
    lead_events = [("A", event) for event in events if "\x00" not in (event.event_type or "")]  # where SQLite ends a text
    assert_same(compute_singly(FEATURES, [("A", as_of)], lead_events), query_sqlite([("A", as_of)], lead_events))
