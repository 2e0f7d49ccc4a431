"""An export as read: a plain table of leads, or the files of a CRM under our names, with their events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from predictor.core.errors import Finding
from predictor.core.settings import Settings
from predictor.data.crm.merged import drop_merged
from predictor.data.crm.warehouse import drop_deleted, shorten_names
from predictor.data.join_files import join_files
from predictor.data.read.file_kinds import is_url
from predictor.data.read.table_errors import make_table_error
from predictor.data.read.table_files import read_table, tidy_table
from predictor.data.read.table_shape import FileTable

if TYPE_CHECKING:
    from predictor.data.events.contract import RawEvents

IN_MEMORY = "a frame"  # what findings call a table that no file holds


@dataclass(frozen=True)
class RawTables:
    """An export as read.

    Attributes:
        leads: One row per episode.
        events: The events; None where there are none.
        notes: Findings of the reader: what was left out, what is unknown.
    """

    leads: pd.DataFrame
    events: RawEvents | None
    notes: tuple[Finding, ...] = ()


def read_tables(settings: Settings, *, leads: str | None = None, events: str | None = None) -> RawTables:
    """The tables that the settings name.

    Args:
        settings: Sections data, columns, roles and stages are used.
        leads: Leads to score, relative to the working directory; None reads the training tables that the settings name.
        events: Events of the leads to score; not used without `leads`.

    Raises:
        TableError: A file or table cannot be read.
    """
    scoring, data = leads is not None, settings.data
    where, folder = (leads, Path()) if leads is not None else (data.leads, settings.folder)
    if not where:
        raise make_table_error("leads", "The settings name no table of leads.", "Set data.leads in predictor.toml.")
    events_at = (events if scoring else data.events) or ""
    own_events = [_open_events(events_at, folder, data.encoding)] if events_at else []
    files: Sequence[str] = () if scoring else data.files
    if not data.crm:
        found = _read_plain(where, folder, settings, files=files, most=0 if scoring else data.most_rows)
        return RawTables(leads=found.frame, events=own_events[0] if own_events else None, notes=found.notes)
    from predictor.data.crm.activity_files import join_events  # noqa: PLC0415  a plain table needs no history backend
    from predictor.data.crm.export import read_crm, read_crm_table  # noqa: PLC0415

    if is_url(where):
        table = read_crm_table(_read_leads(where, folder, settings, most=0), data.crm, settings, scoring=scoring)
        return RawTables(leads=table.leads, events=own_events[0] if own_events else None, notes=table.notes)
    export = read_crm([folder / where, *(folder / name for name in files)], data.crm, settings, scoring=scoring)
    sources = [*export.events, *own_events]
    return RawTables(leads=export.leads, events=join_events(sources) if sources else None, notes=export.notes)


def read_frames(settings: Settings, leads: pd.DataFrame, events: pd.DataFrame | None = None) -> RawTables:
    """The same for tables that are in memory, which are left as they are.

    Args:
        settings: Sections data, columns, roles and stages are used.
        leads: Leads as an export has them, with its names of columns; a named index is a column.
        events: Their events; None for none.

    Raises:
        TableError: They hold no leads.
    """
    found = tidy_table(_to_table(leads), "leads", name=IN_MEMORY)
    if settings.data.crm:
        from predictor.data.crm.export import read_crm_table  # noqa: PLC0415  a plain table needs no history backend

        table = read_crm_table(found, settings.data.crm, settings)
        frame, notes = table.leads, table.notes
    else:
        frame, notes, _ = _clean(found, settings)
    if events is None:
        return RawTables(leads=frame, events=None, notes=notes)
    from predictor.data.read.event_sources import open_frame  # noqa: PLC0415  leads without events need no history backend

    return RawTables(leads=frame, events=open_frame(_to_table(events).frame), notes=notes)


def _to_table(frame: pd.DataFrame) -> FileTable:
    """A frame as a file of its columns would be read."""
    levels = [name for name in frame.index.names if name is not None]
    return FileTable((frame.reset_index(level=levels) if levels else frame).reset_index(drop=True))


def _open_events(where: str, folder: Path, encoding: str) -> RawEvents:
    from predictor.data.read.event_sources import open_events  # noqa: PLC0415  leads without events need no history backend

    return open_events(where, folder, encoding=encoding)


def _read_plain(where: str, folder: Path, settings: Settings, *, files: Sequence[str], most: int) -> FileTable:
    """The leads of tables that no CRM wrote, joined, with short names, without deleted and merged rows."""
    found = _read_leads(where, folder, settings, most=most)
    others = {Path(name).name: _read_leads(name, folder, settings, most=0) for name in files}
    joined, matched = join_files(found.frame, {name: other.frame for name, other in others.items()})
    found = found._replace(notes=(*found.notes, *(note for other in others.values() for note in other.notes), *matched))
    return _clean(found._replace(frame=joined), settings)


def _clean(found: FileTable, settings: Settings) -> FileTable:
    """The leads under short names, without deleted and merged rows."""
    frame, shortened = shorten_names(found.frame, settings)
    frame, deleted = drop_deleted(frame, settings)
    frame, merged = drop_merged(frame, settings)
    return found._replace(frame=frame, notes=(*found.notes, *shortened, *deleted, *merged))


def _read_leads(where: str, folder: Path, settings: Settings, *, most: int) -> FileTable:
    """The leads of a file or a table."""
    if is_url(where):
        from predictor.data.read.database import load_frame  # noqa: PLC0415  files need no database

        return tidy_table(FileTable(load_frame(where, folder, "leads")), "leads", name=where.rpartition("#")[2])
    return read_table(folder / where, "leads", encoding=settings.data.encoding, most=most)
