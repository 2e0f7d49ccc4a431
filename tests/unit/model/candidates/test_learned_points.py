"""The candidate that learns points: as a model, close to the hand-set points on few leads, and as a book with its gate."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import spearmanr
from sklearn.metrics import log_loss

from predictor.core.errors import TrainingError
from predictor.core.settings import make_settings
from predictor.data.leads import RULES_PREFIX
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.calibrated_model import fit_calibrated
from predictor.model.candidates.baselines import fit_line
from predictor.model.candidates.learned_points import PENALTIES, LearnedPoints
from predictor.model.explain_points import choose_points_gate, compute_fitted_rules, write_points_book
from predictor.model.pending import PendingWeights
from predictor.model.sample import Sample, make_sample_folds
from predictor.points.fit_points import PointsTask, sum_points
from predictor.points.rounding import compute_largest_total
from predictor.points.rulebook import parse_rule_book

HAND = np.array([40.0, 30.0, 20.0, 10.0, 10.0, -20.0])
TRUE = np.array([0.3, 0.5, 1.8, 1.2, 0.0, -1.5])
RULES_TEXT = "".join(
    f"[[rules]]\nname='R{n}'\nevent='e{n}'\npoints={points:g}\n" + ("qualifies=true\n" if n == 0 else "")
    for n, points in enumerate(HAND)
)
TASK = PointsTask(parse_rule_book(f"name='x'\ngate=60\n{RULES_TEXT}", "x.toml"))
FEATURES = FeatureSet(
    (*(Feature(f"{RULES_PREFIX}R{n}", f"R{n}", f"R{n}", kind="number") for n in range(6)), Feature("n", "N", "N", kind="number")),
    (),
)


def draw_block(n, seed=0, true=TRUE):
    draw = np.random.default_rng(seed)
    matrix = np.column_stack([draw.random((n, 6)) < 0.3, draw.normal(size=n)]).astype(float)
    outcome = (draw.random(n) < expit(-2.2 + matrix[:, :6] @ true)).astype(float)
    return Sample(matrix, outcome, np.arange(n) / 10, features=FEATURES, dated=True, points_task=TASK)


BLOCK = draw_block(4000)
MODEL = LearnedPoints.fit(BLOCK, 0)


def score_by_hand(sample, other):
    """The line through the hand-set points."""
    total, new = sample.matrix[:, :6] @ HAND, other.matrix[:, :6] @ HAND
    mean, intercept, slope = fit_line(total, sample, base=0.0)
    return intercept + slope * (new - mean)


def test_order_of_the_true_worths_and_a_lower_loss_than_the_hand_set_points():
    new = draw_block(20_000, 1)
    truth = log_loss(new.outcome, expit(-2.2 + new.matrix[:, :6] @ TRUE))
    learned, hand = (log_loss(new.outcome, expit(score)) for score in (MODEL.score(new.matrix), score_by_hand(BLOCK, new)))
    assert spearmanr(MODEL.points, TRUE).statistic > 0.9
    assert learned - truth < 0.1 * (hand - truth)


@pytest.mark.parametrize("seed", range(4))
def test_two_hundred_leads_stay_close_to_the_hand_set_points(seed):
    right = 0.05 * HAND  # the hand-set points are right: nothing is to be gained by leaving them
    sample, new = draw_block(200, seed, right), draw_block(20_000, 100 + seed, right)
    model = LearnedPoints.fit(sample, 0)
    assert np.corrcoef(model.points, HAND)[0, 1] > 0.9
    learned, hand = (log_loss(new.outcome, expit(score)) for score in (model.score(new.matrix), score_by_hand(sample, new)))
    assert learned < hand + 0.02


def test_the_penalty_falls_with_what_there_is_to_learn_from():
    assert LearnedPoints.fit(draw_block(150), 0).penalty > MODEL.penalty
    assert LearnedPoints.fit(draw_block(40, 3), 0).penalty in PENALTIES


def test_the_score_is_the_line_through_whole_points():
    total = sum_points(MODEL.points, MODEL.most, BLOCK.matrix[:, :6])
    np.testing.assert_array_equal(MODEL.total(BLOCK.matrix), total)
    np.testing.assert_allclose(MODEL.score(BLOCK.matrix), MODEL.intercept + MODEL.slope * (total - MODEL.mean))
    assert all(isinstance(points, int) for points in MODEL.points)
    assert compute_largest_total(TASK.book, MODEL.points, np.array(MODEL.most)) <= 100


def test_parts_add_up_and_a_row_alone_scores_as_in_the_table():
    parts = MODEL.contribute(BLOCK.matrix)
    assert parts.shape == (4000, 8)
    assert (parts[:, 6] == 0).all(), "no rule"
    np.testing.assert_allclose(parts.sum(axis=1), MODEL.score(BLOCK.matrix), atol=1e-12)
    np.testing.assert_array_equal([MODEL.score(row[None])[0] for row in BLOCK.matrix[:20]], MODEL.score(BLOCK.matrix)[:20])


def test_read_back_it_is_the_same_and_learning_again_gives_the_same_text():
    again = LearnedPoints.from_text(MODEL.to_text())
    assert again == MODEL
    assert LearnedPoints.fit(draw_block(4000), 3).to_text() == MODEL.to_text()


def test_a_count_that_is_missing_is_none():
    row = np.full((1, 7), np.nan)
    np.testing.assert_array_equal(MODEL.score(row), MODEL.score(np.zeros((1, 7))))


def test_a_lead_that_counts_nothing_teaches_nothing_of_its_outcome():
    weight = (np.arange(4000) % 3 > 0).astype(float)
    turned = np.where(weight == 0, 1 - BLOCK.outcome, BLOCK.outcome)
    one, other = (LearnedPoints.fit(replace(BLOCK, weight=weight, outcome=of), 0) for of in (BLOCK.outcome, turned))
    assert one.points == other.points
    np.testing.assert_allclose(one.worth, other.worth, atol=1e-9)


def test_where_only_known_outcomes_count_the_others_change_nothing():
    weight = (np.arange(4000) % 3 > 0).astype(float)
    pending_weights = PendingWeights("weight", 30)
    sample = replace(BLOCK, weight=weight, pending_weights=pending_weights)
    other = replace(sample, matrix=np.where(weight[:, None] == 0, 5.0, BLOCK.matrix))
    assert LearnedPoints.fit(sample, 0).to_text() == LearnedPoints.fit(other, 0).to_text()


def test_without_a_rule_book_it_is_refused():
    with pytest.raises(TrainingError, match=r"Candidate 'learned_points' needs a rule book: name one in points.rule_book"):
        LearnedPoints.fit(replace(BLOCK, points_task=None), 0)
    with pytest.raises(TrainingError, match="needs a rule book"):
        LearnedPoints.fit(replace(BLOCK, features=FeatureSet(FEATURES.features[1:], ())), 0)


# As a book


def test_the_gate_meets_the_band_on_new_leads():
    calibrated = fit_calibrated("learned_points", BLOCK, make_sample_folds(BLOCK, folds=4, gap=0), 0)
    settings = make_settings({"threshold": {"band": [0.30, 0.45]}}).threshold
    gate = choose_points_gate(calibrated, BLOCK, TASK, settings)
    new = draw_block(20_000, 5)
    routed = (calibrated.model.total(new.matrix) >= gate) | (new.matrix[:, 0] > 0)  # the first rule qualifies by itself
    assert 0.29 <= new.outcome[routed].mean() <= 0.45
    book = parse_rule_book(write_points_book(calibrated, BLOCK, TASK, settings), "learned")
    assert book.gate == gate
    assert [rule.points for rule in book.rules] == list(calibrated.model.points)
    assert book.rules[0].qualifies


def test_every_change_is_justified_with_its_numbers():
    table = compute_fitted_rules(MODEL, BLOCK, TASK).set_index("rule")
    row = table.loc["R2"]
    fired = BLOCK.matrix[:, 2] > 0
    assert row["fired"] == fired.sum()
    assert row["conversion_with"] == pytest.approx(BLOCK.outcome[fired].mean())
    assert row["conversion_without"] == pytest.approx(BLOCK.outcome[~fired].mean())
    assert row["odds_low"] < np.exp(TRUE[2]) < row["odds_high"]
    assert row["changed"]
    assert row["why"].startswith(
        f"Set to 20, which is {row['hand_scaled']:.1f} on this scale; learned {row['points']}. Fired for"
    )
    assert f"of the others {100 * row['conversion_without']:.0f} %" in row["why"]


def test_a_rule_of_the_wrong_sign_is_held_at_nothing_and_says_so():
    true = np.array([0.3, 0.5, 1.8, 1.2, -0.9, 0.05])
    sample = draw_block(4000, 2, true)
    rules = compute_fitted_rules(LearnedPoints.fit(sample, 0), sample, TASK).set_index("rule")
    assert rules.loc["R4", "points"] == 0
    assert rules.loc["R4", "why"].endswith(
        "With all other rules equal, its sign would change; signs are kept, so it gets no points."
    )
    freed = replace(TASK, signs="free")
    free = replace(sample, points_task=freed)
    turned = compute_fitted_rules(LearnedPoints.fit(free, 0), free, freed).set_index("rule")
    assert turned.loc["R4", "points"] < 0
    assert "the other sign" not in turned.loc["R4", "why"]


def test_a_rule_that_never_fires_says_so():
    silent = replace(BLOCK, matrix=np.where(np.arange(7) == 3, 0.0, BLOCK.matrix))
    table = compute_fitted_rules(LearnedPoints.fit(silent, 0), silent, TASK).set_index("rule")
    assert table.loc["R3", "why"].endswith("It never fired, so only the points set by hand support it.")
    assert np.isnan(table.loc["R3", "conversion_with"])
    assert table.loc["R3", "points"] > 0
