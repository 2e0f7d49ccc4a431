"""The sigmoid of the newest leads: near the score itself, unless they say clearly otherwise."""

import json

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from predictor.model.calibrators import read_calibrator
from predictor.model.calibrators.sigmoid import Temperature, fit_newest_sigmoid, fit_sigmoid


def draw(n=4000, seed=0, slope=1.0, level=0.0, spread=1.5):
    random = np.random.default_rng(seed)
    score = random.normal(-1, spread, n)
    return score, (random.random(n) < expit(level + slope * score)).astype(float)


def test_the_newest_quarter_decides():
    score, outcome = draw()
    turned = np.concatenate([1 - outcome[:3000], outcome[3000:]])
    fitted = fit_newest_sigmoid(score, outcome)
    assert fitted == fit_newest_sigmoid(score, turned)
    unpenalised = LogisticRegression(C=np.inf).fit(score[3000:, None], outcome[3000:]).coef_[0, 0]
    assert fitted.slope == pytest.approx(unpenalised, rel=0.02)


def test_where_the_newest_quarter_says_too_little_more_leads_decide():
    score = np.linspace(-1, 1, 1000)
    outcome = (np.arange(1000) % 8 == 0).astype(float)  # 125 accepted, so 100 take the newest 800
    assert fit_newest_sigmoid(score, outcome).n == 800
    rare = (np.arange(1000) % 20 == 0).astype(float)
    assert fit_newest_sigmoid(score, rare).n == 1000


def test_it_is_the_likeliest_line_by_what_was_believed_before():
    """By brute force: log-likelihood less 16 (slope - 1)^2 / 2, and 25 (what the level at the middle is off by)^2 / 2."""
    score, outcome = draw(80)
    fitted = fit_newest_sigmoid(score, outcome)
    middle = np.average(score, weights=expit(score) * (1 - expit(score)))
    at_middle = fitted.intercept + fitted.slope * middle
    level, slope = np.meshgrid(at_middle + np.linspace(-0.1, 0.1, 41), fitted.slope + np.linspace(-0.1, 0.1, 41))
    line = level[..., None] + slope[..., None] * (score - middle)
    believed = -16 * (slope - 1) ** 2 / 2 - 25 * (level - middle) ** 2 / 2
    posterior = (outcome * line - np.logaddexp(0, line)).sum(axis=-1) + believed
    assert np.unravel_index(posterior.argmax(), posterior.shape) == (20, 20)


@pytest.mark.parametrize("slope", [0.4, 2.5])
def test_a_far_slope_takes_strong_evidence(slope):
    few = np.mean([fit_newest_sigmoid(*draw(60, seed, slope=slope)).slope for seed in range(20)])
    many = fit_newest_sigmoid(*draw(40_000, slope=slope)).slope
    assert min(0.7, slope) < few < 1.5
    assert many == pytest.approx(slope, abs=0.1)


def test_scores_that_hardly_differ_leave_the_slope():
    """The newest scores are pressed together while more are accepted: the slope that fits them best is far above 2."""
    random = np.random.default_rng(3)
    score = np.concatenate([random.normal(-2.5, 1.2, 600), random.normal(-2.0, 0.1, 200)])
    outcome = (random.random(800) < expit(np.where(np.arange(800) < 600, score, -1.0 + 10 * (score + 2.0)))).astype(float)
    steepest = LogisticRegression(C=np.inf).fit(score[600:, None], outcome[600:]).coef_[0, 0]
    assert steepest > 5
    assert fit_newest_sigmoid(score, outcome).slope < 1.5


def test_leads_within_a_part_come_in_any_order():
    score, outcome = draw()
    mixed = np.concatenate([np.random.default_rng(1).permutation(3000), 3000 + np.random.default_rng(2).permutation(1000)])
    one, other = fit_newest_sigmoid(score, outcome), fit_newest_sigmoid(score[mixed], outcome[mixed])
    assert (one.intercept, one.slope) == pytest.approx((other.intercept, other.slope), abs=1e-9)


def test_interval_covers_what_would_be_learned_from_other_leads():
    """Of 400 truths as likely as was believed, 95 % of the intervals hold them, at a usual and at a far score."""
    at = np.array([-1.0, 3.0])
    believed = np.random.default_rng(0).normal([1.0, 0.0], [0.25, 0.2], (400, 2))
    held = []
    for seed, (slope, shift) in enumerate(believed):
        level = shift + 0.53 * (slope - 1)  # so that the shift is that of the middle of the scores, -0.53
        low, high = fit_newest_sigmoid(*draw(2000, seed, slope=slope, level=level)).interval(at)
        truth = expit(level + slope * at)
        held.append((low <= truth) & (truth <= high))
    assert np.mean(held, axis=0) == pytest.approx([0.95, 0.95], abs=0.035)


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_one_class_and_far_scores_stay_finite(outcome):
    fitted = fit_newest_sigmoid([-700.0, 700.0, 3.0], [outcome] * 3)
    assert np.isfinite([fitted.intercept, fitted.slope, *fitted.variance]).all()


def test_level_by_hand():
    """Equal scores: the level is where 25 times the shift is as much as the leads that were promised too many."""
    assert fit_newest_sigmoid([0.0, 0.0], [0, 1]).predict(np.array([0.0]))[0] == pytest.approx(0.5)
    level = logit(fit_newest_sigmoid([0.0] * 8, [1, 0, 0, 0] * 2).predict(np.zeros(1))[0])
    assert 25 * level == pytest.approx(2 - 8 * expit(level))


def test_a_score_that_misleads_counts_for_nothing():
    score, outcome = draw(slope=-1.0)
    fitted = fit_newest_sigmoid(score, outcome)
    assert fitted.slope == 0
    assert fitted.predict(np.array([-5.0, 5.0])) == pytest.approx([outcome[3000:].mean()] * 2, abs=0.05)


def test_beyond_the_scores_seen_it_rises_no_faster_than_the_score():
    score, outcome = draw(slope=2.0)
    fitted = fit_newest_sigmoid(score, outcome)
    low, high = fitted.seen
    assert np.quantile(score[3000:], [0.01, 0.99]) == pytest.approx([low, high], abs=0.1)
    inside, beyond = np.array([low, 0.0, high]), np.array([low - 3, low, high, high + 3])
    assert fitted.predict(inside) == pytest.approx(expit(fitted.intercept + fitted.slope * inside))
    assert np.diff(logit(fitted.predict(beyond)))[[0, 2]] == pytest.approx([3.0, 3.0])
    flatter = fit_newest_sigmoid(*draw(slope=0.5))
    assert flatter.predict(beyond) == pytest.approx(expit(flatter.intercept + flatter.slope * beyond))


def test_those_of_older_bundles_are_read():
    """Without the scores seen they go on alike everywhere; a tempered one learned its slope alone."""
    fitted = fit_sigmoid(*draw(500, slope=2.0))
    content = json.loads(fitted.to_text())
    del content["seen"]
    far = np.array([-9.0, 0.0, 9.0])
    for kind in ("sigmoid", "tempered"):
        old = read_calibrator(json.dumps(content | {"kind": kind}))
        assert old.kind == kind
        np.testing.assert_array_equal(old.predict(far), expit(fitted.intercept + fitted.slope * far))
    assert isinstance(old, Temperature)
