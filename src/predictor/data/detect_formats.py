"""How each column of an export spells its amounts, ranges and dates: told from the whole column, with what it was told by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count, list_names
from predictor.core.settings_sections import DATE_FORMATS, Format
from predictor.data.formats import to_plain_format
from predictor.data.parse import PLAIN, ZONED
from predictor.data.values import find_distinct

_DIRT = 0.05  # share of cells that may be none of the form, as in a column of numbers
_LOOKED_AT = 500  # distinct cells by which a column is passed over
_ISO = re.compile(f"{PLAIN}|{ZONED}")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_ORDERS: tuple[Format, ...] = ("date d/m/y", "date m/d/y")
_DATED = re.compile(r"(?i:(?:^|[\s_])(?:date|time|timestamp|at|on|created|modified|updated)(?:$|[\s_])|date$)|(?<=[a-z])At$")
_EITHER = re.compile(
    r"[+-]?(?:[1-9]\d{0,2}\.\d{3}|\d{1,3})"
)  # a number that reads well with a point of thousands and of decimals
_POINTS: tuple[Format, Format] = ("amount 1,234.5", "amount 1.234,5")
Cells = Sequence[tuple[str, int]]


@dataclass(frozen=True)
class DetectedFormat:
    """How a column is spelled.

    Attributes:
        form: The form; None where day and month cannot be told apart, or a point may set off thousands or decimals.
        why: What it was told by.
        number: Whether it holds numbers where the form is None.
    """

    form: Format | None
    why: str
    number: bool = field(default=False, repr=False)


def detect_format(
    column: pd.Series, *, name: str = "", dated: bool = False, order: Format | None = None
) -> DetectedFormat | None:
    """How a column is spelled; None for the plain spelling, or for texts.

    Args:
        column: Texts or numbers, what means 'not known' missing.
        name: What it is called: whole numbers are moments since 1970 only under the name of a date.
        dated: Whether it must hold dates.
        order: The order of day and month that is taken where the column itself does not tell; None: such a column stays open.

    >>> detect_format(pd.Series(["03/04/2026", "13/04/2026"])).form, detect_format(pd.Series(["51-200", "10,001+"])).form
    ('date d/m/y', 'range 1-10')
    >>> detect_format(pd.Series(["03/04/2026"])), detect_format(pd.Series(["12", "7.5"]))
    (FoundForm(form=None, why='every day is 12 or less'), None)
    """
    cells = _count_cells(column)
    if not cells or not (dated or _is_worth_a_look(cells)):
        return None
    if (dated or is_dated(name)) and (form := _find_epoch(cells, sure=dated)):
        return DetectedFormat(form, f"whole numbers of {'milli' if form == 'epoch ms' else ''}seconds since 1970")
    found = _find_date(cells, order, most=dated)
    return found if found is not None or dated else _find_number(cells)


def is_dated(name: str) -> bool:
    """Whether a column's name says that it holds dates.

    >>> is_dated("SQL Date"), is_dated("Update policy")
    (True, False)
    """
    return _DATED.search(name) is not None


def _count_cells(column: pd.Series) -> Cells:
    """The distinct cells as texts, and in how many rows each stands."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype) or pd.api.types.is_float_dtype(column.dtype):
        return ()
    codes, values = find_distinct(column)
    rows = np.bincount(codes[codes >= 0], minlength=len(values)).tolist()
    pairs = zip(values, rows, strict=True)
    return [(str(value).strip(), n) for value, n in pairs if isinstance(value, (str, int)) and not isinstance(value, bool) and n]


def _is_worth_a_look(cells: Cells) -> bool:
    """Whether at least half of some cells hold a digit, which is quickly told of columns of texts."""
    few = cells[:_LOOKED_AT]
    return sum(any(sign.isdigit() for sign in text) for text, _ in few) * 2 >= len(few)


def _share(cells: Cells, fits: Iterable[bool]) -> float:
    return sum(n for (_, n), fit in zip(cells, fits, strict=True) if fit) / sum(n for _, n in cells)


def _say_share(cells: Cells, fits: Sequence[bool]) -> str:
    rows, fit = sum(n for _, n in cells), sum(n for (_, n), fit in zip(cells, fits, strict=True) if fit)
    return f"{'all' if fit == rows else f'{fit:,} of'} {count(rows, 'row')} fit"


