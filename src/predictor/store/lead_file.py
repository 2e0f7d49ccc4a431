"""Everything that is stored about one lead, as JSON: what a person may ask to see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from predictor.store.database import LeadHistory
from predictor.store.outcome_history import settle_outcomes

_OF_LEAD = ("lead_id",)
_OF_OUTCOME = ("outcome_id", "kind", "occurred_at", "reason", "amount", "currency")


def make_lead_file(lead_id: str, history: LeadHistory, *, timezone: str) -> dict[str, Any]:
    """The scores, decisions and outcomes of a lead, oldest first.

    Args:
        lead_id: As it was asked for.
        history: What is stored about it, with features.
        timezone: The timezone of the firm.

    Returns:
        `lead_id`; `scores`, with the values that the model looked at; `outcomes`, which count now; and `reports`: everything that
        was sent about outcomes.
    """
    counting = settle_outcomes(history.reports, history.scores, timezone=timezone)
    return {
        "lead_id": lead_id,
        "scores": _list_rows(history.scores, _OF_LEAD),
        "outcomes": _list_rows(counting[list(_OF_OUTCOME)]),
        "reports": _list_rows(history.reports, _OF_LEAD),
    }


def _list_rows(frame: pd.DataFrame, omitted: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The rows of a frame as JSON."""
    rows = frame.drop(columns=list(omitted)).to_dict("records")
    return [{str(name): to_json_value(value) for name, value in row.items()} for row in rows]


def to_json_value(value: Any) -> Any:  # noqa: ANN401  a cell
    """A cell as JSON: moments in ISO 8601, None for what is missing.

    >>> to_json_value(pd.Timestamp("2026-03-31T14:05:00Z")), to_json_value(float("nan")), to_json_value({"a": 1})
    ('2026-03-31T14:05:00+00:00', None, {'a': 1})
    """
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value if isinstance(value, dict) or pd.notna(value) else None
