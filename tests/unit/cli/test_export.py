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
