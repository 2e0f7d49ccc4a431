"""Exports that are samples: what each row represents, and rows that look like all leads."""

import numpy as np
import pytest

from predictor.core.settings import make_settings
from predictor.model.represented import check_balance, compute_represented, draw_representative


def test_the_share_accepted_becomes_the_base_rate_and_the_rarer_sampled_outcome_represents_itself():
    outcome = np.tile([1.0, 0.0], 500)
    rows = compute_represented(outcome, np.ones(1000, bool), base_rate=0.2)
    assert rows is not None
    assert np.average(outcome, weights=rows) == pytest.approx(0.2)
    assert set(rows[outcome == 1]) == {1.0}


def test_a_base_rate_above_the_exported_share_makes_accepted_leads_represent_more():
    outcome = np.repeat([1.0, 0.0], [100, 900])
    rows = compute_represented(outcome, np.ones(1000, bool), base_rate=0.4)
    assert rows is not None
    assert np.average(outcome, weights=rows) == pytest.approx(0.4)
    assert set(rows[outcome == 0]) == {1.0}


def test_pending_rows_do_not_count_for_the_share():
    outcome = np.array([1.0, 0, 0, 0, 0])
    rows = compute_represented(outcome, np.array([True, True, False, False, False]), base_rate=0.2)
    assert rows is not None
    np.testing.assert_allclose(rows, [1, 4, 4, 4, 4])


def test_a_weight_column_is_kept_as_it_is_and_weights_of_one_are_none():
    assert compute_represented([1, 0], [True] * 2, weight=[1, 1], base_rate="as exported") is None
    np.testing.assert_array_equal(compute_represented([1, 0], [True] * 2, weight=[1, 7], base_rate="as exported"), [1, 7])


@pytest.mark.parametrize("weights", [[1, 5], [0.5, 2, 3], [1, 1000]])
def test_drawn_rows_have_the_weighted_shares_and_represent_as_many_leads(weights):
    draw = np.random.default_rng(0)
    rows = draw.choice(weights, 6000).astype(float)
    outcome = draw.random(6000) < 0.5
    drawn, leads_per_row = draw_representative(rows)
    assert len(np.unique(drawn)) == len(drawn)
    assert (np.diff(drawn) > 0).all()
    assert leads_per_row * len(drawn) == pytest.approx(rows.sum(), rel=0.002)
    assert np.isin(np.flatnonzero(rows == rows.max()), drawn).all()
    assert outcome[drawn].mean() == pytest.approx(np.average(outcome, weights=rows), abs=0.05)


def test_equal_weights_keep_every_row():
    drawn, leads_per_row = draw_representative(np.full(50, 3.0))
    assert drawn.tolist() == list(range(50))
    assert leads_per_row == 3


def _check(outcome, **label):
    settings = make_settings({"label": label} if label else {})
    return check_balance(outcome, np.ones(len(outcome), bool), np.arange(len(outcome)), settings)


def test_an_exact_half_is_noticed_in_all_and_in_blocks():
    shuffled = np.random.default_rng(1).permutation(np.tile([1.0, 0.0], 400))
    assert [finding.code for finding in _check(shuffled)] == ["TRAIN014"]
    even = np.append(np.tile([1.0, 0.0], 400), np.ones(9))  # not exact in all, but in each block
    assert [finding.code for finding in _check(even)] == ["TRAIN014"]


def test_chance_other_rates_few_leads_and_a_stated_base_rate_draw_no_warning():
    draw = np.random.default_rng(0)
    noticed = sum(bool(_check((draw.random(1000) < 0.5).astype(float))) for _ in range(200))
    assert noticed <= 12  # an exact half of 1,000 comes up in 2.5 % of exports
    assert not _check(np.tile([1.0, 0, 0], 400))
    assert not _check(np.tile([1.0, 0.0], 50))
    assert not _check(np.tile([1.0, 0.0], 400), base_rate=0.2)
