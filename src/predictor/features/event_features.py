"""The features over a lead's events: definitions that two engines compute to the same number.

`table` computes them for a whole table as of each row, `one_lead` for one lead. For both:

- An event counts if it has a type and `occurred_at <= as_of`, to the microsecond. Events after `as_of` change nothing.
- A window of d days goes from `as_of - d * 24 hours` to `as_of`, both edges included, also when clocks change.
- Types, assets and campaigns are compared as `normal_text` makes them; a value beyond 1e15, or no number, is missing.
- Events alike in everything (moment, type, asset, campaign, value) count once, since trackers resend and exports overlap.
- Sums of values agree to 1e-9 of their largest value, since backends add in different orders.
- Without events a count or sum is 0.0; days since, largest value and first touch are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from predictor.data.leads import EVENTS_PREFIX
from predictor.data.parse import DAY_US
from predictor.data.values import normal_text

EventKind = Literal[
    "count",
    "count_ever",
    "days_since_last",
    "days_since_first",
    "active_days",
    "assets",
    "most_in_week",
    "trend",
    "value_sum",
    "value_max",
    "first_campaign",
    "first_type",
]
WEEK_US = 7 * DAY_US
TREND_US = (7 * DAY_US, 30 * DAY_US)  # the last days of a trend, and these with the days before

ZERO_WITHOUT_EVENTS: frozenset[EventKind] = frozenset(
    {"count", "count_ever", "active_days", "assets", "most_in_week", "trend", "value_sum"}
)

_ALL = "any"
_NAMES = {
    "page_view": "Page views",
    "pricing_page_view": "Pricing page views",
    "demo_page_view": "Demo page views",
    "blog_view": "Blog views",
    "content_download": "Content downloads",
    "email_open": "E-mail opens",
    "email_click": "E-mail clicks",
    "webinar_attended": "Webinars attended",
    "form_submitted": "Forms submitted",
    "newsletter_signup": "Newsletter signups",
    "chat_started": "Chats started",
    "phone_call": "Phone calls",
    "trade_show_attended": "Trade shows attended",
    "trial_requested": "Trials requested",
    "demo_requested": "Demos requested",
}
_LABELS: dict[EventKind, str] = {
    "count_ever": "{} ever",
    "days_since_last": "{}: days since the last",
    "days_since_first": "{}: days since the first",
    "active_days": "{}: days with at least one",
    "assets": "{}: different assets",
    "most_in_week": "{}: most within one week",
    "trend": "{}: a day in the last 7 days, less in the 23 before",
    "value_sum": "{}: sum of values",
    "value_max": "{}: largest value",
}
_TOUCHES: dict[EventKind, str] = {"first_campaign": "Campaign of the first touch", "first_type": "Type of the first touch"}


@dataclass(frozen=True, slots=True)
class EventFeature:
    """One feature over the events of a lead.

    Attributes:
        name: Its key in an assembled row; begins with `events/`.
        label: The name that people read.
        group: The heading under which reasons and reports sum it.
        event_type: Its event type, as `normal_text` makes it; None for events of every type.
        kind: What is computed.
            `count`: events in the window of `window_days`; `count_ever`: all of them.
            `days_since_last`, `days_since_first`: days of 24 hours, with fractions, from that event to `as_of`.
            `active_days`: different dates in UTC. `assets`: different assets; events without one do not count.
            `most_in_week`: the most events that any 7 days hold, both edges included.
            `trend`: events a day in the last 7 days, less events a day in the 23 days before them.
            `value_sum`, `value_max`: over events that have a value.
            `first_campaign`: the campaign of the earliest event that names one. `first_type`: the type of the earliest event.
            Of several at that moment, the first in alphabetical order.
        window_days: The length of the window of a `count`; None for every other kind.
    """

    name: str
    label: str
    group: str
    event_type: str | None
    kind: EventKind
    window_days: int | None = None

    @property
    def is_category(self) -> bool:
        """Whether the value is a text rather than a number."""
        return self.kind in _TOUCHES


def type_prefix(name: str) -> str:
    """The prefix that all features over the same event type share with the feature of that name.

    >>> type_prefix("events/pricing_page_view/count_7d")
    'events/pricing_page_view/'
    """
    return name[: name.rindex("/") + 1]


def list_event_features(event_types: Iterable[str], windows_days: Iterable[int]) -> tuple[EventFeature, ...]:
    """Every feature over all events, then those of each type; counts once for each window.

    Args:
        event_types: Types that get features of their own, in the order of the list.
        windows_days: Lengths of the windows of counts, whole days.

    Raises:
        ValueError: An event type is empty, or a window is not at least a day long.

    >>> features = list_event_features(["Pricing_Page_View"], [7, 30])
    >>> len(features), features[13].name, features[13].label
    (24, 'events/pricing_page_view/count_7d', 'Pricing page views in 7 days')
    >>> [feature.name for feature in features if feature.is_category]
    ['events/any/first_campaign', 'events/any/first_type']
    >>> list_event_features(["page_view"], [0])
    Traceback (most recent call last):
    ValueError: A window must be at least 1 day long, but is 0. Set windows_days to whole days, as [7, 30, 90].
    """
    windows = sorted(set(windows_days))
    for days in windows:
        if days < 1:
            rule = f"A window must be at least 1 day long, but is {days}."
            raise ValueError(f"{rule} Set windows_days to whole days, as [7, 30, 90].")
    features = _list_of_type(None, windows)
    features += [
        EventFeature(name=f"{EVENTS_PREFIX}{_ALL}/{kind}", label=label, group="First touch", event_type=None, kind=kind)
        for kind, label in _TOUCHES.items()
    ]
    for event_type in dict.fromkeys(normal_text(event_type) for event_type in event_types):
        if event_type is None:
            raise ValueError("An event type must be a text, but one is empty. Remove it from the list.")
        features += _list_of_type(event_type, windows)
    return tuple(features)


def choose_event_types(counts: Mapping[str, int], min_support: int) -> tuple[str, ...]:
    """The event types that enough leads have, most frequent first, ties in alphabetical order.

    Args:
        counts: Event type, as `normal_text` makes it -> leads that have at least one such event.
        min_support: Leads a type needs to get features of its own; the rest count among all events only.

    >>> choose_event_types({"page_view": 90, "chat_started": 3, "blog_view": 90}, 20)
    ('blog_view', 'page_view')
    """
    frequent = (event_type for event_type, leads in counts.items() if leads >= min_support)
    return tuple(sorted(frequent, key=lambda event_type: (-counts[event_type], event_type)))


def _list_of_type(event_type: str | None, windows: Iterable[int]) -> list[EventFeature]:
    group = "All events" if event_type is None else _name_type(event_type)
    place = f"{EVENTS_PREFIX}{_ALL}" if event_type is None else f"{EVENTS_PREFIX}{_quote(event_type)}"
    counts = [
        EventFeature(
            name=f"{place}/count_{days}d",
            label=f"{group} in {days} day{'s' * (days > 1)}",
            group=group,
            event_type=event_type,
            kind="count",
            window_days=days,
        )
        for days in windows
    ]
    others = [
        EventFeature(
            name=f"{place}/{kind}", label=text.format(group), group=group, event_type=event_type, kind=kind, window_days=None
        )
        for kind, text in _LABELS.items()
    ]
    return counts + others


def _name_type(event_type: str) -> str:
    """What people call events of that type; a firm's own type keeps its spelling."""
    plain = event_type.replace("_", " ").strip() or event_type
    return _NAMES.get(event_type, plain[:1].upper() + plain[1:])


def _quote(event_type: str) -> str:
    """The type as a part of a name, in quotes where it would read as the word for all types."""
    return f"'{event_type}'" if event_type.strip("'") == _ALL else event_type
