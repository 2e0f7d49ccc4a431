"""Importance: compared with shuffling by hand, for every candidate."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from predictor.core.errors import TrainingError
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.calibrated_model import fit_calibrated
from predictor.model.calibrators.identity import Identity
from predictor.model.candidates import CANDIDATES
from predictor.model.importance import compute_importance
from predictor.model.metrics.metrics import compute_losses
from predictor.model.sample import LEARN_POINTS, Sample

FEATURES = FeatureSet(
    (
        Feature("industry", "Industry", "Industry", kind="category", categories=("software", "retail")),
        Feature("visits", "Visits in 7 days", "Visits", kind="number"),
        Feature("points/total", "Points", "Points", kind="number"),
        Feature("ever", "Visits ever", "Visits", kind="number"),
        Feature("noise", "Noise", "Noise", kind="number"),
    ),
    (),
)


def draw_block(n=800, seed=0):
    draw = np.random.default_rng(seed)
    industry, visits, points = draw.integers(0, 3, n).astype(float), draw.poisson(1.0, n).astype(float), draw.integers(0, 50, n)
    matrix = np.column_stack([industry, visits, points, visits + draw.poisson(0.2, n), draw.normal(size=n)])
    outcome = (draw.random(n) < expit(-3 + 1.5 * (industry == 0) + 1.2 * visits + 0.02 * points)).astype(float)
    return Sample(matrix, outcome, np.arange(n, dtype=float), features=FEATURES, dated=True)


NAMES = [name for name in CANDIDATES if name not in LEARN_POINTS]  # which are learned from rules, of which there are none here
FIT, TEST = draw_block(), draw_block(400, 1)
MODELS = {name: fit_calibrated(name, FIT, [(np.arange(400), np.arange(400, 800))], 0) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_what_shuffling_the_columns_by_hand_gives(name):
    calibrated, draw = MODELS[name], np.random.default_rng(7)
    orders = [draw.permutation(400) for _ in range(3)]
    plain, expected = compute_losses(TEST.outcome, calibrated.predict(TEST.matrix)).mean(), {}
    for group, columns in {"Industry": [0], "Visits": [1, 3], "Points": [2], "Noise": [4]}.items():
        rises = []
        for order in orders:
            shuffled = TEST.matrix.copy()
            shuffled[:, columns] = TEST.matrix[order][:, columns]
            rises.append(compute_losses(TEST.outcome, calibrated.predict(shuffled)).mean() - plain)
        expected[group] = (np.mean(rises), np.std(rises, ddof=1))
    table = compute_importance(calibrated, TEST, seed=7).set_index("group")
    assert sorted(table.index) == sorted(expected)
    for group, (rise, spread) in expected.items():
        assert table.loc[group, "rise"] == pytest.approx(rise, abs=1e-9)
        assert table.loc[group, "spread"] == pytest.approx(spread, abs=1e-9)


@pytest.mark.parametrize("name", ["logistic", "lightgbm"])
def test_what_decides_comes_first_and_noise_is_worth_nothing(name):
    table = compute_importance(MODELS[name], TEST, seed=0)
    assert table["group"].tolist()[:2] == ["Visits", "Industry"]
    assert table["rise"].is_monotonic_decreasing
    noise = table.set_index("group").loc["Noise"]
    assert abs(noise["rise"]) < 0.01


def test_a_model_that_looks_at_nothing_loses_nothing():
    table = compute_importance(MODELS["constant"], TEST, seed=0)
    assert table["group"].tolist() == ["Industry", "Noise", "Points", "Visits"]
    assert (table[["rise", "spread"]] == 0).all(axis=None)


def test_the_same_seed_gives_the_same_and_one_repeat_has_no_spread():
    once = compute_importance(MODELS["lightgbm"], TEST, seed=3, repeats=1)
    assert once.equals(compute_importance(MODELS["lightgbm"], TEST, seed=3, repeats=1))
    assert (once["spread"] == 0).all()


def test_a_lead_that_counts_nothing_adds_nothing():
    calibrated = replace(MODELS["logistic"], calibrator=Identity())
    table = compute_importance(calibrated, replace(TEST, weight=np.ones(400)), seed=0)
    assert table.equals(compute_importance(calibrated, TEST, seed=0))
    halved = compute_importance(calibrated, replace(TEST, weight=np.repeat([1.0, 0.0], 200)), seed=0)
    assert not halved.equals(table)


def test_trees_that_do_not_look_at_a_column_are_left_out():
    model = MODELS["lightgbm"].model
    narrowed = model.narrow([0])
    assert 0 < narrowed.booster_.num_trees() < model.booster_.num_trees()
    turned = TEST.matrix.copy()
    turned[:, 0] = turned[::-1, 0]
    change = model.score(turned) - model.score(TEST.matrix)
    np.testing.assert_allclose(narrowed.score(turned) - narrowed.score(TEST.matrix), change, rtol=0, atol=1e-9)
    assert model.narrow([]) is None


def test_no_leads_are_refused():
    with pytest.raises(TrainingError, match=r"leads and repeats, but there are 0 and 3\. Give at least one of each."):
        compute_importance(MODELS["constant"], TEST.take(np.arange(0)), seed=0)
