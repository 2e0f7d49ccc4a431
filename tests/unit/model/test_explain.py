"""Reasons: they add up to the probability."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit

from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.calibrators import FITS
from predictor.model.calibrators.isotonic import Isotonic
from predictor.model.calibrators.sigmoid import Sigmoid
from predictor.model.candidates import CANDIDATES
from predictor.model.explain import compute_effects, sum_groups
from predictor.model.sample import Sample

OTHERS = [name for name in CANDIDATES if name != "learned_points"]  # which looks at rules: test_learned_points.py
PLAIN = Sigmoid(0.0, 1.0, (0.0, 0.0, 0.0), n=1)
FEATURES = FeatureSet(
    (
        Feature("industry", "Industry", "industry", kind="category", categories=("software", "retail")),
        Feature("employees", "Employees", "size", kind="number"),
        Feature("points/total", "Points", "size", kind="number"),
        Feature("founded", "Founded", "founded", kind="days_since"),
    ),
    (),
)


def draw_block(n=500):
    draw = np.random.default_rng(4)
    industry, points = draw.integers(0, 3, n).astype(float), draw.integers(-20, 80, n).astype(float)
    matrix = np.column_stack([industry, draw.lognormal(4, 2, n), points, draw.uniform(0, 9000, n)])
    outcome = (draw.random(n) < expit(-2 + 1.5 * (industry == 0) + 0.03 * points)).astype(float)
    matrix[: n // 10, [0, 3]] = np.nan
    return Sample(matrix, outcome, np.arange(n, dtype=float), features=FEATURES, dated=True)


def test_effects_worked_by_hand():
    effects, base = compute_effects(np.array([[1.0, -3.0, 0.0, 2.0]]), PLAIN)
    raised = ((expit(3.0) - expit(2.0)) + (expit(0.0) - expit(-1.0))) / 2  # before what lowers the score, and after it
    lowered = ((expit(-1.0) - expit(2.0)) + (expit(0.0) - expit(3.0))) / 2
    assert base[0] == expit(2.0)
    assert effects[0] == pytest.approx([raised, lowered, 0.0])


def test_a_side_is_shared_out_in_proportion():
    effects, _ = compute_effects(np.array([[1.0, 3.0, -0.5, -1.5, 0.0]]), PLAIN)
    assert effects[0, 1] == pytest.approx(3 * effects[0, 0])
    assert effects[0, 3] == pytest.approx(3 * effects[0, 2])


def test_calibrator_scales_the_parts():
    calibrator = Sigmoid(-1.0, 0.5, (0.0, 0.0, 0.0), n=1)
    effects, base = compute_effects(np.array([[2.0, 4.0]]), calibrator)
    assert base[0] == pytest.approx(expit(-1 + 0.5 * 4))
    assert base[0] + effects[0].sum() == pytest.approx(calibrator.predict(np.array([6.0]))[0], abs=1e-12)


@given(
    arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.floats(-15, 15)),
    st.floats(-5, 5),
    st.floats(0, 3),
)
def test_base_and_effects_add_up_to_the_probability(parts, intercept, slope):
    calibrator = Sigmoid(intercept, slope, (0.0, 0.0, 0.0), n=1)
    effects, base = compute_effects(parts, calibrator)
    np.testing.assert_allclose(base + effects.sum(axis=1), calibrator.predict(parts.sum(axis=1)), rtol=0, atol=1e-9)
    assert (np.sign(effects) * np.sign(slope * parts[:, :-1]) >= 0).all()  # what raises the score raises the probability


@pytest.mark.parametrize("tiny", [0.0, 1e-12, 1e-9, 1.1e-9, 1e-8])
def test_parts_that_cancel(tiny):
    parts = np.array([[3.0, -3.0 + tiny, -1.0]])
    effects, base = compute_effects(parts, PLAIN)
    assert base[0] + effects.sum() == pytest.approx(expit(parts.sum()), abs=1e-9)
    assert effects[0, 0] == pytest.approx((expit(2) - expit(-4)) / 2, rel=1e-6)


@pytest.mark.parametrize("kind", FITS)
def test_effects_add_up_whatever_the_curve(kind):
    draw = np.random.default_rng(1)
    score = draw.normal(-1, 1.5, 500)
    calibrator = FITS[kind](score, (draw.random(500) < expit(score)).astype(float), None)
    parts = draw.normal(0, 1, (300, 7))
    effects, base = compute_effects(parts, calibrator)
    np.testing.assert_allclose(base + effects.sum(axis=1), calibrator.predict(parts.sum(axis=1)), rtol=0, atol=1e-9)
    assert (np.sign(effects) * np.sign(parts[:, :-1]) >= 0).all()
    assert (np.abs(np.where(effects > 0, effects, 0).sum(axis=1)) <= 1).all()


def test_no_effect_is_larger_than_a_probability_where_a_staircase_jumps():
    steps = Isotonic((0.0, 0.0001), (0.1, 0.9), (10.0, 10.0), n=20)
    effects, base = compute_effects(np.array([[3.0, -3.0 + 0.0001, 0.0]]), steps)
    assert (base[0], effects[0].tolist()) == (0.1, [pytest.approx(0.8), pytest.approx(0.0, abs=1e-12)])


def test_no_features():
    effects, base = compute_effects(np.array([[0.5]]), PLAIN)
    assert (effects.shape, base[0]) == ((1, 0), expit(0.5))
    names, sums = sum_groups(effects, [])
    assert (names, sums.shape) == ([], (1, 0))


def test_groups_in_order_of_first_appearance():
    names, sums = sum_groups(np.array([[1.0, 2.0, 4.0], [0.5, 0.0, -0.5]]), ["b", "a", "b"])
    assert names == ["b", "a"]
    assert sums.tolist() == [[5.0, 2.0], [0.0, 0.0]]


@given(arrays(float, st.tuples(st.integers(1, 4), st.just(5)), elements=st.floats(-1, 1)))
def test_groups_lose_nothing(parts):
    _, sums = sum_groups(parts, ["x", "y", "x", "z", "y"])
    np.testing.assert_allclose(sums.sum(axis=1), parts.sum(axis=1), rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", FITS)
@pytest.mark.parametrize("name", OTHERS)
def test_base_and_effects_are_the_probability_whatever_the_candidate_and_the_calibrator(name, kind):
    sample = draw_block()
    model = CANDIDATES[name].fit(sample, 0)
    calibrator = FITS[kind](model.score(sample.matrix), sample.outcome, None)
    effects, base = compute_effects(model.contribute(sample.matrix), calibrator)
    groups = ["industry", "size", "size", "founded"]
    expected = calibrator.predict(model.score(sample.matrix))
    np.testing.assert_allclose(base + sum_groups(effects, groups)[1].sum(axis=1), expected, rtol=0, atol=1e-9)


def test_parts_of_the_linear_candidates_are_exact():
    """Coefficient times column, slope times points; the parts of odoo_pls are worked by hand in its own tests."""
    sample = draw_block()
    line = CANDIDATES["logistic"].fit(sample, 0)
    content = json.loads(line.to_text())
    (squeezed, weight), (plain, slope) = [
        pair for pair in zip(content["columns"], content["coefficients"], strict=True) if pair[0]["feature"] == 1
    ]
    by_hand = weight * (np.log1p(sample.matrix[:, 1]) - squeezed["mean"]) / squeezed["spread"]
    by_hand += slope * (np.clip(sample.matrix[:, 1], *plain["ends"]) - plain["mean"]) / plain["spread"]
    np.testing.assert_allclose(line.contribute(sample.matrix)[:, 1], by_hand, rtol=0, atol=1e-12)
    points = CANDIDATES["points"].fit(sample, 0)
    parts = points.contribute(sample.matrix)
    np.testing.assert_allclose(parts[:, 2], points.slope * (sample.matrix[:, 2] - points.mean), atol=1e-12)
    assert (parts[:, [0, 1, 3]] == 0).all()
