"""Reasons: the effects on a probability in words, the strongest first, each with what the training data show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from predictor.features.feature import Feature
from predictor.model.conversion_by_value import ConversionByValue
from predictor.model.explain import sum_groups
from predictor.scoring.answer import Reason
from predictor.scoring.reason_text import describe_evidence, format_feature_value


class Explainer:
    """Describes the effects of one model's features. A group of features is one reason.

    The value and the evidence of a group are those of the member with the largest part in its effect; of an attribute that is a
    set, a value goes before the number of values.

    >>> rank = Feature("seniority", "Seniority", "Seniority", "category", ("director",), ("Director",))
    >>> age = Feature("age", "Age", "Age", "number")
    >>> explainer = Explainer([rank, age])
    >>> for reason in explainer.list_reasons(np.array([0.09, -0.2]), np.array([0.0, 3.0]), each_way=1):
    ...     print(reason.text)
    Age 3: -20.0 points of probability
    Seniority Director: +9.0 points of probability
    """

    def __init__(self, features: Sequence[Feature], evidence: ConversionByValue | None = None) -> None:
        """Prepare for a model.

        Args:
            features: What the columns of its matrix are.
            evidence: The conversion of its training leads by value; None for a bundle without.
        """
        self._features = features
        self._evidence = evidence
        self._texts = dict[tuple[str, int], str | None]()  # of evidence, by feature and bin: there are few, and leads share them
        self._groups = [feature.group for feature in features]
        places = {group: place for place, group in enumerate(dict.fromkeys(self._groups))}
        self._members = [[column for column, name in enumerate(self._groups) if name == group] for group in places]
        self._places = np.array([places[group] for group in self._groups], dtype=np.intp)

    def list_reasons(self, effects: np.ndarray, row: np.ndarray, *, each_way: int) -> tuple[Reason, ...]:
        """What raised the probability of one lead most, and what lowered it most, strongest first; no effect is no reason.

        Args:
            effects: (features,) in probability.
            row: (features,) as encoded.
            each_way: Reasons up at most, and reasons down at most.
        """
        summed = np.bincount(self._places, weights=effects, minlength=len(self._members))  # in the order of `sum_groups`
        sums, parts, left = summed.tolist(), effects.tolist(), {True: each_way, False: each_way}
        reasons = []
        for group in np.argsort(-np.abs(summed), kind="stable").tolist():
            effect = sums[group]
            if effect and left[effect > 0] > 0:
                left[effect > 0] -= 1
                main = self._choose_main(parts, group, effect)
                feature, number = self._features[main], float(row[main])
                reasons.append(_make_reason(feature, number, effect, self._describe_evidence(feature, number)))
                if not (left[True] or left[False]):
                    break
        return tuple(reasons)

    def _describe_evidence(self, feature: Feature, number: float) -> str | None:
        if self._evidence is None:
            return None
        key = feature.name, self._evidence.bins[feature.name].place(feature, number)
        if key not in self._texts:
            self._texts[key] = describe_evidence(self._evidence, feature, number)
        return self._texts[key]

    def _choose_main(self, effects: Sequence[float], group: int, effect: float) -> int:
        """The member with the largest part in the direction of the whole, the first of several."""
        choose, members = (max if effect > 0 else min), self._members[group]
        named = [column for column in members if self._features[column].kind != "members"]
        main: int = choose(named or members, key=effects.__getitem__)
        return main if effects[main] * effect > 0 else choose(members, key=effects.__getitem__)

    def describe_table(self, effects: np.ndarray, matrix: np.ndarray, *, most: int) -> list[str]:
        """The strongest reasons of each lead of a table, up or down, as one text each.

        Args:
            effects: leads x features, in probability.
            matrix: leads x features, as encoded.
            most: Reasons of a lead at most.

        >>> age = Feature("age", "Age", "Age", "number")
        >>> Explainer([age]).describe_table(np.array([[-0.2], [0.0]]), np.array([[3.0], [4.0]]), most=3)
        ['Age 3: -20.0 points of probability', '']
        """
        _, sums = sum_groups(effects, self._groups)
        texts = []
        for row, strongest in enumerate(np.argsort(-np.abs(sums), axis=1, kind="stable")[:, :most].tolist()):
            reasons = []
            for group in strongest:
                if effect := float(sums[row, group]):
                    main = self._choose_main(effects[row], group, effect)
                    reasons.append(_make_reason(self._features[main], float(matrix[row, main]), effect).text)
            texts.append("; ".join(reasons))
        return texts


def _make_reason(feature: Feature, number: float, effect: float, evidence: str | None = None) -> Reason:
    what, value = feature.group, format_feature_value(feature, number)
    text = f"{what} {value}: {100 * effect:+.1f} points of probability"
    return Reason(what=what, value=value, effect=effect, text=text, evidence=evidence)
