"""The verdict: every candidate on leads that none of them has seen."""

from dataclasses import replace

import numpy as np
import pytest

from predictor.core.settings import make_settings
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.calibrated_model import fit_calibrated
from predictor.model.judge import compute_forward_thresholds, judge_candidates
from predictor.model.metrics.calibration_test import judge_calibration
from predictor.model.metrics.metrics import Difference, compute_metrics
from predictor.model.sample import Sample
from predictor.model.split import make_folds

FEATURES = FeatureSet((Feature("n", "N", "N", "number"), Feature("points/total", "Points", "Points", "number")), ())
SETTINGS = make_settings({"model": {"resamples": 50}})


def draw_block(n, seed, start=0.0):
    draw = np.random.default_rng(seed)
    matrix = np.column_stack([draw.normal(size=n), draw.normal(size=n)])
    outcome = (draw.random(n) < 1 / (1 + np.exp(1 - 1.5 * matrix[:, 0]))).astype(float)
    return Sample(matrix, outcome, start + np.arange(n) / 4, FEATURES, dated=True)


FIT, TEST = draw_block(800, 0), draw_block(300, 1, start=230.0)
RECIPES = {
    name: fit_calibrated(name, FIT, make_folds(FIT.order, folds=4, gap=5), 0) for name in ("constant", "points", "logistic")
}


@pytest.fixture(scope="module")
def verdict():
    return judge_candidates(RECIPES, "logistic", fit=FIT, test=TEST, routed=TEST.matrix[:, 1] > 0, settings=SETTINGS)


def test_every_candidate_has_its_row(verdict):
    assert list(verdict.test) == list(verdict.intervals) == list(verdict.probability) == ["constant", "points", "logistic"]
    for name, calibrated in RECIPES.items():
        assert verdict.test[name] == compute_metrics(TEST.outcome, calibrated.predict(TEST.matrix))
    assert set(verdict.differences) == {"constant", "points"}


def test_what_learned_the_signal_earned_it(verdict):
    assert (verdict.rival, verdict.earned) == ("points", True)
    assert verdict.differences["points"].high < 0
    assert verdict.text.startswith("'logistic' is better than 'points' on the forward test: log loss 0.")


def test_threshold_comes_from_earlier_leads_and_is_kept_to(verdict):
    flipped = replace(TEST, outcome=1 - TEST.outcome)
    other = judge_candidates(RECIPES, "logistic", fit=FIT, test=flipped, routed=None, settings=SETTINGS)
    assert other.threshold == verdict.threshold
    routed = verdict.probability["logistic"] >= verdict.threshold.threshold
    assert verdict.realised.leads == int(routed.sum())
    assert verdict.realised.conversion == pytest.approx(TEST.outcome[routed].mean())


def test_gate_of_the_points(verdict):
    assert verdict.gate.leads == int((TEST.matrix[:, 1] > 0).sum())
    assert judge_candidates(RECIPES, "points", fit=FIT, test=TEST, routed=None, settings=SETTINGS).gate is None


@pytest.mark.parametrize(
    ("gap", "earned", "text"),
    [
        (
            Difference(-0.02, -0.04, 0.01),
            True,
            "The points are as good: 'logistic' and 'points' are not to be told apart on the forward test: log loss 0.0200 lower",
        ),
        (Difference(0.02, 0.01, 0.04), False, "'logistic' is worse than 'points' on the forward test: log loss 0.0200 higher"),
        (Difference(-0.02, -0.04, -0.01), True, "'logistic' is better than 'points' on the forward test: log loss 0.0200 lower"),
        (Difference(0.0, 0.0, 0.0), False, "'points'"),
    ],
)
def test_verdict_in_words(verdict, gap, earned, text):
    judged = replace(verdict, differences={**verdict.differences, "points": gap})
    assert judged.earned is earned
    assert text in judged.text


def test_the_base_rate_has_no_rival():
    verdict = judge_candidates(RECIPES, "constant", fit=FIT, test=TEST, routed=None, settings=SETTINGS)
    assert (verdict.rival, verdict.earned) == (None, True)
    missed = "No signal on earlier leads, so every lead gets the same probability. On the newer ones 'logistic' did better: "
    assert verdict.text == missed + "train again when more are known."
    same = {name: Difference(0.001, -0.001, 0.002) for name in verdict.differences}
    assert replace(verdict, differences=same).text == (
        "No signal: nothing did better than the base rate on earlier leads, so every lead gets the same probability."
    )


@pytest.mark.parametrize(
    ("chosen", "gap", "earned"),
    [
        ("points", Difference(0.01, -0.02, 0.04), True),
        ("points", Difference(0.03, 0.01, 0.05), False),
        ("logistic", Difference(0.03, 0.01, 0.05), False),
        ("logistic", Difference(0.01, -0.02, 0.04), False),
        ("logistic", Difference(-0.01, -0.02, 0.04), True),
    ],
)
def test_what_is_surely_worse_than_the_base_rate_may_not_serve(verdict, chosen, gap, earned):
    better = {"points": Difference(-0.02, -0.04, -0.01), "constant": gap}
    assert replace(verdict, chosen=chosen, differences=better).earned is earned


