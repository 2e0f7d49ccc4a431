"""A year in which the market changes in month seven: advice comes, a scheduled training replaces the model, nothing is lost."""

import json
import threading

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from helpers import make_firm
from typer.testing import CliRunner

from api.app import create_app
from predictor.cli.app import app
from predictor.core.settings import make_settings
from predictor.scoring.answer import Lead
from predictor.scoring.bundle.registry import find_champion
from predictor.scoring.scorer import Scorer
from predictor.store.webhooks.post import Connections, Reply

CHANGE, HOOK = "2025-07-01", "http://127.0.0.1:9/hook"
BEFORE = {"Software": 0.65, "Retail": 0.1, "Construction": 0.1}
AFTER = {"Software": 0.3, "Retail": 0.7, "Construction": 0.05}
ATTRIBUTES = ["industry", "employees", "score"]


def draw_year(n=1800, seed=3):
    draw = np.random.default_rng(seed)
    minutes = np.sort(draw.choice(365 * 24 * 60, n, replace=False))
    mql_at = pd.Series(pd.Timestamp("2025-01-01T00:00Z") + pd.to_timedelta(minutes, unit="min"))
    industry = pd.Series(draw.choice(list(BEFORE), n, p=[0.3, 0.3, 0.4]))
    chance = industry.map(BEFORE).where(mql_at < CHANGE, industry.map(AFTER))
    accepted = draw.random(n) < chance
    return pd.DataFrame({
        "lead_id": [f"L{number:05}" for number in range(n)], "mql_at": mql_at,
        "sql_at": (mql_at + pd.to_timedelta(draw.integers(1, 28 * 24, n), unit="h")).where(accepted),
        "industry": industry, "employees": draw.lognormal(4, 1, n).round(),
        "score": 20.0 * industry.eq("Software") + draw.integers(0, 40, n),
    })  # fmt: skip


def write_export(folder, leads, *, until):
    """The firm's export of one day: what had happened by then."""
    moments = {name: leads[name].where(leads[name] <= until).dt.strftime("%Y-%m-%dT%H:%M:%SZ") for name in ("mql_at", "sql_at")}
    data = {"leads": "leads.csv", "observed_until": f"{until:%Y-%m-%d}"}
    return make_firm(folder, leads.assign(**moments), data=data, webhooks={"urls": [HOOK], "allow_private": True})


def choose(leads, start, end):
    return leads[(leads["mql_at"] >= start) & (leads["mql_at"] < end)]


def to_requests(leads):
    return [
        {"lead_id": row["lead_id"], "as_of": row["mql_at"].isoformat(), "attributes": {name: row[name] for name in ATTRIBUTES}}
        for row in leads.to_dict("records")
    ]


def serve_weeks(client, leads):
    """Weeks of a server: leads are scored, and their outcomes come late and in any order."""
    for _, week in leads.groupby(leads["mql_at"].dt.strftime("%G %V")):
        answer = client.post("/v1/score/batch", json={"leads": to_requests(week)})
        assert not [answer for answer in answer.json()["answers"] if "error" in answer]
    accepted = leads[leads["sql_at"].notna()].sample(frac=1, random_state=0)
    outcomes = [
        {"lead_id": row["lead_id"], "kind": "accepted", "occurred_at": row["sql_at"].isoformat()}
        for row in accepted.to_dict("records")
    ]
    assert client.post("/v1/outcomes/batch", json={"outcomes": outcomes}).status_code == 200


@pytest.fixture
def messages(monkeypatch):
    """The messages that a receiver got."""
    received = []

    def receive(_, message, __):
        received.append(json.loads(message.body))
        return Reply("delivered")

    monkeypatch.setattr(Connections, "post", receive)
    return received


@pytest.fixture
def year():
    return draw_year()


@pytest.fixture
def folder(tmp_path, year):
    """A firm whose first model knows January to May."""
    write_export(tmp_path, choose(year, "2025-01-01", "2025-06-01"), until=pd.Timestamp("2025-07-01T00:00Z"))
    assert retrain(tmp_path).exit_code == 0
    return tmp_path


