"""Reasons: the effects on a probability in words, the strongest first, each with what the training data show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from predictor.features.feature import Feature
from predictor.model.conversion_by_value import ConversionByValue
from predictor.model.explain import sum_groups
from predictor.scoring.answer import Reason
from predictor.scoring.reason_text import describe_evidence, format_feature_value

Groups = tuple[list[list[int]], np.ndarray]


def compute_reasons(
    effects: np.ndarray,
    row: np.ndarray,
    features: Sequence[Feature],
    *,
    each_way: int,
    evidence: ConversionByValue | None = None,
    groups: Groups | None = None,
) -> tuple[Reason, ...]:
    """What raised the probability of one lead most, and what lowered it most, strongest first; what has no effect is no reason.

    A group of features is one reason. Its value and its evidence are those of the member that has the largest part in it.

    Args:
        effects: (features,) in probability.
        row: (features,) as encoded.
        features: What the columns are.
        each_way: Reasons up at most, and reasons down at most.
        evidence: Of the leads that taught; None for a bundle without.
        groups: What `find_groups` gives for these features; None to look again.

    >>> rank = Feature("seniority", "Seniority", "Seniority", "category", ("director",), ("Director",))
    >>> age = Feature("age", "Age", "Age", "number")
    >>> for reason in compute_reasons(np.array([0.09, -0.2]), np.array([0.0, 3.0]), [rank, age], each_way=1):
    ...     print(reason.text)
    Age 3: -20.0 points of probability
    Seniority Director: +9.0 points of probability
    """
    members, places = groups or find_groups(features)
    summed = np.bincount(places, weights=effects, minlength=len(members))  # one after another, as `sum_groups` does
    sums, parts, left = summed.tolist(), effects.tolist(), {True: each_way, False: each_way}
    reasons = []
    for at in np.argsort(-np.abs(summed), kind="stable").tolist():
        effect = sums[at]
        if effect and left[effect > 0] > 0:
            left[effect > 0] -= 1
            main = _find_main(parts, members[at], effect)
            number = float(row[main])
            told = describe_evidence(evidence, features[main], number) if evidence is not None else None
            reasons.append(_tell(features[main], number, effect, told))
            if not (left[True] or left[False]):
                break
    return tuple(reasons)


def find_groups(features: Sequence[Feature]) -> Groups:
    """The columns of each group, in order of first appearance, and the group of each column.

    >>> members, places = find_groups([Feature(name, name, name[0], "number") for name in ("a1", "b", "a2")])
    >>> members, places.tolist()
    ([[0, 2], [1]], [0, 1, 0])
    """
    groups = [feature.group for feature in features]
    at = {name: place for place, name in enumerate(dict.fromkeys(groups))}
    members = [[column for column, group in enumerate(groups) if group == name] for name in at]
    return members, np.array([at[group] for group in groups], dtype=np.intp)


def describe_strongest(effects: np.ndarray, matrix: np.ndarray, features: Sequence[Feature], *, most: int) -> list[str]:
    """The strongest reasons of each lead of a table, up or down, as one text each.

    Args:
        effects: leads x features, in probability.
        matrix: leads x features, as encoded.
        features: What the columns are.
        most: Reasons that a lead gets at most.

    >>> age = Feature("age", "Age", "Age", "number")
    >>> describe_strongest(np.array([[-0.2], [0.0]]), np.array([[3.0], [4.0]]), [age], most=3)
    ['Age 3: -20.0 points of probability', '']
    """
    members, _ = find_groups(features)
    _, sums = sum_groups(effects, [feature.group for feature in features])
    texts = []
    for row, strongest in enumerate(np.argsort(-np.abs(sums), axis=1, kind="stable")[:, :most].tolist()):
        told = []
        for at in strongest:
            if effect := float(sums[row, at]):
                main = _find_main(effects[row], members[at], effect)
                told.append(_tell(features[main], float(matrix[row, main]), effect).text)
        texts.append("; ".join(told))
    return texts


def _find_main(effects: Sequence[float], members: list[int], effect: float) -> int:
    """The member with the largest part in the direction of the whole, the first of several."""
    return max(members, key=effects.__getitem__) if effect > 0 else min(members, key=effects.__getitem__)


def _tell(feature: Feature, number: float, effect: float, evidence: str | None = None) -> Reason:
    what, value = feature.group, format_feature_value(feature, number)
    return Reason(what, value, effect, f"{what} {value}: {100 * effect:+.1f} points of probability", evidence)
