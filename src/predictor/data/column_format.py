"""The format of one column (amounts, ranges, dates, yes and no, sets), detected from all of its cells, with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
import pandas as pd

from predictor.core.cell_formats import YES_NO_FORMATS, Format
from predictor.core.errors import count
from predictor.data.date_formats import list_orders, looks_numeric, read_date
from predictor.data.detect_sets import detect_set
from predictor.data.job_titles import TITLES
from predictor.data.number_formats import fits_amount, looks_like_range, read_range
from predictor.data.parse import MAX_ODD_SHARE, PLAIN, ZONED
from predictor.data.values import factorize_column
from predictor.data.yes_no import detect_yes_no

_INSPECTED = 500  # distinct cells that decide whether a column of texts is skipped
_ISO = re.compile(f"{PLAIN}|{ZONED}")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_COUNT = re.compile(r"(-?\d+)(?:\.\d+)?")
_ALL_ORDERS: tuple[Format, ...] = ("date d/m/y", "date m/d/y", "date y/m/d")
ORDERS = _ALL_ORDERS[:2]
_DATED = re.compile(
    r"(?i:(?:^|[\s_])(?:date|time|timestamp|at|on|created|modified|updated|datum|dato|data(?=$|[\s_]d[aeio]l?[\s_])|fecha|tarih|erstellt|angelegt|geändert"
    r"|créé|crée|creado|creada|aangemaakt|gewijzigd|erfasst|eingegangen|oprettet|opprettet|skapad|utworzono|vytvořeno|luotu|дата)(?:$|[\s_])|date$|(?:作成|登録|更新)日)|(?<=[a-z])At$"
)
_EPOCH_DIGITS: dict[Format, frozenset[int]] = {
    "epoch s": frozenset({10}), "epoch ms": frozenset({12, 13}), "epoch us": frozenset({15, 16}),
}  # fmt: skip
_UNITS = {"epoch s": "seconds", "epoch ms": "milliseconds", "epoch us": "microseconds"}
_FIRST_DAY, _LAST_DAY = 30_000, 55_000  # numbers of days from 1982 to 2050
_NO_DAYS = frozenset({0, 1, 2, 2_958_465})  # 1900-01-01 and 9999-12-31, which stand for 'no date'
_AMBIGUOUS = re.compile(r"[+-]?(?:[1-9]\d{0,2}\.\d{3}|\d{1,3})")  # the point may separate thousands or decimals
POINTS: tuple[Format, Format] = ("amount 1,234.5", "amount 1.234,5")
_MEANINGS = dict.fromkeys(YES_NO_FORMATS, "yes or no") | dict.fromkeys(("yes/blank", "1/blank"), "yes, and all others nothing")
_NO_DIGITS = str.maketrans("123456789", "000000000")


@dataclass(frozen=True)
class DetectedFormat:
    """The format of a column.

    Attributes:
        format: None where it is ambiguous: day and month may be swapped, or a point may separate thousands or decimals.
        reason: How it was detected.
        is_number: Whether an ambiguous column holds numbers; otherwise it holds dates.
    """

    format: Format | None
    reason: str
    is_number: bool = field(default=False, repr=False)

    @property
    def has_open_order(self) -> bool:
        """Whether day and month may be swapped."""
        return self.format is None and not self.is_number

    @property
    def has_open_point(self) -> bool:
        """Whether a point may separate thousands or decimals."""
        return self.format is None and self.is_number


@dataclass(frozen=True)
class _Cells:
    """The distinct cells of a column.

    Attributes:
        texts: As texts.
        rows: The number of rows of each.
    """

    texts: list[str]
    rows: np.ndarray

    @cached_property
    def _shapes(self) -> tuple[list[str], np.ndarray]:
        """The distinct shapes, a text with 0 for each digit, and the place of each cell's shape: there are few to match."""
        places: dict[str, int] = {}
        codes = [places.setdefault(text.translate(_NO_DIGITS), len(places)) for text in self.texts]
        return list(places), np.array(codes)

    def match(self, fits: Callable[[str], object]) -> np.ndarray:
        """Whether the shape of each cell fits."""
        shapes, codes = self._shapes
        fitting: np.ndarray = np.array([bool(fits(shape)) for shape in shapes], dtype=bool)
        return np.take(fitting, codes)

    def check(self, fits: Callable[[str], object], among: np.ndarray) -> np.ndarray:
        """Whether each cell fits, of those among which it is tried."""
        found = np.zeros(len(self.texts), dtype=bool)
        found[among] = [bool(fits(self.texts[place])) for place in np.flatnonzero(among)]
        return found

    def count(self, fits: np.ndarray) -> int:
        """The number of rows whose cell fits."""
        return int(self.rows[fits].sum())

    def share(self, fits: np.ndarray) -> float:
        """The share of rows whose cell fits."""
        return self.count(fits) / int(self.rows.sum())

    def describe(self, fits: np.ndarray) -> str:
        """How many rows fit, in words."""
        rows, fitting = int(self.rows.sum()), self.count(fits)
        return f"{'all' if fitting == rows else f'{fitting:,} of'} {count(rows, 'row')} fit"


