"""Tuning: the same again, within its budget, and told by no lead that it was tuned on."""

import numpy as np
import pytest
from scipy.special import expit

from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model import tune
from predictor.model.calibrated_model import FitPlan, fit_calibrated
from predictor.model.candidates.lightgbm import Growth, LightGBM
from predictor.model.candidates.lightgbm_parameters import USUAL
from predictor.model.sample import Sample
from predictor.model.split import make_folds
from predictor.model.trees.merge_text import average_texts
from predictor.model.tune import Budget, tune_lightgbm

FEATURES = FeatureSet(
    (
        Feature("n", "N", "N", kind="number"),
        Feature("m", "M", "M", kind="number"),
        Feature("c", "C", "C", kind="category", categories=tuple("abcdefghijkl")),
    ),
    (),
)


def draw_block(n=1200, seed=0):
    draw = np.random.default_rng(seed)
    matrix = np.column_stack([draw.normal(size=(n, 2)), draw.integers(0, 12, n)])
    outcome = (draw.random(n) < expit(-1 + 1.5 * matrix[:, 0] + (matrix[:, 2] % 3 == 0))).astype(float)
    return Sample(matrix, outcome, np.arange(n, dtype=float), features=FEATURES, dated=True)


BLOCK = draw_block()
FOLDS = make_folds(BLOCK.order, folds=3, gap=10)


@pytest.fixture(scope="module")
def searched():
    return tune_lightgbm(BLOCK, FOLDS, seed=0, budget=Budget(4.0))


def test_the_same_search_finds_the_same_trees(searched):
    assert tune_lightgbm(BLOCK, FOLDS, seed=0, budget=Budget(4.0)) == searched
    assert searched.growth.fit(BLOCK, 0).to_text() == searched.growth.fit(BLOCK, 0).to_text()


def test_a_search_finds_nothing_worse_than_the_usual(searched):
    assert searched.tries > 15
    assert searched.loss <= searched.usual
    assert (searched.needed_s, searched.cut_short, searched.findings) == (None, False, ())


def test_no_budget_looks_at_the_usual_trees_alone():
    tuned = tune_lightgbm(BLOCK, FOLDS, seed=0, budget=Budget(0.0))
    assert (tuned.tries, tuned.growth.parameters, tuned.findings) == (1, {}, ())
    assert tuned.loss == tuned.usual


def test_a_budget_too_small_for_a_search_is_told_with_what_would_do():
    small = tune_lightgbm(BLOCK, FOLDS, seed=0, budget=Budget(0.1))
    assert small.tries == 1
    (tip,) = small.findings
    assert (tip.code, tip.severity) == ("TRAIN007", "tip")
    assert tip.do == f"Set model.budget_s to {small.needed_s} or more to search on all."
    whole = tune_lightgbm(BLOCK, FOLDS, seed=0, budget=Budget(float(small.needed_s)))
    assert (whole.tries > 1, whole.share, whole.findings) == (True, 1.0, ())


def test_where_all_leads_are_too_many_the_newest_are_searched_on(monkeypatch):
    needed = tune_lightgbm(BLOCK, FOLDS, seed=0, budget=Budget(0.1)).needed_s
    monkeypatch.setattr(tune, "_FEWEST_TRIES", 40)
    some = tune_lightgbm(BLOCK, FOLDS, seed=0, budget=Budget(1.2 * needed))
    assert some.tries > 10
    assert 0.3 <= some.share < 0.8
    assert some.growth.rows < 0.8 * np.mean([len(seen) for seen, _ in FOLDS])
    (tip,) = some.findings
    assert tip.what.startswith(f"The search for better trees used the newest {100 * some.share:.0f} % of the leads of each fold")


def test_the_clock_ends_a_search_and_that_is_told():
    late = tune_lightgbm(BLOCK, FOLDS, seed=0, budget=Budget(4.0, is_late=lambda: True))
    assert (late.tries, late.cut_short) == (1, True)
    (warning,) = late.findings
    assert (warning.code, warning.severity) == ("TRAIN008", "warning")


def test_progress_grows_from_nothing_to_all():
    shares = []
    tune_lightgbm(BLOCK, FOLDS, seed=0, budget=Budget(4.0, advance=shares.append))
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.2
    assert shares[-1] == 1.0


