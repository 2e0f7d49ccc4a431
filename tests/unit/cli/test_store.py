"""The commands about the store: a lead erased, what is too old deleted."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.core.errors import SettingsError
from predictor.core.settings import make_settings
from predictor.scoring.answer import Answer
from predictor.store.store import Store

NOW = datetime.now(UTC)


@pytest.fixture
def models(tmp_path):
    """A folder with a store beside its bundles: three scores of two leads, one of them old, and an outcome."""
    store = Store.open(make_settings().store, tmp_path)
    for lead_id, days in (("A1", 0), ("A1", 400), ("A2", 0)):
        answer = Answer(lead_id, 0.3, (0.2, 0.4), 0.25, "route_to_sales", "B", None, (), ())
        store.save_score(answer, as_of=NOW, scored_at=NOW - timedelta(days=days), model="m")
    store.save_outcome("A1", "accepted", occurred_at=NOW)
    store.drain()
    store.close()
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, ["store", *words])


def list_leads(folder):
    store = Store.open(make_settings().store, folder)
    found = store.load_scores()["lead_id"].tolist(), store.load_outcomes()["lead_id"].tolist()
    store.close()
    return found


def test_a_lead_is_erased_and_no_other(models):
    told = run("erase", "A1", "--models", str(models))
    assert (told.exit_code, told.output) == (0, "Erased: 2 scores and 1 outcome.\n")
    assert list_leads(models) == (["A2"], [])


def test_a_lead_that_is_not_known_is_erased_already(models):
    told = json.loads(run("erase", "B9", "--models", str(models), "--json").output)
    assert told == {"lead_id": "B9", "scores": 0, "outcomes": 0, "waiting": 0, "done": True}


def test_what_is_too_old_is_deleted(models):
    told = run("expire", "--days", "365", "--models", str(models))
    assert (told.exit_code, told.output) == (0, "1 row older than 365 days deleted.\n")
    assert sorted(list_leads(models)[0]) == ["A1", "A2"]


def test_the_days_are_those_of_the_settings(models):
    config = models / "predictor.toml"
    config.write_text("[store]\nurl = 'sqlite:///scores.db'\nretention_days = 30\n")
    told = json.loads(run("expire", "-c", str(config), "--json").output)
    assert told == {"days": 30.0, "deleted": 1}


def test_nothing_is_too_old_where_nobody_says_so(models):
    told = run("expire", "--models", str(models))
    assert told.exit_code == 1
    assert "store.retention_days is 0" in told.output


@pytest.mark.parametrize("words", [("erase", "A1"), ("expire", "--days", "3")])
def test_where_no_store_is_none_is_made(tmp_path, words):
    told = run(*words, "--models", str(tmp_path / "typo"))
    assert told.exit_code == 1
    assert "There is no store at" in told.output
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize("lead_id", ["", " "])
def test_an_empty_key_is_refused(models, lead_id):
    told = run("erase", lead_id, "--models", str(models))
    assert (told.exit_code, told.output) == (1, "Refused. No lead has an empty key. Name the CRM's key, as it was scored.\n")


@pytest.mark.parametrize("days", ["0", "-1", "1e12", "nan"])
def test_days_that_keep_nothing_or_cannot_be_counted_are_refused(models, days):
    told = run("expire", f"--days={days}", "--models", str(models))
    assert told.exit_code == 1
    assert "--days must be above 0 and at most 36500, but is" in told.output
    assert sorted(list_leads(models)[0]) == ["A1", "A1", "A2"]


def test_a_retention_that_cannot_be_counted_is_refused():
    with pytest.raises(SettingsError, match=r"store\.retention_days"):
        make_settings({"store": {"retention_days": 1e6}})
