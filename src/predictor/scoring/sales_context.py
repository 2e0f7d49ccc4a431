"""What sales wants to know before the call: how a lead got its points, what it read or attended, and where it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from predictor.data.values import Event, normal_text
from predictor.scoring.answer import Lead, PointsAnswer

MOST_ACTIVITIES = 10
_WHEN = attrgetter("occurred_at")
_LONGEST = 200  # characters of a text that is passed on
_WITHOUT_ASSET = frozenset({"webinar_attended", "trade_show_attended", "phone_call", "demo_requested", "trial_requested"})
_MEANING = {
    "source": "source", "leadsource": "source", "originalsource": "source", "originaltrafficsource": "source",
    "hsanalyticssource": "source", "utmsource": "source", "campaign": "campaign", "campaignname": "campaign",
    "utmcampaign": "campaign",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class EarnedPoints:
    """Points that a rule gave, and at how many events it fired (1 for an attribute)."""

    rule: str
    points: float
    times: int


@dataclass(frozen=True, slots=True)
class Activity:
    """A thing read or attended: how often up to `as_of`, and when last."""

    event_type: str
    asset: str | None
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class SalesContext:
    """What sales wants to know before the call.

    Attributes:
        source: Where the lead came from, by its attributes; None where they do not name it.
        campaign: The campaign, by its attributes, or else that of its newest event that names one.
        earned: The points by rule, most points first.
        activities: Things read or attended up to `as_of`, newest first.
    """

    source: str | None
    campaign: str | None
    earned: tuple[EarnedPoints, ...]
    activities: tuple[Activity, ...]

    def to_json(self) -> dict[str, Any]:
        """The same as JSON, except that moments stay moments."""
        return {
            "source": self.source,
            "campaign": self.campaign,
            "earned": [{"rule": part.rule, "points": part.points, "times": part.times} for part in self.earned],
            "activities": [
                {
                    "event_type": activity.event_type,
                    "asset": activity.asset,
                    "times": activity.times,
                    "last_at": activity.last_at,
                }
                for activity in self.activities
            ],
        }


def compute_sales_context(lead: Lead, points: PointsAnswer | None) -> SalesContext:
    """What sales wants to know of a lead, from its attributes, events and points.

    Args:
        lead: As it came; events after its `as_of` are left out.
        points: Its points; None where the firm has none.

    >>> from datetime import UTC
    >>> visit = Event(datetime(2026, 6, 30, tzinfo=UTC), "content_download", "Buyer's guide", "Spring")
    >>> lead = Lead("A17", datetime(2026, 7, 1, tzinfo=UTC), {"Lead Source": "Web"}, None, [visit, visit])
    >>> context = compute_sales_context(lead, None)
    >>> context.source, context.campaign, [(activity.asset, activity.times) for activity in context.activities]
    ('Web', 'Spring', [("Buyer's guide", 2)])
    """
    origin = _find_origin(lead.attributes)
    past = [event for event in lead.events if event.occurred_at <= lead.as_of]
    fired = () if points is None else points.fired
    earned = sorted((EarnedPoints(rule.rule, rule.points, rule.count) for rule in fired), key=lambda part: -part.points)
    return SalesContext(
        source=origin.get("source"),
        campaign=origin.get("campaign") or _find_campaign(past),
        earned=tuple(earned),
        activities=_list_activities(past),
    )


def find_source_column(names: Iterable[str]) -> str | None:
    """The first column that says where a lead came from; None where none does.

    >>> find_source_column(["industry", "Original Source", "utm_source"])
    'Original Source'
    """
    return next((name for name in names if _find_meaning(name) == "source"), None)


@lru_cache(maxsize=4096)
def _spell(asset: str) -> str | None:
    return normal_text(asset)


@lru_cache(maxsize=4096)
def _find_meaning(name: str) -> str | None:
    return _MEANING.get("".join(letter for letter in name.casefold() if letter.isalnum()))


def _find_origin(attributes: Mapping[str, object]) -> dict[str, str]:
    """Source and campaign among the attributes; of two with the same meaning, the first."""
    found: dict[str, str] = {}
    for name, value in attributes.items():
        meaning = _find_meaning(name)
        if meaning is not None and isinstance(value, str) and value.strip():
            found.setdefault(meaning, value.strip()[:_LONGEST])
    return found


def _find_campaign(past: Sequence[Event]) -> str | None:
    newest = max((event for event in past if event.campaign), key=_WHEN, default=None)
    return None if newest is None or newest.campaign is None else newest.campaign[:_LONGEST]


def _list_activities(past: Sequence[Event]) -> tuple[Activity, ...]:
    """Things read or attended, each once: events that name an asset, and those that need none, as a call."""
    newest: dict[tuple[str, str | None], Event] = {}
    times: dict[tuple[str, str | None], int] = {}
    for event in past:
        if not event.asset and event.event_type not in _WITHOUT_ASSET:
            continue
        key = event.event_type, _spell(event.asset) if event.asset else None
        times[key] = times.get(key, 0) + 1
        if key not in newest or event.occurred_at > newest[key].occurred_at:
            newest[key] = event
    latest = sorted(newest.items(), key=lambda entry: entry[1].occurred_at, reverse=True)[:MOST_ACTIVITIES]
    return tuple(
        Activity(
            event_type=event.event_type,
            asset=event.asset[:_LONGEST] if event.asset else None,
            times=times[key],
            last_at=event.occurred_at,
        )
        for key, event in latest
    )
