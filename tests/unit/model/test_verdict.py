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
from predictor.model.verdict_text import check_calibration, describe_verdict

FEATURES = FeatureSet((Feature("n", "N", "N", kind="number"), Feature("points/total", "Points", "Points", kind="number")), ())
SETTINGS = make_settings({"model": {"resamples": 50}})


def draw_sample(n, seed, start=0.0):
    draw = np.random.default_rng(seed)
    matrix = np.column_stack([draw.normal(size=n), draw.normal(size=n)])
    outcome = (draw.random(n) < 1 / (1 + np.exp(1 - 1.5 * matrix[:, 0]))).astype(float)
    return Sample(matrix, outcome, start + np.arange(n) / 4, features=FEATURES, dated=True)


FIT, TEST = draw_sample(800, 0), draw_sample(300, 1, start=230.0)
MODELS = {
    name: fit_calibrated(name, FIT, make_folds(FIT.order, folds=4, gap=5), 0) for name in ("constant", "points", "logistic")
}


@pytest.fixture(scope="module")
def verdict():
    return judge_candidates(MODELS, "logistic", fit=FIT, test=TEST, routed=TEST.matrix[:, 1] > 0, settings=SETTINGS)


def test_every_candidate_has_its_row(verdict):
    assert list(verdict.test) == list(verdict.intervals) == list(verdict.probability) == ["constant", "points", "logistic"]
    for name, calibrated in MODELS.items():
        assert verdict.test[name] == compute_metrics(TEST.outcome, calibrated.predict(TEST.matrix))
    assert set(verdict.differences) == {"constant", "points"}


def test_what_learned_the_signal_earned_it(verdict):
    assert (verdict.rival, verdict.earned) == ("points", True)
    assert verdict.differences["points"].high < 0
    assert verdict.text.startswith("'logistic' is better than 'points' on the forward test: log loss 0.")


def test_threshold_comes_from_earlier_leads_and_is_kept_to(verdict):
    others = replace(TEST, outcome=(TEST.matrix[:, 0] > 0.5).astype(float))
    other = judge_candidates(MODELS, "logistic", fit=FIT, test=others, routed=None, settings=SETTINGS)
    assert other.threshold == verdict.threshold
    routed = verdict.probability["logistic"] >= verdict.threshold.threshold
    assert verdict.realised.leads == int(routed.sum())
    assert verdict.realised.conversion == pytest.approx(TEST.outcome[routed].mean())


def test_gate_of_the_points(verdict):
    assert verdict.gate.leads == int((TEST.matrix[:, 1] > 0).sum())
    assert judge_candidates(MODELS, "points", fit=FIT, test=TEST, routed=None, settings=SETTINGS).gate is None


@pytest.mark.parametrize(
    ("gap", "earned", "text"),
    [
        (
            Difference(-0.02, -0.04, 0.01),
            False,
            "The points are as good: 'logistic' and 'points' show no clear difference on the forward test: log loss 0.0200 lower",
        ),
        (Difference(0.02, 0.01, 0.04), False, "'logistic' is worse than 'points' on the forward test: log loss 0.0200 higher"),
        (Difference(-0.02, -0.04, -0.01), True, "'logistic' is better than 'points' on the forward test: log loss 0.0200 lower"),
        (Difference(0.0, 0.0, 0.0), False, "'points'"),
        (
            Difference(-0.00004, -0.00006, -0.00002),
            False,
            "'logistic' and 'points' show no clear difference on the forward test: log loss 0.0000 lower",
        ),
    ],
)
def test_verdict_in_words(verdict, gap, earned, text):
    judged = replace(verdict, differences={**verdict.differences, "points": gap})
    assert judged.earned is earned
    assert text in describe_verdict(judged)


def test_a_level_that_follows_the_newest_leads_is_named():
    level = "The base rate has moved: in the forward folds 8 % and then 19 % were accepted, and the newest leads set the level."
    models = {name: replace(model, level=level) for name, model in MODELS.items()}
    verdict = judge_candidates(models, "logistic", fit=FIT, test=TEST, routed=None, settings=SETTINGS)
    assert verdict.text.startswith("'logistic' is better than 'points' on the forward test: log loss 0.")
    assert verdict.text.endswith(f". {level}")


