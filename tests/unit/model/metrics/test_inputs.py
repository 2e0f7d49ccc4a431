"""Outcomes and probabilities of which nothing can be computed."""

import numpy as np
import pytest

from predictor.core.errors import TrainingError
from predictor.model.metrics.inputs import check_pairs


@pytest.mark.parametrize(
    ("outcome", "probability", "text"),
    [
        ([], [], "at least one, but there are 0 and 0"),
        ([1], [0.5, 0.5], "there are 1 and 2"),
        ([[1]], [[0.5]], "of the same leads"),
        ([1, 2, 0.5], [0.5, 0.5, 0.5], r"Outcomes must equal 0 or 1, but 2 of 3 do not \(first at position 1\)"),
        ([1, np.nan], [0.5, 0.5], "Outcomes must equal 0 or 1, but 1 of 2 does not"),
        ([1, 0], [0.5, -0.1], "Probabilities must lie between 0 and 1, but 1 of 2"),
        ([1, 0], [np.nan, 0.1], "first at position 0"),
    ],
)
def test_refusals(outcome, probability, text):
    with pytest.raises(TrainingError, match=text):
        check_pairs(outcome, probability)
