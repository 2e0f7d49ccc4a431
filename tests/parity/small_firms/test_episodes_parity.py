"""Earlier episodes are learned from, and are the same by every way to ask: sent, from the store, in a file, in MLflow's table."""

import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from helpers import draw_leads, list_value_warnings, make_firm

from api.app import create_app
from predictor.core.errors import BundleError
from predictor.core.settings import load_settings
from predictor.features.earlier_episodes import DAYS_SINCE, EARLIER, LAST_END, Episode
from predictor.scoring.answer import Lead
from predictor.scoring.batch import score_leads
from predictor.scoring.changes import StoredScore, explain_change
from predictor.scoring.sql.query import write_sql
from predictor.store.rescoring.stored_leads import advance_leads
from predictor.training.from_tables import load_dataset
from predictor.training.tracking.frame import score_frame

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
FEATURES = [EARLIER, LAST_END, DAYS_SINCE]


def draw_returning(seed=0):
    """Leads of whom most that sales sent back come back: 80 % are accepted then where the timing was wrong, else 10 %."""
    first, draw = draw_leads(400, seed), np.random.default_rng(seed)
    began, back = pd.to_datetime(first["mql_at"]), first["sql_at"].isna().to_numpy()
    recycled = began + pd.to_timedelta(draw.integers(1, 15, 400), unit="D")
    reason = pd.Series(np.where(draw.random(400) < 0.5, "Bad timing", "no budget")).where(back)
    first = first.assign(recycled_at=recycled.where(back), recycle_reason=reason)
    second = first[back & (draw.random(400) < 0.8)].reset_index(drop=True)
    again = second["recycled_at"] + pd.to_timedelta(draw.integers(20, 60, len(second)), unit="D")
    accepted = draw.random(len(second)) < np.where(second["recycle_reason"] == "Bad timing", 0.8, 0.1)
    second = second.assign(mql_at=again, sql_at=(again + pd.Timedelta(days=5)).where(accepted), recycled_at=pd.NaT)
    leads = pd.concat([first, second.assign(recycle_reason=None)], ignore_index=True)
    for name in ("mql_at", "sql_at", "recycled_at"):
        leads[name] = pd.to_datetime(leads[name]).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return leads.sort_values(["mql_at", "lead_id"], ignore_index=True)


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    sections = {"features": {"earlier_episodes": True}, "model": {"candidates": ["constant", "logistic"]}}
    return make_firm(tmp_path_factory.mktemp("returning"), draw_returning(), **sections)


def test_they_are_learned_from_and_off_by_default(trained, firm):
    features, _ = trained.dataset.fit_features(trained.split.fit)
    assert [feature.name for feature in features.features if feature.name.startswith("episodes/")] == FEATURES
    assert trained.importance["group"].iloc[0] == "Earlier episodes"
    off = load_dataset(load_settings(firm, {"features": {"earlier_episodes": False}}))
    assert not [name for name in off.rows if str(name).startswith("episodes/")]
    assert not [finding for finding in off.findings if finding.code == "TRAIN018"]


def test_without_a_lead_that_came_back_there_are_none_and_a_finding_says_so(tmp_path):
    dataset = load_dataset(load_settings(make_firm(tmp_path, features={"earlier_episodes": True})))
    assert not [name for name in dataset.rows if str(name).startswith("episodes/")]
    assert [finding.what for finding in dataset.findings if finding.code == "TRAIN018"] == [
        "features.earlier_episodes is on, but no lead became an MQL again after sales had ended an earlier episode."
    ]


def test_every_way_to_ask_gives_the_same(scorer, firm, trained, tmp_path):
    leads = pd.read_csv(firm.parent / "leads.csv", dtype=str)
    file, findings = score_leads(scorer, leads, None, now=pd.Timestamp(NOW))
    assert not [finding for finding in findings if finding.code in {"LEAD003", "LEAD046"}]
    dataset = trained.dataset
    np.testing.assert_array_equal(
        file["probability"], scorer.predict_stored([*zip(dataset.rows.to_dict("records"), dataset.as_of, strict=True)])
    )
    newest, sent, outcomes = leads.drop_duplicates("lead_id", keep="last").tail(60), [], []
    attributes = newest[["industry", "employees", "score"]].to_dict("records")
    for row, values in zip(newest.itertuples(), attributes, strict=True):
        before = leads[(leads["lead_id"] == row.lead_id) & (leads["mql_at"] < row.mql_at)]
        listed = [{"recycled_at": one.recycled_at, "recycle_reason": one.recycle_reason} for one in before.itertuples()]
        sent.append({"lead_id": row.lead_id, "as_of": row.mql_at, "attributes": values, "earlier_episodes": listed})
        outcomes += [
            {"lead_id": row.lead_id, "kind": "recycled", "occurred_at": one["recycled_at"], "reason": one["recycle_reason"]}
            for one in listed
        ]
    assert 20 < len(outcomes) < 60
    url = f"sqlite:///{tmp_path / 'scores.db'}"
    with TestClient(create_app(bundle=firm.parent / "models" / scorer.version, store_url=url)) as client:
        posted = client.post("/v1/score/batch", json={"leads": sent}).json()["answers"]
        assert client.post("/v1/outcomes/batch", json={"outcomes": outcomes}).status_code == 200
        client.app.state.service.store.drain()
        without = [{name: value for name, value in lead.items() if name != "earlier_episodes"} for lead in sent]
        stored = client.post("/v1/score/batch", json={"leads": without}).json()["answers"]
        alone = [client.post("/v1/score", json=lead).json() for lead in without[-5:]]
    framed = score_frame(
        scorer,
        newest[["lead_id", "mql_at", "industry", "employees", "score"]].assign(
            earlier_episodes=[json.dumps(lead["earlier_episodes"]) for lead in sent]
        ),
        now=NOW,
    )
    expected = file["probability"].to_numpy()[newest.index]
    assert np.ptp(expected) > 0.3
    for answers in (posted, stored):
        assert [answer["probability"] for answer in answers] == expected.tolist()
    assert [answer["probability"] for answer in alone] == expected[-5:].tolist()
    assert framed["probability"].tolist() == expected.tolist()
    assert any("Earlier episodes" in reason["text"] for answer in stored for reason in answer["reasons"])


