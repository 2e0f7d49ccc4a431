"""The ways to learn. Each gives a log-odds score, its parts by feature, and itself as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from predictor.model.block import Block
from predictor.model.candidates.boosted import Boosted
from predictor.model.candidates.logistic import Logistic
from predictor.model.candidates.simple import Constant, Points


class Model(Protocol):
    """A fitted candidate."""

    file: str

    def score(self, matrix: np.ndarray) -> np.ndarray:
        """Raw log-odds, one a row of the matrix (leads x features)."""

    def contribute(self, matrix: np.ndarray) -> np.ndarray:
        """Parts of the score: leads x (features + 1), the last column the base; a row sums to its score."""

    def to_text(self) -> str:
        """The model as the text of its file in a bundle."""


# From the simplest to the richest: where two do equally well, the earlier is taken.
FITTERS: dict[str, Callable[[Block, int], Model]] = {
    "constant": Constant.fit,
    "points": Points.fit,
    "logistic": Logistic.fit,
    "lightgbm": Boosted.fit,
}
_READERS: Mapping[str, Callable[[str], Model]] = {
    "constant": Constant.from_text,
    "points": Points.from_text,
    "logistic": Logistic.from_text,
    "lightgbm": Boosted.from_text,
}
FILES = {"constant": Constant.file, "points": Points.file, "logistic": Logistic.file, "lightgbm": Boosted.file}


def read_model(name: str, text: str) -> Model:
    """The model that `to_text` of that candidate wrote."""
    return _READERS[name](text)
