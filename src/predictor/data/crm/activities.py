"""Activities inside a record of a lead, such as Salesforce's campaign members and tasks, as events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from predictor.data.crm.dates import read_moment
from predictor.data.email_domains import domain_of
from predictor.data.values import normal_text


@dataclass(frozen=True)
class ActivityMap:
    """How the records of one kind become events.

    Of several fields the first that is filled counts.

    Attributes:
        moment: Fields that may hold the moment; a record without one is no event.
        type: Fields that may hold the type.
        types: Value of the type, as `normal_text` -> event type.
        other: The event type of other values; empty where their records are left out.
        campaign: Fields that may hold the campaign.
    """

    moment: tuple[str, ...]
    type: tuple[str, ...]
    types: Mapping[str, str]
    other: str
    campaign: tuple[str, ...]

    @classmethod
    def from_toml(cls, content: Mapping[str, Any]) -> ActivityMap:
        """The map from a section of a CRM's data file."""
        lists = {name: tuple(content.get(name, ())) for name in ("moment", "type", "campaign")}
        types = {normal_text(value) or "": kind for value, kind in content["types"].items()}
        return cls(**lists, types=types, other=content.get("other", ""))


def read_activities(value: object, activity_map: ActivityMap) -> tuple[list[dict[str, Any]], int]:
    """The events in the records of a sub-query, as `POST /v1/score` takes them, and the number of records that are none.

    Args:
        value: The result of a sub-query: `{"records": [...]}`.
        activity_map: How its records become events.

    >>> fields = {"moment": ("CompletedDateTime",), "type": ("TaskSubtype",), "campaign": ()}
    >>> calls = ActivityMap(**fields, types={"call": "phone_call"}, other="")
    >>> done = {"TaskSubtype": "Call", "CompletedDateTime": "2026-06-01T09:00:00.000+0000"}
    >>> read_activities({"records": [done, {"TaskSubtype": "Call"}]}, calls)
    ([{'occurred_at': '2026-06-01T09:00:00Z', 'event_type': 'phone_call'}], 1)
    """
    records = value.get("records") if isinstance(value, Mapping) else None
    records = records if isinstance(records, list) else []
    events = [event for record in records if (event := _make_event(record, activity_map)) is not None]
    return events, len(records) - len(events)


def _make_event(record: object, activity_map: ActivityMap) -> dict[str, Any] | None:
    if not isinstance(record, Mapping):
        return None
    moment, kind = read_moment(_find_text(record, activity_map.moment)), _find_text(record, activity_map.type)
    event_type = activity_map.types.get(normal_text(kind) or "", activity_map.other)
    if moment is None or not event_type:
        return None
    campaign = _find_text(record, activity_map.campaign)
    named = {} if campaign is None or ("@" in campaign and domain_of(campaign)) else {"campaign": campaign}
    return {"occurred_at": moment, "event_type": event_type, **named}


def _find_text(record: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """The first filled text of the fields; a dot in a name leads into a nested record."""
    for name in names:
        value: Any = record
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None
