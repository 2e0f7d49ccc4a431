"""One lead has one answer: alone, in a batch, by the API, from a reloaded bundle, and by hand."""

import json
from dataclasses import replace
from datetime import datetime

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from predictor.data.read.table_files import read_table
from predictor.data.values import Event
from predictor.features.assemble import TOTAL
from predictor.scoring.answer import Lead
from predictor.scoring.batch import score_leads
from predictor.scoring.bundle.files import Bundle
from predictor.scoring.bundle.registry import find_champion
from predictor.scoring.scorer import Scorer

TOLERANCE = 1e-12
LEADS = 300
NOW = pd.Timestamp("2026-07-01", tz="UTC")
_FACTS = ("mql_at", "sql_at", "recycled_at", "recycle_reason", "opportunity_at", "amount", "lead_id", "account_id")


@pytest.fixture(scope="module")
def export(firm):
    """The newest leads of the firm and their events, as a CRM exports them."""
    leads, events = read_table(firm / "leads.csv", "leads").frame, read_table(firm / "events.csv", "events").frame
    newest = leads.sort_values("mql_at").tail(LEADS).reset_index(drop=True)
    return newest, events[events["lead_id"].isin(newest["lead_id"])]


@pytest.fixture(scope="module")
def batch(scorer, export):
    answers, _ = score_leads(scorer, *export, now=NOW)
    assert answers["probability"].notna().all()
    assert set(answers["fit_grade"]) == {"A", "B", "C"}
    assert set(answers["engagement_grade"]) == {1, 2, 3, 4}
    assert answers["probability"].nunique() > LEADS / 2
    return answers


@pytest.fixture(scope="module")
def leads(export):
    """The same leads, one by one."""
    rows, events = export
    by_lead = dict(iter(events.groupby("lead_id")))
    return [_make_lead(row, by_lead.get(row["lead_id"])) for row in rows.to_dict("records")]


def _make_lead(row, events):
    attributes = {name: value for name, value in row.items() if name not in _FACTS and isinstance(value, str)}
    listed = [
        Event(
            occurred_at=datetime.fromisoformat(event["occurred_at"]),
            event_type=event["event_type"],
            asset=_text(event["asset"]),
            campaign=_text(event["campaign"]),
            value=None if pd.isna(event["value"]) else float(event["value"]),
        )
        for event in ([] if events is None else events.to_dict("records"))
    ]
    return Lead(row["lead_id"], datetime.fromisoformat(row["mql_at"]), attributes, events=listed)


def _text(cell):
    return cell if isinstance(cell, str) else None


def _to_json(lead):
    events = [{**event._asdict(), "occurred_at": event.occurred_at.isoformat()} for event in lead.events]
    attributes = dict(lead.attributes)
    return {"lead_id": lead.lead_id, "as_of": lead.as_of.isoformat(), "attributes": attributes, "events": events}


def _compare(answer, row):
    assert answer["lead_id"] == row.lead_id
    floats = [answer["probability"], *answer["interval"], answer["threshold"], answer["points"]["total"]]
    np.testing.assert_allclose(floats, [row.probability, row.low, row.high, row.threshold, row.points], rtol=0, atol=TOLERANCE)
    words = ("decision", "grade", "fit_grade", "engagement_grade")
    assert [answer[name] for name in words] == [getattr(row, name) for name in words]
    assert answer["points"]["decision"] == row.points_decision
    assert "; ".join(reason["text"] for reason in answer["reasons"][:3]) == row.reasons  # the strongest, up or down


def test_single_is_batch(scorer, leads, batch):
    for lead, row in zip(leads, batch.itertuples(), strict=True):
        _compare(scorer.score_lead(lead, reasons=3).to_json(), row)


def test_api_is_batch(models, leads, batch, tmp_path):
    app = create_app(bundle=find_champion(models), store_url=f"sqlite:///{tmp_path / 'scores.db'}")
    with TestClient(app) as client:
        singles = [client.post("/v1/score?reasons=3", json=_to_json(lead)).json() for lead in leads[:40]]
        many = client.post("/v1/score/batch?reasons=3", json={"leads": [_to_json(lead) for lead in leads]}).json()["answers"]
    for answer, row in zip(singles, batch.head(40).itertuples(), strict=True):
        _compare(answer, row)
    for answer, row in zip(many, batch.itertuples(), strict=True):
        _compare(answer, row)


