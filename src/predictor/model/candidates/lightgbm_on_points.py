"""Boosted trees that start from the points: what the points miss, and the points themselves where nothing more can be learned."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np

from predictor.model.candidates.baselines import Points
from predictor.model.candidates.lightgbm import Growth, LightGBM, grow, stop_early
from predictor.model.candidates.lightgbm_parameters import constrain, set_parameters
from predictor.model.sample import Sample


@dataclass(frozen=True)
class LightGBMOnPoints:
    """log-odds = those of the points + those of the trees.

    Attributes:
        points: The line through the points.
        trees: What was learned beyond them; None where that did no better on leads that came later.
    """

    points: Points
    trees: LightGBM | None
    file: ClassVar[str] = "model.json"

    @classmethod
    def fit(cls, sample: Sample, seed: int) -> Self:
        """Trees grown as usual, starting from the points.

        Raises:
            TrainingError: The features hold no points.
        """
        return cls.fit_grown(sample, seed, growth=None)

    @classmethod
    def fit_grown(cls, sample: Sample, seed: int, *, growth: Growth | None, monotone: Collection[str] = ()) -> Self:
        """Trees with the parameters that tuning found without points; their number is chosen again, as the points save some.

        Args:
            sample: Leads to learn from.
            seed: Of every random draw.
            growth: What tuning found; None for the usual.
            monotone: Types of event of which one more never lowers what the trees say, as `constrain` has it.

        Raises:
            TrainingError: The features hold no points.
        """
        merged = {**constrain(sample.features, monotone), **({} if growth is None else growth.parameters)}
        parameters = set_parameters(merged, seed=seed, rows=len(sample))
        rounds = stop_early(sample, parameters, start=Points.fit)
        points = Points.fit(sample, seed)
        members = 1 if growth is None else growth.members
        return cls(points, grow(sample, parameters, rounds, members=members, start=points) if rounds else None)

    def score(self, matrix: np.ndarray) -> np.ndarray:
        """Log-odds of each row."""
        line = self.points.score(matrix)
        return line if self.trees is None else line + self.trees.score(matrix)

    def contribute(self, matrix: np.ndarray) -> np.ndarray:
        """TreeSHAP of the trees by feature; the points' part is the line's and theirs."""
        parts = self.points.contribute(matrix)
        return parts if self.trees is None else parts + self.trees.contribute(matrix)

    def narrow(self, columns: Collection[int]) -> Self:
        """The same with only the trees that look at any of those columns: its score changes alike when these change."""
        return type(self)(self.points, None if self.trees is None else self.trees.narrow(columns))

    def to_text(self) -> str:
        """As JSON, the trees in LightGBM's text."""
        trees = None if self.trees is None else self.trees.to_text()
        return json.dumps({"points": asdict(self.points), "trees": trees}, indent=1)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The model that `to_text` wrote.

        Raises:
            ValueError: The trees are no model of LightGBM.
        """
        content = json.loads(text)
        trees = content["trees"]
        return cls(Points(**content["points"]), None if trees is None else LightGBM.from_text(trees))
