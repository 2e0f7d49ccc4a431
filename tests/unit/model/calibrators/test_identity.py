"""No calibration: the score is taken at its word, worked by hand."""

import numpy as np
import pytest
from scipy.special import expit
from unit.model.calibrators.scores import draw_scores

from predictor.model.calibrators.identity import Identity, fit_identity
from predictor.model.calibrators.sigmoid import fit_sigmoid


def test_a_score_at_its_word():
    assert Identity().predict(np.array([-1.0, 0.0])).tolist() == [expit(-1.0), 0.5]
    assert [end.tolist() for end in Identity().interval(np.zeros(2))] == [[0.0, 0.0], [1.0, 1.0]]


def test_its_interval_is_a_sigmoid_s():
    score, outcome = draw_scores(100_000, expit)
    at = np.array([-2.0, 0.0, 2.0])
    for mine, sigmoid in zip(fit_identity(score, outcome).interval(at), fit_sigmoid(score, outcome).interval(at), strict=True):
        assert mine == pytest.approx(sigmoid, abs=0.01)
