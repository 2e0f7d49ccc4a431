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


def ask(*words):
    return CLI.invoke(app, [str(word) for word in words])


def ask_json(*words):
    asked = ask(*words, "--json")
    assert asked.exit_code == 0, asked.output
    return json.loads(asked.stdout)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """A folder with a simulated firm and the bundle that `train` wrote."""
    folder = tmp_path_factory.mktemp("workshop")
    made = ask_json("simulate", "--leads", 1500, "--seed", 4, "--out", folder / "firm")
    assert made["episodes"] >= 1500
    settings = folder / "firm" / "predictor.toml"
    settings.write_text(settings.read_text() + '\n[model]\nresamples = 20\ncandidates = ["constant", "points", "logistic"]\n')
    trained = ask_json("train", "-c", settings, "--models", folder / "models", "--no-track")
    assert trained["bundle"]["promoted"]
    assert trained["run"] is None
    assert set(trained["metrics"]["test"]) == {"constant", "points", "logistic"}
    return folder


def test_train_prints_the_verdict_the_threshold_and_where_things_are(workshop):
    settings = workshop / "firm" / "predictor.toml"
    asked = ask("train", "-c", settings, "--models", workshop / "again", "--no-track")
    assert asked.exit_code == 0
    for words in (
        "Forward test on the newest",
        "constant",
        "points",
        "logistic",
        "Recommended threshold",
        "The points gate",
        "Report:",
    ):
        assert words in asked.stdout
    assert "Learning 'logistic'" in asked.stderr