def score(scorer, *episodes, known=True, **attributes):
    return scorer.score_lead(Lead("A", NOW, attributes, earlier_episodes=episodes if known else None), reasons=5)


def test_answers_say_what_is_not_known_and_what_is_in_vain(scorer, bundle, tmp_path):
    assert [warning.code for warning in list_value_warnings(score(scorer, known=False))] == ["LEAD045"]
    assert not list_value_warnings(score(scorer))
    (tmp_path / "broken.db").write_bytes(b"no database" * 100)
    sent = [{"recycled_at": "yesterday"}, {"recycled_at": "2026-01-01", "recycle_reason": "timing", "why": "x"}]
    with TestClient(create_app(bundle=bundle, store_url=f"sqlite:///{tmp_path / 'broken.db'}")) as client:
        wrong, unknown = (client.post("/v1/score", json={"lead_id": "A", "earlier_episodes": [one]}) for one in sent)
        away = client.post("/v1/score", json={"lead_id": "A"})
    assert wrong.status_code == 422
    assert "'earlier_episodes[0].recycled_at' must be a date" in wrong.text
    codes = [[warning["code"] for warning in answer.json()["warnings"]] for answer in (unknown, away)]
    assert [set(found) - {"MODEL003"} for found in codes] == [{"LEAD024"}, {"LEAD045"}]


def test_a_table_without_them_is_warned_about(scorer, firm):
    leads = pd.read_csv(firm.parent / "leads.csv", dtype=str)
    _, findings = score_leads(scorer, leads.drop(columns="recycled_at"), None, now=pd.Timestamp(NOW))
    assert "LEAD046" in [finding.code for finding in findings]
    leads.loc[3, "recycled_at"] = "soon"
    _, findings = score_leads(scorer, leads, None, now=pd.Timestamp(NOW))
    assert [finding.what for finding in findings if finding.code == "LEAD003"] == [
        "Column 'recycled_at' holds no date in 1 row: not known there."
    ]


def test_time_that_passes_makes_the_last_end_older_and_says_so(scorer):
    back = Episode(recycled_at=datetime(2026, 5, 1, 12, tzinfo=UTC), recycle_reason="timing")
    first = score(scorer, back)
    assert (first.features[EARLIER], first.features[LAST_END], first.features[DAYS_SINCE]) == (1.0, "timing", 60.0)
    later = datetime(2026, 7, 30, 12, tzinfo=UTC)
    scores = pd.DataFrame({"lead_id": ["A"], "as_of": [pd.Timestamp(NOW)], "features": [first.features]})
    (advanced,) = advance_leads(scorer, scores, None, later)
    second = scorer.score_lead(Lead("A", later, {}, earlier_episodes=[back]))
    assert advanced.is_complete
    assert scorer.score_stored([("A", advanced.features, later)])[0].probability == second.probability
    change = explain_change(
        scorer,
        StoredScore(first.probability, NOW, scorer.version, first.features),
        StoredScore(second.probability, later, scorer.version, second.features),
    )
    assert change.parts["time"] == pytest.approx(second.probability - first.probability)


def test_sql_refuses_them(scorer):
    with pytest.raises(BundleError, match=r"uses earlier episodes of a lead .* Score with `predictor score`, or train without"):
        write_sql(scorer, "duckdb")


def test_a_reason_without_a_date_is_named_and_one_that_is_not_on_the_list_raises_no_doubt(scorer):
    undated = Lead("A", NOW, earlier_episodes=[Episode(recycle_reason="budget"), Episode()])
    answer, without = scorer.score_lead(undated), scorer.score_lead(Lead("A", NOW))
    assert answer.probability == without.probability
    assert [str(one) for one in list_value_warnings(answer)] == [
        "LEAD049 Not used: the reason of 1 earlier episode without recycled_at."
    ]
    other = Episode(recycled_at=datetime(2026, 6, 1, tzinfo=UTC), recycle_reason="a reason of ours")
    assert list_value_warnings(scorer.score_lead(Lead("A", NOW, earlier_episodes=[other]))) == []
