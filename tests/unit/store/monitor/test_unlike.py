"""Leads unlike those of the training, counted by week."""

import numpy as np
import pandas as pd

from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.scoring.coverage import Coverage
from predictor.store.monitor.unlike import compute_unlike

FEATURES = FeatureSet((Feature("employees", "Employees", "Employees", kind="number"),), ("", "n/a"))
SPREAD = {"levels": [0.5], "probability": [0.2]}


def test_by_hand(monkeypatch):
    coverage = Coverage({"ranges": {"employees": [1.0, 100.0]}}, FEATURES)
    monkeypatch.setattr(Coverage, "_describe", lambda *_, **__: ("far", SPREAD))
    as_of = pd.Series(pd.to_datetime(["2026-03-02T09:00Z", "2026-03-08T23:00Z", "2026-03-09T00:00Z", "2026-03-10T00:00Z"]))
    matrix = np.array([[5.0], [500.0], [0.0], [1000.0]])
    table = compute_unlike(matrix, as_of, coverage)
    assert table[["leads", "unlike", "share"]].values.tolist() == [[2, 1, 0.5], [2, 2, 1.0]]
    assert table["week"].dt.day.tolist() == [2, 9]
    assert (table["share_low"] < table["share"]).all()


def test_nothing_is_unlike_where_the_bundle_keeps_no_ranges_or_nothing_was_scored():
    as_of = pd.Series(pd.to_datetime(["2026-03-02T09:00Z"]))
    assert compute_unlike(np.array([[5.0]]), as_of, Coverage(None, FEATURES))["unlike"].tolist() == [0]
    assert compute_unlike(np.empty((0, 1)), as_of.iloc[:0], Coverage(None, FEATURES)).empty
