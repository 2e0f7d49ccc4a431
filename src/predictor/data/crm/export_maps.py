"""The files and columns in the exports of each CRM, from the data files in `exports`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from predictor.core.cell_formats import Export
from predictor.data.crm.field_maps import CRMS, Names, normal_name, read_map


@dataclass(frozen=True)
class ExportMap:
    """The map of a CRM's exports.

    Attributes:
        name: The name of the CRM.
        to_export: What to export, for people.
        stages: How it is known when a lead became an MQL and was accepted, for people.
        facts: Our name -> their names, the most trusted first.
        objects: Kind of file -> the columns that identify it, and the names of its columns.
        attributes: Their name, normalised -> our name of an attribute.
        left_out: Columns that are set by sales, totals at export, or personal.
        values: Our name of an attribute -> internal value -> its text for people.
        words: Attributes whose internal values are written COMPUTER_SOFTWARE.
        clear: Names of which one alone says whose export it is.
        marks: Names that this CRM writes and hardly any other, without case; a star matches anything.
        kept: When a lead came, and what became of it: kept until the settings or the export say which date and outcome count.
        codes: Name of such a column, normalised -> its codes -> their texts for people.
        prefixes: Before the names of some of its fields, which are known without.
    """

    name: str
    to_export: str
    stages: str
    facts: Mapping[str, Sequence[str]]
    objects: Mapping[str, Mapping[str, Any]]
    attributes: Mapping[str, str]
    left_out: Sequence[Names]
    values: Mapping[str, Mapping[str, str]]
    words: frozenset[str]
    clear: Sequence[str]
    marks: Sequence[str]
    kept: Names
    codes: Mapping[str, Mapping[str, str]]
    prefixes: Sequence[str]

    def knows(self, name: str) -> bool:
        """Whether a column of leads has a name of this CRM."""
        return name in self._facts or name in self.kept or normal_name(name) in self.attributes or self.is_left_out(name)

    @property
    def has_dates(self) -> bool:
        """Whether the CRM itself says when a lead became an MQL and when it was accepted."""
        return "history" in self.objects or {"mql_at", "sql_at"} <= set(self.facts)

    @cached_property
    def _facts(self) -> Names:
        return Names(name for names in self.facts.values() for name in names)

    def is_left_out(self, name: str) -> bool:
        """Whether a column must not become an attribute."""
        return any(name in names for names in self.left_out)


@cache
def read_export_map(crm: Export) -> ExportMap:
    """The map of a CRM's exports.

    >>> hubspot = read_export_map("hubspot")
    >>> hubspot.attributes["numberofemployees"], hubspot.is_left_out("Lead Status"), hubspot.is_left_out("My own field")
    ('employees', False, False)
    """
    text = files("predictor.data.crm").joinpath("exports", f"{crm}.toml").read_text(encoding="utf-8")
    content: dict[str, Any] = tomllib.loads(text)
    attributes = {normal_name(name): ours for ours, names in content.get("attributes", {}).items() for name in names}
    left_out = [Names(content["left_out"]["names"])] if "left_out" in content else []
    values: dict[str, Mapping[str, str]] = {}
    words = set()
    if crm in CRMS:
        crm_map = read_map(crm)
        attributes |= {name: field.ours for name, field in crm_map.fields.items()}
        left_out += [crm_map.system, crm_map.personal, crm_map.envelope, crm_map.email]
        values = {field.ours: field.values for field in crm_map.fields.values() if field.values}
        words = {field.ours for field in crm_map.fields.values() if field.words}
    return ExportMap(
        name=content["name"],
        to_export=content["to_export"],
        stages=content["stages"],
        facts=content["facts"],
        objects=content.get("objects", {}),
        attributes=attributes,
        left_out=left_out,
        values=values,
        words=frozenset(words),
        clear=tuple(content.get("clear", ())),
        marks=tuple(content["marks"]),
        kept=Names(content["kept"]),
        codes={normal_name(name): codes for name, codes in content.get("codes", {}).items()},
        prefixes=tuple(content.get("prefixes", ())),
    )


def find_columns(names: Sequence[str], aliases: Sequence[str]) -> list[str]:
    """The columns that have one of the aliases as their name, in the order of the aliases.

    >>> find_columns(["Record ID", "vid", "City"], ["hs_object_id", "VID", "record id"])
    ['vid', 'Record ID']
    """
    return [name for alias in aliases for name in names if name in Names([alias])]
