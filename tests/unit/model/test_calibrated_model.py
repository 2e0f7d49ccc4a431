"""Calibrated models: calibrated on out-of-fold predictions, and chosen for the simplest that does as well."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

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


@pytest.mark.parametrize("name", OTHERS)
def test_each_fold_is_calibrated_by_what_earlier_folds_showed(name):
    calibrated = fit_calibrated(name, SAMPLE, FOLDS, 0, gap=10)
    scores, probability = calibrated.scores, calibrated.forward.probability
    assert calibrated.forward.fold.tolist() == [step for step in range(4) for _ in range(100)]
    np.testing.assert_allclose(probability[:100], expit(scores[:100]), rtol=1e-12)  # nothing is known before the first
    for step in range(1, 4):
        known = np.arange(100 * step - 9)  # without those whose outcome was not known yet
        chosen = choose_calibrator(scores[known], SAMPLE.outcome[400 + known], order=SAMPLE.order[400 + known], gap=10)
        calibrator = FITS["none"](scores, SAMPLE.outcome[400:], None) if name == "constant" else chosen.calibrator
        one = slice(100 * step, 100 * step + 100)
        np.testing.assert_allclose(probability[one], calibrator.predict(scores[one]), rtol=1e-12)


@pytest.mark.parametrize("name", ["constant", "points", "logistic"])
def test_what_would_have_been_said_of_a_fold_owes_nothing_to_later_ones(name):
    changed = SAMPLE.outcome.copy()
    changed[700:] = 1 - changed[700:]
    one = fit_calibrated(name, SAMPLE, FOLDS, 0, gap=10).forward
    other = fit_calibrated(name, replace(SAMPLE, outcome=changed), FOLDS, 0, gap=10).forward
    np.testing.assert_array_equal(one.probability, other.probability)
    np.testing.assert_array_equal(one.shifted, other.shifted)


def test_the_newest_leads_of_the_time_set_the_level_of_each_fold():
    """The rate doubles in the middle of the third fold: only the fourth can know of it."""
    moved = np.where((np.arange(800) >= 650) & (np.arange(800) % 2 == 0), 1.0, SAMPLE.outcome)
    forward = fit_calibrated("constant", replace(SAMPLE, outcome=moved), FOLDS, 0).forward
    shift = logit(forward.shifted) - logit(forward.probability)
    assert np.abs(shift[:300]).max() < 0.35
    newest = slice(612, 700)  # an eighth of the 700 before the fourth fold
    assert forward.shifted[-1] == pytest.approx(moved[newest].mean(), abs=0.03)
    assert forward.probability[-1] < moved[newest].mean() - 0.1


@pytest.mark.parametrize("name", ["constant", "points", "logistic"])
def test_no_lead_teaches_what_is_said_of_an_older_one(name):
    changed = SAMPLE.outcome.copy()
    changed[700:] = 1 - changed[700:]  # the last fold's own outcomes
    other = Sample(SAMPLE.matrix, changed, SAMPLE.order, features=FEATURES, dated=True)
    np.testing.assert_array_equal(fit_calibrated(name, SAMPLE, FOLDS, 0).scores, fit_calibrated(name, other, FOLDS, 0).scores)


def test_learned_again_it_is_calibrated_as_it_was_tested():
    calibrated = fit_calibrated("logistic", SAMPLE, FOLDS, 0, plan=FitPlan(calibrator="sigmoid"))
    assert (calibrated.kind, calibrated.calibrator.kind) == ("sigmoid", "sigmoid")
    assert calibrated.why == "Calibrator 'sigmoid' is the one that was tested."
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
    models = {"constant": make_model("constant", [*odds[:3], 0.0]), "points": make_model("points", odds)}
    assert read_chosen(compare_candidates(models, sample)) == "points"
    wide = {"constant": make_model("constant", [*odds[:3], -1.0 + 0.0]), "points": make_model("points", odds)}
    excess = np.array([0, 0, 0, np.log1p(np.exp(-1)) - np.log1p(np.exp(-np.log(4)))])
    assert (excess.mean() <= excess.std() / 2) == (read_chosen(compare_candidates(wide, sample)) == "constant")


@pytest.mark.parametrize(("errors", "chosen"), [(0.4, "points"), (0.6, "lightgbm")])
def test_points_are_chosen_within_half_a_standard_error(errors, chosen):
    """The excess is as many of its standard errors: of 800 leads the points lose 1 each, and gain as much on others."""
    away = np.where(np.arange(800) % 2 == 0, 0.1, -0.1) + errors * 0.1 / np.sqrt(800)
    loss = 0.5 + away
    odds = np.where(SAMPLE.outcome == 1, -np.log(np.expm1(loss)), np.log(np.expm1(loss)))
    best = np.where(SAMPLE.outcome == 1, 1.0, -1.0) * -np.log(np.expm1(0.5))
    table = compare_candidates({"points": make_model("points", odds), "lightgbm": make_model("lightgbm", best)}, SAMPLE)
    assert table["excess"].iloc[0] / table["error"].iloc[0] == pytest.approx(errors, rel=0.01)
    assert read_chosen(table) == chosen


def test_a_learned_candidate_is_given_no_margin_over_another():
    odds = np.where(SAMPLE.outcome == 1, 0.5, -0.5)
    models = {name: make_model(name, size * odds) for name, size in (("odoo_pls", 1), ("lightgbm", 1.001), ("blend", 1.002))}
    assert read_chosen(compare_candidates(models, SAMPLE)) == "blend"


def test_one_probability_for_all_is_the_base_rate_and_is_called_so():
    """A learned one whose level is better than that of the constant, and that tells no lead from another."""
    level = logit(SAMPLE.outcome.mean())
    models = {"constant": make_model("constant", np.full(800, -3.0)), "logistic": make_model("logistic", np.full(800, level))}
    table = compare_candidates(models, SAMPLE).set_index("candidate")
    assert table["log_loss"]["logistic"] < table["log_loss"]["constant"]
    assert read_chosen(table.reset_index()) == "constant"
    assert table["note"].tolist() == ["", "the base rate: one probability for all leads"]


def test_a_flat_calibrator_makes_a_candidate_the_base_rate():
    """The newest leads rank the other way round, so that the slope of the calibrator is 0."""
    turned = np.where(np.arange(800) < 500, SAMPLE.outcome, 1 - SAMPLE.outcome)
    sample = replace(SAMPLE, outcome=turned)
    models = {name: fit_calibrated(name, sample, FOLDS, 0) for name in ("constant", "logistic")}
    assert models["logistic"].calibrator.slope == 0
    table = compare_candidates(models, sample)
    assert read_chosen(table) == "constant"
    assert table["note"].iloc[1] == "the base rate: one probability for all leads"


def test_a_learned_candidate_must_rank_better_than_chance():
    """It loses less than the constant by its level alone: in every fold its order is that of a coin."""
    draw = np.random.default_rng(4)
    scores = logit(SAMPLE.outcome.mean()) + draw.normal(0, 0.05, 800)
    models = {"constant": make_model("constant", np.full(800, -3.0)), "logistic": make_model("logistic", scores)}
    table = compare_candidates(models, SAMPLE)
    assert table["p_value"].iloc[1] > 0.05
    assert table["log_loss"].is_monotonic_decreasing
    assert read_chosen(table) == "constant"
    assert table["note"].iloc[1].startswith("ranks no better than chance (p = 0.")
    ranking = make_model("logistic", scores + SAMPLE.outcome)
    assert read_chosen(compare_candidates({**models, "logistic": ranking}, SAMPLE)) == "logistic"


def test_of_a_weak_and_a_flat_one_the_weak_one_is_chosen():
    """The flat one has the level of all leads, the weak one ranks them and has the level of its time."""
    draw = np.random.default_rng(7)
    weak = logit(SAMPLE.outcome.mean()) + 0.3 * SAMPLE.outcome + draw.normal(-1.0, 0.5, 800)
    models = {
        "constant": make_model("constant", np.full(800, -3.5)),
        "odoo_pls": make_model("odoo_pls", np.full(800, logit(SAMPLE.outcome.mean()))),
        "logistic": make_model("logistic", weak),
    }
    table = compare_candidates(models, SAMPLE).set_index("candidate")
    assert table["log_loss"].idxmin() == "odoo_pls"
    assert read_chosen(table.reset_index()) == "logistic"
    assert table["excess"]["logistic"] == 0, "the best of those that may be chosen"


def test_only_candidate():
    assert read_chosen(compare_candidates({"lightgbm": make_model("lightgbm", np.zeros(800))}, SAMPLE)) == "lightgbm"
