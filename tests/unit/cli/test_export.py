"""`predictor export` writes a bundle for a warehouse."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from predictor.cli.app import app

BUNDLE = Path(__file__).parents[1] / "scoring" / "bundle" / "version_0_1_0"


def run(*arguments):
    return CliRunner().invoke(app, ["export", *map(str, arguments), "--model", str(BUNDLE)])


def test_sql_is_written_with_what_the_tables_must_hold(tmp_path):
    out = tmp_path / "scores.sql"
    options = [
        "--dialect",
        "postgres",
        "--out",
        out,
        "--leads",
        "crm.leads",
        "--column",
        "source=Lead Source",
        "--without",
        "asset",
    ]
    result = run("sql", *options, "--without", "asset", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert {"lead_id", "Lead Source", "employees"} <= set(facts["lead_columns"])
    assert facts["event_columns"] == ["lead_id", "occurred_at", "event_type", "campaign", "value"]
    text = out.read_text(encoding="utf-8")
    assert text.startswith("-- Scores of model version_0_1_0")
    assert "-- Table crm.leads, a row for each lead and moment, has the columns 'handed_over_by'" in text
    assert "FROM crm.leads\n" in text


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--out", "scores.txt"], "--out must name a SQL file to write"),
        (["--out", "scores.sql", "--column", "source"], "--column must be OURS=THEIRS, but is 'source'"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_computed(tmp_path, monkeypatch, options, text):
    monkeypatch.chdir(tmp_path)
    result = run("sql", "--dialect", "duckdb", *options)
    assert result.exit_code == 1
    assert text in " ".join(result.stderr.split())
    assert not list(tmp_path.iterdir())


def test_a_project_of_dbt_is_written_and_written_again(tmp_path):
    options = [
        "dbt",
        "--dialect",
        "snowflake",
        "--out",
        tmp_path / "scores",
        "--schema",
        "raw",
        "--column",
        "source={{ Source }}",
    ]
    (tmp_path / "scores").mkdir()
    for _ in range(2):
        result = run(*options, "--json")
        assert result.exit_code == 0, result.output
    written = json.loads(result.stdout)["files"]
    assert {"dbt_project.yml", "models/lead_scores.sql", "models/lead_scores.yml", "models/crm.yml"} < set(written)
    assert {str(path.relative_to(tmp_path / "scores")) for path in (tmp_path / "scores").rglob("*.*")} == set(written)
    text = (tmp_path / "scores/models/lead_scores.sql").read_text(encoding="utf-8")
    assert 'FROM {{ source("crm", "leads") }}\n' in text
    assert '"{{ "{{" }} Source }}"' in text
    source = (tmp_path / "scores/models/crm.yml").read_text(encoding="utf-8")
    assert 'schema: "raw"' in source
    assert '          - name: "lead_id"\n' in source
    assert "quote: true" in source.split("Source }}")[1].split("- name")[0]


def test_tables_that_are_models_of_dbt_are_referred_to(tmp_path):
    result = run("dbt", "--dialect", "postgres", "--out", tmp_path, "--source", "", "--leads", "stg_leads", "--name", "scores")
    assert result.exit_code == 0, result.output
    assert "10 files" not in result.output
    text = (tmp_path / "models/scores.sql").read_text(encoding="utf-8")
    assert 'FROM {{ ref("stg_leads") }}\n' in text
    assert "source(" not in text
    assert not (tmp_path / "models/crm.yml").exists()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--out", "full"], "--out must be an empty folder or an earlier export, but full is neither"),
        (["--out", "new", "--name", "Lead Scores"], "A name in dbt has small letters, digits and _, but is 'Lead Scores'"),
    ],
)
def test_what_dbt_cannot_take_is_refused_before_anything_is_written(tmp_path, monkeypatch, options, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    result = run("dbt", "--dialect", "duckdb", *options)
    assert result.exit_code == 1
    assert text in " ".join(result.stderr.split())
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "notes.txt"]