def _fits(cells: Cells, form: Format) -> list[bool]:
    return [
        isinstance(read := to_plain_format(text, form), str) and (read != text or _NUMBER.fullmatch(text) is not None)
        for text, _ in cells
    ]


def _find_epoch(cells: Cells, *, sure: bool) -> Format | None:
    """Milliseconds or seconds since 1970, all of them after 2001."""
    whole = [text for text, _ in cells if text.isascii() and text.isdigit()]
    if len(whole) < len(cells) * (0.5 if sure else 1):
        return None
    digits = {len(text) for text in whole}
    return "epoch ms" if digits <= {12, 13} else "epoch s" if digits == {10} else None


def _find_date(cells: Cells, order: Format | None, *, most: bool) -> DetectedFormat | None:
    """The form of dates that all cells have, or most where they must be dates; ISO 8601 needs none."""
    if _share(cells, [_ISO.fullmatch(text) is not None for text, _ in cells]) >= 0.5:
        return None
    fits = {form: [to_plain_format(text, form) != text for text, _ in cells] for form in DATE_FORMATS if form.startswith("date")}
    shares = {form: _share(cells, fit) for form, fit in fits.items()}
    best = max(shares.values())
    if best < (0.5 if most else 1):
        return None
    likely = [form for form, share in shares.items() if share == best]
    if likely == list(_ORDERS):
        return _settle_order(order)
    (form, *_) = likely
    if form not in _ORDERS:
        return DetectedFormat(form, _say_share(cells, fits[form]))
    other = fits[_ORDERS[1 - _ORDERS.index(form)]]
    only = sum(n for (_, n), this, odd in zip(cells, fits[form], other, strict=True) if this and not odd)
    return DetectedFormat(form, f"{count(only, 'row')} can be read in no other order")


def _settle_order(order: Format | None) -> DetectedFormat:
    """Day and month where both orders fit every cell."""
    if order is not None:
        return DetectedFormat(order, "as the settings or the other columns of the file have it; here every day is 12 or less")
    return DetectedFormat(None, "every day is 12 or less")


def _find_number(cells: Cells) -> DetectedFormat | None:
    """The form of numbers that most cells have; none where the plain spelling fits as many."""
    shares: dict[Format | None, float] = {None: _share(cells, [_NUMBER.fullmatch(text) is not None for text, _ in cells])}
    forms: tuple[Format, ...] = ("amount 1,234.5", "amount 1.234,5", "range 1-10")
    shares |= {form: _share(cells, _fits(cells, form)) for form in forms}
    best = max(shares.values())
    likely = [form for form, share in shares.items() if share == best]
    if best < 1 - _DIRT:
        return None
    if None in likely:
        return DetectedFormat(None, "every point has three digits after it", number=True) if _may_group(cells) else None
    points = sum(re.search(r"\.\d{3}(?!\d)", text) is not None for text, _ in cells)
    commas = sum(re.search(r",\d{3}(?!\d)", text) is not None for text, _ in cells)
    german = "amount 1.234,5" in likely and ("amount 1,234.5" not in likely or points > commas)
    form: Format = "amount 1.234,5" if german else likely[0] or "range 1-10"
    return DetectedFormat(form, _say_share(cells, _fits(cells, form)))


def _may_group(cells: Cells) -> bool:
    """Whether every point may set off thousands as well as decimals, as in 750 and 1.500."""
    numbers = [text for text, _ in cells if _NUMBER.fullmatch(text)]
    return any("." in text for text in numbers) and all(_EITHER.fullmatch(text) for text in numbers)


def _has_decimals(column: pd.Series) -> bool:
    """Whether a column that is spelled the plain way holds a point of decimals."""
    cells = _count_cells(column)
    return bool(cells) and _is_worth_a_look(cells) and any("." in text and _NUMBER.fullmatch(text) for text, _ in cells)


def _settle_points(frame: pd.DataFrame, found: Mapping[str, DetectedFormat], others: Sequence[str]) -> dict[str, DetectedFormat]:
    """The forms, where a point may be of thousands or of decimals as the other columns of the file have it."""
    open_ = [name for name, form in found.items() if form.form is None and form.number]
    told = {form.form for form in found.values()} & set(_POINTS)
    plain = bool(open_) and any(_has_decimals(frame[name]) for name in others if name not in found)
    if not open_ or not (told or plain) or (_POINTS[1] in told and (plain or _POINTS[0] in told)):
        return dict(found)
    if _POINTS[1] not in told:
        return {name: form for name, form in found.items() if name not in open_}
    settled = DetectedFormat(_POINTS[1], "the other columns of the file write decimals with a comma")
    return {name: settled if name in open_ else form for name, form in found.items()}


