"""Whose export it is, by names of columns that one CRM writes and hardly any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from predictor.core.cell_formats import EXPORTS, Export
from predictor.data.crm.export_maps import find_columns, read_export_map
from predictor.data.crm.warehouse import find_prefix, remove_prefix

_FEWEST = 2  # names of a CRM that make it likely
_CLEAR = 2  # times as many names as any other CRM has


def find_crms(headers: Sequence[Sequence[str]]) -> dict[Export, list[str]]:
    """The CRMs that may have written an export -> its columns that say so; one where that is clear, none where nothing says so.

    Args:
        headers: The names of the columns of each file.

    >>> find_crms([["Record Id", "Company", "Lead Conversion Time", "Converted Date Time", "Modified Time"]])
    {'zoho': ['Lead Conversion Time', 'Converted Date Time']}
    >>> find_crms([["Lead ID", "Industry", "Created Date"]])
    {}
    """
    found: dict[Export, list[str]] = {}
    for crm in EXPORTS:
        export_map = read_export_map(crm)
        short = [remove_prefix(names, find_prefix(names, export_map.prefixes)) for names in headers]
        names = dict.fromkeys(name for header in (*headers, *short) for name in header)
        marks = [name for name in names if any(fnmatchcase(name.strip().casefold(), mark) for mark in export_map.marks)]
        clear = [name for name in names if name.strip().casefold() in export_map.clear]
        marks = list(dict.fromkeys([*clear, *marks]))
        if (clear or len(marks) >= _FEWEST) and any(find_columns(header, export_map.facts["lead_id"]) for header in short):
            found[crm] = marks
    return _choose(found)


def _choose(found: Mapping[Export, list[str]]) -> dict[Export, list[str]]:
    """The CRM with at least twice as many names as any other; else those that come near it."""
    most = max((len(marks) for marks in found.values()), default=0)
    return {crm: marks for crm, marks in found.items() if len(marks) * _CLEAR > most}
