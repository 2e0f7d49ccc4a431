"""Reasons: the effects on a probability in words, the strongest first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from predictor.answer import Reason
from predictor.features.encode import Feature
from predictor.model.explain import sum_groups


def tell_reasons(effects: np.ndarray, matrix: np.ndarray, features: Sequence[Feature], *, most: int) -> list[tuple[Reason, ...]]:
    """The strongest reasons of each row, strongest first; a group of features is one reason, with the value of its first.

    Args:
        effects: leads x features, in probability.
        matrix: leads x features, as encoded.
        features: What the columns are.
        most: Reasons a row gets at most; what has no effect is none.

    >>> rank = Feature("seniority", "Seniority", "Seniority", "category", ("director",))
    >>> tell_reasons(np.array([[0.09]]), np.array([[0.0]]), [rank], most=3)[0][0].text
    'Seniority director: +9.0 points of probability'
    """
    groups = [feature.group for feature in features]
    names, sums = sum_groups(effects, groups)
    first = [groups.index(name) for name in names]
    strongest = np.argsort(-np.abs(sums), axis=1, kind="stable")[:, :most]
    return [
        tuple(
            _tell(names[at], features[first[at]], float(matrix[row, first[at]]), float(sums[row, at]))
            for at in strongest[row]
            if sums[row, at]
        )
        for row in range(len(matrix))
    ]


def _tell(what: str, feature: Feature, number: float, effect: float) -> Reason:
    if np.isnan(number):
        value = "not known"
    elif feature.kind == "category":
        value = feature.categories[int(number)] if number < len(feature.categories) else "other"
    else:
        value = f"{number:.4g}"
    return Reason(what, value, effect, f"{what} {value}: {100 * effect:+.1f} points of probability")
