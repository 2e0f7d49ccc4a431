"""The candidates: ways to learn from leads, simplest first; `own.py` is for a firm's own.

Each gives a log-odds score, its parts by feature, and itself as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Protocol, Self

import numpy as np

from predictor.model.candidates.baselines import Constant, Points
from predictor.model.candidates.blend import Blend
from predictor.model.candidates.learned_points import LearnedPoints
from predictor.model.candidates.lightgbm import LightGBM
from predictor.model.candidates.lightgbm_on_points import LightGBMOnPoints
from predictor.model.candidates.logistic import Logistic
from predictor.model.candidates.odoo_pls import OdooPls
from predictor.model.candidates.own import Own
from predictor.model.sample import Sample


class Model(Protocol):
    """A fitted candidate."""

    file: ClassVar[str]

    @classmethod
    def from_text(cls, text: str, /) -> Self:
        """The model that `to_text` wrote."""

    def to_text(self) -> str:
        """The model as the text of its file in a bundle."""

    def score(self, matrix: np.ndarray, /) -> np.ndarray:
        """Raw log-odds, one a row of the matrix (leads x features)."""

    def contribute(self, matrix: np.ndarray, /) -> np.ndarray:
        """Parts of the score: leads x (features + 1), the last column the base; a row sums to its score."""


class Candidate(Model, Protocol):
    """A way to learn that this package has."""

    @classmethod
    def fit(cls, sample: Sample, seed: int, /) -> Self:
        """Fitted on a sample; the seed decides every random draw."""


# From the simplest to the richest: where two do equally well, the earlier is taken.
CANDIDATES: dict[str, type[Constant | Points | LearnedPoints | OdooPls | Logistic | LightGBM | LightGBMOnPoints | Blend]] = {
    "constant": Constant,
    "points": Points,
    "learned_points": LearnedPoints,
    "odoo_pls": OdooPls,
    "logistic": Logistic,
    "lightgbm": LightGBM,
    "lightgbm_on_points": LightGBMOnPoints,
    "blend": Blend,
}


def sort_candidates(names: Iterable[str]) -> list[str]:
    """Names of candidates from the simplest to the richest; a firm's own ones come last, in their order.

    >>> sort_candidates(["mine", "lightgbm", "points"])
    ['points', 'lightgbm', 'mine']
    """
    place = {name: at for at, name in enumerate(CANDIDATES)}
    return sorted(names, key=lambda name: place.get(name, len(place)))


def read_model(name: str, files: Mapping[str, str]) -> Model:
    """The fitted candidate of a bundle; a name that is not among `CANDIDATES` is a firm's own.

    Args:
        name: The chosen candidate.
        files: Name -> text.

    Raises:
        BundleError: A candidate of the firm's own that cannot be read here.
        KeyError: The file of the model is missing.
    """
    kind = CANDIDATES.get(name, Own)
    return kind.from_text(files[kind.file])
