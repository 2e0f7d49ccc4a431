"""The penalty of the logistic regression: chosen by folds, and for a fold by those before it."""

from dataclasses import replace

import numpy as np
import pytest

from predictor.core.log_odds import expit
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.candidates.logistic import PENALTIES, USUAL_PENALTY, Logistic
from predictor.model.sample import Sample, make_sample_folds, training_part
from predictor.model.tune_logistic import tune_logistic

FEATURES = FeatureSet(tuple(Feature(f"n{at}", "", "", kind="number") for at in range(20)), ())


def draw_sample(signal, n=800):
    draw = np.random.default_rng(1)
    matrix = draw.normal(size=(n, 20))
    outcome = (draw.random(n) < expit(signal * matrix[:, 0])).astype(float)
    return Sample(matrix, outcome, np.arange(n, dtype=float), features=FEATURES, dated=False)


def fit_by_hand(sample, fold, penalty):
    return Logistic.fit_path(training_part(sample, fold), [penalty])[0]


@pytest.mark.parametrize(("signal", "strong"), [(0.0, True), (6.0, False)])
def test_noise_takes_a_strong_penalty_and_a_clear_signal_a_weak_one(signal, strong):
    sample = draw_sample(signal)
    folds = make_sample_folds(sample, folds=4, gap=0)
    fits = tune_logistic(sample, folds)
    assert len(fits) == len(folds) + 1
    by_hand = [Logistic.fit_path(sample, [penalty])[0].score(sample.matrix) for penalty in (PENALTIES[0], PENALTIES[-1])]
    chosen = fits[-1](sample, 0).score(sample.matrix)
    assert bool(np.abs(chosen - by_hand[0]).mean() < np.abs(chosen - by_hand[1]).mean()) is strong


def test_the_first_fold_has_the_usual_penalty_and_later_outcomes_choose_none_before_them():
    sample = draw_sample(0.0)
    folds = make_sample_folds(sample, folds=4, gap=0)
    first = tune_logistic(sample, folds)[0](sample, 0)
    np.testing.assert_allclose(
        first.score(sample.matrix), fit_by_hand(sample, folds[0], USUAL_PENALTY).score(sample.matrix), atol=1e-4
    )
    turned = replace(sample, outcome=np.where(np.arange(800) >= folds[2][1][0], 1 - sample.outcome, sample.outcome))
    for fit, other in list(zip(tune_logistic(sample, folds), tune_logistic(turned, folds), strict=True))[:3]:
        np.testing.assert_allclose(fit(sample, 0).score(sample.matrix), other(turned, 0).score(sample.matrix), atol=1e-6)


def test_without_any_order_all_other_folds_choose():
    sample = replace(draw_sample(0.0), shuffled=True)
    folds = make_sample_folds(sample, folds=4, gap=0)
    first = tune_logistic(sample, folds)[0](sample, 0)
    strong, usual = (fit_by_hand(sample, folds[0], penalty).score(sample.matrix) for penalty in (PENALTIES[0], USUAL_PENALTY))
    assert np.abs(first.score(sample.matrix) - strong).mean() < np.abs(first.score(sample.matrix) - usual).mean()
