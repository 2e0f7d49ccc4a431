"""A server with webhooks in its settings tells a receiver that a lead crossed the threshold."""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from predictor.core.settings import make_settings
from predictor.store.webhooks import sender

PATIENCE_S = 60


def read_metric(client, name):
    return float(re.search(rf"^{name} (\S+)$", client.get("/metrics").text, flags=re.MULTILINE)[1])


def await_metric(client, name, value):
    until = time.monotonic() + PATIENCE_S
    while read_metric(client, name) != value:
        assert time.monotonic() < until, client.get("/metrics").text


@pytest.fixture
def receiver():
    """A receiver: its address, what it got, and an event that is set when it got something."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((dict(self.headers), json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(204)
            self.end_headers()
            received.set()

        def log_message(self, *_):
            pass

    got, received, server = [], threading.Event(), HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/hook", got, received
    server.shutdown()
    server.server_close()


def test_a_lead_that_goes_to_sales_is_announced(models, receiver):
    url, got, received = receiver
    webhooks = make_settings({"webhooks": {"urls": [url], "allow_private": True}}).webhooks
    leads = [
        {"lead_id": f"A{number}", "attributes": {"industry": industry}, "events": events}
        for number, (industry, events) in enumerate([
            ("Retail", []),
            ("Software", [{"occurred_at": f"2026-03-{day}T09:12:00Z", "event_type": "pricing_page_view"} for day in (27, 28)]),
        ])
    ]  # fmt: skip
    with TestClient(create_app(models, webhooks=webhooks)) as client:
        answers = [client.post("/v1/score", json=lead).json() for lead in leads]
        assert [answer["decision"] for answer in answers] == ["nurture", "route_to_sales"]
        assert received.wait(PATIENCE_S)
        await_metric(client, "predictor_webhooks_sent_total", 1)
        await_metric(client, "predictor_webhooks_waiting", 0)
    [(headers, content)] = got
    assert content["type"] == "lead.threshold_crossed"
    data = content["data"]
    assert (data["lead_id"], data["direction"], data["probability"]) == ("A1", "up", answers[1]["probability"])
    assert headers["webhook-signature"].startswith("v1,")
    assert (models / "webhook_secrets.txt").read_text().startswith("whsec_")
    assert "industry" not in json.dumps(content)


def test_messages_that_wait_and_attempts_that_fail_are_in_the_metrics(models, lead, monkeypatch):
    monkeypatch.setattr(sender, "_COUNT_S", 0.1)
    webhooks = make_settings({"webhooks": {"urls": ["http://127.0.0.1:9/nobody"], "allow_private": True}}).webhooks
    with TestClient(create_app(models, webhooks=webhooks)) as client:
        assert read_metric(client, "predictor_webhooks_waiting") == 0
        assert client.post("/v1/score", json=lead | {"events": lead["events"] * 3}).json()["decision"] == "route_to_sales"
        await_metric(client, "predictor_webhooks_waiting", 1)
        await_metric(client, "predictor_webhooks_failed_total", 1)
        assert 0 < read_metric(client, "predictor_webhooks_oldest_seconds") < PATIENCE_S
        assert [read_metric(client, f"predictor_webhooks_{name}_total") for name in ("sent", "given_up")] == [0, 0]
