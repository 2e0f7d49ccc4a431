"""What is kept of a lead is what the model looked at: from the kept row alone comes the same probability."""

import json
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from predictor.data.read.table_files import read_table
from predictor.data.values import Event
from predictor.features.event_features import begin_names
from predictor.features.snapshot import read_event_features
from predictor.scoring.answer import Lead


@pytest.fixture(scope="module")
def leads(firm):
    rows, events = read_table(firm / "leads.csv", "leads").tail(200), read_table(firm / "events.csv", "events")
    acts = dict(iter(events[events["lead_id"].isin(rows["lead_id"])].groupby("lead_id")))
    made = []
    for row in rows.to_dict("records"):
        known = {name: value for name, value in row.items() if isinstance(value, str)}
        past = acts[row["lead_id"]].to_dict("records") if row["lead_id"] in acts else []
        events = [Event(datetime.fromisoformat(act["occurred_at"]), act["event_type"]) for act in past]
        made.append(Lead(row["lead_id"], datetime.fromisoformat(row["mql_at"]), known, None, events))
    return made


def test_a_kept_row_gives_the_same_probability(scorer, leads):
    kinds, idle = set(), set()
    for number, lead in enumerate(leads):
        odd = {"industry": "ask jane.doe@example.com", "employees": "N/A"} if number % 5 == 0 else {}
        asked = Lead(lead.lead_id, lead.as_of, {**lead.attributes, **odd}, None, lead.events)
        answer = scorer.score_lead(asked, reasons=0)
        kept = json.loads(json.dumps(dict(answer.features), allow_nan=False))
        acts = read_event_features(pd.DataFrame([kept]), scorer.features.event_features).iloc[0].to_dict()
        encoded, _ = scorer.features.encode_row(kept | acts, lead.as_of)
        again = scorer.calibrator.predict(scorer.model.score(np.array([encoded])))[0]
        assert again == answer.probability
        assert "@" not in json.dumps(kept)
        np.testing.assert_array_equal(encoded, scorer._encoder.encode(asked).encoded)
        kinds |= {type(value) for name, value in kept.items() if not name.endswith("/")}
        idle |= {name for name, value in kept.items() if name.endswith("/") and value == 0}
    assert kinds == {str, float, type(None)}
    assert len(idle) > 5, "acts that a lead never did"


def test_nothing_is_kept_that_the_model_does_not_look_at(scorer, leads):
    lead = leads[0]
    told = {**lead.attributes, "email": "jane.doe@example.com", "last_name": "Doe", "favourite_colour": "red"}
    answer = scorer.score_lead(Lead(lead.lead_id, lead.as_of, told, None, lead.events), reasons=0)
    looked_at = {*scorer.features.names, *map(begin_names, (act.name for act in scorer.features.event_features))}
    assert set(answer.features) <= looked_at
    assert not {"Doe", "red", "jane.doe@example.com"} & set(answer.features.values())