def detect_formats(
    frame: pd.DataFrame, *, set_forms: Mapping[str, Format], times: Sequence[str], others: Sequence[str], order: str | None
) -> tuple[dict[str, Format], dict[str, DetectedFormat]]:
    """The form of every column that has one, and of each what it was told by; columns whose order stays open have none.

    Args:
        frame: Leads under our names, what means 'not known' missing.
        set_forms: Column -> form that the settings name.
        times: Columns that must hold dates.
        others: Columns that may hold anything.
        order: The order of day and month that the settings name, as d/m/y; None: told from the columns themselves, and where
            one does not tell from those that do.
    """
    asked = [(name, name in times) for name in (*times, *others) if name not in set_forms]
    first = next((form for form in _ORDERS if form == f"date {order}"), None)
    found = {name: form for name, dated in asked if (form := detect_format(frame[name], name=name, dated=dated, order=first))}
    found = _settle_points(frame, found, [name for name in others if name not in set_forms])
    told = {form.form for form in found.values()} & set(_ORDERS)
    if len(told) == 1 and any(form.form is None and not form.number for form in found.values()):
        (same,) = told
        days = [name for name, form in found.items() if form.form is None and not form.number]
        again = {name: detect_format(frame[name], name=name, dated=name in times, order=same) for name in days}
        found |= {name: form for name, form in again.items() if form is not None}
    return {name: form.form for name, form in found.items() if form.form is not None} | dict(set_forms), found


def to_plain_column(column: pd.Series, form: str) -> pd.Series:
    """The column in the plain spelling, each distinct cell read once as `to_plain_format` reads it.

    >>> to_plain_column(pd.Series(["51-200", None, "420"]), "range 1-10").tolist()
    ['101', nan, '420']
    """
    kind = column.dtype
    mixed, whole = pd.api.types.is_object_dtype(kind), pd.api.types.is_integer_dtype(kind) and form.startswith("epoch")
    if not (whole or mixed or isinstance(kind, pd.StringDtype)):
        return column
    codes, values = find_distinct(column)
    cells = np.array([*(None if value is pd.NA else to_plain_format(value, form) for value in values), None], dtype=object)
    read = pd.Series(cells[codes], index=column.index, name=column.name, dtype=object)
    return read if mixed else read.where(column.notna(), None).astype("str")


def to_plain_frame(frame: pd.DataFrame, forms: Mapping[str, str]) -> pd.DataFrame:
    """The frame with each column that has a form in the plain spelling."""
    return frame.assign(**{name: to_plain_column(frame[name], form) for name, form in forms.items() if name in frame})


def check_formats(found: Mapping[str, DetectedFormat], times: Sequence[str]) -> tuple[Finding, ...]:
    """What is worth knowing about the forms: how columns are read, and those whose order stays open."""
    read: dict[Format, list[str]] = {}
    for name, form in found.items():
        if form.form is not None:
            read.setdefault(form.form, []).append(name)
    tips = tuple(
        Finding(
            "LEAD034", "tip", f"Read as '{form}': {list_names(names)} (told by: {found[names[0]].why}).", "Set [forms] where not."
        )
        for form, names in read.items()
    )
    tips = (*tips, *_tell_points([name for name, form in found.items() if form.form is None and form.number]))
    open_ = [name for name, form in found.items() if form.form is None and not form.number]
    if not open_:
        return tips
    what = f"Day and month cannot be told apart in {list_names(open_)} ({count(len(open_), 'column')}): every day is 12 or less."
    refused = any(name in times for name in open_)
    do = "Set data.date_order to 'd/m/y' or 'm/d/y'" + ("." if refused else "; until then they are taken as texts.")
    return (*tips, Finding("LEAD035", "error" if refused else "warning", what, do))


def _tell_points(names: Sequence[str]) -> tuple[Finding, ...]:
    if not names:
        return ()
    what = (
        f"Thousands and decimals cannot be told apart in {list_names(names)}: every point has three digits after it, as in 1.500."
    )
    do = f"They are read as decimals; set their form to '{_POINTS[1]}' in [forms] where a point sets off thousands."
    return (Finding("LEAD042", "warning", what, do),)
