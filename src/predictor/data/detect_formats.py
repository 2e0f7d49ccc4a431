"""The format of each column of an export (amounts, ranges, dates), detected from the whole column, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count, list_names
from predictor.core.settings_sections import DATE_FORMATS, Format
from predictor.data.formats import to_plain_format
from predictor.data.parse import MAX_ODD_SHARE, PLAIN, ZONED
from predictor.data.values import factorize_column

_INSPECTED = 500  # distinct cells that decide whether a column of texts is skipped
_ISO = re.compile(f"{PLAIN}|{ZONED}")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_ORDERS: tuple[Format, ...] = ("date d/m/y", "date m/d/y")
_DATED = re.compile(r"(?i:(?:^|[\s_])(?:date|time|timestamp|at|on|created|modified|updated)(?:$|[\s_])|date$)|(?<=[a-z])At$")
_AMBIGUOUS = re.compile(r"[+-]?(?:[1-9]\d{0,2}\.\d{3}|\d{1,3})")  # the point may separate thousands or decimals
_POINTS: tuple[Format, Format] = ("amount 1,234.5", "amount 1.234,5")
_NUMBER_FORMATS: tuple[Format, ...] = (*_POINTS, "range 1-10")
Cells = Sequence[tuple[str, int]]


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


def detect_format(
    column: pd.Series, *, name: str = "", dated: bool = False, order: Format | None = None
) -> DetectedFormat | None:
    """The format of a column; None for the plain format and for texts.

    Args:
        column: Texts or numbers, missing where they mean 'not known'.
        name: The column's name: whole numbers are moments since 1970 only where it is the name of a date.
        dated: Whether the column must hold dates.
        order: The order of day and month to take where the column fits both; None leaves it ambiguous.

    >>> detect_format(pd.Series(["03/04/2026", "13/04/2026"])).format, detect_format(pd.Series(["51-200", "10,001+"])).format
    ('date d/m/y', 'range 1-10')
    >>> detect_format(pd.Series(["03/04/2026"])), detect_format(pd.Series(["12", "7.5"]))
    (DetectedFormat(format=None, reason='every day is 12 or less'), None)
    """
    cells = _count_cells(column)
    if not cells or not (dated or _may_hold_numbers(cells)):
        return None
    if (dated or is_dated(name)) and (epoch := _detect_epoch(cells, min_share=0.5 if dated else 1)):
        return DetectedFormat(epoch, f"whole numbers of {'milli' if epoch == 'epoch ms' else ''}seconds since 1970")
    detected = _detect_date(cells, order, min_share=0.5 if dated else 1)
    return detected if detected is not None or dated else _detect_number(cells)


def is_dated(name: str) -> bool:
    """Whether a column's name is that of a date.

    >>> is_dated("SQL Date"), is_dated("Update policy")
    (True, False)
    """
    return _DATED.search(name) is not None


def _count_cells(column: pd.Series) -> Cells:
    """The distinct cells as texts, with the number of rows of each."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype) or pd.api.types.is_float_dtype(column.dtype):
        return ()
    codes, values = factorize_column(column)
    rows = np.bincount(codes[codes >= 0], minlength=len(values)).tolist()
    pairs = zip(values, rows, strict=True)
    return [(str(value).strip(), n) for value, n in pairs if isinstance(value, (str, int)) and not isinstance(value, bool) and n]


def _may_hold_numbers(cells: Cells) -> bool:
    """Whether at least half of the first cells hold a digit: columns of texts are skipped quickly."""
    first = cells[:_INSPECTED]
    return sum(any(sign.isdigit() for sign in text) for text, _ in first) * 2 >= len(first)


def _count_rows(cells: Cells, fits: Iterable[bool]) -> int:
    return sum(n for (_, n), fit in zip(cells, fits, strict=True) if fit)


def _compute_share(cells: Cells, fits: Iterable[bool]) -> float:
    return _count_rows(cells, fits) / sum(n for _, n in cells)


def _describe_share(cells: Cells, fits: Iterable[bool]) -> str:
    rows, fitting = sum(n for _, n in cells), _count_rows(cells, fits)
    return f"{'all' if fitting == rows else f'{fitting:,} of'} {count(rows, 'row')} fit"


def _match_number(cells: Cells, format_name: Format) -> list[bool]:
    """Whether each cell is a number in this format or in the plain one."""
    return [to_plain_format(text, format_name) != text or _NUMBER.fullmatch(text) is not None for text, _ in cells]


