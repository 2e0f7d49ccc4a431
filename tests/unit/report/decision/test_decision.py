"""One decision for every kind of data, and no two of its sentences contradict each other."""

import json
import re
from dataclasses import replace
from itertools import product

import pytest

from predictor.report.compare.compared_leads import LEARNED, MODEL, POINTS
from predictor.report.decision.decision import Decision, make_decision
from predictor.report.decision.evidence import Evidence, Gain, Handed, LeadCounts, ModelFacts, PointsGate, Volume
from predictor.report.table_cells import BETTER, SAME, WORSE

ENDS = {BETTER: (1.0, 3.0), SAME: (-1.0, 1.0), WORSE: (-3.0, -1.0)}
TOO_LOOSE, NEW_GATE = Handed(leads=40, sqls=4, low=0.06, high=0.14), Handed(leads=20, sqls=5, low=0.21, high=0.32)


def make_gain(judgement):
    low, high = ENDS.get(judgement, (float("nan"), float("nan")))
    return Gain(mean=(low + high) / 2, low=low, high=high, judgement=judgement)


def make_evidence(
    *, points=True, gate=True, few=False, signal=True, serves=True, ranks_only=False, model=SAME, learned=SAME, both=SAME,
    advised=False, misses=False, base_rate=0.1, dated=True, trivial=False, capacity=False, reaches=True,
):  # fmt: skip
    unit = "a week" if dated else "of every 100 leads"
    everyone = Handed(leads=100, sqls=100 * base_rate)
    tested = LeadCounts(leads=40 if few else 1000, sqls=7 if few else round(1000 * base_rate), unit=unit, load=everyone)
    today = PointsGate(gate=60.0, handed=TOO_LOOSE) if points and gate else None
    ways, gains = {MODEL: Handed(leads=40, sqls=8, low=0.15, high=0.25)}, {}
    if points:
        ways = {POINTS: Handed(leads=40, sqls=6), LEARNED: Handed(leads=40, sqls=7)} | ways
        gains = {(MODEL, POINTS): make_gain(model), (LEARNED, POINTS): make_gain(learned), (MODEL, LEARNED): make_gain(both)}
    source = "capacity" if capacity else "gate" if today else "half" if trivial or not reaches else "threshold"
    proposals = {LEARNED: Handed(leads=25, sqls=6)} if points else {}
    return Evidence(
        tested=tested,
        model=ModelFacts(
            signal=signal,
            may_serve=serves,
            ranks_only=ranks_only,
            threshold=0.0 if trivial else 0.21,
            best=(0.49, 0.44, 0.54),
            holds=reaches,
            reaches=reaches,
        ),
        volume=Volume(source=source, ways=ways, gains=gains),
        proposals=proposals if trivial or not reaches else proposals | {MODEL: Handed(leads=30, sqls=7, low=0.18, high=0.3)},
        today=today,
        advised=PointsGate(gate=80.0, handed=NEW_GATE) if advised and today else None,
        misses=bool(misses and today),
        wanted="the wanted conversion of 20 to 30 %",
        learned_gate=34.0 if points else None,
    )


CASES = [
    ("not_enough_leads", {"few": True}),
    ("not_enough_leads", {"few": True, "points": False}),
    ("not_enough_leads", {"few": True, "signal": False}),
    ("no_signal", {"signal": False}),
    ("no_signal", {"signal": False, "points": False, "model": BETTER}),
    ("use_model", {"points": False}),
    ("use_model", {"points": False, "serves": False, "ranks_only": True}),
    ("use_model", {"points": False, "base_rate": 0.6, "trivial": True}),
    ("keep_points", {}),
    ("keep_points", {"gate": False}),
    ("keep_points", {"model": WORSE, "learned": WORSE}),
    ("keep_points", {"model": BETTER, "serves": False}),
    ("keep_points", {"model": "", "learned": ""}),
    ("change_gate", {"advised": True}),
    ("use_model", {"model": BETTER, "advised": True}),
    ("use_model", {"model": BETTER, "learned": BETTER, "both": BETTER}),
    ("use_model", {"model": BETTER, "gate": False, "ranks_only": True}),
    ("use_model", {"model": BETTER, "base_rate": 0.39, "trivial": True}),
    ("use_model", {"model": BETTER, "base_rate": 0.03, "reaches": False}),
    ("keep_points", {"base_rate": 0.03, "reaches": False}),
    ("use_learned_points", {"learned": BETTER, "model": BETTER}),
    ("use_learned_points", {"learned": BETTER}),
    ("use_learned_points", {"learned": BETTER, "model": BETTER, "both": BETTER, "serves": False}),
]


@pytest.mark.parametrize(("kind", "facts"), CASES)
def test_decision_follows_from_what_is_surely_better(kind, facts):
    assert make_decision(make_evidence(**facts)).kind == kind


