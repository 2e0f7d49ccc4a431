"""The first screen of the page: the decision, what to do, and what happens today, each with its figures."""

import re
from dataclasses import replace

import numpy as np
import pytest
from unit.report.page.page_reader import read

from predictor.core.settings import make_settings
from predictor.model.threshold.gate import judge_gate
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.report.compare.comparison import compute_comparison
from predictor.report.decision.decision import make_decision
from predictor.report.decision.evidence import ModelFacts
from predictor.report.decision.read_evidence import read_evidence
from predictor.report.page.render import render_page
from predictor.report.table_cells import BETTER, SAME, WORSE


@pytest.fixture(scope="module")
def reader(data):
    return read(render_page(data))


def test_first_screen_gives_the_decision(data, reader):
    first = reader.text[: reader.text.index("Choose how many leads go to sales")]
    assert "Use the model to choose leads, in place of your points" in first
    # the gate: 40 leads in 10 weeks, 20 of them among the 60 SQLs; the model's best 40 are all SQLs
    assert "Today Today's gate of 60 points hands over 4.0 leads a week, of which 50 % (35 to 65 %) become SQLs." in first
    assert "4.0 leads a week, as today: 4.0 SQLs instead of 2.0, conversion 100 % instead of 50 %." in first
    assert re.search(r"How sure With as many leads as today, the model surely finds more: \d\.\d to \d\.\d SQLs a week", first)
    # 60 leads in 10 weeks at 0.2 or more convert wholly, so the threshold nearest the band is 0: all 200, 60 SQLs
    assert (
        "On Monday Work leads in the order of the model, the best first: all together convert at 30 %, so none is left out. "
        "If sales cannot work them all, hand over the best: predictor threshold --set --leads-per-week 4 . When the outcomes"
        in first
    )
    assert "Points and model on the same 200 leads, all newer than the training leads" in first
    again = "After this test the model that serves was trained again, with the test leads too."
    assert f"SQL within 42 days. Candidate 'lightgbm'. {again} Fitted on 1,234 leads with known outcomes" in first
    assert "from 2025-01-02 through 2026-09-30; 7 pending leads were left out." in first
    assert data.verdict.text in reader.text
    assert "By this test it may serve: its log loss is lower than that of 'points'." in reader.text


@pytest.mark.parametrize(
    ("judgement", "title", "action"),
    [
        (BETTER, "Use the model to choose leads", "Work leads in the order of the model"),
        (SAME, "Keep your points, and change their gate from 60 to 30", "In the CRM, set Score >= 30."),
        (WORSE, "Keep your points, and change their gate from 60 to 30", "In the CRM, set Score >= 30."),
    ],
)
def test_what_to_do_follows_from_the_judgement(data, judgement, title, action):
    tables = data.comparison.tables
    volume = tables["volume"].assign(told=lambda table: np.where(table["against"] == "", "", judgement))
    changed = {"volume": volume, "steps": tables["steps"].assign(points_told=judgement)}
    decision = replace(data, comparison=data.comparison.with_tables(changed)).decision
    assert decision.title.startswith(title)
    assert decision.steps[0].startswith(action)


def test_volume_is_the_capacity_of_sales_where_it_is_set(data):
    """At 20 leads a week, all of them, nothing can be chosen; at 2 the volume is not the gate's 4."""
    settings = make_settings({"threshold": {"policy": "capacity", "leads_per_week": 2.0}}).threshold
    evidence = read_evidence(data.comparison, threshold=0.0, settings=settings)
    assert (evidence.volume.source, evidence.volume.ways["model"].leads) == ("capacity", 2.0)
    assert evidence.volume.ways["model"].sqls == pytest.approx(2.0)
    assert evidence.volume.gains["model", "points"].mean == pytest.approx(1.0)
    assert read_evidence(data.comparison, threshold=0.0, settings=make_settings({}).threshold).volume.source == "gate"


def test_without_a_gate_or_capacity_a_gain_with_half_of_the_leads_counts(data):
    """The threshold hands over so many leads that points find nearly as many SQLs, and nobody said how many sales works."""
    tables, settings = data.comparison.tables, make_settings({}).threshold
    volume = tables["volume"].assign(told=lambda table: np.where(table["against"] == "", "", SAME))
    gates = tables["gates"][tables["gates"]["way"] != "points"]
    tie = data.comparison.with_tables({"volume": volume, "gates": gates})
    evidence = read_evidence(tie, threshold=0.2, settings=settings)
    assert (evidence.volume.source, evidence.volume.ways["model"].leads) == ("half", 6.0)  # of the steps, the nearest to half
    decision = make_decision(evidence)
    assert decision.kind == "use_model"
    assert decision.sure.startswith("With as many leads each, the model surely finds more: ")
    steps = tables["steps"].assign(points_told=SAME)
    clear = read_evidence(tie.with_tables({"steps": steps}), threshold=0.2, settings=settings)
    assert clear.volume.source == "threshold"
    assert make_decision(clear).kind == "keep_points"


