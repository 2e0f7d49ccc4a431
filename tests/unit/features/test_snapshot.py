"""The event features in a snapshot: all of them for types that occurred, one entry for each type that did not."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from predictor.data.values import Event
from predictor.features.encode import FeatureSet
from predictor.features.event_features import list_event_features
from predictor.features.feature import Feature
from predictor.features.one_lead import OneLeadFeatures
from predictor.features.snapshot import make_snapshot, read_event_features

NOW = datetime(2026, 5, 10, tzinfo=UTC)
TYPES = ("call", "call/count_7d", "any")  # two that resemble other names: a feature, and all types together
EVENT_FEATURES = list_event_features(TYPES, [7, 30])
FEATURES = FeatureSet(
    tuple(
        Feature(feature.name, feature.label, feature.group, kind="category" if feature.is_category else "number")
        for feature in EVENT_FEATURES
    ),
    (), featured_types=TYPES, windows_days=(7, 30),
)  # fmt: skip
ONE_LEAD = OneLeadFeatures(FEATURES.event_features)


def take_snapshot(*events):
    row = ONE_LEAD.compute_from_history(ONE_LEAD._reader.read(events, NOW))
    without_events, _ = FEATURES.encode_row(ONE_LEAD.without_events, None)
    return make_snapshot(row, FEATURES, FEATURES.encode_row(row, NOW, onto=without_events)[0])


def test_a_lead_without_events_has_one_entry_for_each_type():
    assert take_snapshot() == {"events/any/": 0, "events/call/": 0, "events/call/count_7d/": 0, "events/'any'/": 0}


def test_features_of_types_that_occurred_are_kept_in_full():
    kept = take_snapshot(Event(NOW - timedelta(days=2), "call", campaign="Spring"))
    assert {name for name in kept if name.endswith("/")} == {"events/call/count_7d/", "events/'any'/"}
    assert (kept["events/call/count_7d"], kept["events/any/first_campaign"]) == (1.0, "spring")
    assert kept["events/call/value_max"] is None


@pytest.mark.parametrize("events", [(), ("call",), ("call/count_7d", "any"), ("other",)])
def test_a_snapshot_is_read_back_as_it_was(events):
    past = [Event(NOW - timedelta(days=3 * at), kind, value=2.0) for at, kind in enumerate(events)]
    whole = ONE_LEAD.compute(past, NOW)
    read = read_event_features(pd.DataFrame([take_snapshot(*past)]), EVENT_FEATURES)
    for feature in EVENT_FEATURES:
        value, expected = read[feature.name].iloc[0], whole[feature.name]
        assert (pd.isna(value) and expected is None) or value == expected, feature.name


def test_full_and_short_snapshots_are_read_together():
    whole = ONE_LEAD.compute([Event(NOW, "call")], NOW)
    read = read_event_features(pd.DataFrame([whole, take_snapshot(), {}]), EVENT_FEATURES)
    np.testing.assert_array_equal(read["events/call/count_7d"], [1.0, 0.0, np.nan])
    np.testing.assert_array_equal(read["events/call/days_since_last"], [0.0, np.nan, np.nan])
