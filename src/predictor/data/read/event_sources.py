"""Events in their sources: files, a table of a database, or a frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa

from predictor.data.events.contract import RawEvents, ReadEvents
from predictor.data.read.database import open_table
from predictor.data.read.duckdb_workspace import open_workspace
from predictor.data.read.event_files import open_files
from predictor.data.read.file_kinds import is_url


def open_events(where: str | Path, folder: Path, *, encoding: str = "auto") -> RawEvents:
    """The events at a place, not read yet.

    Args:
        where: A CSV or Parquet file, a folder or a glob of such files, relative to the folder; or the URL of a database and a
            table in it, as `sqlite:///crm.db#events`.
        folder: Where relative paths start.
        encoding: Of CSV files; auto detects it from their bytes.

    Raises:
        TableError: There is nothing to read, or it cannot be read.
    """
    return open_table(str(where), folder) if is_url(where) else open_files(str(where), folder, encoding=encoding)


def open_frame(frame: pd.DataFrame) -> RawEvents:
    """The events of a frame, in its order."""

    def read(columns: Mapping[str, str]) -> ReadEvents:
        named = frame.set_axis([str(name) for name in frame.columns], axis=1)
        cells = {ours: _to_arrow(named[theirs]) for ours, theirs in columns.items()}
        rows = {"row": pa.array(range(1, len(frame) + 1), pa.int64()), "file": pa.nulls(len(frame), pa.string())}
        return ReadEvents(open_workspace().create_table("raw", ibis.memtable(pa.table({**rows, **cells}))))

    return RawEvents(tuple(map(str, frame.columns)), read)


def _to_arrow(column: pd.Series) -> pa.Array:
    """The column in its own type; mixed Python objects as texts."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        moments = column.dt.tz_convert(None)
        return pa.array(moments, pa.timestamp(moments.dt.unit, "UTC"), from_pandas=True)
    try:
        cells = pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        cells = pa.array(column.map(str, na_action="ignore").astype("str"), pa.string(), from_pandas=True)
    return cells.cast(pa.string()) if pa.types.is_null(cells.type) else cells
