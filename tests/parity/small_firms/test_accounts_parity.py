"""Other leads of the account are learned from, and are the same by every way to ask: sent, stored, in a file, in MLflow."""

import json
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from helpers import draw_leads, list_value_warnings, make_firm
from sqlalchemy import select

from api.app import create_app
from predictor.core.errors import BundleError, ScoringError
from predictor.core.settings import load_settings
from predictor.data.accounts import ACCOUNT
from predictor.features.accounts import ACCOUNT_LABELS
from predictor.model.account_score import AccountRule, Waiting
from predictor.scoring.account_scores import score_account
from predictor.scoring.account_table import score_accounts
from predictor.scoring.answer import Lead
from predictor.scoring.batch import score_leads
from predictor.scoring.sql.query import write_sql
from predictor.store.schema import SCORES
from predictor.training.accounts import learn_accounts
from predictor.training.from_tables import load_dataset
from predictor.training.tracking.frame import score_frame

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
TIMES = ("mql_at", "sql_at", "opportunity_at")


def draw_colleagues(seed=0):
    """Leads of 60 firms, half of which buy: three in four of their leads are accepted, of the others one in ten."""
    leads, draw = draw_leads(400, seed), np.random.default_rng(seed)
    firm = draw.integers(0, 60, 400)
    began = pd.to_datetime(leads["mql_at"])
    accepted = draw.random(400) < np.where(firm % 2 == 0, 0.75, 0.1)
    sql_at = (began + pd.to_timedelta(draw.integers(1, 10, 400), unit="D")).where(accepted)
    opportunity_at = (sql_at + pd.Timedelta(days=3)).where(draw.random(400) < 0.5)
    leads["sql_at"], leads["opportunity_at"] = (
        pd.Series(times).dt.strftime("%Y-%m-%dT%H:%M:%SZ") for times in (sql_at, opportunity_at)
    )
    leads["email"] = [f"p{place}@firm-{number}.example" for place, number in enumerate(firm)]
    leads.loc[firm < 6, "email"] = "someone@gmail.com"
    return leads


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    sections = {"features": {"accounts": True}, "model": {"candidates": ["constant", "logistic"]}}
    return make_firm(tmp_path_factory.mktemp("accounts"), draw_colleagues(), **sections)


def test_they_are_learned_from_and_off_by_default(trained, firm):
    features, _ = trained.dataset.fit_features(trained.split.fit)
    assert [feature.name for feature in features.features if feature.name.startswith("account/")] == list(ACCOUNT_LABELS)
    assert trained.importance["group"].iloc[0] == "Other leads of the account"
    off = load_dataset(load_settings(firm, {"features": {"accounts": False}}))
    assert not [name for name in (*off.rows, *off.leads.frame) if str(name).startswith("account/")]


def test_without_accounts_of_several_leads_there_are_none_and_a_finding_says_so(tmp_path):
    dataset = load_dataset(load_settings(make_firm(tmp_path, features={"accounts": True})))
    assert not [name for name in dataset.rows if str(name).startswith("account/")]
    assert [finding.what for finding in dataset.findings if finding.code == "TRAIN019"] == [
        "features.accounts is on, but no account has leads that became MQLs one after another."
    ]


def test_every_way_to_ask_gives_the_same(scorer, firm, trained, tmp_path):
    leads = pd.read_csv(firm.parent / "leads.csv", dtype=str)
    file, _ = score_leads(scorer, leads, None, now=pd.Timestamp(NOW))
    dataset, names = trained.dataset, ["industry", "employees", "score", "email"]
    np.testing.assert_array_equal(
        file["probability"], scorer.predict_stored([*zip(dataset.rows.to_dict("records"), dataset.as_of, strict=True)])
    )
    unsent = [
        {"lead_id": row.lead_id, "as_of": row.mql_at, "attributes": values}
        for row, values in zip(leads.itertuples(), leads[names].to_dict("records"), strict=True)
    ]
    domain = leads["email"].str.partition("@")[2].replace("gmail.com", None)
    sent = []
    for place in range(360, 400):
        others = leads[(domain == domain[place]) & (leads.index != place)] if domain[place] else leads.iloc[:0]
        listed = [{name: at for name in TIMES if isinstance(at := getattr(one, name), str)} for one in others.itertuples()]
        sent.append({**unsent[place], "account_episodes": listed})
    outcomes = [
        {"lead_id": row.lead_id, "kind": kind, "occurred_at": at}
        for row in leads.itertuples()
        for kind, at in (("accepted", row.sql_at), ("opportunity", row.opportunity_at))
        if isinstance(at, str)
    ]
    expected = file["probability"].to_numpy()[360:]
    with TestClient(
        create_app(bundle=firm.parent / "models" / scorer.version, store_url=f"sqlite:///{tmp_path / 'x.db'}")
    ) as client:
        store = client.app.state.service.store
        posted = client.post("/v1/score/batch", json={"leads": sent}).json()["answers"]
        client.post("/v1/score/batch", json={"leads": unsent[:360]})
        assert client.post("/v1/outcomes/batch", json={"outcomes": outcomes}).status_code == 200
        store.drain()
        stored = client.post("/v1/score/batch", json={"leads": unsent[360:]}).json()["answers"]
        alone = [client.post("/v1/score", json=lead).json() for lead in unsent[-5:]]
        assert {row["account"] for row in client.get("/v1/leads/L00399").json()["scores"]} == {domain[399]}
        with store.database.begin() as connection:
            accounts = {name for (name,) in connection.execute(select(SCORES.c.account))}
    assert accounts == {None, *domain.dropna()}
    framed = score_frame(
        scorer,
        leads.loc[360:, ["lead_id", "mql_at", *names]].assign(
            account_episodes=[json.dumps(lead["account_episodes"]) for lead in sent]
        ),
        now=NOW,
    )
    assert np.ptp(expected) > 0.3
    for answers in (posted, stored):
        assert [answer["probability"] for answer in answers] == expected.tolist()
    assert [answer["probability"] for answer in alone] == expected[-5:].tolist()
    assert framed["probability"].tolist() == expected.tolist()


