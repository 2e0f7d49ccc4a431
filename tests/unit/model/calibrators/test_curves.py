"""Beta, isotonic and Venn-Abers: worked by hand, and what sets each apart."""

import numpy as np
import pytest
from scipy.special import expit

from predictor.model.calibrators.beta import fit_beta
from predictor.model.calibrators.identity import Identity, fit_identity
from predictor.model.calibrators.isotonic import fit_isotonic
from predictor.model.calibrators.sigmoid import fit_sigmoid
from predictor.model.calibrators.venn_abers import fit_venn_abers


def draw(n, curve, seed=0):
    random = np.random.default_rng(seed)
    score = random.normal(0, 1.5, n)
    return score, (random.random(n) < curve(score)).astype(float)


# As it is


def test_a_score_at_its_word():
    assert Identity().predict(np.array([-1.0, 0.0])).tolist() == [expit(-1.0), 0.5]
    assert [end.tolist() for end in Identity().interval(np.zeros(2))] == [[0.0, 0.0], [1.0, 1.0]]


def test_its_interval_is_a_sigmoid_s():
    score, outcome = draw(100_000, expit)
    at = np.array([-2.0, 0.0, 2.0])
    for mine, sigmoid in zip(fit_identity(score, outcome).interval(at), fit_sigmoid(score, outcome).interval(at), strict=True):
        assert mine == pytest.approx(sigmoid, abs=0.01)


# Beta


def test_beta_finds_the_curve_it_was_drawn_from():
    def curve(score):
        return expit(-0.4 - 0.6 * np.logaddexp(0, -score) + 1.7 * np.logaddexp(0, score))

    fitted = fit_beta(*draw(400_000, curve))
    assert (fitted.a, fitted.b, fitted.c) == (
        pytest.approx(0.6, abs=0.03),
        pytest.approx(1.7, abs=0.03),
        pytest.approx(-0.4, abs=0.03),
    )


def test_beta_of_like_ends_is_the_sigmoid():
    score, outcome = draw(200_000, lambda score: expit(0.7 * score))
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
    fitted = fit_beta(*draw(20_000, curve))
    assert [name for name in ("a", "b") if getattr(fitted, name) == 0] == level


def test_beta_keeps_the_base_rate():
    score, outcome = draw(5000, lambda score: expit(1 + score))
    assert fit_beta(score, outcome).predict(score).mean() == pytest.approx(outcome.mean(), abs=1e-6)


# Isotonic


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


# Venn-Abers


def test_pair_worked_by_hand():
    # At score 0 with shares 1 of 2 below 1 of 1: not accepted gives 1/3, accepted 2/3; beyond the ends nothing is known.
    fitted = fit_venn_abers([0, 0, 1], [0, 1, 1])
    lower, upper = fitted.pair(np.array([-1.0, 0.0, 0.5, 1.0, 2.0]))
    assert lower == pytest.approx([0.0, 1 / 3, 1 / 3, 0.5, 0.5])
    assert upper == pytest.approx([2 / 3, 2 / 3, 1.0, 1.0, 1.0])
    assert fitted.predict(np.array([0.0]))[0] == pytest.approx((2 / 3) / (1 - 1 / 3 + 2 / 3))


def test_interval_is_wider_than_the_pair_and_narrows_with_leads():
    few, many = (fit_venn_abers(*draw(n, expit)) for n in (200, 20_000))
    at = np.linspace(-2, 2, 50)
    for fitted in (few, many):
        (lower, upper), (low, high) = fitted.pair(at), fitted.interval(at)
        assert ((low < lower) & ((upper < high) | (high == 1))).all()
    widths = [np.subtract(*fitted.interval(at)[::-1]).mean() for fitted in (few, many)]
    assert widths[1] < widths[0] / 2


def test_pair_is_right_on_average_whatever_the_score_is_worth():
    """Validity: the mean of what came lies between the means of the two, up to chance."""
    for seed in range(20):
        score, outcome = draw(2000, lambda score: expit(-1 + 0.3 * score), seed)
        lower, upper = fit_venn_abers(score[:1000], outcome[:1000]).pair(score[1000:])
        assert lower.mean() - 0.05 <= outcome[1000:].mean() <= upper.mean() + 0.05
