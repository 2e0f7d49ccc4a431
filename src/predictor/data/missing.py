"""What a cell means where nothing is known: texts as `n/a`, and days as 1900-01-01 that systems write for 'no date'."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from predictor.data.values import list_cells

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_STARTS_WITH_DAY = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})(?:[tT ].*)?|(\d{4})(\d{2})(\d{2})")


class MissingValues:
    """The values that mean 'not known', of one firm.

    A text counts in any case. A day, as 1900-01-01, also counts where a time of day follows it.

    >>> missing = MissingValues(["N/A", "1900-01-01"])
    >>> [value in missing for value in ("n/a ", "1900-01-01T00:00:00Z", "1900/01/01 12:00", "1900-01-02", "", None, 0.0)]
    [True, True, True, False, True, True, False]
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = frozenset(word.strip().casefold() for word in words) | {""}
        self.days = frozenset(word for word in self.words if _DAY.fullmatch(word))
        self._longest = max(map(len, self.words))

    def __contains__(self, value: object) -> bool:
        if isinstance(value, str):
            text = value.strip()
            may_be_day = bool(self.days) and text[4:5] in {"-", "/"}
            if len(text) > self._longest and not may_be_day:
                return False
            return text.casefold() in self.words or (may_be_day and self.find_day(text.casefold()) is not None)
        if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):  # noqa: PLR0124
            return True
        return isinstance(value, date) and value.isoformat()[:10] in self.days

    def blank(self, texts: Iterable[str]) -> list[str | None]:
        """Texts without blanks around them, None where they mean 'not known'; as fast as a column needs it.

        >>> MissingValues(["N/A", "1900-01-01"]).blank([" Rome", "n/a", "1900-01-01 00:00"])
        ['Rome', None, None]
        """
        words, marks = self.words, ("-", "/") if self.days else ()
        return [
            None if text.casefold() in words or (text[4:5] in marks and text in self) else text for text in map(str.strip, texts)
        ]

    def find_day(self, text: str) -> str | None:
        """The day of a date in the plain format, where it means 'no date'; None for any other text.

        >>> MissingValues(["1900-01-01"]).find_day("1900/01/01 00:00"), MissingValues(["1900-01-01"]).find_day("19000101")
        ('1900-01-01', '1900-01-01')
        """
        match = _STARTS_WITH_DAY.fullmatch(text.strip())
        day = "" if match is None else "-".join(part for part in match.groups() if part)
        return day if day in self.days else None

    def mark_days(self, moments: pd.Series) -> pd.Series:
        """Whether each date of a typed column lies on one of the days, by the clock of its own zone."""
        local = moments.dt.tz_localize(None) if isinstance(moments.dtype, pd.DatetimeTZDtype) else moments
        possible = [day for day in self.days if not day.startswith("0000")]
        marked = np.isin(local.to_numpy("datetime64[D]"), np.array(possible, dtype="datetime64[D]"))
        return pd.Series(marked, index=moments.index)


@lru_cache(maxsize=64)
def read_missing(words: tuple[str, ...]) -> MissingValues:
    """The values that mean 'not known', from the texts of `data.missing_values`."""
    return MissingValues(words)


def blank_missing(frame: pd.DataFrame, missing_values: Sequence[str]) -> pd.DataFrame:
    """The frame with trimmed texts, missing where they mean 'not known'; yes-no columns as texts, lists as their JSON.

    >>> blank_missing(pd.DataFrame({"city": [" Select", "Mumbai "], "topics": [["API"], []]}), ["Select"]).values.tolist()
    [[nan, '["API"]'], ['Mumbai', nan]]
    """
    missing = read_missing(tuple(missing_values))
    blanked = pd.DataFrame({str(name): blank_column(frame[name], missing) for name in frame.columns}, index=frame.index)
    blanked.attrs = frame.attrs
    return blanked


def blank_column(column: pd.Series, missing: MissingValues) -> pd.Series:
    """One column of `blank_missing`."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.map({True: "true", False: "false"}).astype("str")
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column.mask(missing.mark_days(column)) if missing.days else column
    is_text = column.dtype == object or pd.api.types.is_string_dtype(column.dtype)
    if not is_text and not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    if isinstance(column.dtype, pd.StringDtype):  # few distinct texts
        codes, uniques = pd.factorize(column)
        stripped = missing.blank(map(str, list_cells(uniques)))
        return pd.Series(np.array([*stripped, None], dtype=object)[codes], index=column.index, name=column.name).astype("str")
    cells = column.astype(object).where(column.notna(), None)
    texts = cells.map(lambda cell: None if cell is None else _to_text(cell))
    return texts.map(lambda text: None if text in missing else text).astype("str")


def _to_text(cell: object) -> str:
    """A cell as a trimmed text; a list as its JSON, an empty one as nothing."""
    if isinstance(cell, (list, tuple, set, np.ndarray)):
        return json.dumps([str(member) for member in cell if member is not None], ensure_ascii=False) if len(cell) else ""
    return str(cell).strip()