def test_answers_say_what_is_not_known(scorer, firm):
    lead = {"lead_id": "A", "as_of": NOW, "attributes": {"email": "ann@firm-7.example"}}
    unknown, none, free = (
        scorer.score_lead(Lead(**lead, account_episodes=None)),
        scorer.score_lead(Lead(**lead)),
        scorer.score_lead(Lead("A", NOW, {"email": "ann@gmail.com"}, account_episodes=None)),
    )
    assert [[warning.code for warning in list_value_warnings(answer)] for answer in (unknown, none, free)] == [
        ["LEAD047"],
        [],
        [],
    ]
    assert none.features["account/mqls"] == 0.0
    assert free.features["account/mqls"] is None
    leads = pd.read_csv(firm.parent / "leads.csv", dtype=str).drop(columns="email")
    assert "LEAD048" in [finding.code for finding in score_leads(scorer, leads, None, now=pd.Timestamp(NOW))[1]]


def test_sql_refuses_them(scorer):
    with pytest.raises(BundleError, match=r"uses other leads of the account .* Score with `predictor score`"):
        write_sql(scorer, "duckdb")


def test_training_says_how_accounts_did_and_the_bundle_keeps_it(trained, scorer):
    accounts = trained.report.metrics["accounts"]
    rule = scorer.account_rule
    assert accounts["moments"] > 0
    assert accounts["text"].startswith("Accounts: in the forward test a lead came in while others of its account were open at ")
    assert (rule.waiting.horizon_days, rule.share) == (trained.dataset.outcomes.horizon_days, accounts["final_share"])
    assert rule.waiting.accepted_later[0] == rule.waiting.unaccepted_open[0] == 1.0
    assert accounts["text"].partition(" accepted in ")[0] in trained.files["report.html"]


@pytest.fixture(scope="module")
def recent(firm):
    """Ten leads of the last days: some of one firm, one sent back, two with mailboxes that anybody can have, one of long ago."""
    leads = pd.read_csv(firm.parent / "leads.csv", dtype=str).tail(10).drop(columns=["sql_at", "opportunity_at"])
    now = pd.Timestamp.now("UTC").floor("s")
    moments = now - pd.to_timedelta([1, 2, 3, 1, 4, 2, 1, 5, 6, 300], unit="D")
    firms = ["acme", "acme", "acme", "beta", "beta", "gmail", "gmail", "acme", "", "acme"]
    email = [f"p{place}@{name}.{'com' if name == 'gmail' else 'example'}" if name else None for place, name in enumerate(firms)]
    recycled = [None] * 7 + [now - pd.Timedelta(hours=2), None, None]
    moments = [moment.isoformat() for moment in moments]
    recycled = [None if at is None else at.isoformat() for at in recycled]
    return leads.assign(mql_at=moments, email=email, recycled_at=recycled).reset_index(drop=True)


def score_by_hand(rule, frame, at):
    """Domain -> the probability that at least one of its open leads is accepted."""
    found = {}
    for domain, group in frame.groupby(frame["email"].str.partition("@")[2]):
        days = [(at - moment) / pd.Timedelta(days=1) for moment in pd.to_datetime(group["mql_at"])]
        left = [float(rule.waiting.discount(p, age)) for p, age in zip(group["probability"], days, strict=True)]
        left = sorted(p for p in left if p > 0)
        found[domain] = 1 - (1 - left[-1]) * np.prod([(1 - p) ** rule.share for p in left[:-1]])
    return found


