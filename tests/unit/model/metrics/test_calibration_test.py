"""Can the probabilities be believed: no more false alarms than promised, and no doubling of the base rate goes unseen."""

import json

import numpy as np
import pytest
from scipy.special import expit, logit

from predictor.core.errors import TrainingError
from predictor.model.metrics.calibration_test import judge_calibration
from predictor.model.metrics.metrics import compute_metrics


def draw(n, seed, move=lambda probability: probability, shape=(2, 8)):
    """Outcomes drawn from moved probabilities."""
    random = np.random.default_rng(seed)
    probability = random.beta(*shape, n)
    return (random.random(n) < move(probability)).astype(float), probability


@pytest.mark.parametrize("shape", [(2, 8), (1, 1), (0.5, 20)])
@pytest.mark.parametrize("n", [100, 1000, 3000])
def test_right_probabilities_are_rarely_judged_rank_only(n, shape):
    judged = [judge_calibration(*draw(n, seed, shape=shape), draws=500).verdict for seed in range(100)]
    assert judged.count("rank only") <= 5


@pytest.mark.parametrize("n", [300, 1000, 3000])
def test_a_base_rate_that_doubles_is_rank_only(n):
    judged = [judge_calibration(*draw(n, seed, lambda p: np.clip(2 * p, 0, 1)), draws=500) for seed in range(20)]
    assert {one.verdict for one in judged} == {"rank only"}
    assert all("level" in one.faults for one in judged)


@pytest.mark.parametrize(
    ("move", "faults"),
    [
        (lambda p: p, ()),
        (lambda p: p / 2, ("level", "shape")),
        (lambda p: expit(-0.6 + 0.5 * logit(p)), ("slope", "shape")),
        (lambda p: 0.2 + 0.35 * np.sin(25 * p) * np.sqrt(p * (1 - p)), ("slope", "shape")),
    ],
)
def test_each_fault_is_named(move, faults):
    judged = judge_calibration(*draw(20_000, 1, move))
    assert judged.faults == faults
    assert judged.verdict == ("rank only" if faults else "calibrated")


def test_an_error_too_small_to_matter_is_no_fault_however_sure():
    judged = judge_calibration(*draw(200_000, 2, lambda p: 1.05 * p))
    assert not judged.chance[0] <= judged.base_rate <= judged.chance[1]
    assert (judged.verdict, judged.faults) == ("slightly off", ())
    assert "more than chance, but too little to matter" in judged.text


def test_what_lies_too_far_apart_beyond_chance_is_not_called_calibrated():
    """A slope of about 0.92 on 20,000 leads: its interval excludes 1, and nobody would act on it."""
    judged = judge_calibration(*draw(20_000, 1, lambda p: expit(-0.12 + 0.92 * logit(p))))
    assert judged.line.slope_interval[1] < 1
    assert judged.ece > judged.noise.high
    assert (judged.verdict, judged.faults) == ("slightly off", ())
    assert judged.text.startswith("Slightly off: of 20,000 newer leads, ")
    assert "; probabilities are overconfident (slope 0.9" in judged.text
    assert "more than chance, but too little to matter" in judged.text


def test_an_error_beyond_chance_is_not_called_calibrated_whatever_the_slope():
    """Waves of 9 points around the probabilities: neither level nor slope show them, and 500 leads do not show them surely."""
    chance = np.random.default_rng(20)
    promised = chance.beta(2, 4, 500)
    accepted = chance.random(500) < np.clip(promised + 0.09 * np.sin(9 * promised), 0.01, 0.99)
    judged = judge_calibration(accepted, promised)
    low, high = judged.line.slope_interval
    assert low < 1 < high
    assert judged.ece > judged.noise.high
    assert (judged.verdict, judged.faults) == ("slightly off", ())
    assert "probabilities are" not in judged.text
    assert "more than chance explains, but not by much" in judged.text


def test_a_slope_that_is_far_off_beyond_chance_is_a_fault_on_few_leads_too():
    """Its interval still reaches into what would not matter."""
    judged = judge_calibration(*draw(700, 13, lambda p: expit(-0.45 + 0.7 * logit(p))))
    low, high = judged.line.slope_interval
    assert low < 0.85 < high < 1
    assert judged.verdict == "rank only"
    assert "slope" in judged.faults


def test_an_error_that_so_few_leads_cannot_show_is_told():
    judged = judge_calibration(*draw(900, 3))
    assert judged.verdict == "calibrated"
    assert "So few leads cannot show an error of less than" in judged.text


