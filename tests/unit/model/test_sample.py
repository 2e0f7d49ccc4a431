"""A block: leads as arrays, with what was known of them at a moment."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from predictor.core.errors import TrainingError
from predictor.core.settings import make_settings
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.calibrated_model import fit_calibrated
from predictor.model.calibrators import FITS
from predictor.model.calibrators.choose import choose_calibrator
from predictor.model.candidates import CANDIDATES
from predictor.model.choose_candidate import compare_candidates, read_chosen
from predictor.model.eligible import select_candidates
from predictor.model.label import compute_odds_weights
from predictor.model.pending import PendingWeights, compute_known_weights
from predictor.model.sample import Sample, make_sample_folds, training_part

OTHERS = [name for name in CANDIDATES if name != "learned_points"]  # which looks at rules: test_learned_points.py
FEATURES = FeatureSet((Feature("n", "N", "N", kind="number"), Feature("points/total", "Points", "Points", kind="number")), ())
NEVER = np.inf


def make_block(order, accepted_at=None, outcome=None):
    order = np.asarray(order, dtype=float)
    matrix = np.column_stack([order, order])
    if accepted_at is None:
        return Sample(matrix, np.asarray(outcome, dtype=float), order, features=FEATURES, dated=True)
    accepted_at = np.asarray(accepted_at, dtype=float)
    return Sample(matrix, np.isfinite(accepted_at).astype(float), order, features=FEATURES, dated=True, accepted_at=accepted_at)


def draw_block(n=900, seed=0, horizon=30.0):
    """A lead a quarter of a day; those with a high number are accepted more often, after 8 days on average."""
    draw = np.random.default_rng(seed)
    order, number = np.arange(n) / 4, draw.normal(size=n)
    waited = np.where(draw.random(n) < 1 / (1 + np.exp(1 - 1.5 * number)), draw.exponential(8, n), NEVER)
    accepted_at = order + np.where(waited <= horizon, waited, NEVER)
    matrix, outcome = np.column_stack([number, draw.normal(size=n)]), np.isfinite(accepted_at).astype(float)
    return Sample(matrix, outcome, order, features=FEATURES, dated=True, accepted_at=accepted_at)


def test_what_was_known_at_a_moment():
    # Watched for 10, 10, 6 and 2 days at day 10. By day 1 one of four, 1/4; at day 4 two are at risk, so 1 - 3/4 * 1/2 = 5/8.
    # What one who waits since 2 days counts: odds of 1/3 over odds of 5/3.
    known = make_block([0, 0, 4, 8], [4, NEVER, 5, 11]).as_known_at(10)
    assert known.outcome.tolist() == [1, 0, 1, 0]
    assert known.accepted_at.tolist() == [4, NEVER, 5, NEVER]
    assert known.weight == pytest.approx([1, 1, 1, 0.2])
    assert known.fewest == pytest.approx(1.2)


def test_an_acceptance_at_the_very_moment_is_known():
    assert make_block([0, 1], [4, NEVER]).as_known_at(4).outcome.tolist() == [1, 0]


def test_what_is_forgotten_does_not_come_back():
    sample = draw_block()
    assert sample.as_known_at(100).as_known_at(200).outcome.sum() == sample.as_known_at(100).outcome.sum()
    late = replace(sample, accepted_at=np.where(sample.accepted_at > 100, NEVER, sample.accepted_at))
    np.testing.assert_array_equal(late.as_known_at(100).weight, sample.as_known_at(100).weight)


def test_outcomes_known_for_good_stay_as_they_are():
    sample = make_block([0, 4, 8], outcome=[1, 0, 1])
    assert sample.as_known_at(2) is sample
    assert (sample.weight, sample.fewest, sample.one_class) == (None, 1, False)


def test_leads_that_are_taken_keep_what_they_count():
    known = draw_block().as_known_at(230)
    some = np.array([5, 880, 899])
    taken = known.take(some)
    np.testing.assert_array_equal(taken.weight, known.weight[some])
    np.testing.assert_array_equal(taken.accepted_at, known.accepted_at[some])


def test_a_fold_teaches_what_was_known_when_the_leads_it_predicts_began_to_come_in():
    sample = draw_block().as_known_at(230)
    folds = make_sample_folds(sample, folds=4, gap=0)
    assert len(folds) == 4
    for seen, predicted in folds:
        begins = sample.order[predicted].min()
        part = training_part(sample, (seen, predicted))
        assert part.order.max() < begins
        assert part.accepted_at[part.outcome == 1].max() <= begins
        waited = sample.accepted_at[seen] - sample.order[seen]
        np.testing.assert_array_equal(part.weight, compute_odds_weights(waited, begins - sample.order[seen]))


def test_a_fold_needs_enough_of_both_outcomes():
    rare = np.where(np.arange(900) % 300 == 0, 1.0, NEVER)
    sample = draw_block()
    assert make_sample_folds(replace(sample, accepted_at=sample.order + rare).as_known_at(230), folds=4, gap=0) == []
    plain = replace(sample, accepted_at=None)
    assert make_sample_folds(replace(plain, outcome=(rare == 1).astype(float)), folds=4, gap=0) == []
    assert len(make_sample_folds(plain, folds=4, gap=30)) == 4
    assert make_sample_folds(plain, folds=4, gap=300) == []


@pytest.mark.parametrize(("every", "with_points", "folds"), [(30, False, 0), (18, False, 4), (18, True, 0), (9, True, 4)])
def test_folds_need_some_accepted_leads_and_more_beside_points(every, with_points, folds):
    """With points there is something to serve without folds, so that these must judge well to replace it."""
    rare = np.where(np.arange(900) % every == 0, 1.0, NEVER)
    block = draw_block()
    sample = replace(block, accepted_at=block.order + rare, outcome=(rare == 1).astype(float))
    other = FeatureSet((FEATURES.features[0], Feature("m", "M", "M", kind="number")), ())
    sample = replace(sample, features=FEATURES if with_points else other).as_known_at(230)
    assert (sample.points_column is not None) == with_points
    assert len(make_sample_folds(sample, folds=4, gap=0)) == folds


@pytest.mark.parametrize("name", OTHERS)
def test_a_lead_that_counts_half_twice_counts_as_one(name):
    plain = replace(draw_block(400), accepted_at=None)
    halves = plain.take(np.repeat(np.arange(400), 2))
    if name.startswith(("lightgbm", "blend")):  # whose smallest leaf counts leads, whatever they count
        halves, weight = plain, np.ones(400)
    else:
        weight = np.full(800, 0.5)
    one, other = (CANDIDATES[name].fit(sample, 0) for sample in (plain, replace(halves, weight=weight)))
    np.testing.assert_allclose(other.score(plain.matrix), one.score(plain.matrix), atol=1e-4)


@pytest.mark.parametrize("name", OTHERS)
def test_a_lead_that_counts_nothing_teaches_nothing_of_its_outcome(name):
    sample = replace(draw_block(), accepted_at=None)
    weight = (np.arange(900) % 3 > 0).astype(float)
    turned = np.where(weight == 0, 1 - sample.outcome, sample.outcome)
    one, other = (CANDIDATES[name].fit(replace(sample, weight=weight, outcome=of), 0) for of in (sample.outcome, turned))
    np.testing.assert_allclose(other.score(sample.matrix), one.score(sample.matrix), atol=1e-9)


@pytest.mark.parametrize("name", ["constant", "points", "logistic"])
def test_weights_reach_model_calibrator_and_choice(name):
    sample = draw_block().as_known_at(230)
    folds = make_sample_folds(sample, folds=4, gap=0)
    calibrated = fit_calibrated(name, sample, folds, 0)
    by_hand = [CANDIDATES[name].fit(training_part(sample, fold), 0).score(sample.matrix[fold[1]]) for fold in folds]
    np.testing.assert_array_equal(calibrated.scores, np.concatenate(by_hand))
    judged = sample.take(calibrated.positions)
    chosen = choose_calibrator(calibrated.scores, judged.outcome, weight=judged.weight, order=judged.order)
    kind = "none" if name == "constant" else chosen.kind
    assert calibrated.calibrator.to_text() == FITS[kind](calibrated.scores, judged.outcome, judged.weight).to_text()
    plain = replace(sample, weight=None)
    assert calibrated.model.to_text() != CANDIDATES[name].fit(plain, 0).to_text()


def test_the_choice_weighs_the_losses():
    """Two ways to say something: one right about leads that count, the other about those that count next to nothing."""
    sample = replace(make_block(np.arange(200), outcome=np.arange(200) % 2), weight=np.repeat([1.0, 0.01], 100))
    bold = np.where(sample.outcome == 1, 3.0, -3.0)
    plain = fit_calibrated("constant", sample, [], 0)
    right, wrong = np.where(np.arange(200) < 100, bold, -bold), np.where(np.arange(200) < 100, -bold, bold)
    models = {
        name: replace(plain, name=name, scores=scores, out_of_fold=expit(scores))
        for name, scores in (("constant", wrong), ("points", right))
    }
    assert read_chosen(compare_candidates(models, sample)) == "points"
    assert read_chosen(compare_candidates(models, replace(sample, weight=sample.weight[::-1]))) == "constant"
    assert read_chosen(compare_candidates(models, replace(sample, weight=None))) == "constant", (
        "neither is better, so the simpler"
    )


# A block that counts by known outcomes


def make_known(sample, at=230):
    """The block by inverse probability of censoring, as known at a moment."""
    return replace(sample, pending_weights=PendingWeights("weight", 30)).as_known_at(at)


def share(accepted, weight):
    return (weight * accepted).sum() / weight.sum()


def test_a_tie_is_one_though_days_since_1970_are_rounded():
    at, days = 20_000.7, np.array([0.1, 0.2, 0.3])
    sample = replace(make_block(at - days, np.full(3, NEVER)), pending_weights=PendingWeights("weight", 0.3)).as_known_at(at)
    assert sample.weight.tolist() == [0, 0, 3]


def test_a_block_counts_known_outcomes():
    known = make_known(make_block([0, 0, 20, 35], [4, NEVER, 25, 41]), 40)
    assert known.outcome.tolist() == [1, 0, 1, 0]
    assert known.weight.tolist() == [1, 2, 1, 0]
    assert known.fewest == pytest.approx(2 * 4 / 6)


def test_leads_taken_stand_for_one_another_only():
    """The newest half has fewer known outcomes than all; weighed as before, its early yes would be too many."""
    sample = draw_block(40_000)
    sample = make_known(replace(sample, order=sample.order / 40, accepted_at=sample.accepted_at - sample.order * 39 / 40), 250)
    newest = np.arange(20_000, 40_000)
    taken, true = sample.take(newest), draw_block(40_000).outcome[newest].mean()
    of_group = compute_known_weights(taken.accepted_at - taken.order, 250 - taken.order, horizon_days=30)
    np.testing.assert_array_equal(taken.weight, of_group)
    assert share(taken.outcome, taken.weight) == pytest.approx(true, abs=0.01)
    assert share(sample.outcome[newest], sample.weight[newest]) > share(taken.outcome, taken.weight) + 0.005


def test_what_is_unknown_is_left_out_of_teaching():
    known = make_known(draw_block())
    assert len(known.training) == (known.weight > 0).sum() < len(known)
    assert (known.training.weight == known.weight[known.weight > 0]).all()
    odds = draw_block().as_known_at(230)
    assert odds.training is odds
    plain = replace(draw_block(), accepted_at=None)
    assert plain.training is plain


@pytest.mark.parametrize("name", OTHERS)
def test_a_lead_that_counts_nothing_changes_nothing(name):
    """Neither by its outcome nor by its attributes: not the model, the calibrator, the choice or the conversions."""
    sample = make_known(draw_block())
    unknown = sample.weight == 0
    assert 50 < unknown.sum() < 200
    matrix = np.where(unknown[:, None], 7 + np.arange(900)[:, None], sample.matrix)
    other = replace(sample, matrix=matrix, accepted_at=np.where(unknown & (sample.accepted_at == NEVER), 240, sample.accepted_at))
    other = other.as_known_at(230)
    folds = make_sample_folds(sample, folds=4, gap=0)
    one, two = (fit_calibrated(name, of, folds, 0) for of in (sample, other))
    assert two.model.to_text() == one.model.to_text()
    known = np.flatnonzero(~unknown[one.positions])
    np.testing.assert_array_equal(two.scores[known], one.scores[known])
    assert two.calibrator == one.calibrator


def test_weights_reach_calibrator_choice_and_folds():
    sample = make_known(draw_block())
    folds = make_sample_folds(sample, folds=4, gap=0)
    assert len(folds) == 4
    models = {name: fit_calibrated(name, sample, folds, 0) for name in ("constant", "logistic")}
    assert read_chosen(compare_candidates(models, sample)) == "logistic"
    calibrated = models["logistic"]
    judged = sample.take(calibrated.positions)
    waited = sample.accepted_at[calibrated.positions] - judged.order
    expected = compute_known_weights(waited, 230 - judged.order, horizon_days=30)
    chosen = choose_calibrator(calibrated.scores, judged.outcome, weight=expected, order=judged.order)
    assert calibrated.calibrator.to_text() == chosen.calibrator.to_text()
    assert calibrated.calibrator.n == (judged.weight > 0).sum() < len(judged)


def test_where_only_acceptances_are_known_there_are_no_folds_and_nothing_is_learned():
    sample = make_known(draw_block(100), 26)
    assert make_sample_folds(sample, folds=4, gap=0) == []
    with pytest.raises(TrainingError, match=r"All \d+ training leads with a known outcome have the same outcome"):
        select_candidates(sample, make_settings().model, has_folds=False)
