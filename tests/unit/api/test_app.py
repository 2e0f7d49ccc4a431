"""The app as a whole: its model, another policy, health, and a server without a model."""

import json
import logging
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from api.app import create_from_environment
from predictor.core.errors import StoreError
from predictor.store.database import Database


def test_the_model_describes_itself(client):
    model = client.get("/v1/model").json()
    assert (model["version"], model["trained_through"], model["horizon_days"]) == ("small", "2025-07-20", 30.0)
    assert model["candidate"] == "logistic"
    assert model["attributes"] == ["industry", "employees", "founded_on"]
    assert model["event_types"] == ["pricing_page_view"]
    assert model["features"][0] == {
        "name": "industry", "label": "Industry", "kind": "category", "categories": ["software", "retail"],
    }  # fmt: skip
    assert model["metrics"]["test"]["logistic"]["log_loss"] == 0.4


def test_threshold_as_trained(client, models):
    answer = client.get("/v1/threshold").json()
    stored = json.loads((models / "small" / "threshold.json").read_text())
    assert answer["recommended"] == stored["recommended"]
    assert answer["serving"] == stored["recommended"]["threshold"]
    assert [row["threshold"] for row in answer["table"]] == stored["table"]["threshold"]


def test_another_policy_changes_nothing_that_serves(client, lead):
    before = client.post("/v1/score", json=lead).json()
    answer = client.get("/v1/threshold", params={"policy": "capacity", "leads_per_week": 3}).json()
    assert answer["recommended"]["policy"] == "capacity"
    assert answer["recommended"]["leads_per_week"] <= 3
    fewer = [row["threshold"] for row in answer["table"] if row["leads_per_week"] <= 3]
    assert answer["recommended"]["threshold"] == min(fewer)
    assert client.post("/v1/score", json=lead).json() == before


@pytest.mark.parametrize(("query", "policy"), [({"leads_per_week": 3}, "capacity"), ({"precision": 0.3}, "precision")])
def test_a_number_of_one_policy_implies_it(client, query, policy):
    answer = client.get("/v1/threshold", params=query).json()
    assert answer["recommended"] == client.get("/v1/threshold", params=query | {"policy": policy}).json()["recommended"]
    assert answer["recommended"]["policy"] == policy


def test_value_follows_amount_and_cost(client):
    answer = client.get("/v1/threshold", params={"policy": "value", "amount": 100, "cost": 10}).json()
    row = answer["table"][0]
    assert row["value"] == pytest.approx(100 * row["sqls_per_week"] - 10 * row["leads_per_week"])
    assert answer["recommended"]["value"] == max(row["value"] for row in answer["table"])


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"policy": "capacity"}, "Policy 'capacity' needs 'leads_per_week' above 0. Send the leads"),
        ({"policy": "value", "amount": 3}, "Policy 'value' needs 'amount', 'cost' above 0. Send what"),
        ({"policy": "band", "leads_per_week": 3}, "must have 'leads_per_week' only if 'policy' is 'capacity'."),
        ({"precision": 0.5, "leads_per_week": 3}, "only if 'policy' is"),
        ({"policy": "best"}, "Query parameter 'policy' must be 'band', 'capacity', 'value' or 'precision'."),
        ({"polcy": "band"}, "Query parameter 'polcy' is not known."),
        ({"precision": 2}, "Query parameter 'precision' must be less than or equal to 1."),
        ({"amount": "nan"}, "Query parameter 'amount' must be a finite number"),
        ({"amount": "1e308"}, "Query parameter 'amount' must be less than or equal to 1000000000000"),
    ],
)
def test_invalid_policies_are_refused(client, query, text):
    response = client.get("/v1/threshold", params=query)
    assert response.status_code == 422
    assert text in response.json()["error"]["text"]


def test_health_and_report(client):
    assert client.get("/health/live").json() == {"status": "live"}
    assert [client.head(f"/health/{path}").status_code for path in ("live", "ready")] == [200, 200]
    ready = client.get("/health/ready").json()
    assert ready["model"]["version"] == "small"
    assert ready["store"] == {"waiting": 0, "away": False, "lost": 0}
    report = client.get("/report")
    assert report.headers["content-type"].startswith("text/html")
    assert report.text == "<!doctype html><title>Report</title>"


def test_the_monitor_says_what_came_of_the_scores(client, lead):
    assert "Too early to say" in client.get("/monitor").text
    client.post("/v1/score", json=lead)
    client.app.state.service.store.drain()
    monitor = client.get("/v1/monitor").json()
    assert (monitor["model"], monitor["advice"]) == ("small", "too early to say")
    [week] = monitor["tables"]["weeks"]
    assert (week["scored"], week["accepted"]) == (1, 0)
    page = client.get("/monitor")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text


def test_the_queue_lists_who_waits_for_sales(client, lead):
    lead |= {"as_of": datetime.now(UTC).isoformat()}
    client.post("/v1/score", json=lead)
    client.app.state.service.store.drain()
    queue = client.get("/v1/queue").json()
    assert (queue["sorted_by"], queue["due_soon"]) == ("probability", 0)
    handed_over = client.post("/v1/score", json=lead).json()["decision"] == "route_to_sales"
    assert [waiting["lead_id"] for waiting in queue["leads"]] == ["A17"] * handed_over
    assert (queue["waiting"], queue["overdue"]) == (int(handed_over), 0)
    report = {"lead_id": "A17", "kind": "contacted"}
    assert client.post("/v1/outcomes", json=report).status_code == 200
    client.app.state.service.store.drain()
    assert client.get("/v1/queue").json()["waiting"] == 0
    assert client.get("/v1/queue", params={"limit": 0}).status_code == 422


