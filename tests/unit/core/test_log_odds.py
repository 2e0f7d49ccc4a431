"""Log-odds and back, held against SciPy's."""

import numpy as np
from scipy import special

from predictor.core.log_odds import expit, logit


def test_both_are_what_scipy_has():
    log_odds = np.concatenate([np.linspace(-800, 800, 4001), np.linspace(-1, 1, 999), [-np.inf, np.inf, 0.0, -0.0]])
    np.testing.assert_allclose(expit(log_odds), special.expit(log_odds), rtol=1e-15, atol=0)
    probability = np.concatenate([np.linspace(0, 1, 4001), [1e-300, 1e-16, 1 - 1e-16]])
    np.testing.assert_allclose(logit(probability), special.logit(probability), rtol=1e-13, atol=1e-15)


def test_what_is_missing_or_no_probability_stays_so():
    assert np.isnan(expit(np.nan))
    assert np.isnan(logit(np.nan))


def test_shapes_are_kept():
    assert (expit(0.0).shape, logit(0.5).shape, expit([[1, 2]]).shape) == ((), (), (1, 2))
