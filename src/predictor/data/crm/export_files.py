"""The files of a CRM's export, told apart by what their headers hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from predictor.core.errors import list_names
from predictor.data.crm.export_maps import ExportMap, find_columns
from predictor.data.read.csv_header import read_header, refuse
from predictor.data.read.table_files import CSV, PARQUET, read_names

LEADS = "leads"


def find_objects(paths: Sequence[Path], known: ExportMap, *, encoding: str = "auto") -> dict[str, list[Path]]:
    """Kind of file -> the files of that kind; leads are what no other kind is.

    Raises:
        TableError: A file is missing, or is none that the CRM's map knows.
    """
    found: dict[str, list[Path]] = {}
    for path in paths:
        found.setdefault(_tell_kind(path, known, encoding), []).append(path)
    return found


def _tell_kind(path: Path, known: ExportMap, encoding: str) -> str:
    if not path.is_file():
        what = f"There is no file '{path.name}' in '{path.parent}'."
        raise refuse(LEADS, what, "Mend the path; it starts at the settings file.")
    suffix = path.suffix.casefold()
    if suffix not in CSV | PARQUET:
        return LEADS
    names = read_names(path, LEADS) if suffix in PARQUET else read_header(path, LEADS, encoding).names
    others = [kind for kind in known.objects if kind != LEADS]
    kind = next((kind for kind in others if _has_all(names, known.objects[kind]["needs"])), None)
    if kind is not None:
        return kind
    if not find_columns(names, known.facts["lead_id"]):
        what = f"'{path.name}' is no file of {known.name}'s export that is known; it has {list_names(names)}."
        raise refuse(LEADS, what, "Name it in data.events where it holds events, or leave it out.")
    return LEADS


def _has_all(names: Sequence[str], needs: Sequence[str]) -> bool:
    return all(find_columns(names, need.split("|")) for need in needs)
