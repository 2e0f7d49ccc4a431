"""The stored row of a lead holds what the model used: it alone gives the same probability."""

import json
from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from predictor.data.read.table_files import read_table
from predictor.data.values import Event
from predictor.features.event_features import type_prefix
from predictor.features.snapshot import read_event_features
from predictor.scoring.answer import Lead


@pytest.fixture(scope="module")
def leads(firm):
    rows, events = read_table(firm / "leads.csv", "leads").frame.tail(200), read_table(firm / "events.csv", "events").frame
    by_lead = dict(iter(events[events["lead_id"].isin(rows["lead_id"])].groupby("lead_id")))
    leads = []
    for row in rows.to_dict("records"):
        known = {name: value for name, value in row.items() if isinstance(value, str)}
        past = by_lead[row["lead_id"]].to_dict("records") if row["lead_id"] in by_lead else []
        listed = [Event(datetime.fromisoformat(event["occurred_at"]), event["event_type"]) for event in past]
        leads.append(Lead(row["lead_id"], datetime.fromisoformat(row["mql_at"]), known, events=listed))
    return leads


def test_a_stored_row_gives_the_same_probability(scorer, leads):
    kinds, idle = set(), set()
    for number, lead in enumerate(leads):
        odd = {"industry": "ask jane.doe@example.com", "employees": "N/A"} if number % 5 == 0 else {}
        odd_lead = replace(lead, attributes={**lead.attributes, **odd})
        answer = scorer.score_lead(odd_lead, reasons=0)
        kept = json.loads(json.dumps(dict(answer.features), allow_nan=False))
        event_features = read_event_features(pd.DataFrame([kept]), scorer.features.event_features).iloc[0].to_dict()
        encoded, _ = scorer.features.encode_row(kept | event_features, lead.as_of)
        again = scorer.calibrator.predict(scorer.model.score(np.array([encoded])))[0]
        assert again == answer.probability
        assert "@" not in json.dumps(kept)
        np.testing.assert_array_equal(encoded, scorer._encoder.encode(odd_lead).encoded)
        kinds |= {type(value) for name, value in kept.items() if not name.endswith("/")}
        idle |= {name for name, value in kept.items() if name.endswith("/") and value == 0}
    assert kinds == {str, float, type(None)}
    assert len(idle) > 5, "event types that a lead has no event of"


def test_nothing_is_stored_that_the_model_does_not_use(scorer, leads):
    lead = leads[0]
    attributes = {**lead.attributes, "email": "jane.doe@example.com", "last_name": "Doe", "favourite_colour": "red"}
    answer = scorer.score_lead(replace(lead, attributes=attributes), reasons=0)
    used = {*scorer.features.names, *map(type_prefix, (feature.name for feature in scorer.features.event_features))}
    assert set(answer.features) <= used
    assert not {"Doe", "red", "jane.doe@example.com"} & set(answer.features.values())