def test_first_step_names_the_threshold_of_the_service_where_the_model_only_ranks():
    first = make_decision(make_evidence(points=False, ranks_only=True)).steps[0]
    assert (
        first == "Hand over leads with a probability of 21 % (the threshold) or more: the service does so once this model serves."
    )


def list_every_kind_of_data():
    judgements = (BETTER, SAME, WORSE, "")
    for points, gate, few, signal, serves, trivial in product((True, False), repeat=6):
        for model, learned, both in product(judgements, judgements, (BETTER, SAME)) if points else [(SAME, SAME, SAME)]:
            for base_rate, dated, advised in ((0.1, True, True), (0.25, True, False), (0.6, False, True), (0.03, True, False)):
                yield {
                    "points": points, "gate": gate, "few": few, "signal": signal, "serves": serves, "trivial": trivial,
                    "model": model, "learned": learned, "both": both, "base_rate": base_rate, "dated": dated, "advised": advised,
                    "ranks_only": not serves, "capacity": advised and dated and not gate,
                    "reaches": base_rate > 0.05 or trivial, "misses": not advised,
                }  # fmt: skip


# what a decision of another kind says, and this one must not
KEEPS, CHANGES = r"[Kk]eep your points|Change nothing", r"change their gate|Score >= 80"
LEARNS, MODELS = (
    r"[Uu]se the learned points|learned_points\.toml",
    r"Use the model|Rank leads by|Leave out the worst|order of the model|by the model:",
)
ALLOWED = {
    "keep_points": {KEEPS},
    "change_gate": {KEEPS, CHANGES},
    "use_learned_points": {LEARNS},
    "use_model": {MODELS},
    "not_enough_leads": {KEEPS},
    "no_signal": {KEEPS},
}


def test_no_two_sentences_contradict():
    seen = set()
    for facts in list_every_kind_of_data():
        decision = make_decision(make_evidence(**facts))
        seen.add(decision.kind)
        text = " ".join((*decision.sentences, *decision.steps))
        for said in {KEEPS, CHANGES, LEARNS, MODELS} - ALLOWED[decision.kind]:
            assert not re.search(said, text), (facts, said, text)
        check_certainty(decision, facts, text)
        check_place(decision, facts, text)
        assert "nan" not in text.lower()
        assert all(decision.steps)
        assert Decision.from_json(json.loads(json.dumps(decision.to_json()))) == decision
    assert seen == set(ALLOWED)


def check_certainty(decision, facts, text):
    """Nothing is sure and unclear at once, and nothing is sure without a signal or with few leads."""
    assert not ("surely find" in text and "no clear difference" in text), text
    if decision.kind in ("no_signal", "not_enough_leads"):
        assert "surely" not in text
        assert "instead of" not in text
    if decision.kind == "use_model" and facts["points"]:
        assert "the model surely finds more" in text
    if decision.kind == "use_learned_points":
        assert "the learned points surely find more" in text
    if decision.kind == "keep_points":
        assert "the learned points surely" not in text
        assert "the model surely" not in text or "But its probabilities are not surely better" in text


def check_place(decision, facts, text):
    """A firm without points hears nothing of them, one without a gate of none, one without dates of no weeks."""
    if not facts["points"]:
        assert "points" not in text.replace("today's", ""), text
    if not (facts["points"] and facts["gate"]):
        assert "gate" not in text or decision.kind == "use_learned_points", text
    if not facts["dated"]:
        assert " a week" not in text, text
        assert "--leads-per-week" not in text, text
    if decision.kind == "use_model" and facts["trivial"] and facts["serves"]:
        assert "best first" in text
        assert "or more" not in text
    if decision.figures["threshold"] is not None:
        assert decision.kind == "use_model"
        assert facts["reaches"]
    if decision.kind == "use_model" and not facts["reaches"]:
        assert "No threshold surely reaches the wanted conversion of 20 to 30 %" in text
        assert "or more" not in text


def test_where_both_find_the_same_leads_no_interval_of_nothing_is_given():
    evidence = make_evidence(gate=False)
    same = {pair: replace(gain, mean=0.0, low=0.0, high=0.0) for pair, gain in evidence.volume.gains.items()}
    decision = make_decision(replace(evidence, volume=replace(evidence.volume, gains=same)))
    assert decision.kind == "keep_points"
    assert "and your points find equally many SQLs." in decision.sure
    assert "0.0 to 0.0" not in decision.sure


