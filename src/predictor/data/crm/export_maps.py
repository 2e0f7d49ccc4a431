"""What the exports of each CRM hold: data files, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from predictor.data.crm.field_maps import Names, plain, read_map

Export = Literal["hubspot", "salesforce", "marketo"]
EXPORTS: tuple[Export, ...] = get_args(Export)


@dataclass(frozen=True)
class ExportMap:
    """What is known of a CRM's exports; the data files say what each part is.

    Attributes:
        name: Of the CRM.
        facts: Our name -> theirs, in the order of trust.
        objects: Kind of file -> what tells it and what its columns are.
        attributes: Our name of an attribute -> theirs.
        left_out: Columns that are set by sales, totals at export, or say who a person is.
        values: Our name of an attribute -> what its internal values are called; `words`: written COMPUTER_SOFTWARE.
        words: Attributes whose internal values are written so.
    """

    name: str
    facts: Mapping[str, Sequence[str]]
    objects: Mapping[str, Mapping[str, Any]]
    attributes: Mapping[str, str]
    left_out: Sequence[Names]
    values: Mapping[str, Mapping[str, str]]
    words: frozenset[str]

    def is_left_out(self, name: str) -> bool:
        """Whether a column never becomes an attribute."""
        return any(name in names for names in self.left_out)


@cache
def read_export_map(crm: Export) -> ExportMap:
    """The map of a CRM's exports.

    >>> found = read_export_map("hubspot")
    >>> found.attributes["numberofemployees"], found.is_left_out("Lead Status"), found.is_left_out("My own field")
    ('employees', False, False)
    """
    text = files("predictor.data.crm").joinpath("exports", f"{crm}.toml").read_text(encoding="utf-8")
    content: dict[str, Any] = tomllib.loads(text)
    attributes = {plain(name): ours for ours, names in content.get("attributes", {}).items() for name in names}
    left_out = [Names(content["left_out"]["names"])] if "left_out" in content else []
    values: dict[str, Mapping[str, str]] = {}
    words = set()
    if crm != "marketo":
        known = read_map(crm)
        attributes |= {name: field.ours for name, field in known.fields.items()}
        left_out += [known.system, known.personal, known.envelope, known.email]
        values = {field.ours: field.values for field in known.fields.values() if field.values}
        words = {field.ours for field in known.fields.values() if field.words}
    return ExportMap(
        content["name"], content["facts"], content.get("objects", {}), attributes, left_out, values, frozenset(words)
    )  # fmt: skip


def find_columns(names: Sequence[str], called: Sequence[str]) -> list[str]:
    """The columns that are called so, in the order of trust.

    >>> find_columns(["Record ID", "vid", "City"], ["hs_object_id", "VID", "record id"])
    ['vid', 'Record ID']
    """
    return [name for word in called for name in names if name in Names([word])]
