"""The fairness table: worked by hand, and without figures of small groups."""

import numpy as np
import pandas as pd
import pytest

from predictor.core.errors import TrainingError
from predictor.model.metrics.intervals import wilson
from predictor.report.fairness import COLUMNS, TOO_LITTLE, TOO_MUCH, compute_fairness
from predictor.report.table_cells import FEW, SAME


def judge(groups, outcome, probability=0.3, routed=True, **settings):
    n = len(groups)
    protected = groups if isinstance(groups, pd.DataFrame) else pd.DataFrame({"gender": groups})
    return compute_fairness(protected, outcome, np.broadcast_to(probability, n), np.broadcast_to(routed, n), **settings)


def test_worked_by_hand():
    table = judge(
        ["f"] * 40 + ["m"] * 60, [1] * 20 + [0] * 20 + [1] * 6 + [0] * 54, [0.25] * 40 + [0.2] * 60, [True] * 10 + [False] * 90
    )
    assert tuple(table.columns) == COLUMNS
    m, f = (row for _, row in table.iterrows())
    assert (m["group"], f["group"]) == ("m", "f")
    assert (f["leads"], f["conversion"], f["promised"]) == (40, 0.5, 0.25)
    spread = 1.96 * np.sqrt(0.25 * 0.75 / 40)
    assert (f["difference"], f["difference_low"]) == (0.25, pytest.approx(0.25 - spread, abs=1e-4))
    assert (f["conversion_low"], f["conversion_high"]) == pytest.approx(wilson(20, 40))
    assert (f["routed"], f["routed_low"], f["routed_high"]) == pytest.approx((0.25, *wilson(10, 40)))
    assert (f["told"], m["told"]) == (TOO_LITTLE, SAME)
    assert m["difference"] == pytest.approx(-0.1)
    assert (m["routed"], m["difference_high"] > 0) == (0.0, True)


def test_a_promise_that_is_not_kept():
    assert judge(["f"] * 100, [1] * 10 + [0] * 90)["told"].tolist() == [TOO_MUCH]


def test_small_groups_are_pooled_and_not_named():
    table = judge(["m"] * 30 + ["f"] * 20 + ["Ada"] * 12 + ["Bob"] * 8, [0, 1] * 35)
    assert table["group"].tolist() == ["m", "f", "other (2 groups)"]
    assert table["leads"].tolist() == [30, 20, 20]
    assert table["conversion"].notna().all()


def test_of_a_pool_that_is_too_small_only_its_size_is_given():
    table = judge(["m"] * 30 + ["Ada"], [0, 1] * 15 + [1])
    assert table["group"].tolist() == ["m", "other (1 group)"]
    few = table.iloc[1]
    assert (few["leads"], few["told"]) == (1, FEW)
    assert few[list(COLUMNS[3:-1])].isna().all()


def test_names_of_persons_are_one_pool():
    table = judge([f"Person {number}" for number in range(50)], [0, 1] * 25)
    assert table["group"].tolist() == ["other (50 groups)"]
    assert "Person" not in table.to_string()


def test_missing_is_a_group_and_spellings_are_one():
    table = judge(["F", " f"] * 15 + [None] * 20 + ["M"] * 10 + ["m "] * 15, [0, 1] * 37 + [0])
    assert dict(zip(table["group"], table["leads"], strict=True)) == {"f": 30, "m": 25, "not known": 20}


@pytest.mark.parametrize("numbers", [[str(20 + at % 40) for at in range(200)], [20 + at % 40 for at in range(200)]])
def test_numbers_are_cut_into_four_bands(numbers):
    table = judge(numbers, [0, 1] * 100)
    assert set(table["group"]) == {"under 30", "30 to < 40", "40 to < 50", "50 or more"}
    assert table["leads"].tolist() == [50] * 4


def test_birthdays_are_cut_by_year():
    days = pd.date_range("1960-01-01", periods=200, freq="70D").strftime("%Y-%m-%d")
    table = judge(list(days), [0, 1] * 100)
    assert len(table) == 4
    assert all(word.isdecimal() and len(word) == 4 for group in table["group"] for word in group.split() if word[0].isdecimal())


def test_codes_of_a_few_numbers_are_groups():
    assert set(judge([0, 1] * 30, [0, 1] * 30)["group"]) == {"0", "1"}


def test_several_columns_one_after_another_and_none_at_all():
    people = pd.DataFrame({"gender": ["f", "m"] * 30, "age": ["30"] * 60})
    assert judge(people, [0, 1] * 30)["column"].tolist() == ["gender", "gender", "age"]
    empty = judge(people[[]], [0, 1] * 30)
    assert (len(empty), tuple(empty.columns)) == (0, COLUMNS)
    missing = judge(pd.DataFrame({"gender": [None] * 60}), [0, 1] * 30)
    assert missing["group"].tolist() == ["not known"]


def test_leads_of_each_column_are_all_leads():
    draw = np.random.default_rng(0)
    people = pd.DataFrame({"a": draw.choice(list("vwxyz"), 300, p=[0.6, 0.3, 0.05, 0.03, 0.02]), "b": draw.normal(size=300)})
    table = judge(people, draw.integers(0, 2, 300), draw.random(300), draw.random(300) < 0.5)
    assert table.groupby("column")["leads"].sum().tolist() == [300, 300]


def test_order_of_rows_changes_nothing_but_ties():
    draw = np.random.default_rng(1)
    people = pd.DataFrame({"a": ["x"] * 120 + ["y"] * 80})
    outcome, probability, routed = draw.integers(0, 2, 200), draw.random(200), draw.random(200) < 0.5
    mixed = draw.permutation(200)
    turned = compute_fairness(people.iloc[mixed], outcome[mixed], probability[mixed], routed[mixed])
    pd.testing.assert_frame_equal(turned, compute_fairness(people, outcome, probability, routed))


def test_right_probabilities_differ_in_one_group_of_twenty():
    draw, off = np.random.default_rng(2), 0
    for _ in range(400):
        probability = draw.beta(2, 8, 200)
        off += judge(["x"] * 200, draw.random(200) < probability, probability)["told"].iloc[0] != SAME
    assert 0.02 <= off / 400 <= 0.08


def test_two_columns_of_one_name_are_refused():
    people = pd.DataFrame([["f", "m"]] * 30, columns=["gender", "gender"])
    with pytest.raises(TrainingError, match=r"names of their own, but 'gender' is there twice\. Name each once"):
        judge(people, [0, 1] * 15)


@pytest.mark.parametrize(("rows", "routed"), [(59, 60), (60, 59)])
def test_rows_of_other_leads_are_refused(rows, routed):
    with pytest.raises(TrainingError, match=rf"but there are {rows}, {routed} and 60\. Take the rows of the same leads"):
        compute_fairness(pd.DataFrame({"gender": ["f"] * rows}), [0, 1] * 30, [0.5] * 60, [True] * routed)
