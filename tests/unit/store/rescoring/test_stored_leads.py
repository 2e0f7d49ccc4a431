"""Stored leads as of a later moment: features over events come from the file, as for a lead that is scored alone."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from predictor.data.events.table import tabulate_events
from predictor.data.values import Event
from predictor.features.encode import FeatureSet
from predictor.features.event_features import list_event_features
from predictor.features.feature import Feature
from predictor.features.one_lead import OneLeadFeatures
from predictor.features.own_attributes import AttributeReader
from predictor.features.own_features import OwnFeatures
from predictor.store.rescoring.run import RescoringResult
from predictor.store.rescoring.stored_leads import advance_leads

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OVER_EVENTS = list_event_features(["call"], [7, 30])
FEATURES = FeatureSet(
    (
        Feature("industry", "Industry", "Industry", kind="category", categories=("software", "retail")),
        *(Feature(each.name, each.label, each.group, "category" if each.is_category else "number") for each in OVER_EVENTS),
    ),
    (),
    featured_types=("call",),
    windows_days=(7, 30),
)
SCORER = SimpleNamespace(features=FEATURES, book=None, own=None)
EVENTS = [Event(NOW - days * DAY, "call", asset=f"{days}") for days in (3, 12, 33)]


def make_scores(as_of, features):
    return pd.DataFrame({"lead_id": ["A1"], "as_of": pd.to_datetime([as_of], utc=True), "features": [features]})


def tabulate(events):
    rows = [
        {"lead_id": "A1", "occurred_at": event.occurred_at, "event_type": event.event_type, "asset": event.asset}
        for event in events
    ]
    return tabulate_events(pd.DataFrame(rows) if rows else None)


def store_features(as_of):
    return {"industry": "software"} | OneLeadFeatures(OVER_EVENTS).compute(
        [each for each in EVENTS if each.occurred_at <= as_of], as_of
    )


def test_windows_are_those_of_the_new_moment():
    [lead] = advance_leads(SCORER, make_scores(NOW - 10 * DAY, store_features(NOW - 10 * DAY)), tabulate(EVENTS), NOW)
    assert (lead.as_of, lead.missing_events, lead.is_complete) == (NOW, 0, True)
    assert lead.features == pytest.approx(store_features(NOW), nan_ok=True)
    assert (lead.features["events/call/count_7d"], lead.features["events/call/count_30d"]) == (1, 2)


def test_features_of_the_firm_s_own_are_those_of_the_new_moment():
    def rest(leads, events):
        days = (leads["as_of"] - events.groupby("lead")["occurred_at"].max()).dt.days
        return days + 100 * leads["industry"].eq("software")

    own = OwnFeatures({"rest": rest}, AttributeReader({"industry": "category"}))
    stored = store_features(NOW - 10 * DAY) | {"own/rest/rest": 102.0}
    scorer = SimpleNamespace(features=FEATURES, book=None, own=own)
    [lead] = advance_leads(scorer, make_scores(NOW - 10 * DAY, stored), tabulate(EVENTS), NOW)
    assert lead.features["own/rest/rest"] == 103.0
    [lead] = advance_leads(scorer, make_scores(NOW - 10 * DAY, stored), None, NOW)
    assert (lead.as_of, lead.features["own/rest/rest"]) == (NOW - 10 * DAY, 102.0)


@pytest.mark.parametrize(("events", "missing"), [(EVENTS[:1], 2), (EVENTS[:2], 1), ([], 2), (EVENTS, 0)])
def test_events_that_were_known_and_are_not_in_the_file_are_counted(events, missing):
    [lead] = advance_leads(SCORER, make_scores(NOW - 10 * DAY, store_features(NOW - 10 * DAY)), tabulate(events), NOW)
    assert lead.missing_events == missing


def test_a_lead_without_events_needs_none_in_the_file():
    features = {"industry": "retail", "events/call/": 0, "events/any/": 0}
    [lead] = advance_leads(SCORER, make_scores(NOW - 10 * DAY, features), tabulate([]), NOW)
    assert (lead.missing_events, lead.features["events/call/count_ever"]) == (0, 0.0)
    assert "events/call/" not in lead.features


def test_without_events_the_moment_stays_and_what_was_not_stored_is_not_known():
    features = {"industry": "retail", "events/call/": 0}
    [lead] = advance_leads(SCORER, make_scores(NOW - 10 * DAY, features), None, NOW)
    assert (lead.as_of, lead.is_complete) == (NOW - 10 * DAY, False)
    assert lead.features["events/any/count_7d"] is None
    assert "events/call/count_7d" not in lead.features


def test_leads_that_are_left_out_or_little_known_are_findings():
    result = RescoringResult(leads=3, first_incomplete=("A1", 2))
    result.counts.update({"incomplete": 1, "not stored": 2})
    left_out, unknown = result.findings
    assert (left_out.code, unknown.code) == ("STORE010", "STORE011")
    assert "1 lead had more events when scored than the file has (first lead_id 'A1': 2 events missing)" in left_out.what
