"""Event features of one lead, against numbers worked out by hand."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from predictor.data.values import Event
from predictor.features.event_features import list_event_features
from predictor.features.one_lead import OneLeadFeatures

NOW = datetime(2026, 5, 31, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
FEATURES = OneLeadFeatures(list_event_features(["page_view"], [7, 30]))


def ago(days, event_type="page_view", **facts):
    return Event(NOW - timedelta(days=days), event_type, **facts)


def compute(*events, as_of=NOW):
    return {name.removeprefix("events/"): value for name, value in FEATURES.compute(events, as_of).items()}


def test_every_kind_by_hand():
    row = compute(
        ago(40, asset="Guide", campaign="Spring", value=5.0),
        ago(20.25, asset="guide "),
        ago(20, asset="Price list", campaign="autumn", value=-1.5),
        ago(3, value=2.0),
        ago(50, "Webinar"),
        ago(-1, value=100.0, asset="later"),
    )
    assert {name.removeprefix("page_view/"): value for name, value in row.items() if name.startswith("page_view/")} == {
        "count_7d": 1, "count_30d": 3, "count_ever": 4, "days_since_last": 3.0, "days_since_first": 40.0, "active_days": 3,
        "assets": 2, "most_in_week": 2, "trend": pytest.approx(1 / 7 - 2 / 23), "value_sum": 5.5, "value_max": 5.0,
    }  # fmt: skip
    assert (row["any/count_ever"], row["any/days_since_first"], row["any/active_days"]) == (5, 50.0, 4)
    assert (row["any/first_type"], row["any/first_campaign"]) == ("webinar", "spring")


def test_nothing_happened():
    row = compute()
    zero = {"count_7d", "count_30d", "count_ever", "active_days", "assets", "most_in_week", "trend", "value_sum"}
    assert {name.split("/")[1] for name, value in row.items() if value == 0.0} == zero
    assert {value for name, value in row.items() if name.split("/")[1] not in zero} == {None}
    assert list(row) == list(compute(ago(1)))


def test_both_edges_of_a_window_belong_to_it():
    row = compute(ago(0), ago(7), ago(30), Event(NOW - timedelta(days=7) - TICK, "page_view"), Event(NOW + TICK, "page_view"))
    assert (row["any/count_7d"], row["any/count_30d"], row["any/count_ever"]) == (2, 4, 4)
    assert row["any/trend"] == pytest.approx(2 / 7 - 2 / 23)


@pytest.mark.parametrize(
    ("days", "most"), [([], 0), ([1], 1), ([10, 3], 2), ([10.1, 3], 1), ([20, 19, 12.5, 12, 1], 3), ([5] * 2, 1)]
)
def test_the_most_within_one_week(days, most):
    assert compute(*map(ago, days))["page_view/most_in_week"] == most


def test_active_days_are_dates_in_utc_and_windows_are_of_24_hours():
    berlin = ZoneInfo("Europe/Berlin")  # its clocks go forward on 29 March 2026
    as_of = datetime(2026, 3, 30, 0, 30, tzinfo=berlin)
    row = compute(
        Event(datetime(2026, 3, 23, 0, 30, tzinfo=berlin), "page_view"),
        Event(datetime(2026, 3, 22, 23, 30, tzinfo=berlin), "page_view"),
        Event(datetime(2026, 3, 30, 0, 10, tzinfo=berlin), "page_view"),
        as_of=as_of,
    )
    assert row["any/count_7d"] == 3  # that week had an hour less, so that half past eleven of the evening before is its edge
    assert row["any/active_days"] == 2
    assert row["any/days_since_first"] == 7.0


def test_a_repeated_event_counts_once_and_events_that_differ_count_each():
    twice = compute(
        ago(1, asset="Guide", value=3.0),
        Event(NOW.astimezone(ZoneInfo("Asia/Tokyo")) - timedelta(days=1), "Page_View ", "guide", campaign=None, value=3.0),
    )
    assert (twice["any/count_ever"], twice["any/value_sum"]) == (1, 3.0)
    different = compute(ago(1), ago(1, asset="Guide"), ago(1, campaign="Spring"), ago(1, value=0.0), ago(1, "call"))
    assert different["any/count_ever"] == 5


def test_of_several_first_touches_at_one_moment_the_first_in_alphabetical_order_is_taken():
    events = [ago(9, "call", campaign="zoo"), ago(9, "blog", campaign="Autumn"), ago(9, "any"), ago(8, "a", campaign="a")]
    for mixed in (events, events[::-1]):
        row = compute(*mixed)
        assert (row["any/first_campaign"], row["any/first_type"]) == ("autumn", "any")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), None])
def test_a_value_that_is_no_finite_number_is_missing(value):
    row = compute(ago(1, value=value))
    assert (row["any/value_sum"], row["any/value_max"], row["any/count_ever"]) == (0.0, None, 1)


@pytest.mark.parametrize("event_type", [None, "", " \t"])
def test_an_event_without_a_type_is_none(event_type):
    assert compute(ago(1, event_type)) == compute()


def test_types_without_features_of_their_own_count_among_all():
    row = compute(ago(1, "chat"), ago(2, "chat"))
    assert (row["any/count_ever"], row["page_view/count_ever"]) == (2, 0.0)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(TypeError, match="offset-naive"):
        compute(ago(1), as_of=NOW.replace(tzinfo=None))
    with pytest.raises(TypeError, match="offset-naive"):
        compute(Event(NOW.replace(tzinfo=None), "page_view"))


def test_a_list_is_no_text():
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        compute(ago(1, asset=["a"]))
