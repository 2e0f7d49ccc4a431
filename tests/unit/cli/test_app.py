"""The command line from end to end, on a small firm: texts for people, JSON for machines, exit codes."""

import json
import re
import socket

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from predictor.cli.app import app
from predictor.scoring.bundle.registry import find_champion

CLI = CliRunner()


def run(*arguments):
    return CLI.invoke(app, [str(argument) for argument in arguments])


def run_json(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """A folder with a simulated firm and the bundle that `train` wrote."""
    folder = tmp_path_factory.mktemp("workshop")
    made = run_json("simulate", "--leads", 1500, "--seed", 4, "--out", folder / "firm")
    assert made["episodes"] >= 1500
    settings = folder / "firm" / "predictor.toml"
    settings.write_text(settings.read_text() + '\n[model]\nresamples = 20\ncandidates = ["constant", "points", "logistic"]\n')
    trained = run_json("train", "-c", settings, "--models", folder / "models", "--no-track")
    assert trained["bundle"]["promoted"]
    assert trained["run"] is None
    assert set(trained["metrics"]["test"]) == {"constant", "points", "logistic"}
    return folder


def test_train_prints_the_verdict_the_threshold_and_where_things_are(workshop):
    settings = workshop / "firm" / "predictor.toml"
    result = run("train", "-c", settings, "--models", workshop / "again", "--no-track")
    assert result.exit_code == 0
    for words in (
        "Forward test on the newest",
        "constant",
        "points",
        "logistic",
        "Recommended threshold",
        "The points gate",
        "Report:",
    ):
        assert words in result.stdout
    assert "Fitting 'logistic'" in result.stderr


def test_train_writes_a_page_that_names_leads_outside_the_bundle(workshop):
    settings, page = workshop / "firm" / "paged.toml", workshop / "named.html"
    text = (workshop / "firm" / "predictor.toml").read_text()
    settings.write_text(text.replace('"points", ', ""))  # a model, so that some leads are swapped
    result = run("train", "-c", settings, "--models", workshop / "paged", "--no-track", "--page", page)
    assert result.exit_code == 0, result.stderr
    assert f"With ids:   {page}" in result.stdout
    listed = re.compile(r"<t[dh][^>]*>L\d{6}<")
    assert len(listed.findall(page.read_text(encoding="utf-8"))) >= 10
    assert not listed.search((find_champion(workshop / "paged") / "report.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("page", "text"),
    [("page.pdf", "--page must name a page to write, but is 'page.pdf'"), ("nowhere/page.html", "there is no folder 'nowhere'")],
)
def test_a_page_that_cannot_be_written_is_refused_before_training(workshop, page, text):
    settings, models = workshop / "firm" / "predictor.toml", workshop / "unpaged"
    result = run("train", "-c", settings, "--models", models, "--no-track", "--page", page)
    assert result.exit_code == 1
    assert text in " ".join(result.stderr.split())
    assert not models.exists()


def test_a_bundle_is_saved_even_if_mlflow_cannot_be_reached(workshop):
    settings = workshop / "firm" / "predictor.toml"
    (workshop / "firm" / "tracked.toml").write_text(settings.read_text() + '\n[tracking]\nuri = "http://127.0.0.1:9"\n')
    result = run("train", "-c", workshop / "firm" / "tracked.toml", "--models", workshop / "untracked")
    assert result.exit_code == 1
    assert "Forward test on the newest" in result.stdout
    assert "127.0.0.1:9" in result.stderr
    assert find_champion(workshop / "untracked").is_dir()


def test_check_reports_on_the_valid_rows_too_if_some_are_faulty(workshop):
    rows = pd.read_csv(workshop / "firm" / "leads.csv", dtype=str).assign(became_sql=lambda table: table["sql_at"].notna())
    rows.loc[2, "mql_at"] = "yesterday"
    rows.to_csv(workshop / "firm" / "faulty.csv", index=False)
    settings = (workshop / "firm" / "predictor.toml").read_text().replace("leads.csv", "faulty.csv")
    (workshop / "firm" / "faulty.toml").write_text(settings)
    result = run("check", "-c", workshop / "firm" / "faulty.toml", "--json")
    assert result.exit_code == 1
    findings = {(finding["code"], finding["severity"], finding["column"]): finding for finding in json.loads(result.stdout)}
    assert "holds no date in 1 row (first in row 3): one is a text without digits." in findings["LEAD003", "error", None]["what"]
    assert findings["LEAD003", "error", None]["do"].endswith("set data.faulty_rows = 'drop' to leave these rows out.")
    assert any(column == "became_sql" for _, _, column in findings), "the leak is reported too"
    assert run("train", "-c", workshop / "firm" / "faulty.toml", "--models", workshop / "none").exit_code == 1


def test_score_writes_the_contract(workshop):
    out = workshop / "scored.csv"
    firm, models = workshop / "firm", workshop / "models"
    output = run_json("score", "--model", models, "--leads", firm / "leads.csv", "--events", firm / "events.csv", "--out", out)
    scored = pd.read_csv(out)
    columns = ["lead_id", "probability", "low", "high", "threshold", "decision", "grade", "fit_grade", "engagement_grade"]
    columns += ["points", "points_decision", "reasons", "warnings"]
    assert list(scored.columns) == columns
    assert output["leads"] == len(scored) == len(pd.read_csv(firm / "leads.csv"))
    assert output["routed"] == (scored["decision"] == "route_to_sales").sum() > 0
    assert ((scored["low"] <= scored["probability"]) & (scored["probability"] <= scored["high"])).all()
    few = workshop / "few.csv"
    pd.read_csv(firm / "leads.csv", dtype=str).head(9).assign(lead_id=[f"00{place}" for place in range(9)]).to_csv(
        few, index=False
    )
    result = run("score", "--model", models, "--leads", few, "--excel", "comma", "--out", workshop / "few_scored.csv")
    assert "A spreadsheet changes keys as '000' of a CSV. Name an .xlsx." in result.output
    sheet = pd.read_csv(workshop / "few_scored.csv", sep=";", decimal=",", encoding="utf-8-sig")
    assert sheet["probability"].between(0, 1).all()


def test_csv_and_parquet_give_the_same_scores(workshop):
    firm, models = workshop / "firm", workshop / "models"
    pd.read_csv(firm / "leads.csv").to_parquet(workshop / "leads.parquet")
    words = ("score", "--model", models, "--events", firm / "events.csv", "--json")
    assert run(*words, "--leads", firm / "leads.csv", "--out", workshop / "a.parquet").exit_code == 0
    assert run(*words, "--leads", workshop / "leads.parquet", "--out", workshop / "b.parquet").exit_code == 0
    pd.testing.assert_frame_equal(pd.read_parquet(workshop / "a.parquet"), pd.read_parquet(workshop / "b.parquet"))


def test_a_row_that_cannot_be_scored_does_not_affect_the_others(workshop):
    rows = pd.read_csv(workshop / "firm" / "leads.csv", dtype=str).head(5)
    rows.loc[2, "employees"] = "about fifty"
    rows.to_csv(workshop / "odd.csv", index=False)
    out = workshop / "odd_scored.csv"
    result = run("score", "--model", workshop / "models", "--leads", workshop / "odd.csv", "--out", out)
    assert result.exit_code == 1
    assert "1 lead could not be scored" in result.stderr
    scored = pd.read_csv(out)
    assert scored["probability"].isna().tolist() == [False, False, True, False, False]
    assert "'employees' must be a number" in scored["warnings"][2]
    assert "fifty" not in scored["warnings"][2], "values are not quoted"


def test_an_export_is_not_overwritten(workshop):
    leads = workshop / "firm" / "leads.csv"
    result = run("score", "--model", workshop / "models", "--leads", leads, "--out", leads)
    assert result.exit_code == 1
    assert "export would be lost" in " ".join(result.stderr.split())


def test_a_taken_port_is_refused_with_a_text(workshop):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", "--model", workshop / "models", "--port", taken.getsockname()[1])
    assert result.exit_code == 1
    assert "cannot be used: Address already in use. Name another with --port." in result.stderr


def test_threshold_by_another_policy(workshop):
    models = workshop / "models"
    output = run_json("threshold", "--model", models, "--policy", "capacity", "--leads-per-week", 3)["recommended"]
    assert output["policy"] == "capacity"
    assert output["leads_per_week"] <= 3
    own = run_json("threshold", "--model", models)["recommended"]
    assert own["policy"] == "band"
    assert own["threshold"] < output["threshold"]


def test_a_rule_is_put_into_service_and_taken_back(workshop):
    models, before = workshop / "models", run_json("threshold", "--model", workshop / "models")["serving"]
    try:
        put = run_json("threshold", "--model", models, "--leads-per-week", 3, "--set")
        assert put["serving"]["decided_by"]["policy"] == "capacity"
        assert put["serving"]["threshold"] == put["recommended"]["threshold"] > before["threshold"]
        text = run("threshold", "--model", models, "--set", "--grades", "A=0.9,B=0.8,C=0.7").stdout
        assert "In service now: Conversion of" in " ".join(text.split())
        assert run_json("threshold", "--model", models, "--rollback")["serving"] == put["serving"]
    finally:
        back = run_json("threshold", "--model", models, "--rollback")
    assert back["serving"] == before


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--leads-per-week", 3, "--policy", "band"), "'leads_per_week' is of policy 'capacity', but the policy is 'band'."),
        (("--set", "--rollback"), "--rollback stands alone"),
        (("--rollback",), "No rule was set for"),
        (("--grades", "A=1"), "--grades needs --set"),
        (("--set", "--grades", "A:1"), "--grades must be written as A=0.4,B=0.25,C=0.1"),
    ],
)
def test_wrong_rules_are_refused_with_a_text(workshop, options, text):
    result = run("threshold", "--model", workshop / "models", *options)
    assert result.exit_code == 1
    assert text in " ".join(result.stderr.split())


