"""The logistic line with a prior, and the leads it may learn from."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from predictor.core.errors import TrainingError
from predictor.model.metrics.penalised_logistic import FREE, compute_posterior, fit_line, select_known


def draw(n=500, seed=0):
    random = np.random.default_rng(seed)
    score = random.normal(-1, 1.5, n)
    return score, (random.random(n) < expit(-0.5 + 0.7 * score)).astype(float), random.uniform(0.1, 3, n)


def design_of(known):
    return np.column_stack([np.ones(len(known)), known.score])


def test_line_is_weighted_logistic_regression():
    known = select_known(*draw())
    line, hessian = fit_line(known, design_of(known), prior=np.zeros(2), precision=np.full(2, FREE))
    reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    reference.fit(known.score[:, None], known.outcome, sample_weight=known.weight)
    np.testing.assert_allclose(line, [reference.intercept_[0], reference.coef_[0, 0]], atol=1e-5)
    assert (np.linalg.eigvalsh(hessian) > 0).all()


def test_line_is_where_the_posterior_is_highest():
    known, prior, precision = select_known(*draw(40)), np.array([0.0, 1.0]), np.array([FREE, 5.0])
    design = design_of(known)

    def lose(line):
        return -compute_posterior(known, design @ line, line, prior=prior, precision=precision)

    best = minimize(lose, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    np.testing.assert_allclose(fit_line(known, design, prior=prior, precision=precision)[0], best.x, atol=1e-5)


def test_large_weights_sum_to_the_effective_number_and_small_ones_stay():
    score, outcome, weight = draw()
    large = 1 + 3 * weight
    assert select_known(score, outcome, large).weight.sum() == pytest.approx(large.sum() ** 2 / (large**2).sum())
    np.testing.assert_allclose(select_known(score, outcome, weight / weight.max()).weight, weight / weight.max())
    assert select_known(score, outcome).weight.tolist() == [1.0] * 500


def test_base_rate_is_drawn_in_by_half_a_lead_of_each_kind():
    assert select_known([0, 0, 0], [1, 0, 0]).base_log_odds == pytest.approx(logit(1.5 / 4))


def test_selecting_again_changes_nothing():
    known = select_known(*draw())
    again = select_known(known.score, known.outcome, known.weight)
    np.testing.assert_allclose(again.weight, known.weight)


@pytest.mark.parametrize(
    ("score", "outcome", "match"),
    [
        ([0.0, np.nan], [0, 1], r"Scores must be finite log-odds, but 1 of 2 does not \(first at position 1\)"),
        ([0.0, np.inf], [0, 1], r"Scores must be finite log-odds, but 1 of 2 does not \(first at position 1\)"),
        ([0.0, 1.0], [0.5, 1], r"Outcomes must equal 0 or 1, but 1 of 2 does not \(first at position 0\)"),
        ([0.0, 1.0], [0], r"must be of the same leads, but there are 2, 1 and 2"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(score, outcome, match):
    with pytest.raises(TrainingError, match=match):
        select_known(score, outcome)
