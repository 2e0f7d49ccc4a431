"""Golden rows: synthetic leads with the answers of the training, which a bundle must repeat before it serves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from predictor.core.errors import BundleError
from predictor.data.values import Event
from predictor.features.earlier_episodes import Episode
from predictor.scoring.answer import Answer, Lead

_TOLERANCE = 1e-9


def read_golden_lead(content: Mapping[str, Any]) -> Lead:
    """The lead of a line of `golden.jsonl`."""
    events = tuple(Event(datetime.fromisoformat(event["occurred_at"]), event["event_type"]) for event in content["events"])
    return Lead(
        lead_id=content["lead_id"],
        as_of=datetime.fromisoformat(content["as_of"]),
        attributes=content["attributes"],
        points=content["points"],
        events=events,
        earlier_episodes=[read_episode(episode) for episode in content.get("earlier_episodes", ())],
    )


def read_episode(content: Mapping[str, Any]) -> Episode:
    """An earlier episode of a line of `golden.jsonl`."""
    moments = {name: datetime.fromisoformat(content[name]) for name in ("sql_at", "recycled_at") if name in content}
    return Episode(**moments, recycle_reason=content.get("recycle_reason"))


def check_golden(golden: str, score_lead: Callable[[Lead], Answer], *, version: str) -> None:
    """Score the synthetic leads of a bundle, and refuse it where an answer has changed.

    Args:
        golden: Content of `golden.jsonl`.
        score_lead: Scores one lead.
        version: The bundle's name, for the message.

    Raises:
        BundleError: There are no golden rows, or an answer differs from that of the training.

    >>> check_golden("", lambda lead: None, version="b2b-1")
    Traceback (most recent call last):
    predictor.core.errors.BundleError: Bundle 'b2b-1' has no golden rows to check it by. Train it again.
    """
    if not golden.strip():
        raise BundleError(f"Bundle '{version}' has no golden rows to check it by. Train it again.")
    for number, line in enumerate(golden.splitlines(), 1):
        row = json.loads(line)
        answer = score_lead(read_golden_lead(row["lead"]))
        if not abs(answer.probability - row["probability"]) <= _TOLERANCE or answer.decision != row["decision"]:
            raise BundleError(
                f"Bundle '{version}' gives {answer.probability:.9f} for golden row {number}, but gave "
                f"{row['probability']:.9f} when it was trained. Install the versions that its manifest names, or train it again."
            )
