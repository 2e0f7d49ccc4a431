"""Parts of a Brier score and the calibration line: worked by hand, and what must hold of any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from predictor.core.errors import TrainingError
from predictor.model.metrics.brier import decompose_brier, fit_calibration_line
from predictor.model.metrics.metrics import compute_metrics


def draw(n=2000, seed=0, move=lambda score: score):
    random = np.random.default_rng(seed)
    probability = random.beta(2, 6, n)
    return (random.random(n) < expit(move(logit(probability)))).astype(float), probability


def test_parts_worked_by_hand():
    # Right probabilities in this order are 0, 0.5, 0.5, 1; the base rate is 0.5.
    parts = decompose_brier([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4])
    assert parts.score == pytest.approx((0.01 + 0.64 + 0.09 + 0.36) / 4)
    assert parts.uncertainty == 0.25
    assert parts.discrimination == pytest.approx(0.25 - 0.125)
    assert parts.miscalibration == pytest.approx(0.275 - 0.125)


@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.floats(0, 1)), min_size=1, max_size=60))
def test_parts_add_up_and_none_is_below_zero(leads):
    outcome, probability = zip(*leads, strict=True)
    parts = decompose_brier(outcome, probability)
    assert parts.score == pytest.approx(parts.miscalibration - parts.discrimination + parts.uncertainty, abs=1e-12)
    assert parts.score == pytest.approx(compute_metrics(outcome, probability)["brier"], abs=1e-12)
    assert min(parts.miscalibration, parts.discrimination, parts.uncertainty) >= -1e-12


def test_constant_probability_tells_no_lead_from_another():
    parts = decompose_brier([0, 0, 0, 1], [0.5] * 4)
    assert (parts.discrimination, parts.miscalibration) == (0.0, pytest.approx(0.0625))


@pytest.mark.parametrize(("shift", "slope"), [(0.0, 1.0), (0.7, 1.0), (0.0, 0.6), (-0.4, 1.4)])
def test_the_line_that_outcomes_were_drawn_from(shift, slope):
    outcome, probability = draw(100_000, seed=1, move=lambda score: shift + slope * score)
    line = fit_calibration_line(outcome, probability)
    low, high = line.slope_interval
    assert low < slope < high
    assert high - low < 0.06
    if slope == 1:
        assert line.intercept_interval[0] < shift < line.intercept_interval[1]


def test_slope_is_the_metric_s():
    outcome, probability = draw()
    assert fit_calibration_line(outcome, probability).slope == compute_metrics(outcome, probability)["calibration_slope"]


def test_the_intercept_puts_the_base_rate_right():
    outcome, probability = draw(move=lambda score: score + 1)
    line = fit_calibration_line(outcome, probability)
    assert expit(logit(probability) + line.intercept).mean() == pytest.approx(outcome.mean(), abs=1e-9)


def test_intervals_cover_the_truth_as_often_as_they_say():
    covered = np.zeros(2)
    for seed in range(300):
        line = fit_calibration_line(*draw(500, seed))
        covered += [
            line.intercept_interval[0] <= 0 <= line.intercept_interval[1],
            line.slope_interval[0] <= 1 <= line.slope_interval[1],
        ]
    assert ((covered / 300 >= 0.92) & (covered / 300 <= 0.98)).all()


@pytest.mark.parametrize(
    ("outcome", "probability"), [([0, 0, 0], [0.1, 0.2, 0.3]), ([0, 1], [0.4, 0.4]), ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4])]
)
def test_no_slope_where_none_is_best(outcome, probability):
    line = fit_calibration_line(outcome, probability)
    assert (line.slope, line.slope_interval) == (None, None)


@pytest.mark.parametrize("compute", [decompose_brier, fit_calibration_line])
def test_what_is_no_probability_is_refused(compute):
    with pytest.raises(
        TrainingError, match=r"Probabilities must lie between 0 and 1, but 1 of 2 does not \(first at position 1\)"
    ):
        compute([0, 1], [0.5, 1.5])
