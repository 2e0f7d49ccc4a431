"""What the fields of each CRM are called and what they are here: data files, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from predictor.data.crm.activities import Within
from predictor.data.denied_columns import deny_reason

Crm = Literal["hubspot", "salesforce"]
CRMS: tuple[Crm, ...] = get_args(Crm)
FieldKind = Literal["email", "personal", "system"]


@dataclass(frozen=True)
class CrmField:
    """A field that the CRM has by itself.

    Attributes:
        names: Its internal name, what it is here, and what exports call it, in this order.
        words: Whether its values are written COMPUTER_SOFTWARE where people read Computer Software.
        values: Internal value -> what people read, where that differs by more.
        ours: What it is here; its internal name where we have none.
    """

    names: tuple[str, ...]
    words: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    ours: str = ""


class Names:
    """A set of names, compared without case, blanks and punctuation; one that ends in a star stands for all that begin so."""

    def __init__(self, names: Iterable[str]) -> None:
        names = list(names)
        self._whole = {plain(name) for name in names if not name.endswith("*")}
        self._starts = tuple(plain(name) for name in names if name.endswith("*"))

    def __contains__(self, name: str) -> bool:
        asked = plain(name)
        return asked in self._whole or (bool(self._starts) and asked.startswith(self._starts))


@dataclass(frozen=True)
class CrmMap:
    """What is known of a CRM; the data files say what each part is."""

    name: str
    properties: str
    ids: tuple[str, ...]
    batches: tuple[str, ...]
    email: Names
    envelope: Names
    system: Names
    personal: Names
    fields: Mapping[str, CrmField]
    answer: Mapping[str, str]
    within: Mapping[str, Within]

    def find_kind(self, name: str) -> FieldKind | None:
        """What a field is that never becomes an attribute; None for any other."""
        if name in self.email:
            return "email"
        denied = deny_reason(name) or ""
        if name in self.personal or "who a person is" in denied:
            return "personal"
        return "system" if denied or name in self.system or name in self.envelope else None


def plain(name: str) -> str:
    """A name as names are compared; the end that Salesforce gives custom fields is none of it.

    >>> plain("Country/Region"), plain("Industry_Segment__c")
    ('countryregion', 'industrysegment')
    """
    return "".join(letter for letter in name.casefold().removesuffix("__c") if letter.isalnum())


@cache
def read_map(crm: Crm) -> CrmMap:
    """The map of a CRM.

    >>> read_map("hubspot").fields["numemployees"].names
    ('numemployees', 'employees', 'Number of Employees', 'numberofemployees')
    """
    content: dict[str, Any] = tomllib.loads(
        files("predictor.data.crm").joinpath("maps", f"{crm}.toml").read_text(encoding="utf-8")
    )
    fields: dict[str, CrmField] = {}
    for entry in content["fields"]:
        names = dict.fromkeys([entry["name"], *([entry["ours"]] if "ours" in entry else []), *entry["labels"]])
        known = CrmField(tuple(names), entry.get("words", False), entry.get("values", {}), entry.get("ours", entry["name"]))
        for name in known.names:
            fields.setdefault(plain(name), known)
    sets = {part: Names(content[part]) for part in ("email", "envelope", "system", "personal")}
    return CrmMap(
        content["name"], content["properties"], tuple(content["ids"]), tuple(content["batches"]), **sets, fields=fields,
        answer=content["answer"], within={name: Within.from_toml(entry) for name, entry in content.get("within", {}).items()},
    )  # fmt: skip
