"""Event lists made to be hard: ties, edges of one_lead, other zones, odd spellings, repeated rows; and both engines on them."""

import random
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

from predictor.data.values import Event
from predictor.features.event_features import list_event_features
from predictor.features.one_lead import OneLeadFeatures

NOW = datetime(2026, 4, 12, tzinfo=UTC)  # clocks of Berlin went forward two weeks before
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
ZONES = [UTC, ZoneInfo("Europe/Berlin"), timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=11))]
TYPES = [
    "page_view",
    "Page_View\t",
    "straße",
    "STRASSE",
    "größe",
    "GRÖSSE",
    "a.b/`c\"'",
    "any",
    "\x1fx\u3000",
    "unheard of",
    " ",
    None,
]
ASSETS = [None, None, "", "Guide", "guide ", "É", "é", "\ta", "a"]
CAMPAIGNS = [None, None, None, "Spring", "été", "ÉTÉ ", "zoo"]
VALUES = [None, None, 2.5, -1.0, 0.0, -0.0, 0.1, 1e6, 1.1e15, -float("inf"), float("nan"), float("inf")]
FEATURES = list_event_features(["Page_View", "straße", "Größe", "a.b/`c\"'", "any", "x", "never seen"], [1, 7, 30, 90])
BOOK = """
name = "x"
gate = 60
rules = [
  {name = "Pricing", event = "page_view", points = 5, per_event = true, cap = 40, expires_days = 20},
  {name = "Guide", event = ["straße", "größe"], asset = "guide", points = 8, per_event = true, half_life_days = 5},
  {name = "Busy", event = ["page_view", "any"], points = 10, at_least = 3, within_days = 7},
]"""  # every kind of rule over events


def make_chance(seed):
    """Random draws with that seed."""
    return random.Random(seed)  # noqa: S311  no secret is made of them


def draw_event(chance):
    """An event on a grid of half days around NOW, a tick beside it now and then."""
    moment = NOW + timedelta(hours=12 * chance.randint(-70, 8)) + chance.choice([0, 0, 0, 0, -1, 1]) * TICK
    texts = chance.choice(TYPES), chance.choice(ASSETS), chance.choice(CAMPAIGNS)
    return Event(moment.astimezone(chance.choice(ZONES)), *texts, chance.choice(VALUES))


def draw_firm(seed, leads=100):
    """Rows (lead_id, as_of) and events (lead_id, Event), both mixed: several rows a lead, leads without events, repeated rows."""
    chance = make_chance(seed)
    rows, events = [], []
    for lead in range(leads):
        lead_events = [draw_event(chance) for _ in range(chance.choice([0, 1, 3, 12, 40]))]
        events += [(f"L{lead}", event) for event in lead_events + lead_events[: len(lead_events) // 5]]
        halves = [chance.randint(-8, 4) for _ in range(chance.choice([1, 1, 2, 3]))]
        rows += [(f"L{lead}", NOW + timedelta(hours=12 * half)) for half in halves]
    events += [("unknown", event) for _, event in events[:20]]
    chance.shuffle(rows)
    chance.shuffle(events)
    return rows, events


def to_microseconds(moment):
    return (moment - EPOCH) // TICK


def make_leads(rows):
    moments = pd.to_datetime([as_of for _, as_of in rows], utc=True).as_unit("us")
    return pd.DataFrame({"lead_id": [key for key, _ in rows], "as_of": moments}, index=pd.RangeIndex(10, 10 + len(rows)))


def make_events(events):
    columns = {
        "lead_id": pa.array([key for key, _ in events], pa.string()),
        "at_us": pa.array([to_microseconds(event.occurred_at) for _, event in events], pa.int64()),
        "event_type": pa.array([event.event_type for _, event in events], pa.string()),
        "asset": pa.array([event.asset for _, event in events], pa.string()),
        "campaign": pa.array([event.campaign for _, event in events], pa.string()),
        "value": pa.array([event.value for _, event in events], pa.float64()),
    }
    return pa.table(columns)


def compute_singly(features, rows, events):
    """The frame of `compute_event_columns`, each row computed for one lead."""
    one_lead, lead_events = OneLeadFeatures(features), {}
    for key, event in events:
        lead_events.setdefault(key, []).append(event)
    computed = [one_lead.compute(lead_events.get(key, ()), as_of) for key, as_of in rows]
    columns = {
        feature.name: pd.Series([row[feature.name] for row in computed], dtype=object if feature.is_category else float)
        for feature in features
    }
    return pd.DataFrame(columns).set_axis(make_leads(rows).index)


def assert_same(frame, expected):
    """Texts equal, numbers to 1e-9, missing where missing."""
    assert list(frame.columns) == list(expected.columns)
    assert frame.index.equals(expected.index)
    for name in expected:
        assert frame[name].dtype == expected[name].dtype
        if expected[name].dtype == object:
            assert frame[name].tolist() == expected[name].tolist(), name
        else:
            np.testing.assert_allclose(frame[name], expected[name], rtol=1e-12, atol=1e-9, err_msg=name)