def test_train_writes_a_page_that_names_leads_outside_the_bundle(workshop):
    settings, page = workshop / "firm" / "predictor.toml", workshop / "named.html"
    asked = ask("train", "-c", settings, "--models", workshop / "paged", "--no-track", "--page", page)
    assert asked.exit_code == 0, asked.stderr
    assert f"With ids:   {page}" in asked.stdout
    listed = re.compile(r"<td>L\d{6}</td>")
    assert len(listed.findall(page.read_text(encoding="utf-8"))) >= 10
    assert not listed.search((find_champion(workshop / "paged") / "report.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("page", "said"),
    [("page.pdf", "--page must name a page to write, but is 'page.pdf'"), ("nowhere/page.html", "there is no folder 'nowhere'")],
)
def test_a_page_that_cannot_be_written_is_refused_before_anything_is_learned(workshop, page, said):
    settings, models = workshop / "firm" / "predictor.toml", workshop / "unpaged"
    asked = ask("train", "-c", settings, "--models", models, "--no-track", "--page", page)
    assert asked.exit_code == 1
    assert said in " ".join(asked.stderr.split())
    assert not models.exists()


def test_a_tracker_that_cannot_be_reached_costs_no_bundle(workshop):
    settings = workshop / "firm" / "predictor.toml"
    (workshop / "firm" / "tracked.toml").write_text(settings.read_text() + '\n[tracking]\nuri = "http://127.0.0.1:9"\n')
    asked = ask("train", "-c", workshop / "firm" / "tracked.toml", "--models", workshop / "untracked")
    assert asked.exit_code == 1
    assert "Forward test on the newest" in asked.stdout
    assert "127.0.0.1:9" in asked.stderr
    assert find_champion(workshop / "untracked").is_dir()


def test_check_looks_at_the_other_rows_too_where_some_are_faulty(workshop):
    rows = pd.read_csv(workshop / "firm" / "leads.csv", dtype=str).assign(became_sql=lambda table: table["sql_at"].notna())
    rows.loc[2, "mql_at"] = "yesterday"
    rows.to_csv(workshop / "firm" / "faulty.csv", index=False)
    settings = (workshop / "firm" / "predictor.toml").read_text().replace("leads.csv", "faulty.csv")
    (workshop / "firm" / "faulty.toml").write_text(settings)
    asked = ask("check", "-c", workshop / "firm" / "faulty.toml", "--json")
    assert asked.exit_code == 1
    told = {(finding["code"], finding["severity"], finding["column"]): finding for finding in json.loads(asked.stdout)}
    assert "holds no date in 1 row (first in row 3)." in told["LEAD003", "error", None]["what"]
    assert told["LEAD003", "error", None]["do"].endswith("set data.faulty_rows = 'drop' to leave these rows out.")
    assert any(column == "became_sql" for _, _, column in told), "the leak is told beside it"
    assert ask("train", "-c", workshop / "firm" / "faulty.toml", "--models", workshop / "none").exit_code == 1


def test_score_writes_the_contract(workshop):
    out = workshop / "scored.csv"
    firm, models = workshop / "firm", workshop / "models"
    told = ask_json("score", "--model", models, "--leads", firm / "leads.csv", "--events", firm / "events.csv", "--out", out)
    scored = pd.read_csv(out)
    columns = ["lead_id", "probability", "low", "high", "threshold", "decision", "grade"]
    columns += ["points", "points_decision", "reasons", "warnings"]
    assert list(scored.columns) == columns
    assert told["leads"] == len(scored) == len(pd.read_csv(firm / "leads.csv"))
    assert told["routed"] == (scored["decision"] == "route_to_sales").sum() > 0
    assert ((scored["low"] <= scored["probability"]) & (scored["probability"] <= scored["high"])).all()


def test_csv_and_parquet_say_the_same(workshop):
    firm, models = workshop / "firm", workshop / "models"
    pd.read_csv(firm / "leads.csv").to_parquet(workshop / "leads.parquet")
    words = ("score", "--model", models, "--events", firm / "events.csv", "--json")
    assert ask(*words, "--leads", firm / "leads.csv", "--out", workshop / "a.parquet").exit_code == 0
    assert ask(*words, "--leads", workshop / "leads.parquet", "--out", workshop / "b.parquet").exit_code == 0
    pd.testing.assert_frame_equal(pd.read_parquet(workshop / "a.parquet"), pd.read_parquet(workshop / "b.parquet"))


def test_a_row_that_cannot_be_scored_fails_alone(workshop):
    rows = pd.read_csv(workshop / "firm" / "leads.csv", dtype=str).head(5)
    rows.loc[2, "employees"] = "about fifty"
    rows.to_csv(workshop / "odd.csv", index=False)
    out = workshop / "odd_scored.csv"
    asked = ask("score", "--model", workshop / "models", "--leads", workshop / "odd.csv", "--out", out)
    assert asked.exit_code == 1
    assert "1 lead could not be scored" in asked.stderr
    scored = pd.read_csv(out)
    assert scored["probability"].isna().tolist() == [False, False, True, False, False]
    assert "'employees' must be a number" in scored["warnings"][2]
    assert "fifty" not in scored["warnings"][2], "values are not quoted"


def test_an_export_is_not_written_over(workshop):
    leads = workshop / "firm" / "leads.csv"
    asked = ask("score", "--model", workshop / "models", "--leads", leads, "--out", leads)
    assert asked.exit_code == 1
    assert "export would be lost" in " ".join(asked.stderr.split())


def test_a_port_that_is_taken_is_refused_in_words(workshop):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        asked = ask("serve", "--model", workshop / "models", "--port", taken.getsockname()[1])
    assert asked.exit_code == 1
    assert "cannot be used: Address already in use. Name another with --port." in asked.stderr


def test_threshold_by_another_policy(workshop):
    models = workshop / "models"
    told = ask_json("threshold", "--model", models, "--policy", "capacity", "--leads-per-week", 3)["recommended"]
    assert told["policy"] == "capacity"
    assert told["leads_per_week"] <= 3
    own = ask_json("threshold", "--model", models)["recommended"]
    assert own["policy"] == "band"
    assert own["threshold"] < told["threshold"]


def test_a_policy_that_lacks_what_it_needs_is_refused_with_text(workshop):
    asked = ask("threshold", "--model", workshop / "models", "--policy", "value")
    assert asked.exit_code == 1
    assert "needs amount and cost above 0" in asked.stderr


def test_models_list_promote_and_rollback(workshop):
    models = workshop / "turns"
    settings = workshop / "firm" / "predictor.toml"
    names = [ask_json("train", "-c", settings, "--models", models, "--no-track")["bundle"]["folder"].split("/")[-1]]
    bundle = models / names[0]
    copy = models / "by-hand"
    copy.mkdir()
    for file in bundle.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert ask_json("models", "list", "--models", models) == {
        "champion": names[0], "challenger": None, "bundles": sorted(["by-hand", names[0]]),
    }  # fmt: skip
    assert ask("models", "challenge", "by-hand", "--models", models).exit_code == 0
    assert ask_json("models", "list", "--models", models)["challenger"] == "by-hand"
    assert "+ by-hand" in ask("models", "list", "--models", models).stdout
    assert ask("models", "challenge", "--models", models).exit_code == 0
    assert ask_json("models", "list", "--models", models)["challenger"] is None
    refused = ask("models", "challenge", names[0], "--models", models)
    assert refused.exit_code == 1
    assert "is the champion, and cannot challenge itself" in refused.stderr
    assert ask("models", "promote", "by-hand", "--models", models).exit_code == 0
    assert ask_json("models", "list", "--models", models)["champion"] == "by-hand"
    assert "* by-hand" in ask("models", "list", "--models", models).stdout
    assert ask("models", "rollback", "--models", models).exit_code == 0
    assert ask_json("models", "list", "--models", models)["champion"] == names[0]
    refused = ask("models", "rollback", "--models", models)
    assert refused.exit_code == 1
    assert "no earlier champion to go back to" in refused.stderr


def test_monitor_tells_what_became_of_served_scores(workshop):
    models = workshop / "models"
    assert "Funnel: nothing to tell yet" in ask("monitor", "--model", models).stdout
    with TestClient(create_app(models)) as client:
        for number in range(3):
            lead = {"lead_id": f"N{number}", "as_of": "2026-07-01T00:00:00Z", "attributes": {"industry": "Software"}}
            assert client.post("/v1/score", json=lead).status_code == 200
        client.post("/v1/outcomes", json={"lead_id": "N1", "kind": "accepted", "occurred_at": "2026-07-02T00:00:00Z"})
    told = ask_json("monitor", "--model", models)
    assert sum(row["scored"] for row in told["funnel"]) == 3
    assert sum(row["accepted"] for row in told["funnel"]) == 1
    assert told["drift"][0]["verdict"] == "too few leads"
    assert told == ask_json("monitor", "--model", find_champion(models))


def test_check_lists_findings_and_says_so_by_its_exit_code(workshop):
    settings = workshop / "firm" / "predictor.toml"
    assert ask("check", "-c", settings).exit_code == 0
    leads = pd.read_csv(workshop / "firm" / "leads.csv", dtype=str).assign(Owner="somebody")
    leads.to_csv(workshop / "firm" / "owned.csv", index=False)
    (workshop / "firm" / "owned.toml").write_text(settings.read_text().replace('"leads.csv"', '"owned.csv"'))
    asked = ask("check", "-c", workshop / "firm" / "owned.toml")
    assert asked.exit_code == 1
    assert re.search(r"warning +LEAD030 +Column 'Owner' is no feature", asked.stdout)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("train", "-c", "nowhere.toml"), "There is no settings file 'nowhere.toml'"),
        (("threshold", "--model", "nowhere"), "There is no folder 'nowhere'"),
    ],
)
def test_refusals_are_texts_and_exit_with_1(words, text):
    asked = ask(*words)
    assert asked.exit_code == 1
    assert text in asked.stderr
    assert "Traceback" not in asked.output


def test_wrong_usage_exits_with_2():
    assert ask("simulate").exit_code == 2
    assert ask("train", "--nonsense").exit_code == 2
