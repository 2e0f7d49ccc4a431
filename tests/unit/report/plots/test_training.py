"""Plots: what they draw, how they label it, and that importing the report does not load matplotlib."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from predictor.report.plots.training import plot_curve, plot_reliability, plot_thresholds

CURVE = pd.DataFrame({"days": [2.0, 8.5, 40.0], "converted": [0.10, 0.19, 0.20]})


def test_reliability_is_drawn_as_it_is_in_the_table(data):
    axes = plot_reliability(data.verdict.reliability).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Predicted probability", "Observed conversion")
    drawn = axes.lines[1].get_xydata()
    assert np.array_equal(drawn, data.verdict.reliability[["predicted", "observed"]].to_numpy())


def test_thresholds_mark_the_recommended(data):
    axes = plot_thresholds(data.thresholds, data.advice).axes[0]
    assert axes.get_xlabel() == "Threshold (probability)"
    labels = [line.get_label() for line in axes.lines]
    assert labels == ["conversion, 95 %", "share of all leads", "share of all SQLs", "recommended"]
    assert set(axes.lines[-1].get_xdata()) == {data.advice.threshold}


def test_thresholds_without_sqls_are_drawn_without_their_share(data):
    axes = plot_thresholds(data.thresholds.assign(sqls_caught=np.nan), data.advice).axes[0]
    assert "share of all SQLs" not in [line.get_label() for line in axes.lines]


def test_curve_starts_at_nobody_and_marks_the_horizon():
    axes = plot_curve(CURVE, 42).axes[0]
    assert axes.lines[0].get_xydata().tolist() == [[0, 0], [2, 0.10], [8.5, 0.19], [40, 0.20]]
    assert axes.lines[1].get_label() == "horizon: 42 days"
    assert len(plot_curve(CURVE).axes[0].lines) == 1


@pytest.mark.parametrize("module", ["compare.comparison", "tables_text", "summary", "card"])
def test_only_plots_need_matplotlib(module):
    code = f"import sys, predictor.report.{module}; print({{'matplotlib', 'jinja2'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
