"""The sections of the page that tell what stands behind a comparison: trust, time, the test of a training and its findings."""

from __future__ import annotations

from collections.abc import Container

import pandas as pd

from predictor.core.wording import format_number, format_percent, format_threshold
from predictor.report.calibration_text import ABOUT_GROUPS, NO_GROUPS, format_calibration, format_fairness
from predictor.report.compare.candidates import ReportData, compute_threshold_rows, compute_verdict_table
from predictor.report.compare.comparison import Comparison
from predictor.report.page.exhibits import Exhibit, Section, make_exhibit
from predictor.report.tables_text import (
    IMPORTANCE,
    TextTable,
    describe_gate,
    describe_promise,
    describe_standing,
    format_candidates,
    format_importance,
    format_reliability,
    format_thresholds,
)
from predictor.report.training_text import describe_learning, format_choice

_SEVERITIES = ("error", "warning", "tip")
_TRUST = "A probability is worth something if it can be taken at its word: of 100 leads with 0.2, about 20 should become SQLs."
_RELIABILITY = "On the dashed line what was promised happened. Each point is a group of leads with its 95 % interval."
_NO_TIME = "How long leads take to become SQLs cannot be told: the outcomes carry no dates, or nobody was accepted."
_TIME = "Of the leads that were watched for so long; the dashed line is the horizon."
_FORWARD = "Forward test: the newest leads, which none of the candidates had seen, looked at once. Candidate and threshold of \
that test were chosen on earlier leads. After it, the chosen candidate was learned again from every lead with a known outcome, \
and the recommended threshold with it; what that promises rests on predictions made out of time, and has not been tested forward \
itself."


def make_trust_section(comparison: Comparison, charts: Container[str], data: ReportData | None) -> Section:
    """Whether the probabilities can be believed, in all and for groups of people."""
    frame, title = comparison.tables["reliability"], "Can the probabilities be believed?"
    drawn = "reliability" in charts
    first = make_exhibit(
        "reliability",
        frame,
        table=format_reliability(frame),
        title="Promised and what came",
        note=_RELIABILITY,
        drawn=drawn,
        beside=True,
    )
    if data is None:
        return Section("trust", "Trust", title, (_TRUST,), (first,))
    table = format_calibration(data.verdict.calibration)
    behind = make_exhibit("calibration", _to_frame(table), table=table, fold="The figures behind this")
    if data.fairness is None:
        return Section("trust", "Trust", title, (data.verdict.calibration.text, NO_GROUPS), (first, behind))
    groups = make_exhibit("groups", data.fairness, table=format_fairness(data.fairness))
    return Section("trust", "Trust", title, (data.verdict.calibration.text, ABOUT_GROUPS), (first, behind, groups))


def make_time_section(comparison: Comparison, charts: Container[str]) -> Section:
    """How long leads take to become SQLs."""
    curve, title = comparison.tables.get("time_to_sql"), "How long it takes until sales accepts a lead"
    if curve is None or not len(curve):
        return Section("time", "Time", title, (_NO_TIME,))
    last = curve.iloc[-1]
    text = f"By day {last['days']:.0f}, as far as enough leads were watched, {format_percent(last['converted'])} were SQLs."
    rows = tuple((format_number(row["days"], 1), format_percent(row["converted"])) for row in curve.to_dict("records"))
    table = TextTable("Share of leads that are SQLs by each day", ("Days after becoming an MQL", "Are SQLs by then"), rows)
    drawn = "time_to_sql" in charts
    exhibit = make_exhibit("time_to_sql", curve, table=table, title="From MQL to SQL", note=_TIME, drawn=drawn, fold="Day by day")
    return Section("time", "Time", title, (text,), (exhibit,))


def make_tested_section(data: ReportData) -> Section:
    """How the candidates were learned, chosen and tested, and what the recommendation rests on."""
    verdict, learning = data.verdict, describe_learning(data.metrics)
    chosen = format_threshold(verdict.threshold.threshold)
    realised = "; ".join(f"{label} {figure}" for label, figure in describe_gate(verdict.realised))
    texts = [
        f"{verdict.text} {describe_standing(data)}",
        _FORWARD,
        f"In the forward test the same policy chose {chosen} on earlier leads. {realised}.",
        f"{data.advice.text} {describe_promise(data.advice)}",
        learning,
        "" if format_importance(data.metrics) is None else IMPORTANCE,
    ]
    return Section("tested", "Test", "How it was tested", tuple(text for text in texts if text), tuple(_show_tested(data)))


def make_findings_section(data: ReportData) -> Section:
    """What was noticed on the way."""
    held = tuple(sorted(data.findings, key=lambda finding: _SEVERITIES.index(finding.severity)))
    return Section("findings", "Findings", "Findings", () if held else ("Nothing was noticed.",), findings=held)


def _show_tested(data: ReportData) -> list[Exhibit]:
    frame = compute_verdict_table(data.verdict)
    exhibits = [make_exhibit("candidates", frame, table=format_candidates(frame))]
    if (table := format_importance(data.metrics)) is not None:
        exhibits.append(make_exhibit("importance", pd.DataFrame(data.metrics["importance"]), table=table))
    if (table := format_choice(data.metrics)) is not None:
        fold = "How the candidate was chosen on earlier leads"
        exhibits.append(make_exhibit("choice", _to_frame(table), table=table, fold=fold))
    rows, fold = compute_threshold_rows(data.thresholds, data.advice), "What the recommended threshold rests on"
    return [*exhibits, make_exhibit("thresholds", rows, table=format_thresholds(rows), fold=fold)]


def _to_frame(table: TextTable) -> pd.DataFrame:
    return pd.DataFrame([list(row) for row in table.rows], columns=list(table.columns))
