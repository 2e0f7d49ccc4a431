"""Recipes: calibrated out of time, and chosen for the simplest that does as well."""

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
FEATURES = FeatureSet((Feature("n", "N", "N", "number"), Feature("points/total", "Points", "Points", "number")), ())


def draw_block(n=800, slope=1.5, seed=0):
    draw = np.random.default_rng(seed)
    matrix = np.column_stack([draw.normal(size=n), draw.normal(size=n)])
    outcome = (draw.random(n) < expit(-1 + slope * matrix[:, 0])).astype(float)
    return Sample(matrix, outcome, np.arange(n, dtype=float), FEATURES, dated=True)


BLOCK = draw_block()
FOLDS = make_folds(BLOCK.order, folds=4, gap=10)


@pytest.mark.parametrize("name", OTHERS)
def test_calibrated_on_leads_that_the_scoring_model_had_not_seen(name):
    calibrated = fit_calibrated(name, BLOCK, FOLDS, 0, gap=10)
    assert calibrated.positions.tolist() == list(range(400, 800))
    by_hand = [CANDIDATES[name].fit(BLOCK.take(seen), 0).score(BLOCK.matrix[told]) for seen, told in FOLDS]
    np.testing.assert_array_equal(calibrated.scores, np.concatenate(by_hand))
    chosen = choose_calibrator(calibrated.scores, BLOCK.outcome[400:], order=BLOCK.order[400:], gap=10)
    kind = "none" if name == "constant" else chosen.kind
    assert calibrated.calibrator.to_text() == FITS[kind](calibrated.scores, BLOCK.outcome[400:], None).to_text()
    whole = CANDIDATES[name].fit(BLOCK, 0)
    np.testing.assert_array_equal(calibrated.predict(BLOCK.matrix), calibrated.calibrator.predict(whole.score(BLOCK.matrix)))
    for step in range(4):
        one = np.arange(400) // 100 == step
        others = FITS[kind](calibrated.scores[~one], BLOCK.outcome[400:][~one], None)
        np.testing.assert_array_equal(calibrated.cross_calibrated[one], others.predict(calibrated.scores[one]))


@pytest.mark.parametrize("name", ["constant", "points", "logistic"])
def test_no_lead_teaches_what_is_said_of_an_older_one(name):
    changed = BLOCK.outcome.copy()
    changed[700:] = 1 - changed[700:]  # the last fold's own outcomes
    other = Sample(BLOCK.matrix, changed, BLOCK.order, FEATURES, dated=True)
    np.testing.assert_array_equal(fit_calibrated(name, BLOCK, FOLDS, 0).scores, fit_calibrated(name, other, FOLDS, 0).scores)


def test_learned_again_it_is_calibrated_as_it_was_tested():
    calibrated = fit_calibrated("logistic", BLOCK, FOLDS, 0, plan=FitPlan(calibrator="isotonic"))
    assert (calibrated.kind, calibrated.calibrator.kind) == ("isotonic", "isotonic")
    assert calibrated.why == "Calibrator 'isotonic' is the one that was tested."
    assert fit_calibrated("logistic", BLOCK, [], 0).kind is None


def test_without_folds_the_leads_themselves_teach_the_calibrator():
    calibrated = fit_calibrated("logistic", BLOCK, [], 0)
    assert calibrated.positions.tolist() == list(range(800))
    np.testing.assert_array_equal(calibrated.scores, calibrated.model.score(BLOCK.matrix))


def make_recipe(name, scores):
    plain = Sigmoid(0.0, 1.0, (0.0, 0.0, 0.0), 1)
    at = np.asarray(scores)
    return CalibratedModel(
        name, CANDIDATES["constant"].fit(BLOCK, 0), plain, np.arange(len(at)), at, plain.predict(at), plain.predict(at)
    )


def test_what_is_clearly_better_is_chosen():
    models = {name: fit_calibrated(name, BLOCK, FOLDS, 0) for name in ("constant", "points", "logistic")}
    assert read_chosen(compare_candidates(models, BLOCK)) == "logistic"


def test_of_equals_the_simplest_is_chosen_whatever_the_order():
    noise = draw_block(slope=0)
    models = {name: fit_calibrated(name, noise, FOLDS, 0) for name in ("logistic", "points", "constant")}
    assert read_chosen(compare_candidates(models, noise)) == "constant"
    same = {name: make_recipe(name, np.zeros(800)) for name in ("lightgbm", "points")}
    assert read_chosen(compare_candidates(same, BLOCK)) == "points"


def test_one_standard_error_worked_by_hand():
    # Two leads accepted, two not. Best: 0.8 for those that were, 0.2 for the others; log loss 0.2231 each. The other one says
    # the same of three leads and 0.5 of one, log loss 0.6931: excess 0.47 / 4 = 0.1175, standard error 0.2035 / 2 = 0.1018.
    outcome = np.array([1.0, 1.0, 0.0, 0.0])
    sample = Sample(np.zeros((4, 2)), outcome, np.arange(4.0), FEATURES, dated=True)
    odds = np.log(4) * np.array([1, 1, -1, -1])
    models = {"constant": make_recipe("constant", [*odds[:3], 0.0]), "logistic": make_recipe("logistic", odds)}
    assert read_chosen(compare_candidates(models, sample)) == "logistic"
    wide = {"constant": make_recipe("constant", [*odds[:3], -1.0 + 0.0]), "logistic": make_recipe("logistic", odds)}
    excess = np.array([0, 0, 0, np.log1p(np.exp(-1)) - np.log1p(np.exp(-np.log(4)))])
    assert (excess.mean() <= excess.std() / 2) == (read_chosen(compare_candidates(wide, sample)) == "constant")


def test_only_candidate():
    assert read_chosen(compare_candidates({"lightgbm": make_recipe("lightgbm", np.zeros(800))}, BLOCK)) == "lightgbm"
