"""The ways to learn: against scikit-learn by hand, and each the same when read back from its text."""

import json

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from predictor.core.errors import TrainingError
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.candidates import CANDIDATES
from predictor.model.candidates.baselines import Constant, Points, base_log_odds
from predictor.model.sample import Sample

GROWN = ("lightgbm", "lightgbm_on_points", "blend")
OTHERS = [name for name in CANDIDATES if name != "learned_points"]  # which looks at rules: test_learned_points.py
FEATURES = FeatureSet(
    (
        Feature("industry", "Industry", "Industry", kind="category", categories=("software", "retail")),
        Feature("employees", "Employees", "Employees", kind="number"),
        Feature("points/total", "Points", "Points", kind="number"),
        Feature("founded", "Founded", "Founded", kind="days_since"),
    ),
    (),
)


def draw_block(n=600, seed=0, *, missing=True):
    draw = np.random.default_rng(seed)
    industry, employees = draw.integers(0, 3, n).astype(float), draw.lognormal(4, 2, n)
    points, founded = draw.integers(-20, 80, n).astype(float), draw.uniform(0, 9000, n)
    matrix = np.column_stack([industry, employees, points, founded])
    outcome = (draw.random(n) < expit(-2 + 1.5 * (industry == 0) + 0.03 * points)).astype(float)
    if missing:
        matrix[draw.random((n, 4)) < 0.1] = np.nan
    return Sample(matrix, outcome, np.arange(n, dtype=float), features=FEATURES, dated=True)


BLOCK = draw_block()
ODD = np.array([[np.nan] * 4, [2.0, 0.0, -1e9, 0.0], [0.0, 1e300, 1e9, 1e6], [1.0, -5.0, 0.0, np.nan]])


def test_order_is_from_the_simplest_to_the_richest():
    assert list(CANDIDATES) == [
        "constant",
        "points",
        "learned_points",
        "odoo_pls",
        "logistic",
        "lightgbm",
        "lightgbm_on_points",
        "blend",
    ]


@pytest.mark.parametrize("name", OTHERS)
def test_read_back_it_scores_the_same_to_the_last_bit(name):
    model = CANDIDATES[name].fit(BLOCK, 0)
    text = model.to_text()
    again = CANDIDATES[name].from_text(text)
    for matrix in (BLOCK.matrix, ODD, BLOCK.matrix[:0]):
        if len(matrix) or name not in GROWN:  # which takes no empty matrix
            np.testing.assert_array_equal(again.score(matrix), model.score(matrix))
            np.testing.assert_array_equal(again.contribute(matrix), model.contribute(matrix))
    assert CANDIDATES[name].from_text(again.to_text()).to_text() == again.to_text()
    assert model.file == ("model.txt" if name == "lightgbm" else "model.json")


@pytest.mark.parametrize("name", OTHERS)
def test_parts_add_up_to_the_score_and_a_row_alone_scores_as_in_the_table(name):
    model = CANDIDATES[name].fit(BLOCK, 0)
    whole, parts = model.score(BLOCK.matrix), model.contribute(BLOCK.matrix)
    assert parts.shape == (600, 5)
    np.testing.assert_allclose(parts.sum(axis=1), whole, rtol=0, atol=1e-9)
    np.testing.assert_array_equal([model.score(row[None])[0] for row in BLOCK.matrix[:20]], whole[:20])
    np.testing.assert_array_equal(model.score(BLOCK.matrix[::-1]), whole[::-1])
    assert np.isfinite(model.score(ODD)).all()


@pytest.mark.parametrize("name", OTHERS)
def test_learning_again_gives_the_same_text(name):
    assert CANDIDATES[name].fit(BLOCK, 7).to_text() == CANDIDATES[name].fit(draw_block(), 7).to_text()


# The base rate and the points


def test_base_rate_drawn_in_by_half_a_lead():
    assert base_log_odds(np.array([1.0, 0.0, 0.0])) == pytest.approx(logit(1.5 / 4))
    assert base_log_odds(np.ones(9)) == pytest.approx(logit(9.5 / 10))
    constant = Constant.fit(BLOCK, 0)
    assert set(constant.score(ODD)) == {base_log_odds(BLOCK.outcome)}


def test_points_are_a_line_drawn_in_a_little():
    held = ~np.isnan(BLOCK.matrix[:, 2])
    points = BLOCK.matrix[held][:, [2]]
    scaled = (points - points.mean()) / points.std()
    line = LogisticRegression(C=0.25, tol=1e-10, max_iter=1000).fit(scaled, BLOCK.outcome[held])
    model = Points.fit(BLOCK, 0)
    np.testing.assert_allclose(model.score(BLOCK.matrix)[held], line.decision_function(scaled), atol=2e-3)
    assert set(model.score(BLOCK.matrix)[~held]) == {base_log_odds(BLOCK.outcome[~held])}


def points_block(points, outcome):
    matrix = np.full((len(points), 4), np.nan)
    matrix[:, 2] = points
    return Sample(matrix, np.array(outcome, dtype=float), np.arange(len(points), dtype=float), features=FEATURES, dated=True)


@pytest.mark.parametrize(
    ("points", "outcome"),
    [
        ([5.0] * 6, [0, 1, 0, 0, 1, 0]),
        ([np.nan] * 6, [0, 1, 0, 0, 1, 0]),
        ([1.0, 2.0, 3.0, np.nan, np.nan, np.nan], [1, 1, 1, 0, 0, 0]),
    ],
)
def test_points_that_tell_nothing_give_a_rate(points, outcome):
    model = Points.fit(points_block(points, outcome), 0)
    assert model.slope == 0
    assert model.score(ODD)[1] == base_log_odds(np.array(outcome, dtype=float))


