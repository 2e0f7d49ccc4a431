"""Golden rows: synthetic leads with the answers of training, which a bundle must give again before it serves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from predictor.core.errors import BundleError
from predictor.data.values import Event
from predictor.scoring.answer import Answer, Lead

_TOLERANCE = 1e-9


def read_golden_lead(content: Mapping[str, Any]) -> Lead:
    """A lead as a line of `golden.jsonl` holds it."""
    events = tuple(Event(datetime.fromisoformat(event["occurred_at"]), event["event_type"]) for event in content["events"])
    return Lead(content["lead_id"], datetime.fromisoformat(content["as_of"]), content["attributes"], content["points"], events)


def check_golden(golden: str, score_lead: Callable[[Lead], Answer], *, version: str) -> None:
    """Score the synthetic leads of a bundle again, and refuse where an answer has changed.

    Args:
        golden: Content of `golden.jsonl`.
        score_lead: What answers now.
        version: The bundle's name, for the refusal.

    Raises:
        BundleError: There is no golden row, or an answer differs from the one written at training.

    >>> check_golden("", lambda lead: None, version="b2b-1")
    Traceback (most recent call last):
    predictor.core.errors.BundleError: Bundle 'b2b-1' has no golden rows to be checked by. Train it anew.
    """
    if not golden.strip():
        raise BundleError(f"Bundle '{version}' has no golden rows to be checked by. Train it anew.")
    for number, line in enumerate(golden.splitlines(), 1):
        row = json.loads(line)
        came = score_lead(read_golden_lead(row["lead"]))
        if not abs(came.probability - row["probability"]) <= _TOLERANCE or came.decision != row["decision"]:
            raise BundleError(
                f"Bundle '{version}' gives {came.probability:.9f} for golden row {number}, but gave "
                f"{row['probability']:.9f} when it was trained. Install the versions its manifest names, or train it anew."
            )
