"""A matrix as people read it: a named column a feature, categories in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature

_OTHER = ("other", "any other", "any other value")  # the first that is no category of the feature itself


def decode_matrix(features: FeatureSet, matrix: np.ndarray) -> pd.DataFrame:
    """The matrix as a frame, one column a feature under its name.

    Categories are categorical, in their most frequent spelling, with all that are rare or new as 'other'. All else is float64: of
    a date the days since, of a member of a set 1 or 0. NaN where missing.

    Args:
        features: What the columns of the matrix are.
        matrix: leads x features, as encoded.

    >>> rank = Feature("rank", "Rank", "Rank", kind="category", categories=("vp",), spellings=("VP",))
    >>> age = Feature("age", "Age", "Age", kind="number")
    >>> decode_matrix(FeatureSet((rank, age), ()), np.array([[0.0, 3.0], [1.0, np.nan], [np.nan, 5.0]]))
        rank  age
    0     VP  3.0
    1  other  NaN
    2    NaN  5.0
    """
    return pd.DataFrame({feature.name: _decode(feature, matrix[:, at]) for at, feature in enumerate(features.features)})


def _decode(feature: Feature, numbers: np.ndarray) -> np.ndarray | pd.Categorical[Any]:
    if feature.kind != "category":
        return numbers
    words = [feature.spell(code) for code in range(len(feature.categories))]
    words.append(next(word for word in _OTHER if word not in words))
    codes = np.where(np.isnan(numbers), -1, numbers).astype(np.intp)
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(words))