def test_points_that_tell_all_stay_finite():
    model = Points.fit(points_block([*range(20)], [0] * 10 + [1] * 10), 0)
    assert np.isfinite(model.score(ODD)).all()
    assert model.slope > 0


def test_points_that_mislead_keep_their_sign():
    assert Points.fit(points_block([*range(20)], [1] * 9 + [0, 1] + [0] * 9), 0).slope < 0


def test_no_points_are_refused():
    features = FeatureSet(FEATURES.features[:2], ())
    sample = Sample(BLOCK.matrix[:, :2], BLOCK.outcome, BLOCK.order, features=features, dated=True)
    with pytest.raises(TrainingError, match=r"Candidate 'points' needs points: name a rule book in points.rule_book, or"):
        Points.fit(sample, 0)


# Logistic regression


def squeeze(values):
    return np.sign(values) * np.log1p(np.abs(values))


PLAIN = [1, 2, 3]  # numbers with more than two values


def hold_within(values):
    """Each column within the ends of its middle 98 %."""
    low, high = np.nanquantile(values, [0.01, 0.99], axis=0, method="nearest")
    return np.clip(values, low, high)


def test_logistic_is_the_pipeline_by_hand():
    sample = draw_block(missing=False)
    numbers = make_pipeline(FunctionTransformer(squeeze), StandardScaler())
    plain = make_pipeline(FunctionTransformer(hold_within), StandardScaler())
    design = ColumnTransformer([("industry", OneHotEncoder(), [0]), ("numbers", numbers, [1, 2, 3]), ("plain", plain, PLAIN)])
    pipeline = make_pipeline(design, LogisticRegression(C=0.3, tol=1e-10, max_iter=10_000))
    pipeline.fit(sample.matrix, sample.outcome)
    model = CANDIDATES["logistic"].fit(sample, 0)
    np.testing.assert_allclose(model.score(sample.matrix), pipeline.decision_function(sample.matrix), atol=2e-3)


def test_logistic_with_missing_values_is_the_pipeline_by_hand():
    def build(matrix):
        columns = [matrix[:, 0] == 0, matrix[:, 0] == 1, matrix[:, 0] == 2, np.isnan(matrix[:, 0])]
        for position in (1, 2, 3):
            values = squeeze(BLOCK.matrix[:, position])
            standard = (squeeze(matrix[:, position]) - np.nanmean(values)) / np.nanstd(values)
            columns += [np.nan_to_num(standard), np.isnan(matrix[:, position])]
        for position in PLAIN:
            values = hold_within(matrix[:, position])  # of the block, as it is asked about itself alone
            columns.append(np.nan_to_num((values - np.nanmean(values)) / np.nanstd(values)))
        return np.column_stack(columns).astype(float)

    line = LogisticRegression(C=0.3, tol=1e-10, max_iter=10_000).fit(build(BLOCK.matrix), BLOCK.outcome)
    model = CANDIDATES["logistic"].fit(BLOCK, 0)
    np.testing.assert_allclose(model.score(BLOCK.matrix), line.decision_function(build(BLOCK.matrix)), atol=2e-3)


def test_logistic_text_is_plain_json():
    content = json.loads(CANDIDATES["logistic"].fit(BLOCK, 0).to_text())
    assert set(content) == {"columns", "coefficients", "intercept", "width"}
    assert len(content["columns"]) == len(content["coefficients"]) == 4 + 3 * 3


def test_a_number_of_two_values_or_nearly_always_one_has_no_plain_column():
    matrix = BLOCK.matrix.copy()
    matrix[:, 1], matrix[:, 2] = np.arange(600) % 2, np.arange(600) < 3
    model = CANDIDATES["logistic"].fit(Sample(matrix, BLOCK.outcome, BLOCK.order, features=FEATURES, dated=True), 0)
    assert [column.feature for column in model.columns if column.kind == "plain"] == [3]


def test_a_number_far_outside_moves_the_logistic_no_further_than_the_ends_of_what_it_saw():
    """The plain column; the squeezed one grows with the logarithm alone."""
    model = CANDIDATES["logistic"].fit(BLOCK, 0)
    (plain,) = (column for column in model.columns if column.kind == "plain" and column.feature == 1)
    assert plain.build(np.array([[0.0, 1e300, 0, 0]])) == plain.build(np.array([[0.0, plain.ends[1], 0, 0]]))


def test_logistic_of_separated_leads_stays_finite():
    matrix = BLOCK.matrix.copy()
    matrix[:, 0] = BLOCK.outcome
    model = CANDIDATES["logistic"].fit(Sample(matrix, BLOCK.outcome, BLOCK.order, features=FEATURES, dated=True), 0)
    assert np.isfinite(model.score(ODD)).all()


# Trees


def test_trees_find_the_signal():
    fresh = draw_block(seed=1)
    score = CANDIDATES["lightgbm"].fit(BLOCK, 0).score(fresh.matrix)
    accepted, rejected = score[fresh.outcome == 1], score[fresh.outcome == 0]
    assert (accepted[:, None] > rejected).mean() > 0.7


def test_trees_of_a_newest_part_of_one_class_still_grow():
    outcome = BLOCK.outcome.copy()
    outcome[480:] = 0
    model = CANDIDATES["lightgbm"].fit(Sample(BLOCK.matrix, outcome, BLOCK.order, features=FEATURES, dated=True), 0)
    assert model.booster_.num_trees() == 100
