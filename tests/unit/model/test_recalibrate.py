"""Another level: learned from the newest leads, the order kept, and honest about what it rests on."""

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.calibrated_model import FitPlan, fit_calibrated
from predictor.model.recalibrate import choose_level, recalibrate_newest
from predictor.model.sample import Sample
from predictor.model.split import make_folds

FEATURES = FeatureSet((Feature("n", "N", "N", kind="number"),), ())


def draw_block(n=4000, seed=0, moved=0.0):
    """Leads of which the newest eighth is accepted more often, by so much in log-odds."""
    draw = np.random.default_rng(seed)
    matrix = draw.normal(size=(n, 1))
    level = np.where(np.arange(n) < 7 * n // 8, 0.0, moved)
    outcome = (draw.random(n) < expit(-1.5 + level + 1.2 * matrix[:, 0])).astype(float)
    return Sample(matrix, outcome, np.arange(n, dtype=float), features=FEATURES, dated=True)


def learn(sample, name="logistic", calibrator="none"):
    plan = FitPlan(calibrator=calibrator)
    return fit_calibrated(name, sample, make_folds(sample.order, folds=4, gap=5), 0, plan=plan)


def test_the_newest_quarter_of_the_rehearsal_sets_the_level():
    sample = draw_block(moved=1.0)
    before, after = learn(sample), recalibrate_newest(learn(sample), sample)
    assert after.positions.tolist() == list(range(3500, 4000))
    newest = sample.matrix[3500:]
    assert before.predict(newest).mean() < sample.outcome[3500:].mean() - 0.08
    assert after.out_of_fold.mean() == pytest.approx(sample.outcome[3500:].mean(), abs=0.005)
    assert after.predict(newest).mean() == pytest.approx(sample.outcome[3500:].mean(), abs=0.02)
    np.testing.assert_array_equal(np.argsort(after.predict(newest)), np.argsort(before.predict(newest)))


def test_a_level_that_has_not_moved_stays():
    sample = draw_block()
    shift = recalibrate_newest(learn(sample), sample).calibrator
    assert abs(shift.shift) < 3 * shift.variance**0.5


def test_more_leads_are_asked_where_few_were_accepted():
    sample = draw_block(600)
    newest = recalibrate_newest(learn(sample), sample).positions
    assert sample.outcome[newest].sum() == 40
    rare = replace(sample, outcome=np.where(np.arange(600) % 12 == 0, 1.0, 0.0))
    assert recalibrate_newest(learn(rare), rare).positions.tolist() == list(range(300, 600)), "all that were rehearsed"


def test_pending_leads_count_by_their_weight():
    sample = draw_block(moved=1.0)
    weight = np.where(np.arange(4000) < 3700, 1.0, 0.1)
    calibrated = recalibrate_newest(replace(learn(sample)), replace(sample, weight=weight))
    assert weight[calibrated.positions].sum() == pytest.approx((1700 + 30) / 4, abs=1)


def test_what_was_not_rehearsed_is_left_as_it_is():
    sample = draw_block(200)
    calibrated = fit_calibrated("logistic", sample, [], 0)
    assert recalibrate_newest(calibrated, sample) is calibrated


# Whether it is done


def draw_rising(n=4000, seed=0, rise=1.5):
    """Leads that are accepted ever more often, whatever they are like, by so much in log-odds from the first to the last."""
    draw = np.random.default_rng(seed)
    matrix = draw.normal(size=(n, 1))
    chance = expit(-2.5 + rise * np.arange(n) / n + 0.8 * matrix[:, 0])
    outcome = (draw.random(n) < chance).astype(float)
    return Sample(matrix, outcome, np.arange(n, dtype=float), features=FEATURES, dated=True)


@pytest.mark.parametrize("name", ["constant", "logistic"])
def test_auto_follows_a_rate_that_keeps_moving(name):
    sample = draw_rising()
    before = learn(sample, name)
    chosen = choose_level(before, sample, "auto")
    assert chosen.forward.at_newest
    assert re.fullmatch(
        r"The base rate has moved: in the forward folds \d+ %, \d+ %, \d+ % and then \d+ % were accepted, "
        r"and the newest leads gave the better level there\.",
        chosen.level,
    )
    after = recalibrate_newest(chosen, sample)
    assert after.recalibrated
    assert after.level == f"{chosen.level} The newest 500 leads with a known outcome set the level of the probabilities."
    fresh = draw_rising(seed=1)
    off = [abs(model.predict(fresh.matrix[3500:]).mean() - fresh.outcome[3500:].mean()) for model in (before, after)]
    assert off[1] < off[0] / 2


@pytest.mark.parametrize("seed", range(5))
def test_auto_leaves_a_rate_that_has_not_moved(seed):
    sample = draw_block(seed=seed)
    before = learn(sample)
    assert choose_level(before, sample, "auto") is before


def test_auto_leaves_a_level_that_the_newest_leads_do_not_know_better():
    """The rate is high in the second and the fourth fold, so the newest leads of each fold are a bad guide to the next."""
    steps = np.where(np.arange(4000) // 500 % 2, 0.5, -0.5)
    sample = draw_block()
    draw = np.random.default_rng(0)
    outcome = (draw.random(4000) < expit(-1.5 + steps + sample.matrix[:, 0])).astype(float)
    sample = replace(sample, outcome=outcome)
    chosen = choose_level(learn(sample), sample, "auto")
    assert not chosen.forward.at_newest
    assert chosen.level.endswith("were accepted, but the newest leads gave no clearly better level there, so it stays.")


def test_what_was_asked_is_done():
    sample = draw_block()
    before = learn(sample)
    assert choose_level(before, sample, "never") is before
    newest = choose_level(before, sample, "newest")
    assert newest.forward.at_newest
    np.testing.assert_array_equal(newest.forward.probability, before.forward.shifted)


def test_without_folds_no_level_is_chosen():
    sample = draw_rising(200)
    calibrated = fit_calibrated("logistic", sample, [], 0)
    assert choose_level(calibrated, sample, "auto") is choose_level(calibrated, sample, "newest") is calibrated
