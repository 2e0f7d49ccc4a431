"""An answer as the properties that a CRM writes back into its record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from predictor.data.crm.field_maps import Crm, read_map
from predictor.scoring.answer import Answer
from predictor.scoring.sales_context import SalesContext

_LONGEST = 4000  # characters of a text field; the shortest long one that CRMs offer holds more


def write_properties(
    crm: Crm, answer: Answer, context: SalesContext, *, model: str, scored_at: datetime, record_type: str = ""
) -> dict[str, Any]:
    """An answer as a CRM's own record, under the names of its map; unknown values are empty, so that old ones are cleared.

    Args:
        crm: Whose record.
        answer: The answer.
        context: What sales wants to know of the lead.
        model: The version of the model that answered.
        scored_at: The moment of the answer.
        record_type: Salesforce's name for records of this type; empty: Lead.
    """
    values = _list_values(answer, context) | {"model": model, "scored_at": _format_moment(scored_at)}
    names = read_map(crm).answer
    if crm == "hubspot":
        return {"id": answer.lead_id, "properties": {names[key]: _format_value(value) for key, value in values.items()}}
    return {
        "attributes": {"type": record_type or "Lead"}, "Id": answer.lead_id,
        **{names[key]: value for key, value in values.items()},
    }  # fmt: skip


def _list_values(answer: Answer, context: SalesContext) -> dict[str, Any]:
    low, high = answer.interval
    points = answer.points
    activities = (
        f"{activity.last_at:%Y-%m-%d} {activity.event_type}{f': {activity.asset}' if activity.asset else ''}"
        for activity in context.activities
    )
    return {
        "probability": round(answer.probability, 6), "low": round(low, 6), "high": round(high, 6),
        "threshold": round(answer.threshold, 6), "decision": answer.decision, "explore": answer.explore, "grade": answer.grade,
        "fit_grade": answer.fit_grade,
        "engagement_grade": None if answer.engagement_grade is None else str(answer.engagement_grade),
        "points": None if points is None else points.total, "points_decision": None if points is None else points.decision,
        "reasons": _join(reason.text for reason in answer.reasons), "activities": _join(activities),
        "warnings": _join(f"{warning.code} {warning.what}" for warning in answer.warnings),
    }  # fmt: skip


def _join(lines: Iterable[str]) -> str:
    return "\n".join(lines)[:_LONGEST]


def _format_value(value: object) -> str:
    """A value as HubSpot takes it: a text.

    >>> _format_value(0.31), _format_value(65.0), _format_value(None), _format_value(False)
    ('0.31', '65', '', 'false')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _format_moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
