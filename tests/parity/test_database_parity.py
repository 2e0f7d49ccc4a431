"""Events that stay in PostgreSQL: the same findings, features and points as the same events in a frame."""

import re

import ibis
import pandas as pd
import psycopg
import pytest
import sqlalchemy as sa
import sqlglot
from databases import postgres  # noqa: F401  a fixture
from parity.event_lists import BOOK, FEATURES, assert_same, draw_firm, make_leads

from predictor.core.errors import TableError
from predictor.core.settings import make_settings
from predictor.data.events.contract import check_clocks, check_events
from predictor.data.events.table import fingerprint_events
from predictor.data.read.event_sources import open_events, open_frame
from predictor.data.read.in_place import DIALECTS, list_cells
from predictor.features.table import compute_event_columns
from predictor.points.award_table import award_table
from predictor.points.rulebook import parse_rule_book

NOW = pd.Timestamp("2026-04-14", tz="UTC")


@pytest.fixture(scope="module")
def database(postgres):  # noqa: F811
    """A database of its own, with a user who may make no temporary tables there."""
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE events TEMPLATE template0 ENCODING 'UTF8'")
        connection.execute("CREATE ROLE reader LOGIN")
        connection.execute("REVOKE TEMP ON DATABASE events FROM PUBLIC")
    return postgres.get_uri(database="events")


