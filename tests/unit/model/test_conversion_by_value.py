"""Evidence: worked by hand, the same in any order, and nothing of a person in it."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from predictor.features.encode import FeatureSet
from predictor.features.feature import MISSING, Feature
from predictor.features.fit import fit_features
from predictor.model.conversion_by_value import FEWEST, Bins, ConversionByValue, compute_conversion_by_value
from predictor.model.sample import Sample

RANK = Feature("rank", "Rank", "Rank", kind="category", categories=("vp", "clerk"))
VIEWS = Feature("events/page_view/count_7d", "Page views in 7 days", "Page views", kind="number")
SIZE = Feature("employees", "Employees", "Employees", kind="number")


def make_block(feature, values, outcome, weight=None):
    outcome = np.asarray(outcome, dtype=float)
    features = FeatureSet((feature,), (), featured_types=("page_view",), windows_days=(7,))
    weight = None if weight is None else np.asarray(weight, dtype=float)
    return Sample(
        np.asarray(values, dtype=float)[:, None], outcome, np.arange(len(outcome)), features=features, dated=True, weight=weight
    )


def compute_bins(feature, values, outcome=None, weight=None):
    outcome = np.zeros(len(values)) if outcome is None else outcome
    return compute_conversion_by_value(make_block(feature, values, outcome, weight)).bins[feature.name]


def test_categories_by_value_then_other_then_not_known():
    values = np.repeat([0.0, 1.0, 2.0, np.nan], [20, 19, 40, 25])
    outcome = np.concatenate([np.repeat([1, 0], [5, 15]), np.zeros(19), np.repeat([1, 0], [30, 10]), np.ones(25)])
    evidence = compute_conversion_by_value(make_block(RANK, values, outcome))
    assert evidence.whole == (104, 0.5769)  # 60 of 104
    assert evidence.pending is None
    assert evidence.bins["rank"] == Bins((), ((20, 0.25), None, (40, 0.75), (25, 1.0)))


def test_counts_are_0_1_and_2_or_more():
    bins = compute_bins(VIEWS, np.repeat([0, 1, 2, 9], [100, 40, 30, 30]), np.repeat([0, 1, 1, 0], [100, 40, 30, 30]))
    assert bins == Bins((1.0, 2.0), ((100, 0.0), (40, 1.0), (60, 0.5), None))
    assert [bins.place(VIEWS, value) for value in (0.0, 1.0, 2.0, 30.0, np.nan)] == [0, 1, 2, 2, 3]


def test_a_member_of_a_set_is_there_or_not():
    member = Feature("members/topics/api", "Topics: API", "Topics", kind="member", categories=("api",), column="topics")
    for values in (np.repeat([0.0, 1.0, np.nan], [97, 21, 30]), np.repeat([0.0, 1.0, np.nan], [21, 97, 30])):
        bins = compute_bins(member, values, np.nan_to_num(values))
        known = [int((values == value).sum()) for value in (0, 1)]
        assert bins == Bins((1.0,), ((known[0], 0.0), (known[1], 1.0), (30, 0.0)))
        assert [bins.place(member, value) for value in (0.0, 1.0, np.nan)] == [0, 1, 2]


def test_the_number_of_values_of_a_set_is_a_count():
    number = Feature("members/topics", "Number of Topics", "Topics", kind="members", column="topics")
    assert compute_bins(number, np.repeat([1.0, 2.0], [80, 20])).edges == (1.0, 2.0)


def test_counts_that_most_leads_have_are_cut_into_quarters():
    assert compute_bins(VIEWS, np.arange(100)).edges == (20.0, 50.0, 70.0)  # quarters at 24.75, 49.5 and 74.25
    assert compute_bins(Feature(MISSING, "", "", kind="missing_count"), np.repeat([0, 1, 5], [90, 5, 5])).edges == (1.0, 2.0)


@pytest.mark.parametrize(
    ("values", "edges"),
    [
        (np.arange(1000, 2000), (1200.0, 1500.0, 1700.0)),  # at 1249.75, 1499.5 and 1749.25: one digit would fall together
        (np.repeat([0.0, 15.0, 40.0], [80, 10, 10]), (10.0,)),  # most have nothing: something begins at a round number
        (np.repeat([-10.0, 0.0, 20.0], [5, 85, 10]), (0.0, 20.0)),
        (np.repeat([0.0, 1.0], [60, 40]), (1.0,)),
        (np.full(50, 3.0), ()),
        (np.full(50, np.nan), ()),
        (np.array([4917.1, 4917.2, 4917.3, 4917.4] * 20), ()),  # no round number lies between them
    ],
)
def test_other_numbers_are_cut_at_round_bounds_near_the_quarters(values, edges):
    bins = compute_bins(SIZE, values)
    assert bins.edges == edges
    assert len(bins.shares) == len(edges) + 2


def test_a_pending_lead_counts_by_how_much_is_known_of_it():
    values, outcome = np.repeat([0.0, 1.0], [40, 40]), np.repeat([1.0, 0.0, 0.0], [10, 30, 40])
    weight = np.repeat([1.0, 0.5, 0.0], [10, 30, 40])
    evidence = compute_conversion_by_value(make_block(RANK, values, outcome, weight))
    assert evidence.bins["rank"].shares == ((25, 0.4), None, None, None)  # 10 of 10 + 15
    assert (evidence.whole, evidence.pending) == ((25, 0.4), "in_part")


def test_a_lead_that_stands_for_pending_ones_is_one_lead_and_weighs_more_in_the_share():
    weight = np.repeat([1.0, 2.0, 0.0], [20, 10, 70])
    evidence = compute_conversion_by_value(make_block(RANK, np.zeros(100), np.repeat([0.0, 1.0, 1.0], [20, 10, 70]), weight))
    assert evidence.bins["rank"].shares == ((30, 0.5), None, None, None)  # 10 leads weigh as much as 20
    assert (evidence.whole, evidence.pending) == ((30, 0.5), "represented")
    old = evidence.to_json() | {"pending": "stood_for"}  # as version 0.1.0 wrote it
    assert ConversionByValue.from_json(json.loads(json.dumps(old)), FeatureSet((RANK,), ())).pending == "represented"


def test_an_outcome_that_is_not_known_may_be_anything():
    known = make_block(RANK, np.zeros(50), np.repeat([1.0, 0.0], [20, 30]), np.repeat([1.0, 0.0], [40, 10]))
    blind = replace(known, outcome=np.where(known.weight > 0, known.outcome, np.nan))
    assert compute_conversion_by_value(blind) == compute_conversion_by_value(known)


def test_no_leads():
    assert compute_conversion_by_value(make_block(SIZE, [], [])) == ConversionByValue(
        (0, 0.0), None, {"employees": Bins((), (None, None))}
    )


@given(
    arrays(float, st.integers(20, 80), elements=st.sampled_from([0.0, 1.0, 2.0, 3.5, 70.0, -1e9, np.nan])),
    st.sampled_from([SIZE, VIEWS]),
    st.randoms(use_true_random=False),
)
def test_order_of_leads_changes_nothing_and_every_lead_is_in_one_bin(values, feature, random):
    outcome, weight = np.array([random.random() < 0.3 for _ in values]), np.array([random.random() for _ in values])
    turned = np.array(random.sample(range(len(values)), len(values)))
    sample = make_block(feature, values, outcome, weight)
    evidence = compute_conversion_by_value(sample)
    assert compute_conversion_by_value(sample.take(turned)) == evidence
    bins = compute_bins(feature, np.repeat(values, FEWEST), np.repeat(outcome, FEWEST))  # so that every bin with a lead is told
    placed = [bins.place(feature, value) for value in values]
    held = [0 if share is None else share[0] for share in bins.shares]
    assert held == [FEWEST * placed.count(place) for place in range(len(held))]


def test_read_back_from_json_it_is_the_same_and_that_of_other_features_is_refused():
    sample = make_block(RANK, np.repeat([0.0, 1.0, np.nan], [40, 40, 5]), np.repeat([1.0, 0.0], [30, 55]))
    content = json.loads(json.dumps(compute_conversion_by_value(sample).to_json()))
    assert ConversionByValue.from_json(content, sample.features) == compute_conversion_by_value(sample)
    other = FeatureSet((replace(RANK, categories=("vp",)),), ())
    with pytest.raises(ValueError, match=r"evidence.json must have 3 shares of feature 'rank', but has 4"):
        ConversionByValue.from_json(content, other)
    with pytest.raises(ValueError, match=r"evidence.json does not describe each feature \('employees'\)"):
        ConversionByValue.from_json(content, FeatureSet((SIZE,), ()))


def test_neither_addresses_nor_prose_nor_rare_values_are_in_it():
    prose, address = "Asked for Ms. Example " * 6, "sales@example.com"
    rows = pd.DataFrame({"c": [prose] * 40 + [address] * 40 + ["x"] * 40 + ["Ms. Example"], "n": np.r_[np.zeros(120), 4917.37]})
    features, _ = fit_features(rows, {"c": "category"}, min_support=20, missing_values=())
    sample = Sample(features.encode_table(rows, None).matrix, np.zeros(121), np.arange(121.0), features=features, dated=True)
    text = json.dumps(compute_conversion_by_value(sample).to_json())
    for personal in ("Ms.", "ms.", "@", "example", "4917"):
        assert personal not in text
    assert compute_conversion_by_value(sample).bins["c"].shares == ((40, 0.0), (81, 0.0), None)