def _detect_epoch(cells: Cells, *, min_share: float) -> Format | None:
    """Milliseconds or seconds since 1970, all of them after 2001."""
    whole = [text for text, _ in cells if text.isascii() and text.isdigit()]
    if len(whole) < len(cells) * min_share:
        return None
    digits = {len(text) for text in whole}
    return "epoch ms" if digits <= {12, 13} else "epoch s" if digits == {10} else None


def _detect_date(cells: Cells, order: Format | None, *, min_share: float) -> DetectedFormat | None:
    """The format of dates that fits most cells, at least `min_share` of the rows; None for ISO 8601."""
    if _compute_share(cells, [_ISO.fullmatch(text) is not None for text, _ in cells]) >= 0.5:
        return None
    fits = {name: [to_plain_format(text, name) != text for text, _ in cells] for name in DATE_FORMATS if name.startswith("date")}
    shares = {name: _compute_share(cells, fit) for name, fit in fits.items()}
    best = max(shares.values())
    if best < min_share:
        return None
    likely = [name for name, share in shares.items() if share == best]
    if likely == list(_ORDERS):
        if order is None:
            return DetectedFormat(None, "every day is 12 or less")
        return DetectedFormat(order, "as in the settings or in other columns of the file; here every day is 12 or less")
    chosen = likely[0]
    if chosen not in _ORDERS:
        return DetectedFormat(chosen, _describe_share(cells, fits[chosen]))
    other = fits[_ORDERS[1 - _ORDERS.index(chosen)]]
    rows = _count_rows(cells, (fit and not fits_other for fit, fits_other in zip(fits[chosen], other, strict=True)))
    return DetectedFormat(chosen, f"{count(rows, 'row')} can be read in no other order")


def _detect_number(cells: Cells) -> DetectedFormat | None:
    """The format of numbers that fits most cells; None where the plain format fits as many."""
    plain_share = _compute_share(cells, [_NUMBER.fullmatch(text) is not None for text, _ in cells])
    fits = {name: _match_number(cells, name) for name in _NUMBER_FORMATS}
    shares = {name: _compute_share(cells, fit) for name, fit in fits.items()}
    best = max(plain_share, *shares.values())
    if best < 1 - MAX_ODD_SHARE:
        return None
    if plain_share == best:
        return DetectedFormat(None, "every point has three digits after it", is_number=True) if _may_group(cells) else None
    likely = [name for name, share in shares.items() if share == best]
    points = sum(re.search(r"\.\d{3}(?!\d)", text) is not None for text, _ in cells)
    commas = sum(re.search(r",\d{3}(?!\d)", text) is not None for text, _ in cells)
    point, comma = _POINTS
    chosen = comma if comma in likely and (point not in likely or points > commas) else likely[0]
    return DetectedFormat(chosen, _describe_share(cells, fits[chosen]))


def _may_group(cells: Cells) -> bool:
    """Whether every point may separate thousands as well as decimals, as in 750 and 1.500."""
    numbers = [text for text, _ in cells if _NUMBER.fullmatch(text)]
    return any("." in text for text in numbers) and all(_AMBIGUOUS.fullmatch(text) for text in numbers)


def _has_decimals(column: pd.Series) -> bool:
    """Whether a column in the plain format has decimals."""
    cells = _count_cells(column)
    return bool(cells) and _may_hold_numbers(cells) and any("." in text and _NUMBER.fullmatch(text) for text, _ in cells)


def _resolve_points(
    frame: pd.DataFrame, detected: Mapping[str, DetectedFormat], others: Sequence[str]
) -> dict[str, DetectedFormat]:
    """The formats, where ambiguous points are read as in the other columns of the file, if those agree."""
    ambiguous = [name for name, column in detected.items() if column.has_open_point]
    known = {column.format for column in detected.values()} & set(_POINTS)
    plain = bool(ambiguous) and any(_has_decimals(frame[name]) for name in others if name not in detected)
    if not ambiguous or not (known or plain) or (_POINTS[1] in known and (plain or _POINTS[0] in known)):
        return dict(detected)
    if _POINTS[1] not in known:
        return {name: column for name, column in detected.items() if name not in ambiguous}
    comma = DetectedFormat(_POINTS[1], "the other columns of the file write decimals with a comma")
    return {name: comma if name in ambiguous else column for name, column in detected.items()}


