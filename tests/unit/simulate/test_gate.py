"""The simulated firm's gate: which leads pass it and when, and which are handed over by hand."""

import numpy as np
from unit.simulate.firms import award

from predictor.points.rulebook import parse_rule_book
from predictor.simulate.events import CODE, EventColumns
from predictor.simulate.gate import choose_by_hand, compute_ready, compute_running_points, locate_first


def test_the_gate_hands_over_what_passes_it_and_the_hand_the_rest(firm):
    awards = award(firm)
    passed = (awards.total >= awards.book.gate) | awards.qualifies
    assert passed.equals(firm.leads["handed_over_by"].eq("gate").rename(None))
    assert 0.05 < (~passed).mean() < 0.20


def test_running_points_of_a_burst_that_expires():
    rule = '{name = "R", event = ["page_view", "blog_view"], points = 10, at_least = 2, within_days = 7, expires_days = 30}'
    book = parse_rule_book(f'name = "x"\ngate = 9\nrules = [{rule}]', "x.toml")
    days = np.array([0, 7, 37, 38, 38])
    events = EventColumns(np.array([0, 0, 0, 0, 1]), 1_750_000_000 + days * 86_400, np.array([0, 1, 5, 5, 0]))
    total, qualifies = compute_running_points(book, np.zeros(2), events)
    assert total.tolist() == [0, 10, 10, 0, 0]
    assert not qualifies.any()


def test_no_lead_is_handed_over_before_its_name_is_known():
    kinds = [CODE[name] for name in ("pricing_page_view", "form_submitted", "page_view", "page_view", "page_view")]
    events = EventColumns(np.array([0, 0, 0, 0, 1]), np.array([1, 2, 3, 3, 4]), np.array(kinds))
    assert compute_ready(events).tolist() == [False, True, False, True, False]
    assert locate_first(events, compute_ready(events), 2).tolist() == [1, -1]


def test_the_hand_takes_only_leads_that_never_pass():
    events = EventColumns(np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([8, 8, 8]))
    ready, passed = np.array([True, True, False]), np.array([0, -1, -1])
    assert choose_by_hand(np.random.default_rng(0), events, ready, passed, 1.0).tolist() == [-1, 1, -1]
