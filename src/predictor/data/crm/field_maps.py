"""The fields of each CRM and our names for them, from the data files in `maps`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from predictor.data.crm.activities import ActivityMap
from predictor.data.denied_columns import deny_category

Crm = Literal["hubspot", "salesforce"]
CRMS: tuple[Crm, ...] = get_args(Crm)
FieldKind = Literal["email", "personal", "system"]


@dataclass(frozen=True)
class CrmField:
    """A standard field of a CRM.

    Attributes:
        names: Its internal name, our name, and its names in exports, in this order.
        words: Whether its values are written COMPUTER_SOFTWARE where people read Computer Software.
        values: Internal value -> its text for people, where that differs by more.
        ours: Our name; its internal name where we have none.
    """

    names: tuple[str, ...]
    words: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    ours: str = ""


class Names:
    """A set of names, compared without case, blanks and punctuation; a star at the end matches any ending."""

    def __init__(self, names: Iterable[str]) -> None:
        names = list(names)
        self._whole = {normal_name(name) for name in names if not name.endswith("*")}
        self._starts = tuple(normal_name(name) for name in names if name.endswith("*"))

    def __contains__(self, name: str) -> bool:
        normal = normal_name(name)
        return normal in self._whole or (bool(self._starts) and normal.startswith(self._starts))


@dataclass(frozen=True)
class OutcomeMap:
    """Where a CRM's record says what became of a lead.

    Attributes:
        dates: Kind of outcome -> the fields of its date.
        amount: Fields of an opportunity's amount.
        currency: Fields of its currency.
        reason: Fields of the reason why sales sent the lead back.
        status: Fields of the lead's status.
        recycled: Status, in lower case -> the reason that it stands for.
    """

    dates: Mapping[str, tuple[str, ...]]
    amount: tuple[str, ...]
    currency: tuple[str, ...]
    reason: tuple[str, ...]
    status: tuple[str, ...]
    recycled: Mapping[str, str]

    @classmethod
    def from_toml(cls, content: Mapping[str, Any]) -> OutcomeMap:
        """The map of section `outcomes`."""
        names = {part: tuple(content[part]) for part in ("amount", "currency", "reason", "status")}
        dates = {kind: tuple(content[kind]) for kind in ("accepted", "opportunity")}
        return cls(dates=dates, recycled={text.casefold(): reason for text, reason in content["recycled"].items()}, **names)


@dataclass(frozen=True)
class CrmMap:
    """The map of a CRM; the data files explain each part."""

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
    activities: Mapping[str, ActivityMap]
    outcomes: OutcomeMap

    def find_kind(self, name: str) -> FieldKind | None:
        """The kind of a field that must not become an attribute; None for any other field."""
        if name in self.email:
            return "email"
        category = deny_category(name)
        if name in self.personal or category == "personal":
            return "personal"
        return "system" if category or name in self.system or name in self.envelope else None


def normal_name(name: str) -> str:
    """A name for comparisons: without case, blanks, punctuation and the `__c` of Salesforce's custom fields.

    >>> normal_name("Country/Region"), normal_name("Industry_Segment__c")
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
        crm_field = CrmField(
            names=tuple(names),
            words=entry.get("words", False),
            values=entry.get("values", {}),
            ours=entry.get("ours", entry["name"]),
        )
        for name in crm_field.names:
            fields.setdefault(normal_name(name), crm_field)
    sets = {part: Names(content[part]) for part in ("email", "envelope", "system", "personal")}
    activities = {name: ActivityMap.from_toml(entry) for name, entry in content.get("activities", {}).items()}
    return CrmMap(
        name=content["name"],
        properties=content["properties"],
        ids=tuple(content["ids"]),
        batches=tuple(content["batches"]),
        **sets,
        fields=fields,
        answer=content["answer"],
        activities=activities,
        outcomes=OutcomeMap.from_toml(content["outcomes"]),
    )