def _resolve_orders(
    frame: pd.DataFrame, detected: Mapping[str, DetectedFormat], times: Sequence[str]
) -> dict[str, DetectedFormat]:
    """The formats, where ambiguous days and months are read as in the other columns of the file, if those agree."""
    known = {column.format for column in detected.values()} & set(_ORDERS)
    if len(known) != 1:
        return dict(detected)
    (order,) = known
    ambiguous = [name for name, column in detected.items() if column.has_open_order]
    resolved = {name: detect_format(frame[name], name=name, dated=name in times, order=order) for name in ambiguous}
    return {**detected, **{name: column for name, column in resolved.items() if column is not None}}


def detect_formats(
    frame: pd.DataFrame, *, set_formats: Mapping[str, Format], times: Sequence[str], others: Sequence[str], order: str | None
) -> tuple[dict[str, Format], dict[str, DetectedFormat]]:
    """Column -> format where it is not the plain one, and column -> what was detected, ambiguous formats included.

    Args:
        frame: Leads under our names, cells missing where they mean 'not known'.
        set_formats: Column -> format that the settings set.
        times: Columns that must hold dates.
        others: Columns that may hold anything.
        order: The order of day and month that the settings set, as d/m/y; None detects it, from the other columns where one
            is ambiguous.
    """
    names = [name for name in (*times, *others) if name not in set_formats]
    set_order = next((name for name in _ORDERS if name == f"date {order}"), None)
    columns = {name: detect_format(frame[name], name=name, dated=name in times, order=set_order) for name in names}
    detected = {name: column for name, column in columns.items() if column is not None}
    detected = _resolve_points(frame, detected, [name for name in others if name not in set_formats])
    detected = _resolve_orders(frame, detected, times)
    formats = {name: column.format for name, column in detected.items() if column.format is not None}
    return formats | dict(set_formats), detected


def to_plain_column(column: pd.Series, format_name: str) -> pd.Series:
    """The column in the plain format; each distinct cell is converted once by `to_plain_format`.

    >>> to_plain_column(pd.Series(["51-200", None, "420"]), "range 1-10").tolist()
    ['101', nan, '420']
    """
    kind = column.dtype
    mixed, whole = pd.api.types.is_object_dtype(kind), pd.api.types.is_integer_dtype(kind) and format_name.startswith("epoch")
    if not (whole or mixed or isinstance(kind, pd.StringDtype)):
        return column
    codes, values = factorize_column(column)
    cells = np.array([*(None if value is pd.NA else to_plain_format(value, format_name) for value in values), None], dtype=object)
    plain = pd.Series(cells[codes], index=column.index, name=column.name, dtype=object)
    return plain if mixed else plain.where(column.notna(), None).astype("str")


def to_plain_frame(frame: pd.DataFrame, formats: Mapping[str, str]) -> pd.DataFrame:
    """The frame with each column that has a format converted to the plain one."""
    return frame.assign(
        **{name: to_plain_column(frame[name], format_name) for name, format_name in formats.items() if name in frame}
    )


def check_formats(detected: Mapping[str, DetectedFormat], times: Sequence[str]) -> tuple[Finding, ...]:
    """Findings about the formats: how columns are read, and which formats are ambiguous."""
    columns: dict[Format, list[str]] = {}
    for name, column in detected.items():
        if column.format is not None:
            columns.setdefault(column.format, []).append(name)
    findings = []
    for format_name, names in columns.items():
        what = f"Read as '{format_name}': {list_names(names)} (reason: {detected[names[0]].reason})."
        findings.append(Finding("LEAD034", "tip", what, do="Set another format in [forms] if this is wrong."))
    if points := [name for name, column in detected.items() if column.has_open_point]:
        what = (
            f"A point may separate thousands or decimals in {list_names(points)}: three digits follow every point, as in 1.500."
        )
        do = f"It is read as a decimal point; set '{_POINTS[1]}' in [forms] where it separates thousands."
        findings.append(Finding("LEAD042", "warning", what, do=do))
    if orders := [name for name, column in detected.items() if column.has_open_order]:
        what = f"Day and month may be swapped in {list_names(orders)} ({count(len(orders), 'column')}): every day is 12 or less."
        is_error = any(name in times for name in orders)
        do = "Set data.date_order to 'd/m/y' or 'm/d/y'" + ("." if is_error else "; until then they are read as texts.")
        findings.append(Finding("LEAD035", "error" if is_error else "warning", what, do=do))
    return tuple(findings)
