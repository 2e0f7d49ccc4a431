"""Columns of an export parsed as moments in UTC, numbers, yes and no, or texts; a mask marks the cells that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import pandas as pd

from predictor.data.date_formats import read_date

Kind = Literal["number", "category", "date", "set"]

ISO_HINT = "Write dates as 2026-03-31 or 2026-03-31T14:05:00Z"
# Spelled out, because pandas accepts more: `now`, `today`, and a date with a zone but no hour.
PLAIN = r"\d{4}[-/ ]?\d{2}(?:[-/ ]?\d{2}(?:[T ][\d:.,]+)?)?"
ZONED = r"\d{4}[-/ ]?\d{2}[-/ ]?\d{2}[T ][\d:.,]+ ?(?:[zZ]|UTC|GMT|[+-]\d{2}(?::?\d{2})?)"
_USUAL = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?")
MAX_ODD_SHARE = 0.05  # share of cells in a column of numbers that may be no numbers
DAY_US = 86_400_000_000
QUARTER_US = 15 * 60 * 1_000_000  # a clock change lasts longer than this
_DAYS_AT_ONCE = 10_000
_SURE = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001  moments that have a year from 1 to 9999 in every zone
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def parse_times(column: pd.Series, timezone: str) -> tuple[pd.Series, pd.Series]:
    """A column of dates as moments in UTC, and a mask of the cells that are no dates.

    ISO 8601, and any other text that `read_date` reads.

    Args:
        column: Texts or datetimes; missing cells stay missing.
        timezone: The zone of dates without one. An hour that daylight saving skips is moved forward to the next that
            exists; an hour that it repeats is taken as standard time.

    >>> times, bad = parse_times(pd.Series(["2026-01-31", "2026-07-01T12:00:00+02:00", "soon", None]), "Europe/Berlin")
    >>> times.dt.strftime("%d %H:%M").tolist(), bad.tolist()
    (['30 23:00', '01 10:00', nan, nan], [False, False, True, False])
    """
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC").astype("datetime64[us, UTC]"), pd.Series(data=False, index=column.index)
    if pd.api.types.is_datetime64_dtype(column.dtype):
        return _localize(column.astype("datetime64[us]"), timezone), pd.Series(data=False, index=column.index)
    texts = column.astype("str").str.strip().where(column.notna())
    times = _parse_iso(texts, timezone)
    if (odd := np.flatnonzero(times.isna() & texts.notna())).size:
        codes, cells = pd.factorize(texts.iloc[odd])
        dates = pd.Series([read_date(cell) for cell in cells], dtype="str")
        times.iloc[odd] = _parse_iso(dates, timezone).to_numpy()[codes]
    return times, times.isna() & texts.notna()


def _parse_iso(texts: pd.Series, timezone: str) -> pd.Series:
    """Texts in ISO 8601 as moments in UTC; missing for any other."""
    zoned = texts.where(texts.str.fullmatch(ZONED, na=False)).str.replace(r" ?(?:UTC|GMT)$", "Z", regex=True)
    moments = pd.to_datetime(zoned, format="ISO8601", utc=True, errors="coerce").astype("datetime64[us, UTC]")
    plain = texts.where(texts.str.fullmatch(PLAIN, na=False))
    local = pd.to_datetime(plain, format="ISO8601", errors="coerce").astype("datetime64[us]")
    times = moments.fillna(_localize(local, timezone))
    possible: pd.Series = times.where(times.between(_FIRST, _LAST))
    return possible


def _localize(column: pd.Series, timezone: str) -> pd.Series:
    """Local times as moments in UTC; missing where the moment lies outside the years 1 to 9999."""
    sure = column.isna() | column.between(*_SURE)
    local = column.where(sure).dt.tz_localize(timezone, ambiguous=False, nonexistent="shift_forward")
    moments: pd.Series = local.dt.tz_convert("UTC").astype("datetime64[us, UTC]")
    for row in np.flatnonzero(~sure).tolist():
        with suppress(ValueError):
            moments.iloc[row] = to_moment(column.iloc[row].to_pydatetime(), timezone)
    return moments


def compute_offsets(days: np.ndarray, timezone: str) -> np.ndarray:
    """The offset of a zone from UTC on each day, in microseconds; NaN on days when the clocks change.

    Args:
        days: Local midnights, in microseconds since 1970 in local time.
        timezone: The zone.

    >>> days = pd.to_datetime(["2026-03-28", "2026-03-29"]).as_unit("us").astype("int64").to_numpy()
    >>> (compute_offsets(days, "Europe/Berlin") / 3.6e9).tolist()
    [1.0, nan]
    """
    offsets = np.full(len(days), np.nan)
    quarters = np.arange(0, DAY_US + 1, QUARTER_US)
    for start in range(0, len(days), _DAYS_AT_ONCE):
        local = days[start : start + _DAYS_AT_ONCE, None] + quarters
        times = _localize(pd.Series(local.ravel().astype("datetime64[us]")), timezone)
        ahead = local - times.to_numpy("datetime64[us]").astype("int64").reshape(local.shape)
        is_constant = (ahead == ahead[:, :1]).all(axis=1)
        offsets[start : start + _DAYS_AT_ONCE] = np.where(is_constant, ahead[:, 0], np.nan)
    return offsets


def parse_moment(text: str, timezone: str = "UTC") -> datetime:
    """One date as a moment in UTC, by the same rules as `parse_times`.

    Raises:
        ValueError: The text is no date.

    >>> parse_moment("2026-01-31", "Europe/Berlin").isoformat()
    '2026-01-30T23:00:00+00:00'
    >>> parse_moment("soon")
    Traceback (most recent call last):
    ValueError: this text is no date
    """
    text = text.strip()
    if _USUAL.fullmatch(text):
        with suppress(ValueError):
            return to_moment(datetime.fromisoformat(text), timezone)
    times, bad = parse_times(pd.Series([text], dtype="str"), timezone)
    if bad.iloc[0] or times.isna().iloc[0]:
        raise ValueError("this text is no date")
    return times.dt.to_pydatetime().iloc[0]  # type: ignore[no-any-return]


def read_moment(value: object) -> datetime | None:
    """One date as a datetime, without a zone where it has none; None where it is no clear date.

    >>> read_moment("2026-01-31T14:05Z"), read_moment("31 Jan 2026"), read_moment("01/02/2026")
    (datetime.datetime(2026, 1, 31, 14, 5, tzinfo=datetime.timezone.utc), datetime.datetime(2026, 1, 31, 0, 0), None)
    """
    if not isinstance(value, str):
        return value if isinstance(value, datetime) and not pd.isna(value) else None
    text = value.strip().upper()
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        iso = read_date(text)
    return None if iso is None else datetime.fromisoformat(iso)


def to_moment(value: datetime, timezone: str = "UTC") -> datetime:
    """One datetime as a moment in UTC, by the same rules as `parse_times`.

    Raises:
        ValueError: The moment lies outside the years 1 to 9999 in UTC.

    >>> to_moment(datetime(2026, 1, 31), "Europe/Berlin").isoformat()
    '2026-01-30T23:00:00+00:00'
    """
    try:
        if value.tzinfo is None:
            moment = pd.Timestamp(value).tz_localize(timezone, ambiguous=False, nonexistent="shift_forward")
            return moment.to_pydatetime().astimezone(UTC)
        return value.astimezone(UTC)
    except (OverflowError, NotImplementedError):
        raise ValueError(f"year {value.year:04} is out of range in UTC") from None


def parse_numbers(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """A column as floats, and a mask of the cells that are no numbers.

    >>> numbers, bad = parse_numbers(pd.Series(["3", "x", None]))
    >>> numbers.tolist(), bad.tolist()
    ([3.0, nan, nan], [False, True, False])
    """
    if column.dtype == object:  # Python's integers may be too large for pandas
        column = column.map(str, na_action="ignore").astype("str")
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    numbers = numbers.where(numbers.abs() != float("inf"))
    return numbers, numbers.isna() & column.notna()


def parse_outcome(column: pd.Series, yes: Sequence[str], no: Sequence[str]) -> tuple[pd.Series, pd.Series]:
    """A column of yes and no as 1.0 and 0.0 (missing: pending), and a mask of the cells that are neither.

    An empty text in `no` means that a missing cell is no.

    >>> parse_outcome(pd.Series(["x", None]), ["X"], [""])[0].tolist()
    [1.0, 0.0]
    """
    texts = column.astype("str").str.strip().str.casefold().where(column.notna())
    is_yes = texts.isin([word.casefold() for word in yes])
    is_no = texts.isin([word.casefold() for word in no])
    if "" in no:
        is_no |= texts.isna()
    return is_yes.astype("float64").where(is_yes | is_no), texts.notna() & ~is_yes & ~is_no


def parse_order(column: pd.Series, timezone: str) -> tuple[pd.Series, pd.Series]:
    """A column that grows with time as floats (dates: days since 1970), and a mask of the cells that cannot be read.

    The column is read as numbers or as dates, whichever fits more cells.
    """
    is_date = pd.api.types.is_datetime64_any_dtype(column.dtype)
    numbers, odd = parse_numbers(column.astype("str") if is_date else column)
    if not odd.any():
        return numbers, odd
    times, bad = parse_times(column, timezone)
    return (to_days(times), bad) if bad.sum() <= odd.sum() else (numbers, odd)


def to_days(times: pd.Series) -> pd.Series:
    """Moments as days since 1970, as floats."""
    return (times - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)


def infer_kind(column: pd.Series, timezone: str = "UTC") -> tuple[Kind, pd.Series]:
    """The kind of a column, inferred from its cells, and the column in that type; dates without a zone are in `timezone`.

    A column of numbers may hold up to one cell in twenty that is none; these cells become missing.

    >>> infer_kind(pd.Series(["10", None]))[0], infer_kind(pd.Series(["2026-01-31"]))[0], infer_kind(pd.Series(["10-50"]))[0]
    ('number', 'date', 'category')
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return "date", parse_times(column, timezone)[0]
    numbers = _read_mostly_numbers(column)
    if numbers is not None:
        return "number", numbers
    cells = column.dropna().astype("str")
    if cells.str.match(r"\d{4}([-/])\d{2}\1\d{2}").mean() >= 0.5:  # others may be dates in words
        times, bad = parse_times(column, timezone)
        if not bad.any():
            return "date", times
    return "category", column.astype("str")


def _read_mostly_numbers(column: pd.Series) -> pd.Series | None:
    """The column as floats where at most one cell in twenty is no number; None for any other, most often after a part of it."""
    most = MAX_ODD_SHARE * column.notna().sum()
    part = column.iloc[: int(2 * most) + 1]
    if parse_numbers(part)[1].sum() > most:
        return None
    numbers, bad = parse_numbers(column)
    return numbers if bad.sum() <= most else None
