"""Texts of events as `normal_text` makes them, worked out where the events are.

A backend trims and lowers what is plain ASCII as Python does, and nothing else surely. So the few distinct texts that are more
than that are fetched once, spelled by `normal_text` itself, and handed back as a table to look them up in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import ibis
import pyarrow as pa
from ibis.expr.types import BooleanValue, StringValue, Table

from predictor.values import normal_text

NONE_ODD: Mapping[str, str] = MappingProxyType({})


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def bit_length(text: str) -> int:
    """How many bits a text takes: known by this name to DuckDB and to Spark."""
    raise NotImplementedError  # the backend has it


def find_odd_spellings(texts: Table) -> dict[str, str]:
    """Each text, in any column of the table, that only Python can spell -> its normal text; empty for none.

    >>> find_odd_spellings(ibis.memtable(pa.table({"asset": ["Guide ", "STRASSE", "Straße", None]})))
    {'Straße': 'strasse'}
    """
    columns = [texts.select(text=texts[name]) for name in texts.columns]
    odd = [column.filter(_is_odd(column.text)) for column in columns]
    found = ibis.union(odd[0], *odd[1:], distinct=True).to_pyarrow()["text"].to_pylist()
    return {text: normal_text(text) or "" for text in found}


def spell_normally(table: Table, columns: Sequence[str], odd_spellings: Mapping[str, str]) -> Table:
    """The table with normal texts in these columns; None where nothing is left."""
    others = [name for name in table.columns if name not in columns]
    plain = {name: table[name].strip().lower() for name in columns}
    if odd_spellings:
        known = pa.table({"spelling": list(odd_spellings), "normal": list(odd_spellings.values())})
        for name in columns:
            odd = ibis.memtable(known).rename({f"{name}_spelling": "spelling", f"{name}_normal": "normal"})
            table = table.left_join(odd, table[name] == odd[f"{name}_spelling"])
        plain = {name: ibis.coalesce(table[f"{name}_normal"], table[name].strip().lower()) for name in columns}
    return table.select(*others, **{name: text.nullif("") for name, text in plain.items()})


def _is_odd(text: StringValue) -> BooleanValue:
    """Whether a text has more than ASCII, or ends in white space that `strip` knows in Python and not in every backend."""
    trimmed = text.strip()
    return (bit_length(text) != text.length() * 8) | (trimmed < "!") | (trimmed.right(1) < "!")