def test_the_base_rate_has_no_rival():
    verdict = judge_candidates(MODELS, "constant", fit=FIT, test=TEST, routed=None, settings=SETTINGS)
    assert (verdict.rival, verdict.earned) == (None, False)
    missed = "No signal on earlier leads, so every lead gets the same probability. On the newer ones 'logistic' did better: "
    assert verdict.text == missed + "train again when more are known."
    same = {name: Difference(0.001, -0.001, 0.002) for name in verdict.differences}
    assert describe_verdict(replace(verdict, differences=same)) == (
        "No signal: nothing did better than the base rate on earlier leads, so every lead gets the same probability."
    )


@pytest.mark.parametrize(
    ("chosen", "gap", "earned"),
    [
        ("points", Difference(0.01, -0.02, 0.04), True),
        ("points", Difference(0.03, 0.01, 0.05), False),
        ("logistic", Difference(0.03, 0.01, 0.05), False),
        ("logistic", Difference(0.01, -0.02, 0.04), False),
        ("logistic", Difference(-0.01, -0.02, 0.04), False),
        ("logistic", Difference(-0.01, -0.02, -0.005), True),
    ],
)
def test_what_is_not_surely_better_than_the_base_rate_may_not_serve(verdict, chosen, gap, earned):
    better = {"points": Difference(-0.02, -0.04, -0.01), "constant": gap}
    assert replace(verdict, chosen=chosen, differences=better).earned is earned


def test_a_firm_may_let_serve_what_is_better_on_average(verdict):
    gaps = {"points": Difference(-0.02, -0.04, 0.01), "constant": Difference(-0.01, -0.02, 0.04)}
    likely = replace(verdict, differences=gaps, on_average=True)
    assert likely.earned
    assert not replace(likely, on_average=False).earned
    assert not replace(likely, p_value=0.02).earned, "without a signal nothing serves"
    assert not replace(likely, differences=gaps | {"points": Difference(-0.00004, -0.1, 0.1)}).earned


def better_than(name):
    return {name: Difference(-0.02, -0.04, -0.01)}


def test_points_beside_the_base_rate():
    verdict = judge_candidates(MODELS, "points", fit=FIT, test=TEST, routed=None, settings=SETTINGS)
    assert verdict.rival == "constant"
    assert verdict.earned is False, "points without a signal cannot choose among leads"
    assert replace(verdict, p_value=0.01, differences=better_than("constant")).earned
    assert verdict.text.startswith(
        "No learned candidate did better than the points on earlier leads; on the newer ones 'logistic' did."
    )
    better = {"logistic": Difference(0.0, -0.1, 0.1), "constant": Difference(-0.2, -0.3, -0.1)}
    assert describe_verdict(replace(verdict, differences=better, p_value=0.0)) == (
        "The points are as good as anything learned: nothing did better on earlier leads. 'points' is better than 'constant' on "
        "the forward test: log loss 0.2000 lower (95 %: 0.1000 to 0.3000)."
    )


def test_no_clear_difference_from_the_base_rate_is_no_signal(verdict):
    weak = Difference(-0.002, -0.01, 0.006)
    changed = replace(verdict, differences={"constant": weak, "points": weak}, p_value=0.3)
    assert describe_verdict(changed) == (
        "No signal on the forward test: 'logistic' shows no clear difference from the base rate: log loss 0.0020 lower "
        "(95 %: 0.0100 lower to 0.0060 higher)."
    )
    worse = Difference(0.02, 0.01, 0.03)
    assert "'logistic' is worse than the base rate" in describe_verdict(
        replace(changed, differences={"constant": worse, "points": weak})
    )


def test_a_ranking_no_better_than_chance_is_no_signal_however_sure_the_losses_look(verdict):
    better = Difference(-0.02, -0.04, -0.001)
    changed = replace(verdict, differences={"constant": better, "points": better}, p_value=0.04)
    assert describe_verdict(changed) == (
        "No signal on the forward test: 'logistic' may rank these leads so well by chance: 4.0 % of random orders do as well."
    )
    assert "No signal" not in describe_verdict(replace(changed, p_value=0.01))


@pytest.mark.parametrize("chosen", ["constant", "points"])
def test_without_a_signal_no_threshold_is_recommended(chosen):
    verdict = judge_candidates(MODELS, chosen, fit=FIT, test=TEST, routed=TEST.matrix[:, 1] > 0, settings=SETTINGS)
    assert not verdict.found_signal
    assert (verdict.recommended.threshold, verdict.recommended.share_routed, verdict.realised) == (None, None, None)
    assert verdict.recommended.text.startswith("No threshold is recommended, because the model found no signal")
    assert verdict.gate is not None, "what today's gate does is a fact"


