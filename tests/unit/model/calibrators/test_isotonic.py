"""Isotonic: steps worked by hand."""

import numpy as np
import pytest

from predictor.model.calibrators.isotonic import fit_isotonic


def test_steps_worked_by_hand():
    # Shares 0 of 2, 1 of 2, 0 of 1, 2 of 2 with half a lead at either end: 0.5/2.5, then 1/3 pooled, then 2/2.5.
    fitted = fit_isotonic([0, 0, 1, 1, 2, 3, 3], [0, 0, 0, 1, 0, 1, 1])
    assert fitted.score == (0.0, 1.0, 2.0, 3.0)
    assert fitted.probability == pytest.approx((0.2, 1 / 3, 1 / 3, 0.8))
    assert fitted.leads == (2.5, 3.0, 3.0, 2.5)
    assert fitted.predict(np.array([-5.0, 0.5, 1.5, 2.5, 99.0])) == pytest.approx([0.2, 0.8 / 3, 1 / 3, 1.7 / 3, 0.8])


def test_one_score_is_one_step():
    fitted = fit_isotonic(np.full(9, -3.0), [1, *[0] * 8])
    assert (fitted.score, fitted.leads) == ((-3.0,), (10.0,))
    assert fitted.predict(np.array([-9.0, 9.0])).tolist() == [0.15, 0.15]


def test_scores_that_differ_by_rounding_are_one():
    fitted = fit_isotonic([0.1 + 0.2, 0.3], [1, 0])
    assert fitted.score == (0.3,)
