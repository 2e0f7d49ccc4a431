"""Splits: hand-worked blocks, and membership that depends on time alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.core.errors import SettingsError, TrainingError
from predictor.model.outcomes import shuffle_ids
from predictor.model.split import make_folds, make_shuffled_folds, split_forward, split_held_out


def test_gap_leaves_out_leads_whose_outcome_was_not_known():
    split = split_forward(np.arange(10.0), test_share=0.3, gap=2)
    assert split.starts == 7.0
    assert split.fit.tolist() == [0, 1, 2, 3, 4, 5]  # 5 = 7 - 2 was known at that very moment
    assert split.test.tolist() == [7, 8, 9]


def test_without_gap_the_first_tested_moment_teaches_nothing():
    split = split_forward([1, 2, 3, 3], test_share=0.25, gap=0)
    assert (split.fit.tolist(), split.test.tolist()) == ([0, 1], [2, 3])


@pytest.mark.parametrize(
    ("order", "share", "tested"),
    [
        ([1, 2, 3, 3, 3, 4], 0.33, [5]),  # 2 wanted: 1 is nearer than 4
        ([1, 2, 3, 3, 3, 4], 0.5, [2, 3, 4, 5]),  # 3 wanted: 4 is nearer than 1
        ([1, 1, 1, 2], 0.9, [3]),  # one moment must remain to fit on
        ([4, 3, 2, 1], 0.5, [0, 1]),
        ([1, 2, 3], 0.01, [2]),  # the test block is never empty
    ],
)
def test_leads_of_one_moment_are_on_one_side(order, share, tested):
    assert split_forward(order, test_share=share, gap=0).test.tolist() == tested


def test_gap_that_leaves_nothing_says_what_to_do():
    with pytest.raises(TrainingError, match=r"starts 8 after the oldest lead, but the gap is 30 .*lower label.horizon_days"):
        split_forward(np.arange(10), test_share=0.2, gap=30)


@pytest.mark.parametrize("order", [[], [5.0], [5.0, 5.0, 5.0]])
def test_one_moment_cannot_be_split(order):
    with pytest.raises(TrainingError, match=r"at least two moments.*order_by"):
        split_forward(order, test_share=0.25, gap=0)


def test_holes_in_the_order_are_refused():
    with pytest.raises(TrainingError, match="1 of 3 values are missing"):
        split_forward([1, np.nan, 3], test_share=0.25, gap=0)


@pytest.mark.parametrize("share", [0, 1, float("nan")])
def test_impossible_share_is_refused(share):
    with pytest.raises(SettingsError, match="test_share must be above 0 and below 1"):
        split_forward([1, 2], test_share=share, gap=0)
    with pytest.raises(SettingsError, match="test_share must be above 0 and below 1"):
        split_held_out([0, 1] * 3, np.arange(6), test_share=share)


def test_negative_gap_is_refused():
    with pytest.raises(SettingsError, match=r"split.gap_days must be at least 0, but the gap is -1"):
        split_forward([1, 2], test_share=0.5, gap=-1)


orders = st.lists(st.integers(0, 30), min_size=4, max_size=60).filter(lambda order: len(set(order)) > 1)


@given(orders, st.floats(0.05, 0.95), st.integers(0, 1), st.randoms())
def test_order_of_rows_changes_nothing(order, share, gap, random):
    try:
        split = split_forward(order, test_share=share, gap=gap)
    except TrainingError:
        return
    drawn = random.sample(range(len(order)), len(order))
    again = split_forward([order[i] for i in drawn], test_share=share, gap=gap)
    assert again.starts == split.starts
    assert sorted(drawn[i] for i in again.fit) == split.fit.tolist()
    assert sorted(drawn[i] for i in again.test) == split.test.tolist()


@given(orders, st.integers(1, 5), st.integers(0, 3))
def test_folds_look_back_only(order, folds, gap):
    try:
        made = make_folds(order, folds=folds, gap=gap)
    except TrainingError:
        return
    values = np.array(order)
    predicted = np.concatenate([block for _, block in made])
    assert len(set(predicted.tolist())) == len(predicted)
    assert 1 <= len(made) <= folds
    for fit, block in made:
        assert block.size
        assert (values[fit] <= values[block].min() - gap).all()
        assert (values[fit] < values[block].min()).all()
    assert set(np.flatnonzero(values >= values[made[0][1]].min())) == set(predicted.tolist())


def test_folds_cut_the_newest_half():
    made = make_folds(np.arange(16), folds=4, gap=1)
    assert [block.tolist() for _, block in made] == [[8, 9], [10, 11], [12, 13], [14, 15]]
    assert [len(fit) for fit, _ in made] == [8, 10, 12, 14]


def test_folds_follow_time_where_rows_do_not():
    made = make_folds([4, 3, 2, 1], folds=2, gap=0)
    assert [(sorted(fit), sorted(block)) for fit, block in made] == [([2, 3], [1]), ([1, 2, 3], [0])]


def test_blocks_that_one_moment_fills_are_one():
    made = make_folds([1, 2, 3, 9, 9, 9], folds=3, gap=0)
    assert [block.tolist() for _, block in made] == [[3, 4, 5]]


def test_early_folds_may_have_nothing_to_fit_on():
    made = make_folds(np.arange(8), folds=2, gap=5)
    assert [fit.tolist() for fit, _ in made] == [[], [0, 1]]


def test_folds_with_nothing_to_fit_on_say_what_to_do():
    with pytest.raises(TrainingError, match=r"the gap is 50.*Add older leads"):
        make_folds(np.arange(8), folds=2, gap=50)


@pytest.mark.parametrize("folds", [0, -1])
def test_folds_are_at_least_one(folds):
    with pytest.raises(SettingsError, match=f"at least 1 fold, but split.folds is {folds}"):
        make_folds([1, 2], folds=folds, gap=0)


def draw_leads(n=101):
    outcome = np.arange(n) % 10 < 3
    return outcome, shuffle_ids(range(n), 3)


def test_a_held_out_split_is_a_partition_with_the_same_share_of_either_outcome():
    outcome, order = draw_leads()
    split = split_held_out(outcome, order, test_share=0.25)
    assert sorted([*split.fit, *split.test]) == list(range(101))
    assert (len(split.test), int(outcome[split.test].sum()), split.starts) == (25, 8, None)  # 31 of 101 are accepted
    assert split.test.tolist() != split_held_out(outcome, shuffle_ids(range(101), 4), test_share=0.25).test.tolist()


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_a_held_out_split_leaves_neither_side_empty(share):
    split = split_held_out([0, 1], [0.3, 0.2], test_share=share)
    assert (len(split.fit), len(split.test)) == (1, 1)


@pytest.mark.parametrize(("n", "verb"), [(0, "are"), (1, "is")])
def test_a_held_out_split_of_one_lead_is_refused(n, verb):
    with pytest.raises(TrainingError, match=f"needs at least 2 leads, but there {verb} {n}"):
        split_held_out(np.zeros(n), np.zeros(n), test_share=0.5)


def test_shuffled_folds_predict_each_lead_once_from_all_others():
    outcome, order = draw_leads()
    folds = make_shuffled_folds(outcome, order, folds=4)
    assert sorted(np.concatenate([block for _, block in folds])) == list(range(101))
    assert all(sorted([*fit, *block]) == list(range(101)) for fit, block in folds)
    assert sorted(int(outcome[block].sum()) for _, block in folds) == [7, 8, 8, 8]


def test_shuffled_folds_of_few_leads():
    assert make_shuffled_folds([1], [0], folds=4) == []
    assert [block.tolist() for _, block in make_shuffled_folds([0, 1], [1, 2], folds=4)] == [[0], [1]]
