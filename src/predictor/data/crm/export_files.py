"""The files of a CRM's export, grouped by their headers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from predictor.core.errors import list_names
from predictor.data.crm.export_maps import ExportMap, find_columns
from predictor.data.crm.warehouse import find_prefix, remove_prefix
from predictor.data.read.table_errors import make_table_error
from predictor.data.read.table_files import read_column_names

LEADS = "leads"


def group_files(
    paths: Sequence[Path], export_map: ExportMap, *, encoding: str = "auto", prefix: str = ""
) -> dict[str, list[Path]]:
    """Kind of file -> the files of that kind; a file that fits no other kind holds leads.

    Args:
        paths: The files.
        export_map: The map of the CRM.
        encoding: Of CSV files.
        prefix: The prefix of their columns; empty: found, where there is one.

    Raises:
        TableError: A file is missing, or is of no kind in the CRM's map.
    """
    files: dict[str, list[Path]] = {}
    for path in paths:
        files.setdefault(_detect_kind(path, export_map, encoding, prefix), []).append(path)
    return files


def _detect_kind(path: Path, export_map: ExportMap, encoding: str, prefix: str) -> str:
    names = read_column_names(path, LEADS, encoding)
    names = remove_prefix(names, prefix or find_prefix(names, export_map.prefixes))
    others = [kind for kind in export_map.objects if kind != LEADS]
    kind = next((kind for kind in others if _has_all(names, export_map.objects[kind]["needs"])), None)
    if kind is not None:
        return kind
    if not find_columns(names, export_map.facts["lead_id"]):
        what = f"'{path.name}' is no known file of {export_map.name}'s export; it has {list_names(names)}."
        raise make_table_error(LEADS, what, "Name it in data.events if it holds events, or leave it out.")
    return LEADS


def _has_all(names: Sequence[str], needs: Sequence[str]) -> bool:
    return all(find_columns(names, need.split("|")) for need in needs)