def test_a_policy_without_its_numbers_is_refused_with_a_text(workshop):
    result = run("threshold", "--model", workshop / "models", "--policy", "value")
    assert result.exit_code == 1
    assert "needs amount and cost above 0" in result.stderr


def test_models_list_promote_and_rollback(workshop):
    models = workshop / "turns"
    settings = workshop / "firm" / "predictor.toml"
    names = [run_json("train", "-c", settings, "--models", models, "--no-track")["bundle"]["folder"].split("/")[-1]]
    bundle = models / names[0]
    copy = models / "by-hand"
    copy.mkdir()
    for file in bundle.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert run_json("models", "list", "--models", models) == {
        "champion": names[0], "challenger": None, "bundles": sorted(["by-hand", names[0]]),
    }  # fmt: skip
    assert run("models", "challenge", "by-hand", "--models", models).exit_code == 0
    assert run_json("models", "list", "--models", models)["challenger"] == "by-hand"
    assert "+ by-hand" in run("models", "list", "--models", models).stdout
    assert run("models", "challenge", "--models", models).exit_code == 0
    assert run_json("models", "list", "--models", models)["challenger"] is None
    refused = run("models", "challenge", names[0], "--models", models)
    assert refused.exit_code == 1
    assert "is the champion, and cannot challenge itself" in refused.stderr
    assert run("models", "promote", "by-hand", "--models", models).exit_code == 0
    assert run_json("models", "list", "--models", models)["champion"] == "by-hand"
    assert "* by-hand" in run("models", "list", "--models", models).stdout
    assert run("models", "rollback", "--models", models).exit_code == 0
    assert run_json("models", "list", "--models", models)["champion"] == names[0]
    refused = run("models", "rollback", "--models", models)
    assert refused.exit_code == 1
    assert "no earlier champion to go back to" in refused.stderr


