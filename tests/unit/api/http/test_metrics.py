"""Metrics for Prometheus: what they count, and that no label holds a value of a lead."""

import logging
import re

import pytest
from helpers import run_async

from api.http.worker_metrics import make_joined_registry
from predictor.core.settings import make_settings
from predictor.store import spool


def read(client):
    text = client.get("/metrics").text
    return {name: float(value) for name, value in re.findall(r"^([^#\s].*) (\S+)$", text, flags=re.MULTILINE)}


def test_requests_and_scores_are_counted(client, lead):
    answer = client.post("/v1/score", json=lead).json()
    batch = client.post("/v1/score/batch", json={"leads": [lead, lead, {"lead_id": 7}]})
    client.post("/v1/score", json={})
    client.get("/jane.doe@example.com")
    client.delete("/v1/leads/jane.doe@example.com")
    assert batch.status_code == 200
    values = read(client)
    assert values['predictor_requests_total{method="POST",route="/v1/score",status="200"}'] == 1
    assert values['predictor_requests_total{method="POST",route="/v1/score",status="422"}'] == 1
    assert values['predictor_requests_total{method="GET",route="unknown",status="404"}'] == 1
    assert values['predictor_request_seconds_count{route="/v1/score/batch"}'] == 1
    assert values[f'predictor_scores_total{{decision="{answer["decision"]}"}}'] == 3
    assert values['predictor_leads_refused_total{code="API002"}'] == 1
    assert values['predictor_model_info{candidate="logistic",trained_through="2025-07-20",version="small"}'] == 1
    assert (values["predictor_ready"], values["predictor_store_away"]) == (1, 0)
    assert values["process_resident_memory_bytes"] > 0
    assert "jane" not in client.get("/metrics").text


def test_waiting_records_are_counted(serve, models, lead, tmp_path):
    (tmp_path / "broken.db").write_bytes(b"no database" * 100)
    client = serve(models, store_url=f"sqlite:///{tmp_path / 'broken.db'}")
    client.post("/v1/score", json=lead)
    assert read(client)["predictor_store_waiting_records"] == 1


def test_scores_that_cannot_be_stored_are_counted(serve, models, lead, tmp_path, monkeypatch):
    (tmp_path / "spool").write_text("a file")
    monkeypatch.setattr(spool, "_MOST_HELD", 1)
    client = serve(models, store=make_settings({"store": {"spool": str(tmp_path / "spool")}}).store)
    for _ in range(3):
        assert client.post("/v1/score", json=lead).status_code == 200
    values, ready = read(client), client.get("/health/ready").json()["store"]
    assert (values["predictor_store_waiting_records"], values["predictor_store_lost_scores"]) == (1, 2)
    assert (ready["waiting"], ready["lost"]) == (1, 2)
    while not client.get("/health/ready").json()["store"]["away"]:
        pass


def test_a_server_without_a_model_has_metrics_too(serve, tmp_path):
    values = read(serve(tmp_path / "none"))
    assert values["predictor_ready"] == 0
    assert not [name for name in values if name.startswith("predictor_model_info")]


def test_unknown_methods_share_a_label(client):
    for method in ("BREW", "WHEN"):
        client.request(method, "/v1/score")
    assert read(client)['predictor_requests_total{method="other",route="/v1/score",status="405"}'] == 2


@pytest.mark.parametrize("path", ["/v1/score", "/v1/outcomes", "/v1/score/batch"])
def test_a_client_that_disconnects_within_its_body_is_not_a_server_error(client, path, caplog):
    parts = iter([{"type": "http.request", "body": b'{"lead', "more_body": True}, {"type": "http.disconnect"}])
    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers}

    async def receive():
        return next(parts)

    async def send(message):
        sent.append(message)

    sent = []
    with caplog.at_level(logging.ERROR):
        run_async(lambda: client.app(scope, receive, send))
    assert sent[0]["status"] == 499
    assert caplog.records == []
    assert read(client)[f'predictor_requests_total{{method="POST",route="{path}",status="499"}}'] == 1


def test_a_file_that_a_starting_worker_has_just_made_is_left_out(tmp_path):
    (tmp_path / "counter_1.db").touch()
    (tmp_path / "gauge_livesum_1.db").touch()
    assert list(make_joined_registry(tmp_path).collect()) == []