def test_a_file_and_the_api_score_accounts_alike(scorer, firm, recent, tmp_path):
    now = pd.Timestamp.now("UTC")
    answers, _ = score_leads(scorer, recent, None, now=now)
    table = score_accounts(scorer, recent, answers, now=now).set_index("account")
    at = pd.Timestamp(recent["recycled_at"].dropna().iloc[0])
    is_open = recent["recycled_at"].isna() & ~recent["email"].fillna("gmail.com").str.endswith("gmail.com")
    frame = recent.assign(probability=answers["probability"])[is_open]
    expected = score_by_hand(scorer.account_rule, frame, at)
    assert table["as_of"].tolist() == [at] * 2
    assert table["open_leads"].to_dict() == {"acme.example": 3, "beta.example": 2}
    for domain, probability in expected.items():
        assert table["probability"][domain] == pytest.approx(probability, abs=1e-12)
    bundle, database = firm.parent / "models" / scorer.version, f"sqlite:///{tmp_path / 'x.db'}"
    with TestClient(create_app(bundle=bundle, store_url=database)) as client:
        names = ["industry", "employees", "score", "email"]
        rows = zip(recent.itertuples(), recent[names].to_dict("records"), answers["probability"], strict=True)
        for row, values, probability in sorted(rows, key=lambda each: each[0].mql_at):
            attributes = {name: value for name, value in values.items() if isinstance(value, str)}
            sent = client.post("/v1/score", json={"lead_id": row.lead_id, "as_of": row.mql_at, "attributes": attributes})
            client.app.state.service.store.drain()
            if not str(row.email).endswith("gmail.com"):
                assert sent.json()["probability"] == pytest.approx(probability, abs=1e-9)
        sent_back = {
            "lead_id": recent["lead_id"][7],
            "kind": "recycled",
            "reason": "timing",
            "occurred_at": recent["recycled_at"][7],
        }
        assert client.post("/v1/outcomes", json=sent_back).status_code == 200
        answer = client.get("/v1/accounts/ACME.example").json()
        own = score_account(scorer.account_rule, "", frame_of(frame, "acme"), at=pd.Timestamp(answer["as_of"]))
        assert answer["probability"] == pytest.approx(own.probability, abs=1e-9)
        assert answer["independent"] >= answer["probability"]
        assert [lead["lead_id"] for lead in answer["leads"]] == [lead.lead_id for lead in own.leads]
        assert answer["text"].startswith("3 open leads. The likeliest is ")
        lost = answer["leads"][0]["lead_id"]
        client.delete(f"/v1/leads/{lost}")
        assert lost not in [lead["lead_id"] for lead in client.get("/v1/accounts/acme.example").json()["leads"]]
        refused = [client.get(f"/v1/accounts/{name}") for name in ("gmail.com", "ann@gmail.com", "nobody.example")]
    assert [response.status_code for response in refused] == [404] * 3
    assert "Anybody can have a mailbox at this domain" in refused[0].json()["detail"]
    assert "No lead of this account is stored" in refused[2].json()["detail"]


def frame_of(frame, domain):
    rows = frame[frame["email"].str.contains(domain)]
    as_of = pd.to_datetime(rows["mql_at"])
    return rows[["lead_id", "probability"]].assign(as_of=as_of, decision="nurture")


def test_a_model_that_does_not_look_at_accounts_scores_none(scorer, recent):
    blind = copy(scorer)
    blind.features = type("Features", (), {"uses_accounts": False})()
    with pytest.raises(ScoringError, match=r"does not look at accounts\. Set features\.accounts to true and train again"):
        score_accounts(blind, recent, pd.DataFrame(), now=pd.Timestamp(NOW))


def test_an_account_with_one_lead_has_its_probability_and_one_without_has_none():
    moment = pd.Timestamp("2026-05-01", tz="UTC")
    lead = pd.DataFrame({"lead_id": ["A"], "as_of": [moment], "probability": [0.3], "decision": ["nurture"]})
    rule = AccountRule(share=0.4, waiting=Waiting(horizon_days=10.0))
    assert score_account(rule, "acme", lead, at=moment).probability == pytest.approx(0.3, abs=1e-12)
    passed = score_account(rule, "acme", lead, at=moment + pd.Timedelta(days=10))
    text = "No lead of the account is open: sales has decided about each, or its horizon has passed."
    assert (passed.probability, passed.text) == (None, text)


def test_stored_scores_without_accounts_leave_leads_independent(trained):
    """As in a training from the store, whose rows have the counts over other leads, but not which account they are of."""
    dataset, chosen = trained.dataset, trained.models[trained.verdict.chosen]
    leads = replace(dataset.leads, frame=dataset.leads.frame.drop(columns=ACCOUNT))
    probability = trained.verdict.probability[trained.verdict.chosen]
    learned = learn_accounts(replace(dataset, leads=leads), trained.split, chosen, trained.final, probability=probability)
    assert learned.rule.share == 1.0
    assert learned.rule.waiting.horizon_days == dataset.outcomes.horizon_days
    assert learned.figures["text"].endswith("so leads of an account count as independent.")
