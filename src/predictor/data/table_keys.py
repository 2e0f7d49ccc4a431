"""The keys of a table of leads: numbers of rows where there are none, and a fault where a spreadsheet rounded them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count
from predictor.core.row_faults import Faults
from predictor.core.settings import Settings
from predictor.data.lead_keys import as_texts

NUMBERED = (
    "Nothing, if the model only has to be trained: events cannot be matched, a lead that comes twice is not seen, and scores and "
    "outcomes cannot be sent back to the CRM. For that, export the CRM's key of every lead."
)
_EXACT = 2**53  # whole numbers up to here are exact as floating-point numbers
_SCIENTIFIC = r"[+-]?\d+(?:[.,]\d+)?[eE]\+\d+"
_LONG_NUMBER = r"\d{16,30}(?:[.,]0+)?"
_FEWEST_COUNTED = 20  # different ids from which it is no chance that they are evenly spaced
_SURE_BITS = 20  # zero bits among all keys that are no coincidence


def read_keys(frame: pd.DataFrame, settings: Settings, faults: Faults) -> pd.DataFrame:
    """The table with `lead_id` as texts; as it is where it has none and `data.number_rows` is not set.

    Args:
        frame: The leads under our names.
        settings: Sections data and columns are used.
        faults: Faults are added here: keys that a spreadsheet rounded.

    >>> from predictor.core.settings import make_settings
    >>> read_keys(pd.DataFrame({"x": [7, 8]}), make_settings({"data": {"number_rows": True}}), Faults())["lead_id"].tolist()
    ['row 1', 'row 2']
    """
    if "lead_id" in frame:
        keys = as_texts(frame["lead_id"])
        _check_rounded(keys, settings, faults)
        return frame.assign(lead_id=keys)
    numbers = [f"row {number}" for number in range(1, len(frame) + 1)]
    return frame.assign(lead_id=pd.Series(numbers, index=frame.index, dtype="str")) if settings.data.number_rows else frame


def _check_rounded(keys: pd.Series, settings: Settings, faults: Faults) -> None:
    """A fault of the table where a spreadsheet rounded its keys: rows could be left out, but the others are no better."""
    rounded = mark_rounded(keys).to_numpy()
    if rounded.any():
        rows = f"{count(int(rounded.sum()), 'row')} of {len(keys):,} (first in row {int(rounded.argmax()) + 1:,})"
        name = settings.columns.get("lead_id", "lead_id")
        what = f"A spreadsheet rounded the ids in column '{name}': their last digits are lost in {rows}, as in 1.23E+17."
        do = "Export the ids again, and do not save the file in a spreadsheet; or import this column there as text."
        faults.add("LEAD050", what, do)


def check_numbered(raw: pd.DataFrame, settings: Settings) -> tuple[Finding, ...]:
    """A tip that says what rows without keys cost, where that is accepted."""
    key = settings.columns.get("lead_id", "lead_id")
    if not settings.data.number_rows or key in map(str, raw.columns):
        return ()
    return (Finding("LEAD051", "tip", "The leads have no key: their rows are numbered.", do=NUMBERED),)


def mark_rounded(keys: pd.Series) -> pd.Series:
    """A mask of the keys whose last digits a spreadsheet or a floating-point column has rounded away.

    Spreadsheets keep 15 digits of a number and show long ones as 1.23E+17; floating-point columns keep about 16. Long whole
    numbers are marked where all of them could be stored in a floating-point number, or end in zeros after 15 digits, which
    happens to keys with all their digits only by chance.

    Args:
        keys: Texts, as `as_texts` gives them.

    >>> mark_rounded(pd.Series(["1.23457E+17", "00Q5E17", None])).tolist()
    [True, False, False]
    >>> exact = [str(123456789012345678 + 7 * step) for step in range(20)]
    >>> stored = [str(int(float(key))) for key in exact]
    >>> mark_rounded(pd.Series(exact)).any().item(), mark_rounded(pd.Series(stored)).all().item()
    (False, True)
    """
    texts = keys.astype("str").str.strip()
    rounded: pd.Series = texts.str.fullmatch(_SCIENTIFIC).eq(True)
    is_long = texts.str.fullmatch(_LONG_NUMBER).eq(True)
    numbers = [int(text.partition(".")[0].partition(",")[0]) for text in texts[is_long].unique()]
    if (_are_stored_as_floats(numbers) or _end_in_zeros(numbers)) and not _are_made_so(numbers, rows=int(is_long.sum())):
        rounded |= is_long
    return rounded


def _are_made_so(numbers: Sequence[int], *, rows: int) -> bool:
    """Whether ids end in zeros because a system counts so: evenly spaced, or with zeros before the 15th digit; none repeats."""
    if len(numbers) < _FEWEST_COUNTED or len(numbers) < rows or any(number % 1000 for number in numbers):
        return False
    ordered = sorted(numbers)
    steps = {later - earlier for earlier, later in pairwise(ordered)}
    return len(steps) == 1 or all(number % 10 ** (len(str(number)) - 14) == 0 for number in numbers)


def _are_stored_as_floats(numbers: Sequence[int]) -> bool:
    """Whether all numbers are multiples of the steps between floating-point numbers of their size, and not of larger steps.

    Ids that count in larger powers of two (snowflakes: a moment shifted by 22 bits) are no rounded numbers.
    """
    large = [number for number in numbers if number > _EXACT]
    steps = [int(np.spacing(float(number))) for number in large]
    if any(number % step for number, step in zip(large, steps, strict=True)):
        return False
    zero_bits = sum(step.bit_length() - 1 for step in steps)
    odd = sum((number // step) % 4 != 0 for number, step in zip(large, steps, strict=True))
    return zero_bits >= _SURE_BITS and 4 * odd >= len(large)


def _end_in_zeros(numbers: Sequence[int]) -> bool:
    """Whether all numbers have 15 digits and then only zeros."""
    zeros = [len(str(number)) - 15 for number in numbers]
    return sum(zeros) >= 2 * 3 and all(number % 10**extra == 0 for number, extra in zip(numbers, zeros, strict=True))
