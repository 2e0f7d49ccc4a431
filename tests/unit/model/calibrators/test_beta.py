"""Beta: the curve that it was drawn from, and what sets it apart."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from unit.model.calibrators.scores import draw_scores

from predictor.model.calibrators.beta import fit_beta
from predictor.model.calibrators.sigmoid import fit_sigmoid


def test_beta_finds_the_curve_it_was_drawn_from():
    def curve(score):
        return expit(-0.4 - 0.6 * np.logaddexp(0, -score) + 1.7 * np.logaddexp(0, score))

    fitted = fit_beta(*draw_scores(400_000, curve))
    assert (fitted.a, fitted.b, fitted.c) == (
        pytest.approx(0.6, abs=0.03),
        pytest.approx(1.7, abs=0.03),
        pytest.approx(-0.4, abs=0.03),
    )


def test_beta_of_like_ends_is_the_sigmoid():
    score, outcome = draw_scores(200_000, lambda score: expit(0.7 * score))
    rising = np.linspace(-3, 3, 20)
    assert fit_beta(score, outcome).predict(rising) == pytest.approx(fit_sigmoid(score, outcome).predict(rising), abs=0.005)


@pytest.mark.parametrize(
    ("curve", "level"),
    [
        (lambda score: expit(-score), ["a", "b"]),
        (lambda score: expit(np.minimum(score, 0) - np.maximum(score, 0)), ["b"]),
        (lambda score: expit(-np.minimum(score, 0) + np.maximum(score, 0)), ["a"]),
    ],
)
def test_beta_is_level_where_it_would_fall(curve, level):
    fitted = fit_beta(*draw_scores(20_000, curve))
    assert [name for name in ("a", "b") if getattr(fitted, name) == 0] == level


def test_beta_keeps_the_base_rate():
    score, outcome = draw_scores(5000, lambda score: expit(1 + score))
    everywhere = replace(fit_beta(score, outcome), seen=())  # without the straight ends
    assert everywhere.predict(score).mean() == pytest.approx(outcome.mean(), abs=1e-6)
