"""Plots of points against model: they draw what is in the table, and nothing else."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from predictor.report.compare.bands import compute_point_bands
from predictor.report.compare.candidates import compute_verdict_table
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.report.compare.volume import compute_gains
from predictor.report.plots.compare import plot_candidates, plot_gains, plot_importance, plot_lift, plot_point_bands

OUTCOME = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0] * 20, dtype=float)
PROBABILITY = np.array([0.9, 0.8, 0.5, 0.4, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1] * 20)
PTS = np.array([70.0, 10, 30, 10, 65, 65, 80, 10, 20, np.nan] * 20)


@pytest.fixture(scope="module")
def gains():
    leads = {"lead_id": np.arange(200).astype(object), "outcome": OUTCOME, "probability": PROBABILITY, "threshold": 0.4}
    tested = ComparedLeads(**leads, points=PTS, routed=PTS >= 60, gate=60.0)
    return compute_gains(tested, steps=10, resamples=20)


def find_line(axes, label):
    return next(line.get_xydata() for line in axes.lines if line.get_label() == label)


def test_gains_start_at_nothing_and_reach_all_sqls(gains):
    axes = plot_gains(gains).axes[0]
    assert [line.get_label() for line in axes.lines] == ["at random", "points", "model"]
    assert find_line(axes, "model")[:3].tolist() == [[0, 0], [0.1, 0.5], [0.2, 1]]
    assert find_line(axes, "points")[-1].tolist() == [1, 1]
    rows = gains[gains["way"] == "points"]
    assert find_line(axes, "points")[1:].tolist() == rows[["share", "caught"]].to_numpy().tolist()


def test_lift_is_conversion_over_that_of_all(gains):
    axes = plot_lift(gains).axes[0]
    assert find_line(axes, "model")[0].tolist() == pytest.approx([0.1, 5])
    assert find_line(axes, "model")[-1].tolist() == pytest.approx([1, 1])


def test_lift_of_the_very_first_leads_is_not_drawn(gains):
    fine = pd.concat([gains.head(1).assign(share=0.01, lift=9.0, lift_low=9.0, lift_high=9.0), gains])
    assert find_line(plot_lift(fine).axes[0], "points")[0][0] == 0.1


def test_bands_are_bars_with_their_leads():
    table = compute_point_bands(PTS, OUTCOME)
    axes = plot_point_bands(table).axes[0]
    assert [bar.get_height() for bar in axes.patches] == table["conversion"].tolist()
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert names == [f"{band} ({leads})" for band, leads in zip(table["band"], table["leads"], strict=True)]
    assert names[-1] == "unknown (20)"


def test_importance_is_drawn_the_greatest_on_top_and_no_more_than_fifteen():
    table = pd.DataFrame({"group": [f"group {n}" for n in range(20)], "rise": np.linspace(0.2, 0.01, 20), "spread": 0.001})
    axes = plot_importance(table).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [f"group {n}" for n in range(14, -1, -1)]
    assert [bar.get_width() for bar in axes.patches] == table["rise"][14::-1].tolist()


def test_candidates_stand_with_their_intervals(data):
    table = compute_verdict_table(data.verdict)
    axes = plot_candidates(table, "auc").axes[0]
    assert axes.get_xlabel() == "AUC"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["lightgbm", "points"]
    assert axes.lines[0].get_xdata().tolist() == table["auc"].tolist()[::-1]


def test_no_window_is_opened_and_no_state_is_kept():
    code = "import sys, predictor.report.plots.compare; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "False"
