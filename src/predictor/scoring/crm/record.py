"""A record as a CRM sends it, made a lead: its names, its dates, its blanks; who a person is stays behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from predictor.core.errors import Finding, ScoringError, list_names
from predictor.data.crm.activities import read_activities
from predictor.data.crm.dates import read_moment
from predictor.data.crm.field_maps import Crm, CrmField, normal_name, read_map
from predictor.data.email_domains import domain_of
from predictor.data.formats import to_plain_format
from predictor.data.values import name_type, normal_text, to_number
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature

_OURS = ("as_of", "events", "points")  # parts of a lead of ours that a record may bring beside its own
_LARGEST = 1e15


@dataclass(frozen=True)
class CrmLead:
    """A record, read.

    Attributes:
        lead: As `POST /v1/score` takes a lead.
        warnings: What was left out of the record, by name; no value of it.
        record_type: What the CRM calls such records, as `Lead`; empty where it does not say.
    """

    lead: dict[str, Any]
    warnings: list[Finding]
    record_type: str = ""


@dataclass
class _Draft:
    """What is found while a record is read; names only, but for the attributes."""

    attributes: dict[str, Any] = field(default_factory=dict)
    domain: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    personal: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


class CrmReader:
    """What the records of a CRM mean to one model."""

    def __init__(self, crm: Crm, features: FeatureSet, own: tuple[str, ...]) -> None:
        """Prepare for a model.

        Args:
            crm: Whose records.
            features: What the model looks at.
            own: The names of its attributes and of the points that it takes from the CRM.
        """
        self._map = read_map(crm)
        self._own = {normal_name(name): name for name in reversed(own)}
        self._features: dict[str, Feature] = {feature.name: feature for feature in features.features}
        self._forms = dict(features.forms)

    def read(self, record: object) -> CrmLead:
        """A record as a lead.

        Raises:
            ScoringError: It is none: no object, or without an id.
        """
        if not isinstance(record, Mapping):
            raise self._refuse(f"must be an object, but {name_type(record)} came. Send it as {self._map.name} gives it")
        values = self._find_values(record)
        lead: dict[str, Any] = {"lead_id": self._find_id(record, values)}
        draft = _Draft()
        if values is not record:
            draft.unread += [name for name in record if not self._is_known_beside(name)]
        for name, value in values.items():
            if name in _OURS and not isinstance(value, str):
                lead[name] = value
            elif name in self._map.activities:
                events, left_out = read_activities(value, self._map.activities[name])
                draft.events += events
                draft.unread += [f"{left_out} of {name}"] if left_out else []
            elif value not in (None, "") and name not in self._map.ids:
                self._take(name, value, draft)
        lead |= {name: record[name] for name in _OURS if name in record and values is not record}
        if "as_of" in (lead.keys() | values.keys()):
            lead["as_of"] = _read_as_of(lead.get("as_of", values.get("as_of")))
        if draft.events and isinstance(sent := lead.get("events", []), list):
            lead["events"] = [*sent, *draft.events]
        if draft.domain is not None:
            draft.attributes["email_domain"] = draft.domain
        lead["attributes"] = draft.attributes
        kind = record.get("attributes")
        kind = kind.get("type") if isinstance(kind, Mapping) else None
        return CrmLead(lead, self._warn(draft), kind if isinstance(kind, str) else "")

    def _refuse(self, what: str) -> ScoringError:
        return ScoringError(f"LEAD022 The record {what}.")

    def _find_values(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        inner = record.get(self._map.properties) if self._map.properties else None
        if inner is None:
            return record
        if not isinstance(inner, Mapping):
            raise self._refuse(f"must hold an object '{self._map.properties}', but {name_type(inner)} came. Send it as it is")
        return inner

    def _find_id(self, record: Mapping[str, Any], values: Mapping[str, Any]) -> str:
        for name in self._map.ids:
            for place in (values, record):
                found = _unwrap(place.get(name))
                if isinstance(found, (str, int)) and not isinstance(found, bool) and str(found).strip():
                    return str(found).strip()
        raise self._refuse(f"must hold its id, as '{self._map.ids[0]}' or '{self._map.ids[1]}'. Send it with its id")

    def _is_known_beside(self, name: str) -> bool:
        return name in _OURS or name in self._map.ids or name == self._map.properties or name in self._map.envelope

    def _take(self, name: str, came: object, draft: _Draft) -> None:
        value = _unwrap(came)
        if value in (None, "") or name == "as_of":
            return
        ours = self._find_own(name)
        kind = None if ours else self._map.find_kind(name)
        if kind == "email":
            draft.domain = draft.domain or domain_of(value)
        elif kind == "personal":
            draft.personal.append(name)
        elif kind == "system":
            return
        elif isinstance(value, Mapping) and "." not in name and "records" not in value:
            for inner, part in _list_parts(value):
                self._take(f"{name}.{inner}", part, draft)
        elif isinstance(value, (Mapping, list)):
            draft.unread.append(name)
        else:
            self._keep(ours or name, value, self._map.fields.get(normal_name(name)), draft)

    def _find_own(self, name: str) -> str | None:
        """The model's own name of a field; None where it has none."""
        known = self._map.fields.get(normal_name(name))
        for candidate in (name, *(known.names if known else ())):
            if (found := self._own.get(normal_name(candidate))) is not None:
                return found
        return None

    def _keep(self, name: str, value: Any, known: CrmField | None, draft: _Draft) -> None:  # noqa: ANN401  JSON
        feature = self._features.get(name)
        kind = None if feature is None else feature.kind
        readable: Any = to_plain_format(value, self._forms.get(name))
        if kind == "number":
            readable = readable if _is_number(readable) else None
        elif kind == "days_since":
            readable = read_moment(readable)
        elif isinstance(value, str) and known is not None:
            readable = _say_value(value, known, feature)
        if readable is None:
            draft.unreadable.append(name)
        else:
            draft.attributes.setdefault(name, readable)

    def _warn(self, draft: _Draft) -> list[Finding]:
        told = (
            ("LEAD028", "Left out and kept nowhere, since they say who a person is", draft.personal),
            ("LEAD029", "Scored as not known, since this model needs a number or a date there", draft.unreadable),
            ("LEAD024", f"Parts of the {self._map.name} record that are not read", draft.unread),
        )
        return [
            Finding(code, "warning", f"{text}: {list_names(name[:60] for name in dict.fromkeys(names))}.", "")
            for code, text, names in told
            if names
        ]


def _read_as_of(came: object) -> object:
    """The moment as the CRM writes dates; what is none goes on as it is, and is refused as a lead of ours would be."""
    value = _unwrap(came)
    return None if value in (None, "") else read_moment(value) or value


def _unwrap(value: object) -> object:
    """A value out of `{"value": ...}`, as HubSpot's workflows and older answers wrap it."""
    return value["value"] if isinstance(value, Mapping) and "value" in value else value


def _list_parts(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields of a record inside a record, as Salesforce gives those of an account; what it says of itself is left out."""
    return ((name, part) for name, part in value.items() if name not in {"attributes", "Id"} and part not in (None, ""))


def _is_number(value: object) -> bool:
    try:
        return abs(to_number(value)) <= _LARGEST
    except (ValueError, OverflowError):
        return False


def _say_value(value: str, known: CrmField, feature: Feature | None) -> str:
    """An internal value as the training data write it: as it is where they know that, or else as people read it."""
    if feature is not None and normal_text(value) in feature.categories:
        return value
    if value in known.values:
        return known.values[value]
    return value.replace("_", " ") if known.words and value.isupper() else value
