"""A firm's own classifier answers the same alone, in a table, over HTTP, in MLflow, and once it is read back."""

import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from helpers import draw_leads, make_firm
from unit.model.candidates.test_own import KINDS

from api.app import create_app
from predictor.core.errors import ScoringError, SettingsError, TrainingError
from predictor.core.settings import load_settings
from predictor.model.candidates.own import Own
from predictor.scoring.answer import Lead
from predictor.scoring.batch import score_leads
from predictor.scoring.bundle.files import save_bundle
from predictor.scoring.scorer import Scorer
from predictor.training.bundle_files import make_bundle_files, make_golden
from predictor.training.own_code import collect_metrics, collect_own
from predictor.training.track_trained import _list_parameters
from predictor.training.tracking.frame import score_frame
from predictor.training.tracking.record import TrainingRecord, describe_candidate, describe_candidate_params
from predictor.training.train import train

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
TOLERANCE = 1e-9
NAMES = ["boosting", "forest", "vectors", "neighbours"]


def net_profit(outcome, probability, weight):
    return float((weight * (probability >= 0.3) * (100 * outcome - 20)).sum())


def quartile(outcome, probability, _weight):
    """The share of accepted leads in the last quarter; leads with the same probability have no quarters."""
    if np.ptp(probability) == 0:
        raise ValueError("no\nspread")
    return outcome[probability >= np.quantile(probability, 0.75)].mean()


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    return make_firm(tmp_path_factory.mktemp("own"), draw_leads(400), model={"candidates": ["constant"], "min_outcomes": 20})


@pytest.fixture(scope="module")
def trained(firm):
    candidates = {name: KINDS[name] for name in NAMES}
    return train(load_settings(firm), candidates=candidates, metrics={"net_profit": net_profit, "quartile": quartile})


@pytest.fixture(scope="module", params=NAMES)
def served(request, trained, firm):
    """The folder of a bundle with one of them as it was fitted on the training leads, and its probabilities of the test leads."""
    name, dataset, split = request.param, trained.dataset, trained.split
    features, _ = dataset.fit_features(split.fit)
    sample = dataset.sample(split.fit, features, as_of=split.starts)
    options = {"settings": dataset.settings, "book": None, "thresholds": trained.thresholds, "advice": trained.advice}
    files = make_bundle_files(trained.models[name], sample, **options)
    files["metrics.json"] = json.dumps(json.loads(trained.files["metrics.json"]) | {"champion": name})
    folder = save_bundle(firm.parent / "served", name, files | {"golden.jsonl": make_golden(files, 0)}, {})
    return folder, trained.verdict.probability[name]


def test_every_way_to_ask_gives_the_probability_of_the_forward_test(served, trained, tmp_path):
    folder, probability = served
    scorer = Scorer.load(folder)
    export = pd.read_csv(trained.dataset.settings.folder / "leads.csv", dtype=str)
    ids = trained.dataset.leads.frame["lead_id"].to_numpy()[trained.split.test]
    leads = export.set_index("lead_id").loc[ids].reset_index().drop(columns="sql_at")
    table, _ = score_leads(scorer, leads, None, now=pd.Timestamp(NOW))
    rows = leads.drop(columns="mql_at").to_dict("records")
    singly = [
        scorer.score_lead(Lead(row.pop("lead_id"), datetime.fromisoformat(at), row), reasons=99)
        for row, at in zip(rows, leads["mql_at"], strict=True)
    ]
    sent = [
        {"lead_id": answer.lead_id, "as_of": at, "attributes": row}
        for row, at, answer in zip(rows, leads["mql_at"], singly, strict=True)
    ]
    app = create_app(bundle=folder, store_url=f"sqlite:///{tmp_path / 'scores.db'}")
    with TestClient(app) as client:
        posted = client.post("/v1/score/batch", json={"leads": sent}).json()["answers"]
        assert client.get("/v1/model").json()["reasons"] == "approximate"
    framed = score_frame(scorer, leads, now=NOW)
    assert np.ptp(probability) > 0.1
    for answers in (
        table["probability"],
        [answer.probability for answer in singly],
        [answer["probability"] for answer in posted],
        framed["probability"],
    ):
        np.testing.assert_allclose(answers, probability, rtol=0, atol=TOLERANCE)
    assert any("Industry" in str(answer.reasons) for answer in singly)
    for answer in singly:
        assert answer.base + sum(reason.effect for reason in answer.reasons) == pytest.approx(answer.probability, abs=1e-9)


def test_a_lead_that_the_classifier_cannot_score_fails_alone(served, monkeypatch):
    scorer, model = Scorer.load(served[0]), type(Scorer.load(served[0]).model)
    leads = [Lead(f"A{size}", NOW, {"industry": "Retail", "employees": size}) for size in (10.0, 77.0, 300.0)]
    usual, score = scorer.score_leads(leads, reasons=0), model.score

    def fail(self, matrix):
        if (matrix == 77).any():
            raise ScoringError("Classifier 'own' cannot score these leads")
        return score(self, matrix)

    monkeypatch.setattr(model, "score", fail)
    first, second, third = scorer.score_leads(leads, reasons=0)
    assert (first.probability, third.probability) == (usual[0].probability, usual[2].probability)
    assert str(second) == "Classifier 'own' cannot score these leads"


