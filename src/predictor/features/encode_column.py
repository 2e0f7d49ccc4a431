"""Columns of a table as columns of a matrix: each distinct value is encoded once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.errors import Finding
from predictor.data.values import factorize_column
from predictor.features.encode_set import SetFeatures
from predictor.features.encode_value import DAY_S, ValueEncoder
from predictor.features.feature import Feature


@dataclass
class Encoded:
    """A matrix (leads x features, float64, NaN = missing), with warnings and errors by row position."""

    matrix: np.ndarray
    warnings: dict[int, list[Finding]]
    errors: dict[int, list[str]]

    @staticmethod
    def note(notes: dict[int, list[Any]], positions: np.ndarray, note: object) -> None:
        """One note for each of the positions."""
        for position in positions.tolist():
            notes.setdefault(position, []).append(note)


class ColumnEncoder:
    """Encodes columns by the encoder of single values.

    Args:
        features: The features of the model.
        values: How a value of each becomes a number.
    """

    def __init__(self, features: tuple[Feature, ...], values: ValueEncoder) -> None:
        self._features, self._values = features, values

    def encode(self, encoded: Encoded, position: int, column: pd.Series, as_of: pd.Series | None) -> None:
        """Write one column of the matrix."""
        kind = self._features[position].kind
        if kind == "number" and column.dtype.kind in "iuf":
            numbers = column.to_numpy(dtype="float64", na_value=np.nan)
            if not np.isinf(numbers).any():
                encoded.matrix[:, position] = numbers
                return
        if kind == "days_since" and isinstance(column.dtype, pd.DatetimeTZDtype) and as_of is not None:
            days = (as_of.to_numpy("datetime64[us]") - column.to_numpy("datetime64[us]")) / np.timedelta64(1, "us")
            encoded.matrix[:, position] = np.where(days >= 0, days / 1e6 / DAY_S, np.nan)
            return
        self._encode_distinct(encoded, position, column, as_of)

    def _encode_distinct(self, encoded: Encoded, position: int, column: pd.Series, as_of: pd.Series | None) -> None:
        """Each distinct value of the column is encoded once; dates row by row, since their age depends on the row."""
        if self._features[position].kind == "days_since":
            codes, values = np.arange(len(column)), list(column)
            moments = [None] * len(column) if as_of is None else [moment.to_pydatetime() for moment in as_of]
        else:
            codes, values = factorize_column(column)
            moments = [None] * len(values)
        numbers = np.full(len(values), np.nan)
        for code, (value, moment) in enumerate(zip(values, moments, strict=True)):
            try:
                numbers[code], warning = self._values.encode(position, value, moment)
            except (ValueError, TypeError) as fault:
                text = self._values.describe_fault(position, fault)
                encoded.note(encoded.errors, np.flatnonzero(codes == code), text)
                continue
            if warning:
                encoded.note(encoded.warnings, np.flatnonzero(codes == code), warning)
        encoded.matrix[:, position] = numbers[codes]

    def encode_sets(self, encoded: Encoded, features: SetFeatures, column: pd.Series) -> None:
        """Each distinct set of the column is encoded once, into all of its features."""
        codes, values = factorize_column(column)
        numbers = np.full((len(values), len(features.places)), np.nan)
        for code, value in enumerate(values):
            if self._values.is_missing(value):
                continue
            try:
                numbers[code], warning = features.encode(value)
            except TypeError as fault:
                text = self._values.describe_fault(features.places[0], fault)
                encoded.note(encoded.errors, np.flatnonzero(codes == code), text)
                continue
            if warning:
                encoded.note(encoded.warnings, np.flatnonzero(codes == code), warning)
        encoded.matrix[:, features.places] = numbers[codes]
