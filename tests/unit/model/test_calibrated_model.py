"""Calibrated models: calibrated on out-of-fold predictions, and chosen for the simplest that does as well."""

import numpy as np
import pytest
from scipy.special import expit

from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.calibrated_model import CalibratedModel, FitPlan, fit_calibrated
from predictor.model.calibrators import FITS
from predictor.model.calibrators.choose import choose_calibrator
from predictor.model.calibrators.sigmoid import Sigmoid
from predictor.model.candidates import CANDIDATES
from predictor.model.choose_candidate import compare_candidates, read_chosen
from predictor.model.sample import Sample
from predictor.model.split import make_folds

OTHERS = [name for name in CANDIDATES if name != "learned_points"]  # which looks at rules: test_learned_points.py
FEATURES = FeatureSet((Feature("n", "N", "N", kind="number"), Feature("points/total", "Points", "Points", kind="number")), ())


def draw_sample(n=800, slope=1.5, seed=0):
    draw = np.random.default_rng(seed)
    matrix = np.column_stack([draw.normal(size=n), draw.normal(size=n)])
    outcome = (draw.random(n) < expit(-1 + slope * matrix[:, 0])).astype(float)
    return Sample(matrix, outcome, np.arange(n, dtype=float), features=FEATURES, dated=True)


SAMPLE = draw_sample()
FOLDS = make_folds(SAMPLE.order, folds=4, gap=10)


@pytest.mark.parametrize("name", OTHERS)
def test_calibrated_on_leads_that_the_scoring_model_had_not_seen(name):
    calibrated = fit_calibrated(name, SAMPLE, FOLDS, 0, gap=10)
    assert calibrated.positions.tolist() == list(range(400, 800))
    by_hand = [CANDIDATES[name].fit(SAMPLE.take(seen), 0).score(SAMPLE.matrix[predicted]) for seen, predicted in FOLDS]
    np.testing.assert_array_equal(calibrated.scores, np.concatenate(by_hand))
    chosen = choose_calibrator(calibrated.scores, SAMPLE.outcome[400:], order=SAMPLE.order[400:], gap=10)
    kind = "none" if name == "constant" else chosen.kind
    assert calibrated.calibrator.to_text() == FITS[kind](calibrated.scores, SAMPLE.outcome[400:], None).to_text()
    whole = CANDIDATES[name].fit(SAMPLE, 0)
    np.testing.assert_array_equal(calibrated.predict(SAMPLE.matrix), calibrated.calibrator.predict(whole.score(SAMPLE.matrix)))
    for step in range(4):
        one = np.arange(400) // 100 == step
        others = FITS[kind](calibrated.scores[~one], SAMPLE.outcome[400:][~one], None)
        np.testing.assert_array_equal(calibrated.cross_calibrated[one], others.predict(calibrated.scores[one]))


@pytest.mark.parametrize("name", ["constant", "points", "logistic"])
def test_no_lead_teaches_what_is_said_of_an_older_one(name):
    changed = SAMPLE.outcome.copy()
    changed[700:] = 1 - changed[700:]  # the last fold's own outcomes
    other = Sample(SAMPLE.matrix, changed, SAMPLE.order, features=FEATURES, dated=True)
    np.testing.assert_array_equal(fit_calibrated(name, SAMPLE, FOLDS, 0).scores, fit_calibrated(name, other, FOLDS, 0).scores)


def test_learned_again_it_is_calibrated_as_it_was_tested():
    calibrated = fit_calibrated("logistic", SAMPLE, FOLDS, 0, plan=FitPlan(calibrator="isotonic"))
    assert (calibrated.kind, calibrated.calibrator.kind) == ("isotonic", "isotonic")
    assert calibrated.why == "Calibrator 'isotonic' is the one that was tested."
    assert fit_calibrated("logistic", SAMPLE, [], 0).kind is None


def test_without_folds_the_calibrator_is_fitted_on_the_training_leads():
    calibrated = fit_calibrated("logistic", SAMPLE, [], 0)
    assert calibrated.positions.tolist() == list(range(800))
    np.testing.assert_array_equal(calibrated.scores, calibrated.model.score(SAMPLE.matrix))


def make_model(name, scores):
    plain = Sigmoid(0.0, 1.0, (0.0, 0.0, 0.0), n=1)
    at = np.asarray(scores)
    return CalibratedModel(
        name=name,
        model=CANDIDATES["constant"].fit(SAMPLE, 0),
        calibrator=plain,
        positions=np.arange(len(at)),
        scores=at,
        out_of_fold=plain.predict(at),
        cross_calibrated=plain.predict(at),
    )


def test_what_is_clearly_better_is_chosen():
    models = {name: fit_calibrated(name, SAMPLE, FOLDS, 0) for name in ("constant", "points", "logistic")}
    assert read_chosen(compare_candidates(models, SAMPLE)) == "logistic"


def test_of_equals_the_simplest_is_chosen_whatever_the_order():
    noise = draw_sample(slope=0)
    models = {name: fit_calibrated(name, noise, FOLDS, 0) for name in ("logistic", "points", "constant")}
    assert read_chosen(compare_candidates(models, noise)) == "constant"
    same = {name: make_model(name, np.zeros(800)) for name in ("lightgbm", "points")}
    assert read_chosen(compare_candidates(same, SAMPLE)) == "points"


def test_one_standard_error_worked_by_hand():
    # Two leads accepted, two not. Best: 0.8 for those that were, 0.2 for the others; log loss 0.2231 each. The other one says
    # the same of three leads and 0.5 of one, log loss 0.6931: excess 0.47 / 4 = 0.1175, standard error 0.2035 / 2 = 0.1018.
    outcome = np.array([1.0, 1.0, 0.0, 0.0])
    sample = Sample(np.zeros((4, 2)), outcome, np.arange(4.0), features=FEATURES, dated=True)
    odds = np.log(4) * np.array([1, 1, -1, -1])
    models = {"constant": make_model("constant", [*odds[:3], 0.0]), "logistic": make_model("logistic", odds)}
    assert read_chosen(compare_candidates(models, sample)) == "logistic"
    wide = {"constant": make_model("constant", [*odds[:3], -1.0 + 0.0]), "logistic": make_model("logistic", odds)}
    excess = np.array([0, 0, 0, np.log1p(np.exp(-1)) - np.log1p(np.exp(-np.log(4)))])
    assert (excess.mean() <= excess.std() / 2) == (read_chosen(compare_candidates(wide, sample)) == "constant")


def test_only_candidate():
    assert read_chosen(compare_candidates({"lightgbm": make_model("lightgbm", np.zeros(800))}, SAMPLE)) == "lightgbm"
