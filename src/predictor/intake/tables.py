"""The seam through which every command reads an export: a table as it is, or a CRM's files under our names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from predictor.config import Settings
from predictor.errors import Finding
from predictor.events import RawEvents
from predictor.intake.crm.acts import join_events
from predictor.intake.crm.export import read_crm
from predictor.intake.database import is_url, load_frame
from predictor.intake.header import refuse
from predictor.intake.read import read_table
from predictor.intake.sources import open_events


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
        frame = (
            load_frame(where, folder, "leads") if is_url(where) else read_table(folder / where, "leads", encoding=data.encoding)
        )
        return RawTables(frame, own[0] if own else None)
    files: Sequence[str] = () if scoring else data.files
    export = read_crm([folder / where, *(folder / name for name in files)], data.crm, settings, scoring=scoring)
    sources = [*export.events, *own]
    return RawTables(export.leads, join_events(sources) if sources else None, export.notes)
