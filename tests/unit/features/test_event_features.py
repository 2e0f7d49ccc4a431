"""The list of event features: names, labels, groups, and which types get features of their own."""

import pytest

from predictor.features.event_features import choose_event_types, list_event_features

PLAIN = {"count_ever", "days_since_last", "days_since_first", "active_days", "assets", "most_in_week", "trend"}
PLAIN |= {"value_sum", "value_max"}
KINDS = {"count_7d", "count_30d", *PLAIN}
TOUCHES = {"first_campaign", "first_type"}


def test_the_list_holds_every_kind_over_all_events_and_for_each_type():
    features = list_event_features(["page_view", "own type"], [30, 7, 30])
    names = {feature.name for feature in features}
    places = ("any", "page_view", "own type")
    assert names == {f"events/{place}/{kind}" for place in places for kind in KINDS} | {
        "events/any/first_campaign",
        "events/any/first_type",
    }
    assert len(names) == len(features) == 35
    assert [feature.window_days for feature in features if feature.kind == "count"] == [7, 30] * 3


def test_labels_and_groups_read_as_people_speak():
    features = {
        feature.name: feature for feature in list_event_features(["pricing_page_view", "own_type", "unsubscribed"], [1, 7])
    }
    week = features["events/pricing_page_view/count_7d"]
    assert (week.label, week.group) == ("Pricing page views in 7 days", "Pricing page views")
    assert features["events/own_type/count_1d"].label == "Own type in 1 day"
    assert features["events/unsubscribed/days_since_last"].label == "Unsubscribed: days since the last"
    assert features["events/any/count_ever"].group == "All events"
    assert {feature.group for feature in features.values() if feature.is_category} == {"First touch"}
    assert len({feature.label for feature in features.values()}) == len(features)


def test_spellings_of_one_type_are_one_type():
    assert list_event_features([" Page_View", "page_view"], [7]) == list_event_features(["page_view"], [7])


def test_a_type_named_any_keeps_features_of_its_own():
    features = list_event_features(["any", "'any'"], [7])
    assert len({feature.name for feature in features}) == len(features)
    assert {feature.name for feature in features if feature.event_type == "any" and feature.kind == "count"} == {
        "events/'any'/count_7d"
    }


def test_no_windows_and_no_types_leave_what_needs_neither():
    features = list_event_features([], [])
    assert {feature.kind for feature in features} == PLAIN | TOUCHES


@pytest.mark.parametrize("days", [0, -7])
def test_a_window_of_no_length_is_refused(days):
    with pytest.raises(ValueError, match=rf"at least 1 day long, but is {days}\. Set windows_days"):
        list_event_features([], [7, days])


@pytest.mark.parametrize("event_type", ["", "  ", None])
def test_an_empty_type_is_refused(event_type):
    with pytest.raises(ValueError, match=r"must be a text, but one is empty\. Remove it"):
        list_event_features([event_type], [7])


def test_types_need_enough_leads():
    counts = {"email_open": 20, "blog_view": 300, "chat_started": 19, "page_view": 300}
    assert choose_event_types(counts, 20) == ("blog_view", "page_view", "email_open")
    assert choose_event_types({}, 20) == ()
