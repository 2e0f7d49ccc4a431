"""The few figures of the monitor that go to a system of alarms."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from predictor.store.monitor.advice import Advised
from predictor.store.monitor.figures import FIGURES, compute_figures
from predictor.store.monitor.monitor import Monitored


def make_monitored(advice="train again", **tables):
    empty = {
        "weeks": pd.DataFrame({"verdict": ["open"], "accepted": [3], "handed_over": [4]}),
        "drift": pd.DataFrame({"index": [np.nan], "verdict": ["too few leads"]}),
        "agreement": pd.DataFrame(columns=["volume", "response", "acceptance"]),
    }
    now = datetime(2026, 7, 1, tzinfo=UTC)
    advised = Advised(advice, ("Because.",))
    return Monitored(bundle="m", until=now, tables=empty | tables, advice=advised, band=(0.2, 0.3), horizon_days=30.0)


def test_figures_by_hand():
    figures = compute_figures(make_monitored(
        promises=pd.DataFrame({"leads": [100, 300], "promised": [0.2, 0.4], "realised": [0.1, 0.2]}),
        weeks=pd.DataFrame({
            "verdict": ["in band", "too loose", "open", ""], "accepted": [5, 1, 9, 0], "handed_over": [20, 10, 9, 0],
        }),
        drift=pd.DataFrame({"index": [0.3, 0.4, 0.01], "verdict": ["moved", "moved", "stable"]}),
        agreement=pd.DataFrame({
            "volume": ["broken", "broken"], "response": ["broken", "kept"], "acceptance": ["broken", "broken"],
        }),
    ))  # fmt: skip
    assert figures == pytest.approx({
        "known_leads": 400, "promised_ratio": 0.35, "realised_ratio": 0.175, "routed_conversion_ratio": 0.2, "drift_index": 0.3,
        "moved_features": 1, "broken_agreements": 2, "act": 1,
    })  # fmt: skip
    assert set(figures) == set(FIGURES)


def test_what_cannot_be_said_is_left_out():
    figures = compute_figures(make_monitored("too early to say"))
    assert figures == {"moved_features": 0, "broken_agreements": 0, "act": 0}
