"""Open leads of the store are scored again, and the answers are those that the leads would get."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from typer.testing import CliRunner
from unit.api.conftest import files  # noqa: F401  a small bundle

from predictor.cli.app import app
from predictor.core.settings import make_settings
from predictor.data.events.contract import check_events
from predictor.data.read.event_sources import open_frame
from predictor.data.values import Event
from predictor.scoring.answer import Lead
from predictor.scoring.bundle.files import save_bundle
from predictor.scoring.bundle.registry import promote
from predictor.scoring.scorer import Scorer
from predictor.store.records import Answered
from predictor.store.rescoring.run import STATE, rescore_store
from predictor.store.store import Store

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def scorer(tmp_path, files):  # noqa: F811
    save_bundle(tmp_path / "models", "small", files, {})
    return Scorer.load(tmp_path / "models" / "small")


@pytest.fixture
def store(tmp_path):
    store = Store.open(make_settings().store, tmp_path)
    yield store
    store.close()


def make_lead(number, *, as_of=None, visits=0):
    """A lead with a visit on each of the last days before 20 days ago, and `visits` later ones."""
    moments = [NOW - (20 + day) * DAY for day in range(number % 3)] + [NOW - (1 + day) * DAY for day in range(visits)]
    attributes = {"industry": ["Software", "Retail"][number % 2], "employees": 10.0 * (number + 1), "founded_on": "2001-05-01"}
    events = [Event(moment, "pricing_page_view") for moment in moments if as_of is None or moment <= as_of]
    return Lead(f"A{number}", as_of or NOW, attributes, None, events)


def save(store, scorer, leads, *, model=None, at=None):
    answers = [Answered(scorer.score_lead(lead, reasons=0), lead.as_of) for lead in leads]
    store.save_scores(answers, scored_at=at or leads[0].as_of, model=model or scorer.version)


def list_new(store):
    return store.load_scores().query("model == 'small'").set_index("lead_id")


def make_events(scorer, leads):
    rows = [
        {"lead_id": lead.lead_id, "occurred_at": event.occurred_at, "event_type": event.event_type}
        for lead in leads
        for event in lead.events
    ]
    frame = pd.DataFrame(rows)
    return lambda keys: check_events(open_frame(frame), scorer.settings, keys, drop=True).table


def test_with_all_events_the_answer_is_that_of_the_lead_as_of_now(store, scorer, tmp_path):
    before = [make_lead(number, as_of=NOW - 10 * DAY) for number in range(6)]
    save(store, scorer, before, model="old")
    leads = [make_lead(number, visits=number % 4) for number in range(6)]
    result = rescore_store(scorer, store, events=make_events(scorer, leads), state=tmp_path / STATE)
    assert (result.leads, result.counts["rescored"], result.findings) == (6, 6, [])
    new = list_new(store)
    for lead in leads:
        expected = scorer.score_lead(lead, reasons=0)
        assert new.loc[lead.lead_id, "probability"] == pytest.approx(expected.probability, abs=1e-6)  # founded seconds ago
        assert new.loc[lead.lead_id, "points"] == expected.points.total
    assert not (tmp_path / STATE).exists()


def test_without_events_the_moment_stays_and_the_answer_is_the_same(store, scorer, tmp_path):
    leads = [make_lead(number, as_of=NOW - 10 * DAY) for number in range(6)]
    save(store, scorer, leads, model="old")
    rescore_store(scorer, store, events=None, state=tmp_path / STATE)
    scores = store.load_scores()
    for _, rows in scores.groupby("lead_id"):
        assert rows["as_of"].tolist() == [NOW - 10 * DAY] * 2
        assert len(set(rows["probability"])) == 1
        assert rows["model"].tolist() == ["old", "small"]


def test_a_lead_is_closed_by_an_outcome_and_open_again_by_a_later_score(store, scorer, tmp_path):
    save(store, scorer, [make_lead(number, as_of=NOW - 30 * DAY) for number in range(4)], model="old")
    store.save_outcome("A0", "accepted", occurred_at=NOW - 25 * DAY)
    store.save_outcome("A1", "recycled", occurred_at=NOW - 25 * DAY)
    store.save_outcome("A2", "recycled", occurred_at=NOW - 25 * DAY)
    save(store, scorer, [make_lead(2, as_of=NOW - 10 * DAY)], model="old")
    result = rescore_store(scorer, store, events=None, state=tmp_path / STATE)
    assert sorted(list_new(store).index) == ["A2", "A3"]
    assert result.leads == 2


def test_an_interrupted_run_goes_on_where_it_stopped(store, scorer, tmp_path, monkeypatch):
    monkeypatch.setattr("predictor.store.rescoring.run._BATCH", 2)
    save(store, scorer, [make_lead(number, as_of=NOW - 10 * DAY) for number in range(6)], model="old")

    def interrupt(share):
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rescore_store(scorer, store, events=None, state=tmp_path / STATE, advance=interrupt)
    assert len(list_new(store)) == 4
    result = rescore_store(scorer, store, events=None, state=tmp_path / STATE)
    assert (result.counts["done before"], result.counts["rescored"]) == (4, 2)
    assert sorted(list_new(store).index) == [f"A{number}" for number in range(6)]
    result = rescore_store(scorer, store, events=None, state=tmp_path / STATE)  # a run of its own
    assert result.counts["rescored"] == 6


def test_the_command_scores_and_sends_webhooks(store, scorer, tmp_path, monkeypatch):
    monkeypatch.setattr("predictor.cli.rescore._SEND_S", 0.0)
    promote(tmp_path / "models", "small")
    url = "http://127.0.0.1:9/hook"  # nothing listens there, so that messages wait
    config = tmp_path / "predictor.toml"
    config.write_text(f'[store]\nurl = "sqlite:///scores.db"\n[webhooks]\nurls = ["{url}"]\nallow_private = true\n')
    leads = [make_lead(number, as_of=NOW - 10 * DAY) for number in range(4)]
    answers = [scorer.score_lead(lead, reasons=0) for lead in leads]
    turned = ["nurture" if answer.decision == "route_to_sales" else "route_to_sales" for answer in answers]
    stored = [
        Answered(replace(answer, decision=decision, probability=1.0 - answer.probability), lead.as_of)
        for answer, decision, lead in zip(answers, turned, leads, strict=True)
    ]
    store.save_scores(stored, scored_at=NOW - 10 * DAY, model="old")
    store.drain()
    done = CliRunner().invoke(app, ["rescore", "--models", str(tmp_path / "models"), "-c", str(config), "--json"])
    assert done.exit_code == 0, done.stderr
    content = json.loads(done.stdout)
    assert (content["leads"], content["rescored"], content["findings"]) == (4, 4, [])
    assert content.get("up", 0) + content.get("down", 0) == 4
    assert content["webhooks_waiting"] >= content.get("up", 0) > 0
    assert store.load_scores()["model"].value_counts().to_dict() == {"old": 4, "small": 4}
