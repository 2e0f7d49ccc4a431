"""The seam through which every command reads an export: a table as it is, or a CRM's files under our names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from predictor.core.errors import Finding
from predictor.core.settings import Settings
from predictor.data.crm.activity_files import join_events
from predictor.data.crm.export import read_crm
from predictor.data.events.contract import RawEvents
from predictor.data.read.csv_header import refuse
from predictor.data.read.database import is_url, load_frame
from predictor.data.read.event_sources import open_events
from predictor.data.read.table_files import find_step, read_table


@dataclass(frozen=True)
class RawTables:
    """An export as read.

    Attributes:
        leads: One row an episode.
        events: The events; None for none.
        notes: What was left out or is not known.
    """

    leads: pd.DataFrame
    events: RawEvents | None
    notes: tuple[Finding, ...] = ()


def read_tables(settings: Settings, *, leads: str | None = None, events: str | None = None) -> RawTables:
    """The tables that the settings name.

    Args:
        settings: Sections data, columns, roles and stages are used.
        leads: Leads to score in place of those that taught, and `events` theirs, from the working directory; None: those that
            the settings name, for training.
        events: See leads.

    Raises:
        TableError: A file or a table that cannot be read.
    """
    scoring, data = leads is not None, settings.data
    where, folder = (leads, Path()) if leads is not None else (data.leads, settings.folder)
    if not where:
        raise refuse("leads", "The settings name no table of leads.", "Set data.leads in predictor.toml.")
    acts = (events if scoring else data.events) or ""
    own = [open_events(acts, folder, encoding=data.encoding)] if acts else []
    if not data.crm or is_url(where):
        frame, notes = _read_leads(where, folder, settings, most=0 if scoring else data.most_rows)
        return RawTables(frame, own[0] if own else None, notes)
    files: Sequence[str] = () if scoring else data.files
    export = read_crm([folder / where, *(folder / name for name in files)], data.crm, settings, scoring=scoring)
    sources = [*export.events, *own]
    return RawTables(export.leads, join_events(sources) if sources else None, export.notes)


def _read_leads(where: str, folder: Path, settings: Settings, *, most: int) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The leads of a file or a table; of a larger CSV every so many-th row, and a finding that says so."""
    if is_url(where):
        return load_frame(where, folder, "leads"), ()
    path = folder / where
    step = find_step(path, most)
    frame = read_table(path, "leads", encoding=settings.data.encoding, step=step)
    if step == 1:
        return frame, ()
    what = f"'{path.name}' holds more than {most:,} rows: one in {step:,} was read, {len(frame):,} evenly over the file."
    return frame, (
        Finding(
            "LEAD040", "warning", what, "Raise data.most_rows where memory allows; a sample this large teaches much the same."
        ),
    )
