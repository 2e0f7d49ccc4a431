"""Drift: the index by hand and against a plain histogram, ties, empty bins, and verdicts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.store.monitor.drift import compute_drift, compute_index

LEVELS = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
SHARES = np.diff([0, *LEVELS, 1])


def make_reference(values, features=None):
    return {
        "n": len(values),
        "quantiles": LEVELS,
        "probability": np.quantile(values, LEVELS).tolist(),
        "features": features or {},
    }


def draw(n, seed, power=1.0):
    return np.random.default_rng(seed).random(n) ** power


def test_index_by_hand():
    # (0.6 - 0.5) ln 1.2 + (0.4 - 0.5) ln 0.8
    assert compute_index([0.5, 0.5], [0.6, 0.4], n_then=10, n_now=10) == pytest.approx(0.1 * np.log(1.2) - 0.1 * np.log(0.8))


def test_an_empty_bin_counts_as_half_a_lead():
    expected = 0.5 * np.log(2) + (0.001 - 0.5) * np.log(0.001 / 0.5)
    assert compute_index([0.5, 0.5], [1, 0], n_then=500, n_now=500) == pytest.approx(expected)
    assert compute_index([1, 0], [0.5, 0.5], n_then=500, n_now=500) == pytest.approx(expected)


def test_the_index_is_that_of_a_plain_histogram():
    then, now = draw(5000, 0), draw(3000, 1, power=1.3)
    reference = make_reference(then)
    counts = np.histogram(now, [0, *reference["probability"], 1])[0] / 3000
    expected = ((counts - SHARES) * np.log(counts / SHARES)).sum()
    [row] = compute_drift(reference, now).to_dict("records")
    assert row["index"] == pytest.approx(expected)
    assert (row["what"], row["leads"]) == ("probability", 3000)


@pytest.mark.parametrize(("power", "verdict"), [(1, "stable"), (1.5, "watch"), (3, "moved")])
def test_verdicts(power, verdict):
    assert compute_drift(make_reference(draw(5000, 0)), draw(5000, 1, power))["verdict"].tolist() == [verdict]


@pytest.mark.parametrize("n", [0, 1, 199])
def test_few_leads_have_no_verdict(n):
    table = compute_drift(make_reference(draw(5000, 0)), draw(n, 1))
    assert table["verdict"].tolist() == ["too few leads"]
    assert table["index"].isna().all()


def test_chance_alone_is_rarely_called_drift():
    reference = make_reference(draw(5000, 0))
    verdicts = [compute_drift(reference, draw(200, seed))["verdict"].iloc[0] for seed in range(1, 101)]
    assert verdicts.count("stable") >= 90
    assert "moved" not in verdicts


def test_ties_of_the_reference_are_no_drift():
    constant = compute_drift(make_reference(np.full(500, 0.2)), np.full(300, 0.2))
    assert constant["index"].tolist() == [0]
    steps = np.repeat([0.05, 0.1, 0.3, 0.8], [400, 350, 200, 50])
    again = np.random.default_rng(0).permutation(np.tile(steps, 2))
    assert compute_drift(make_reference(steps), again)["index"].iloc[0] < 0.02
    moved = np.repeat([0.05, 0.1, 0.3, 0.8], [100, 150, 350, 400])
    assert compute_drift(make_reference(steps), moved)["verdict"].tolist() == ["moved"]


def test_features_numbers_categories_and_what_is_missing():
    levels = np.quantile(draw(5000, 0), LEVELS).tolist()
    features = {
        "employees": {"missing": 0.2, "quantiles": levels},
        "industry": {"missing": 0.0, "shares": [0.5, 0.3, 0.2]},
        "empty": {"missing": 1.0, "quantiles": None},
        "not passed": {"missing": 0.0, "quantiles": levels},
    }
    reference = make_reference(draw(5000, 0), features)
    employees = np.where(np.arange(1000) % 5 == 0, np.nan, draw(1000, 2))
    industry = np.repeat([0.0, 1.0, 2.0], [500, 300, 200])
    rows = pd.DataFrame({"employees": employees, "industry": industry, "empty": np.nan})
    table = compute_drift(reference, draw(1000, 1), rows).set_index("what")
    assert list(table.index) == ["probability", "employees", "industry", "empty"]
    assert table["verdict"].tolist() == ["stable"] * 4
    assert table.loc["industry", "index"] == 0
    gone = compute_drift(reference, draw(1000, 1), rows.assign(employees=np.nan, industry=2.0, empty=1.0)).set_index("what")
    assert gone["verdict"].tolist() == ["stable", "moved", "moved", "moved"]


@given(st.lists(st.floats(0, 1), min_size=200, max_size=300), st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_the_index_is_never_below_zero_and_does_not_depend_on_order(now, then):
    reference = make_reference(then)
    index = compute_drift(reference, now)["index"].iloc[0]
    assert index >= -1e-12
    assert index == compute_drift(reference, now[::-1])["index"].iloc[0]


def test_probabilities_like_those_of_the_model_that_serves_have_not_moved():
    """Models of other folds gave three groups of leads slightly other probabilities, so that each group lies beyond a bin."""
    before, now = np.repeat([0.1, 0.3, 0.6], [600, 300, 100]), np.repeat([0.09, 0.31, 0.62], [600, 300, 100])
    reference = make_reference(before)
    assert compute_drift(reference, now)["verdict"].tolist() == ["moved"]
    both = reference | {"fitted_probability": np.quantile(now, LEVELS).tolist()}
    assert compute_drift(both, now)["verdict"].tolist() == ["stable"]
    assert compute_drift(both, before)["verdict"].tolist() == ["stable"]
    assert compute_drift(both, now**2)["verdict"].tolist() == ["moved"]


def test_indices_are_those_of_evidently():
    """PSI of evidently 0.7.23, by `evidently.legacy.calculations.stattests.psi`."""
    then, now = np.array([500, 300, 150, 50]) / 1000, np.array([300, 200, 60, 40]) / 600
    assert compute_index(then, now, n_then=1000, n_now=600) == pytest.approx(0.028579973801532096)
    before, after = np.arange(1, 1001) / 1001, (np.arange(1, 601) / 601) ** 1.5
    bins = np.histogram_bin_edges(np.r_[before, after], bins="sturges")
    shares = [np.histogram(values, bins)[0] / len(values) for values in (before, after)]
    assert compute_index(*shares, n_then=1000, n_now=600) == pytest.approx(0.14178024742546746)
