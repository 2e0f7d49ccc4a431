"""Assembled rows: one lead gives the row that the table gives."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictor.features.assemble import BOOK_TOTAL, TOTAL, assemble_row, assemble_table, sum_points
from predictor.points.award import award_lead
from predictor.points.award_table import award_table
from predictor.points.rulebook import parse_rule_book

BOOK = parse_rule_book(
    """
name = "x"
gate = 60
rules = [
  {name = "Boss", group = "title", attribute = "seniority", equals = "VP", points = 20},
  {name = "Big", group = "size", attribute = "employees", range = [200, inf], points = 10.5},
]""",
    "x.toml",
)
AS_OF = datetime(2026, 3, 31, tzinfo=UTC)
FRAME = pd.DataFrame({
    "lead_id": ["a", "b"], "as_of": pd.Series([AS_OF] * 2).astype("datetime64[us, UTC]"),
    "seniority": ["VP", None], "employees": [250.0, 10.0], "city": ["Rome", "Bonn"],
    "fit": [30.0, np.nan], "interest": [0.1, np.nan],
})  # fmt: skip
scores = st.floats(-1e6, 1e6) | st.just(np.nan)


def test_attributes_only():
    table = assemble_table(FRAME, ["city", "employees", "absent"])
    assert table.to_dict("list") == {"city": ["Rome", "Bonn"], "employees": [250.0, 10.0]}
    assert assemble_row({"city": "Rome", "other": 1}, ["city", "employees"], crm_points={}) == {"city": "Rome"}


def test_points_of_the_rule_book():
    table = assemble_table(FRAME, ["city"], awards=award_table(BOOK, FRAME, None))
    assert list(table.columns) == ["city", "points/title", "points/size", TOTAL, "rules/Boss", "rules/Big"]
    assert table[TOTAL].tolist() == [30.5, 0.0]


def test_points_of_the_crm():
    table = assemble_table(FRAME, [], crm_points=["fit", "interest"])
    assert list(table.columns) == ["points/fit", "points/interest", TOTAL]
    assert table[TOTAL].iloc[0] == 30.1
    assert np.isnan(table[TOTAL].iloc[1])
    assert list(assemble_table(FRAME, [], crm_points=["fit"]).columns) == [TOTAL]


def test_points_of_both():
    table = assemble_table(FRAME, [], crm_points=["fit"], awards=award_table(BOOK, FRAME, None))
    assert list(table.columns) == ["points/title", "points/size", BOOK_TOTAL, "rules/Boss", "rules/Big", TOTAL]


def test_absent_crm_points_are_missing():
    assert assemble_table(FRAME[["lead_id"]], [], crm_points=["fit"])[TOTAL].isna().all()


@pytest.mark.parametrize("crm_points", [[], ["fit"], ["fit", "interest"]])
@pytest.mark.parametrize("book", [None, BOOK])
def test_a_row_is_that_of_the_table(crm_points, book):
    awards = None if book is None else award_table(book, FRAME, None)
    table = assemble_table(FRAME, ["seniority", "employees"], crm_points=crm_points, awards=awards)
    for place, values in enumerate(FRAME.astype(object).where(FRAME.notna(), None).to_dict("records")):
        points = {name: FRAME[name].iloc[place] for name in crm_points}
        award = None if book is None else award_lead(book, values, [], AS_OF)
        row = assemble_row(values, ["seniority", "employees"], crm_points=points, award=award)
        assert list(row) == list(table.columns)
        numbers = [name for name in row if name.startswith(("points/", "rules/"))]
        np.testing.assert_array_equal([row[name] for name in numbers], table[numbers].iloc[place].to_numpy(dtype=float))


@settings(deadline=None)
@given(st.lists(st.lists(scores, min_size=5, max_size=5), min_size=1, max_size=6))
def test_sums_are_the_same_to_the_last_bit(rows):
    frame = pd.DataFrame(rows, columns=list("abcde"))
    whole = assemble_table(frame, [], crm_points=list("abcde"))[TOTAL]
    np.testing.assert_array_equal(whole, [sum_points(row) for row in rows])


@settings(deadline=None)
@given(st.lists(st.lists(scores, min_size=12, max_size=12), min_size=1, max_size=3))
def test_sums_of_many_columns_too(rows):
    names = [f"c{number}" for number in range(12)]
    whole = assemble_table(pd.DataFrame(rows, columns=names), [], crm_points=names)[TOTAL]
    np.testing.assert_array_equal(whole, [sum_points(row) for row in rows])
