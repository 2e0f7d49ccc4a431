"""Records inside a record that tell what the lead did, as Salesforce gives campaign members and tasks: made events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from predictor.data.crm.dates import read_moment
from predictor.data.email_domains import domain_of
from predictor.data.values import normal_text


@dataclass(frozen=True)
class Within:
    """How the records of one kind become events.

    Attributes:
        moment: Fields that may hold when, the first that is filled counts; a record without one tells of no act.
        type: Fields that may hold what, the first that is filled counts.
        types: Its value, as `normal_text`, -> event type.
        other: The event type of other values; empty: such records are left out.
        campaign: Fields that may hold the campaign.
    """

    moment: tuple[str, ...]
    type: tuple[str, ...]
    types: Mapping[str, str]
    other: str
    campaign: tuple[str, ...]

    @classmethod
    def from_toml(cls, content: Mapping[str, Any]) -> Within:
        """What a map says."""
        lists = {name: tuple(content.get(name, ())) for name in ("moment", "type", "campaign")}
        types = {normal_text(value) or "": kind for value, kind in content["types"].items()}
        return cls(**lists, types=types, other=content.get("other", ""))


def read_within(value: object, within: Within) -> tuple[list[dict[str, Any]], int]:
    """The events that records inside a record tell of, as `POST /v1/score` takes them; and how many records tell of none.

    Args:
        value: What a sub-query gave: `{"records": [...]}`.
        within: How its records become events.

    >>> calls = Within(("CompletedDateTime",), ("TaskSubtype",), {"call": "phone_call"}, "", ())
    >>> done = {"TaskSubtype": "Call", "CompletedDateTime": "2026-06-01T09:00:00.000+0000"}
    >>> read_within({"records": [done, {"TaskSubtype": "Call"}]}, calls)
    ([{'occurred_at': '2026-06-01T09:00:00Z', 'event_type': 'phone_call'}], 1)
    """
    records = value.get("records") if isinstance(value, Mapping) else None
    listed = records if isinstance(records, list) else []
    events = [event for record in listed if (event := _make_event(record, within)) is not None]
    return events, len(listed) - len(events)


def _make_event(record: object, within: Within) -> dict[str, Any] | None:
    if not isinstance(record, Mapping):
        return None
    moment, kind = read_moment(_find(record, within.moment)), _find(record, within.type)
    event_type = within.types.get(normal_text(kind) or "", within.other)
    if moment is None or not event_type:
        return None
    campaign = _find(record, within.campaign)
    named = {} if campaign is None or ("@" in campaign and domain_of(campaign)) else {"campaign": campaign}
    return {"occurred_at": moment, "event_type": event_type, **named}


def _find(record: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """The first of the fields that holds a text; a stop leads into a record inside."""
    for name in names:
        found: Any = record
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if isinstance(found, str) and found.strip():
            return found.strip()
    return None
