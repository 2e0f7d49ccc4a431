"""Values of features, and the evidence for them, in words."""

from __future__ import annotations

import re
from itertools import pairwise
from math import isnan

from predictor.core.errors import count
from predictor.core.wording import format_percent, format_value
from predictor.data.leads import EPISODES_PREFIX, EVENTS_PREFIX
from predictor.features.earlier_episodes import LAST_END
from predictor.features.feature import Feature
from predictor.model.conversion_by_value import Bins, ConversionByValue, Pending, is_count

UNKNOWN = "not known"
_PENDING: dict[Pending, str] = {
    "in_part": "Pending leads count in part.",
    "represented": "Leads with known outcomes represent those that are pending.",
}
_ALL_EVENTS = "All events"
_PLURAL = re.compile(r"(?<=[a-z])(?<![sui])s\b")


def format_feature_value(feature: Feature, number: float) -> str:
    """The value of one feature of a lead, with what the name of its group leaves open.

    Args:
        feature: The feature.
        number: Its value as the matrix holds it.

    >>> views = Feature("events/page_view/count_7d", "Page views in 7 days", "Page views", "number")
    >>> format_feature_value(views, 2.0)
    '2 in 7 days'
    >>> format_feature_value(Feature("members/topics/api", "Topics: API", "Topics", "member", ("api",), ("API",), "topics"), 1.0)
    "include 'API'"
    >>> format_feature_value(Feature("founded", "Founded", "Founded", "days_since"), 400.0)
    '400 days ago'
    """
    if isnan(number) and _misses_none(feature):
        return "none"
    if feature.kind in ("member", "members"):
        return _format_set(feature, number)
    value = _format_bare(feature, number)
    rest = feature.label.removeprefix(feature.group)
    if rest.startswith(" ") or _is_age(feature):
        return f"{value} {rest.lstrip(': ')}"
    return f"{value} ({_lower(rest.removeprefix(': '))})" if rest else value


def _format_set(feature: Feature, number: float) -> str:
    """What is said about a set, after its name."""
    if isnan(number):
        return UNKNOWN
    if feature.kind == "members":
        return count(int(number), "value")
    return f"{_include(feature.group, does=number >= 1)} '{feature.spell(0)}'"


def _include(what: str, *, does: bool) -> str:
    """The verb after the name of a set, in its number.

    >>> _include("Interests", does=True), _include("Topic", does=False)
    ('include', 'does not include')
    """
    several = _PLURAL.search(f"x{what}".split()[-1]) is not None
    return ("include" if several else "includes") if does else f"{'do' if several else 'does'} not include"


def _format_bare(feature: Feature, number: float) -> str:
    if isnan(number):
        return UNKNOWN
    if feature.kind == "category":
        return feature.spell(int(number))
    if feature.kind == "days_since":
        return f"{format_value(round(number, 1))} days ago"
    return format_value(round(number, 1) if _is_age(feature) else number)


def _is_age(feature: Feature) -> bool:
    """Whether a feature is the days since an event or an episode, missing where there was none."""
    return feature.name.startswith((EVENTS_PREFIX, EPISODES_PREFIX)) and "/days_since_" in feature.name


def _misses_none(feature: Feature) -> bool:
    """Whether a missing value means that there was none."""
    return _is_age(feature) or feature.name == LAST_END


def describe_evidence(evidence: ConversionByValue, feature: Feature, number: float) -> str | None:
    """How training leads with a value like this converted, beside all of them; None where there are too few.

    Args:
        evidence: Of the training leads.
        feature: The feature.
        number: Its value as the matrix holds it.

    >>> views = Feature("events/page_view/count_7d", "Page views in 7 days", "Page views", "number")
    >>> bins = Bins((1.0, 2.0), ((4000, 0.14), None, (812, 0.41), None))
    >>> evidence = ConversionByValue((4830, 0.18), None, {views.name: bins})
    >>> describe_evidence(evidence, views, 3.0)
    'Of 812 leads with 2 or more page views in 7 days, 41 % were accepted; of all leads, 18 %.'
    >>> describe_evidence(evidence, views, 1.0)
    """
    bins = evidence.bins[feature.name]
    place = bins.place(feature, number)
    share = bins.shares[place]
    if share is None:
        return None
    leads, accepted = share
    text = f"Of {leads:,} leads with {_format_bin(feature, bins, place)}, {format_percent(accepted)} were accepted"
    pending = "" if evidence.pending is None else f" {_PENDING[evidence.pending]}"
    return f"{text}; of all leads, {format_percent(evidence.whole[1])}.{pending}"


def _format_bin(feature: Feature, bins: Bins, place: int) -> str:
    """The feature and the range of its values, as in 'industry Software' or '2 or more page views in 7 days'."""
    group, rest = "Events" if feature.group == _ALL_EVENTS else feature.group, feature.label.removeprefix(feature.group)
    keeps = feature.group == feature.column if feature.column else feature.label == feature.name
    case = str if keeps else _lower  # a column keeps the firm's spelling
    what = case(group if len(rest) < len(feature.label) else "")
    label, joint = (f"{what}{rest.replace(': ', ', ')}", ": ") if ": " in rest else (what + (rest if what else case(rest)), " ")
    if feature.column:
        return _format_set_bin(feature, bins, place, case(feature.group))
    if place == len(bins.shares) - 1:
        return f"no {what}" if _misses_none(feature) else f"{label}{joint}{UNKNOWN}"
    if feature.kind == "category":
        return f"{label}{joint}{feature.spell(place)}"
    size = _format_range(bins.edges, place, counts=is_count(feature))
    if is_count(feature) and joint == " ":
        return _format_count(size, what, rest)
    return f"{label}{joint}{size}" + (" days ago" if feature.kind == "days_since" else "")


def _format_set_bin(feature: Feature, bins: Bins, place: int, what: str) -> str:
    """A set with a member of it or its size, as in "interests that include 'API'" or 'interests of 2 or more values'."""
    if place == len(bins.shares) - 1:
        return f"{what} {UNKNOWN}"
    if feature.kind == "member":
        return f"{what} that {_include(what, does=place == 1)} '{feature.spell(0)}'"
    size = _format_range(bins.edges, place, counts=True)
    return f"{what} of {size} value{'s' * (size != '1')}"


def _format_count(size: str, what: str, when: str) -> str:
    """A number of things, as in '2 page views'; a firm's own event type that has no plural goes before its number.

    >>> _format_count("0", "page views", " ever"), _format_count("1", "webinars attended", "")
    ('no page views ever', '1 webinar attended')
    >>> _format_count("1", "unsubscribed", " ever")
    'unsubscribed ever: 1'
    """
    if not _PLURAL.search(what):
        return f"{what}{when}: {size}"
    return f"1 {_PLURAL.sub('', what, count=1)}{when}" if size == "1" else f"{'no' if size == '0' else size} {what}{when}"


def _format_range(edges: tuple[float, ...], place: int, *, counts: bool) -> str:
    """The bin of a number, as in '40 to under 100'; that of a single count as in '1'."""
    if not edges:
        return "of any size"
    if place == 0:
        return "0" if counts and edges[0] == 1 else f"under {format_value(edges[0])}"
    if place == len(edges):
        return f"{format_value(edges[-1])} or more"
    low, high = list(pairwise(edges))[place - 1]
    return format_value(low) if counts and high == low + 1 else f"{format_value(low)} to under {format_value(high)}"


def _lower(text: str) -> str:
    """The text as inside a sentence; a word in capitals, as CRM, keeps them.

    >>> _lower("Page views"), _lower("CRM owner")
    ('page views', 'CRM owner')
    """
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
