"""A CRM's record read as a lead: field names, dates and blanks; what identifies a person is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from predictor.core.errors import Finding, ScoringError, list_names
from predictor.data.crm.activities import read_activities
from predictor.data.crm.dates import read_moment
from predictor.data.crm.field_maps import Crm, CrmField, CrmMap, normal_name, read_map
from predictor.data.email_domains import domain_of
from predictor.data.formats import EPOCH_BY_SIZE, to_plain_format
from predictor.data.values import name_type, normal_text, to_number
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature

_LEAD_FIELDS = ("as_of", "events", "points")  # of our own leads, that a record may hold beside its own
_LARGEST = 1e15


@dataclass(frozen=True)
class CrmLead:
    """A record as a lead.

    Attributes:
        lead: As `POST /v1/score` takes a lead.
        warnings: What was left out of the record, by name and without values.
        record_type: The CRM's name for records of this type, as `Lead`; empty where the record has none.
    """

    lead: dict[str, Any]
    warnings: list[Finding]
    record_type: str = ""


@dataclass
class _Draft:
    """The parts of a record while it is read. The lists hold names, not values, except for events."""

    attributes: dict[str, Any] = field(default_factory=dict)
    domain: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    personal: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


class CrmReader:
    """Reads the records of a CRM for one model."""

    def __init__(self, crm: Crm, features: FeatureSet, names: tuple[str, ...]) -> None:
        """Prepare for a model.

        Args:
            crm: Whose records.
            features: What the model uses.
            names: Of its attributes and of the points that it takes from the CRM.
        """
        self._map = read_map(crm)
        self._names = {normal_name(name): name for name in reversed(names)}
        self._features: dict[str, Feature] = {feature.name: feature for feature in features.features}
        self._formats, self._is_missing = features.attribute_formats, features.is_missing

    def read(self, record: object) -> CrmLead:
        """A record as a lead.

        Raises:
            ScoringError: It is not an object, or has no id.
        """
        if not isinstance(record, Mapping):
            raise _make_error(f"must be an object, but {name_type(record)} came. Send it as {self._map.name} gives it")
        values = find_values(record, self._map)
        lead: dict[str, Any] = {"lead_id": find_id(record, values, self._map)}
        draft = _Draft()
        if values is not record:
            draft.unused += [name for name in record if not self._is_envelope(name)]
        for name, value in values.items():
            if name in _LEAD_FIELDS and not isinstance(value, str):
                lead[name] = value
            elif name in self._map.activities:
                events, left_out = read_activities(value, self._map.activities[name])
                draft.events += events
                draft.unused += [f"{left_out} of {name}"] if left_out else []
            elif value not in (None, "") and name not in self._map.ids:
                self._add(name, value, draft)
        lead |= {name: record[name] for name in _LEAD_FIELDS if name in record and values is not record}
        if "as_of" in (lead.keys() | values.keys()):
            lead["as_of"] = self._read_as_of(lead.get("as_of", values.get("as_of")))
        if draft.events and isinstance(sent := lead.get("events", []), list):
            lead["events"] = [*sent, *draft.events]
        if draft.domain is not None:
            draft.attributes["email_domain"] = draft.domain
        lead["attributes"] = draft.attributes
        kind = record.get("attributes")
        kind = kind.get("type") if isinstance(kind, Mapping) else None
        return CrmLead(lead, self._warn(draft), kind if isinstance(kind, str) else "")

    def _read_as_of(self, content: object) -> object:
        """The moment, from the CRM's spelling; what is not a date is passed on, and refused as in a lead of ours."""
        value = unwrap(content)
        plain = to_plain_format(value, self._formats.get("mql_at"))
        return None if self._is_missing(value) or self._is_missing(plain) else read_moment(plain) or value

    def _is_envelope(self, name: str) -> bool:
        return name in _LEAD_FIELDS or name in self._map.ids or name == self._map.properties or name in self._map.envelope

    def _add(self, name: str, content: object, draft: _Draft) -> None:
        value = unwrap(content)
        if self._is_missing(value) or name == "as_of":
            return
        our_name = self._find_name(name)
        if isinstance(value, list) and our_name is not None:  # of an attribute with several values
            value = to_plain_format(value, self._formats.get(our_name))
        kind = None if our_name else self._map.find_kind(name)
        if kind == "email":
            draft.domain = draft.domain or domain_of(value)
        elif kind == "personal":
            draft.personal.append(name)
        elif kind == "system":
            return
        elif isinstance(value, Mapping) and "." not in name and "records" not in value:
            for inner, part in _list_parts(value):
                self._add(f"{name}.{inner}", part, draft)
        elif isinstance(value, (Mapping, list)):
            draft.unused.append(name)
        else:
            self._add_attribute(our_name or name, value, self._map.fields.get(normal_name(name)), draft)

    def _find_name(self, name: str) -> str | None:
        """The model's name of a field; None where it does not use the field."""
        crm_field = self._map.fields.get(normal_name(name))
        for candidate in (name, *(crm_field.names if crm_field else ())):
            if (found := self._names.get(normal_name(candidate))) is not None:
                return found
        return None

    def _add_attribute(self, name: str, value: Any, crm_field: CrmField | None, draft: _Draft) -> None:  # noqa: ANN401  JSON
        feature = self._features.get(name)
        kind = None if feature is None else feature.kind
        plain_format = EPOCH_BY_SIZE if kind == "days_since" else None
        readable: Any = to_plain_format(value, self._formats.get(name, plain_format))
        if readable is None:  # a no, where training has blanks
            return
        if kind == "number":
            readable = readable if _is_number(readable) else None
        elif kind == "days_since":
            readable = read_moment(readable)
        elif isinstance(readable, str) and crm_field is not None:
            readable = _to_training_value(readable, crm_field, feature)
        if readable is None:
            draft.unreadable.append(name)
        else:
            draft.attributes.setdefault(name, readable)

    def _warn(self, draft: _Draft) -> list[Finding]:
        warnings = (
            ("LEAD028", "Left out and not stored, since they identify a person", draft.personal),
            ("LEAD029", "Scored as not known, since this model needs a number or a date", draft.unreadable),
            ("LEAD024", f"Parts of the {self._map.name} record that are not used", draft.unused),
        )
        return [
            Finding(code, "warning", f"{text}: {list_names(name[:60] for name in dict.fromkeys(names))}.", do="")
            for code, text, names in warnings
            if names
        ]