def test_it_goes_through_choice_page_card_and_findings(trained):
    names = {"constant", *NAMES}
    assert set(trained.verdict.test) == names
    assert {row["candidate"] for row in json.loads(trained.files["metrics.json"])["choice"]} == names
    chosen = trained.verdict.chosen
    assert chosen in NAMES
    assert Own.file in trained.files
    assert chosen in trained.files["card.md"]
    assert all(name in trained.files["report.html"] for name in NAMES)
    (finding,) = [finding for finding in trained.findings if finding.code == "TRAIN016"]
    assert finding.what == f"'{chosen}' is a classifier of your own: the reasons for its scores are an approximation."
    assert trained.explain().exact is False
    assert trained.explain("constant").exact is True


def test_an_own_metric_is_in_verdict_page_card_and_mlflow(trained):
    verdict = trained.verdict
    for name, figures in verdict.test.items():
        handed = verdict.probability[name] >= 0.3
        assert figures["own/net_profit"] == 100 * verdict.outcome[handed].sum() - 20 * handed.sum()
    figure = f"{verdict.test[verdict.chosen]['own/net_profit']:,.0f}"
    assert trained.candidates["own/net_profit"].tolist() == [figures["own/net_profit"] for figures in verdict.test.values()]
    for page in (trained.files["report.html"], trained.files["card.md"], verdict._repr_html_()):
        assert "Net profit" in page
        assert figure in page
    record = TrainingRecord(trained.dataset.settings.folder, True, "", json.loads(trained.files["metrics.json"]))
    assert describe_candidate(record, "forest")["own/net_profit"] == verdict.test["forest"]["own/net_profit"]


def test_a_metric_that_fails_is_named(trained, firm):
    (finding,) = [finding for finding in trained.findings if finding.code == "TRAIN021"]
    assert finding.what == "Metric 'quartile' failed for 'constant': ValueError: no spread."
    assert trained.verdict.test["constant"]["own/quartile"] is None
    assert trained.verdict.test["forest"]["own/quartile"] > 0
    with pytest.raises(TrainingError, match="Metric 'net profit' must have a name like 'net_profit', and be a function"):
        collect_metrics(trained.dataset.settings, {"net profit": net_profit})
    settings = load_settings(firm, {"model": {"metrics": {"sum": "math:fsum"}}})
    assert collect_metrics(settings)["sum"]([1, 2]) == 3


def test_its_parameters_are_in_mlflow(trained):
    parameters = {name: _list_parameters(model) for name, model in trained.models.items()}
    record = TrainingRecord(
        trained.dataset.settings.folder, True, "", json.loads(trained.files["metrics.json"]), parameters=parameters
    )
    params = describe_candidate_params(record, "forest")
    assert (params["estimator"], params["n_estimators"], params["random_state"]) == ("RandomForestClassifier", "20", "0")
    assert params["calibrator"] == trained.models["forest"].kind
    assert describe_candidate_params(record, "vectors")["svc__kernel"] == "rbf"


def test_the_verdict_gives_its_leads_as_a_frame(trained):
    frame = trained.verdict.to_frame()
    assert list(frame) == ["lead_id", "mql_at", "outcome", "points", *(f"probability_{name}" for name in trained.verdict.test)]
    assert frame.equals(trained.test_leads)
    assert frame["points"].tolist() == trained.dataset.points.total[trained.split.test].tolist()


def test_settings_name_it_by_import_path(trained, firm):
    (firm.parent / "own_models.py").write_text(
        "from sklearn.ensemble import HistGradientBoostingClassifier\n"
        "def make():\n    return HistGradientBoostingClassifier(max_iter=20)\n"
    )
    settings = load_settings(firm, {"model": {"own": {"boosting": "own_models:make"}}})
    (candidate,) = collect_own(settings)
    sample = trained.dataset.sample(
        trained.split.fit, trained.dataset.fit_features(trained.split.fit)[0], as_of=trained.split.starts
    )
    assert candidate.fit(sample, 0).to_text() == trained.models["boosting"].model.to_text()
    for wrong, text in (
        ("own_models:mak", r"Setting 'model.own.a' names 'own_models:mak', but module 'own_models' has no 'mak'"),
        (
            "no_such_models:make",
            r"module 'no_such_models' cannot be imported: No module named.* Install it, or put it into '.*own0'",
        ),
        ("own_models", r"must name an object as 'package.module:name', but is 'own_models'"),
    ):
        with pytest.raises(SettingsError, match=text):
            collect_own(load_settings(firm, {"model": {"own": {"a": wrong}}}))
    with pytest.raises(TrainingError, match="A candidate of your own needs a name of its own, but 'logistic' is taken"):
        collect_own(settings, {"logistic": KINDS["forest"]})
