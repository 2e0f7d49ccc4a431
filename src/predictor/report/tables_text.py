"""The tables of the report as text, for page and card alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from predictor.core.errors import count
from predictor.core.wording import (
    DASH,
    METRICS,
    format_days,
    format_number,
    format_percent,
    format_percent_range,
    format_range,
    format_share,
    format_threshold,
    format_weekly,
)
from predictor.model.metrics.own_metrics import choose_digits, list_own_metrics
from predictor.model.threshold.gate import Gate
from predictor.model.threshold.recommend import Recommendation
from predictor.report.report_data import ReportData
from predictor.report.table_cells import BETTER, SAME, WORSE, list_rows

IMPORTANCE = (
    "How much worse the probabilities get when these values are shuffled among the test leads: mean and spread of three "
    "shuffles. About 0: the values add nothing to the others."
)
_MOST_IMPORTANT = 15  # groups of features in the table of importance
_JUDGEMENTS = {SAME: SAME, BETTER: "the chosen is better", WORSE: "the chosen is worse"}


@dataclass(frozen=True)
class TextTable:
    """A table as text.

    Attributes:
        caption: What it shows.
        columns: Headings.
        rows: Cells; further lines of a cell are less important, such as an interval.
        marked: Positions of the rows to stress.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: frozenset[int] = frozenset()


def format_candidates(table: pd.DataFrame) -> TextTable:
    """The candidates on the test leads, from `compute_verdict_table`."""
    first, *others = (metric.heading for metric in METRICS.values())
    heads = ("Candidate", first, "Log loss of the chosen minus this one", *others, *list_own_metrics(map(str, table)).values())
    rows = [_format_candidate(row) for row in list_rows(table)]
    leads, share = count(int(table["n"].iloc[0]), "test lead"), format_percent(table["base_rate"].iloc[0])
    caption = f"The test: every candidate on the same {leads}, of which {share} became SQLs"
    return TextTable(
        caption=caption,
        columns=heads,
        rows=tuple(rows),
        marked=frozenset(i for i, chosen in enumerate(table["chosen"]) if chosen),
    )


def format_bands(table: pd.DataFrame) -> TextTable:
    """Conversion by band of points, from `compute_point_bands`."""
    rows = [
        (row["band"], format_number(row["leads"]), format_number(row["sqls"]), *_format_share(row, "conversion"))
        for row in list_rows(table)
    ]
    heads = ("Points", "Leads", "SQLs", "Conversion", "95 % interval")
    return TextTable("Test leads: what a number of points meant", heads, tuple(rows))


def format_reliability(table: pd.DataFrame) -> TextTable:
    """Promised and observed conversion, from `compute_reliability`."""
    heads = ("Probability", "Leads", "Promised", "Observed", "95 % interval")
    rows = [
        (_format_bin(row), format_number(row["n"]), format_percent(row["predicted"]), *_format_share(row, "observed"))
        for row in list_rows(table)
    ]
    return TextTable("Test leads: promised and observed conversion", heads, tuple(rows))


def format_thresholds(table: pd.DataFrame) -> TextTable:
    """What each threshold is expected to hand over, from `compute_threshold_rows`; empty columns are left out."""
    rows = list_rows(table)
    columns = {
        "Threshold": [format_threshold(row["threshold"]) for row in rows],
        "Leads a week": [format_weekly(row["leads_per_week"]) for row in rows],
        "Share of all leads": [format_percent(row["share_routed"]) for row in rows],
        "Expected conversion": [format_percent(row["conversion"]) for row in rows],
        "95 % interval": [format_percent_range(row["conversion_low"], row["conversion_high"]) for row in rows],
        "Share of all SQLs": [format_percent(row["sqls_caught"]) for row in rows],
        "SQLs a week": [format_weekly(row["sqls_per_week"]) for row in rows],
        "Value a week": [format_number(row["value"]) for row in rows],
    }
    filled = {head: cells for head, cells in columns.items() if set(cells) != {DASH}}
    marked = frozenset(i for i, recommended in enumerate(table["recommended"]) if recommended)
    caption = "What to expect of each threshold, from out-of-fold predictions"
    return TextTable(caption=caption, columns=tuple(filled), rows=tuple(zip(*filled.values(), strict=True)), marked=marked)


def format_importance(metrics: Mapping[str, Any]) -> TextTable | None:
    """What the chosen candidate uses most, from `importance` of the metrics; None where it uses nothing.

    >>> table = format_importance({"importance": [{"group": "Page views", "rise": 0.0515, "spread": 0.0041}]})
    >>> table.rows, format_importance({})
    ((('Page views', '+0.0515', '0.0041'),), None)
    """
    used = [row for row in metrics.get("importance", ()) if row["rise"] or row["spread"]][:_MOST_IMPORTANT]
    rows = tuple((row["group"], format_number(row["rise"], 4, sign=True), format_number(row["spread"], 4)) for row in used)
    heads = ("What the lead did or is", "Rise of the log loss without it", "Spread")
    return TextTable("Test leads: what the chosen candidate uses most", heads, rows) if rows else None


