"""Another level: learned from the newest leads, the order kept, and honest about what it rests on."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from predictor.core.errors import TrainingError
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.calibrated_model import fit_calibrated
from predictor.model.calibrators import FITS, read_calibrator
from predictor.model.calibrators.level_shift import LevelShift, fit_shift
from predictor.model.recalibrate import recalibrate_newest
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


def learn(sample):
    return fit_calibrated("logistic", sample, make_folds(sample.order, folds=4, gap=5), 0)


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


# The calibrator

EVERYWHERE = np.concatenate([[-800.0, -40.0], np.linspace(-9, 9, 200), [40.0, 800.0]])


@pytest.mark.parametrize("kind", FITS)
def test_a_shifted_curve_is_a_calibrator(kind):
    draw = np.random.default_rng(0)
    score = draw.normal(-1, 1.5, 500)
    base = FITS[kind](score, (draw.random(500) < expit(score)).astype(float), None)
    shifted = LevelShift(base, 0.7, 0.01, n=300)
    probability, (low, high) = shifted.predict(EVERYWHERE), shifted.interval(EVERYWHERE)
    assert np.isfinite([probability, low, high]).all()
    assert (np.diff(probability) >= 0).all()
    assert ((low >= 0) & (low <= probability) & (probability <= high) & (high <= 1)).all()
    middle = np.abs(EVERYWHERE) < 9
    np.testing.assert_allclose(logit(probability[middle]) - logit(base.predict(EVERYWHERE[middle])), 0.7, atol=1e-9)
    narrow = base.interval(np.zeros(1))
    wider = LevelShift(base, 0.0, 0.04, n=300).interval(np.zeros(1))
    assert wider[0] < narrow[0] < narrow[1] < wider[1]
    assert json.loads(shifted.to_text())["kind"] == "shifted"
    assert read_calibrator(shifted.to_text()) == shifted


def test_few_leads_move_little():
    far, near = fit_shift([0.2] * 1000, [1, 1, 0, 0] * 250)[0], fit_shift([0.2] * 4, [1, 1, 0, 0])[0]
    assert far == pytest.approx(logit(0.5) - logit(0.2), abs=0.01)
    assert 0 < near < 0.8


def test_what_tells_nothing_is_refused():
    with pytest.raises(TrainingError, match=r"needs leads with a known outcome, but none of 2 leads has a weight above 0"):
        fit_shift([0.2, 0.3], [0, 1], [0, 0])
