"""A report on few leads, so that every figure can be worked by hand."""

import numpy as np
import pandas as pd
import pytest

from predictor.core.errors import Finding
from predictor.core.settings import make_settings
from predictor.model.metrics.calibration_test import judge_calibration
from predictor.model.metrics.metrics import (
    compute_difference,
    compute_intervals,
    compute_metrics,
    compute_reliability,
)
from predictor.model.threshold.gate import judge_gate
from predictor.model.threshold.recommend import recommend_threshold
from predictor.model.threshold.table import compute_thresholds
from predictor.model.verdict import Verdict
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.report.compare.comparison import compute_comparison
from predictor.report.report_data import ReportData

OUTCOME = np.array([1, 0, 0, 0, 1, 0, 0, 0, 0, 1] * 20, dtype=float)  # 200 leads, 60 SQLs
LEARNED = np.array([0.6, 0.1, 0.1, 0.1, 0.6, 0.1, 0.1, 0.1, 0.1, 0.2] * 20)  # two of three SQLs at the top
POINTS = np.array([70, 70, 10, 10, 30, 30, 10, 10, 10, np.nan] * 20)  # the gate of 60: one SQL, one that is none
BY_POINTS = np.array([0.5, 0.5, 0.1, 0.1, 0.5, 0.5, 0.1, 0.1, 0.1, 0.3] * 20)
FINDINGS = (
    Finding("LEAD021", "tip", "Column 'industry' rarely holds 'Fintech'.", do="Nothing to do."),
    Finding("AUDIT003", "warning", "Column 'page_views' is suspect.", do="Map it to 'ignore'."),
)


def judge(candidates, outcome=OUTCOME, *, chosen="lightgbm", routed=None, weeks=10.0):
    draws = {"resamples": 50, "seed": 0}
    table = compute_thresholds(OUTCOME, candidates[chosen], weeks=weeks)
    advice = recommend_threshold(table, make_settings({}).threshold)
    handed = candidates[chosen] >= advice.threshold
    return Verdict(
        chosen=chosen,
        test={name: compute_metrics(outcome, p) for name, p in candidates.items()},
        intervals={name: compute_intervals(outcome, p, **draws) for name, p in candidates.items()},
        differences={
            name: compute_difference(outcome, candidates[chosen], p, **draws) for name, p in candidates.items() if name != chosen
        },
        reliability=compute_reliability(outcome, candidates[chosen]),
        threshold=advice,
        realised=judge_gate(outcome, handed, weeks=weeks),
        gate=None if routed is None else judge_gate(outcome, routed, weeks=weeks),
        probability=candidates,
        outcome=outcome,
        calibration=judge_calibration(outcome, candidates[chosen], draws=200),
        p_value=0.0,  # as where a signal was found: without one, a page shows no threshold
    )


def compare(verdict, **changes):
    ids = np.array([f"L{number:03d}" for number in range(200)], dtype=object)
    tested = ComparedLeads(
        lead_id=ids,
        outcome=verdict.outcome,
        probability=verdict.probability[verdict.chosen],
        threshold=verdict.threshold.threshold,
        **changes,
    )
    return compute_comparison(tested, resamples=20)


def make_data(outcome=OUTCOME, findings=FINDINGS):
    routed = POINTS >= 60
    verdict = judge({"points": BY_POINTS, "lightgbm": LEARNED}, outcome, routed=routed)
    fit = {"n": 1234, "from": "2025-01-02", "through": "2026-09-30"}
    metrics = {"champion": "lightgbm", "fit": fit, "horizon_days": 42.0, "pending": 7}
    curve = pd.DataFrame({"days": [2.0, 8.5, 40.0], "converted": [0.10, 0.19, 0.20]})
    table = compute_thresholds(OUTCOME, LEARNED, weeks=10)
    comparison = compare(verdict, points=POINTS, routed=routed, gate=60.0, weeks=10.0).with_tables({"time_to_sql": curve})
    return ReportData(
        name="lightgbm",
        metrics=metrics,
        verdict=verdict,
        thresholds=table,
        advice=verdict.threshold,
        findings=findings,
        comparison=comparison,
    )


def make_bare():
    """A firm without points, gate, dates and findings, whose leads all get one probability."""
    verdict = judge({"constant": np.full(200, 0.3)}, chosen="constant", weeks=None)
    metrics = {"champion": "constant", "fit": {"n": 200, "from": "0", "through": "199"}, "horizon_days": None, "pending": 0}
    table = compute_thresholds(OUTCOME, verdict.probability["constant"], weeks=None)
    return ReportData(
        name="constant",
        metrics=metrics,
        verdict=verdict,
        thresholds=table,
        advice=verdict.threshold,
        findings=(),
        comparison=compare(verdict),
    )


@pytest.fixture(scope="session")
def data():
    return make_data()


@pytest.fixture(scope="session")
def bare():
    return make_bare()


@pytest.fixture(scope="session")
def ungated(data):
    """The comparison of a firm that has points and names no gate."""
    return compare(data.verdict, points=POINTS, weeks=10.0)


@pytest.fixture
def make():
    return make_data
