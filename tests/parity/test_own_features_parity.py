"""A feature of the firm's own is learned from, served live, and is the same by every way; without its function nothing loads."""

import importlib
import json
import sys
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from helpers import draw_leads, make_firm
from typer.testing import CliRunner

from api.app import create_app
from predictor.cli.app import app as command_line
from predictor.core.errors import BundleError, TrainingError
from predictor.core.settings import load_settings
from predictor.data.values import Event
from predictor.features import own_features
from predictor.features.own_features import load_functions
from predictor.scoring.answer import Lead
from predictor.scoring.batch import score_leads
from predictor.scoring.scorer import Scorer
from predictor.training.tracking.frame import score_frame
from predictor.training.tracking.model import save_model
from predictor.training.train import save_trained, train

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
PATH = "own_weekend:weekend"
CODE = """
def eager(leads, events):
    views = events.groupby("lead").size().reindex(leads.index, fill_value=0)
    return views / leads["employees"].clip(lower=1) + leads["industry"].eq("software")

def weekend(leads, events):
    return (events["occurred_at"].dt.day_of_week >= 5).groupby(events["lead"]).mean()

def peek(leads, events):
    return events.groupby("lead").size() / len(events)
"""


def draw_events(leads, seed=0):
    """Ten events a lead in the four weeks before: of leads that were accepted, more at weekends; and one after."""
    draw, rows = np.random.default_rng(seed), []
    for lead in leads.itertuples():
        for _ in range(10):
            at = pd.Timestamp(lead.mql_at) - pd.Timedelta(hours=int(draw.integers(1, 28 * 24)))
            wanted = draw.random() < (0.2 if pd.isna(lead.sql_at) else 0.6)
            if wanted and at.day_of_week < 5:
                at -= pd.Timedelta(days=at.day_of_week + 1)
            rows.append((lead.lead_id, at.isoformat(), "page_view"))
        rows.append((lead.lead_id, (pd.Timestamp(lead.mql_at) + pd.Timedelta(days=3)).isoformat(), "page_view"))
    return pd.DataFrame(rows, columns=["lead_id", "occurred_at", "event_type"])


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    folder, leads = tmp_path_factory.mktemp("own_features"), draw_leads(400)
    draw_events(leads).to_csv(folder / "events.csv", index=False)
    (folder / "own_weekend.py").write_text(CODE)
    sections = {"features": {"own": [PATH, "own_weekend:eager"]}, "model": {"candidates": ["constant", "logistic"]}}
    return make_firm(folder, leads, data={"leads": "leads.csv", "events": "events.csv"}, **sections)


@pytest.fixture(scope="module")
def trained(firm):
    return train(load_settings(firm))


@pytest.fixture(scope="module")
def bundle(trained, firm):
    return save_trained(trained, firm.parent / "models", now=NOW).folder


def test_it_is_learned_from_and_among_what_matters_most(trained):
    features, _ = trained.dataset.fit_features(trained.split.fit)
    own, other = [feature for feature in features.features if feature.name.startswith("own/")]
    assert other.name == "own/eager/eager"
    assert (own.label, own.group, own.kind) == ("Weekend", "Weekend", "number")
    assert trained.importance["group"].iloc[0] == "Weekend"


def test_every_way_to_ask_gives_the_same(bundle, firm, tmp_path):
    scorer = Scorer.load(bundle)
    leads = pd.read_csv(firm.parent / "leads.csv", dtype=str).drop(columns="sql_at").tail(60).reset_index(drop=True)
    events = pd.read_csv(firm.parent / "events.csv", dtype=str)
    table, _ = score_leads(scorer, leads, events, now=pd.Timestamp(NOW))
    by_lead = {key: [*zip(rows["occurred_at"], rows["event_type"], strict=True)] for key, rows in events.groupby("lead_id")}
    rows = leads.drop(columns="mql_at").to_dict("records")
    sent, singly = [], []
    for row, at in zip(rows, leads["mql_at"], strict=True):
        key = row.pop("lead_id")
        happened = [Event(datetime.fromisoformat(when), kind) for when, kind in by_lead[key]]
        singly.append(scorer.score_lead(Lead(key, datetime.fromisoformat(at), row, events=happened)))
        listed = [{"occurred_at": when, "event_type": kind} for when, kind in by_lead[key]]
        sent.append({"lead_id": key, "as_of": at, "attributes": row, "events": listed})
    with TestClient(create_app(bundle=bundle, store_url=f"sqlite:///{tmp_path / 'scores.db'}")) as client:
        posted = client.post("/v1/score/batch", json={"leads": sent}).json()["answers"]
    framed = score_frame(scorer, leads.assign(events=[json.dumps(one["events"]) for one in sent]), now=NOW)
    probability = np.array([answer.probability for answer in singly])
    assert np.ptp(probability) > 0.3
    assert any("Weekend" in reason.text for answer in singly for reason in answer.reasons)
    assert len({answer.features["own/weekend/weekend"] for answer in singly}) > 5
    for answer, row in zip(singly, rows, strict=True):  # by hand: a view of the same second counts once, and one is later
        by_hand = (len({*by_lead[answer.lead_id]}) - 1) / max(float(row["employees"]), 1) + (row["industry"] == "Software")
        assert answer.features["own/eager/eager"] == pytest.approx(by_hand)
    for answers in (table["probability"], [answer["probability"] for answer in posted], framed["probability"]):
        np.testing.assert_allclose(answers, probability, rtol=0, atol=1e-9)


def test_without_its_function_a_bundle_says_what_it_needs_and_imports_nothing(bundle, firm, monkeypatch, tmp_path):
    monkeypatch.setattr(own_features, "_registered", {})
    with pytest.raises(BundleError, match=rf"functions of the firm's own\. Feature function 'weekend' \({PATH}\) is not known"):
        Scorer.load(bundle)
    out = tmp_path / "scores.csv"
    words = f"score --leads {firm.parent / 'leads.csv'} --events {firm.parent / 'events.csv'} --model {bundle} --out {out}"
    done = CliRunner().invoke(command_line, words.split())
    assert done.exit_code == 1
    assert "is not known here" in " ".join(done.output.split())
    assert CliRunner().invoke(command_line, [*words.split(), "-c", str(firm)]).exit_code == 0
    assert len(pd.read_csv(out)) == 400


def test_the_model_in_mlflow_carries_the_code_of_the_function(bundle, firm, tmp_path, monkeypatch):
    load_functions([PATH, "own_weekend:eager"], firm.parent)
    pyfunc, description = importlib.import_module("mlflow.pyfunc"), importlib.import_module("mlflow.models").Model
    save_model(tmp_path / "model", bundle, description())
    code = [path.name for path in (tmp_path / "model").rglob("*.py")]
    assert sorted(code) == ["own_weekend.py", "pyfunc_code.py"]
    monkeypatch.setattr(own_features, "_registered", {})
    monkeypatch.delitem(sys.modules, "own_weekend")
    monkeypatch.setattr(sys, "path", list(sys.path))  # MLflow puts the code of the model in front
    loaded = pyfunc.load_model(str(tmp_path / "model"))
    golden = [json.loads(line)["probability"] for line in (bundle / "golden.jsonl").read_text().splitlines()]
    assert loaded.predict(loaded.input_example)["probability"].tolist() == pytest.approx(golden, abs=1e-9)


def test_one_that_peeks_is_refused_before_anything_is_learned(firm):
    with pytest.raises(TrainingError, match=r"Feature function 'peek' cannot be used: .* for the same lead alone"):
        train(load_settings(firm, {"features": {"own": ["own_weekend:peek"]}}))
