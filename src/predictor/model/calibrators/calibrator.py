"""What every calibrator does."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np


class Calibrator(Protocol):
    """A fitted calibrator: a probability never falls as the score rises, and is never quite 0 or 1."""

    kind: ClassVar[str]

    @property
    def n(self) -> int:
        """Leads that it was fitted on."""

    def predict(self, score: np.ndarray, /) -> np.ndarray:
        """Probabilities of raw log-odds scores."""

    def interval(self, score: np.ndarray, /) -> tuple[np.ndarray, np.ndarray]:
        """The 95 % interval of the share of such leads, around the probability."""

    def to_text(self) -> str:
        """As JSON with its `kind`."""