def test_points_beside_the_base_rate():
    verdict = judge_candidates(RECIPES, "points", fit=FIT, test=TEST, routed=None, settings=SETTINGS)
    assert verdict.rival == "constant"
    assert verdict.earned
    assert verdict.text.startswith(
        "Nothing learned did better than the points on earlier leads; on the newer ones 'logistic' did."
    )
    better = {"logistic": Difference(0.0, -0.1, 0.1), "constant": Difference(-0.2, -0.3, -0.1)}
    assert replace(verdict, differences=better, p_value=0.0).text == (
        "The points are as good as anything learned: nothing did better on earlier leads. 'points' is better than 'constant' on "
        "the forward test: log loss 0.2000 lower (95 %: -0.3000 to -0.1000)."
    )


def test_what_is_not_told_apart_from_the_base_rate_is_no_signal(verdict):
    weak = Difference(-0.002, -0.01, 0.006)
    told = replace(verdict, differences={"constant": weak, "points": weak}, p_value=0.3)
    assert told.text == (
        "No signal on the forward test: 'logistic' is not to be told apart from the base rate: log loss 0.0020 lower "
        "(95 %: -0.0100 to +0.0060)."
    )
    worse = Difference(0.02, 0.01, 0.03)
    assert "'logistic' is worse than the base rate" in replace(told, differences={"constant": worse, "points": weak}).text


def test_what_ranks_no_better_than_luck_is_no_signal_however_sure_the_losses_look(verdict):
    better = Difference(-0.02, -0.04, -0.001)
    told = replace(verdict, differences={"constant": better, "points": better}, p_value=0.04)
    assert told.text == (
        "No signal on the forward test: 'logistic' may rank these leads so well by luck: 4 % of orders by lot do as well."
    )
    assert "No signal" not in replace(told, p_value=0.01).text


def test_what_ranks_leads_is_a_signal_though_its_level_is_wrong(verdict):
    weak = Difference(0.002, -0.01, 0.006)
    told = replace(verdict, differences={"constant": weak, "points": Difference(-0.2, -0.3, -0.1)}).text
    assert told.startswith("By its probabilities 'logistic' is not to be told apart from the base rate: ")
    assert "'logistic' is better than 'points' on the forward test" in told
    assert "No signal" not in told


@pytest.mark.parametrize(
    ("chosen", "names", "text"),
    [
        ("constant", ["constant"], "Nothing but the base rate could be tried, so every lead gets the same probability."),
        ("constant", ["constant", "points"], "No signal: the points did no better than the base rate on earlier leads, so every"),
        ("points", ["constant", "points"], "Nothing learned could be tried beside the points. "),
        (
            "logistic",
            ["logistic"],
            "'logistic' did best on earlier leads; neither the points nor the base rate were tried beside it.",
        ),
    ],
)
def test_candidates_that_were_not_tried_are_not_told_of(chosen, names, text):
    models = {name: RECIPES[name] for name in names}
    assert judge_candidates(models, chosen, fit=FIT, test=TEST, routed=None, settings=SETTINGS).text.startswith(text)


def test_without_a_rehearsal_that_is_why():
    short = "Earlier leads are too few, or span too little time, to choose anything learned by, so "
    for chosen, said in (("constant", f"No signal yet. {short}'constant' is taken."), ("points", f"{short}'points' is taken. ")):
        told = judge_candidates(RECIPES, chosen, fit=FIT, test=TEST, routed=None, settings=SETTINGS)
        assert replace(told, has_folds=False).text.startswith(said)


def test_probabilities_are_judged_beside_what_chance_shows(verdict):
    assert verdict.calibration == judge_calibration(TEST.outcome, verdict.probability["logistic"], seed=0)
    assert (verdict.calibration.verdict, verdict.calibration_warning) == ("calibrated", None)


@pytest.mark.parametrize(
    ("faults", "recalibrated", "do"),
    [
        (("level", "shape"), False, "Set model.recalibrate to 'newest' and train again"),
        (("level",), True, "These leads have set the level since; train again when newer ones are known"),
        (("slope",), False, "The final model has learned from these leads too; train again when newer ones are known"),
    ],
)
def test_probabilities_that_only_rank_are_told_with_what_to_do(verdict, faults, recalibrated, do):
    off = replace(verdict, calibration=replace(verdict.calibration, faults=faults), recalibrated=recalibrated)
    assert off.text.endswith(" Its probabilities only rank leads.")
    assert (off.calibration_warning.code, off.calibration_warning.what) == ("MODEL001", off.calibration.text)
    assert off.calibration_warning.do.startswith(do)
    assert off.calibration_warning.do.endswith(
        "Until then choose the threshold by policy 'capacity', which needs only the order."
    )


def test_without_points_the_base_rate_is_the_rival():
    models = {name: RECIPES[name] for name in ("constant", "logistic")}
    assert judge_candidates(models, "logistic", fit=FIT, test=TEST, routed=None, settings=SETTINGS).rival == "constant"


def test_thresholds_are_rehearsed_on_what_was_said_out_of_time():
    table = compute_forward_thresholds(RECIPES["logistic"], FIT, SETTINGS)
    assert table["leads"].iloc[0] == 400
    weeks = (400 - 1) / 4 / 7
    assert table["leads_per_week"].iloc[0] == pytest.approx(400 / weeks)


def test_undated_leads_have_no_weeks():
    undated = replace(FIT, dated=False)
    assert compute_forward_thresholds(RECIPES["logistic"], undated, SETTINGS)["leads_per_week"].isna().all()