def find_values(record: Mapping[str, Any], crm_map: CrmMap) -> Mapping[str, Any]:
    """The part of a record that holds its values.

    Raises:
        ScoringError: It is not an object.
    """
    inner = record.get(crm_map.properties) if crm_map.properties else None
    if inner is None:
        return record
    if not isinstance(inner, Mapping):
        raise _make_error(f"must hold an object '{crm_map.properties}', but {name_type(inner)} came. Send it as it is")
    return inner


def find_id(record: Mapping[str, Any], values: Mapping[str, Any], crm_map: CrmMap) -> str:
    """The id of a record.

    Raises:
        ScoringError: It has none.
    """
    for name in crm_map.ids:
        for place in (values, record):
            found = unwrap(place.get(name))
            if isinstance(found, (str, int)) and not isinstance(found, bool) and str(found).strip():
                return str(found).strip()
    raise _make_error(f"must hold its id, as '{crm_map.ids[0]}' or '{crm_map.ids[1]}'. Send it with its id")


def _make_error(what: str) -> ScoringError:
    return ScoringError(f"LEAD022 The record {what}.")


def unwrap(value: object) -> object:
    """The value in `{"value": ...}`, as HubSpot's workflows and older answers wrap it."""
    return value["value"] if isinstance(value, Mapping) and "value" in value else value


def _list_parts(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields of a record inside a record, as Salesforce gives those of an account, without its type and id."""
    return ((name, part) for name, part in value.items() if name not in {"attributes", "Id"} and part not in (None, ""))


def _is_number(value: object) -> bool:
    try:
        return abs(to_number(value)) <= _LARGEST
    except (ValueError, OverflowError):
        return False


def _to_training_value(value: str, crm_field: CrmField, feature: Feature | None) -> str:
    """An internal value as the training data spell it: unchanged where they have it, else as people read it."""
    if feature is not None and normal_text(value) in feature.categories:
        return value
    if value in crm_field.values:
        return crm_field.values[value]
    return value.replace("_", " ") if crm_field.words and value.isupper() else value
