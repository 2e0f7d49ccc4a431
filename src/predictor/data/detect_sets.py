"""Columns with several values in a cell, detected from their cells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from predictor.core.cell_formats import SET_FORMATS, SetFormat
from predictor.core.errors import Finding, count
from predictor.data.sets import SEPARATOR, SEPARATORS, is_list, split_members

_MOST_NAMED = 5  # columns in a finding
_MOST_CELLS = 5_000  # distinct cells that are inspected
_FEWEST_ROWS = 5  # rows that hold several values
_LONGEST = 80  # characters of a value; texts are longer
_NO_VALUE = re.compile(r"@|://")  # e-mail and web addresses
_LETTER = re.compile(r"[^\W\d_]")
_LISTS = 0.98  # share of lists from which a column is one of lists
_MOVING = 0.4  # share of values that stand at different places; the first and the last of a fixed order do not
_ODD = 0.05  # share of values that are no values
_TIMES, _FEWEST_COMBINATIONS = 3, 3  # how often a value occurs; combinations of values between commas
Cells = Sequence[tuple[str, int]]


def detect_set(cells: Cells) -> tuple[SetFormat, str] | None:
    """The format of a column with several values in a cell, and the reason; None for any other column.

    Cells are sets where few values recur in many combinations and at changing places. So addresses (`Berlin, Germany`), names
    (`Miller, Ann`) and texts with commas are none: their parts stand at one place, or in one combination.

    Args:
        cells: Distinct cells, and how many rows hold each.

    >>> detect_set([("API;Pricing", 4), ("Pricing;API", 3), ("API", 9), ("Pricing", 5)])
    ('set ;', '2 values, several of them in 7 of 21 rows')
    >>> detect_set([(f"{city}, Spain", 9) for city in ("Madrid", "Vigo", "Bilbao")])
    """
    cells = cells[:_MOST_CELLS]
    if _is_column_of_lists(cells):
        return "set [...]", _describe(_list_occurrences(cells, "set [...]"), cells)
    for format_name, separator in SEPARATORS.items():
        if sum(rows for text, rows in cells if separator in text) < _FEWEST_ROWS:
            continue
        occurrences = _list_occurrences(cells, format_name)
        if _is_set(occurrences, rows=sum(rows for _, rows in cells), is_weak=separator == ","):
            return format_name, _describe(occurrences, cells)
    return None


def find_sets(frame: pd.DataFrame) -> dict[str, SetFormat]:
    """The columns of texts that are sets, and the format of each.

    >>> find_sets(pd.DataFrame({"topics": ["API;Pricing", "Pricing;API", "API", "Pricing"] * 5, "city": "Rome"}))
    {'topics': 'set ;'}
    """
    formats = {}
    for name in map(str, frame.columns):
        if isinstance(frame[name].dtype, pd.StringDtype):
            cells = [(str(text), int(rows)) for text, rows in frame[name].value_counts().items()]
            if (found := detect_set(cells)) is not None:
                formats[name] = found[0]
    return formats


def check_sets(frame: pd.DataFrame, formats: Mapping[str, str]) -> tuple[Finding, ...]:
    """A tip that says which columns hold several values in a cell, and how they are read.

    Args:
        frame: The leads in the plain format.
        formats: Column -> its format in the export.

    >>> print(check_sets(pd.DataFrame({"topics": ["API;Pricing", "API"]}), {"topics": "set |"})[0].what)
    Cells hold several values: 'topics', read as 'set |' (2 values, several of them in 1 of 2 rows). Each value is a feature.
    """
    texts = []
    for name, format_name in formats.items():
        if format_name in SET_FORMATS and name in frame:
            cells = [(str(text), int(rows)) for text, rows in frame[name].value_counts().items()]
            texts.append(f"'{name}', read as '{format_name}' ({_describe(_list_occurrences(cells, 'set ;'), cells)})")
    if not texts:
        return ()
    more = f"; and {count(len(texts) - _MOST_NAMED, 'column')} more" if len(texts) > _MOST_NAMED else ""
    what = f"Cells hold several values: {'; '.join(texts[:_MOST_NAMED])}{more}. Each value is a feature."
    return (Finding("LEAD070", "tip", what, do="Set 'text' in [forms] where a cell is one value; order and blanks then matter."),)


def _is_column_of_lists(cells: Cells) -> bool:
    rows = sum(n for _, n in cells)
    return rows >= _FEWEST_ROWS and sum(n for text, n in cells if is_list(text)) >= _LISTS * rows


def _list_occurrences(cells: Cells, format_name: SetFormat) -> pd.DataFrame:
    """A row for each value of each cell: value, place, the set of the cell, its size, and the rows with that cell."""
    found = []
    for text, rows in cells:
        members = list(dict.fromkeys(part.casefold() for part in split_members(text, format_name) or () if part))
        key = SEPARATOR.join(sorted(members))
        found += [(member, place, key, len(members), rows) for place, member in enumerate(members)]
    return pd.DataFrame(found, columns=["value", "place", "set", "size", "rows"])


def _describe(occurrences: pd.DataFrame, cells: Cells) -> str:
    several = occurrences.query("size > 1 and place == 0")["rows"].sum()
    values, rows = count(occurrences["value"].nunique(), "value"), count(sum(rows for _, rows in cells), "row")
    return f"{values}, several of them in {several:,} of {rows}"


def _is_set(occurrences: pd.DataFrame, *, rows: int, is_weak: bool) -> bool:
    """Whether the values recur in different combinations and at different places.

    Args:
        occurrences: Of the values.
        rows: Rows of the table with a cell.
        is_weak: Whether the separator is usual in texts, so that more evidence is needed.
    """
    several = occurrences["size"] > 1
    if occurrences.loc[several & (occurrences["place"] == 0), "rows"].sum() < max(
        _FEWEST_ROWS, (0.05 if is_weak else 0.01) * rows
    ):
        return False
    by_value = occurrences.groupby("value")
    weight = occurrences["rows"].where(several, 0).groupby(occurrences["value"]).sum()
    sets, places, names = by_value["set"].nunique(), by_value["place"].nunique(), weight.index.to_series()

    def share(holds: pd.Series) -> float:
        return float(weight[holds].sum() / weight.sum())

    is_free = occurrences.loc[several, "set"].nunique() >= _FEWEST_COMBINATIONS or bool((by_value["size"].min() == 1).all())
    return (
        share(sets >= 2) >= (0.9 if is_weak else 0.8)
        and share(places >= 2) >= _MOVING
        and share((names.str.len() > _LONGEST) | names.str.contains(_NO_VALUE)) <= _ODD
        and weight.sum() >= _TIMES * len(weight)
        and (not is_weak or (is_free and share(names.str.contains(_LETTER)) >= 1 - _ODD))
    )