@pytest.fixture
def client(folder):
    serve = make_settings({"serve": {"explore_rate": 0.5}}).serve
    with TestClient(create_app(folder / "models", serve=serve)) as client:
        yield client


def retrain(folder, *options):
    arguments = ["retrain", "-c", str(folder / "predictor.toml"), "--models", str(folder / "models"), "--no-track", *options]
    return CliRunner().invoke(app, arguments)


def monitor(folder):
    """What a schedule runs: its exit code says whether to act."""
    arguments = ["monitor", "-c", str(folder / "predictor.toml"), "--model", str(folder / "models")]
    return CliRunner().invoke(app, [*arguments, "--exit-code", "--notify"]).exit_code


def read_advice(client):
    client.app.state.watch.store.drain()
    monitor = client.get("/v1/monitor").json()
    return monitor["advice"], monitor["reasons"]


@pytest.mark.parametrize("options", [(), ("--from-store",)], ids=["export", "store"])
def test_advice_comes_and_a_better_model_takes_over_while_leads_are_scored(client, folder, year, messages, options):
    first = find_champion(folder / "models")
    serve_weeks(client, choose(year, "2025-06-01", CHANGE))
    advice, reasons = read_advice(client)
    assert advice == "keep the model", reasons
    assert (monitor(folder), messages) == (0, [])
    serve_weeks(client, choose(year, CHANGE, "2025-12-01"))
    advice, reasons = read_advice(client)
    assert advice == "train again"
    assert "other ones were accepted than the probabilities say, beyond chance" in " ".join(reasons)
    assert [monitor(folder) for _ in range(2)] == [3, 3]
    assert [(message["type"], message["data"]["advice"]) for message in messages] == [("monitor.moved", "train again")]

    write_export(folder, choose(year, "2025-06-01", "2025-12-01"), until=pd.Timestamp("2026-01-01T00:00Z"))
    late = choose(year, "2025-12-01", "2026-01-01")
    answers, done = [], threading.Event()

    def score_meanwhile():
        for request in to_requests(late):
            answers.append(client.post("/v1/score", json=request))
            if len(answers) == len(late) // 3:
                done.wait()
                client.app.state.watch.refresh()

    scoring = threading.Thread(target=score_meanwhile)
    scoring.start()
    try:
        result = retrain(folder, *options)
    finally:
        done.set()
        scoring.join()
    assert result.exit_code == 0, result.output
    second = find_champion(folder / "models")
    assert second != first

    assert {answer.status_code for answer in answers} == {200}
    served = [answer.json()["model"]["version"] for answer in answers]
    assert served == sorted(served, key=[first.name, second.name].index), "a request was answered by a model that was replaced"
    assert set(served) == {first.name, second.name}
    client.app.state.watch.store.drain()
    stored = client.app.state.watch.store.load_scores()
    assert sorted(stored["lead_id"]) == choose(year, "2025-06-01", "2026-01-01")["lead_id"].tolist()

    losses = [compute_loss(Scorer.load(bundle), late) for bundle in (second, first)]
    assert losses[0] < losses[1] - 0.05
    note = json.loads((folder / "models" / "retraining.json").read_text())
    assert (note["status"], note["before"], note["champion"]) == ("promoted", first.name, second.name)
    assert f"- Serves now: {second.name}\n" in (folder / "models" / "retraining.md").read_text()


def compute_loss(scorer, leads):
    attributes = leads[ATTRIBUTES].to_dict("records")
    rows = [Lead(*row) for row in zip(leads["lead_id"], leads["mql_at"].dt.to_pydatetime(), attributes, strict=True)]
    probability = np.array([answer.probability for answer in scorer.score_leads(rows, reasons=0)])
    return -np.log(np.where(leads["sql_at"].notna(), probability, 1 - probability)).mean()
