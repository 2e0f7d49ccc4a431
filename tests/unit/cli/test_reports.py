"""Reports through every command: rows that are no leads are left out and counted, and columns of one label stay apart."""

import json

import pandas as pd
import pytest
from exports import write_salesforce
from helpers import draw_leads
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.core.settings import load_settings
from predictor.data.load import load_tables
from predictor.simulate.firm import simulate_firm

CLI = CliRunner()
END = '\n\n"Grand Totals ({n} records)"\n\n"Confidential Information - Do Not Distribute"\n"Copyright (c) 2000-2026 Acme"\n'
QUICK = '\n[model]\nresamples = 20\nbudget_s = 0\ncandidates = ["constant", "points", "logistic"]\n'


def run(*arguments):
    result = CLI.invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def run_json(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def check(settings):
    return json.loads(run("check", "-c", settings, "--json").stdout)


def list_texts(answer, code):
    findings = answer if isinstance(answer, list) else answer["findings"]
    return [finding["what"] for finding in findings if finding["code"] == code]


def write_report(path, leads):
    path.write_text(leads.to_csv(index=False) + END.format(n=len(leads)))


def test_the_end_of_a_report_in_init_check_train_and_score(tmp_path):
    names = {"lead_id": "Lead ID", "mql_at": "MQL Date", "sql_at": "SQL Date", "industry": "Industry", "score": "Lead Score"}
    leads = draw_leads(400).rename(columns=names)[["Industry", "Lead ID", "MQL Date", "SQL Date", "employees", "Lead Score"]]
    write_report(tmp_path / "train.csv", leads)
    settings = tmp_path / "predictor.toml"
    counted = "3 rows of 'train.csv' that are no records were left out (first in row 403)"
    assert list_texts(run_json("init", tmp_path / "train.csv", "--out", settings), "LEAD039")[0].startswith(counted)
    settings.write_text(settings.read_text() + QUICK)
    assert list_texts(check(settings), "LEAD039")[0].startswith(counted)
    trained = run_json("train", "-c", settings, "--models", tmp_path / "models", "--no-track")
    assert list_texts(trained, "LEAD039")[0].startswith(counted)
    assert list_texts(trained, "LEAD007") == []
    write_report(tmp_path / "new.csv", leads.head(20).drop(columns="SQL Date"))
    bundle = next(path for path in (tmp_path / "models").iterdir() if path.is_dir())  # few leads need not earn a promotion
    score = ["score", "--model", bundle, "--leads", tmp_path / "new.csv", "--out", tmp_path / "scored.csv"]
    answer = run_json(*score)
    assert (answer["leads"], answer["failed"]) == (20, 0)
    assert list_texts(answer, "LEAD039")[0].startswith("3 rows of 'new.csv' that are no records were left out (first in row 23)")
    assert pd.read_csv(tmp_path / "scored.csv")["lead_id"].tolist() == leads["Lead ID"].head(20).tolist()
    assert "tip LEAD039 3 rows of 'new.csv'" in run(*score).stderr


def test_the_end_of_a_report_of_a_crm(tmp_path):
    write_salesforce(tmp_path, simulate_firm(1500, 5))
    with (tmp_path / "Lead.csv").open("a") as file:
        file.write(END.format(n=1500))
    with (tmp_path / "Task.csv").open("a") as file:
        file.write(END.format(n=99))
    answer = run_json("init", tmp_path, "--crm", "salesforce", "--out", tmp_path / "predictor.toml")
    rows = list_texts(answer, "LEAD039")
    assert any(text.startswith("3 rows of 'Lead.csv' that are no records") for text in rows)
    assert any(text.startswith("3 rows of 'Task.csv' that are no records") for text in list_texts(answer, "EVENT039"))


KEYS = {"": "Record ID", "hubspot": "Record ID", "salesforce": "Lead ID", "marketo": "Lead ID"}
ACCEPTED = "Became a Sales Qualified Lead Date"


@pytest.mark.parametrize("crm", KEYS)
@pytest.mark.parametrize("label", ["Lead Status", "Industry", ACCEPTED, "the key"])
def test_two_columns_of_one_label_in_any_mode(tmp_path, crm, label):
    names = [KEYS[crm], "Became a Marketing Qualified Lead Date", ACCEPTED, "Industry", "employees", "score"]
    leads = draw_leads(400).set_axis(names, axis=1).assign(**{"Lead Status": "Open"})
    label = KEYS[crm] if label == "the key" else label
    pd.concat([leads, leads[[label]]], axis=1).to_csv(tmp_path / "contacts.csv", index=False)
    mode = ["--crm", crm] if crm else []
    answer = run_json("init", tmp_path / "contacts.csv", *mode, "--out", tmp_path / "predictor.toml")
    assert f"'{label} (2)'" in list_texts(answer, "LEAD062")[0]
    assert len(list_texts(check(tmp_path / "predictor.toml"), "LEAD062")) == 1
    settings = load_settings(tmp_path / "predictor.toml")
    features = set(load_tables(settings, pd.Timestamp("2026-07-01", tz="UTC"))[0].attributes)
    assert (f"{label} (2)" in features) == (label == "Industry")


def test_a_sheet_that_is_named_is_the_one_that_training_reads(tmp_path):
    leads = draw_leads(400)
    with pd.ExcelWriter(tmp_path / "all.xlsx") as book:
        pd.DataFrame({"a": [1], "b": [2], "c": [3], "d": [4], "e": [5], "f": [6], "g": [7]}).to_excel(
            book, sheet_name="Wide", index=False
        )
        leads.to_excel(book, sheet_name="MQLs", index=False)
    answer = run_json("init", tmp_path / "all.xlsx#MQLs", "--out", tmp_path / "predictor.toml")
    assert 'leads = "all.xlsx#MQLs"' in (tmp_path / "predictor.toml").read_text()
    assert answer["columns"]["lead_id"]["role"] == "lead_id"
    assert list_texts(check(tmp_path / "predictor.toml"), "LEAD060") == []
    result = run("init", tmp_path / "all.xlsx#MQL", "--out", tmp_path / "other.toml")
    assert result.exit_code == 1
    assert "'all.xlsx' has no sheet 'MQL'; it has 'Wide', 'MQLs'." in " ".join(result.stderr.split())


def test_an_output_is_never_the_workbook_that_is_read(tmp_path):
    draw_leads(5).to_excel(tmp_path / "new.xlsx", index=False)
    place = tmp_path / "new.xlsx"
    result = run("score", "--leads", f"{place}#Sheet1", "--out", place, "--model", tmp_path)
    assert "which is an input: the export would be lost" in " ".join(result.stderr.split())
