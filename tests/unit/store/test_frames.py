"""Rows are read in parts: every one of them, with the types of the schema, from both kinds of database."""

from datetime import timedelta

import pandas as pd
import pytest
from unit.store.conftest import NOON, make_outcome, make_score

from predictor.store import frames


@pytest.mark.parametrize("rows", [1, 2, 5, 100])
def test_no_row_is_lost_between_two_parts(database, monkeypatch, rows):
    moments = [NOON + timedelta(days=day, microseconds=day) for day in range(5)]
    database.write([make_score(f"L{day}", at=at, features={"size": day}) for day, at in enumerate(moments)])
    database.write([make_outcome("L1", occurred_at=None), make_outcome("L2", occurred_at=moments[1])])
    monkeypatch.setattr(frames, "_ROWS", rows)
    scores, outcomes = database.load_scores(features=True), database.load_outcome_history()
    assert scores["lead_id"].tolist() == ["L0", "L1", "L2", "L3", "L4"]
    assert scores["scored_at"].tolist() == moments
    assert scores["features"].tolist() == [{"size": day} for day in range(5)]
    assert scores["explore"].dtype == bool
    assert scores["points"].isna().all()
    assert outcomes["occurred_at"].tolist() == [pd.NaT, moments[1]]
    assert database.load_served()["as_of"].dtype == scores["as_of"].dtype == "datetime64[us, UTC]"
