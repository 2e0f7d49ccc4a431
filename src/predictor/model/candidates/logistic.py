"""Logistic regression over a design that a person can read: standardised numbers, and one column a category."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple, Self

import numpy as np

from predictor.model.sample import Sample

_PENALTY = 0.3  # inverse strength, of standardised columns
_ROWS = 64  # looked at together: what they take stays in the processor's own memory


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
        return _standardise(values, self.mean, self.spread)


def _standardise(values: np.ndarray, mean: float | np.ndarray, spread: float | np.ndarray) -> np.ndarray:
    """Squeezed numbers as so many spreads from the mean; what is missing stands at the mean."""
    return np.where(np.isnan(values), 0.0, (_squeeze(values) - mean) / spread)


def _squeeze(values: np.ndarray) -> np.ndarray:
    """Counts and amounts by their order of magnitude, so that a giant firm does not outweigh all else."""
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))


class _Columns(NamedTuple):
    """Columns of one kind, an array for each of their attributes."""

    feature: np.ndarray
    equals: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    coefficient: np.ndarray


@dataclass(frozen=True)
class Logistic:
    """An intercept and one coefficient a column of the design."""

    columns: tuple[Column, ...]
    coefficients: tuple[float, ...]
    intercept: float
    width: int
    file: ClassVar[str] = "model.json"

    @classmethod
    def fit(cls, sample: Sample, _seed: int) -> Self:
        """Ridge-penalised maximum likelihood on the sample."""
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  a server needs none of it

        sample = sample.training
        columns = tuple(column for position in range(sample.matrix.shape[1]) for column in _design(sample, position))
        design = _build(columns, sample.matrix)
        line = LogisticRegression(C=_PENALTY, solver="newton-cholesky", tol=1e-8, max_iter=200)
        line.fit(design, sample.outcome, sample.weight)
        return cls(columns, tuple(line.coef_[0].tolist()), float(line.intercept_[0]), sample.matrix.shape[1])

    def score(self, matrix: np.ndarray) -> np.ndarray:
        """Log-odds, added up feature by feature so that one row gives what a table gives."""
        return np.asarray(self.contribute(matrix).sum(axis=1))

    def contribute(self, matrix: np.ndarray) -> np.ndarray:
        """Each feature's own part: the sum of its columns."""
        parts = np.zeros((len(matrix), self.width + 1))
        parts[:, -1] = self.intercept
        for start in range(0, len(matrix), _ROWS):
            self._add_parts(matrix[start : start + _ROWS], parts[start : start + _ROWS])
        return parts

    def _add_parts(self, matrix: np.ndarray, parts: np.ndarray) -> None:
        """Adds to the parts what all columns of a kind say at once; of the columns of a feature one alone says anything."""
        numbers, equal, missing = (self._by_kind[kind] for kind in ("number", "equals", "missing"))
        values = matrix.take(numbers.feature, axis=1)
        parts[:, numbers.feature] += numbers.coefficient * _standardise(values, numbers.mean, numbers.spread)
        for columns, holds in (
            (equal, matrix.take(equal.feature, axis=1) == equal.equals),
            (missing, np.isnan(matrix.take(missing.feature, axis=1))),
        ):
            row, column = np.nonzero(holds)
            parts[row, columns.feature[column]] += columns.coefficient[column]

    @cached_property
    def _by_kind(self) -> dict[str, _Columns]:
        return {kind: self._gather(kind) for kind in ("number", "equals", "missing")}

    def _gather(self, kind: str) -> _Columns:
        pairs = zip(self.columns, self.coefficients, strict=True)
        rows = [(it.feature, it.equals, it.mean, it.spread, coefficient) for it, coefficient in pairs if it.kind == kind]
        table = np.array(rows, dtype=float).reshape(-1, len(_Columns._fields))  # of numbers, `equals` is NaN
        return _Columns(
            feature=table[:, 0].astype(np.intp), equals=table[:, 1], mean=table[:, 2], spread=table[:, 3], coefficient=table[:, 4]
        )

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


def _design(sample: Sample, position: int) -> list[Column]:
    """The columns of one feature, fitted on the sample."""
    values, feature = sample.matrix[:, position], sample.features.features[position]
    missing = [Column(position, kind="missing")] if np.isnan(values).any() else []
    if feature.kind == "category":
        return [Column(position, float(code), "equals") for code in range(len(feature.categories) + 1)] + missing
    squeezed = _squeeze(values[~np.isnan(values)])
    if not len(squeezed) or np.ptp(squeezed) == 0:
        return missing
    return [Column(position, mean=float(squeezed.mean()), spread=float(squeezed.std())), *missing]