def test_a_reloaded_bundle_is_the_one_in_memory(trained, leads, batch):
    memory = Scorer(Bundle("memory", trained.files, {}))
    for lead, row in zip(leads, batch.itertuples(), strict=True):
        _compare(memory.score_lead(lead, reasons=3).to_json(), row)


def test_the_model_that_was_trained_is_the_bundle_that_answers(trained, scorer):
    dataset = trained.dataset
    newest = np.argsort(dataset.outcomes.order)[-LEADS:]
    encoded = scorer.features.encode_table(dataset.rows.iloc[newest], dataset.as_of.iloc[newest])
    assert not encoded.errors
    table = scorer.score_table(
        scorer.reader.read_table(dataset.leads.frame.iloc[newest].reset_index(drop=True)),
        as_of=dataset.as_of.iloc[newest].reset_index(drop=True),
        awards=_take(dataset.points.awards, newest),
        event_features=dataset.rows.filter(like="events/").iloc[newest].reset_index(drop=True),
        reasons=0,
    )
    np.testing.assert_allclose(table["probability"], trained.final.predict(encoded.matrix), rtol=0, atol=TOLERANCE)
    np.testing.assert_array_equal(table["points"], dataset.rows[TOTAL].iloc[newest])


def _take(awards, positions):
    return replace(
        awards,
        rules=awards.rules.iloc[positions].reset_index(drop=True),
        total=awards.total.iloc[positions].reset_index(drop=True),
        qualifies=awards.qualifies.iloc[positions].reset_index(drop=True),
    )


def test_lightgbm_is_its_booster_and_calibrator_by_hand(trained):
    """`lightgbm` in the verdict, from the text of its model and the numbers of its calibrator, by no line of ours."""
    calibrated = trained.models["lightgbm"]
    dataset, split = trained.dataset, trained.split
    features, _ = dataset.fit_features(split.fit)
    test = dataset.sample(split.test, features)
    booster = lgb.Booster(model_str=calibrated.model.to_text())
    raw = booster.predict(test.matrix, raw_score=True)
    calibrator = {"intercept": 0.0, "slope": 1.0} | json.loads(calibrated.calibrator.to_text())
    assert calibrator["kind"] in {"none", "sigmoid"}
    by_hand = 1 / (1 + np.exp(-(calibrator["intercept"] + calibrator["slope"] * raw)))
    np.testing.assert_allclose(trained.verdict.probability["lightgbm"], by_hand, rtol=0, atol=TOLERANCE)


def test_words_that_mean_not_known_are_read_alike_in_a_table_and_for_one_lead(scorer, export):
    rows, events = export
    first = rows.head(40)
    spelled = events[events["lead_id"].isin(first["lead_id"])].reset_index(drop=True)
    spelled["campaign"] = spelled["campaign"].where(spelled.index % 3 > 0, "N/A")
    spelled["asset"] = spelled["asset"].where(spelled.index % 4 > 0, " Select ")
    spelled["event_type"] = spelled["event_type"].where(spelled.index % 7 > 0, "-")
    table, findings = score_leads(scorer, first, spelled, now=NOW)
    assert [finding.code for finding in findings if finding.code == "EVENT006"]
    by_lead = dict(iter(spelled.groupby("lead_id")))
    alone = [scorer.score_lead(_make_lead(row, by_lead.get(row["lead_id"]))) for row in first.to_dict("records")]
    np.testing.assert_allclose(table["probability"], [answer.probability for answer in alone], rtol=0, atol=TOLERANCE)
    assert "EVENT006" in {warning.code for answer in alone for warning in answer.warnings}


def test_the_order_of_leads_and_the_size_of_a_batch_change_nothing(scorer, export, batch):
    rows, events = export
    reversed_answers, _ = score_leads(scorer, rows.iloc[::-1].reset_index(drop=True), events.iloc[::-1], now=NOW)
    pd.testing.assert_frame_equal(reversed_answers.iloc[::-1].reset_index(drop=True), batch)
    pieces = [score_leads(scorer, rows.iloc[at : at + 7].reset_index(drop=True), events, now=NOW)[0] for at in range(0, 70, 7)]
    pd.testing.assert_frame_equal(pd.concat(pieces, ignore_index=True), batch.head(70))


def test_reasons_add_up_to_the_probability(scorer, leads):
    starts = set()
    for lead in leads[:50]:
        answer = scorer.score_lead(lead, reasons=1000)
        starts.add(round(answer.probability - sum(reason.effect for reason in answer.reasons), 9))
    assert len(starts) == 1, "every lead starts from the same base probability"
    assert 0.02 < starts.pop() < 0.5
