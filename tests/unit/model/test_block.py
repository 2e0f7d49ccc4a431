"""A block: leads as arrays, with what was known of them at a moment."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from predictor.features.encode import Feature, FeatureSet
from predictor.model.block import Block
from predictor.model.calibrators import FITS
from predictor.model.calibrators.choose import choose_calibrator
from predictor.model.candidates import CANDIDATES
from predictor.model.label import weigh_leads
from predictor.model.recipe import choose_recipe, fit_recipe
from predictor.model.select import make_rehearsal, rewind

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


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_lead_that_counts_half_twice_counts_as_one(name):
    plain = replace(draw_block(400), accepted_at=None)
    halves = plain.take(np.repeat(np.arange(400), 2))
    if name == "lightgbm":  # whose smallest leaf counts leads, whatever they count
        halves, weight = plain, np.ones(400)
    else:
        weight = np.full(800, 0.5)
    one, other = (CANDIDATES[name].fit(block, 0) for block in (plain, replace(halves, weight=weight)))
    np.testing.assert_allclose(other.score(plain.matrix), one.score(plain.matrix), atol=1e-4)


@pytest.mark.parametrize("name", CANDIDATES)
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
    assert choose_recipe(recipes, block) == "logistic"
    assert choose_recipe(recipes, replace(block, weight=block.weight[::-1])) == "points"
    assert choose_recipe(recipes, replace(block, weight=None)) == "points", "neither is better, so the simpler"
