"""The blend of regression and trees: its shares by folds, and the same again when it is fitted again."""

import numpy as np
import pytest

from predictor.core.log_odds import expit
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.calibrated_model import fit_calibrated
from predictor.model.candidates import CANDIDATES
from predictor.model.candidates.blend import SHARES, Blend
from predictor.model.sample import Sample, make_sample_folds
from predictor.model.tune_blend import fit_blend, tune_blend

FEATURES = FeatureSet((Feature("a", "", "", kind="number"), Feature("b", "", "", kind="number")), ())


def draw_sample(shape, n=2400):
    draw = np.random.default_rng(2)
    matrix = draw.normal(size=(n, 2))
    outcome = (draw.random(n) < expit(shape(matrix[:, 0], matrix[:, 1]))).astype(float)
    return Sample(matrix, outcome, np.arange(n, dtype=float), features=FEATURES, dated=False)


def tune(sample):
    folds = make_sample_folds(sample, folds=4, gap=0)
    members = [fit_calibrated(name, sample, folds, 0) for name in ("logistic", "lightgbm")]
    return members, folds, *tune_blend(*members, sample, folds)


@pytest.mark.parametrize(
    ("shape", "share"),
    [(lambda a, b: 2 * a - b, SHARES[0]), (lambda a, b: 3 * np.sign(a * b), SHARES[-1])],
    ids=["line", "product"],
)
def test_the_share_follows_which_of_the_two_fits(shape, share):
    (line, trees), folds, fits, found = tune(draw_sample(shape))
    assert found == share
    blends = [fit(None, 0) for fit in fits]
    assert len(blends) == len(folds) + 1
    assert blends[0].share == 0.5, "nothing is known before the first fold"
    matrix = np.array([[0.5, 1.0], [-1.0, 2.0]])
    by_hand = share * trees.model.score(matrix) + (1 - share) * line.model.score(matrix)
    np.testing.assert_allclose(blends[-1].score(matrix), by_hand, rtol=1e-12)


def test_fitted_anew_in_the_same_ways_it_is_the_same():
    sample = draw_sample(lambda a, b: a + b)
    ways = tuple(CANDIDATES[name].fit for name in ("logistic", "lightgbm"))
    (line, trees), _, fits, share = tune(sample)
    again = fit_blend(sample, 0, fits=ways, share=share)
    np.testing.assert_array_equal(again.score(sample.matrix), fits[-1](sample, 0).score(sample.matrix))
    assert again.to_text() == Blend(line.model, trees.model, share).to_text()


def test_other_models_cannot_be_blended():
    sample = draw_sample(np.add)
    constant = CANDIDATES["constant"].fit
    with pytest.raises(TypeError, match="a blend is of a regression and trees, not of Constant and Constant"):
        fit_blend(sample, 0, fits=(constant, constant), share=0.5)