def detect_format(
    column: pd.Series, *, name: str = "", dated: bool = False, order: Format | None = None
) -> DetectedFormat | None:
    """The format of a column; None for the plain format and for texts.

    Args:
        column: Texts or numbers, missing where they mean 'not known'.
        name: The column's name: numbers are moments only where it is the name of a date.
        dated: Whether the column must hold dates.
        order: The order of day and month to take where the column fits both; None leaves it ambiguous.

    >>> detect_format(pd.Series(["03/04/2026", "13/04/2026"])).format, detect_format(pd.Series(["51-200", "10,001+"])).format
    ('date d/m/y', 'range 1-10')
    >>> detect_format(pd.Series(["03/04/2026"])), detect_format(pd.Series(["12", "7.5"]))
    (DetectedFormat(format=None, reason='every day is 12 or less'), None)
    """
    if not dated and (yes_no := detect_yes_no(column)) is not None:
        return DetectedFormat(yes_no, f"all {count(int(column.notna().sum()), 'row')} say {_MEANINGS[yes_no]}")
    cells = _read_cells(column, dated=dated or is_dated(name))
    if cells is None:
        return None
    if not dated and not _may_hold_numbers(cells):
        return _detect_set(cells, name)
    if (dated or is_dated(name)) and (counted := _detect_counted(cells, min_share=0.5 if dated else 1)):
        return counted
    detected = _detect_date(cells, order, min_share=0.5 if dated else 1)
    if detected is not None or dated:
        return detected
    return _detect_number(cells) or _detect_set(cells, name)


def _detect_set(cells: _Cells, name: str) -> DetectedFormat | None:
    """The format of a column with several values in a cell; a job title, which has commas too, is one text."""
    found = None if name in TITLES else detect_set(list(zip(cells.texts, cells.rows.tolist(), strict=True)))
    return None if found is None else DetectedFormat(*found)


def is_dated(name: str) -> bool:
    """Whether a column's name is that of a date.

    >>> is_dated("SQL Date"), is_dated("Erstellt am"), is_dated("Update policy")
    (True, True, False)
    """
    return _DATED.search(name) is not None


def has_decimals(column: pd.Series) -> bool:
    """Whether a column in the plain format has decimals.

    >>> has_decimals(pd.Series(["7.5", "3"])), has_decimals(pd.Series(["7", "3"]))
    (True, False)
    """
    cells = _read_cells(column)
    return (
        cells is not None and _may_hold_numbers(cells) and bool((cells.match(_NUMBER.fullmatch) & cells.match(_has_point)).any())
    )


def count_points(column: pd.Series) -> tuple[int, int]:
    """How many different cells of a column of numbers have a point, and how many have none.

    >>> count_points(pd.Series(["1.500", "750", "2.100"]))
    (2, 1)
    """
    cells = _read_cells(column)
    pointed = 0 if cells is None else int(cells.match(_has_point).sum())
    return pointed, 0 if cells is None else len(cells.texts) - pointed


def _has_point(text: str) -> bool:
    return "." in text


def _read_cells(column: pd.Series, *, dated: bool = False) -> _Cells | None:
    """The distinct cells; None where there are none, for typed dates, and for floats that hold no dates."""
    is_float = pd.api.types.is_float_dtype(column.dtype)
    if pd.api.types.is_datetime64_any_dtype(column.dtype) or (is_float and not dated):
        return None
    codes, values = factorize_column(column.dropna() if is_float else column)
    frequencies = np.bincount(codes[codes >= 0], minlength=len(values)).tolist()
    if isinstance(column.dtype, pd.StringDtype):
        pairs = [(v.strip(), n) for v, n in zip(values, frequencies, strict=True) if type(v) is str]
    else:
        kinds = (str, int, float) if is_float else (str, int)
        pairs = [
            (str(v).strip(), n)
            for v, n in zip(values, frequencies, strict=True)
            if isinstance(v, kinds) and type(v) is not bool and n
        ]
    if not pairs:
        return None
    texts, rows = zip(*pairs, strict=True)
    return _Cells(texts=list(texts), rows=np.array(rows))


def _may_hold_numbers(cells: _Cells) -> bool:
    """Whether at least half of the first cells hold a digit: columns of texts are skipped quickly."""
    first = cells.texts[:_INSPECTED]
    return sum(any(sign.isdigit() for sign in text) for text in first) * 2 >= len(first)


