"""Attributes as functions of the firm's own see them: one type a kind, whatever the cell is written in, alone as in a table."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from predictor.data.events.history import read_history
from predictor.features.own_attributes import AttributeReader
from predictor.features.own_features import OwnFeatures

NOW = datetime(2026, 5, 9, 12, tzinfo=UTC)
KINDS = {"size": "number", "plan": "category", "since": "date", "topics": "set", "Employees (range)": "number"}
READER = AttributeReader(KINDS, ("n/a", "-"), "Europe/Berlin")


def read_one(name, value):
    """What a function is shown of one lead with that value."""
    shown = []

    def look(leads, _events):
        shown.append(leads[name].iloc[0])
        return pd.Series(1.0, leads.index)

    OwnFeatures({"look": look}, READER).compute_one(read_history([], NOW), {name: value})
    return None if pd.isna(shown[0]) else shown[0]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("size", 12, 12.0),
        ("size", "12.5 ", 12.5),
        ("size", np.int64(3), 3.0),
        ("size", "many", None),
        ("size", True, None),
        ("size", float("inf"), None),
        ("size", "N/A", None),
        ("Employees (range)", "30", 30.0),
        ("plan", "  Pro ", "pro"),
        ("plan", True, "true"),
        ("plan", 3.0, "3"),
        ("plan", "-", None),
        ("plan", ["a"], None),
        ("since", "2026-01-31", pd.Timestamp("2026-01-30T23:00Z")),
        ("since", date(2026, 1, 31), pd.Timestamp("2026-01-30T23:00Z")),
        ("since", datetime(2026, 1, 31, tzinfo=UTC), pd.Timestamp("2026-01-31T00:00Z")),
        ("since", "2026-05-09T12:00:00Z", pd.Timestamp("2026-05-09T12:00Z")),
        ("since", "2026-05-09T12:00:01Z", None),  # after the moment: nobody could know it then
        ("since", "soon", None),
        ("since", 7, None),
        ("topics", "Pricing; API", "api;pricing"),
        ("topics", ["API", "Pricing"], "api;pricing"),
        ("topics", "n/a", None),
    ],
)
def test_a_value_alone_and_in_a_table(name, value, expected):
    assert read_one(name, value) == expected
    cells = pd.DataFrame({name: pd.Series([None, value, "n/a"], dtype=object)})
    table = READER.read(cells, pd.DatetimeIndex([NOW] * 3))[name]
    assert (None if pd.isna(table[1]) else table[1]) == expected
    assert table[[0, 2]].isna().all()


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1.0, None, 3.0]),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series(["1", None, "3"], dtype="str"),
        pd.Series(["1", "n/a", "3.0"], dtype=object),
        pd.Series(["1", "-", "3"], dtype="category"),
        pd.Series([1, None, 3], dtype="int64[pyarrow]"),
    ],
)
def test_a_number_is_the_same_in_any_type_of_column(column):
    read = READER.read(pd.DataFrame({"size": column}), pd.DatetimeIndex([NOW] * 3))
    assert read["size"].dtype == "float64"
    assert read["size"].tolist() == pytest.approx([1.0, np.nan, 3.0], nan_ok=True)
    assert read.columns.tolist() == list(KINDS)
    assert read["plan"].dtype == "str"
