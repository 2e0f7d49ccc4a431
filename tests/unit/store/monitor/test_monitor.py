"""The frames that the store gives are those that the monitor takes."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from predictor.scoring.answer import Answer
from predictor.store.database import Database
from predictor.store.episodes import join_outcomes
from predictor.store.monitor.advice import Advised
from predictor.store.monitor.drift import compute_drift
from predictor.store.monitor.funnel import compute_funnel
from predictor.store.monitor.monitor import Monitored
from predictor.store.monitor.page import render_monitor
from predictor.store.monitor.realised import compute_realised
from predictor.store.records import Answered
from predictor.store.store import Store

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
LEVELS = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
REFERENCE = {"n": 500, "quantiles": LEVELS, "probability": LEVELS, "features": {}}


@pytest.fixture
def store(tmp_path):
    store = Store(Database.beside(tmp_path), tmp_path / "spool")
    yield store
    store.close()


def test_frames_of_the_store(store):
    answers = [
        Answer(lead, 0.3, (0.2, 0.4), threshold=0.25, decision="route_to_sales", grade="B", points=None, reasons=(), warnings=())
        for lead in "AB"
    ]
    store.save_scores([Answered(answer, MONDAY) for answer in answers], scored_at=MONDAY, model="m")
    store.save_outcome("A", "accepted", occurred_at=MONDAY + timedelta(days=3))
    scores = store.load_scores()
    joined = join_outcomes(scores, store.load_outcomes(), timezone="UTC")
    [week] = compute_funnel(joined).to_dict("records")
    assert (week["week"], week["scored"], week["accepted"], week["open"]) == (pd.Timestamp("2026-03-02"), 2, 1, 1)
    until = pd.Timestamp(MONDAY + timedelta(days=30))
    [group] = compute_realised(joined, horizon_days=30, observed_until=until).to_dict("records")
    assert (group["leads"], group["promised"], group["realised"]) == (2, 0.3, 0.5)
    assert compute_drift(REFERENCE, scores["probability"])["verdict"].tolist() == ["too few leads"]


def test_frames_of_an_empty_store(store):
    scores = store.load_scores()
    joined = join_outcomes(scores, store.load_outcomes(), timezone="UTC")
    assert compute_funnel(joined).empty
    assert compute_realised(joined, horizon_days=30, observed_until=pd.Timestamp(MONDAY)).empty
    assert compute_drift(REFERENCE, scores["probability"])["leads"].tolist() == [0]


def test_the_page_escapes_what_it_shows():
    reasons = pd.DataFrame({"reason": ["<script>alert(1)</script>"], "leads": [1]})
    empty = pd.DataFrame()
    week = {
        "week": pd.Timestamp("2026-03-02"),
        "conversion": 0.5,
        "conversion_low": 0.1,
        "conversion_high": 0.9,
        "verdict": "open",
    }
    figures = dict.fromkeys(
        ("scored", "handed_over", "accepted", "recycled", "open", "days_to_sql", "days_to_sql_90", "opportunities"), 1.0
    )
    figures |= dict.fromkeys(("opportunity_share", "opportunity_share_low", "opportunity_share_high"), 0.5)
    tables = {
        "weeks": pd.DataFrame([week | figures]), "reasons": reasons, "agreement": empty, "revenue": empty, "ways": empty,
        "drift": compute_drift(REFERENCE, [0.1]),
    }  # fmt: skip
    page = render_monitor(
        Monitored(
            bundle="m<i>",
            until=MONDAY,
            tables=tables,
            advice=Advised("too early to say", ("a < b",)),
            band=(0.2, 0.3),
            horizon_days=None,
        )
    )
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "m&lt;i&gt;" in page
    assert "<li>a &lt; b</li>" in page
