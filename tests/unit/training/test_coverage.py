"""Leads without events, of a firm whose leads all had some: the warning, the interval and the truth of the simulator."""

import json

import numpy as np
import pandas as pd
import pytest
from helpers import write_settings

from predictor.core.settings import load_settings
from predictor.data.values import Event
from predictor.scoring.answer import Lead
from predictor.scoring.batch import score_leads
from predictor.scoring.bundle.files import Bundle
from predictor.scoring.scorer import Scorer
from predictor.simulate.firm import simulate_firm
from predictor.training.tracking.frame import score_frame
from predictor.training.train import train

NOW = pd.Timestamp("2030-01-01", tz="UTC")
LATER = ["sql_at", "recycled_at", "recycle_reason", "opportunity_at", "amount"]
RATE = 0.9


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A training on 1,500 leads of the simulator, all of whom have events."""
    folder, firm = tmp_path_factory.mktemp("firm"), simulate_firm(1500, seed=1)
    firm.leads.drop(columns=["recycled_at", "recycle_reason", "opportunity_at", "amount"]).to_csv(
        folder / "leads.csv", index=False
    )
    firm.events.to_csv(folder / "events.csv", index=False)
    types = ["page_view", "pricing_page_view", "demo_requested", "content_download"]
    settings = write_settings(
        folder, data={"events": "events.csv"}, roles={"points": []}, points={"rule_book": "b2b", "gate": "rule_book"},
        features={"event_types": types}, model={"candidates": ["logistic"]}, threshold={"unlike": "known"},
    )  # fmt: skip
    return train(load_settings(settings))


@pytest.fixture(scope="module")
def scorer(trained):
    return Scorer(Bundle("firm", dict(trained.files), {}))


@pytest.fixture(scope="module")
def others():
    """1,600 leads of another firm of the same law: as a CRM knows them, and their true probabilities."""
    firm = simulate_firm(1600, seed=77)
    first = firm.leads.drop(columns=LATER).drop_duplicates("lead_id")
    return first.rename(columns={"mql_at": "as_of"}), firm.events, firm.truth.loc[first.index, "probability"].to_numpy()


def cover(answers, truth):
    return float(((answers["low"] <= truth) & (truth <= answers["high"])).mean())


def test_leads_without_events_are_warned_of_and_covered(scorer, others):
    leads, events, truth = others
    with_events, _ = score_leads(scorer, leads, events, now=NOW, reasons=0)
    without, _ = score_leads(scorer, leads, None, now=NOW, reasons=0)
    assert without["warnings"].str.contains("MODEL003 Unlike the leads of the training: it has no events, and 100 % of").all()
    assert not with_events["warnings"].str.contains("MODEL003").any()
    assert cover(without, truth) >= RATE
    assert (without["high"] - without["low"]).mean() > 2 * (with_events["high"] - with_events["low"]).mean()
    assert ((without["low"] <= without["probability"]) & (without["probability"] <= without["high"])).all()


def test_leads_without_attributes_are_covered(scorer, others):
    leads, events, truth = others
    answers, _ = score_leads(scorer, leads[["lead_id", "as_of"]], events, now=NOW, reasons=0)
    assert answers["warnings"].str.contains("MODEL003").all()
    assert cover(answers, truth) >= RATE


def test_decided_by_what_is_known_the_better_ones_are_routed(scorer, others):
    leads, _, truth = others
    without, _ = score_leads(scorer, leads, None, now=NOW, reasons=0)
    assert without["warnings"].str.contains("Decided by 0.").all()
    routed = (without["decision"] == "route_to_sales").to_numpy()
    assert truth[routed].mean() > truth[~routed].mean()


def test_one_lead_a_table_and_mlflow_say_the_same(scorer, others):
    leads, events, _ = others
    table = leads.head(40).copy()
    table.loc[table.index[:5], "employees"] = 10.0**9
    kept = events.loc[events["lead_id"].isin(table["lead_id"].iloc[::2]), ["lead_id", "occurred_at", "event_type"]]
    answers, _ = score_leads(scorer, table, kept, now=NOW, reasons=0)
    listed = dict(list(kept.groupby("lead_id")))
    rows = []
    for position, row in enumerate(table.to_dict("records")):
        past = listed.get(row["lead_id"], kept.head(0)).to_dict("records")
        history = tuple(Event(one["occurred_at"].to_pydatetime(), one["event_type"]) for one in past)
        attributes = {name: value for name, value in row.items() if name not in {"lead_id", "as_of"} and not pd.isna(value)}
        answer = scorer.score_lead(Lead(row["lead_id"], row["as_of"].to_pydatetime(), attributes, events=history), reasons=0)
        expected = answers.iloc[position]
        assert answer.interval == pytest.approx((expected["low"], expected["high"]), abs=1e-9)
        assert answer.decision == expected["decision"]
        said = [str(warning) for warning in answer.warnings if warning.code.startswith("MODEL")]
        assert all(text in expected["warnings"] for text in said)
        assert len(said) == expected["warnings"].count("MODEL0")
        sent = [{"occurred_at": one["occurred_at"].isoformat(), "event_type": one["event_type"]} for one in past]
        rows.append({**attributes, "lead_id": row["lead_id"], "as_of": row["as_of"], "events": json.dumps(sent)})
    served = score_frame(scorer, pd.DataFrame(rows), now=NOW.to_pydatetime())
    assert np.allclose(served[["low", "high"]], answers[["low", "high"]], atol=1e-9)
    assert served["decision"].tolist() == answers["decision"].tolist()
    assert served["warnings"].str.contains("MODEL003").sum() == answers["warnings"].str.contains("MODEL003").sum() >= 20


def test_points_decide_where_that_is_asked(scorer, others):
    leads, _, _ = others
    by_points = scorer.settings.model_copy(
        update={"threshold": scorer.settings.threshold.model_copy(update={"unlike": "points"})}
    )
    kept, scorer.settings = scorer.settings, by_points
    try:
        answers, _ = score_leads(scorer, leads.head(200), None, now=NOW, reasons=0)
    finally:
        scorer.settings = kept
    assert (answers["decision"] == answers["points_decision"]).all()
    assert answers["warnings"].str.contains("Decided by the points.").all()


def test_the_reference_keeps_no_value_of_a_lead(trained):
    coverage = json.loads(trained.files["reference.json"])["coverage"]
    assert set(coverage) == {"any", "events", "attributes", "ranges"}
    assert coverage["events"]["share"] < 0.01
    assert set(coverage["ranges"]) <= {"employees", "annual_revenue"}