@pytest.fixture
def put(database):
    """Stores rows as a table of these columns and types; returns its place."""

    def put(columns, rows, user="postgres"):
        with psycopg.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA IF EXISTS marketing CASCADE; CREATE SCHEMA marketing")
            cursor.execute(f'CREATE TABLE marketing."My events" ({columns})')
            with cursor.copy('COPY marketing."My events" FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute("GRANT USAGE ON SCHEMA marketing TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA marketing TO reader")
        url = sa.make_url(database).set(username=user)
        return f"{url.render_as_string(hide_password=False)}#marketing.My events"

    return put


def check(source, lead_ids, **data):
    return check_events(source, make_settings({"data": data}), pd.Series(lead_ids), now=NOW, drop=True)


def list_events(events):
    rows = events.table.select(*sorted(set(events.table.columns) - {"row", "file"})).to_pyarrow().to_pylist()
    return sorted(rows, key=repr)


def describe(events):
    """The findings, without the place of the first row, which a table of a database does not have."""
    return [(finding.code, re.sub(r" \(first [^)]*\)", "", finding.what)) for finding in events.findings]


@pytest.mark.parametrize("seed", [1, 2])
def test_features_points_and_findings_are_those_of_duckdb(put, seed):
    rows, events = draw_firm(seed)
    cells = [(key, event.occurred_at, *event[1:4], event.value) for key, event in events]
    cells += [(None, NOW, "call", *[None] * 3), ("L1", None, "call", *[None] * 3), ("L1", NOW, "n/a", "N/A", "-", 3.0)]
    names = ["lead_id", "occurred_at", "event_type", "asset", "campaign", "value"]
    place = put("lead_id text, occurred_at timestamptz, event_type text, asset text, campaign varchar(80), value float8", cells)
    leads = make_leads(rows)
    frame = pd.DataFrame(cells, columns=names).assign(occurred_at=lambda table: pd.to_datetime(table["occurred_at"], utc=True))
    ours, theirs = (check(source, leads["lead_id"]) for source in (open_frame(frame), open_events(place, None)))
    assert theirs.table.get_backend().name == "postgres"
    assert list_events(ours) == list_events(theirs)
    assert (ours.types, ours.latest) == (theirs.types, theirs.latest)
    assert describe(ours) == describe(theirs)
    assert any("(first of lead 'L" in finding.what for finding in theirs.findings)
    clocks = [check_clocks(found, leads["lead_id"], leads["as_of"]) for found in (ours, theirs)]
    assert clocks[0] == clocks[1]
    features = [compute_event_columns(FEATURES, leads, found.table) for found in (ours, theirs)]
    assert_same(*features)
    book = parse_rule_book(BOOK, "book.toml")
    awards = [award_table(book, leads, found.table) for found in (ours, theirs)]
    pd.testing.assert_frame_equal(awards[0].rules, awards[1].rules, rtol=0, atol=1e-9)
    assert (awards[1].rules != 0).sum().min() > 5
    marks = [fingerprint_events(found.table) for found in (theirs, check(open_events(place, None), leads["lead_id"]))]
    assert marks[0] == marks[1] != fingerprint_events(theirs.table.limit(3))


def test_local_times_are_those_of_their_zone_when_clocks_change(put):
    spans = [("2026-03-28 22:00", "2026-03-29 05:00"), ("2025-10-25 22:00", "2025-10-26 05:00")]
    moments = [moment for first, last in spans for moment in pd.date_range(first, last, freq="7min7s")]
    cells = [("A", moment.to_pydatetime(), "call") for moment in moments]
    place = put("lead_id text, occurred_at timestamp, event_type text", cells)
    frame = pd.DataFrame(cells, columns=["lead_id", "occurred_at", "event_type"])
    for zone in ("Europe/Berlin", "America/New_York", "UTC"):
        ours, theirs = (check(source, ["A"], timezone=zone) for source in (open_frame(frame), open_events(place, None)))
        assert list_events(ours) == list_events(theirs)
        assert describe(ours) == describe(theirs)


SALESFORCE, SECOND_OF_JANUARY = "00Q5g000000XyzA", 1_767_312_000_000_000
PADDED = [(SALESFORCE + "EAS", "2026-01-02", "Call "), (SALESFORCE, "2026-01-02", "call"), ("\u00a0A ", "infinity", "x")]
NUMBERS = [
    (17, "1900-01-01", "a", "1"),
    (17, "2026-01-02", "b", "NaN"),
    (17, "2026-01-02", "c", "1e400"),
    (18, "2026-01-02", "d", "0.1"),
]


@pytest.mark.parametrize(
    ("columns", "cells", "lead_ids", "expected"),
    [
        pytest.param(
            "lead_id char(20), occurred_at date, event_type text",
            PADDED,
            [SALESFORCE, "A"],
            [(SALESFORCE, SECOND_OF_JANUARY, "call", None)],
            id="ids of both lengths, padded texts, dates, no date at all",
        ),
        pytest.param(
            "lead_id bigint, occurred_at timestamptz, event_type text, value numeric",
            NUMBERS,
            [17, 18],
            [("17", SECOND_OF_JANUARY, "b", None), ("18", SECOND_OF_JANUARY, "d", 0.1)],
            id="whole numbers as ids, 1900 for no date, numbers that no float holds",
        ),
    ],
)
def test_what_a_database_stores_in_its_own_types(put, columns, cells, lead_ids, expected):
    events = check(open_events(put(columns, cells), None), lead_ids)
    assert [tuple(row[name] for name in ("lead_id", "at_us", "event_type", "value")) for row in list_events(events)] == expected


@pytest.mark.parametrize(
    ("columns", "user", "match"),
    [
        ("lead_id text, occurred_at text, event_type text", "postgres", "'occurred_at' is neither a timestamp nor a date there"),
        ("lead_id text, occurred_at date, event_type text, value text", "postgres", "'value' is no number there"),
        ("lead_id text, occurred_at date, event_type text", "reader", "may not make temporary tables there"),
    ],
)
def test_what_cannot_stay_is_copied_and_says_why(put, columns, user, match):
    cells = [("A", "2026-01-02", "call", "1,5")[: columns.count(",") + 1]]
    events = check(open_events(put(columns, cells, user), None), ["A"])
    assert events.table.get_backend().name == "duckdb"
    assert [row["lead_id"] for row in list_events(events)] == ["A"]
    assert [finding.what for finding in events.findings if finding.code == "EVENT017" and match in finding.what]


@pytest.mark.parametrize("backend", sorted(DIALECTS))
@pytest.mark.parametrize("at", ["date", "timestamp", "timestamp('UTC')"])
def test_the_query_of_each_database_is_sql_of_its_own(backend, at):
    types = {name: ibis.dtype("string") for name in ("lead_id", "event_type", "asset", "campaign")}
    types |= {"occurred_at": ibis.dtype(at), "value": ibis.dtype("float64")}
    cells = list_cells(backend, {name: f"Their {name}" for name in types}, types)
    assert set(cells) == {*types, "at_us", "has_at", "has_value", "local"} - {"occurred_at"} - (
        {"local"} if "UTC" in at else set()
    )
    for cell in cells.values():
        parsed = sqlglot.parse_one(f"SELECT {cell} AS x", read=backend)
        assert not list(parsed.find_all(sqlglot.exp.Command))
        assert "{" not in cell


def test_a_table_that_is_not_there(put):
    place = put("lead_id text", [])
    with pytest.raises(TableError, match=r"there is no table 'marketing\.other'"):
        open_events(place.replace("My events", "other"), None)
    with pytest.raises(TableError, match="cannot be read: connection failed"):
        open_events(place.replace("postgres:@", "nobody:secret@"), None)
