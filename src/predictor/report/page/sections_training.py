"""The sections of the page behind a comparison: trust, time, the test of a training and its findings."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

import pandas as pd

from predictor.core.wording import format_number, format_percent, format_threshold
from predictor.model.verdict import Verdict
from predictor.report.calibration_text import ABOUT_GROUPS, NO_GROUPS, format_calibration, format_fairness
from predictor.report.compare.candidates import compute_threshold_rows, compute_verdict_table
from predictor.report.compare.comparison import Comparison
from predictor.report.page.page_table import PageTable, Section, make_page_table
from predictor.report.report_data import ReportData
from predictor.report.table_cells import list_rows
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
from predictor.report.training_text import (
    describe_accounts,
    describe_segments,
    describe_training,
    format_accounts,
    format_choice,
    format_segments,
)

_SEVERITIES = ("error", "warning", "tip")
_TRUST = "Probabilities can be trusted if they come true: of 100 leads with 0.2, about 20 should become SQLs."
_RELIABILITY = "Each point is a group of leads with its 95 % interval. On the dashed line promise and observation are equal."
_NO_TIME = "How long leads take to become SQLs is unknown: the outcomes have no dates, or no lead was accepted."
_TIME = "Each day counts the leads observed for that long. The dashed line is the horizon."
_TESTED = "The {test} uses {leads}, which no candidate had seen, once. Its candidate was chosen on {others}. Then the chosen \
candidate was trained again on every lead with a known outcome."


def make_trust_section(comparison: Comparison, charts: Container[str], data: ReportData | None) -> Section:
    """Whether the probabilities can be trusted, overall and for groups of people."""
    frame, section = (
        comparison.tables["reliability"],
        Section(key="trust", nav="Trust", title="Can the probabilities be trusted?"),
    )
    reliability = make_page_table(
        "reliability",
        frame,
        text=format_reliability(frame),
        title="Promised and observed conversion",
        note=_RELIABILITY,
        has_chart="reliability" in charts,
        side_by_side=True,
    )
    if data is None:
        return replace(section, texts=(_TRUST,), tables=(reliability,))
    text = format_calibration(data.verdict.calibration)
    figures = make_page_table("calibration", _to_frame(text), text=text, fold="The figures behind this")
    groups = [] if data.fairness is None else [make_page_table("groups", data.fairness, text=format_fairness(data.fairness))]
    about_groups = ABOUT_GROUPS if groups else NO_GROUPS
    return replace(section, texts=(data.verdict.calibration.text, about_groups), tables=(reliability, figures, *groups))


def make_time_section(comparison: Comparison, charts: Container[str]) -> Section:
    """How long leads take to become SQLs."""
    curve = comparison.tables.get("time_to_sql")
    section = Section(key="time", nav="Time", title="How long it takes until sales accepts a lead")
    if curve is None or not len(curve):
        return replace(section, texts=(_NO_TIME,))
    day, share = format_number(curve["days"].iloc[-1]), format_percent(curve["converted"].iloc[-1])
    rows = tuple((format_number(row["days"], 1), format_percent(row["converted"])) for row in list_rows(curve))
    text = TextTable("Share of leads that are SQLs by each day", ("Days after becoming an MQL", "Are SQLs by then"), rows)
    table = make_page_table(
        "time_to_sql", curve, text=text, title="From MQL to SQL", note=_TIME, has_chart="time_to_sql" in charts, fold="Day by day"
    )
    return replace(section, texts=(f"By day {day}, the last with enough leads, {share} were SQLs.",), tables=(table,))


def make_test_section(data: ReportData) -> Section:
    """How the candidates were trained, chosen and tested, and what the recommendation rests on."""
    verdict, words = data.verdict, data.verdict.words
    texts = [
        f"{verdict.text} {describe_standing(data)}",
        _TESTED.format(test=words.name, leads=words.leads.format("leads"), others=words.others),
        _describe_tested_threshold(verdict),
        f"{data.advice.text} {describe_promise(data.advice)}".rstrip(),
        describe_training(data.metrics),
        describe_accounts(data.metrics),
        describe_segments(data.metrics),
        "" if format_importance(data.metrics) is None else IMPORTANCE,
    ]
    shown = tuple(text for text in texts if text)
    return Section(key="tested", nav="Test", title="How it was tested", texts=shown, tables=tuple(_list_test_tables(data)))


def _describe_tested_threshold(verdict: Verdict) -> str:
    """The threshold of the test and its result; empty where none was recommended."""
    if verdict.recommended.threshold is None or verdict.realised is None:
        return ""
    words, chosen = verdict.words, format_threshold(verdict.recommended.threshold)
    realised = "; ".join(f"{label} {figure}" for label, figure in describe_gate(verdict.realised))
    return (
        f"In the {words.name} the same policy chose {chosen} on {words.others}. On the test leads: {realised}. The recommended "
        "threshold was chosen again on all leads. It rests on out-of-fold predictions and has no test of its own."
    )


def make_findings_section(data: ReportData) -> Section:
    """The findings of the training, worst first."""
    findings = tuple(sorted(data.findings, key=lambda finding: _SEVERITIES.index(finding.severity)))
    texts = () if findings else ("No findings.",)
    return Section(key="findings", nav="Findings", title="Findings", texts=texts, findings=findings)


def _list_test_tables(data: ReportData) -> list[PageTable]:
    frame = compute_verdict_table(data.verdict)
    tables = [make_page_table("candidates", frame, text=format_candidates(frame))]
    if (text := format_importance(data.metrics)) is not None:
        tables.append(make_page_table("importance", pd.DataFrame(data.metrics["importance"]), text=text))
    if (text := format_segments(data.metrics)) is not None:
        tables.append(make_page_table("own_segments", _to_frame(text), text=text))
    if (text := format_accounts(data.metrics)) is not None:
        tables.append(make_page_table("accounts", _to_frame(text), text=text))
    if (text := format_choice(data.metrics)) is not None:
        fold = f"How the candidate was chosen on {data.verdict.words.others}"
        tables.append(make_page_table("choice", _to_frame(text), text=text, fold=fold))
    if data.advice.threshold is None:
        return tables
    rows, fold = compute_threshold_rows(data.thresholds, data.advice), "What the recommended threshold rests on"
    return [*tables, make_page_table("thresholds", rows, text=format_thresholds(rows), fold=fold)]


def _to_frame(table: TextTable) -> pd.DataFrame:
    return pd.DataFrame([list(row) for row in table.rows], columns=list(table.columns))