def test_without_the_base_rate_beside_it_a_ranking_by_chance_is_no_signal(verdict):
    changed = replace(verdict, differences={"points": Difference(-0.02, -0.04, -0.01)}, p_value=0.04)
    assert describe_verdict(changed).startswith("No signal on the forward test: 'logistic' may rank these leads so well by")
    alone = replace(changed, test={"logistic": verdict.test["logistic"]}, differences={})
    assert "No signal on the forward test: 'logistic' may rank" in describe_verdict(alone)


def test_what_ranks_leads_is_a_signal_though_its_level_is_wrong(verdict):
    weak = Difference(0.002, -0.01, 0.006)
    text = describe_verdict(replace(verdict, differences={"constant": weak, "points": Difference(-0.2, -0.3, -0.1)}))
    assert text.startswith("By its probabilities 'logistic' shows no clear difference from the base rate: ")
    assert "'logistic' is better than 'points' on the forward test" in text
    assert "No signal" not in text


@pytest.mark.parametrize(
    ("chosen", "names", "text"),
    [
        ("constant", ["constant"], "Nothing but the base rate could be tried, so every lead gets the same probability."),
        ("constant", ["constant", "points"], "No signal: the points did no better than the base rate on earlier leads, so every"),
        ("points", ["constant", "points"], "No learned candidate could be tried beside the points. "),
        (
            "logistic",
            ["logistic"],
            "'logistic' did best on earlier leads; neither the points nor the base rate were tried beside it.",
        ),
    ],
)
def test_candidates_that_were_not_tried_are_not_mentioned(chosen, names, text):
    models = {name: MODELS[name] for name in names}
    assert judge_candidates(models, chosen, fit=FIT, test=TEST, routed=None, settings=SETTINGS).text.startswith(text)


def test_without_forward_folds_that_is_why():
    short = "Earlier leads are too few, or span too little time, to choose a learned candidate, so "
    for chosen, text in (("constant", f"No signal yet. {short}'constant' is used."), ("points", f"{short}'points' is used. ")):
        verdict = judge_candidates(MODELS, chosen, fit=FIT, test=TEST, routed=None, settings=SETTINGS)
        assert describe_verdict(replace(verdict, has_folds=False)).startswith(text)


def test_probabilities_are_judged_beside_what_chance_shows(verdict):
    assert verdict.calibration == judge_calibration(TEST.outcome, verdict.probability["logistic"], seed=0)
    assert (verdict.calibration.verdict, verdict.calibration_warning) == ("calibrated", None)


@pytest.mark.parametrize(
    ("faults", "recalibrated", "do"),
    [
        (("level", "shape"), False, "Set model.recalibrate to 'newest' and train again"),
        (("level",), True, "These leads have since set the level; train again when newer outcomes are known, to check it."),
        (
            ("slope",),
            False,
            "The final model has also been trained on these leads; train again when newer outcomes are known, to check it.",
        ),
    ],
)
def test_probabilities_that_only_rank_bring_a_warning_with_what_to_do(verdict, faults, recalibrated, do):
    judgement = replace(verdict.calibration, faults=faults)
    assert describe_verdict(replace(verdict, calibration=judgement)).endswith(" Its probabilities only rank leads.")
    warning = check_calibration(judgement, recalibrated=recalibrated)
    assert (warning.code, warning.what) == ("MODEL001", judgement.text)
    assert warning.do.startswith(do)
    assert warning.do.endswith("Until then choose the threshold by policy 'capacity', which only needs the order.")


def test_without_points_the_base_rate_is_the_rival():
    models = {name: MODELS[name] for name in ("constant", "logistic")}
    assert judge_candidates(models, "logistic", fit=FIT, test=TEST, routed=None, settings=SETTINGS).rival == "constant"


def test_thresholds_are_chosen_on_out_of_fold_probabilities():
    table = compute_forward_thresholds(MODELS["logistic"], FIT, SETTINGS)
    assert table["leads"].iloc[0] == 400
    weeks = (400 - 1) / 4 / 7
    assert table["leads_per_week"].iloc[0] == pytest.approx(400 / weeks)


def test_undated_leads_have_no_weeks():
    undated = replace(FIT, dated=False)
    assert compute_forward_thresholds(MODELS["logistic"], undated, SETTINGS)["leads_per_week"].isna().all()
