"""The interval of a share, where there is little or nothing to see."""

import pytest

from predictor.model.metrics.intervals import wilson


def test_wilson_of_a_column_stays_inside_and_knows_nothing_of_nothing():
    low, high = wilson([0, 0, 5, 5], [0, 5, 5, 10])
    assert low.tolist() == pytest.approx([0, 0, 0.5655, 0.2366], abs=1e-4)
    assert high.tolist() == pytest.approx([1, 0.4345, 1, 0.7634], abs=1e-4)
    assert wilson(5, 10, z=0.67)[0] > 0.2366
