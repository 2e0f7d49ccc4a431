"""Single values, and columns of them: both to the same texts and numbers."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.data.parse import parse_numbers
from predictor.data.values import factorize_column, normal_text, normal_texts, to_number, to_plain

cells = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1", "1.0", " true", "Ärzte", "0"])
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" Straße ", "strasse"),  # casefold, so that STRASSE is the same
        ("", None),
        ("   ", None),
        (None, None),
        (math.nan, None),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (1.0, "1"),
        (0.5, "0.5"),
        (-0.0, "0"),
        (1e20, "1e+20"),
        (10**400, "inf"),
        (0.1 + 0.2, "0.3"),
    ],
)
def test_normal_texts(value, text):
    assert normal_text(value) == text


@pytest.mark.parametrize("value", [["a"], {"a": 1}, pd.Timestamp("2026-01-01"), (1,)])
def test_what_is_no_single_value(value):
    with pytest.raises(TypeError, match="is no single value"):
        normal_text(value)


@pytest.mark.parametrize(("value", "number"), [("250", 250.0), (" -1e3 ", -1000.0), (7, 7.0), (0.5, 0.5), (".5", 0.5)])
def test_numbers(value, number):
    assert to_number(value) == number


@pytest.mark.parametrize("value", [None, "", "  ", math.nan])
def test_missing_numbers(value):
    assert math.isnan(to_number(value))


@pytest.mark.parametrize(
    ("value", "match"),
    [
        ("many", "this text is no number"),
        ("1,000", "this text is no number"),
        ("1_000", "this text is no number"),
        ("١", "is no number"),
        (True, "yes or no is no number"),
        (["3"], "a list is no number"),
        (math.inf, "infinity is no number"),
        ("inf", "infinity"),
        (10**400, "infinity is no number"),
        ("9" * 400, "infinity is no number"),
        ("x" * 5000, "this text is no number"),
    ],
)
def test_what_is_no_number(value, match):
    with pytest.raises(ValueError, match=match):
        to_number(value)


@given(
    st.text(max_size=12) | st.floats().map(repr) | st.integers().map(str) | st.from_regex(r"[-+ ]?[\d_.,e]{1,8}", fullmatch=True)
)
def test_a_text_is_a_number_alone_if_it_is_one_in_a_column(text):
    if not text.strip() or text.strip().casefold().lstrip("+-") == "nan":
        return
    numbers, bad = parse_numbers(pd.Series([text.strip()], dtype="str"))
    if bad.iloc[0]:
        with pytest.raises(ValueError, match="is no number"):
            to_number(text)
    else:
        assert to_number(text) == numbers.iloc[0]


@given(st.lists(cells, max_size=20))
def test_a_column_is_its_values_one_by_one(values):
    column = pd.Series(values, dtype=object)
    assert normal_texts(column).tolist() == [normal_text(value) for value in values]
    codes, distinct = factorize_column(column)
    assert [repr(distinct[code]) for code in codes] == [repr(value) for value in values] or any(value == 0 for value in values)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["A", None, "a"]),
        pd.Series([1.0, np.nan]),
        pd.Series([1, None], dtype="Int64"),
        pd.Series(["x", None], dtype="category"),
    ],
)
def test_typed_columns_keep_what_is_missing(column):
    assert normal_texts(column).isna().tolist() == column.isna().tolist()


def test_true_and_one_stay_apart():
    codes, values = factorize_column(pd.Series([1, True, 1.0, np.bool_(True), "1"], dtype=object))
    assert codes.tolist() == [0, 1, 2, 1, 3]
    assert values == [1, True, 1.0, "1"]


def test_lists_are_distinct_and_not_compared():
    codes, values = factorize_column(pd.Series([["a"], "b", ["a"]], dtype=object))
    assert (codes.tolist(), values) == ([0, 1, 2], [["a"], "b", ["a"]])


def test_plain_values():
    assert [type(to_plain(value)) for value in (np.int64(1), np.float32(1), np.bool_(1), "x")] == [int, float, bool, str]