def _detect_counted(cells: _Cells, *, min_share: float) -> DetectedFormat | None:
    """Numbers of seconds since 1970, all of them after 2001, or of days since 1900."""
    counted = np.flatnonzero(cells.match(_COUNT.fullmatch))
    if len(counted) < max(1, len(cells.texts) * min_share):
        return None
    wholes = {int(cells.texts[place].split(".")[0]) for place in counted} - _NO_DAYS
    digits = {len(str(whole)) for whole in wholes if whole > 0}
    for format_name, lengths in _EPOCH_DIGITS.items():
        if digits and digits <= lengths:
            return DetectedFormat(format_name, f"numbers of {_UNITS[format_name]} since 1970")
    if wholes and min(wholes) >= _FIRST_DAY and max(wholes) <= _LAST_DAY:
        return DetectedFormat("excel 1900", "numbers of days since 1900, as spreadsheets store dates")
    return None


def _detect_date(  # noqa: PLR0911  each answer where it is known
    cells: _Cells, order: Format | None, *, min_share: float
) -> DetectedFormat | None:
    """The format of dates that fits most cells, at least `min_share` of the rows; None for ISO 8601."""
    numeric = cells.match(looks_numeric)
    worded = ~numeric & cells.match(_holds_digit) & ~cells.match(_NUMBER.fullmatch)
    if cells.share(cells.match(_ISO.fullmatch)) >= 0.5 or cells.share(numeric | worded) < min_share:
        return None
    first = np.flatnonzero(worded)[:_INSPECTED]  # a look at a few saves one at all
    if min_share == 1 and not all(read_date(cells.texts[place]) for place in first):
        return None
    fits: dict[Format, np.ndarray] = {name: np.zeros(len(numeric), dtype=bool) for name in _ALL_ORDERS}
    orders = [list_orders(cells.texts[place]) for place in np.flatnonzero(numeric)]
    for name in _ALL_ORDERS:
        fits[name][numeric] = [name in fitting for fitting in orders]
    fits["date 31 Mar 2026"] = cells.check(read_date, worded)
    shares = {name: cells.share(fit) for name, fit in fits.items()}
    best = max(shares.values())
    if best < min_share:
        return None
    likely = _choose_year(cells, [name for name, share in shares.items() if share == best])
    if likely == list(ORDERS):
        if order not in ORDERS:
            return DetectedFormat(None, "every day is 12 or less")
        return DetectedFormat(order, "as in the settings or in other columns of the file; here every day is 12 or less")
    chosen = likely[0]
    if chosen not in ORDERS:
        return DetectedFormat(chosen, cells.describe(fits[chosen]))
    other = fits[ORDERS[1 - ORDERS.index(chosen)]]
    return DetectedFormat(chosen, f"{count(cells.count(fits[chosen] & ~other), 'row')} can be read in no other order")


def _holds_digit(shape: str) -> bool:
    return "0" in shape


def _choose_year(cells: _Cells, likely: list[Format]) -> list[Format]:
    """The likely formats, with the year first or last where its two digits may be either: a year repeats more than a day."""
    if "date y/m/d" not in likely or len(likely) == 1:
        return likely
    parts = [re.findall(r"\d+", text) for text in cells.texts]
    first, last = ({part[place] for part in parts if len(part) > 2} for place in (0, 2))
    return ["date y/m/d"] if len(first) < len(last) else [name for name in likely if name != "date y/m/d"]


def _detect_number(cells: _Cells) -> DetectedFormat | None:
    """The format of numbers that fits most cells; None where the plain format fits as many."""
    plain = cells.match(_NUMBER.fullmatch)
    fits: dict[Format, np.ndarray] = {name: plain | cells.match(partial(fits_amount, format_name=name)) for name in POINTS}
    if not any(fit.all() for fit in fits.values()):
        fits["range 1-10"] = plain | cells.check(read_range, cells.match(looks_like_range) & ~plain)
    shares = {name: cells.share(fit) for name, fit in fits.items()}
    best = max(cells.share(plain), *shares.values())
    if best < 1 - MAX_ODD_SHARE:
        return None
    if cells.share(plain) == best:
        return DetectedFormat(None, "every point has three digits after it", is_number=True) if _may_group(cells, plain) else None
    likely = [name for name, share in shares.items() if share == best]
    points, commas = (int(cells.match(re.compile(rf"{sign}000(?!0)").search).sum()) for sign in (r"\.", ","))
    point, comma = POINTS
    chosen = comma if comma in likely and (point not in likely or points > commas) else likely[0]
    return DetectedFormat(chosen, cells.describe(fits[chosen]))


def _may_group(cells: _Cells, plain: np.ndarray) -> bool:
    """Whether every point may separate thousands as well as decimals, as in 750 and 1.500."""
    numbers = [text for text, is_plain in zip(cells.texts, plain, strict=True) if is_plain]
    return any("." in text for text in numbers) and all(_AMBIGUOUS.fullmatch(text) for text in numbers)
