"""Files of a CRM's activities, converted to events of the contract on DuckDB: few rows enter memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
from ibis.expr.types import BooleanValue, StringValue, Table

from predictor.core.errors import list_names
from predictor.data.crm.export_maps import find_columns
from predictor.data.events.contract import EVENT_COLUMNS, RawEvents, ReadEvents
from predictor.data.read.event_files import open_files
from predictor.data.read.table_errors import make_table_error

_PARTS = ("lead_id", "occurred_at", "event_type", "asset", "campaign", "value", "responded", "responded_at")
YES = ("true", "1", "yes")
_SHORT = 15  # characters of a Salesforce id in reports; the API adds three


def open_activities(paths: Sequence[Path], kind: Mapping[str, Any], *, encoding: str, keys: pd.Series | None) -> RawEvents:
    """The events in files of one kind, under our names.

    Args:
        paths: The files.
        kind: The entry of the CRM's map for this kind.
        encoding: Of CSV files.
        keys: The ids of the leads where files may shorten them; None where they never do.
    """
    parts = [open_files(str(path), Path(), encoding=encoding) for path in paths]
    return join_events([_ActivityFile(part, kind, keys).open() for part in parts])


class _ActivityFile:
    """A file of activities: its columns under our names, and how its rows become events."""

    def __init__(self, raw: RawEvents, kind: Mapping[str, Any], keys: pd.Series | None) -> None:
        self._raw, self._kind, self._keys = raw, kind, keys
        self._columns = {part: names[0] for part in _PARTS if (names := find_columns(raw.columns, kind.get(part, ())))}

    def open(self) -> RawEvents:
        return RawEvents(columns=EVENT_COLUMNS, read=self._read, notes=self._raw.notes)

    def _read(self, columns: Mapping[str, str]) -> ReadEvents:
        if "occurred_at" not in self._columns:
            missing, present = list_names(self._kind["occurred_at"]), list_names(self._raw.columns)
            what = f"A file of activities has no column {missing}; it has {present}."
            raise make_table_error("events", what, "Export it again with the date of each activity.")
        read = self._raw.read(self._columns)
        table = self._date_responses(read.table.filter(read.table.occurred_at.notnull()))
        events = self._complete_keys(table.mutate(event_type=self._name_types(table)))
        is_private = events.event_type.isin(list(self._kind.get("private", [])))
        texts = {name: _text(events, name) for name in EVENT_COLUMNS}
        texts["asset"] = ibis.cases((~is_private, texts["asset"]))
        events = events.select("row", "file", **texts)
        return replace(read, table=events.select("row", "file", **{ours: events[theirs] for ours, theirs in columns.items()}))

    def _name_types(self, table: Table) -> StringValue:
        """The type of each event: from the map, else the CRM's own type without its prefix."""
        kind, prefix, otherwise = self._kind, self._kind.get("prefix", ""), self._kind.get("otherwise")
        word = _text(table, "event_type").lower()
        word = word.re_replace(prefix, "") if prefix.startswith("^") else word
        word = word.re_replace("[^a-z0-9]+", "_").re_replace("^_+|_+$", "")
        known = [(word == key, ibis.literal(name)) for key, name in kind["types"].items()]
        if "added" in kind:
            return ibis.cases((~_has_responded(table), ibis.literal(kind["added"])), *known, else_=ibis.literal(otherwise))
        own = (ibis.literal(prefix) + word if prefix and not prefix.startswith("^") else word).nullif("")
        return ibis.cases(*known, else_=own.coalesce(ibis.literal(otherwise)) if otherwise else own)

    def _date_responses(self, table: Table) -> Table:
        """A response that has a date without a time counts from the end of that day, unless the record was created on it."""
        if "responded_at" not in table.columns:
            return table
        day, created = table.responded_at.cast("string").substr(0, 10), table.occurred_at.cast("string")
        same = (created.substr(0, 10) == day) | table.responded_at.isnull()
        return table.mutate(
            occurred_at=ibis.cases((~_has_responded(table) | same, created), else_=day + ibis.literal("T23:59:59"))
        )

    def _complete_keys(self, table: Table) -> Table:
        """Ids as in the leads, whether either file shortens them or not."""
        if self._keys is None:
            return table
        whole = self._keys.dropna().astype("str").str.strip().drop_duplicates()
        pairs = pa.table({"short": pa.array(whole.str[:_SHORT], pa.string()), "whole": pa.array(whole, pa.string())})
        known = ibis.memtable(pairs)
        joined = table.left_join(known, _text(table, "lead_id").substr(0, _SHORT) == known.short)
        return joined.mutate(lead_id=joined.whole.coalesce(_text(table, "lead_id"))).drop("short", "whole")


def _has_responded(table: Table) -> BooleanValue:
    return _text(table, "responded").lower().isin(YES).fill_null(False)


def _text(table: Table, name: str) -> StringValue:
    return table[name].cast("string") if name in table.columns else ibis.null("string")


def join_events(sources: Sequence[RawEvents]) -> RawEvents:
    """Several sources of events as one, in their order, all cells as texts; joined on disk.

    Args:
        sources: One or more.
    """
    if len(sources) == 1:
        return sources[0]
    names = tuple(dict.fromkeys(name for source in sources for name in source.columns))

    def read(columns: Mapping[str, str]) -> ReadEvents:
        folder = Path(tempfile.mkdtemp(prefix="predictor-"))
        try:
            parts = [_save_part(source, columns, folder / f"{at:04}.parquet") for at, source in enumerate(sources)]
            whole = open_files(str(folder), Path()).read({ours: ours for ours in columns})
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        faults, notes = (tuple(chain.from_iterable(found)) for found in ([p.faults for p in parts], [p.notes for p in parts]))
        return ReadEvents(whole.table.mutate(file=ibis.null("string")), faults, notes)

    return RawEvents(columns=names, read=read, notes=tuple(note for source in sources for note in source.notes))


def _save_part(source: RawEvents, columns: Mapping[str, str], path: Path) -> ReadEvents:
    names = {ours: next((name for name in (theirs, ours) if name in source.columns), None) for ours, theirs in columns.items()}
    read = source.copy or source.read
    part = read({ours: name for ours, name in names.items() if name is not None})
    cells = {ours: part.table[ours].cast("string") if ours in part.table.columns else ibis.null("string") for ours in columns}
    part.table.select(**cells).to_parquet(path)
    return part
