"""Why a probability changed: the parts add up to the difference, and each is zero where nothing of its kind changed."""

import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from predictor.data.values import Event
from predictor.scoring.answer import Lead
from predictor.scoring.changes import CAUSES, StoredScore, explain_change

PAIRS = 2_000
DAY = timedelta(days=1)


def to_stored(answer, as_of, model="m"):
    features = json.loads(json.dumps(answer.features))  # as the database holds them
    return StoredScore(answer.probability, as_of, model=model, features=features)


@pytest.fixture(scope="module")
def leads(firm, scorer):
    """Leads of the firm as they were when they became MQLs."""
    frame = pd.read_csv(firm / "leads.csv", parse_dates=["mql_at"])
    events = pd.read_csv(firm / "events.csv", parse_dates=["occurred_at"]).sort_values("occurred_at")
    by_lead = dict(iter(events.groupby("lead_id")))
    made = []
    for row in frame.head(PAIRS).to_dict("records"):
        own = by_lead.get(row["lead_id"], events.head(0))
        past = own[own["occurred_at"] <= row["mql_at"]]
        attributes = {name: row[name] for name in scorer.attributes if name in row and pd.notna(row[name])}
        moments = [
            Event(event.occurred_at.to_pydatetime(), event.event_type, None if pd.isna(event.asset) else event.asset)
            for event in past.itertuples()
        ]
        made.append(Lead(row["lead_id"], row["mql_at"].to_pydatetime(), attributes=attributes, events=moments))
    return made


def draw_later(lead, attributes_of, random):
    """The lead some time later, and what changed: `time`, `events`, `attributes`."""
    changed = {name for name in ("time", "events", "attributes") if random.random() < 0.6}
    passed = timedelta(days=float(random.exponential(30))) if changed & {"time", "events"} else timedelta()
    changed |= {"time"} if passed else set()
    as_of, events, attributes = lead.as_of + passed, list(lead.events), dict(lead.attributes)
    if "events" in changed:
        kinds = random.choice(["pricing_page_view", "email_click", "phone_call", "something_new"], random.integers(1, 5))
        events += [Event(lead.as_of + passed * float(random.uniform(0.01, 1)), str(kind)) for kind in kinds]
    if "attributes" in changed:
        other = attributes_of[random.integers(len(attributes_of))]
        for name in random.choice(sorted(other), 2) if other else ():
            attributes[str(name)] = other[str(name)]
        changed -= set() if attributes != lead.attributes else {"attributes"}
    return Lead(lead.lead_id, as_of, attributes=attributes, events=events), changed


def test_the_parts_of_2000_changes_add_up_and_are_zero_where_nothing_changed(scorer, leads):
    random = np.random.default_rng(5)
    attributes_of = [lead.attributes for lead in leads]
    pairs = [(lead, *draw_later(lead, attributes_of, random)) for lead in leads]
    before = scorer.score_leads([earlier for earlier, _, _ in pairs], reasons=0)
    after = scorer.score_leads([later for _, later, _ in pairs], reasons=0)
    seen = dict.fromkeys(CAUSES, 0)
    for (earlier, later, changed), first, second in zip(pairs, before, after, strict=True):
        change = explain_change(scorer, to_stored(first, earlier.as_of), to_stored(second, later.as_of))
        parts = change.parts
        assert sum(parts.values()) == pytest.approx(second.probability - first.probability, abs=1e-9)
        assert parts["model"] == 0
        assert abs(parts["other"]) < 1e-9
        for cause in ("time", "events", "attributes"):
            assert parts[cause] == 0 or cause in changed, (cause, changed)
        same_points = all(first.features[name] == second.features[name] for name in first.features if name.startswith("points/"))
        assert parts["points"] == 0 or not same_points
        seen = {cause: number + (abs(parts[cause]) > 1e-6) for cause, number in seen.items()}
    assert len(pairs) == PAIRS
    assert min(seen[cause] for cause in ("time", "events", "attributes", "points")) > PAIRS / 20, seen


def test_the_windows_of_events_age_and_new_ones_are_counted_apart(scorer, leads):
    earlier = leads[0]
    week = Lead(earlier.lead_id, earlier.as_of, events=[Event(earlier.as_of - DAY, "pricing_page_view")] * 1)
    later = Lead(earlier.lead_id, earlier.as_of + 10 * DAY, events=week.events)
    more = Lead(earlier.lead_id, later.as_of, events=[*week.events, Event(later.as_of - DAY, "demo_page_view")])
    first, second, third = (to_stored(scorer.score_lead(lead, reasons=0), lead.as_of) for lead in (week, later, more))
    aged, grown = explain_change(scorer, first, second), explain_change(scorer, first, third)
    assert aged.parts["events"] == 0
    assert aged.parts["time"] == pytest.approx(second.probability - first.probability - aged.parts["points"], abs=1e-9)
    assert grown.parts["events"] != 0
    assert "new events" in grown.text
    assert "new events" not in aged.text


def test_another_model_is_a_part_of_its_own(scorer, leads):
    lead = leads[1]
    answer = scorer.score_lead(lead, reasons=0)
    now = to_stored(answer, lead.as_of, model="new")
    used_less = {name: value for number, (name, value) in enumerate(now.features.items()) if number % 2}
    old = StoredScore(0.123, lead.as_of, model="old", features=used_less | {"no longer used": 3})
    change = explain_change(scorer, old, now)
    assert change.parts["model"] == pytest.approx(answer.probability - 0.123, abs=1e-9)
    assert [cause for cause, part in change.parts.items() if abs(part) > 1e-9] == ["model"]
    assert change.text.endswith(f": another model {100 * (answer.probability - 0.123):+.1f}.")


def test_two_equal_scores_did_not_change(scorer, leads):
    score = to_stored(scorer.score_lead(leads[2], reasons=0), leads[2].as_of)
    change = explain_change(scorer, score, score)
    assert set(change.parts.values()) == {0.0}
    assert (change.text, dict(change.values)) == ("The probability did not change.", {})
