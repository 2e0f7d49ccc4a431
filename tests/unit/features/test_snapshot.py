"""What is kept of a lead's features over events: all of them for acts that it did, one line for those that it never did."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from predictor.data.values import Event
from predictor.features.encode import FeatureSet
from predictor.features.event_features import list_event_features
from predictor.features.feature import Feature
from predictor.features.one_lead import LiveWindows
from predictor.features.snapshot import keep_row, read_event_features

NOW = datetime(2026, 5, 10, tzinfo=UTC)
TYPES = ("call", "call/count_7d", "any")  # two of them made to be mistaken: for a feature, and for all types together
ACTS = list_event_features(TYPES, [7, 30])
FEATURES = FeatureSet(
    tuple(Feature(act.name, act.label, act.group, "category" if act.is_category else "number") for act in ACTS),
    (), acts=TYPES, windows_days=(7, 30),
)  # fmt: skip
WINDOWS = LiveWindows(FEATURES.event_features)


def keep(*events):
    past = WINDOWS.compute_history(WINDOWS._past.read(events, NOW))
    nothing, _ = FEATURES.encode_row(WINDOWS.nothing, None)
    return keep_row(past, FEATURES, FEATURES.encode_row(past, NOW, onto=nothing)[0])


def test_a_lead_that_did_nothing_keeps_a_line_for_each_type():
    assert keep() == {"events/any/": 0, "events/call/": 0, "events/call/count_7d/": 0, "events/'any'/": 0}


def test_what_it_did_is_kept_in_full():
    kept = keep(Event(NOW - timedelta(days=2), "call", campaign="Spring"))
    assert {name for name in kept if name.endswith("/")} == {"events/call/count_7d/", "events/'any'/"}
    assert (kept["events/call/count_7d"], kept["events/any/first_campaign"]) == (1.0, "spring")
    assert kept["events/call/value_max"] is None


@pytest.mark.parametrize("events", [(), ("call",), ("call/count_7d", "any"), ("other",)])
def test_what_was_kept_is_read_as_it_was(events):
    past = [Event(NOW - timedelta(days=3 * at), kind, value=2.0) for at, kind in enumerate(events)]
    whole = WINDOWS.compute(past, NOW)
    read = read_event_features(pd.DataFrame([keep(*past)]), ACTS)
    for act in ACTS:
        value, wanted = read[act.name].iloc[0], whole[act.name]
        assert (pd.isna(value) and wanted is None) or value == wanted, act.name


def test_rows_that_hold_every_name_are_read_beside_those_that_do_not():
    whole = WINDOWS.compute([Event(NOW, "call")], NOW)
    read = read_event_features(pd.DataFrame([whole, keep(), {}]), ACTS)
    np.testing.assert_array_equal(read["events/call/count_7d"], [1.0, 0.0, np.nan])
    np.testing.assert_array_equal(read["events/call/days_since_last"], [0.0, np.nan, np.nan])
