"""Trees that start from the points: the points again where nothing more can be learned, and what they miss where it can."""

import lightgbm as lgb
import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import log_loss

from predictor.core.errors import TrainingError
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.candidates.baselines import Points
from predictor.model.candidates.lightgbm import Growth, LightGBM
from predictor.model.candidates.lightgbm_on_points import LightGBMOnPoints
from predictor.model.candidates.lightgbm_parameters import set_parameters
from predictor.model.sample import Sample

FEATURES = FeatureSet((Feature("n", "N", "N", kind="number"), Feature("points/total", "Points", "Points", kind="number")), ())


def draw_block(n, seed=0, *, missed=0.0):
    """Leads whose points are worth a slope of 1.2, and who differ by `missed` in what the points do not see."""
    draw = np.random.default_rng(seed)
    matrix = draw.normal(size=(n, 2))
    outcome = (draw.random(n) < expit(-1 + missed * np.abs(matrix[:, 0]) + 1.2 * matrix[:, 1])).astype(float)
    return Sample(matrix, outcome, np.arange(n, dtype=float), features=FEATURES, dated=True)


def test_score_is_the_line_plus_the_trees_that_lightgbm_grows_from_it():
    sample = draw_block(1500, missed=1.5)
    fitted = LightGBMOnPoints.fit_grown(sample, 3, growth=Growth(50, 1500, {"num_leaves": 4}))
    line = Points.fit(sample, 3)
    assert fitted.points == line
    data = lgb.Dataset(sample.matrix, sample.outcome, init_score=line.score(sample.matrix), params={"max_bin": 63, "verbose": -1})
    parameters = set_parameters({"num_leaves": 4}, seed=3, rows=1500)
    by_hand = lgb.train(parameters, data, num_boost_round=fitted.trees.booster_.num_trees())
    expected = line.score(sample.matrix) + by_hand.predict(sample.matrix, raw_score=True)
    np.testing.assert_allclose(fitted.score(sample.matrix), expected, atol=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_where_the_points_say_all_there_is_the_points_are_what_is_left(seed):
    """Few leads, and nothing that the points miss: never clearly worse on new leads than the points, as plain trees are."""
    sample, new = draw_block(250, seed), draw_block(20_000, 100 + seed)
    line, on_points, alone = (kind.fit(sample, 0) for kind in (Points, LightGBMOnPoints, LightGBM))
    losses = [log_loss(new.outcome, expit(model.score(new.matrix))) for model in (line, on_points, alone)]
    assert losses[1] <= losses[0] + 0.01
    assert losses[1] <= losses[2] + 0.002


def test_what_the_points_miss_is_learned():
    sample, new = draw_block(4000, missed=1.5), draw_block(20_000, 1, missed=1.5)
    line, on_points = (log_loss(new.outcome, expit(kind.fit(sample, 0).score(new.matrix))) for kind in (Points, LightGBMOnPoints))
    assert on_points < line - 0.02


def test_without_trees_it_is_the_line():
    sample = draw_block(60, 5)
    one_class_of_late = Sample(
        sample.matrix, np.where(np.arange(60) < 45, sample.outcome, 0.0), sample.order, features=FEATURES, dated=True
    )
    fitted = LightGBMOnPoints.fit(one_class_of_late, 0)
    assert fitted.trees is None
    np.testing.assert_array_equal(fitted.score(sample.matrix), fitted.points.score(sample.matrix))
    np.testing.assert_array_equal(fitted.contribute(sample.matrix), fitted.points.contribute(sample.matrix))
    assert LightGBMOnPoints.from_text(fitted.to_text()) == fitted
    assert fitted.narrow([0]) == fitted


def test_narrowed_it_changes_as_the_whole_does():
    sample = draw_block(1500, missed=1.5)
    fitted = LightGBMOnPoints.fit(sample, 0)
    for column in (0, 1):
        other = sample.matrix.copy()
        other[:, column] = other[::-1, column]
        narrow = fitted.narrow([column])
        np.testing.assert_allclose(
            narrow.score(other) - narrow.score(sample.matrix), fitted.score(other) - fitted.score(sample.matrix), atol=1e-9
        )


def test_no_points_no_start():
    without = FeatureSet((Feature("n", "N", "N", kind="number"), Feature("m", "M", "M", kind="number")), ())
    sample = draw_block(100)
    with pytest.raises(TrainingError, match=r"Candidate 'points' needs points: name a rule book"):
        LightGBMOnPoints.fit(Sample(sample.matrix, sample.outcome, sample.order, features=without, dated=True), 0)
