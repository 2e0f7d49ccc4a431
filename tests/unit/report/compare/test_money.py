"""Money and gates: the best choice of each way, compared with a search by hand."""

import numpy as np
import pytest
from unit.report.compared import TESTED, make_tested

from predictor.core.settings import make_settings
from predictor.report.compare.comparison import compute_comparison
from predictor.report.compare.money import compute_values, list_choices
from predictor.report.compare.point_gates import choose_point_gate, compute_point_gates

TABLES = compute_comparison(TESTED, resamples=5).tables


def test_every_way_has_its_best_choice():
    values = compute_values(list_choices(TABLES), amount=100, cost=20).set_index("way")
    # a week: today's gate of 60 hands over 8 leads with 2 SQLs; the model's best 6 are SQLs all
    assert values.loc["today's gate", ["leads", "sqls", "value", "more"]].tolist() == [8, 2, 40, 0]
    assert values.loc["model", ["leads", "sqls", "value", "more"]].tolist() == [6, 6, 480, 440]
    # 10 points or more: all that have points, 18 leads with 6 SQLs; 70 or more: 4 with 2
    assert values.loc["best gate", ["at", "leads", "sqls", "value"]].tolist() == [10, 18, 6, 240]


@pytest.mark.parametrize(("capacity", "gate"), [(17, 30), (5, 70), (1, None)])
def test_capacity_limits_the_choices(capacity, gate):
    values = compute_values(list_choices(TABLES), amount=100, cost=1, capacity=capacity).set_index("way")
    assert ("best gate" in values.index) is (gate is not None)
    if gate is not None:
        assert values.loc["best gate", "at"] == gate
    assert values.loc["today's gate", "leads"] == 8


def test_gates_count_leads_that_a_rule_qualifies_and_never_those_without_points():
    gates = compute_point_gates(make_tested(qualifies=np.arange(200) % 10 == 9)).set_index("gate")
    assert gates.loc[60.0, ["leads", "sqls"]].tolist() == [100, 20]  # four of ten by points, and the tenth, which has none
    assert gates.loc[10.0, "leads"] == 200
    plain = compute_point_gates(TESTED).set_index("gate")
    assert plain.loc[10.0, "leads"] == 180
    assert plain.index[plain["today"]].tolist() == [60.0]


def test_many_distinct_points_give_round_gates():
    points = np.linspace(0, 99.37, 200)
    gates = compute_point_gates(make_tested(points=points, routed=points >= 33.3, gate=33.3, qualifies=None))
    assert len(gates) <= 63
    assert set(gates["gate"] % 2) - {0.0} == {33.3 % 2}


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({}, 10.0),  # all leads with points convert at 33 %, above the low end: the gate with most SQLs beyond 20 %
        ({"policy": "precision", "precision": 0.35}, 70.0),  # 20 of 40 leads; of the 100 with 30 or more 40 %, which is not sure
        ({"policy": "precision", "precision": 0.6}, None),
        ({"policy": "capacity", "leads_per_week": 9}, 60.0),
        ({"policy": "value", "amount": 100, "cost": 49}, 70.0),
    ],
)
def test_policy_chooses_a_gate(changes, gate):
    gates = TABLES["point_gates"]
    place = choose_point_gate(gates, make_settings({"threshold": changes}).threshold)
    assert (None if place is None else gates["gate"].iloc[place]) == gate
