"""Logistic regression over a design that a person can read: standardised numbers, and one column a category."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np

from predictor.model.block import Block

_PENALTY = 0.3  # inverse strength, of standardised columns


@dataclass(frozen=True)
class Column:
    """One column of the design: a number squeezed and standardised, or whether a feature has one value."""

    feature: int
    equals: float | None = None  # a category's code
    kind: str = "number"  # number | equals | missing
    mean: float = 0.0
    spread: float = 1.0

    def build(self, matrix: np.ndarray) -> np.ndarray:
        """The column for each row of the matrix."""
        values = matrix[:, self.feature]
        if self.kind == "missing":
            return np.asarray(np.isnan(values), dtype=float)
        if self.kind == "equals":
            return np.asarray(values == self.equals, dtype=float)
        return np.where(np.isnan(values), 0.0, (_squeeze(values) - self.mean) / self.spread)


def _squeeze(values: np.ndarray) -> np.ndarray:
    """Counts and amounts by their order of magnitude, so that a giant firm does not outweigh all else."""
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))


@dataclass(frozen=True)
class Logistic:
    """An intercept and one coefficient a column of the design."""

    columns: tuple[Column, ...]
    coefficients: tuple[float, ...]
    intercept: float
    width: int
    file: ClassVar[str] = "model.json"

    @classmethod
    def fit(cls, block: Block, _seed: int) -> Self:
        """Ridge-penalised maximum likelihood on the block."""
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  a server needs none of it

        block = block.teaching
        columns = tuple(column for position in range(block.matrix.shape[1]) for column in _design(block, position))
        design = _build(columns, block.matrix)
        line = LogisticRegression(C=_PENALTY, solver="newton-cholesky", tol=1e-8, max_iter=200)
        line.fit(design, block.outcome, block.weight)
        return cls(columns, tuple(line.coef_[0].tolist()), float(line.intercept_[0]), block.matrix.shape[1])

    def score(self, matrix: np.ndarray) -> np.ndarray:
        """Log-odds, added up feature by feature so that one row gives what a table gives."""
        return np.asarray(self.contribute(matrix).sum(axis=1))

    def contribute(self, matrix: np.ndarray) -> np.ndarray:
        """Each feature's own part: the sum of its columns."""
        parts = np.zeros((len(matrix), self.width + 1))
        parts[:, -1] = self.intercept
        for column, coefficient in zip(self.columns, self.coefficients, strict=True):
            parts[:, column.feature] += coefficient * column.build(matrix)
        return parts

    def to_text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The model that `to_text` wrote."""
        content = json.loads(text)
        columns = tuple(Column(**column) for column in content["columns"])
        return cls(columns, tuple(content["coefficients"]), content["intercept"], content["width"])


def _build(columns: tuple[Column, ...], matrix: np.ndarray) -> np.ndarray:
    return np.column_stack([column.build(matrix) for column in columns]) if columns else np.zeros((len(matrix), 1))


def _design(block: Block, position: int) -> list[Column]:
    """The columns of one feature, learned from the block."""
    values, feature = block.matrix[:, position], block.features.features[position]
    missing = [Column(position, kind="missing")] if np.isnan(values).any() else []
    if feature.kind == "category":
        return [Column(position, float(code), "equals") for code in range(len(feature.categories) + 1)] + missing
    squeezed = _squeeze(values[~np.isnan(values)])
    if not len(squeezed) or np.ptp(squeezed) == 0:
        return missing
    return [Column(position, mean=float(squeezed.mean()), spread=float(squeezed.std())), *missing]
