"""What a value, and the evidence for it, is called in a sentence."""

from __future__ import annotations

import re
from itertools import pairwise
from math import isnan

from predictor.core.wording import format_percent, format_value
from predictor.features.feature import Feature
from predictor.model.conversion_by_value import Bins, ConversionByValue, Pending, is_count

UNKNOWN = "not known"
_PENDING: dict[Pending, str] = {
    "in_part": "Pending leads count in part.",
    "stood_for": "Leads with known outcomes stand for those that are pending.",
}
_ALL_EVENTS = "All events"
_PLURAL = re.compile(r"(?<=[a-z])(?<![sui])s\b")


def format_feature_value(feature: Feature, number: float) -> str:
    """The value of one feature of a lead, and what it is of where the name of its group does not say that.

    Args:
        feature: The feature.
        number: Its value as the matrix holds it.

    >>> views = Feature("events/page_view/count_7d", "Page views in 7 days", "Page views", "number")
    >>> format_feature_value(views, 2.0)
    '2 in 7 days'
    >>> format_feature_value(Feature("founded", "Founded", "Founded", "days_since"), 400.0)
    '400 days ago'
    """
    if isnan(number) and _is_age(feature):
        return "none"
    value = _say_alone(feature, number)
    rest = feature.label.removeprefix(feature.group)
    if rest.startswith(" ") or _is_age(feature):
        return f"{value} {rest.lstrip(': ')}"
    return f"{value} ({_lower(rest.removeprefix(': '))})" if rest else value


def _say_alone(feature: Feature, number: float) -> str:
    if isnan(number):
        return UNKNOWN
    if feature.kind == "category":
        return feature.spell(int(number))
    if feature.kind == "days_since":
        return f"{format_value(round(number, 1))} days ago"
    return format_value(round(number, 1) if _is_age(feature) else number)


def _is_age(feature: Feature) -> bool:
    """Whether a feature is the days since an act, missing where there was none."""
    return feature.name.startswith("events/") and "/days_since_" in feature.name


def describe_evidence(evidence: ConversionByValue, feature: Feature, number: float) -> str | None:
    """What came of the leads that taught and had such a value, beside all of them; None where they are too few to be told.

    Args:
        evidence: Of the leads that taught the model.
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
    if (feature.name, place) not in evidence.sentences:
        evidence.sentences[feature.name, place] = _say_bin(evidence, feature, bins, place)
    return evidence.sentences[feature.name, place]


def _say_bin(evidence: ConversionByValue, feature: Feature, bins: Bins, place: int) -> str | None:
    share = bins.shares[place]
    if share is None:
        return None
    leads, accepted = share
    told = f"Of {leads:,} leads with {_name_bin(feature, bins, place)}, {format_percent(accepted)} were accepted"
    pending = "" if evidence.pending is None else f" {_PENDING[evidence.pending]}"
    return f"{told}; of all leads, {format_percent(evidence.whole[1])}.{pending}"


def _name_bin(feature: Feature, bins: Bins, place: int) -> str:
    """The feature and the range of its values, as in 'industry Software' or '2 or more page views in 7 days'."""
    group, rest = "Events" if feature.group == _ALL_EVENTS else feature.group, feature.label.removeprefix(feature.group)
    say = str if feature.label == feature.name else _lower  # a column is called as the firm calls it
    what = say(group if len(rest) < len(feature.label) else "")
    label, joint = (f"{what}{rest.replace(': ', ', ')}", ": ") if ": " in rest else (what + (rest if what else say(rest)), " ")
    if place == len(bins.shares) - 1:
        return f"no {what}" if _is_age(feature) else f"{label}{joint}{UNKNOWN}"
    if feature.kind == "category":
        return f"{label}{joint}{feature.spell(place)}"
    said = _say_range(bins.edges, place, counts=is_count(feature))
    if is_count(feature) and joint == " ":
        return _say_count(said, what, rest)
    return f"{label}{joint}{said}" + (" days ago" if feature.kind == "days_since" else "")


def _say_count(said: str, what: str, when: str) -> str:
    """So many of something; a firm's own type of event that is called by no plural stands apart from its number.

    >>> _say_count("0", "page views", " ever"), _say_count("1", "webinars attended", ""), _say_count("1", "unsubscribed", " ever")
    ('no page views ever', '1 webinar attended', 'unsubscribed ever: 1')
    """
    if not _PLURAL.search(what):
        return f"{what}{when}: {said}"
    return f"1 {_PLURAL.sub('', what, count=1)}{when}" if said == "1" else f"{'no' if said == '0' else said} {what}{when}"


def _say_range(edges: tuple[float, ...], place: int, *, counts: bool) -> str:
    """The bin of a number, as in '40 to under 100'; a count that stands alone as '1'."""
    if not edges:
        return "of any size"
    if place == 0:
        return "0" if counts and edges[0] == 1 else f"under {format_value(edges[0])}"
    if place == len(edges):
        return f"{format_value(edges[-1])} or more"
    low, high = list(pairwise(edges))[place - 1]
    return format_value(low) if counts and high == low + 1 else f"{format_value(low)} to under {format_value(high)}"


def _lower(text: str) -> str:
    """The text as it stands inside a sentence; a word in capitals, as CRM, keeps them.

    >>> _lower("Page views"), _lower("CRM owner")
    ('page views', 'CRM owner')
    """
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