def test_gate_that_surely_misses_the_band_is_changed(make_tested_gate):
    """40 % of the leads with 80 points become SQLs, 25 % of those with 60, 5 % of the others, from 20 on."""
    decision = make_decision(read_evidence(make_tested_gate(20.0), threshold=0.0, settings=make_settings({}).threshold))
    assert decision.title == "Keep your points, and change their gate from 20 to 60"
    assert decision.trade == "25 leads a week instead of 100: 6.9 SQLs instead of 10.6, conversion 28 % instead of 11 %."
    assert decision.figures["gate"] == 60.0
    kept = make_decision(read_evidence(make_tested_gate(60.0), threshold=0.0, settings=make_settings({}).threshold))
    assert kept.title == "Keep your points and their gate of 60"


def test_a_gate_that_hands_over_nearly_all_is_not_tightened_where_the_model_loses_fewer_sqls():
    """With nearly all leads no way can be better; with as many as a gate in the band hands over, the model is."""
    draw, n = np.random.default_rng(4), 4000
    fit = draw.normal(size=n)
    chance = 1 / (1 + np.exp(2.1 - 1.6 * fit))
    points = np.round(60 + 15 * (fit + 2.0 * draw.normal(size=n)), -1)
    gate = float(np.quantile(points, 0.01))
    leads = ComparedLeads(
        lead_id=np.arange(n).astype(object), outcome=(draw.random(n) < chance).astype(float), probability=chance, threshold=0.05,
        points=points, routed=points >= gate, gate=gate, weeks=40.0,
    )  # fmt: skip
    comparison, settings = compute_comparison(leads, resamples=50), make_settings({"threshold": {"band": [0.24, 0.3]}}).threshold
    evidence = read_evidence(comparison, threshold=0.05, settings=settings)
    assert evidence.advised is not None
    assert evidence.volume.source == "new gate"
    decision = make_decision(evidence)
    assert decision.kind == "use_model"
    assert decision.sure.startswith(
        "With as many leads as your points would hand over from a gate that keeps the policy, the model "
    )
    assert decision.figures["proposed"]["sqls"] > evidence.advised.handed.sqls
    unproven = read_evidence(comparison, threshold=0.05, settings=settings, model=ModelFacts(signal=True, may_serve=False))
    assert make_decision(unproven).kind == "change_gate"


def test_gate_is_not_changed_to_one_that_few_leads_pass(make_tested_gate):
    """Nobody knows whether the five leads with 100 points keep the band; the gate of 80, with 40 leads, is above it."""
    settings = make_settings({"threshold": {"policy": "precision", "precision": 0.6}}).threshold
    evidence = read_evidence(make_tested_gate(20.0), threshold=0.0, settings=settings)
    assert (evidence.advised, evidence.misses) == (None, True)
    assert make_decision(evidence).title == "Keep your points and their gate of 20"


@pytest.fixture
def make_tested_gate():
    points = np.repeat([80.0, 60.0, 20.0], [40, 160, 600])
    outcome = np.concatenate([np.arange(40) < 16, np.arange(160) < 39, np.arange(600) < 30]).astype(float)

    def make(gate):
        leads = ComparedLeads(
            lead_id=np.arange(800).astype(object), outcome=outcome, probability=points / 100, threshold=0.0, points=points,
            routed=points >= gate, gate=gate, weeks=8.0,
        )  # fmt: skip
        return compute_comparison(leads, resamples=20)

    return make


def test_figures_of_test_leads_are_those_of_the_threshold_that_was_tested(data):
    """The one that serves was chosen from these leads too: it is named, and neither sliders nor title use it."""
    text = render_page(replace(data, advice=replace(data.advice, threshold=0.5)))
    reader, steps = read(text), data.comparison.tables["steps"]
    assert reader.content["slider"]["start"] == 0 == steps["threshold"].iloc[0]
    named = "The final model's threshold is 50 %, chosen on all leads by the same rule."
    assert f"The sliders start at the tested threshold. {named}" in reader.text
    assert "Tested threshold As many as today's gate" in reader.text
    tested = replace(data.verdict.threshold, threshold=0.6)
    verdict, final = replace(data.verdict, threshold=tested), replace(data.advice, threshold=0.5)
    moved = replace(data, verdict=verdict, advice=final)
    gate = judge_gate(data.verdict.outcome, data.verdict.probability["lightgbm"] >= 0.6, weeks=10.0)
    assert moved.decision.figures["proposed"]["leads"] == gate.leads_per_week
    assert moved.decision.figures["proposed"]["conversion"] == gate.conversion
    assert moved.decision.figures["threshold"] == 0.5
    assert "Hand over leads with a probability of 50 % or more" in read(render_page(moved)).text


def test_candidate_that_has_not_earned_its_place(data):
    difference = replace(data.verdict.differences["points"], mean=0.1, low=0.05, high=0.2)
    verdict = replace(data.verdict, differences={"points": difference})
    text = read(render_page(replace(data, verdict=verdict))).text
    assert "By this test it may not serve: its log loss is not clearly lower than that of 'points'." in text
    assert "the chosen is worse" in text
