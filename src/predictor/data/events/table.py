"""A table of events as features and points read it, on any backend of Ibis.

Texts of events are compared as `normal_text` gives them. Backends trim and lower ASCII as Python does, but not always other
characters. So the few distinct texts with other characters are fetched once, normalised by `normal_text` and joined back from
a lookup table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.expr.types import BooleanValue, StringValue, Table

from predictor.data.lead_keys import as_keys
from predictor.data.values import MOST_VALUE, normal_text

TEXTS = ("event_type", "asset", "campaign")
NO_ODD_SPELLINGS: Mapping[str, str] = MappingProxyType({})

_LOW_PRIME, _HIGH_PRIME = 2_147_483_629, 2_147_483_647
_KEYS = {"lead_id": "string", "at_us": "int64", "event_type": "string"}
_FACTS = {"asset": "string", "campaign": "string", "value": "float64"}


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def bit_length(text: str) -> int:
    """The number of bits of a text; DuckDB and Spark have this function."""
    raise NotImplementedError  # never runs: Ibis reads the declaration, the backend has the function


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def byte_length(text: str) -> int:
    """The number of bytes of a text; BigQuery has this function, and no `bit_length`."""
    raise NotImplementedError  # never runs: Ibis reads the declaration, the backend has the function


def tabulate_events(events: pd.DataFrame | None) -> Table:
    """A frame of events as a table for features and points; an empty one for None.

    Args:
        events: Columns lead_id, occurred_at (with a zone), event_type and, where present, asset, campaign and value.

    >>> frame = pd.DataFrame({"lead_id": ["A"], "event_type": ["call"], "occurred_at": pd.to_datetime(["1970-01-02"], utc=True)})
    >>> tabulate_events(frame).to_pyarrow().to_pylist()
    [{'at_us': 86400000000, 'lead_id': 'A', 'event_type': 'call'}]
    """
    if events is None:
        events = pd.DataFrame(columns=["lead_id", "occurred_at", "event_type"])
    at = pd.to_datetime(events["occurred_at"], utc=True).dt.as_unit("us").astype("int64")
    texts = {name: pa.array(events[name], pa.string(), from_pandas=True) for name in TEXTS if name in events}
    numbers = {"value": pa.array(events["value"], pa.float64(), from_pandas=True)} if "value" in events else {}
    return ibis.memtable(
        pa.table({"at_us": pa.array(at, pa.int64()), "lead_id": _to_keys(events["lead_id"]), **texts, **numbers})
    )


def list_rows(lead_id: pd.Series, as_of: pd.Series) -> Table:
    """Rows of leads as a table: row (from 0), lead_id and as_of_us, microseconds since 1970 in UTC.

    Raises:
        ValueError: A row has no as_of.

    >>> list_rows(pd.Series(["A"]), pd.Series([pd.NaT], dtype="datetime64[us, UTC]"))
    Traceback (most recent call last):
    ValueError: Column 'as_of' must hold a date in every row, but 1 have none. Leave these rows out.
    """
    missing = int(as_of.isna().sum())
    if missing:
        raise ValueError(f"Column 'as_of' must hold a date in every row, but {missing} have none. Leave these rows out.")
    moments = as_of.dt.as_unit("us").astype("int64").to_numpy()
    return ibis.memtable(pa.table({"row": np.arange(len(moments)), "lead_id": _to_keys(lead_id), "as_of_us": moments}))


def _to_keys(column: pd.Series) -> pa.Array:
    return pa.array(as_keys(column), pa.string(), from_pandas=True)


def complete_events(events: Table) -> Table:
    """The events with all columns of the contract, empty ones added; implausible values become missing."""
    events = events.mutate(**{name: ibis.null(kind) for name, kind in _FACTS.items() if name not in events.columns})
    events = events.select(**{name: events[name].cast(kind) for name, kind in (_KEYS | _FACTS).items()})
    # -0.0 becomes 0.0; NaN is above infinity in SQL
    finite = ibis.cases((events.value == 0.0, 0.0), (events.value.abs() <= MOST_VALUE, events.value))
    return events.mutate(value=finite)


def select_past_events(rows: Table, events: Table, odd_spellings: Mapping[str, str] = NO_ODD_SPELLINGS) -> tuple[Table, Table]:
    """The past events of the rows: row, lead and as_of_us of each row; and lead, at_us, texts and value of each event.

    A lead is a number. Events after its last as_of are left out, texts are normal, and equal events count once.

    Args:
        rows: A table of `list_rows`.
        events: lead_id, at_us (microseconds since 1970 in UTC), event_type, and where present asset, campaign and value.
        odd_spellings: The result of `list_odd_spellings` for the events' texts; needed where they hold more than ASCII.
    """
    ends = rows.group_by("lead_id").aggregate(lead=rows.row.min(), until=rows.as_of_us.max())
    events = complete_events(events)
    ours = events.join(ends, [events.lead_id == ends.lead_id, events.at_us <= ends.until])
    normal = normalise_texts(ours.select("lead", "at_us", *TEXTS, "value"), TEXTS, odd_spellings)
    return rows.join(ends, "lead_id").select("row", "lead", "as_of_us"), normal.drop_null("event_type").distinct()


def list_odd_spellings(texts: Table) -> dict[str, str]:
    """Each text, in any column of the table, that only Python can normalise -> its normal text.

    >>> list_odd_spellings(ibis.memtable(pa.table({"asset": ["Guide ", "STRASSE", "Straße", None]})))
    {'Straße': 'strasse'}
    """
    columns = [texts.select(text=texts[name]) for name in texts.columns]
    is_odd = _is_odd_in_bigquery if texts.get_backend().name == "bigquery" else _is_odd
    odd = [column.filter(is_odd(column.text)) for column in columns]
    distinct = ibis.union(odd[0], *odd[1:], distinct=True).to_pyarrow()["text"].to_pylist()
    return {text: normal_text(text) or "" for text in distinct}


def normalise_texts(table: Table, columns: Sequence[str], odd_spellings: Mapping[str, str]) -> Table:
    """The table with normal texts in these columns; blank ones become missing."""
    others = [name for name in table.columns if name not in columns]
    plain = {name: trim(table[name]).lower() for name in columns}
    if odd_spellings:
        known = pa.table({"spelling": list(odd_spellings), "normal": list(odd_spellings.values())})
        for name in columns:
            odd = ibis.memtable(known).rename({f"{name}_spelling": "spelling", f"{name}_normal": "normal"})
            table = table.left_join(odd, table[name] == odd[f"{name}_spelling"])
        plain = {name: ibis.coalesce(table[f"{name}_normal"], trim(table[name]).lower()) for name in columns}
    return table.select(*others, **{name: text.nullif("") for name, text in plain.items()})


def trim(text: StringValue) -> StringValue:
    """The text without white space at its ends; only texts with some are stripped, since backends are slow at that."""
    return ibis.ifelse((text < "!") | (text.right(1) < "!"), text.strip(), text)


def _is_odd(text: StringValue) -> BooleanValue:
    """Whether a text has more than ASCII, or white space at its ends that Python strips and some backends do not."""
    trimmed = trim(text)
    return (bit_length(text) != text.length() * 8) | (trimmed < "!") | (trimmed.right(1) < "!")


def _is_odd_in_bigquery(text: StringValue) -> BooleanValue:
    trimmed = trim(text)
    return (byte_length(text) != text.length()) | (trimmed < "!") | (trimmed.right(1) < "!")


def fingerprint_events(events: Table) -> str:
    """A fingerprint of events that does not depend on their order.

    It is the sha256 of the XOR of their MD5s on DuckDB, and of sums of their hashes where another database computes.
    """
    cells = [events[name].cast("string").fill_null("\x1e") for name in events.columns]
    text = ibis.literal("\x1f").join(cells)
    if events.get_backend().name == "duckdb":
        halves = {"low": _md5_low(text).bit_xor(), "high": _md5_high(text).bit_xor(), "n": events.count()}
    else:
        halves = {"low": (text.hash() % _LOW_PRIME).sum(), "high": (text.hash() % _HIGH_PRIME).sum(), "n": events.count()}
    (totals,) = events.aggregate(**halves).to_pyarrow().to_pylist()
    return hashlib.sha256(repr(sorted(totals.items())).encode()).hexdigest()


_HALF = ((ibis.dtype("string"),), ibis.dtype("uint64"))


@ibis.udf.scalar.builtin(name="md5_number_lower", signature=_HALF)  # type: ignore[untyped-decorator]
def _md5_low(text: str) -> int:
    raise NotImplementedError  # never runs: Ibis reads the declaration, the backend has the function


@ibis.udf.scalar.builtin(name="md5_number_upper", signature=_HALF)  # type: ignore[untyped-decorator]
def _md5_high(text: str) -> int:
    raise NotImplementedError  # never runs: Ibis reads the declaration, the backend has the function
