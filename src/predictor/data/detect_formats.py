"""The format of each column of an export, as amounts, dates or sets, detected from the whole column, with the reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from predictor.core.cell_formats import SET_FORMATS, YES_NO_FORMATS, Format
from predictor.core.errors import Finding, count, list_names
from predictor.data.column_format import ORDERS, POINTS, DetectedFormat, count_points, detect_format, has_decimals
from predictor.data.formats import COUNTED_DATES, DAY_FORMAT, to_plain_format
from predictor.data.missing import MissingValues, read_missing
from predictor.data.values import factorize_column

_SURE_POINTS = 60  # different cells with three digits after the point: of decimals, one in ten would end in a 0 and be shorter
_LIKELY_POINTS = 5  # the same, where the dates of the file are written with points too
_COUNTED = re.compile(  # names of columns that hold no fractions
    r"employees|headcount|\bstaff\b|pageviews|page views|\bvisits\b|followers|\bnumber of\b|\bno\. of\b|mitarbeiter"
    r"|beschäftigte|\banzahl\b|effectif|salariés|\bnombre d|empleados|\bnúmero de\b|dipendenti|funcionários|colaboradores"
    r"|medewerkers|werknemers|\baantal\b|anställda|ansatte|pracownik|zaměstnanc|henkilöst|従業員|社員|员工"
)
_POINTED_DATE = re.compile(r"\s*\d{1,2}\.\s?\d{1,2}\.\s?\d{2,4}\b.*")
_SETTLED = ("yes/no", "1/0", *SET_FORMATS)  # yes and no leave nothing open, and `check_sets` reports sets


def _resolve_points(
    frame: pd.DataFrame, detected: Mapping[str, DetectedFormat], others: Sequence[str]
) -> dict[str, DetectedFormat]:
    """The formats, where ambiguous points are read as in the other columns of the file, if those agree."""
    ambiguous = [name for name, column in detected.items() if column.has_open_point]
    known = {column.format for column in detected.values()} & set(POINTS)
    plain = bool(ambiguous) and any(has_decimals(frame[name]) for name in others if name not in detected)
    if not ambiguous or (POINTS[1] in known and (plain or POINTS[0] in known)):
        return dict(detected)
    if not known and not plain:
        return {**detected, **_resolve_thousands(frame, detected, ambiguous)}
    if POINTS[1] not in known:
        return {name: column for name, column in detected.items() if name not in ambiguous}
    comma = DetectedFormat(POINTS[1], "the other columns of the file write decimals with a comma")
    return {name: comma if name in ambiguous else column for name, column in detected.items()}


def _resolve_thousands(
    frame: pd.DataFrame, detected: Mapping[str, DetectedFormat], ambiguous: Sequence[str]
) -> dict[str, DetectedFormat]:
    """The columns whose points surely separate thousands: numbers below 1,000 have none, and no cell has fewer digits after one.

    Decimals lose a 0 at their end, or are all written with three digits. Where dates are written with points, as 31.03.2026, so
    are thousands, and fewer cells show it; so do names of what is counted, as employees.
    """
    dated = [name for name, column in detected.items() if column.format == ORDERS[0]]
    has_pointed_dates = any(_POINTED_DATE.fullmatch(str(cell)) for name in dated for cell in frame[name].dropna().head(1))
    found = {}
    for name in ambiguous:
        pointed, others = count_points(frame[name])
        if pointed >= _LIKELY_POINTS and _COUNTED.search(name.casefold()):
            why = "three digits follow every point, and by its name the column holds whole numbers"
        elif has_pointed_dates and pointed >= _LIKELY_POINTS:
            why = "three digits follow every point, and the dates of the file are written with points"
        elif pointed >= _SURE_POINTS and others:
            why = f"three digits follow every point in {pointed:,} different cells, and smaller numbers have none"
        else:
            continue
        found[name] = DetectedFormat(POINTS[1], why)
    return found


def _resolve_orders(
    frame: pd.DataFrame, detected: Mapping[str, DetectedFormat], times: Sequence[str]
) -> dict[str, DetectedFormat]:
    """The formats, where ambiguous days and months are read as in the other columns of the file, if those agree."""
    known = {column.format for column in detected.values()} & set(ORDERS)
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
    set_order = next((name for name in ORDERS if name == f"date {order}"), None)
    columns = {name: detect_format(frame[name], name=name, dated=name in times, order=set_order) for name in names}
    detected = {name: column for name, column in columns.items() if column is not None}
    if frame.attrs.get(DAY_FORMAT) == "excel 1904":
        days = DetectedFormat("excel 1904", "numbers of days since 1904, as the workbook counts them")
        detected = {name: days if column.format == "excel 1900" else column for name, column in detected.items()}
    detected = _resolve_points(frame, detected, [name for name in others if name not in set_formats])
    detected = _resolve_orders(frame, detected, times)
    formats = {name: column.format for name, column in detected.items() if column.format is not None}
    return formats | dict(set_formats), detected


def to_plain_column(column: pd.Series, format_name: str, missing: MissingValues | None = None) -> pd.Series:
    """The column in the plain format; each distinct cell is converted once by `to_plain_format`.

    Args:
        column: Cells as in the export.
        format_name: Their format.
        missing: What means 'not known' once it is in the plain format, as 1900-01-01.

    >>> to_plain_column(pd.Series(["51-200", None, "420"]), "range 1-10").tolist()
    ['101', nan, '420']
    """
    kind = column.dtype
    mixed, counted = pd.api.types.is_object_dtype(kind), pd.api.types.is_numeric_dtype(kind) and format_name in COUNTED_DATES
    any_type = format_name in YES_NO_FORMATS or format_name in SET_FORMATS
    if not (counted or mixed or any_type or isinstance(kind, pd.StringDtype)):
        return column
    codes, values = factorize_column(column)
    plain_values = [None if value is pd.NA else to_plain_format(value, format_name) for value in values]
    if missing is not None:
        plain_values = [None if value in missing else value for value in plain_values]
    cells = np.array([*plain_values, None], dtype=object)
    plain = pd.Series(cells[codes], index=column.index, name=column.name, dtype=object)
    return plain if mixed and not any_type else plain.where(column.notna(), None).astype("str")


def to_plain_frame(frame: pd.DataFrame, formats: Mapping[str, str], missing_values: Sequence[str] = ()) -> pd.DataFrame:
    """The frame with each column that has a format converted to the plain one, and blank where that means 'not known'."""
    missing = read_missing(tuple(missing_values)) if missing_values else None
    return frame.assign(**{name: to_plain_column(frame[name], form, missing) for name, form in formats.items() if name in frame})


def check_formats(detected: Mapping[str, DetectedFormat], times: Sequence[str]) -> tuple[Finding, ...]:
    """Findings about the formats: how columns are read, and which formats are ambiguous."""
    columns: dict[Format, list[str]] = {}
    for name, column in detected.items():
        if column.format is not None:
            columns.setdefault(column.format, []).append(name)
    findings = []
    for format_name, names in columns.items():
        if format_name in _SETTLED:
            continue
        what = f"Read as '{format_name}': {list_names(names)} (reason: {detected[names[0]].reason})."
        findings.append(Finding("LEAD034", "tip", what, do="Set another format in [forms] if this is wrong."))
    if points := [name for name, column in detected.items() if column.has_open_point]:
        what = (
            f"A point may separate thousands or decimals in {list_names(points)}: three digits follow every point, as in 1.500."
        )
        do = f"It is read as a decimal point; set '{POINTS[1]}' in [forms] where it separates thousands."
        findings.append(Finding("LEAD042", "warning", what, do=do))
    if orders := [name for name, column in detected.items() if column.has_open_order]:
        what = f"Day and month may be swapped in {list_names(orders)} ({count(len(orders), 'column')}): every day is 12 or less."
        is_error = any(name in times for name in orders)
        do = "Set data.date_order to 'd/m/y' or 'm/d/y'" + ("." if is_error else "; until then they are read as texts.")
        findings.append(Finding("LEAD035", "error" if is_error else "warning", what, do=do))
    return tuple(findings)
