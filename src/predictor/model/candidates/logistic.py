"""Logistic regression over a design that a person can read: numbers as they are and by their size, and a column a category."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple, Self

import numpy as np

from predictor.model.sample import Sample

USUAL_PENALTY = 0.3  # inverse strength, of standardised columns
PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1, USUAL_PENALTY, 1.0, 3.0)  # from the strongest
_TAIL = 0.01  # share of the lowest and of the highest values: a plain number stays within, so that a giant moves nothing
_ROWS = 64  # looked at together: what they take stays in the processor's own memory


@dataclass(frozen=True)
class Column:
    """One column of the design: a number standardised, squeezed or as it is, or whether a feature has one value."""

    feature: int
    equals: float | None = None  # a category's code
    kind: str = "number"  # number: squeezed | plain: as it is, within its ends | equals | missing
    mean: float = 0.0
    spread: float = 1.0
    ends: tuple[float, ...] = ()  # of a plain number

    def build(self, matrix: np.ndarray) -> np.ndarray:
        """The column for each row of the matrix."""
        values = matrix[:, self.feature]
        if self.kind == "missing":
            return np.asarray(np.isnan(values), dtype=float)
        if self.kind == "equals":
            return np.asarray(values == self.equals, dtype=float)
        numbers = np.clip(values, self.ends[0], self.ends[1]) if self.kind == "plain" else _squeeze(values)
        return _standardise(numbers, self.mean, self.spread)


def _standardise(values: np.ndarray, mean: float | np.ndarray, spread: float | np.ndarray) -> np.ndarray:
    """Numbers as so many spreads from the mean; what is missing stands at the mean."""
    return np.where(np.isnan(values), 0.0, (values - mean) / spread)


def _squeeze(values: np.ndarray) -> np.ndarray:
    """Counts and amounts by their order of magnitude, so that a giant firm does not outweigh all else."""
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))


_KINDS = ("number", "plain", "equals", "missing")


class _Columns(NamedTuple):
    """Columns of one kind, an array for each of their attributes."""

    feature: np.ndarray
    equals: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    low: np.ndarray
    high: np.ndarray
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
        """Ridge-penalised maximum likelihood on the sample, with the usual penalty."""
        return cls.fit_path(sample, [USUAL_PENALTY])[0]

    @classmethod
    def fit_path(cls, sample: Sample, penalties: Sequence[float]) -> list[Self]:
        """The same with each of several penalties, given as inverse strengths of standardised columns."""
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  a server needs none of it

        sample = sample.training
        columns = tuple(column for position in range(sample.matrix.shape[1]) for column in _design(sample, position))
        design, width, models = _build(columns, sample.matrix), sample.matrix.shape[1], []
        line = LogisticRegression(solver="newton-cholesky", tol=1e-8, max_iter=200, warm_start=True)
        for penalty in penalties:
            line.set_params(C=penalty).fit(design, sample.outcome, sample.weight)
            models.append(cls(columns, tuple(line.coef_[0].tolist()), float(line.intercept_[0]), width))
        return models

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
        """Adds to the parts what all columns of a kind say at once; of each kind one column of a feature speaks."""
        numbers, plain, equal, missing = (self._by_kind[kind] for kind in _KINDS)
        squeezed = _squeeze(matrix.take(numbers.feature, axis=1))
        parts[:, numbers.feature] += numbers.coefficient * _standardise(squeezed, numbers.mean, numbers.spread)
        within = np.clip(matrix.take(plain.feature, axis=1), plain.low, plain.high)
        parts[:, plain.feature] += plain.coefficient * _standardise(within, plain.mean, plain.spread)
        for columns, holds in (
            (equal, matrix.take(equal.feature, axis=1) == equal.equals),
            (missing, np.isnan(matrix.take(missing.feature, axis=1))),
        ):
            row, column = np.nonzero(holds)
            parts[row, columns.feature[column]] += columns.coefficient[column]

    @cached_property
    def _by_kind(self) -> dict[str, _Columns]:
        return {kind: self._gather(kind) for kind in _KINDS}

    def _gather(self, kind: str) -> _Columns:
        pairs = zip(self.columns, self.coefficients, strict=True)
        rows = [
            (it.feature, it.equals, it.mean, it.spread, *(it.ends or (np.nan, np.nan)), coefficient)
            for it, coefficient in pairs
            if it.kind == kind
        ]
        table = np.array(rows, dtype=float).reshape(-1, len(_Columns._fields))  # of numbers, `equals` is NaN
        return _Columns(table[:, 0].astype(np.intp), *table.T[1:])

    def to_text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The model that `to_text` wrote."""
        content = json.loads(text)
        columns = tuple(Column(**column | {"ends": tuple(column.get("ends", ()))}) for column in content["columns"])
        return cls(columns, tuple(content["coefficients"]), content["intercept"], content["width"])


def _build(columns: tuple[Column, ...], matrix: np.ndarray) -> np.ndarray:
    return np.column_stack([column.build(matrix) for column in columns]) if columns else np.zeros((len(matrix), 1))


def _design(sample: Sample, position: int) -> list[Column]:
    """The columns of one feature, fitted on the sample."""
    values, feature = sample.matrix[:, position], sample.features.features[position]
    missing = [Column(position, kind="missing")] if np.isnan(values).any() else []
    if feature.kind == "category":
        return [Column(position, float(code), "equals") for code in range(len(feature.categories) + 1)] + missing
    known = values[~np.isnan(values)]
    squeezed = _squeeze(known)
    if not len(squeezed) or np.ptp(squeezed) == 0:
        return missing
    return [
        Column(position, mean=float(squeezed.mean()), spread=float(squeezed.std())),
        *_design_plain(position, known),
        *missing,
    ]


def _design_plain(position: int, known: np.ndarray) -> list[Column]:
    """The column of a number as it is; none for two values, which squeezing does not change, or where nearly all are one."""
    ends = tuple(np.quantile(known, [_TAIL, 1 - _TAIL], method="nearest").tolist())
    within = np.clip(known, *ends)
    if ends[0] == ends[1] or len(np.unique(within)) < 3:
        return []
    return [Column(position, kind="plain", mean=float(within.mean()), spread=float(within.std()), ends=ends)]