def test_a_few_outcomes_are_no_ground_for_a_search():
    few = np.zeros(1200)
    few[::15] = 1
    tuned = tune_lightgbm(
        Sample(BLOCK.matrix, few, BLOCK.order, features=FEATURES, dated=True), FOLDS, seed=0, budget=Budget(4.0)
    )
    assert (tuned.tries, tuned.findings) == (1, ())


def test_without_a_fold_there_is_nothing_to_tune_on():
    with pytest.raises(ValueError, match="needs at least one forward fold, but there is none"):
        tune_lightgbm(BLOCK, [], seed=0, budget=Budget(4.0))


def test_how_trees_grew_for_a_fold_was_not_chosen_on_that_fold():
    changed = BLOCK.outcome.copy()
    changed[FOLDS[-1][1]] = 1 - changed[FOLDS[-1][1]]
    other = Sample(BLOCK.matrix, changed, BLOCK.order, features=FEATURES, dated=True)
    one, two = (tune_lightgbm(sample, FOLDS, seed=0, budget=Budget(0.0)) for sample in (BLOCK, other))
    assert one.before[0] is None
    assert one.before == two.before
    assert one.growth != two.growth
    scores = [
        fit_calibrated("lightgbm", sample, FOLDS, 0, plan=FitPlan(tuned.fits["lightgbm"])).scores
        for sample, tuned in ((BLOCK, one), (other, two))
    ]
    np.testing.assert_array_equal(*scores)


# Growth, and the mean of several boosters


def test_the_mean_of_boosters_is_one_model_whose_score_and_parts_are_the_mean():
    alone = [Growth(30, 1200).fit(BLOCK, seed) for seed in (0, 1009, 2018)]
    together = Growth(30, 1200, members=3).fit(BLOCK, 0)
    assert together.booster_.num_trees() == 90
    for wanted in (lambda model: model.score(BLOCK.matrix), lambda model: model.contribute(BLOCK.matrix)):
        np.testing.assert_allclose(wanted(together), np.mean([wanted(model) for model in alone], axis=0), rtol=0, atol=1e-12)
    np.testing.assert_allclose(together.contribute(BLOCK.matrix).sum(axis=1), together.score(BLOCK.matrix), rtol=0, atol=1e-9)
    again = LightGBM.from_text(together.to_text())
    np.testing.assert_array_equal(again.score(BLOCK.matrix), together.score(BLOCK.matrix))
    assert average_texts([alone[0].to_text()] * 2).count("Tree=") == 60


def test_four_times_the_leads_carry_twice_the_trees():
    growth = Growth(40, 300, {"num_leaves": 3})
    assert growth.fit(BLOCK, 0).booster_.num_trees() == 80
    assert growth.fit(BLOCK.take(np.arange(300)), 0).booster_.num_trees() == 40
    assert set(growth.parameters) <= set(USUAL)


def test_more_of_what_may_not_lower_never_does():
    counts = tuple(
        Feature(f"events/demo_requested/{kind}", kind, kind, kind="number") for kind in ("count_7d", "count_ever", "trend")
    )
    features = FeatureSet((*counts, FEATURES.features[0]), (), featured_types=("demo_requested",), windows_days=(7,))
    draw = np.random.default_rng(3)
    matrix = np.column_stack([draw.integers(0, 6, (1200, 3)), draw.normal(size=1200)]).astype(float)
    logit = -0.3 * matrix[:, 0] + np.sin(3 * matrix[:, 1]) - 0.3 * matrix[:, 2] + matrix[:, 3]
    outcome = (draw.random(1200) < expit(logit)).astype(float)
    sample = Sample(matrix, outcome, BLOCK.order, features=features, dated=True)
    free, bound = (
        tune_lightgbm(sample, FOLDS, seed=0, budget=Budget(0.0), monotone=given).growth.fit(sample, 0)
        for given in ((), ("demo_requested",))
    )
    for column in (0, 1, 2):
        more = matrix.copy()
        more[:, column] += 1
        assert (free.score(more) < free.score(matrix) - 0.01).any()
        assert (bound.score(more) >= bound.score(matrix) - 1e-12).all()
    assert (
        len(set(bound.score(np.where(np.arange(4) == 3, matrix, 0.0)))) > 10
    )  # what the constraint does not speak of still tells
