"""The sigmoid: against scikit-learn, and sane where there is little to learn from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from predictor.model.calibrators.serialise import read_text
from predictor.model.calibrators.sigmoid import Sigmoid, fit_sigmoid
from predictor.model.label import compute_odds_weights


def draw(n, intercept=-0.5, slope=0.7, seed=0):
    random = np.random.default_rng(seed)
    score = random.normal(-1, 1.5, n)
    return score, (random.random(n) < expit(intercept + slope * score)).astype(float)


def test_it_is_logistic_regression_where_the_prior_weighs_nothing():
    score, outcome = draw(200_000)
    line = LogisticRegression(C=1e9, tol=1e-10).fit(score[:, None], outcome)
    fitted = fit_sigmoid(score, outcome)
    np.testing.assert_allclose((fitted.intercept, fitted.slope), (line.intercept_[0], line.coef_[0, 0]), atol=1e-4)
    assert (fitted.intercept, fitted.slope) == (pytest.approx(-0.5, abs=0.03), pytest.approx(0.7, abs=0.03))


def test_it_is_penalised_logistic_regression_around_slope_one_on_few_leads():
    score, outcome = draw(60)
    fitted = fit_sigmoid(score, outcome)
    # The same by brute force: log-likelihood less 16 (slope - 1)^2 / 2, on a grid around the answer.
    a, b = np.meshgrid(fitted.intercept + np.linspace(-0.1, 0.1, 41), fitted.slope + np.linspace(-0.1, 0.1, 41))
    line = a[..., None] + b[..., None] * score
    posterior = (outcome * line - np.logaddexp(0, line)).sum(axis=-1) - 16 * (b - 1) ** 2 / 2
    assert np.unravel_index(posterior.argmax(), posterior.shape) == (20, 20)


def test_promised_and_observed_agree_on_what_it_learned_from():
    score, outcome = draw(5000, intercept=1.0)
    assert fit_sigmoid(score, outcome).predict(score).mean() == pytest.approx(outcome.mean(), abs=1e-6)


def test_constant_score_keeps_its_slope_and_gets_the_base_rate():
    outcome = np.array([1.0] * 20 + [0.0] * 80)
    fitted = fit_sigmoid(np.full(100, -3.0), outcome)
    assert fitted.predict(np.array([-3.0]))[0] == pytest.approx(0.2, abs=1e-6)
    assert fitted.slope == pytest.approx(1.0, abs=1e-6)
    low, high = fitted.interval(np.array([-3.0]))
    assert (low[0], high[0]) == (pytest.approx(0.133, abs=2e-3), pytest.approx(0.289, abs=2e-3))  # the interval of a logit


def test_score_that_misleads_counts_for_nothing():
    score, outcome = draw(5000, slope=-1.0)
    fitted = fit_sigmoid(score, outcome)
    assert fitted.slope == 0
    assert fitted.predict(np.array([-5.0, 5.0])) == pytest.approx([outcome.mean()] * 2, abs=1e-3)


@pytest.mark.parametrize("outcome", [np.zeros(30), np.ones(30)])
def test_one_class_stays_finite(outcome):
    fitted = fit_sigmoid(np.linspace(-1, 1, 30), outcome)
    assert np.isfinite([fitted.intercept, fitted.slope, *fitted.variance]).all()
    assert abs(fitted.predict(np.array([0.0]))[0] - outcome[0]) < 0.1


def test_separated_scores_stay_finite():
    score = np.array([-2.0] * 20 + [2.0] * 20)
    fitted = fit_sigmoid(score, (score > 0).astype(float))
    assert 1 < fitted.slope < 10


def test_read_back_it_is_the_same():
    fitted = fit_sigmoid(*draw(500))
    assert read_text(Sigmoid, fitted.to_text()) == fitted


@settings(max_examples=50)
@given(st.integers(2, 200), st.integers(0, 1000), st.floats(0.1, 3), st.floats(-2, 2))
def test_probabilities_rise_with_the_score_and_lie_in_their_interval(n, seed, slope, intercept):
    score, outcome = draw(n, intercept, slope, seed)
    fitted = fit_sigmoid(score, outcome)
    rising = np.linspace(-8, 8, 50)
    probability = fitted.predict(rising)
    low, high = fitted.interval(rising)
    assert (np.diff(probability) >= 0).all()
    assert ((low >= 0) & (low <= probability) & (probability <= high) & (high <= 1)).all()


def test_interval_covers_the_truth_as_often_as_it_says():
    at, covered = np.array([0.0]), 0
    for seed in range(300):
        low, high = fit_sigmoid(*draw(400, seed=seed)).interval(at)
        covered += int(low[0] <= expit(-0.5) <= high[0])
    assert 0.92 <= covered / 300 <= 0.98


def test_a_lead_that_counts_half_twice_counts_as_one():
    score, outcome = draw(300)
    whole, halves = fit_sigmoid(score, outcome), fit_sigmoid(np.tile(score, 2), np.tile(outcome, 2), np.full(600, 0.5))
    np.testing.assert_allclose((halves.intercept, halves.slope), (whole.intercept, whole.slope), atol=1e-8)
    np.testing.assert_allclose(halves.variance, whole.variance, atol=1e-8)
    assert fit_sigmoid(score, outcome, np.ones(300)) == whole


def test_interval_from_pending_leads_covers_the_truth_as_often_as_it_says():
    """Half of the leads are pending; the odds of acceptance by day t are t / 30 of those by the horizon of 30 days."""
    at, covered = np.array([0.0]), 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        score, watched, u = random.normal(-1, 1.5, 600), random.uniform(0, 60, 600), random.random(600)
        waited = 30 * u / (1 - u) / np.exp(-0.5 + 0.7 * score)
        weight = compute_odds_weights(np.where(waited <= 30, waited, np.inf), watched)
        accepted = (waited <= np.minimum(watched, 30)).astype(float)
        low, high = fit_sigmoid(score, accepted, weight).interval(at)
        covered += int(low[0] <= expit(-0.5) <= high[0])
    assert 0.92 <= covered / 300 <= 0.99
