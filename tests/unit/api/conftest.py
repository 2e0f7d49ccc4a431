"""A small bundle with a rule book, made once, and clients of an API over it."""

import asyncio
import json
import subprocess
import sys
from contextlib import ExitStack

import httpx2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from helpers import run_async

from api.app import create_app
from api.example import find_port, wait_until_ready
from predictor.core.settings import make_settings
from predictor.features.encode import FeatureSet
from predictor.features.feature import MISSING, Feature
from predictor.model.calibrated_model import fit_calibrated
from predictor.model.judge import compute_forward_thresholds
from predictor.model.sample import Sample
from predictor.model.threshold.recommend import recommend_threshold
from predictor.points.rulebook import parse_rule_book
from predictor.scoring.bundle.files import save_bundle
from predictor.scoring.bundle.registry import promote
from predictor.training.bundle_files import dump, make_bundle_files, make_golden

BOOK = """
name = "small"
gate = 30
rules = [
  {name = "Software", group = "industry", attribute = "industry", equals = "Software", points = 20},
  {name = "Pricing page visit", group = "website", event = "pricing_page_view", points = 15, per_event = true, cap = 45},
]
"""
FEATURES = FeatureSet(
    (
        Feature("industry", "Industry", "Industry", kind="category", categories=("software", "retail")),
        Feature("employees", "Employees", "Employees", kind="number"),
        Feature("founded_on", "Founded on", "Founded on", kind="days_since"),
        Feature("points/website", "Points: website", "Points: website", kind="number"),
        Feature("points/total", "Points: total", "Points: total", kind="number"),
        Feature(MISSING, "Attributes not known", "Attributes not known", kind="missing_count"),
    ),
    ("", "n/a"),
)
LEAD = {
    "lead_id": "A17",
    "as_of": "2026-03-31T14:05:00Z",
    "attributes": {"industry": "Software", "employees": 250, "founded_on": "2001-05-01"},
    "events": [{"occurred_at": "2026-03-30T09:12:00Z", "event_type": "pricing_page_view"}],
}


def draw_sample(n=600, seed=0):
    random = np.random.default_rng(seed)
    industry, employees = random.integers(0, 3, n).astype(float), random.lognormal(4, 1, n)
    founded, website = random.uniform(100, 9000, n), 15.0 * random.integers(0, 4, n)
    columns = [industry, employees, founded, website, website + 20 * (industry == 0)]
    missing = random.random((n, 3)) < 0.1
    matrix = np.column_stack([*columns, missing.sum(axis=1)]).astype(float)
    matrix[:, :3][missing] = np.nan
    log_odds = -2.5 + 0.8 * (industry == 0) + 0.04 * website
    outcome = (random.random(n) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return Sample(matrix, outcome, np.sort(random.uniform(20_000, 20_200, n)), features=FEATURES, dated=True)


def make_files(**sections):
    settings = make_settings({"data": {"timezone": "Europe/Berlin"}, "model": {"resamples": 20}} | sections)
    sample = draw_sample()
    half = np.arange(300), np.arange(300, 600)
    calibrated = fit_calibrated("logistic", sample, [half], 0)
    thresholds = compute_forward_thresholds(calibrated, sample, settings)
    advice = recommend_threshold(thresholds, settings.threshold)
    book = parse_rule_book(BOOK, "small.toml")
    files = make_bundle_files(calibrated, sample, settings=settings, book=book, thresholds=thresholds, advice=advice)
    fit = {"n": 600, "from": "2025-01-01", "through": "2025-07-20"}
    test = {"logistic": {"n": 100, "base_rate": 0.2, "log_loss": 0.4, "calibration_slope": None}}
    files["metrics.json"] = dump({"champion": "logistic", "test": test, "fit": fit, "horizon_days": 30.0, "pending": 3})
    files["golden.jsonl"] = make_golden(files, 0)
    return files | {"report.html": "<!doctype html><title>Report</title>"}


@pytest.fixture(scope="session")
def files():
    return make_files()


@pytest.fixture
def save_files():
    return lambda folder, name, files: save_bundle(folder, name, files, {})


@pytest.fixture
def models(tmp_path, files):
    save_bundle(tmp_path / "models", "small", files, {})
    promote(tmp_path / "models", "small")
    return tmp_path / "models"


@pytest.fixture
def serve():
    """Makes clients of an API; errors of the server become responses, as over the network."""

    def start(*args, **kwargs):
        client = TestClient(create_app(*args, **kwargs), raise_server_exceptions=False)
        return clients.append(client) or client

    clients = []
    yield start
    for client in clients:
        client.close()
        service = client.app.state.service
        if not isinstance(service, str):
            service.store.close()


@pytest.fixture
def second(models, files, save_files):
    """A second bundle beside the champion, whose threshold no lead reaches."""
    threshold = json.loads(files["threshold.json"])
    threshold["recommended"]["threshold"] = 1.0
    golden = [json.loads(line) | {"decision": "nurture"} for line in files["golden.jsonl"].splitlines()]
    changes = {"threshold.json": json.dumps(threshold), "golden.jsonl": "".join(json.dumps(row) + "\n" for row in golden)}
    save_files(models, "second", files | changes)
    return models / "second"


def refresh(client):
    client.app.state.watch.refresh()
    return client.get("/health/ready").json()


def score(client, lead):
    response = client.post("/v1/score", json=lead)
    assert response.status_code == 200, response.text
    return response.json()


def read_rows(client):
    return client.app.state.service.store.load_scores().to_dict("records")


@pytest.fixture
def client(serve, models):
    return serve(models)


@pytest.fixture
def start_server(models):
    """Starts real server processes; returns their addresses."""
    with ExitStack() as servers:

        def start(*options):
            port = find_port()
            command = [sys.executable, "-m", "predictor.cli", "serve", "--model", models, "--port", str(port), *options]
            server = servers.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
            servers.callback(server.terminate)
            wait_until_ready(f"http://127.0.0.1:{port}", server)
            return f"http://127.0.0.1:{port}"

        yield start


@pytest.fixture
def address(start_server):
    """The address of a real server process."""
    return start_server()


@pytest.fixture
def lead():
    return LEAD | {"attributes": dict(LEAD["attributes"]), "events": [dict(event) for event in LEAD["events"]]}


@pytest.fixture
def score_at_once(client):
    """Sends leads at the same moment; returns the responses in their order."""

    def send(leads, reasons=None):
        async def run():
            transport = httpx2.ASGITransport(client.app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as sender:
                numbers = [3] * len(leads) if reasons is None else reasons
                posts = [
                    sender.post("/v1/score", params={"reasons": number}, json=lead)
                    for lead, number in zip(leads, numbers, strict=True)
                ]
                return await asyncio.gather(*posts)

        return run_async(run)

    return send
