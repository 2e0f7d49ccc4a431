"""A shifted level: a calibrator like any other, moved by what the leads show."""

import json

import numpy as np
import pytest
from scipy.special import expit, logit

from predictor.core.errors import TrainingError
from predictor.model.calibrators import FITS, read_calibrator
from predictor.model.calibrators.level_shift import LevelShift, fit_shift

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
