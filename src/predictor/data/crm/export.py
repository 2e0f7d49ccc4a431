"""A CRM's export: its files, made one table of leads under our names and one of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from predictor.core.errors import Finding, count
from predictor.core.settings import Settings
from predictor.data.crm.activity_files import open_activities
from predictor.data.crm.column_names import name_columns
from predictor.data.crm.export_files import LEADS, find_objects
from predictor.data.crm.export_maps import Export, ExportMap, find_columns, read_export_map
from predictor.data.crm.stage_history import check_unnamed_stages, read_episodes
from predictor.data.events.contract import RawEvents
from predictor.data.read.csv_header import refuse
from predictor.data.read.table_files import read_table

_ACTS = ("events", "members", "tasks", "activities")


@dataclass(frozen=True)
class CrmExport:
    """What an export holds.

    Attributes:
        leads: Under our names, as `check_leads` takes them.
        events: Sources of events.
        notes: What was left out or is not known.
    """

    leads: pd.DataFrame
    events: tuple[RawEvents, ...]
    notes: tuple[Finding, ...]


def read_crm(paths: Sequence[Path], crm: Export, settings: Settings, *, scoring: bool = False) -> CrmExport:
    """The export of a CRM.

    Args:
        paths: Its files; leads are told from the others by their headers.
        crm: Whose export.
        settings: Sections data, columns, roles and stages are used.
        scoring: Whether the leads are to be scored, so that what only training needs may be lacking.

    Raises:
        TableError: A file is missing or broken, or none of them holds leads.
    """
    known, encoding = read_export_map(crm), settings.data.encoding
    found = find_objects(paths, known, encoding=encoding)
    if LEADS not in found:
        raise refuse(LEADS, f"None of the files holds {known.name}'s leads.", "Name their file in data.leads.")
    tables = [read_table(path, LEADS, encoding=encoding) for path in found[LEADS]]
    _check_alike(tables, found[LEADS], known)
    raw = pd.concat(tables, ignore_index=True)
    raw, gone = _drop_deleted(raw, known)
    leads, notes = name_columns(raw, known, settings)
    if "history" in found and not scoring and "lead_id" in leads:
        history = pd.concat([read_table(path, LEADS, encoding=encoding) for path in found["history"]], ignore_index=True)
        leads = _add_episodes(leads, raw, history, known, settings)
        notes = (*notes, *check_unnamed_stages(history, known.objects["history"], settings))
    keys = leads["lead_id"] if crm == "salesforce" and "lead_id" in leads else None
    kinds = [kind for kind in found if kind in _ACTS]
    acts = tuple(open_activities(found[kind], known.objects[kind], encoding=encoding, keys=keys) for kind in kinds)
    return CrmExport(leads, acts, (*gone, *notes))


def _check_alike(tables: Sequence[pd.DataFrame], paths: Sequence[Path], known: ExportMap) -> None:
    """Refuse files of leads that share less than half of their columns, which are no two parts of one table."""
    first = set(map(str, tables[0]))
    for table, path in zip(tables, paths, strict=True):
        names = set(map(str, table))
        if 2 * len(first & names) < min(len(first), len(names)):
            what = f"'{path.name}' and '{paths[0].name}' hold other columns, so that not both are {known.name}'s leads."
            raise refuse(LEADS, what, "Name the CRM whose export it is, in data.crm or with --crm, or leave one of them out.")


def _drop_deleted(raw: pd.DataFrame, known: ExportMap) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The leads that are still there, and not the lines that a report ends with."""
    keys = find_columns(list(map(str, raw)), known.facts["lead_id"])
    if not keys or "deleted" not in known.objects.get(LEADS, {}):
        return raw, ()
    kept = ~(raw.drop(columns=keys[:1]).isna().all(axis=1) & (len(raw.columns) > 1))
    for name in find_columns(list(map(str, raw)), known.objects[LEADS]["deleted"])[:1]:
        kept &= ~raw[name].astype("str").str.strip().str.casefold().isin(["true", "1", "yes"])
    if kept.all():
        return raw, ()
    what = f"{count(int((~kept).sum()), 'row')} of {known.name}'s leads left out: deleted, or no lead at all."
    do = "Nothing, if that is about as many as you expect."
    return raw[kept].reset_index(drop=True), (Finding("LEAD039", "tip", what, do),)


def _add_episodes(
    leads: pd.DataFrame, raw: pd.DataFrame, history: pd.DataFrame, known: ExportMap, settings: Settings
) -> pd.DataFrame:
    """The leads with a row for each episode; those that never became MQLs have one without dates."""
    facts = {"lead_id": leads["lead_id"]}
    for fact in ("created", "status"):
        if names := find_columns(list(map(str, raw)), known.objects[LEADS].get(fact, [])):
            facts[fact] = raw[names[0]]
    episodes = read_episodes(history, pd.DataFrame(facts), known.objects["history"], settings)
    own = [name for name in episodes if name != "lead_id" and name not in settings.columns]
    return leads.drop(columns=own, errors="ignore").merge(episodes[["lead_id", *own]], on="lead_id", how="left")