@pytest.mark.parametrize("gate", [True, False])
def test_a_conversion_that_no_threshold_reaches_is_no_reason_to_hand_over_next_to_nothing(gate):
    """At a base rate of 3 % the threshold nearest to the band would hand over a lead or two a week."""
    decision = make_decision(make_evidence(model=BETTER, base_rate=0.03, reaches=False, gate=gate))
    whose = "as today" if gate else "whoever chooses"
    assert decision.trade.startswith(f"40 leads a week, {whose}: 8.0 SQLs instead of {4 if gate else 6}.0, conversion 20 %")
    assert decision.sure.endswith(
        "No threshold surely reaches the wanted conversion of 20 to 30 %: all leads together convert at 3.0 %."
    )
    whose, number = ("today", "40") if gate else ("sales can work", "N")
    command = f"`predictor threshold --set --leads-per-week {number}`"
    assert decision.steps[0] == f"Hand over as many leads as {whose}, the best first: {command}."
    assert decision.steps[1].startswith("Agree with sales on a conversion that these leads reach")


def test_figures_that_do_not_change_are_said_once():
    kept = make_evidence()
    ways = dict.fromkeys((POINTS, LEARNED, MODEL), Handed(leads=40, sqls=8))
    tie = make_decision(replace(kept, volume=replace(kept.volume, ways=ways)))
    assert tie.trade == "40 leads a week, as today: the model and your points find 8.0 SQLs each, conversion 20 %."
    better = make_evidence(model=BETTER, gate=True)
    today = PointsGate(gate=60.0, handed=Handed(leads=20, sqls=4.6667))
    grown = make_decision(replace(better, today=today))
    assert grown.trade == "30 leads a week instead of 20: 7.0 SQLs instead of 4.7, conversion 23 % as today."


def test_a_model_that_chooses_as_the_points_do_is_not_said_to_score_beside_them():
    evidence = make_evidence()
    same = {pair: replace(gain, mean=0.0, low=0.0, high=0.0) for pair, gain in evidence.volume.gains.items()}
    decision = make_decision(replace(evidence, volume=replace(evidence.volume, gains=same)))
    assert decision.steps[1].startswith("The model adds nothing to your points yet. Give the training more")


def test_the_trade_is_in_weekly_figures():
    decision = make_decision(make_evidence(advised=True))
    assert decision.title == "Keep your points, and change their gate from 60 to 80"
    assert decision.trade == "20 leads a week instead of 40: 5.0 SQLs instead of 4.0, conversion 25 % instead of 10 %."
    assert decision.sure.startswith(
        "Today's gate surely misses the wanted conversion of 20 to 30 %: 10 % (6.0 to 14.0 %) become SQLs."
    )
    assert decision.steps[0] == "In the CRM, set Score >= 80."
    assert decision.figures["gate"] == 80.0
    model = make_decision(make_evidence(model=BETTER))
    assert model.trade == "30 leads a week instead of 40: 7.0 SQLs instead of 4.0, conversion 23 % instead of 10 %."
    assert model.sure == "With as many leads as today, the model surely finds more: 1.0 to 3.0 SQLs a week (95 % interval)."
    assert model.steps[0].startswith("Hand over leads with a probability of 21 % or more")
    assert "8.0 SQLs a week: `predictor threshold --set --leads-per-week 40`" in model.steps[1]
    assert model.figures["threshold"] == 0.21
    assert model.figures["proposed"] == {"leads": 30, "sqls": 7, "conversion": pytest.approx(7 / 30)}


def test_without_points_the_story_is_the_ranking():
    decision = make_decision(make_evidence(points=False))
    assert decision.title == "Rank leads by the model: the best 20 % hold 49 % of all SQLs"
    assert decision.trade.startswith(
        "The best 30 % of the leads, 30 leads a week, hold 70 % of all SQLs: conversion 23 % instead of 10 %"
    )
    assert decision.sure == "The order is surely better than chance: the best 20 % hold 49 % (44 to 54 %) of all SQLs."


def test_where_most_leads_are_worth_working_the_title_says_what_is_left_out():
    evidence = make_evidence(points=False, base_rate=0.6)
    most = replace(evidence, proposals={MODEL: Handed(leads=86, sqls=59.4)})
    assert make_decision(most).title == "Leave out the worst 14 % of leads by the model: they hold 1.0 % of all SQLs"
    half = replace(evidence, proposals={MODEL: Handed(leads=50, sqls=40)})
    assert make_decision(half).title == "Rank leads by the model: the best 20 % hold 49 % of all SQLs"


def test_a_gate_that_misses_the_policy_and_no_gate_that_keeps_it():
    decision = make_decision(make_evidence(misses=True))
    assert decision.title == "Keep your points and their gate of 60"
    missed = "Today's gate surely misses the wanted conversion of 20 to 30 %, but no other gate is sure to keep it."
    assert decision.sure.startswith(missed)
    assert decision.steps[0] == "Change nothing in the CRM: Score >= 60."
