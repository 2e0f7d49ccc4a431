"""The tables of the report, worked by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from unit.report.compared import make_tested
from unit.report.conftest import POINTS

from predictor.core.errors import TrainingError
from predictor.model.metrics.intervals import wilson
from predictor.model.metrics.metrics import Difference
from predictor.report.compare.bands import compute_point_bands
from predictor.report.compare.candidates import compute_threshold_rows, compute_verdict_table
from predictor.report.compare.side_matrix import compute_side_matrix


def test_matrix_of_fit_and_engagement():
    """Of ten leads, the first two are A1, of which all are SQLs; the third is B2, an SQL; the others C4, none of which is."""
    sides = {"fit": np.array(list("AABCCCCCCC") * 20), "engagement": np.array([1, 1, 2, 4, 4, 4, 4, 4, 4, 4] * 20)}
    table = compute_side_matrix(make_tested(sides=sides)).set_index(["fit", "engagement"])
    assert table.index.tolist() == [(fit, engagement) for fit in "ABC" for engagement in (1, 2, 3, 4)]
    assert table.loc[("A", 1), ["leads", "sqls", "conversion"]].tolist() == [40, 40, 1.0]
    assert table.loc[("C", 4), ["conversion_low", "conversion_high"]].tolist() == pytest.approx([*map(float, wilson(0, 140))])
    assert table.loc[("A", 1), "promised"] == pytest.approx(0.85)
    assert table.loc[("B", 3), "leads"] == 0
    assert table["leads"].sum() == 200


def test_verdict_table(data):
    table = compute_verdict_table(data.verdict).set_index("candidate")
    assert table.index.tolist() == ["points", "lightgbm"]
    assert table["chosen"].tolist() == [False, True]
    assert table["n"].tolist() == [200, 200]
    assert table["base_rate"].tolist() == pytest.approx([0.3, 0.3])
    # of ten leads: 0.4^2, 6 * 0.1^2, 0.4^2, 0.8^2
    assert table.loc["lightgbm", "brier"] == pytest.approx((2 * 0.16 + 6 * 0.01 + 0.01 + 0.64) / 10)
    # 60 SQLs against 140: those at 0.6 stand above all; those at 0.2 above all at 0.1
    assert table.loc["lightgbm", "auc"] == 1
    low, high = data.verdict.intervals["points"]["log_loss"]
    assert (table.loc["points", "log_loss_low"], table.loc["points", "log_loss_high"]) == (low, high)
    assert table.loc["points", "difference"] == data.verdict.differences["points"].mean < 0
    assert table["told"].tolist() == ["better", ""]
    assert np.isnan(table.loc["lightgbm", "difference"])


def test_verdict_table_without_a_slope(bare):
    row = compute_verdict_table(bare.verdict).iloc[0]
    assert np.isnan(row["calibration_slope"])
    assert np.isnan(row["calibration_slope_low"])
    assert row["lift_at_10"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("difference", "judgement"),
    [
        (Difference(-0.1, -0.2, -0.05), "better"),
        (Difference(0.1, 0.05, 0.2), "worse"),
        (Difference(-0.1, -0.2, 0.1), "no clear difference"),
        (Difference(0.0, 0.0, 0.0), "no clear difference"),
    ],
)
def test_judgement_of_a_difference(data, difference, judgement):
    verdict = replace(data.verdict, differences={"points": difference})
    assert compute_verdict_table(verdict)["told"].iloc[0] == judgement


def test_point_bands(data):
    table = compute_point_bands(POINTS, data.verdict.outcome)
    # 10: 100 leads without an SQL; 30: 40 leads, every other an SQL; 70: the same; unknown: 20, all SQLs
    assert table["band"].tolist() == ["under 20", "30 to < 40", "70 or more", "unknown"]
    assert table["leads"].tolist() == [100, 40, 40, 20]
    assert table["sqls"].tolist() == [0, 20, 20, 20]
    assert table["conversion"].tolist() == [0, 0.5, 0.5, 1]
    low, high = wilson([0, 20, 20, 20], [100, 40, 40, 20])
    assert table["conversion_low"].tolist() == pytest.approx(low)
    assert table["conversion_high"].tolist() == pytest.approx(high)


@pytest.mark.parametrize(
    ("points", "bands"),
    [
        ([0, 0.5, 1], ["under 0.2", "0.4 to < 0.6", "0.8 or more"]),
        ([-20, 0, 20], ["under -15", "0 to < 5", "15 or more"]),
        ([5, 5, 5], ["all"]),
        ([5, np.nan, 5], ["all", "unknown"]),
        ([np.nan, np.nan], ["unknown"]),
        ([0, 1000, 8000], ["under 1,000", "1,000 to < 2,000", "7,000 or more"]),
    ],
)
def test_ends_of_bands_are_round(points, bands):
    assert compute_point_bands(points, [0] * len(points))["band"].tolist() == bands


@pytest.mark.parametrize("scale", [0.003, 1, 7, 130, 45_000])
def test_bands_are_few_and_hold_every_lead(scale):
    points = np.random.default_rng(0).gamma(2, scale, 500) - scale
    table = compute_point_bands(points, np.zeros(500))
    assert 3 <= len(table) <= 8
    assert table["leads"].sum() == 500


def test_point_bands_refuse_other_leads():
    with pytest.raises(TrainingError, match="there are 2 and 1"):
        compute_point_bands([5], [0, 1])


def test_threshold_rows_are_few_and_hold_the_recommended(data):
    table = pd.DataFrame({"threshold": np.arange(200) / 200, "leads": np.arange(400, 0, -2)})
    rows = compute_threshold_rows(table, replace(data.advice, threshold=0.5))
    assert rows.loc[rows["recommended"], "threshold"].tolist() == [0.5]
    assert rows["threshold"].iloc[0] == 0
    # six on either side: from all 400 leads to the 200 of the recommended, and on to a sixth of those
    assert len(rows) == 12
    assert rows["leads"].iloc[-1] == pytest.approx(200 / 6, abs=2)


def test_threshold_rows_of_a_short_table_are_all_of_it(data):
    assert compute_threshold_rows(data.thresholds, data.advice)["threshold"].tolist() == data.thresholds["threshold"].tolist()
