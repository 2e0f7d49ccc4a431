"""A block: leads as arrays, with what was known of them at a moment."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from predictor.core.errors import TrainingError
from predictor.core.settings import make_settings
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.calibrated_model import fit_recipe
from predictor.model.calibrators import FITS
from predictor.model.calibrators.choose import choose_calibrator
from predictor.model.candidates import CANDIDATES
from predictor.model.choose_candidate import compare_recipes, find_chosen
from predictor.model.eligible import make_rehearsal, rewind, select_candidates
from predictor.model.label import weigh_leads
from predictor.model.pending import Weighing, weigh_known
from predictor.model.sample import Block

OTHERS = [name for name in CANDIDATES if name != "learned_points"]  # which looks at rules: test_learned_points.py
FEATURES = FeatureSet((Feature("n", "N", "N", "number"), Feature("points/total", "Points", "Points", "number")), ())
NEVER = np.inf


def make_block(order, accepted_at=None, outcome=None):
    order = np.asarray(order, dtype=float)
    matrix = np.column_stack([order, order])
    if accepted_at is None:
        return Block(matrix, np.asarray(outcome, dtype=float), order, FEATURES, dated=True)
    accepted_at = np.asarray(accepted_at, dtype=float)
    return Block(matrix, np.isfinite(accepted_at).astype(float), order, FEATURES, dated=True, accepted_at=accepted_at)


def draw_block(n=900, seed=0, horizon=30.0):
    """A lead a quarter of a day; those with a high number are accepted more often, after 8 days on average."""
    draw = np.random.default_rng(seed)
    order, number = np.arange(n) / 4, draw.normal(size=n)
    waited = np.where(draw.random(n) < 1 / (1 + np.exp(1 - 1.5 * number)), draw.exponential(8, n), NEVER)
    accepted_at = order + np.where(waited <= horizon, waited, NEVER)
    matrix, outcome = np.column_stack([number, draw.normal(size=n)]), np.isfinite(accepted_at).astype(float)
    return Block(matrix, outcome, order, FEATURES, dated=True, accepted_at=accepted_at)


def test_what_was_known_at_a_moment():
    # Watched for 10, 10, 6 and 2 days at day 10. By day 1 one of four, 1/4; at day 4 two are at risk, so 1 - 3/4 * 1/2 = 5/8.
    # What one who waits since 2 days counts: odds of 1/3 over odds of 5/3.
    known = make_block([0, 0, 4, 8], [4, NEVER, 5, 11]).as_known(10)
    assert known.outcome.tolist() == [1, 0, 1, 0]
    assert known.accepted_at.tolist() == [4, NEVER, 5, NEVER]
    assert known.weight == pytest.approx([1, 1, 1, 0.2])
    assert known.fewest == pytest.approx(1.2)


def test_an_acceptance_at_the_very_moment_is_known():
    assert make_block([0, 1], [4, NEVER]).as_known(4).outcome.tolist() == [1, 0]


def test_what_is_forgotten_does_not_come_back():
    block = draw_block()
    assert block.as_known(100).as_known(200).outcome.sum() == block.as_known(100).outcome.sum()
    late = replace(block, accepted_at=np.where(block.accepted_at > 100, NEVER, block.accepted_at))
    np.testing.assert_array_equal(late.as_known(100).weight, block.as_known(100).weight)


def test_outcomes_known_for_good_stay_as_they_are():
    block = make_block([0, 4, 8], outcome=[1, 0, 1])
    assert block.as_known(2) is block
    assert (block.weight, block.fewest, block.one_class) == (None, 1, False)


def test_leads_that_are_taken_keep_what_they_count():
    known = draw_block().as_known(230)
    some = np.array([5, 880, 899])
    taken = known.take(some)
    np.testing.assert_array_equal(taken.weight, known.weight[some])
    np.testing.assert_array_equal(taken.accepted_at, known.accepted_at[some])


def test_a_fold_teaches_what_was_known_when_the_leads_it_predicts_began_to_come_in():
    block = draw_block().as_known(230)
    folds = make_rehearsal(block, folds=4, gap=0)
    assert len(folds) == 4
    for seen, predicted in folds:
        begins = block.order[predicted].min()
        taught = rewind(block, (seen, predicted))
        assert taught.order.max() < begins
        assert taught.accepted_at[taught.outcome == 1].max() <= begins
        waited = block.accepted_at[seen] - block.order[seen]
        np.testing.assert_array_equal(taught.weight, weigh_leads(waited, begins - block.order[seen]))


def test_a_fold_needs_enough_of_both_outcomes():
    rare = np.where(np.arange(900) % 300 == 0, 1.0, NEVER)
    block = draw_block()
    assert make_rehearsal(replace(block, accepted_at=block.order + rare).as_known(230), folds=4, gap=0) == []
    plain = replace(block, accepted_at=None)
    assert make_rehearsal(replace(plain, outcome=(rare == 1).astype(float)), folds=4, gap=0) == []
    assert len(make_rehearsal(plain, folds=4, gap=30)) == 4
    assert make_rehearsal(plain, folds=4, gap=300) == []


@pytest.mark.parametrize("name", OTHERS)
def test_a_lead_that_counts_half_twice_counts_as_one(name):
    plain = replace(draw_block(400), accepted_at=None)
    halves = plain.take(np.repeat(np.arange(400), 2))
    if name.startswith("lightgbm"):  # whose smallest leaf counts leads, whatever they count
        halves, weight = plain, np.ones(400)
    else:
        weight = np.full(800, 0.5)
    one, other = (CANDIDATES[name].fit(block, 0) for block in (plain, replace(halves, weight=weight)))
    np.testing.assert_allclose(other.score(plain.matrix), one.score(plain.matrix), atol=1e-4)


@pytest.mark.parametrize("name", OTHERS)
def test_a_lead_that_counts_nothing_teaches_nothing_of_its_outcome(name):
    block = replace(draw_block(), accepted_at=None)
    weight = (np.arange(900) % 3 > 0).astype(float)
    turned = np.where(weight == 0, 1 - block.outcome, block.outcome)
    one, other = (CANDIDATES[name].fit(replace(block, weight=weight, outcome=of), 0) for of in (block.outcome, turned))
    np.testing.assert_allclose(other.score(block.matrix), one.score(block.matrix), atol=1e-9)


@pytest.mark.parametrize("name", ["constant", "points", "logistic"])
def test_weights_reach_model_calibrator_and_choice(name):
    block = draw_block().as_known(230)
    folds = make_rehearsal(block, folds=4, gap=0)
    recipe = fit_recipe(name, block, folds, 0)
    by_hand = [CANDIDATES[name].fit(rewind(block, fold), 0).score(block.matrix[fold[1]]) for fold in folds]
    np.testing.assert_array_equal(recipe.scores, np.concatenate(by_hand))
    judged = block.take(recipe.positions)
    chosen = choose_calibrator(recipe.scores, judged.outcome, weight=judged.weight, order=judged.order)
    kind = "none" if name == "constant" else chosen.kind
    assert recipe.calibrator.to_text() == FITS[kind](recipe.scores, judged.outcome, judged.weight).to_text()
    plain = replace(block, weight=None)
    assert recipe.model.to_text() != CANDIDATES[name].fit(plain, 0).to_text()


def test_the_choice_weighs_the_losses():
    """Two ways to say something: one right about leads that count, the other about those that count next to nothing."""
    block = replace(make_block(np.arange(200), outcome=np.arange(200) % 2), weight=np.repeat([1.0, 0.01], 100))
    bold = np.where(block.outcome == 1, 3.0, -3.0)
    plain = fit_recipe("constant", block, [], 0)
    right, wrong = np.where(np.arange(200) < 100, bold, -bold), np.where(np.arange(200) < 100, -bold, bold)
    recipes = {
        name: replace(plain, name=name, scores=scores, crosswise=expit(scores))
        for name, scores in (("points", wrong), ("logistic", right))
    }
    assert find_chosen(compare_recipes(recipes, block)) == "logistic"
    assert find_chosen(compare_recipes(recipes, replace(block, weight=block.weight[::-1]))) == "points"
    assert find_chosen(compare_recipes(recipes, replace(block, weight=None))) == "points", "neither is better, so the simpler"


# A block that counts by known outcomes


def make_known(block, at=230):
    """The block by inverse probability of censoring, as known at a moment."""
    return replace(block, weighing=Weighing("weight", 30)).as_known(at)


def share(accepted, weight):
    return (weight * accepted).sum() / weight.sum()


def test_a_tie_is_one_though_days_since_1970_are_rounded():
    at, days = 20_000.7, np.array([0.1, 0.2, 0.3])
    block = replace(make_block(at - days, np.full(3, NEVER)), weighing=Weighing("weight", 0.3)).as_known(at)
    assert block.weight.tolist() == [0, 0, 3]


def test_a_block_counts_known_outcomes():
    known = make_known(make_block([0, 0, 20, 35], [4, NEVER, 25, 41]), 40)
    assert known.outcome.tolist() == [1, 0, 1, 0]
    assert known.weight.tolist() == [1, 2, 1, 0]
    assert known.fewest == pytest.approx(2 * 4 / 6)


def test_leads_taken_stand_for_one_another_only():
    """The newest half has fewer known outcomes than all; weighed as before, its early yes would be too many."""
    block = draw_block(40_000)
    block = make_known(replace(block, order=block.order / 40, accepted_at=block.accepted_at - block.order * 39 / 40), 250)
    newest = np.arange(20_000, 40_000)
    taken, true = block.take(newest), draw_block(40_000).outcome[newest].mean()
    of_group = weigh_known(taken.accepted_at - taken.order, 250 - taken.order, horizon_days=30)
    np.testing.assert_array_equal(taken.weight, of_group)
    assert share(taken.outcome, taken.weight) == pytest.approx(true, abs=0.01)
    assert share(block.outcome[newest], block.weight[newest]) > share(taken.outcome, taken.weight) + 0.005


def test_what_is_unknown_is_left_out_of_teaching():
    known = make_known(draw_block())
    assert len(known.teaching) == (known.weight > 0).sum() < len(known)
    assert (known.teaching.weight == known.weight[known.weight > 0]).all()
    odds = draw_block().as_known(230)
    assert odds.teaching is odds
    plain = replace(draw_block(), accepted_at=None)
    assert plain.teaching is plain


@pytest.mark.parametrize("name", OTHERS)
def test_a_lead_that_counts_nothing_changes_nothing(name):
    """Neither by its outcome nor by its attributes: not the model, the calibrator, the choice or the conversions."""
    block = make_known(draw_block())
    unknown = block.weight == 0
    assert 50 < unknown.sum() < 200
    matrix = np.where(unknown[:, None], 7 + np.arange(900)[:, None], block.matrix)
    other = replace(block, matrix=matrix, accepted_at=np.where(unknown & (block.accepted_at == NEVER), 240, block.accepted_at))
    other = other.as_known(230)
    folds = make_rehearsal(block, folds=4, gap=0)
    one, two = (fit_recipe(name, of, folds, 0) for of in (block, other))
    assert two.model.to_text() == one.model.to_text()
    known = np.flatnonzero(~unknown[one.positions])
    np.testing.assert_array_equal(two.scores[known], one.scores[known])
    assert two.calibrator == one.calibrator


def test_weights_reach_calibrator_choice_and_folds():
    block = make_known(draw_block())
    folds = make_rehearsal(block, folds=4, gap=0)
    assert len(folds) == 4
    recipes = {name: fit_recipe(name, block, folds, 0) for name in ("constant", "logistic")}
    assert find_chosen(compare_recipes(recipes, block)) == "logistic"
    recipe = recipes["logistic"]
    judged = block.take(recipe.positions)
    waited = block.accepted_at[recipe.positions] - judged.order
    expected = weigh_known(waited, 230 - judged.order, horizon_days=30)
    chosen = choose_calibrator(recipe.scores, judged.outcome, weight=expected, order=judged.order)
    assert recipe.calibrator.to_text() == chosen.calibrator.to_text()
    assert recipe.calibrator.n == (judged.weight > 0).sum() < len(judged)


def test_where_only_the_yes_is_known_nothing_is_learned_or_rehearsed():
    block = make_known(draw_block(100), 26)
    assert make_rehearsal(block, folds=4, gap=0) == []
    with pytest.raises(TrainingError, match=r"All \d+ leads of the fit block with a known outcome have the same outcome"):
        select_candidates(block, make_settings().model, rehearsed=False)
