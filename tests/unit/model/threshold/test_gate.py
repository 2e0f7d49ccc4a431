"""Gates: the verdict on one that exists already."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from predictor.core.errors import TrainingError
from predictor.model.metrics.intervals import wilson
from predictor.model.threshold.gate import judge_gate


@pytest.mark.parametrize(
    ("accepted", "verdict"),
    [
        (0, "too loose"),
        (14, "too loose"),
        (15, "below the band"),
        (19, "below the band"),
        (20, "in band"),
        (30, "in band"),
        (31, "above the band"),
        (40, "above the band"),
        (41, "too tight"),
        (100, "too tight"),
    ],
)
def test_verdict_on_a_gate(accepted, verdict):
    outcome = np.arange(200) % 100 < accepted  # of the other 100 as many
    assert judge_gate(outcome, np.arange(200) < 100, weeks=5).verdict == verdict


def test_verdict_follows_the_band_of_the_firm():
    leads, band = np.arange(200), (0.05, 0.12)
    verdicts = {n: judge_gate(leads % 100 < n, leads < 100, weeks=1, band=band).verdict for n in (4, 10, 14, 41)}
    assert verdicts == {4: "too loose", 10: "in band", 14: "above the band", 41: "too tight"}


def test_gate_by_hand():
    outcome = np.array([1] * 12 + [0] * 88 + [1] * 4 + [0] * 96)
    gate = judge_gate(outcome, np.arange(200) < 100, weeks=8)
    assert (gate.leads, gate.leads_per_week, gate.share_routed, gate.conversion) == (100, 12.5, 0.5, 0.12)
    assert (gate.low, gate.high) == pytest.approx(wilson(12, 100))
    assert gate.sqls_caught == 0.75
    assert gate.text == (
        "The gate hands over 12 a week, 50 % of all, of which 12 % (7.0 to 19.8 %) become SQLs: 75 % of all SQLs. "
        "Too loose (wanted: 20 to 30 %): sales gets leads that are not qualified."
    )
    json.dumps(asdict(gate), allow_nan=False)


@pytest.mark.parametrize(("outcome", "caught"), [([0, 1], 0.0), ([0, 0], None)])
def test_gate_that_hands_over_nobody(outcome, caught):
    gate = judge_gate(outcome, [False, False], weeks=None)
    assert (gate.leads, gate.leads_per_week, gate.conversion, gate.low, gate.high) == (0, None, None, None, None)
    assert (gate.sqls_caught, gate.verdict) == (caught, "no leads")
    json.dumps(asdict(gate), allow_nan=False)


def test_gate_that_hands_over_everybody():
    gate = judge_gate([0, 1, 0, 0], [True] * 4, weeks=None)
    assert (gate.leads, gate.share_routed, gate.conversion, gate.sqls_caught) == (4, 1.0, 0.25, 1.0)
    assert gate.text.startswith("The gate hands over every lead, of which 25 %")


@pytest.mark.parametrize(("leads", "verdict"), [(19, "too few leads"), (20, "too tight")])
def test_gate_with_few_leads_is_not_judged(leads, verdict):
    gate = judge_gate(np.arange(100) % 40 < 15, np.arange(100) < leads, weeks=1)
    assert gate.verdict == verdict
    assert ("Too few leads (wanted: 20 to 30 %): nothing follows from fewer than 20." in gate.text) is (leads < 20)


def test_gate_needs_one_decision_a_lead():
    with pytest.raises(TrainingError, match="there are 3 and 2"):
        judge_gate([0, 1, 0], [True, False], weeks=1)


@pytest.mark.parametrize(
    ("held_back", "sqls", "verdict"),
    [(100, 5, "above the band"), (100, 19, "above the band"), (100, 20, "too tight"), (19, 19, "above the band")],
)
def test_a_gate_is_too_tight_only_where_it_holds_back_leads_that_sales_could_convert(held_back, sqls, verdict):
    outcome = np.concatenate([np.arange(100) < 60, np.arange(held_back) < sqls])
    assert judge_gate(outcome, np.arange(100 + held_back) < 100, weeks=1).verdict == verdict


def test_a_gate_that_hands_over_every_lead_holds_none_back():
    assert judge_gate([1, 1, 0] * 50, [True] * 150, weeks=1).verdict == "above the band"
