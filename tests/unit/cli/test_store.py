"""The commands about the store: erase a lead, delete old records."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.cli.train import _note_promotion
from predictor.core.errors import SettingsError
from predictor.core.settings import make_settings
from predictor.scoring.answer import Answer
from predictor.store.records import Answered
from predictor.store.schema import hash_lead
from predictor.store.store import Store

NOW = datetime.now(UTC)


@pytest.fixture
def models(tmp_path):
    """A folder with a store beside its bundles: three scores of two leads, one of them old, and an outcome."""
    store = Store.open(make_settings().store, tmp_path)
    for lead_id, days in (("A1", 0), ("A1", 400), ("A2", 0)):
        answer = Answer(
            lead_id, 0.3, (0.2, 0.4), threshold=0.25, decision="route_to_sales", grade="B", points=None, reasons=(), warnings=()
        )
        store.save_scores([Answered(answer, NOW)], scored_at=NOW - timedelta(days=days), model="m")
    store.save_outcome("A1", "accepted", occurred_at=NOW)
    store.drain()
    store.close()
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, ["store", *arguments])


def list_leads(folder):
    store = Store.open(make_settings().store, folder)
    scored, with_outcome = store.load_scores()["lead_id"].tolist(), store.load_outcomes()["lead_id"].tolist()
    store.close()
    return scored, with_outcome


def test_only_the_named_lead_is_erased(models):
    result = run("erase", "A1", "--models", str(models))
    assert (result.exit_code, result.output) == (0, "Erased: 2 scores and 1 outcome.\n")
    assert list_leads(models) == (["A2"], [])


def test_erasing_an_unknown_lead_deletes_nothing(models):
    result = json.loads(run("erase", "B9", "--models", str(models), "--json").output)
    assert result == {"lead_id": "B9", "scores": 0, "outcomes": 0, "waiting": 0, "done": True}


def test_what_is_stored_about_a_lead_is_exported(models):
    file = json.loads(run("export", "A1", "--models", str(models)).output)
    assert [len(file[part]) for part in ("scores", "outcomes", "reports")] == [2, 1, 1]
    assert (file["scores"][0]["probability"], file["outcomes"][0]["kind"]) == (0.3, "accepted")
    result = run("export", "B9", "--models", str(models))
    assert (result.exit_code, "Nothing is stored about this lead." in result.stderr) == (1, True)


def test_the_audit_log_says_who_did_what_and_names_no_lead(models):
    assert "The audit log is empty." in run("audit", "--models", str(models)).output
    run("export", "A1", "--models", str(models))
    run("erase", "A1", "--models", str(models))
    CliRunner().invoke(app, ["keys", "add", "crm", "--scope", "score", "--models", str(models)])
    CliRunner().invoke(app, ["keys", "revoke", "crm", "--models", str(models)])
    entries = json.loads(run("audit", "--models", str(models), "--json").output)
    assert [entry["action"] for entry in entries] == ["lead exported", "lead erased", "key added", "key revoked"]
    assert {entry["actor"] for entry in entries} == {"command line"}
    assert entries[0]["lead_key"] == entries[1]["lead_key"] == hash_lead("A1")
    assert entries[1]["details"] == {"scores": 2, "outcomes": 1, "waiting": 0, "done": True}
    assert entries[2]["details"] == {"key": "crm", "scopes": ["score"]}
    text = run("audit", "--models", str(models)).output
    assert "lead erased" in text
    assert "A1" not in text


def test_an_audit_log_that_cannot_be_written_stops_no_command(tmp_path):
    (tmp_path / "predictor.toml").write_text('[store]\nurl = "nosuch://host/db"\n')
    command = ["keys", "add", "crm", "--scope", "score", "-c", str(tmp_path / "predictor.toml"), "--models", str(tmp_path)]
    result = CliRunner().invoke(app, command)
    assert (result.exit_code, result.stdout[:4]) == (0, "lcp_")
    assert "The audit log has no entry about this." in result.stderr


def test_old_records_are_deleted(models):
    result = run("expire", "--days", "365", "--models", str(models))
    assert (result.exit_code, result.output) == (0, "1 row older than 365 days deleted.\n")
    assert sorted(list_leads(models)[0]) == ["A1", "A2"]


def test_the_settings_name_the_days(models):
    config = models / "predictor.toml"
    config.write_text("[store]\nurl = 'sqlite:///scores.db'\nretention_days = 30\n")
    result = json.loads(run("expire", "-c", str(config), "--json").output)
    assert result == {"days": 30.0, "deleted": 1}


def test_without_days_nothing_is_deleted(models):
    result = run("expire", "--models", str(models))
    assert result.exit_code == 1
    assert "store.retention_days is 0" in result.output


@pytest.mark.parametrize("arguments", [("erase", "A1"), ("expire", "--days", "3")])
def test_a_missing_store_is_not_created(tmp_path, arguments):
    result = run(*arguments, "--models", str(tmp_path / "typo"))
    assert result.exit_code == 1
    assert "There is no store at" in result.output
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize("lead_id", ["", " "])
def test_an_empty_key_is_refused(models, lead_id):
    result = run("erase", lead_id, "--models", str(models))
    assert result.exit_code == 1
    assert result.output == "Refused. No lead has an empty key. Name the CRM's key of the lead, as it was scored.\n"


@pytest.mark.parametrize("days", ["0", "-1", "1e12", "nan"])
def test_days_out_of_range_are_refused(models, days):
    result = run("expire", f"--days={days}", "--models", str(models))
    assert result.exit_code == 1
    assert "--days must be above 0 and at most 36500, but is" in result.output
    assert sorted(list_leads(models)[0]) == ["A1", "A1", "A2"]


def test_a_retention_out_of_range_is_refused():
    with pytest.raises(SettingsError, match=r"store\.retention_days"):
        make_settings({"store": {"retention_days": 1e6}})


def test_a_promotion_by_a_training_is_in_the_audit_log_where_there_is_a_store(models, tmp_path):
    config = tmp_path / "predictor.toml"
    config.write_text("")
    _note_promotion(models, config, "logistic-1", by="train")
    [entry] = json.loads(run("audit", "--models", str(models), "--json").output)
    assert (entry["action"], entry["details"]) == ("model promoted", {"model": "logistic-1", "by": "train"})
    empty = tmp_path / "empty"
    empty.mkdir()
    _note_promotion(empty, config, "logistic-1", by="train")
    assert list(empty.iterdir()) == []
