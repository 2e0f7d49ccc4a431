"""A CRM's record read as outcomes: dates of stages, a status, or the fields of our own outcomes beside the CRM's id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from predictor.core.errors import ScoringError, list_names
from predictor.core.settings_sections import StageSettings
from predictor.data.crm.dates import read_moment
from predictor.data.crm.field_maps import Crm, CrmMap, normal_name, read_map
from predictor.data.values import name_type
from predictor.scoring.crm.record import find_id, find_values, unwrap

_OURS = ("kind", "occurred_at", "reason", "amount", "currency", "episode", "outcome_id", "withdraws")
_OTHER = "other"


def read_outcomes(record: object, crm: Crm, stages: StageSettings) -> list[dict[str, Any]]:
    """The outcomes that a record holds, each as `POST /v1/outcomes` takes it, in the order of time.

    Args:
        record: As the CRM's API sends it.
        crm: Whose record.
        stages: The firm's names of stages, which a status may have.

    Raises:
        ScoringError: It is not an object, has no id, or holds no outcome.

    >>> from predictor.core.settings import make_settings
    >>> dates = {"hs_lifecyclestage_salesqualifiedlead_date": "1782834000000", "hs_lead_status": "OPEN"}
    >>> read_outcomes({"id": "51", "properties": dates}, "hubspot", make_settings().stages)
    [{'lead_id': '51', 'kind': 'accepted', 'occurred_at': '2026-06-30T15:40:00Z'}]
    """
    crm_map = read_map(crm)
    if not isinstance(record, Mapping):
        rule = f"The record must be an object, but {name_type(record)} came."
        raise ScoringError(f"LEAD022 {rule} Send it as {crm_map.name} gives it.")
    values = find_values(record, crm_map)
    lead_id = find_id(record, values, crm_map)
    ours = {name: unwrap(place[name]) for place in (values, record) for name in _OURS if name in place}
    if "kind" in ours:
        dates = {name: read_moment(ours[name]) or ours[name] for name in ("occurred_at", "episode") if ours.get(name)}
        return [{"lead_id": lead_id, **ours, **dates}]
    outcomes = [{"lead_id": lead_id, **outcome} for outcome in _read_stages(_flatten(values), crm_map, stages)]
    if not outcomes:
        fields = list_names([names[0] for names in crm_map.outcomes.dates.values()])
        text = f"The record holds no outcome. Send 'kind', or one of {fields}, or a status that says so."
        raise ScoringError(f"LEAD022 {text}")
    return outcomes


def _read_stages(values: Mapping[str, Any], crm_map: CrmMap, stages: StageSettings) -> Iterator[dict[str, Any]]:
    """The outcomes by dates, then the one by status, which has no date."""
    names = crm_map.outcomes
    dates = {kind: read_moment(found) for kind, fields in names.dates.items() if (found := _find(values, fields))}
    for kind, moment in sorted(dates.items(), key=lambda entry: (entry[1] or "", entry[0])):
        outcome = {"kind": kind, "occurred_at": moment}
        if kind == "opportunity":
            facts = {"amount": _find(values, names.amount), "currency": _find(values, names.currency)}
            outcome |= {name: value for name, value in facts.items() if value is not None}
        yield outcome
    status = str(_find(values, names.status) or "").strip().casefold()
    recycled = names.recycled.get(status) or (_OTHER if status in _list_words(stages.recycled) else None)
    if recycled is not None:
        yield {"kind": "recycled", "reason": _find(values, names.reason) or recycled}
    elif status and status in _list_words(stages.sql) and "accepted" not in dates:
        yield {"kind": "accepted"}


def _list_words(words: Iterable[str]) -> set[str]:
    return {word.strip().casefold() for word in words}


def _find(values: Mapping[str, Any], names: Iterable[str]) -> Any:  # noqa: ANN401  JSON
    """The first of some fields that is filled; None if none is."""
    return next((value for name in names if (value := values.get(normal_name(name))) not in (None, "")), None)


def _flatten(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields by their plain names, those of a record inside the record with the name of that before them."""
    flat: dict[str, Any] = {}
    for name, content in values.items():
        value = unwrap(content)
        if isinstance(value, Mapping):
            flat |= {normal_name(f"{name}.{inner}"): unwrap(part) for inner, part in value.items()}
        else:
            flat.setdefault(normal_name(name), value)
    return flat
