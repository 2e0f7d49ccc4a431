"""Venn-Abers: the pair worked by hand, and right on average."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from unit.model.calibrators.scores import draw_scores

from predictor.model.calibrators.venn_abers import fit_venn_abers


def test_pair_worked_by_hand():
    # At score 0 with shares 1 of 2 below 1 of 1: not accepted gives 1/3, accepted 2/3; beyond the ends it goes on level.
    fitted = fit_venn_abers([0, 0, 1], [0, 1, 1])
    lower, upper = fitted.pair(np.array([-1.0, 0.0, 0.5, 1.0, 2.0]))
    assert lower == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.5, 0.5])
    assert upper == pytest.approx([2 / 3, 2 / 3, 1.0, 1.0, 1.0])
    lower, upper = replace(fitted, seen=()).pair(np.array([-1.0, 2.0]))  # as older bundles: beyond the ends nothing is known
    assert (lower.tolist(), upper.tolist()) == ([0.0, 0.5], pytest.approx([2 / 3, 1.0]))
    assert fitted.predict(np.array([0.0]))[0] == pytest.approx((2 / 3) / (1 - 1 / 3 + 2 / 3))


def test_interval_is_wider_than_the_pair_and_narrows_with_leads():
    few, many = (fit_venn_abers(*draw_scores(n, expit)) for n in (200, 20_000))
    at = np.linspace(-2, 2, 50)
    for fitted in (few, many):
        (lower, upper), (low, high) = fitted.pair(at), fitted.interval(at)
        assert ((low < lower) & ((upper < high) | (high == 1))).all()
    widths = [np.subtract(*fitted.interval(at)[::-1]).mean() for fitted in (few, many)]
    assert widths[1] < widths[0] / 2


def test_pair_is_right_on_average_whatever_the_score_is_worth():
    """Validity: the mean of what came lies between the means of the two, up to chance."""
    for seed in range(20):
        score, outcome = draw_scores(2000, lambda score: expit(-1 + 0.3 * score), seed)
        lower, upper = fit_venn_abers(score[:1000], outcome[:1000]).pair(score[1000:])
        assert lower.mean() - 0.05 <= outcome[1000:].mean() <= upper.mean() + 0.05
