"""Second answers to the calibrators: scikit-learn, the definition of Venn-Abers, and figures of the reference packages.

The figures come from betacal 1.1.0 (`BetaCalibration("abm")`) and venn-abers 1.5.4 (`VennAbers`) on the forty leads below. These
speak of all scores, so ours are compared without the limits beyond which they go on level or with a slope of 1.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from predictor.model.calibrators.beta import fit_beta
from predictor.model.calibrators.isotonic import fit_isotonic
from predictor.model.calibrators.seen_scores import EVERYWHERE
from predictor.model.calibrators.venn_abers import fit_venn_abers
from predictor.model.metrics.brier import decompose_brier
from predictor.model.metrics.penalised_logistic import FREE

SCORE = np.array([
    -1.7, -2.49, -0.87, 0.13, 1.2, -0.34, -1.33, -1.68, 0.62, 1.95, -0.09, -2.35, -1.94, 1.9, -0.2, -3.1, -0.63, -2.24, -1.44,
    -1.23, -1.57, 0.33, -0.59, -1.38, 0.11, 0.74, -2.96, -0.89, -1.97, -0.76, -2.43, -0.47, -0.56, -0.96, -2.07, -1.09, -2.14,
    -2.53, -0.16, -2.16,
])  # fmt: skip
OUTCOME = np.zeros(40)
OUTCOME[[3, 8, 10, 14, 21, 22, 24, 29]] = 1


def draw(n, seed):
    random = np.random.default_rng(seed)
    score = random.normal(-0.5, 1.5, n)
    return score, (random.random(n) < expit(np.where(score < 0, 1.5 * score, 0.8 * score))).astype(float)


@pytest.fixture
def without_prior(monkeypatch):
    """Beta curves without the prior that keeps them near the score, which the references have not."""
    monkeypatch.setattr("predictor.model.calibrators.beta._PRECISION", np.full(3, FREE))


@pytest.mark.usefixtures("without_prior")
def test_beta_is_betacal():
    often = 5000
    fitted = replace(fit_beta(np.repeat(SCORE, often), np.repeat(OUTCOME, often)), seen=EVERYWHERE)
    assert (fitted.a, fitted.b) == (pytest.approx(2.0109510374, abs=1e-3), 0)
    said = fitted.predict(logit(np.array([0.05, 0.2, 0.5, 0.8, 0.95])))
    assert said == pytest.approx(
        [0.0057703668, 0.0861589759, 0.3731219586, 0.6049916156, 0.6839296099], abs=2e-4
    )  # it stops at 1e-4


@pytest.mark.usefixtures("without_prior")
def test_beta_is_logistic_regression_on_two_columns():
    score, outcome = draw(100_000, 0)
    columns = np.column_stack([np.log(expit(score)), -np.log(1 - expit(score))])
    line = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(columns, outcome)
    fitted = fit_beta(score, outcome)
    np.testing.assert_allclose((fitted.a, fitted.b, fitted.c), (*line.coef_[0], line.intercept_[0]), atol=2e-3)


def test_isotonic_is_scikit_learn_with_half_a_lead_at_either_end():
    score, outcome = draw(3000, 1)
    score = score.round(2)
    ends = [score.min(), score.max()]
    weight = np.append(np.ones(3000), [0.5, 0.5])
    reference = IsotonicRegression(out_of_bounds="clip")
    reference.fit(np.append(score, ends), np.append(outcome, [1, 0]), sample_weight=weight)
    at = np.linspace(-7, 7, 999)
    np.testing.assert_allclose(fit_isotonic(score, outcome).predict(at), reference.predict(at), rtol=0, atol=1e-12)


def test_venn_abers_is_the_package():
    fitted = replace(fit_venn_abers(SCORE, OUTCOME), seen=EVERYWHERE)
    at = np.array([-4, -2, -1, -0.5, 0, 0.5, 1, 2, 4])
    lower, upper = fitted.pair(at)
    assert lower == pytest.approx([0, 0, 0, 2 / 7, 0.5, 0.5, 0.5, 0.5, 0.5])
    assert upper == pytest.approx([1 / 24, 1 / 14, 1 / 4, 3 / 7, 0.6, 0.6, 0.6, 1, 1])
    said = [0.04, 0.0666666667, 0.2, 0.375, 0.5454545455, 0.5454545455, 0.5454545455, 0.6666666667, 0.6666666667]
    assert fitted.predict(at) == pytest.approx(said)


@pytest.mark.parametrize("seed", range(30))
def test_venn_abers_is_its_definition(seed):
    """Isotonic regression for each lead, once as accepted and once as not; with ties, and beyond the ends."""
    random = np.random.default_rng(seed)
    n = int(random.integers(2, 60))
    score = random.normal(size=n).round(int(random.integers(0, 3)))
    outcome = (random.random(n) < expit(score)).astype(float)
    at = np.unique(np.concatenate([score, score + 0.005, score - 0.005, [-9.0, 9.0]]))
    fitted = replace(fit_venn_abers(score, outcome), seen=EVERYWHERE)
    for label, said in enumerate(fitted.pair(at)):
        again = [IsotonicRegression().fit(np.append(score, z), np.append(outcome, label)).predict([z])[0] for z in at]
        np.testing.assert_allclose(said, again, rtol=0, atol=1e-12)


def test_parts_of_the_brier_score_are_those_of_model_diagnostics():
    """`decompose(..., SquaredError())` of model-diagnostics 1.5.0 on the same forty leads, probabilities to two decimals."""
    parts = decompose_brier(OUTCOME, expit(SCORE).round(2))
    said = (parts.miscalibration, parts.discrimination, parts.uncertainty, parts.score)
    assert said == pytest.approx((0.054291111111, 0.058611111111, 0.16, 0.15568), abs=1e-11)
