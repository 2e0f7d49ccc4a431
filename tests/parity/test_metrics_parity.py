"""Second, independent answers to every metric: scikit-learn and SciPy, with weights where a resample has them."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import CensoredData, binomtest, ecdf, norm, rankdata
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from predictor.model.label import compute_conversion_curve
from predictor.model.metrics.brier import decompose_brier, fit_calibration_line
from predictor.model.metrics.intervals import wilson
from predictor.model.metrics.metrics import compute_metrics, compute_rank_p_value, compute_reliability


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
    assert wilson(successes, n, norm.ppf((1 + level) / 2)) == pytest.approx((expected.low, expected.high), abs=1e-12)


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


def test_luck_is_the_share_of_orders_that_rank_as_well():
    """Against every order of eight leads, counted one by one."""
    probability, outcome = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]), np.array([0, 0, 1, 0, 0, 1, 0, 1])
    sums = [sum(chosen) for chosen in combinations(range(8), 3)]
    reached = np.flatnonzero(outcome).sum()
    assert compute_rank_p_value(outcome, probability) == pytest.approx(np.mean([one >= reached for one in sums]))


def test_the_p_value_is_rarely_small_where_there_is_nothing():
    draw = np.random.default_rng(0)
    seen = [compute_rank_p_value((draw.random(80) < 0.13).astype(float), draw.random(80)) for _ in range(2000)]
    assert np.mean(np.array(seen) <= 0.01) < 0.016
    assert np.mean(np.array(seen) <= 0.5) == pytest.approx(0.5, abs=0.04)


def test_ece_and_its_bins_by_pandas(leads):
    """A lead's bin is its mean rank, so ties stay together; the error is how far promise and outcome lie apart in its bin."""
    outcome, probability = leads
    place = (rankdata(probability) - 0.5) / len(probability)
    frame = pd.DataFrame({"bin": (place * 10).astype(int), "predicted": probability, "observed": outcome})
    bins = frame.groupby("bin").agg(n=("predicted", "size"), predicted=("predicted", "mean"), observed=("observed", "mean"))
    table = compute_reliability(outcome, probability)
    np.testing.assert_allclose(table[["n", "predicted", "observed"]], bins, atol=1e-12)
    by_hand = np.average((bins["predicted"] - bins["observed"]).abs(), weights=bins["n"])
    assert compute_metrics(outcome, probability)["ece"] == pytest.approx(by_hand, abs=1e-12)


def test_parts_of_the_brier_score_by_isotonic_regression(leads):
    outcome, probability = leads
    right = IsotonicRegression(out_of_bounds="clip").fit(probability, outcome).predict(probability)
    parts, uncertainty = decompose_brier(outcome, probability), outcome.mean() * (1 - outcome.mean())
    assert parts.uncertainty == pytest.approx(uncertainty)
    assert parts.miscalibration == pytest.approx(
        brier_score_loss(outcome, probability) - brier_score_loss(outcome, right), abs=1e-12
    )
    assert parts.discrimination == pytest.approx(uncertainty - brier_score_loss(outcome, right), abs=1e-12)


def test_calibration_line_and_its_intervals_by_scikit_learn(leads):
    """Slope by an unpenalised regression on the log-odds, the intercept alone with the log-odds as they are; Wald's intervals."""
    outcome, probability = leads
    log_odds = logit(probability)
    line = fit_calibration_line(outcome, probability)
    fitted = LogisticRegression(C=np.inf, tol=1e-10).fit(log_odds[:, None], outcome)
    assert line.slope == pytest.approx(fitted.coef_[0, 0], rel=1e-4)
    design, p = np.column_stack([np.ones(len(log_odds)), log_odds]), fitted.predict_proba(log_odds[:, None])[:, 1]
    error = np.sqrt(np.linalg.inv((design.T * (p * (1 - p))) @ design)[1, 1])
    assert line.slope_interval == pytest.approx((line.slope - 1.959964 * error, line.slope + 1.959964 * error), rel=1e-3)
    assert expit(log_odds + line.intercept).mean() == pytest.approx(outcome.mean(), abs=1e-9)
