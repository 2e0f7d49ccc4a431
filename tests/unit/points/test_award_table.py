"""Points of a table, worked by hand; that they are those of a single lead is proved in tests/parity."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from predictor.data.events.table import tabulate_events
from predictor.points.award_table import award_table
from predictor.points.rulebook import parse_rule_book

BOOK = parse_rule_book(
    """
    name = "x"
    gate = 60
    rules = [
      {name = "VP", group = "fit", attribute = "seniority", equals = "VP", points = 20},
      {name = "Large", group = "fit", attribute = "employees", range = [200, inf], points = 10},
      {name = "No size", group = "negative", attribute = "employees", present = false, points = -5},
      {name = "Pricing", group = "web", event = "pricing_page_view", points = 20, per_event = true, cap = 40, expires_days = 10},
      {name = "Guide", group = "web", event = "content_download", asset = "Guide", points = 8, half_life_days = 5},
      {name = "Busy", group = "web", event = ["pricing_page_view", "blog_view"], points = 10, at_least = 3, within_days = 7},
      {name = "Demo", event = "demo_requested", points = 0, qualifies = true},
    ]""",
    "x.toml",
)
LEADS = pd.DataFrame(
    {
        "lead_id": ["A", "B", "A"],
        "as_of": pd.to_datetime(["2026-05-11", "2026-05-11", "2026-05-20"], utc=True),
        "seniority": ["vp", None, "VP"],
        "employees": [200.0, np.nan, 199.0],
    },
    index=[7, 3, 5],
)
EVENTS = pd.DataFrame(
    [
        ("A", "2026-05-01", "Pricing_Page_View", None),
        ("A", "2026-05-02", "pricing_page_view", None),
        ("A", "2026-05-03", "pricing_page_view", None),
        ("A", "2026-05-06", "content_download", "guide"),
        ("A", "2026-05-15", "demo_requested", None),
        ("B", "2026-05-01", "blog_view", None),
        ("B", "2026-05-01", "blog_view", None),
        ("B", "2026-05-11", "content_download", "other"),
        ("Z", "2026-05-11", "demo_requested", None),
        (None, "2026-05-11", "demo_requested", None),
    ],
    columns=["lead_id", "occurred_at", "event_type", "asset"],
).assign(occurred_at=lambda events: pd.to_datetime(events["occurred_at"], utc=True))
TABLE = tabulate_events(EVENTS)


def test_points_of_a_table():
    awards = award_table(BOOK, LEADS, TABLE)
    expected = pd.DataFrame(
        {
            "VP": [20.0, 0.0, 20.0],
            "Large": [10.0, 0.0, 0.0],
            "No size": [0.0, -5.0, 0.0],
            "Pricing": [40.0, 0.0, 0.0],  # three visits, capped; the first is exactly ten days old. Later all expired
            "Guide": [4.0, 0.0, 8 * 0.5 ** (14 / 5)],
            "Busy": [10.0, 0.0, 10.0],
            "Demo": [0.0, 0.0, 0.0],
        },
        index=[7, 3, 5],
    )
    pd.testing.assert_frame_equal(awards.rules, expected)
    assert awards.total.tolist() == pytest.approx([84.0, -5.0, 30.0 + 8 * 0.5 ** (14 / 5)])
    assert awards.qualifies.tolist() == [False, False, True]
    assert awards.groups().loc[7].to_dict() == {"fit": 30.0, "negative": 0.0, "web": 54.0, "Demo": 0.0}
    assert awards.total.index.equals(LEADS.index)
    assert awards.qualifies.index.equals(LEADS.index)


@pytest.mark.parametrize(
    ("rule", "times", "points"),
    [
        ("", ["05-08", "05-09"], 10),  # once
        ("per_event = true", ["05-11", "05-11 00:00:00.000001"], 10),  # at as_of counts, after it never
        ("per_event = true, expires_days = 2", ["05-09", "05-08 23:59:59.999999"], 10),  # exactly two days old counts
        ("per_event = true, cap = 25", ["05-08", "05-08 01:00", "05-08 02:00"], 25),
        ("per_event = true", ["05-08", "05-08", "05-08"], 10),  # events alike in everything are one
        ("half_life_days = 7", ["04-27", "05-04"], 5),  # the latest decides
        ("per_event = true, half_life_days = 7", ["04-27", "05-04", "05-11"], 17.5),
        ("per_event = true, at_least = 2, within_days = 2", ["05-06", "05-08"], 10),  # exactly two days before
        ("per_event = true, at_least = 2, within_days = 2", ["05-06", "05-08 00:00:00.000001"], 0),
        ("per_event = true, at_least = 2, within_days = 2", ["05-08", "05-08"], 0),  # nor do they help each other
        ("at_least = 2, within_days = 2, expires_days = 1", ["05-09", "05-10"], 10),  # helped by one that has expired
        ("campaign = 'spring'", ["05-08"], 0),
    ],
)
def test_edges_of_event_rules(rule, times, points):
    head = "name = 'x'\ngate = 60\nrules = ["
    rules = [f"{{name = '{sign}', event = 'e', points = {sign}10{', ' * bool(rule)}{rule}}}" for sign in "+-"]
    book = parse_rule_book(f"{head}{', '.join(rules)}]", "x.toml")
    moments = pd.to_datetime([f"2026-{time}" for time in times], utc=True, format="ISO8601")
    events = pd.DataFrame({"lead_id": "A", "occurred_at": moments, "event_type": "e", "campaign": None})
    assert award_table(book, LEADS.head(1), tabulate_events(events)).rules.to_numpy().tolist() == [[points, -points]]


@pytest.mark.parametrize("events", [None, EVENTS.head(0), EVENTS[EVENTS["lead_id"] == "Z"], EVENTS.assign(event_type="odd")])
def test_without_events_attributes_alone_award(events):
    awards = award_table(BOOK, LEADS, None if events is None else tabulate_events(events))
    assert awards.total.tolist() == [30.0, -5.0, 20.0]
    assert not awards.qualifies.any()


def test_without_leads_there_are_no_points_but_all_columns():
    awards = award_table(BOOK, LEADS.head(0), TABLE)
    assert awards.rules.shape == (0, 7)
    assert awards.total.empty
    assert awards.groups().columns.tolist() == ["fit", "negative", "web", "Demo"]


def test_a_column_that_is_absent_is_missing_everywhere():
    awards = award_table(BOOK, LEADS[["lead_id", "as_of"]], tabulate_events(EVENTS.drop(columns="asset")))
    assert awards.rules["No size"].tolist() == [-5.0] * 3
    assert awards.rules[["VP", "Large", "Guide"]].to_numpy().sum() == 0


def test_texts_as_python_objects_and_whole_numbers_give_the_same_points():
    leads = LEADS.astype({"lead_id": object, "seniority": object}).assign(employees=["200", " ", 199])
    events = EVENTS.astype({"lead_id": object, "event_type": object, "asset": object})
    pd.testing.assert_frame_equal(award_table(BOOK, leads, tabulate_events(events)).rules, award_table(BOOK, LEADS, TABLE).rules)
    numbered = LEADS.assign(lead_id=[1, 2, 1])
    same = EVENTS.assign(lead_id=EVENTS["lead_id"].map({"A": 1, "B": 2, "Z": 3}))
    pd.testing.assert_frame_equal(award_table(BOOK, numbered, tabulate_events(same)).rules, award_table(BOOK, LEADS, TABLE).rules)


def test_the_tables_given_are_left_as_they_are():
    leads, events = LEADS.copy(), EVENTS.copy()
    award_table(BOOK, leads, tabulate_events(events))
    pd.testing.assert_frame_equal(leads, LEADS)
    pd.testing.assert_frame_equal(events, EVENTS)


def test_serving_loads_no_ibis():
    loaded = "import sys, predictor.points; print(sorted({'ibis', 'duckdb'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True)
    assert "ibis" not in done.stdout
    assert "duckdb" not in done.stdout
