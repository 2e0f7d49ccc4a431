"""Temperature: a slope that the newest leads set, at the level of the model or at that of all leads."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from predictor.model.calibrators.sigmoid import fit_sigmoid
from predictor.model.calibrators.temperature import fit_newest_sigmoid, fit_temperature


def draw(n=4000, seed=0, slope=1.0, level=0.0):
    random = np.random.default_rng(seed)
    score = random.normal(-1, 1.5, n)
    return score, (random.random(n) < expit(level + slope * score)).astype(float)


@pytest.mark.parametrize("fit", [fit_temperature, fit_newest_sigmoid])
def test_slope_is_that_of_the_newest_quarter(fit):
    score, outcome = draw()
    assert fit(score, outcome).slope == fit_sigmoid(score[3000:], outcome[3000:]).slope
    unpenalised = LogisticRegression(C=np.inf).fit(score[3000:, None], outcome[3000:]).coef_[0, 0]
    assert fit(score, outcome).slope == pytest.approx(unpenalised, rel=0.01)


@pytest.mark.parametrize("fit", [fit_temperature, fit_newest_sigmoid])
def test_where_the_newest_quarter_tells_too_little_more_leads_set_the_slope(fit):
    score = np.linspace(-1, 1, 1000)
    outcome = (np.arange(1000) % 8 == 0).astype(float)  # 125 accepted, so 100 take the newest 800
    assert fit(score, outcome).slope == fit_sigmoid(score[200:], outcome[200:]).slope
    rare = (np.arange(1000) % 20 == 0).astype(float)
    assert fit(score, rare).slope == fit_sigmoid(score, rare).slope


def test_tempered_promises_what_the_model_promised():
    score, outcome = draw(slope=1.7, level=0.8)
    fitted = fit_temperature(score, outcome)
    assert fitted.slope > 1.4
    assert fitted.predict(score).mean() == pytest.approx(expit(score).mean(), abs=1e-3)
    assert outcome.mean() > expit(score).mean() + 0.02


def test_sigmoid_promises_what_came():
    score, outcome = draw(slope=1.7, level=0.8)
    assert fit_newest_sigmoid(score, outcome).predict(score).mean() == pytest.approx(outcome.mean(), abs=1e-3)


@pytest.mark.parametrize("fit", [fit_temperature, fit_newest_sigmoid])
def test_leads_within_a_part_come_in_any_order(fit):
    score, outcome = draw()
    mixed = np.concatenate([np.random.default_rng(1).permutation(3000), 3000 + np.random.default_rng(2).permutation(1000)])
    one, other = fit(score, outcome), fit(score[mixed], outcome[mixed])
    assert (one.intercept, one.slope) == pytest.approx((other.intercept, other.slope), abs=1e-9)


def test_interval_covers_what_would_be_learned_from_other_leads():
    """Of 400 draws of the same truth, 95 % of the intervals hold it, at a usual and at a far score."""
    at = np.array([-1.0, 3.0])
    truth = expit(0.2 + 1.2 * at)
    held = []
    for seed in range(400):
        low, high = fit_newest_sigmoid(*draw(2000, seed, slope=1.2, level=0.2)).interval(at)
        held.append((low <= truth) & (truth <= high))
    assert np.mean(held, axis=0) == pytest.approx([0.95, 0.95], abs=0.035)


@pytest.mark.parametrize("outcome", [0.0, 1.0])
@pytest.mark.parametrize("fit", [fit_temperature, fit_newest_sigmoid])
def test_one_class_and_far_scores_stay_finite(fit, outcome):
    fitted = fit([-700.0, 700.0, 3.0], [outcome] * 3)
    assert np.isfinite([fitted.intercept, fitted.slope, *fitted.variance]).all()


def test_level_by_hand():
    """Two leads at even odds, one accepted: the level is 0 whatever the slope."""
    assert fit_newest_sigmoid([0.0, 0.0], [0, 1]).predict(np.array([0.0]))[0] == pytest.approx(0.5)
    fitted = fit_newest_sigmoid([0.0] * 8, [1, 0, 0, 0] * 2)
    assert fitted.intercept == pytest.approx(logit(2.5 / 9))  # one lead, half accepted, is added
