"""Second, independent answers to every metric: scikit-learn and SciPy, with weights where a resample has them."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import CensoredData, binomtest, ecdf
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from predictor.model.intervals import wilson
from predictor.model.label import compute_conversion_curve
from predictor.model.metrics import compute_metrics


def draw_leads(seed, n, decimals):
    random = np.random.default_rng(seed)
    probability = np.clip(random.beta(1, 5, n), 1e-6, 1 - 1e-6).round(decimals).clip(0.001, 0.999)
    return (random.random(n) < probability).astype(float), probability


@pytest.fixture(params=[(0, 50, 1), (1, 400, 2), (2, 3000, 12)], ids=["heavy ties", "ties", "no ties"])
def leads(request):
    return draw_leads(*request.param)


@pytest.fixture
def weights(leads):
    """How often a bootstrap drew each lead."""
    n = len(leads[0])
    return np.bincount(np.random.default_rng(9).integers(n, size=n), minlength=n)


def test_proper_scores_and_auc(leads):
    outcome, probability = leads
    figures = compute_metrics(outcome, probability)
    assert figures["log_loss"] == pytest.approx(log_loss(outcome, probability), rel=1e-12)
    assert figures["brier"] == pytest.approx(brier_score_loss(outcome, probability), rel=1e-12)
    assert figures["auc"] == pytest.approx(roc_auc_score(outcome, probability), rel=1e-12)


def test_a_resample_is_a_weighted_sample(leads, weights):
    outcome, probability = leads
    figures = compute_metrics(np.repeat(outcome, weights), np.repeat(probability, weights))
    assert figures["log_loss"] == pytest.approx(log_loss(outcome, probability, sample_weight=weights), rel=1e-12)
    assert figures["brier"] == pytest.approx(brier_score_loss(outcome, probability, sample_weight=weights), rel=1e-12)
    assert figures["auc"] == pytest.approx(roc_auc_score(outcome, probability, sample_weight=weights), rel=1e-12)


def test_calibration_slope(leads, weights):
    outcome, probability = leads
    logit = np.log(probability / (1 - probability))[:, None]
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(logit, outcome, sample_weight=weights)
    slope = compute_metrics(np.repeat(outcome, weights), np.repeat(probability, weights))["calibration_slope"]
    assert slope == pytest.approx(fitted.coef_[0, 0], rel=1e-4)


def test_lift_is_the_mean_over_all_orders_of_ties(leads):
    outcome, probability = leads
    random, top = np.random.default_rng(0), len(outcome) // 10
    rates = []
    for _ in range(2000):
        shuffled = random.permutation(len(outcome))
        rates.append(outcome[shuffled[np.argsort(-probability[shuffled], kind="stable")[:top]]].mean())
    assert compute_metrics(outcome, probability)["lift_at_10"] == pytest.approx(np.mean(rates) / outcome.mean(), rel=0.03)


@pytest.mark.parametrize(("successes", "n"), [(0, 7), (1, 7), (7, 7), (37, 150), (1, 100_000)])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.99])
def test_wilson(successes, n, level):
    expected = binomtest(successes, n).proportion_ci(level, method="wilson")
    assert wilson(successes, n, level) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_conversion_curve_is_kaplan_meier():
    random, until = np.random.default_rng(4), pd.Timestamp("2026-06-01", tz="UTC")
    watched, would_wait = random.integers(1, 90, 300), random.integers(0, 60, 300)
    accepted = (random.random(300) < 0.4) & (would_wait <= watched)
    mql_at = until - pd.Series(pd.to_timedelta(watched, unit="D"))
    sql_at = (mql_at + pd.to_timedelta(would_wait, unit="D")).where(accepted)
    curve = compute_conversion_curve(pd.DataFrame({"mql_at": mql_at, "sql_at": sql_at}), until, followed_share=0)
    ended = np.where(accepted, would_wait, watched)
    survival = ecdf(CensoredData(uncensored=ended[accepted], right=ended[~accepted])).sf
    assert curve["converted"].to_numpy() == pytest.approx(1 - survival.evaluate(curve["days"].to_numpy()), abs=1e-12)