def test_a_bundle_without_report_says_so(serve, tmp_path, save_files, files):
    without = {name: text for name, text in files.items() if name != "report.html"}
    response = serve(bundle=save_files(tmp_path, "plain", without)).get("/report")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "API005")
    assert response.json()["error"]["text"] == "Bundle 'plain' has no report. Train again to get one."


def test_a_fixed_bundle_serves_and_its_scores_are_stored_beside_it(serve, tmp_path, save_files, files, lead):
    client = serve(bundle=save_files(tmp_path, "fixed", files))
    assert client.post("/v1/score", json=lead).json()["model"]["version"] == "fixed"
    client.app.state.service.store.drain()
    assert (tmp_path / "scores.db").is_file()


def test_a_server_stores_scores_where_its_settings_file_says(models, lead, tmp_path, monkeypatch):
    (tmp_path / "predictor.toml").write_text('[store]\nurl = "sqlite:///kept/here.db"\nspool = "waiting"\n')
    monkeypatch.setenv("PREDICTOR_MODEL", str(models))
    monkeypatch.setenv("PREDICTOR_CONFIG", str(tmp_path / "predictor.toml"))
    with TestClient(create_from_environment()) as client:
        assert client.post("/v1/score", json=lead).status_code == 200
        assert (tmp_path / "waiting").is_dir()
    assert len(Database(f"sqlite:///{tmp_path / 'kept' / 'here.db'}").load_scores()) == 1
    monkeypatch.setenv("PREDICTOR_STORE", f"sqlite:///{tmp_path / 'other.db'}")
    app = create_from_environment()
    assert app.state.service.store.database.file == tmp_path / "other.db"


def test_a_server_without_a_model_starts_and_says_so(serve, tmp_path, lead, caplog):
    with caplog.at_level(logging.WARNING, "api"):
        client = serve(tmp_path / "models")
    assert "Not ready: " in caplog.text
    assert client.get("/health/live").status_code == 200
    responses = [client.get(path) for path in ("/health/ready", "/v1/model", "/v1/threshold", "/report")]
    responses += [client.post("/v1/score", json=lead), client.post("/v1/score/batch", json={"leads": [lead]})]
    responses += [client.post("/v1/outcomes", json={"lead_id": "A17", "kind": "accepted", "occurred_at": "2026-04-09"})]
    for response in responses:
        assert (response.status_code, response.json()["error"]["code"]) == (503, "API004")
        assert "names no champion" in response.json()["error"]["text"]
        assert response.json()["error"]["text"].endswith("It serves as soon as there is one.")


def test_a_lead_can_be_erased_without_a_model(serve, models, tmp_path, lead):
    client = serve(models, store_url=f"sqlite:///{tmp_path / 'kept.db'}")
    client.post("/v1/score", json=lead)
    client.app.state.service.store.drain()
    without = serve(tmp_path / "none", store_url=f"sqlite:///{tmp_path / 'kept.db'}")
    erased = without.delete("/v1/leads/A17").json()
    assert (erased["scores"], erased["done"]) == (1, True)
    assert client.app.state.service.store.load_scores().empty


@pytest.mark.parametrize("when", [{}, {"occurred_at": "2026-04-09T00:00:00+02:00"}])
def test_an_outcome_is_stored_without_a_model_unless_its_moment_needs_a_zone(serve, tmp_path, when):
    client = serve(tmp_path / "models")
    assert client.post("/v1/outcomes", json={"lead_id": "A17", "kind": "accepted"} | when).status_code == 200
    store = client.app.state.watch.store
    assert store.load_outcomes()["lead_id"].tolist() == ["A17"]
    store.close()


def test_a_bundle_that_was_altered_is_not_served(serve, models):
    (models / "small" / "threshold.json").write_text("{}")
    response = serve(models).get("/health/ready")
    assert response.status_code == 503
    assert "'threshold.json' altered" in response.json()["error"]["text"]


def test_an_invalid_store_url_stops_the_start(serve, models):
    with pytest.raises(StoreError, match=r"^The URL of the store cannot be read\."):
        serve(models, store_url="no url")


def test_unknown_paths_are_answered_in_the_same_shape(client):
    for response, status in ((client.get("/nothing"), 404), (client.get("/v1/score"), 405)):
        assert (response.status_code, response.json()["error"]["code"]) == (status, "API003")
        assert response.json()["error"]["text"].endswith("does not exist. See /docs for every path.")
    assert response.headers["allow"] == "POST"


def test_an_unexpected_error_is_a_500_that_quotes_nobody(client, lead, caplog, monkeypatch):
    def fail(leads, **_):
        raise RuntimeError(leads[0].attributes["email"])

    lead["attributes"]["email"] = "jane.doe@example.com"

    monkeypatch.setattr(client.app.state.service.scorer, "score_leads", fail)
    with caplog.at_level(logging.ERROR, "api"):
        response = client.post("/v1/score", json=lead)
    assert (response.status_code, response.json()["error"]["code"]) == (500, "API007")
    assert "jane" not in response.text
    assert "RuntimeError at /v1/score" in caplog.text
    assert "jane" not in caplog.text


def test_the_app_is_closed_without_a_trace(serve, models, lead):
    with serve(models) as client:
        assert client.post("/v1/score", json=lead).status_code == 200


def test_serving_loads_nothing_heavy():
    heavy = ["mlflow", "ibis", "duckdb", "matplotlib", "jinja2", "alembic", "psycopg", "lightgbm", "scipy.stats", "sklearn"]
    code = f"import sys, api.app; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
