"""The leads of an export as a first look sees them: of a large file the first rows, of a CRM's files all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from predictor.audit.propose.column_roles import read_names as read_guesses
from predictor.core.errors import Finding, SettingsError, list_names
from predictor.core.settings import make_settings
from predictor.data.crm.export import read_crm
from predictor.data.crm.export_files import LEADS, group_files
from predictor.data.crm.export_maps import Export, read_export_map
from predictor.data.crm.field_maps import Names
from predictor.data.events.contract import RawEvents
from predictor.data.read.excel import EXCEL
from predictor.data.read.table_files import CSV, PARQUET, read_sample

MOST_ROWS = 200_000  # of a large file, the first so many are looked at


@dataclass(frozen=True)
class FirstLook:
    """What was looked at.

    Attributes:
        leads: The leads, of a CRM under our names.
        files: The places, that of the leads first.
        crm: Whose export it is; empty: anybody's.
        whole: Whether all rows were looked at.
        notes: What was left out or is not known.
        events: Sources of events.
    """

    leads: pd.DataFrame
    files: tuple[str, ...]
    crm: str = ""
    whole: bool = True
    notes: tuple[Finding, ...] = ()
    events: tuple[RawEvents, ...] = ()


def read_first_look(exports: Sequence[str], crm: Export | None) -> FirstLook:
    """The leads of an export.

    Args:
        exports: The leads; of a CRM all of its files, or their folder.
        crm: Whose export it is; None: anybody's.

    Raises:
        SettingsError: There are several files, and nobody says whose.
        TableError: The export cannot be read.
    """
    files = [file for where in exports for file in _expand(where)]
    if crm is None:
        if len(files) != 1:
            told = list_names(files) or list_names(exports)
            raise SettingsError(
                f"The leads must be one file, but these are {told}. Name it alone, or say whose export it is with --crm."
            )
        leads, whole = read_sample(files[0], LEADS, MOST_ROWS)
        return FirstLook(leads, (files[0],), whole=whole)
    paths = [Path(file) for file in files]
    found = group_files(paths, read_export_map(crm))
    names = [str(name) for path in found.get(LEADS, []) for name in read_sample(str(path), LEADS, 1)[0]]
    called = Names(read_guesses()["roles"]["protected"])
    protected = [name for name in dict.fromkeys(names) if name in called]
    export = read_crm(paths, crm, make_settings({"roles": {"protected": protected}}))
    others = [str(path) for path in paths if path not in found[LEADS][:1]]
    return FirstLook(export.leads, (str(found[LEADS][0]), *others), crm, notes=export.notes, events=export.events)


def _expand(where: str) -> list[str]:
    """The tables in a folder; a file or a table of a database as it is."""
    if not Path(where).is_dir():
        return [where]
    inside = sorted(path for path in Path(where).iterdir() if path.suffix.casefold() in CSV | PARQUET | EXCEL)
    return [str(path) for path in inside]
