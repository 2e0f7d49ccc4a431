"""A CRM's export: its files as one table of leads under our names, and the sources of their events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from predictor.core.cell_formats import Export
from predictor.core.errors import Finding
from predictor.core.settings import Settings
from predictor.data.crm.activity_files import open_activities
from predictor.data.crm.column_names import name_columns
from predictor.data.crm.export_files import LEADS, group_files
from predictor.data.crm.export_maps import ExportMap, find_columns, read_export_map
from predictor.data.crm.merged import drop_merged
from predictor.data.crm.stage_history import check_unnamed_stages, read_episodes
from predictor.data.crm.warehouse import drop_deleted, shorten_names
from predictor.data.events.contract import RawEvents
from predictor.data.lead_keys import as_keys
from predictor.data.read.table_errors import make_table_error
from predictor.data.read.table_files import read_table
from predictor.data.read.table_shape import FileTable

_EVENT_KINDS = ("events", "members", "tasks", "activities")


@dataclass(frozen=True)
class CrmExport:
    """The export of a CRM.

    Attributes:
        leads: Under our names, for `check_leads`.
        events: Sources of events.
        notes: Findings about what was left out or is unknown.
    """

    leads: pd.DataFrame
    events: tuple[RawEvents, ...]
    notes: tuple[Finding, ...]


def read_crm(paths: Sequence[Path], crm: Export, settings: Settings, *, scoring: bool = False) -> CrmExport:
    """The export of a CRM.

    Args:
        paths: Its files; their headers say what each holds.
        crm: The CRM.
        settings: Sections data, columns, roles and stages are used.
        scoring: Whether the leads are to be scored, so that what only training needs may be missing.

    Raises:
        TableError: A file is missing or broken, or none of them holds leads.
    """
    export_map, encoding = read_export_map(crm), settings.data.encoding
    files = group_files(paths, export_map, encoding=encoding, prefix=settings.data.prefix)
    if LEADS not in files:
        raise make_table_error(LEADS, f"None of the files holds {export_map.name}'s leads.", "Name their file in data.leads.")
    most = 0 if scoring else settings.data.most_rows
    parts = [read_table(path, LEADS, encoding=encoding, most=most) for path in files[LEADS]]
    tables = [part.frame for part in parts]
    _check_alike(tables, files[LEADS], export_map)
    raw, shortened = _join_tables(tables, export_map, settings)
    raw, leads, notes = _name_leads(raw, export_map, settings, dated="history" in files, scoring=scoring)
    if "history" in files and not scoring and "lead_id" in leads:
        history_parts = [read_table(path, LEADS, encoding=encoding) for path in files["history"]]
        history, _ = _join_tables([part.frame for part in history_parts], export_map, settings)
        parts += history_parts
        leads = _add_episodes(leads, raw, history, export_map, settings)
        notes = (*notes, *check_unnamed_stages(history, export_map.objects["history"], settings))
    keys = as_keys(leads["lead_id"]) if crm == "salesforce" and "lead_id" in leads else None
    kinds = [kind for kind in files if kind in _EVENT_KINDS]
    events = tuple(open_activities(files[kind], export_map.objects[kind], encoding=encoding, keys=keys) for kind in kinds)
    read = tuple(note for part in parts for note in part.notes)
    return CrmExport(leads=leads, events=events, notes=(*read, *shortened, *notes))


def read_crm_table(table: FileTable, crm: Export, settings: Settings, *, scoring: bool = False) -> CrmExport:
    """The leads of a CRM in a table of a database, as a warehouse connector writes it; without events.

    Args:
        table: As read.
        crm: The CRM.
        settings: Sections data, columns and roles are used.
        scoring: Whether the leads are to be scored.
    """
    export_map = read_export_map(crm)
    raw, shortened = _join_tables([table.frame], export_map, settings)
    _, leads, notes = _name_leads(raw, export_map, settings, dated=False, scoring=scoring)
    return CrmExport(leads=leads, events=(), notes=(*table.notes, *shortened, *notes))


def _name_leads(
    raw: pd.DataFrame, export_map: ExportMap, settings: Settings, *, dated: bool, scoring: bool
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[Finding, ...]]:
    """The rows that are no deleted ones, the same under our names, and findings; of leads to score only those about rows."""
    raw, deleted = drop_deleted(raw, settings, crm=export_map.name)
    raw, merged = drop_merged(raw, settings, export_map.facts["lead_id"], crm=export_map.name)
    leads, notes = name_columns(raw, export_map, settings, dated=dated or (scoring and export_map.has_dates))
    return raw, leads, (*deleted, *merged, *(() if scoring else notes))


def _check_alike(tables: Sequence[pd.DataFrame], paths: Sequence[Path], export_map: ExportMap) -> None:
    """Raise where files of leads share less than half of their columns, and so are no parts of one table."""
    first = set(map(str, tables[0]))
    for table, path in zip(tables, paths, strict=True):
        names = set(map(str, table))
        if 2 * len(first & names) < min(len(first), len(names)):
            what = f"'{path.name}' and '{paths[0].name}' have different columns, so one holds no leads of {export_map.name}."
            raise make_table_error(
                LEADS, what, "Name the CRM of this export in data.crm or with --crm, or leave one of them out."
            )


def _join_tables(
    tables: Sequence[pd.DataFrame], export_map: ExportMap, settings: Settings
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The parts of one table, with short names, below each other."""
    parts = [shorten_names(table, settings, export_map) for table in tables]
    notes = dict.fromkeys(note for _, found in parts for note in found)
    return pd.concat([table for table, _ in parts], ignore_index=len(parts) > 1), tuple(notes)


def _add_episodes(
    leads: pd.DataFrame, raw: pd.DataFrame, history: pd.DataFrame, export_map: ExportMap, settings: Settings
) -> pd.DataFrame:
    """The leads with a row for each episode; leads that never became MQLs have one row without dates."""
    facts = {"lead_id": as_keys(leads["lead_id"])}
    for fact in ("created", "status"):
        if names := find_columns(list(map(str, raw)), export_map.objects[LEADS].get(fact, [])):
            facts[fact] = raw[names[0]]
    episodes = read_episodes(history, pd.DataFrame(facts), export_map.objects["history"], settings)
    own = [name for name in episodes if name != "lead_id" and name not in settings.columns]
    keyed = leads.drop(columns=own, errors="ignore").assign(key=facts["lead_id"])
    return keyed.merge(episodes[own].assign(key=episodes["lead_id"]), on="key", how="left").drop(columns="key")
