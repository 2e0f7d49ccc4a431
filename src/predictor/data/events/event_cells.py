"""Cells of events, parsed on DuckDB as moments, numbers, keys and texts.

SQL reads the usual formats. Other cells are few: each distinct one is fetched once, parsed by the functions for leads
(`parse_times`, `parse_numbers`, `normal_text`) and joined back from a lookup table. So the same rules hold for leads and
events, however many events there are.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import ibis
import pandas as pd
import pyarrow as pa
from ibis.expr.types import BooleanValue, IntegerValue, StringValue, Table, Value

from predictor.core.cell_formats import Format
from predictor.data.column_format import POINTS, detect_format
from predictor.data.detect_formats import to_plain_column
from predictor.data.events.local_times import keep_possible, move_days_to_utc, move_to_utc, to_us
from predictor.data.events.stored_tables import add_lookup, list_distinct, materialise
from predictor.data.events.table import TEXTS, bit_length, list_odd_spellings, normalise_texts, trim
from predictor.data.lead_keys import LONG_ID, to_key
from predictor.data.missing import MissingValues, read_missing
from predictor.data.parse import parse_numbers, parse_times
from predictor.data.values import MOST_VALUE

_PLAUSIBLE_US = -2_208_988_800_000_000, 7_258_118_399_999_999  # years 1900 to 2199; some systems write others for 'no date'
_NUMBERS = frozenset({*POINTS, "range 1-10"})
_MOST_OFFSET_S = 14 * 3600  # of a zone from UTC
_DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"
_PLAIN = rf"^{_DATE}([T ]{_TIME})?$"
_ZONED = rf"^{_DATE}[T ]{_TIME}(Z| ?UTC| ?GMT|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)$"
_GROUPED = r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$"  # 1.234 where a comma separates decimals
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"


_LOCAL_SIGNATURE, _ZONED_SIGNATURE = (((ibis.dtype(kind),), ibis.dtype("int64")) for kind in ("timestamp", "timestamp('UTC')"))


@ibis.udf.scalar.builtin(name="epoch_us", signature=_LOCAL_SIGNATURE)  # type: ignore[untyped-decorator]
def _count_us(moment: object) -> int:
    """Microseconds since 1970 of a timestamp without a zone."""
    raise NotImplementedError  # never runs: Ibis reads the declaration, DuckDB has the function


@ibis.udf.scalar.builtin(name="epoch_us", signature=_ZONED_SIGNATURE)  # type: ignore[untyped-decorator]
def _count_zoned_us(moment: object) -> int:
    """Microseconds since 1970 of a timestamp with a zone."""
    raise NotImplementedError  # never runs: Ibis reads the declaration, DuckDB has the function


@dataclass(frozen=True)
class EventCells:
    """Events whose cells are parsed.

    Attributes:
        table: at_us, value, keys and normal texts; `bad_at` and `bad_value` mark cells that cannot be read.
        formats: `occurred_at` and `value`, and how they are written, where that is not the plain format.
    """

    table: Table
    formats: Mapping[str, Format]


def parse_event_cells(
    raw: Table,
    *,
    timezone: str,
    missing_values: Sequence[str],
    order: Format | None = None,
    formats: Mapping[str, Format] = MappingProxyType({}),
) -> EventCells:
    """The events with parsed cells.

    Args:
        raw: A table on DuckDB: row, file, lead_id, occurred_at, event_type, and where present asset, campaign and value.
        timezone: The zone of dates without one.
        missing_values: Texts that mean 'not known'.
        order: The order of day and month of ambiguous dates.
        formats: How `occurred_at` and `value` were written in training, for cells that may be read in two ways.
    """
    missing = read_missing(tuple(missing_values))
    words = sorted(word.lower() for word in missing.words - missing.days)
    texts = {name: _to_text(raw[name], words) for name in ("lead_id", *TEXTS) if name in raw.columns}
    texts |= {name: ibis.null("string") for name in TEXTS if name not in raw.columns}
    values = raw.value if "value" in raw.columns else ibis.null("float64")
    cells = {"occurred_at": _to_text_or_time(raw.occurred_at, words), "value": _to_text_or_number(values, words)}
    clean = materialise(raw.select("row", "file", **texts, **cells))  # SQL would compute it again at every use
    table = materialise(clean.select("row", "file", *texts, **_read_time(clean.occurred_at), **_read_value(clean.value)))
    odd = list_odd_spellings(table.select(*TEXTS))
    table = _read_keys(table)
    table = move_to_utc(table, timezone)
    found = {
        "occurred_at": _detect(list_distinct(table, "at_text"), dated=True, order=order or formats.get("occurred_at")),
        "value": _detect(list_distinct(table.filter(table.value.isnull()), "value_text")) or formats.get("value"),
    }
    table = _fill_numbers(_fill_times(table, timezone, found["occurred_at"]), found["value"])
    table = normalise_texts(_mark_bad(table, missing).drop("at_text", "local", "value_text"), TEXTS, odd)
    return EventCells(table=table, formats={name: column_format for name, column_format in found.items() if column_format})


def parse_placed_cells(raw: Table, *, timezone: str, missing_values: Sequence[str]) -> Table:
    """The same of events in their database, whose columns it reads by itself; nothing but distinct texts and days is fetched.

    Args:
        raw: A table of any backend: texts (lead_id, event_type, and where present asset and campaign), at_us (microseconds since
            1970), `local` where that is not in UTC, has_at, and where present value and has_value.
        timezone: The zone of dates without one.
        missing_values: Texts that mean 'not known'.
    """
    missing = read_missing(tuple(missing_values))
    words = sorted(missing.words - missing.days)
    absent = {name: ibis.null("string") for name in TEXTS if name not in raw.columns}
    numbers = {} if "value" in raw.columns else {"value": ibis.null("float64"), "has_value": ibis.literal(False)}
    table = raw.mutate(**absent, **numbers)
    if "local" in raw.columns:
        table = move_days_to_utc(table, timezone).drop("local")
    table = normalise_texts(_mark_bad(table, missing), TEXTS, list_odd_spellings(table.select(*TEXTS)))
    known = {name: ibis.cases((~table[name].isin(words), table[name])) for name in TEXTS}
    known["lead_id"] = ibis.cases((~table.lead_id.lower().isin(words), table.lead_id))
    return table.mutate(**known).mutate(row=lambda t: t.lead_id)


def _mark_bad(table: Table, missing: MissingValues) -> Table:
    """Moments and values that are none become missing, and are marked where their cell was not empty."""
    good_at = (table.at_us.between(*_PLAUSIBLE_US) & ~_lies_on(table.at_us, missing.days)).fill_null(False)
    good_value = (table.value.abs() <= MOST_VALUE).fill_null(False)
    bad = {"bad_at": ~good_at & table.has_at, "bad_value": ~good_value & table.has_value}
    cells = {"at_us": ibis.cases((good_at, table.at_us)), "value": ibis.cases((good_value, table.value))}
    return table.mutate(**bad, **cells).drop("has_at", "has_value")


def _lies_on(at_us: IntegerValue, days: Iterable[str]) -> BooleanValue:
    """Whether a moment lies on one of some days, in any zone."""
    starts = (calendar.timegm(date.fromisoformat(day).timetuple()) for day in days if not day.startswith("0000"))
    spans = ((start - _MOST_OFFSET_S, start + 86_400 + _MOST_OFFSET_S) for start in starts)
    return ibis.or_(ibis.literal(False), *(at_us.between(int(first * 1e6), int(last * 1e6)) for first, last in spans))


def _to_text(column: Value, words: Sequence[str]) -> StringValue:
    """Cells as trimmed texts, whatever their type; missing where they mean 'not known'."""
    kind = column.type()
    if kind.is_floating():
        whole = (column == column.floor()) & (column.abs() < 1e15)
        return ibis.ifelse(whole, column.try_cast("int64").cast("string"), column.cast("string"))
    text = trim(column.cast("string"))
    return ibis.cases((~text.lower().isin(words), text))


def _to_text_or_time(column: Value, words: Sequence[str]) -> Value:
    if column.type().is_date():
        return column.cast("timestamp")
    return column if column.type().is_timestamp() else _to_text(column, words)


def _to_text_or_number(column: Value, words: Sequence[str]) -> Value:
    return column.cast("float64") if column.type().is_numeric() else _to_text(column, words)


def _read_time(column: Value) -> dict[str, Value]:
    """Microseconds, whether they are local time, whether there is a cell, and its text where SQL cannot read it."""
    kind = column.type()
    if kind.is_timestamp():
        zoned = kind.timezone is not None
        us = _count_zoned_us(column.cast("timestamp('UTC')")) if zoned else _count_us(column.cast("timestamp"))
        local = ibis.literal(not zoned)
        return {"at_us": keep_possible(us), "local": local, "has_at": column.notnull(), "at_text": ibis.null("string")}
    plain = column.re_search(_PLAIN)
    us = keep_possible(_count_zoned_us(ibis.cases((plain | column.re_search(_ZONED), column)).try_cast("timestamp('UTC')")))
    return {
        "at_us": us,
        "local": plain.fill_null(False),
        "has_at": column.notnull(),
        "at_text": ibis.cases((us.isnull(), column)),
    }


def _read_value(column: Value) -> dict[str, Value]:
    """The number, whether there is a cell, and its text where SQL cannot read it, or reads a point that may group digits."""
    if column.type().is_numeric():
        return {"value": column, "has_value": column.notnull(), "value_text": ibis.null("string")}
    number = ibis.cases((column.re_search(_NUMBER), column)).try_cast("float64")
    text = ibis.cases((number.isnull() | column.re_search(_GROUPED), column))
    return {"value": number, "has_value": column.notnull(), "value_text": text}


def _detect(texts: pa.ChunkedArray, *, dated: bool = False, order: Format | None = None) -> Format | None:
    """The format of all cells that are not plain; None where there is none."""
    detected = detect_format(texts.to_pandas().astype("str"), dated=dated, order=order)
    known = detected is not None and (dated or detected.format in _NUMBERS)
    return detected.format if detected is not None and known else None


def _to_plain(texts: pa.ChunkedArray, column_format: Format | None) -> pd.Series:
    cells = texts.to_pandas().astype("str")
    return cells if column_format is None else to_plain_column(cells, column_format)


def _fill_times(table: Table, timezone: str, column_format: Format | None) -> Table:
    """The moments of texts that SQL could not read, where Python can."""
    texts = list_distinct(table, "at_text")
    times, _ = parse_times(_to_plain(texts, column_format), timezone)
    table = add_lookup(table, "at_text", known=pa.table({"key": texts, "found": to_us(times)}))
    return table.mutate(at_us=table.at_us.coalesce(table.known)).drop("known")


def _read_keys(table: Table) -> Table:
    """The keys of leads where Python reads them in its own way: trimmed of more than ASCII, or without a checksum."""
    length = table.lead_id.length()
    texts = list_distinct(table.filter((bit_length(table.lead_id) != length * 8) | (length == LONG_ID)), "lead_id")
    pairs = {text: key for text in texts.to_pylist() if (key := to_key(text.strip())) != text}
    known = pa.table({"key": pa.array(pairs, pa.string()), "found": pa.array(pairs.values(), pa.string())})
    table = add_lookup(table, "lead_id", known=known)
    return table.mutate(lead_id=table.known.coalesce(table.lead_id)).drop("known")


def _fill_numbers(table: Table, column_format: Format | None) -> Table:
    """The values of texts that SQL could not read, where Python can; a decimal comma changes what a point means."""
    odd = table if column_format == POINTS[1] else table.filter(table.value.isnull())
    texts = list_distinct(odd, "value_text")
    numbers, _ = parse_numbers(_to_plain(texts, column_format))
    found = pa.array(numbers, pa.float64(), from_pandas=True)
    table = add_lookup(table, "value_text", known=pa.table({"key": texts, "found": found}))
    return table.mutate(value=table.known.coalesce(table.value)).drop("known")
