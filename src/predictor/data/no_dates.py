"""Dates that stand for 'no date': those that the settings name are counted, and a date far from all others is pointed out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from predictor.core.errors import Finding, count, list_names
from predictor.data.detect_formats import to_plain_column
from predictor.data.missing import MissingValues

_MANY = 20  # rows of one date that are no accident
_LARGE = 0.1  # share of the filled rows from which one date is a large part
_OTHERS = 3  # days besides it, at least
_FAR = pd.Timedelta(days=365)  # from one date to the next of all others
_FEWEST, _MOST_OF = 5, 0.5  # faulty rows that have one date: their number, and their share of all faulty rows


def check_no_dates(
    raw: pd.DataFrame, plain: pd.DataFrame, formats: Mapping[str, str], missing: MissingValues
) -> tuple[Finding, ...]:
    """A tip for each day that is read as 'no date', with its rows and columns.

    Args:
        raw: The leads before missing values were left blank.
        plain: The leads in the plain format or parsed, with blanks.
        formats: Column -> its format.
        missing: The values that mean 'not known'.

    >>> raw = pd.DataFrame({"sql_at": ["01.01.1900", "03.06.2024"]})
    >>> plain = pd.DataFrame({"sql_at": [None, "2024-06-03"]})
    >>> print(*check_no_dates(raw, plain, {"sql_at": "date d/m/y"}, MissingValues(["1900-01-01"])))
    LEAD090 The date 1900-01-01 is read as not known: 1 row of 'sql_at'. Take it out of data.missing_values if it is a real date.
    """
    rows: dict[str, int] = {}
    columns: dict[str, list[str]] = {}
    for name in map(str, plain):
        blank = raw[name].notna() & plain[name].isna()
        for day, n in _count_days(raw.loc[blank, name], formats.get(name), missing).items():
            rows[day] = rows.get(day, 0) + n
            columns.setdefault(day, []).append(name)
    do = "Take it out of data.missing_values if it is a real date."
    return tuple(
        Finding("LEAD090", "tip", f"The date {day} is read as not known: {count(n, 'row')} of {list_names(columns[day])}.", do=do)
        for day, n in sorted(rows.items())
    )


def _count_days(cells: pd.Series, format_name: str | None, missing: MissingValues) -> dict[str, int]:
    """The number of rows of each day, of cells that are missing; other cells are no days."""
    if cells.empty:
        return {}
    plain = cells if format_name is None else to_plain_column(cells, format_name)
    days: dict[str, int] = {}
    for text, n in plain.astype("str").value_counts().items():
        if (day := missing.find_day(str(text))) is not None:
            days[day] = days.get(day, 0) + int(n)
    return days


def check_far_dates(frame: pd.DataFrame, names: Sequence[str], timezone: str) -> tuple[Finding, ...]:
    """A warning for each column of which one date fills a large part, more than a year from all its other dates.

    Args:
        frame: The leads.
        names: The columns of dates, in UTC.
        timezone: The zone in which they are days.

    >>> dates = pd.to_datetime(["2000-01-01"] * 20 + ["2024-06-03", "2024-06-04", "2024-06-05"], utc=True)
    >>> print(check_far_dates(pd.DataFrame({"sql_at": dates}), ["sql_at"], "UTC")[0].what)
    Column 'sql_at' is 2000-01-01 in 20 of 23 rows, far from its other dates.
    """
    found = ((name, _count_by_day(frame[name], timezone)) for name in names)
    return tuple(
        Finding("LEAD091", "warning", _describe_far(name, days), do=_advise(days.index[0]), column=name)
        for name, days in found
        if _is_far(days)
    )


def _count_by_day(dates: pd.Series, timezone: str) -> pd.Series:
    """The number of rows of each day, the most frequent first."""
    days: pd.Series = dates.dropna().dt.tz_convert(timezone).dt.tz_localize(None).dt.floor("D")
    return days.value_counts()


def _is_far(days: pd.Series) -> bool:
    """Whether the most frequent day fills a large part of the rows and is far from all others."""
    if len(days) <= _OTHERS or days.iloc[0] < max(_MANY, _LARGE * int(days.sum())):
        return False
    return bool(abs(days.index[1:] - days.index[0]).min() > _FAR)


def _describe_far(name: str, days: pd.Series) -> str:
    share = f"{int(days.iloc[0]):,} of {count(int(days.sum()), 'row')}"
    return f"Column '{name}' is {days.index[0]:%Y-%m-%d} in {share}, far from its other dates."


def _advise(day: pd.Timestamp) -> str:
    return f"If that means 'no date', add '{day:%Y-%m-%d}' to data.missing_values."


def advise_no_date(dates: pd.Series, faulty: pd.Series, timezone: str) -> str:
    """What to do where most faulty rows have one and the same date, as a sentence with a blank before it; else empty.

    Args:
        dates: The dates of all rows, in UTC.
        faulty: Which rows are faulty.
        timezone: The zone in which they are days.

    >>> dates = pd.Series(pd.to_datetime(["2000-01-01"] * 6 + ["2024-06-03"], utc=True))
    >>> advise_no_date(dates, dates < "2024-01-01", "UTC")
    " It is 2000-01-01 in 6 of them. If that means 'no date', add '2000-01-01' to data.missing_values."
    """
    days = _count_by_day(dates[faulty], timezone)
    if days.empty or days.iloc[0] < max(_FEWEST, _MOST_OF * int(faulty.sum())):
        return ""
    return f" It is {days.index[0]:%Y-%m-%d} in {int(days.iloc[0]):,} of them. {_advise(days.index[0])}"