def describe_advice(advice: Recommendation) -> list[tuple[str, str]]:
    """The recommended threshold as label and figure."""
    return [
        ("Expected conversion", format_share(advice.conversion, advice.conversion_low, advice.conversion_high)),
        ("Leads a week", format_weekly(advice.leads_per_week)),
        ("Share of all leads", format_percent(advice.share_routed)),
        ("Share of all SQLs", format_percent(advice.sqls_caught)),
    ]


def describe_gate(gate: Gate) -> list[tuple[str, str]]:
    """The test leads that a gate handed over, as label and figure."""
    return [
        ("Conversion", format_share(gate.conversion, gate.low, gate.high)),
        ("Leads a week", format_weekly(gate.leads_per_week)),
        ("Share of all leads", format_percent(gate.share_routed)),
        ("Share of all SQLs", format_percent(gate.sqls_caught)),
    ]


def describe_outcome(metrics: Mapping[str, Any]) -> str:
    """What is predicted, in one sentence."""
    horizon = metrics.get("horizon_days")
    if horizon is None:
        return "The probability that an MQL becomes an SQL; the outcomes have no dates, so there is no horizon."
    return f"The probability that an MQL becomes an SQL within {format_days(horizon)}."


def describe_fit(metrics: Mapping[str, Any]) -> str:
    """What the model in the bundle was fitted on, in one sentence."""
    fit = metrics["fit"]
    ends = [str(fit.get(end) or "")[:10] for end in ("from", "through")]
    dated = all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", end) for end in ends)
    period = f", which became MQLs from {ends[0]} through {ends[1]}" if dated else ""
    pending, counted = metrics.get("pending") or 0, fit.get("pending") or 0
    if counted:
        which = "one of them is pending and counts" if counted == 1 else f"{counted:,} of them are pending and count"
        return f"Fitted on {fit['n']:,} leads{period}; {which} by what is known so far."
    left = f"{pending:,} pending {'lead was' if pending == 1 else 'leads were'} left out" if pending else "no lead was pending"
    return f"Fitted on {fit['n']:,} leads with known outcomes{period}; {left}."


def describe_standing(data: ReportData) -> str:
    """Whether the test lets the chosen candidate serve, in one sentence."""
    verdict = data.verdict
    if not verdict.found_signal:
        return "By this test it may not serve: it found no signal."
    if verdict.rival is None:
        return "There was no simpler candidate to beat."
    what = f"its log loss is {'lower' if verdict.earned else 'not clearly lower'} than that of '{verdict.rival}'"
    return f"By this test it {'may' if verdict.earned else 'may not'} serve: {what}."


def describe_promise(advice: Recommendation) -> str:
    """Whether the policy can be expected to keep its promise, in one sentence; empty where no threshold is recommended."""
    if advice.threshold is None:
        return ""
    if advice.holds:
        return f"Policy '{advice.policy}' keeps its promise, and can be expected to keep it on new leads."
    return f"Policy '{advice.policy}' cannot be sure to keep its promise on new leads."


def _format_candidate(row: dict[str, Any]) -> tuple[str, ...]:
    loss, *figures = (_format_figure(row, name, metric.digits) for name, metric in METRICS.items())
    figures += [format_number(row[name], choose_digits(row[name])) for name in list_own_metrics(row)]
    if row["chosen"]:
        return (f"{row['candidate']}\nchosen before the test", loss, DASH, *figures)
    interval = format_range(row["difference_low"], row["difference_high"], 4, sign=True)
    difference = f"{format_number(row['difference'], 4, sign=True)}\n{interval}\n{_JUDGEMENTS[row['told']]}"
    return (row["candidate"], loss, difference, *figures)


def _format_figure(row: dict[str, Any], metric: str, digits: int) -> str:
    interval = format_range(row[f"{metric}_low"], row[f"{metric}_high"], digits)
    return format_number(row[metric], digits) + ("" if interval == DASH else f"\n{interval}")


def _format_bin(row: dict[str, Any]) -> str:
    low, high = format_number(row["low"], 3), format_number(row["high"], 3)
    return low if low == high else f"{low} to {high}"


def _format_share(row: dict[str, Any], name: str) -> tuple[str, str]:
    return format_percent(row[name]), format_percent_range(row[f"{name}_low"], row[f"{name}_high"])
