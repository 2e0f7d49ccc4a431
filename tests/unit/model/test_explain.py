"""Reasons: they add up to the probability."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit

from predictor.model.calibrate import Sigmoid
from predictor.model.calibrators import FITS
from predictor.model.calibrators.isotonic import Isotonic
from predictor.model.explain import compute_effects, sum_groups

PLAIN = Sigmoid(0.0, 1.0, (0.0, 0.0, 0.0), 1)


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
    calibrator = Sigmoid(-1.0, 0.5, (0.0, 0.0, 0.0), 1)
    effects, base = compute_effects(np.array([[2.0, 4.0]]), calibrator)
    assert base[0] == pytest.approx(expit(-1 + 0.5 * 4))
    assert base[0] + effects[0].sum() == pytest.approx(calibrator.predict(np.array([6.0]))[0], abs=1e-12)


@given(
    arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.floats(-15, 15)),
    st.floats(-5, 5),
    st.floats(0, 3),
)
def test_base_and_effects_add_up_to_the_probability(parts, intercept, slope):
    calibrator = Sigmoid(intercept, slope, (0.0, 0.0, 0.0), 1)
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
    steps = Isotonic((0.0, 0.0001), (0.1, 0.9), (10.0, 10.0), 20)
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