def test_a_handful_of_leads_vouches_for_nothing():
    judged = judge_calibration(*draw(40, 3))
    assert (judged.verdict, judged.faults) == ("too few leads", ())
    assert judged.text.startswith("Too few leads to say: of 40 newer leads, ")
    assert judged.text.endswith(" points could be chance.")


def test_words_of_either_verdict():
    outcome, probability = draw(5000, 0)
    calm, alarmed = judge_calibration(outcome, probability), judge_calibration(outcome, probability / 2)
    assert calm.text.startswith(
        "Calibrated: of 5,000 newer leads, 20 % were accepted where 20 % were promised; calibration error 0.0"
    )
    assert calm.text.endswith("rarely above 0.019), no more than chance explains.")
    assert alarmed.text.startswith(
        "Rank only: of 5,000 newer leads, 20 % were accepted where 10 % were promised (chance allows 9.1 to 11.1 %"
    )
    assert alarmed.text.endswith("Trust the order of leads, not the probabilities.")
    bold = judge_calibration(outcome, expit(2 * logit(probability) + 1.4))
    assert "probabilities are overconfident (slope 0.48, right is 1)" in bold.text
    assert calm.short == calm.text
    assert "; " in alarmed.text, "more than one fault"
    assert alarmed.short == f"{alarmed.text.partition('; ')[0]}. Trust the order of leads, not the probabilities."


def test_figures_are_those_of_the_metrics_and_plain_values():
    outcome, probability = draw(800, 5)
    judged, figures = judge_calibration(outcome, probability), compute_metrics(outcome, probability)
    assert (judged.n, judged.base_rate, judged.ece) == (800, figures["base_rate"], figures["ece"])
    content = json.loads(json.dumps(judged.to_figures()))
    assert (content["verdict"], content["text"], content["faults"]) == (judged.verdict, judged.text, [])
    assert content["noise"] == {"mean": judged.noise.mean, "high": judged.noise.high}
    assert content["brier"]["score"] == pytest.approx(figures["brier"])


def test_order_of_leads_and_seed():
    outcome, probability = draw(500, 6)
    assert (
        judge_calibration(outcome[::-1], probability[::-1]).to_figures()["noise"]
        == judge_calibration(outcome, probability).to_figures()["noise"]
    )
    assert judge_calibration(outcome, probability, seed=1).noise != judge_calibration(outcome, probability, seed=2).noise


@pytest.mark.parametrize("outcome", [np.zeros(50), np.ones(50)])
def test_one_class_and_constant_probabilities_are_judged(outcome):
    assert judge_calibration(outcome, np.full(50, 0.5)).faults == ("level", "shape")


def test_one_probability_for_all_has_no_order_to_trust():
    judged = judge_calibration([0, 1] * 100, np.full(200, 0.2))
    assert (judged.verdict, judged.ranks) == ("rank only", False)
    assert judged.text.endswith(". The order of leads says nothing either.")


def test_certain_probabilities_that_hold():
    assert judge_calibration([0, 1, 0, 1], [0.0, 1.0, 0.0, 1.0]).verdict == "calibrated"


# The noise floor


def test_floor_of_one_bin_is_the_mean_absolute_deviation():
    floor = judge_calibration(np.arange(1000) % 10 < 3, np.full(1000, 0.3), draws=20_000).noise
    sd = np.sqrt(0.21 / 1000)
    assert floor.mean == pytest.approx(sd * np.sqrt(2 / np.pi), rel=0.02)
    assert floor.high == pytest.approx(1.96 * sd, rel=0.03)


def test_floor_is_what_right_probabilities_show():
    judged, probability = draw(600, 7)
    random, shown = np.random.default_rng(8), []
    for _ in range(1000):
        outcome = (random.random(600) < probability).astype(float)
        shown.append(compute_metrics(outcome, probability)["ece"])
    floor = judge_calibration(judged, probability).noise
    assert floor.mean == pytest.approx(np.mean(shown), rel=0.03)
    assert floor.high == pytest.approx(np.quantile(shown, 0.95), rel=0.05)


def test_floor_falls_with_the_root_of_leads_on_either_side_of_the_change_of_method():
    few, many = (judge_calibration(*draw(n, 9)).noise for n in (19_000, 76_000))
    assert few.mean / many.mean == pytest.approx(2, rel=0.04)
    assert few.high / many.high == pytest.approx(2, rel=0.08)


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(TrainingError, match=r"Outcomes must equal 0 or 1, but 1 of 2 does not"):
        judge_calibration([0, np.nan], [0.1, 0.2])
    with pytest.raises(TrainingError, match=r"Probabilities must lie between 0 and 1, but 1 of 1 does not"):
        judge_calibration([0], [np.nan])
