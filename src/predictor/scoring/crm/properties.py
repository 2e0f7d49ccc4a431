"""An answer as the properties that a CRM writes back into its record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from predictor.data.crm.field_maps import Crm, read_map
from predictor.scoring.answer import Answer
from predictor.scoring.sales_context import SalesContext

_LONGEST = 4000  # characters of a text field; the shortest long one that CRMs offer holds more


def write_properties(
    crm: Crm, answer: Answer, routing: SalesContext, *, model: str, scored_at: datetime, record_type: str = ""
) -> dict[str, Any]:
    """An answer as a CRM's own record, under the names of its map; what is not known is empty, so that an old value goes.

    Args:
        crm: Whose record.
        answer: What was answered.
        routing: What the sales person wants to know.
        model: The version of the model that answered.
        scored_at: When.
        record_type: What Salesforce calls such records; empty: Lead.
    """
    values = _list_values(answer, routing) | {"model": model, "scored_at": _write_moment(scored_at)}
    names = read_map(crm).answer
    if crm == "hubspot":
        return {"id": answer.lead_id, "properties": {names[key]: _as_text(value) for key, value in values.items()}}
    return {
        "attributes": {"type": record_type or "Lead"}, "Id": answer.lead_id,
        **{names[key]: value for key, value in values.items()},
    }  # fmt: skip


def _list_values(answer: Answer, routing: SalesContext) -> dict[str, Any]:
    low, high = answer.interval
    points = answer.points
    activities = (f"{act.last_at:%Y-%m-%d} {act.event_type}{f': {act.asset}' if act.asset else ''}" for act in routing.activities)
    return {
        "probability": round(answer.probability, 6), "low": round(low, 6), "high": round(high, 6),
        "threshold": round(answer.threshold, 6), "decision": answer.decision, "explore": answer.explore, "grade": answer.grade,
        "points": None if points is None else points.total, "points_decision": None if points is None else points.decision,
        "reasons": _join(reason.text for reason in answer.reasons), "activities": _join(activities),
        "warnings": _join(f"{warning.code} {warning.what}" for warning in answer.warnings),
    }  # fmt: skip


def _join(lines: Any) -> str:  # noqa: ANN401  any texts
    return "\n".join(lines)[:_LONGEST]


def _as_text(value: object) -> str:
    """A value as HubSpot takes it: always a text.

    >>> _as_text(0.31), _as_text(65.0), _as_text(None), _as_text(False)
    ('0.31', '65', '', 'false')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _write_moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def names_of(crm: Crm) -> Mapping[str, str]:
    """The properties that an answer is written to: part of the answer -> name in the CRM.

    >>> names_of("salesforce")["decision"]
    'Predictor_Decision__c'
    """
    return read_map(crm).answer
