"""Made-up leads for the classifiers of a firm: one category, two numbers, days since a date, a tenth of them missing."""

import numpy as np
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier

from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.sample import Sample

FEATURES = FeatureSet(
    (
        Feature("industry", "Industry", "Industry", kind="category", categories=("software", "retail")),
        Feature("employees", "Employees", "Employees", kind="number"),
        Feature("visits", "Visits", "Visits", kind="number"),
        Feature("founded", "Founded", "Founded", kind="days_since"),
    ),
    (),
)


def draw_block(n=300, seed=0):
    draw = np.random.default_rng(seed)
    matrix = np.column_stack(
        [draw.integers(0, 3, n), draw.lognormal(4, 2, n), draw.integers(0, 9, n), draw.uniform(0, 9000, n)]
    ).astype(float)
    outcome = (draw.random(n) < expit(-2 + 1.5 * (matrix[:, 0] == 0) + 0.4 * matrix[:, 2])).astype(float)
    matrix[draw.random((n, 4)) < 0.1] = np.nan
    return Sample(matrix, outcome, np.arange(n, dtype=float), features=FEATURES, dated=True)


BLOCK = draw_block()


def make_boosting(features):
    codes = [at for at, feature in enumerate(features.features) if feature.kind == "category"]
    return HistGradientBoostingClassifier(max_iter=20, categorical_features=codes)
