"""The attributes of leads as functions of the firm's own see them: each in one type, the same for a table and for one lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from predictor.data.missing import read_missing
from predictor.data.parse import Kind
from predictor.data.sets import join_members, list_members
from predictor.data.values import factorize_column, normal_text, to_number
from predictor.features.encode_value import read_date

_UTC_US = "datetime64[us, UTC]"


@dataclass(frozen=True)
class AttributeReader:
    """Reads attributes by their kinds.

    Attributes:
        kinds: Attribute -> its kind in the training data.
        missing_values: Texts that mean 'not known'.
        timezone: The zone of dates that have none.
    """

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    missing_values: tuple[str, ...] = ()
    timezone: str = "UTC"

    def read(self, frame: pd.DataFrame, as_of: pd.DatetimeIndex) -> pd.DataFrame:
        """A column for each attribute, in the order of `kinds`; a column that the frame does not have is missing in every row.

        A number is float64, a date a moment in UTC, a category its normal text (trimmed, in small letters), a set the normal
        texts of its members in alphabetical order with `;` between them. A cell that cannot be read so is missing, and so is a
        date after the moment of its lead, which nobody could know then.

        Args:
            frame: Attributes in the plain format, as texts, typed, or anything that a request may send.
            as_of: (n,) the moment of each row.

        >>> reader = AttributeReader({"size": "number", "since": "date", "plan": "category"}, ("n/a",))
        >>> frame = pd.DataFrame({"size": ["12", "n/a"], "since": ["2026-01-01", "2026-05-01"], "plan": [" Pro", None]})
        >>> reader.read(frame, pd.DatetimeIndex(["2026-02-01"] * 2, tz="UTC"))
           size                     since plan
        0  12.0 2026-01-01 00:00:00+00:00  pro
        1   NaN                       NaT  NaN
        """
        columns = {}
        for name, kind in self.kinds.items():
            cells = frame[name] if name in frame else pd.Series([None] * len(frame), index=frame.index, dtype=object)
            columns[name] = self._read_column(cells, kind, as_of)
        return pd.DataFrame(columns, index=frame.index)

    def _read_column(self, cells: pd.Series, kind: Kind, as_of: pd.DatetimeIndex) -> Any:  # noqa: ANN401  any array
        if kind == "number":
            if cells.dtype.kind in "iuf":
                numbers = cells.to_numpy(dtype="float64", na_value=np.nan)
                return np.where(np.isinf(numbers), np.nan, numbers)
            return np.array(self._read_cells(cells, to_number), dtype="float64")
        if kind == "date":
            typed = isinstance(cells.dtype, pd.DatetimeTZDtype)
            found = cells if typed else self._read_cells(cells, lambda cell: read_date(cell, self.timezone))
            moments = pd.Series(found, index=cells.index, dtype=_UTC_US)
            return moments.where(moments.to_numpy() <= as_of.to_numpy())
        return pd.array(self._read_cells(cells, normal_text if kind == "category" else _read_set), dtype="str")

    def _read_cells(self, cells: pd.Series, read: Callable[[Any], Any]) -> list[Any]:
        """What each cell is read as; each distinct one is read once."""
        codes, values = factorize_column(cells)
        missing, found = read_missing(self.missing_values), list[Any]()
        for value in values:
            try:
                found.append(None if value in missing else read(value))
            except (ValueError, TypeError):
                found.append(None)
        return [found[code] for code in codes]


def _read_set(value: object) -> str | None:
    return join_members(str(normal_text(member)) for member in list_members(value, "set ;") or ())