def test_monitor_reports_on_served_scores(workshop):
    models = workshop / "models"
    assert "Funnel: nothing to show yet" in run("monitor", "--model", models).stdout
    with TestClient(create_app(models)) as client:
        for number in range(3):
            lead = {"lead_id": f"N{number}", "as_of": "2026-07-01T00:00:00Z", "attributes": {"industry": "Software"}}
            assert client.post("/v1/score", json=lead).status_code == 200
        client.post("/v1/outcomes", json={"lead_id": "N1", "kind": "accepted", "occurred_at": "2026-07-02T00:00:00Z"})
    output = run_json("monitor", "--model", models)
    assert sum(row["scored"] for row in output["funnel"]) == 3
    assert sum(row["accepted"] for row in output["funnel"]) == 1
    assert output["drift"][0]["verdict"] == "too few leads"
    assert output == run_json("monitor", "--model", find_champion(models))


def test_check_lists_findings_and_exits_with_1(workshop):
    settings = workshop / "firm" / "predictor.toml"
    assert run("check", "-c", settings).exit_code == 0
    leads = pd.read_csv(workshop / "firm" / "leads.csv", dtype=str).assign(Owner="somebody")
    leads.to_csv(workshop / "firm" / "owned.csv", index=False)
    (workshop / "firm" / "owned.toml").write_text(settings.read_text().replace('"leads.csv"', '"owned.csv"'))
    result = run("check", "-c", workshop / "firm" / "owned.toml")
    assert result.exit_code == 1
    assert re.search(r"warning +LEAD030 +Column 'Owner' is no feature", result.stdout)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("train", "-c", "nowhere.toml"), "There is no settings file 'nowhere.toml'"),
        (("threshold", "--model", "nowhere"), "There is no folder 'nowhere'"),
    ],
)
def test_errors_are_texts_and_exit_with_1(words, text):
    result = run(*words)
    assert result.exit_code == 1
    assert text in result.stderr
    assert "Traceback" not in result.output


def test_wrong_usage_exits_with_2():
    assert run("simulate").exit_code == 2
    assert run("train", "--nonsense").exit_code == 2
