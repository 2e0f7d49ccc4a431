"""What a candidate may learn from: leads whose outcome is known, in the order of time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from predictor.features.assemble import TOTAL
from predictor.features.encode import FeatureSet


@dataclass(frozen=True)
class Block:
    """Mature leads as arrays.

    Attributes:
        matrix: leads x features, float64, NaN = missing.
        outcome: 1.0 accepted within the horizon, 0.0 not.
        order: Grows with time: days since 1970 where leads carry dates.
        features: What the columns of the matrix are.
        dated: Whether `order` is in days.
    """

    matrix: np.ndarray
    outcome: np.ndarray
    order: np.ndarray
    features: FeatureSet
    dated: bool

    def __len__(self) -> int:
        return len(self.outcome)

    def take(self, positions: np.ndarray) -> Block:
        """The leads at those positions."""
        return replace(self, matrix=self.matrix[positions], outcome=self.outcome[positions], order=self.order[positions])

    @property
    def points_column(self) -> int | None:
        """The column with the points; None where the firm has none."""
        return self.features.position(TOTAL)

    @property
    def weeks(self) -> float | None:
        """How many weeks the leads came in, a day at least; None where they carry no dates."""
        return max(float(np.ptp(self.order)) / 7, 1 / 7) if self.dated else None

    @property
    def one_class(self) -> bool:
        """Whether all outcomes are the same, so that nothing can be learned."""
        return bool(self.outcome.min() == self.outcome.max())
