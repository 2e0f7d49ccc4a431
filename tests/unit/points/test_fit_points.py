"""Learned points: the order of the true worths, close to the hand-set points where leads are few, signs and scale as asked."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression

from predictor.points.fit_points import PointsTask, choose_most_times, compute_most_times, fit_coefficients, sum_points
from predictor.points.rounding import compute_largest_total, round_points
from predictor.points.rulebook import load_rule_book, parse_rule_book

HAND = np.array([40.0, 30.0, 20.0, 10.0, 10.0, 5.0, -10.0, -30.0])
TRUE = np.array([0.2, 0.6, 1.6, 1.0, 0.3, 0.8, -1.2, -0.4])  # another order than the hand-set points


def make_book(hand=HAND):
    rules = "\n".join(f"[[rules]]\nname='R{n}'\nevent='e{n}'\npoints={points}" for n, points in enumerate(hand))
    return parse_rule_book(f"name='x'\ngate=60\n{rules}", "x.toml")


TASK = PointsTask(make_book())


def draw(n, seed=0, true=TRUE):
    draw = np.random.default_rng(seed)
    times = (draw.random((n, len(true))) < 0.3).astype(float)
    return times, (draw.random(n) < expit(-2 + times @ true)).astype(float)


def learn(n, *, penalty, task=TASK, seed=0, true=TRUE):
    times, outcome = draw(n, seed, true)
    most = compute_most_times(task.book)
    fit = fit_coefficients(task, times, outcome, most_times=most, penalty=penalty)
    return fit, round_points(task, fit, most)


def lose(odds, outcome):
    return float(np.mean(np.logaddexp(0, odds) - outcome * odds))


@pytest.mark.parametrize("penalty", [0.3, 30.0])
def test_the_fit_is_that_of_a_general_optimiser(penalty):
    times, outcome = draw(1500)
    fit = fit_coefficients(TASK, times, outcome, most_times=np.ones(8), penalty=penalty)
    weigh = 4 * float((times @ HAND).std()) ** 2

    def objective(values):
        a, s, b = values[0], values[1] / 30, values[2:]
        odds = a + times @ b
        away = penalty * ((b - s * HAND) ** 2).sum() + weigh * s**2
        return (np.logaddexp(0, odds) - outcome * odds).sum() + away / 2

    bounds = [(None, None), (0, None), *[(0, None) if points > 0 else (None, 0) for points in HAND]]
    expected = minimize(objective, np.zeros(10), bounds=bounds, method="SLSQP", options={"maxiter": 2000, "ftol": 1e-13})
    np.testing.assert_allclose(fit.coefficients, expected.x[2:], atol=2e-3)
    assert (fit.intercept, fit.scale) == pytest.approx((expected.x[0], expected.x[1] / 30), abs=2e-3)


def test_without_penalty_and_signs_it_is_plain_logistic_regression():
    times, outcome = draw(4000)
    fit = fit_coefficients(PointsTask(make_book(), signs="free"), times, outcome, most_times=np.ones(8), penalty=1e-9)
    plain = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(times, outcome)
    np.testing.assert_allclose(fit.coefficients, plain.coef_[0], atol=1e-3)


def test_learned_points_recover_the_order_of_the_true_worths():
    _, points = learn(20_000, penalty=1.0)
    assert spearmanr(points, TRUE).statistic > 0.95
    assert spearmanr(HAND, TRUE).statistic < 0.7


def test_they_beat_the_loss_of_the_hand_set_points_on_new_leads():
    _, points = learn(5000, penalty=1.0)
    times, outcome = draw(20_000, seed=1)
    losses = []
    for each in (HAND, points, TRUE):
        total = times @ each
        line = minimize(lambda at, x=total: lose(at[0] + at[1] * x, outcome), [0.0, 0.01], method="BFGS")
        losses.append(line.fun)
    hand, learned, truth = losses
    assert learned < hand - 0.9 * (hand - truth)


@pytest.mark.parametrize("seed", range(5))
def test_few_leads_leave_them_in_the_proportions_they_were_set_in(seed):
    fit, points = learn(200, penalty=100.0, seed=seed)
    assert fit.scale > 0
    np.testing.assert_allclose(fit.coefficients, fit.scale * HAND, atol=0.35)
    assert np.corrcoef(points, HAND)[0, 1] > 0.9
    _, alone = learn(200, penalty=0.3, seed=seed)
    assert np.corrcoef(alone, HAND)[0, 1] < np.corrcoef(points, HAND)[0, 1]


def test_a_stronger_penalty_is_closer_to_the_hand_set_points():
    away = []
    for penalty in (0.3, 10.0, 300.0):
        fit, _ = learn(2000, penalty=penalty)
        away.append(float(np.abs(fit.coefficients - fit.scale * HAND).sum()))
    assert away[0] > away[1] > away[2]


def test_signs_are_kept_unless_they_are_free():
    wrong = np.where(np.arange(8) == 0, -1.0, TRUE)
    kept, points = learn(10_000, penalty=0.3, true=wrong)
    free, other = learn(10_000, penalty=0.3, true=wrong, task=PointsTask(make_book(), signs="free"))
    assert (kept.coefficients[0], points[0]) == (0, 0)
    assert free.coefficients[0] < -0.8
    assert other[0] < 0


def test_points_are_whole_and_no_lead_can_have_more_than_a_hundred():
    for seed in range(3):
        _, points = learn(3000, penalty=1.0, seed=seed)
        assert (points == np.round(points)).all()
        assert 50 < compute_largest_total(TASK.book, points, np.ones(8)) <= 100


def test_rounding_costs_little():
    fit, points = learn(5000, penalty=1.0)
    times, outcome = draw(20_000, seed=2)
    exact = lose(fit.intercept + times @ fit.coefficients, outcome)
    line = minimize(lambda at: lose(at[0] + at[1] * (times @ points), outcome), [0.0, 0.01], method="BFGS")
    assert line.fun < exact + 0.0005


def test_points_that_nothing_speaks_for_stay_in_proportion():
    times, outcome = draw(500)
    fit = fit_coefficients(TASK, np.zeros_like(times), outcome, most_times=np.ones(8), penalty=10.0)
    np.testing.assert_allclose(fit.coefficients, 0, atol=1e-6)
    points = round_points(TASK, fit, np.ones(8))
    assert points.tolist() == [34, 26, 17, 8, 8, 4, -8, -26]  # of 115 points in all, cut to 100


def test_a_rule_that_never_fires_keeps_its_part_of_the_hand_set_points():
    times, outcome = draw(5000)
    times[:, 2] = 0
    fit = fit_coefficients(TASK, times, outcome, most_times=np.ones(8), penalty=1.0)
    assert fit.coefficients[2] == pytest.approx(fit.scale * HAND[2], rel=0.01)


def test_leads_of_one_outcome_give_finite_points():
    times, _ = draw(50)
    fit = fit_coefficients(TASK, times, np.zeros(50), most_times=np.ones(8), penalty=10.0)
    assert np.isfinite(fit.coefficients).all()


EACH = parse_rule_book(
    "name='x'\ngate=1\n[[rules]]\nname='A'\nevent='a'\npoints=10\n"
    "[[rules]]\nname='B'\nevent='b'\npoints=5\nper_event=true\ncap=10",
    "x.toml",
)


def test_more_times_count_where_that_is_clearly_better():
    draw = np.random.default_rng(0)
    times = draw.poisson(2.0, (8000, 2)).astype(float)
    outcome = (draw.random(8000) < expit(-3 + 0.8 * np.minimum(times[:, 0], 3) + 0.5 * np.minimum(times[:, 1], 2))).astype(float)
    assert choose_most_times(PointsTask(EACH), times, outcome, penalty=100.0).tolist() == [3, 2]


def test_on_noise_the_numbers_stay_as_set():
    draw = np.random.default_rng(1)
    times, changed = draw.poisson(2.0, (300, 2)).astype(float), 0
    for _ in range(50):
        outcome = (draw.random(300) < 0.2).astype(float)
        changed += choose_most_times(PointsTask(EACH), times, outcome, penalty=100.0).tolist() != [1, 2]
    assert changed <= 2


def test_the_most_of_the_shipped_book_by_hand():
    book = load_rule_book("b2b", None)
    # title 20 + department 10, size 20, industry 20, country 10, pricing 40, demo page 30, downloads 5 + 20, clicks 15 + 5,
    # webinars 20, visits 10, requests 60 + 60
    assert compute_largest_total(book, [rule.points for rule in book.rules], compute_most_times(book)) == 345


def test_a_total_counts_each_rule_up_to_its_most():
    times = np.array([[2.0, 5.0], [np.nan, 0.5]])
    assert sum_points([10, -3], [1, 2], times).tolist() == [4.0, -1.5]
