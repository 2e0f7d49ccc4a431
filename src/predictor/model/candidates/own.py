"""A firm's own classifier, fitted: its scores, its approximate parts, and how a bundle keeps it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from predictor.core.errors import ScoringError
from predictor.core.log_odds import logit
from predictor.model.candidates.keep_estimator import read_estimator, write_estimator

_ROWS = 64  # whose parts are computed together


@dataclass(frozen=True)
class Own:
    """A fitted estimator, and the typical lead that its reasons compare with.

    The score is the log-odds of its `predict_proba`, or what its `decision_function` gives.

    Its parts are an approximation. From the typical lead to the lead in question, the features are put in one after another, from
    the first to the last and from the last to the first, and each part is the mean of the two changes of the score. They add up
    to the score. They are Shapley values against the typical lead where features act alone or in pairs, and near them elsewhere.
    Source: Castro, Gómez and Tejada 2009, Computers & Operations Research 36, with two orders.

    Attributes:
        estimator: Fitted on the matrix.
        typical: One value a feature: the median, of categories the most frequent; NaN where most are missing.
        nearest: How near to 0 and 1 a probability may be: half a lead among those it was fitted on.
        name: What the candidate is called, for errors; not kept in a bundle.
    """

    estimator: Any
    typical: tuple[float, ...]
    nearest: float
    name: str = field(default="own", compare=False)
    file: ClassVar[str] = "own_model.json"

    def score(self, matrix: np.ndarray) -> np.ndarray:
        """Log-odds of each row.

        Raises:
            ScoringError: The estimator fails, or does not give a number for each row.
        """
        if not len(matrix):
            return np.zeros(0)
        try:
            scores = self._ask(matrix)
        except Exception as error:  # whatever a class of somebody else raises
            what = f"{type(error).__name__}: {error}"
            raise ScoringError(f"Classifier '{self.name}' cannot score these leads: {what}") from error
        if scores.shape != (len(matrix),) or not np.isfinite(scores).all():
            what = "predict_proba must give two columns, and decision_function one, of finite numbers"
            raise ScoringError(f"Classifier '{self.name}' cannot score these leads: {what}.")
        return scores

    def _ask(self, matrix: np.ndarray) -> np.ndarray:
        if not hasattr(self.estimator, "predict_proba"):
            return np.asarray(self.estimator.decision_function(matrix), dtype="float64")
        probability = np.asarray(self.estimator.predict_proba(matrix), dtype="float64")
        if probability.ndim != 2 or probability.shape[1] != 2:
            return np.zeros(0)
        return np.asarray(logit(np.clip(probability[:, 1], self.nearest, 1 - self.nearest)))

    def contribute(self, matrix: np.ndarray) -> np.ndarray:
        """Parts by feature, approximate, and exact in their sum."""
        typical = np.array(self.typical)
        parts = np.zeros((len(matrix), len(typical) + 1))
        parts[:, -1] = self.score(typical[None])
        for start in range(0, len(matrix), _ROWS):
            rows = matrix[start : start + _ROWS]
            for columns in (range(len(typical)), range(len(typical))[::-1]):
                parts[start : start + _ROWS, :-1] += self._walk(rows, list(columns)) / 2
        return parts

    def _walk(self, rows: np.ndarray, columns: list[int]) -> np.ndarray:
        """How the score changes as each feature of the typical lead becomes that of the lead, in the order of the columns."""
        typical = np.array(self.typical)
        differs = ~((rows == typical) | (np.isnan(rows) & np.isnan(typical)))
        lead, step = np.nonzero(differs[:, columns])
        column = np.array(columns)[step]
        place = np.empty(len(typical), dtype=np.intp)
        place[columns] = np.arange(len(typical))
        states = np.where(place[None, :] <= step[:, None], rows[lead], typical)
        reached = self.score(states)
        first = np.append(True, lead[1:] != lead[:-1])[: len(lead)]
        before = np.where(first, self.score(typical[None])[0], np.append(0.0, reached[:-1])[: len(lead)])
        changes = np.zeros_like(rows)
        changes[lead, column] = reached - before
        return changes

    def narrow(self, _columns: Collection[int]) -> Self:
        """The whole: nobody knows which part of an estimator looks at a column."""
        return self

    def to_text(self) -> str:
        """As JSON: the estimator in the format of skops, which holds no code.

        Raises:
            TrainingError: It holds what cannot be kept so.
        """
        typical = [None if np.isnan(value) else value for value in self.typical]
        content = {"typical": typical, "nearest": self.nearest, **write_estimator(self.estimator)}
        return json.dumps(content, indent=1)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The model that `to_text` wrote.

        Raises:
            BundleError: A package is not installed, or the text holds a type that no bundle may hold.
        """
        content = json.loads(text)
        typical = tuple(np.nan if value is None else float(value) for value in content["typical"])
        return cls(read_estimator(content, width=len(typical)), typical, content["nearest"])
