"""Which columns of the leads are attributes, their kinds, and which columns are left out and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from predictor.core.cell_formats import SET_FORMATS
from predictor.core.errors import Finding, count
from predictor.core.settings import Settings
from predictor.data.denied_columns import deny_column
from predictor.data.parse import Kind, infer_kind


def split_roles(
    frame: pd.DataFrame, settings: Settings, *, kept: Sequence[str], formats: Mapping[str, str]
) -> tuple[pd.DataFrame, dict[str, Kind], tuple[Finding, ...]]:
    """The kept columns as they are, then the attributes in their kinds; columns with denied names are removed.

    Args:
        frame: The leads under our names.
        settings: Sections data and roles are used.
        kept: Columns that are no attributes: ours, points and protected ones.
        formats: Column -> its format in the export, where that is not the plain one.

    Returns:
        The frame, the kind of each attribute, and the findings.
    """
    others = [str(name) for name in frame.columns if name not in kept]
    denied = {name: reason for name in others if (reason := deny_column(name, frame[name])) and name not in settings.roles.allow}
    timezone = settings.data.timezone
    typed = {name: read_kind(frame[name], formats.get(name), timezone) for name in others if name not in denied}
    columns = [frame[list(kept)], *(column.rename(name) for name, (_, column) in typed.items())]
    findings = (*_check_numbers(frame, typed), *check_denied(denied))
    return pd.concat(columns, axis=1), {name: kind for name, (kind, _) in typed.items()}, findings


def read_kind(column: pd.Series, format_name: str | None, timezone: str = "UTC") -> tuple[Kind, pd.Series]:
    """The kind of a column in the plain format, and the column in that type: by its format where that says it, else by its cells.

    >>> [read_kind(pd.Series(["03230"]), format_name)[0] for format_name in ("text", "set ;", None)]
    ['category', 'set', 'number']
    """
    if format_name in SET_FORMATS:
        return "set", column.astype("str")
    return ("category", _to_texts(column)) if format_name == "text" else infer_kind(column, timezone)


def _to_texts(column: pd.Series) -> pd.Series:
    """The column as texts, a whole number without a point."""
    return column.map(lambda cell: f"{cell:.15g}" if isinstance(cell, float) else str(cell), na_action="ignore").astype("str")


def check_denied(denied: Mapping[str, str]) -> tuple[Finding, ...]:
    """A finding for each column that is left out because of its name.

    Args:
        denied: Column -> reason.

    >>> print(check_denied({"Tags": "it is filled in during qualification"})[0].what)
    Column 'Tags' is no feature: it is filled in during qualification.
    """
    do = "Nothing, unless the value was set before the lead became an MQL: then name the column in roles.allow."
    return tuple(
        Finding("LEAD030", "warning", f"Column '{n}' is no feature: {reason}.", do=do, column=n) for n, reason in denied.items()
    )


def _check_numbers(frame: pd.DataFrame, typed: Mapping[str, tuple[Kind, pd.Series]]) -> tuple[Finding, ...]:
    """A finding for each column of numbers in which a few cells are no numbers."""
    lost = {name: int((frame[name].notna() & column.isna()).sum()) for name, (kind, column) in typed.items() if kind == "number"}
    do = "Write plain numbers, as 1200 for 1,200: such a cell is taken as missing, and refused when a lead is scored."
    return tuple(
        Finding(
            "LEAD033", "warning", f"Column '{name}' holds no number in {count(n, 'row')} of {len(frame):,}.", do=do, column=name
        )
        for name, n in lost.items()
        if n
    )


def drop_late_dates(
    frame: pd.DataFrame, attributes: dict[str, Kind], allowed: tuple[str, ...]
) -> tuple[dict[str, Kind], tuple[Finding, ...]]:
    """The attributes without dates that lie after `mql_at`: whether they are filled shows who stayed active.

    Args:
        frame: The leads under our names, dates in UTC.
        attributes: Column -> kind.
        allowed: Columns that the settings keep anyway.

    Returns:
        The attributes that stay, and a finding for each that was left out.

    >>> days = pd.to_datetime(pd.Series(["2026-01-01", "2026-01-02"]), utc=True)
    >>> frame = pd.DataFrame({"mql_at": days[0], "created": days[0], "last seen": days})
    >>> kept, findings = drop_late_dates(frame, {"created": "date", "last seen": "date"}, ())
    >>> kept, [finding.code for finding in findings]
    ({'created': 'date'}, ['LEAD032'])
    """
    if "mql_at" not in frame:
        return attributes, ()
    dates = [name for name, kind in attributes.items() if kind == "date" and name not in allowed]
    late = {name: int((frame[name] > frame["mql_at"]).sum()) for name in dates}
    do = "Export the first of these dates rather than the last, or name it in roles.allow: then later dates count as missing."
    findings = tuple(
        Finding(
            "LEAD032", "warning", f"Column '{name}' is no feature: {count(n, 'date')} lie after 'mql_at'.", do=do, column=name
        )
        for name, n in late.items()
        if n
    )
    return {name: kind for name, kind in attributes.items() if not late.get(name)}, findings
