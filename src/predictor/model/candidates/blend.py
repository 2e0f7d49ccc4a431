"""The mean in log-odds of the logistic regression and of boosted trees: each is right where the other is too sure."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from predictor.model.candidates.lightgbm import LightGBM
from predictor.model.candidates.logistic import Logistic
from predictor.model.sample import Sample

SHARES = (0.25, 0.5, 0.75)  # of the trees, that are tried
USUAL_SHARE = 0.5


@dataclass(frozen=True)
class Blend:
    """log-odds = share * those of the trees + (1 - share) * those of the regression.

    Attributes:
        line: The regression.
        trees: The trees; None where `narrow` found none.
        share: Of the trees, 0 to 1.
    """

    line: Logistic
    trees: LightGBM | None
    share: float = USUAL_SHARE
    file: ClassVar[str] = "model.json"

    @classmethod
    def fit(cls, sample: Sample, seed: int) -> Self:
        """Both fitted in their own ways, with equal shares."""
        return cls(Logistic.fit(sample, seed), LightGBM.fit(sample, seed))

    def score(self, matrix: np.ndarray) -> np.ndarray:
        """Log-odds of each row."""
        line = (1 - self.share) * self.line.score(matrix)
        return line if self.trees is None else line + self.share * self.trees.score(matrix)

    def contribute(self, matrix: np.ndarray) -> np.ndarray:
        """Parts of either by feature, by their shares: those of the regression, and TreeSHAP of the trees."""
        parts = (1 - self.share) * self.line.contribute(matrix)
        return parts if self.trees is None else parts + self.share * self.trees.contribute(matrix)

    def narrow(self, columns: Collection[int]) -> Self:
        """The same with only the trees that look at any of those columns: its score changes alike when these change."""
        return replace(self, trees=None if self.trees is None else self.trees.narrow(columns))

    def to_text(self) -> str:
        """As JSON, the trees in LightGBM's text."""
        trees = None if self.trees is None else self.trees.to_text()
        return json.dumps({"share": self.share, "line": json.loads(self.line.to_text()), "trees": trees}, indent=1)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The model that `to_text` wrote.

        Raises:
            ValueError: The trees are no model of LightGBM.
        """
        content = json.loads(text)
        trees = content["trees"]
        line = Logistic.from_text(json.dumps(content["line"]))
        return cls(line, None if trees is None else LightGBM.from_text(trees), content["share"])
