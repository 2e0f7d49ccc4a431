"""The learned book: what the engine adds up is what was learned, and each form of rule keeps its meaning."""

import numpy as np
import pandas as pd
import pytest

from predictor.core.errors import RuleBookError
from predictor.data.events.table import tabulate_events
from predictor.points.award_table import award_table
from predictor.points.fit_points import sum_points
from predictor.points.fitted_book import write_fitted_book
from predictor.points.rulebook import parse_rule_book

TEXT = """
name = 'a "b"'
gate = 60
[[rules]]
name = "Size"
attribute = "employees"
range = [200, inf]
points = 10
[[rules]]
name = "Once"
event = "demo"
points = 60
qualifies = true
expires_days = 90
[[rules]]
name = "Each"
event = ["view", "blog"]
points = 5
per_event = true
cap = 20
[[rules]]
name = "Burst"
event = "view"
points = 10
at_least = 2
within_days = 7
[[rules]]
name = "Fading"
event = "view"
points = 10
per_event = true
cap = 30
half_life_days = 10
[[rules]]
name = "Fading once"
event = "view"
points = 10
half_life_days = 10
[[rules]]
name = "Gone"
event = "left"
points = -20
"""
BOOK = parse_rule_book(TEXT, "x.toml")
POINTS, MOST = [7, 9, 3, 4, 8, 5, -6], [1.0, 2.0, 5.0, 1.0, 3.0, 1.0, 1.0]


def draw_leads(n=60, seed=0):
    draw = np.random.default_rng(seed)
    leads = pd.DataFrame({"lead_id": [f"L{i}" for i in range(n)], "employees": draw.integers(1, 500, n)})
    leads["as_of"] = pd.Timestamp("2026-05-01", tz="UTC")
    rows = draw.integers(0, n, 400)
    ages = pd.to_timedelta(draw.integers(0, 120 * 24, 400), unit="h")
    kinds = draw.choice(["demo", "view", "blog", "left"], 400)
    events = pd.DataFrame({"lead_id": leads["lead_id"].to_numpy()[rows], "event_type": kinds})
    events["occurred_at"] = pd.Timestamp("2026-05-01", tz="UTC") - ages
    return leads, tabulate_events(events)


def test_the_engine_adds_up_what_was_learned():
    leads, events = draw_leads()
    times = award_table(BOOK, leads, events).times
    learned = parse_rule_book(write_fitted_book(BOOK, points=POINTS, most_times=MOST, gate=20), "learned")
    total = award_table(learned, leads, events).total.to_numpy()
    assert len(np.unique(total)) > 20
    np.testing.assert_allclose(total, sum_points(POINTS, MOST, times[[rule.name for rule in BOOK.rules]].to_numpy()), atol=1e-9)


def test_conditions_groups_and_what_qualifies_stay():
    learned = parse_rule_book(write_fitted_book(BOOK, points=POINTS, most_times=MOST, gate=20), "learned")
    assert (learned.gate, learned.name) == (20, 'a "b", learned')
    assert [(rule.name, rule.group, rule.qualifies) for rule in learned.rules] == [
        (rule.name, rule.group, rule.qualifies) for rule in BOOK.rules
    ]
    assert [rule.points for rule in learned.rules] == POINTS


def test_the_points_as_they_were_give_the_book_as_it_was():
    most = [1.0, 1.0, 4.0, 1.0, 3.0, 1.0, 1.0]
    again = parse_rule_book(
        write_fitted_book(BOOK, points=[rule.points for rule in BOOK.rules], most_times=most, gate=60), "again"
    )
    assert again.rules == BOOK.rules


def test_a_rule_worth_nothing_stays_in_the_book():
    learned = parse_rule_book(write_fitted_book(BOOK, points=[0] * 7, most_times=MOST, gate=0), "learned")
    assert [rule.points for rule in learned.rules] == [0] * 7


def test_reasons_stand_above_their_rules_on_one_line():
    text = write_fitted_book(BOOK, points=POINTS, most_times=MOST, gate=20, reasons={"Each": "Two\nlines."})
    assert '# Two lines.\n[[rules]]\nname = "Each"' in text


def test_points_that_no_book_can_hold_are_refused():
    with pytest.raises(RuleBookError, match=r"'points' must be a number from -1,000,000"):
        write_fitted_book(BOOK, points=[2e6, *POINTS[1:]], most_times=MOST, gate=20)
