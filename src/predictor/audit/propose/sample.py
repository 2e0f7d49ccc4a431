"""The leads of an export from which settings are proposed: the first rows of a large file, all rows of a CRM's files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from predictor.audit.propose.names import read_names
from predictor.core.errors import Finding, SettingsError, list_names
from predictor.core.settings import make_settings
from predictor.data.crm.export_files import LEADS, group_files
from predictor.data.crm.export_maps import Export, read_export_map
from predictor.data.crm.field_maps import Names
from predictor.data.read.file_kinds import CSV, EXCEL, PARQUET
from predictor.data.read.table_files import read_column_names, read_sample

if TYPE_CHECKING:
    from predictor.data.events.contract import RawEvents

MOST_ROWS = 200_000  # read from the start of a large file


@dataclass(frozen=True)
class ExportSample:
    """What was read.

    Attributes:
        leads: The leads; those of a CRM under our names.
        files: The files or tables, the leads first.
        crm: The CRM of the export; empty for any other.
        whole: Whether all rows were read.
        notes: Findings about what was left out or is not known.
        events: Sources of events.
    """

    leads: pd.DataFrame
    files: tuple[str, ...]
    crm: str = ""
    whole: bool = True
    notes: tuple[Finding, ...] = ()
    events: tuple[RawEvents, ...] = ()


def load_export_sample(exports: Sequence[str], crm: Export | None) -> ExportSample:
    """The leads of an export.

    Args:
        exports: The leads; for a CRM all of its files, or their folder.
        crm: The CRM of the export; None for any other.

    Raises:
        SettingsError: There are several files and no CRM is named.
        TableError: The export cannot be read.
    """
    files = [file for export in exports for file in _list_files(export)]
    if crm is None:
        if len(files) != 1:
            names = list_names(files) or list_names(exports)
            raise SettingsError(f"The leads must be one file, but are {names}. Name one file, or name the CRM with --crm.")
        leads, notes, whole = read_sample(files[0], LEADS, MOST_ROWS)
        return ExportSample(leads, (files[0],), whole=whole, notes=notes)
    from predictor.data.crm.export import read_crm  # noqa: PLC0415  a plain table needs no history backend

    paths = [Path(file) for file in files]
    objects = group_files(paths, read_export_map(crm))
    columns = [name for path in objects.get(LEADS, []) for name in read_column_names(path, LEADS)]
    protected_names = Names(read_names()["roles"]["protected"])
    protected = [name for name in dict.fromkeys(columns) if name in protected_names]
    export = read_crm(paths, crm, make_settings({"roles": {"protected": protected}}))
    others = [str(path) for path in paths if path not in objects[LEADS][:1]]
    return ExportSample(export.leads, (str(objects[LEADS][0]), *others), crm, notes=export.notes, events=export.events)


def _list_files(export: str) -> list[str]:
    """The tables in a folder; a file or a table of a database as it is."""
    if not Path(export).is_dir():
        return [export]
    paths = sorted(path for path in Path(export).iterdir() if path.suffix.casefold() in CSV | PARQUET | EXCEL)
    return [str(path) for path in paths]
