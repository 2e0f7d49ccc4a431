"""The leads of an export from which settings are proposed: the first rows of a large file, all rows of a CRM's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from predictor.audit.propose.names import read_names
from predictor.core.cell_formats import Export
from predictor.core.errors import Finding, SettingsError, TableError, list_names
from predictor.core.settings import make_settings
from predictor.data.crm.detect import find_crms
from predictor.data.crm.export_files import LEADS, group_files
from predictor.data.crm.export_maps import find_columns, read_export_map
from predictor.data.crm.field_maps import Names
from predictor.data.crm.merged import drop_merged
from predictor.data.crm.warehouse import drop_deleted, find_prefix, remove_prefix, shorten_names
from predictor.data.join_files import choose_leads, join_files
from predictor.data.read.file_kinds import CSV, EXCEL, JSON, PARQUET, is_url
from predictor.data.read.table_files import read_column_names, read_sample

if TYPE_CHECKING:
    from predictor.data.events.contract import RawEvents

MOST_ROWS = 200_000  # read from the start of a large file
NoCrm = Literal["none"]
NO_CRM: NoCrm = "none"


@dataclass(frozen=True)
class ExportSample:
    """What was read.

    Attributes:
        leads: The leads; those of a CRM under our names.
        files: The files or tables, the leads first.
        crm: The CRM of the export; empty for any other.
        whole: Whether all rows were read.
        encoding: Of CSV files, as named; auto: found by their bytes.
        prefix: The prefix that its columns share, which is left off; empty for none.
        sources: Our name -> the columns of a CRM's export that it comes from, in words.
        kept: Columns of a CRM that may say when a lead came, and what became of it.
        notes: Findings about what was left out or is not known.
        events: Sources of events.
    """

    leads: pd.DataFrame
    files: tuple[str, ...]
    crm: str = ""
    whole: bool = True
    encoding: str = "auto"
    prefix: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    notes: tuple[Finding, ...] = ()
    events: tuple[RawEvents, ...] = ()


def load_export_sample(exports: Sequence[str], crm: Export | NoCrm | None, encoding: str = "auto") -> ExportSample:
    """The leads of an export.

    Args:
        exports: The leads, and files that share a column with them; for a CRM all of its files, or their folder.
        crm: The CRM of the export; None: found by its columns, where they are clear.
        encoding: Of CSV files; auto: found by their bytes.

    Raises:
        SettingsError: The encoding is none; there are several files, no CRM is named or found, and they do not share one column.
        TableError: The export cannot be read.
    """
    make_settings({"data": {"encoding": encoding}})  # refuses what is no encoding
    files = [file for export in exports for file in _list_files(export)]
    found, notes = (crm, ()) if crm is not None else _find_crm(files, encoding)
    if found == NO_CRM:
        if not files:
            raise SettingsError(f"There is no table in {list_names(exports)}. Name a file of leads.")
        return replace(_load_plain(files, notes, encoding), encoding=encoding)
    return replace(_load_crm(files, found, notes, encoding), encoding=encoding)


def _find_crm(files: Sequence[str], encoding: str) -> tuple[Export | NoCrm, tuple[Finding, ...]]:
    """The CRM that clearly wrote the files, and a finding that says so, or that names those that may have."""
    found = find_crms([_read_header(file, encoding) for file in files])
    names = [read_export_map(crm).name for crm in found]
    if len(found) > 1:
        what = f"The columns fit exports of {' and '.join(names)}, so none of these is assumed."
        do = f"Name the CRM with --crm, as --crm {next(iter(found))}, so that its columns are known."
        return NO_CRM, (Finding("INIT020", "warning", what, do=do),)
    for crm, marks in found.items():
        what = f"Read as an export of {names[0]}, by its columns {list_names(marks, most=4)}."
        return crm, (Finding("INIT020", "tip", what, do="If it is none, use --crm none, or name another CRM."),)
    return NO_CRM, ()


def _read_header(file: str, encoding: str) -> list[str]:
    if is_url(file):
        return [str(name) for name in read_sample(file, LEADS, 1).frame]
    return read_column_names(Path(file), LEADS, encoding)


def _load_plain(files: Sequence[str], notes: tuple[Finding, ...], encoding: str) -> ExportSample:
    """The leads of an export that no CRM wrote, with short names; several files are joined."""
    tables = {file: read_sample(file, LEADS, MOST_ROWS, encoding) for file in files}
    frames = {file: table.frame for file, table in tables.items()}
    first = choose_leads(frames)
    others = {Path(file).name: frame for file, frame in frames.items() if file != first}
    try:
        leads, joined = join_files(frames[first], others)
    except TableError as error:
        raise SettingsError(f"The leads must be one file, but are {list_names(files)}. {error.findings[0]}") from None
    whole = all(table.whole for table in tables.values())
    read = (*(note for table in tables.values() for note in table.notes), *joined)
    prefix = find_prefix(map(str, leads))
    settings = make_settings({"data": {"prefix": prefix}})
    leads, shortened = shorten_names(leads, settings)
    leads, deleted = drop_deleted(leads, settings)
    leads, merged = drop_merged(leads, settings)
    notes = (*notes, *read, *shortened, *deleted, *merged)
    ordered = (first, *(file for file in files if file != first))
    return ExportSample(leads, ordered, whole=whole, prefix=prefix, notes=notes)


def _load_crm(files: Sequence[str], crm: Export, notes: tuple[Finding, ...], encoding: str) -> ExportSample:
    """The leads and events of a CRM's export, a table of a database or files."""
    from predictor.data.crm.export import read_crm, read_crm_table  # noqa: PLC0415  a plain table needs no history backend

    export_map = read_export_map(crm)
    if len(files) > 1 and any(map(is_url, files)):
        raise SettingsError(
            f"A table of a database must be the only one, but there are {list_names(files)}. Name events with --events."
        )
    table = read_sample(files[0], LEADS, MOST_ROWS) if is_url(files[0]) else None
    paths = [Path(file) for file in files]
    leads_paths = [] if table is not None else group_files(paths, export_map).get(LEADS, [])
    headers = [_read_header(file, encoding) for file in (files[:1] if table is not None else map(str, leads_paths))]
    columns = [name for header in headers for name in header]
    prefix = find_prefix(columns, export_map.prefixes)
    short = list(dict.fromkeys(remove_prefix(columns, prefix)))
    protected_names = Names(read_names()["roles"]["protected"])
    protected = [name for name in short if name in protected_names]
    settings = make_settings({"data": {"prefix": prefix, "encoding": encoding}, "roles": {"protected": protected}})
    export = read_crm(paths, crm, settings) if table is None else read_crm_table(table, crm, settings)
    ordered = [*map(str, leads_paths[:1]), *(file for file in files if file not in map(str, leads_paths[:1]))]
    sources = {ours: found for ours, names in export_map.facts.items() if (found := dict.fromkeys(find_columns(short, names)))}
    return ExportSample(
        export.leads,
        tuple(ordered),
        crm,
        whole=table is None or table.whole,
        prefix=prefix,
        sources={ours: f"named {list_names(found)} in {export_map.name}" for ours, found in sources.items()},
        kept=tuple(name for name in map(str, export.leads) if name in export_map.kept),
        notes=(*notes, *export.notes),
        events=export.events,
    )


def _list_files(export: str) -> list[str]:
    """The tables in a folder; a file or a table of a database as it is."""
    if not Path(export).is_dir():
        return [export]
    paths = sorted(path for path in Path(export).iterdir() if path.suffix.casefold() in CSV | PARQUET | EXCEL | JSON)
    return [str(path) for path in paths]
