"""The tables of the report in words: what the page and the card print, so that both say the same."""

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
from predictor.model.threshold.gate import Gate
from predictor.model.threshold.recommend import Recommendation
from predictor.report.compare.candidates import ReportData
from predictor.report.compare.wording import BETTER, SAME, WORSE

IMPORTANCE = (
    "How much worse the probabilities get when these values are dealt out among the test leads by lot, mean and spread of three "
    "times: about 0 where they tell nothing, or nothing that the others do not tell too."
)
_MOST_IMPORTANT = 15  # groups of features in the table of importance
_TOLD = {SAME: SAME, BETTER: "the chosen is better", WORSE: "the chosen is worse"}


@dataclass(frozen=True)
class TextTable:
    """A table ready to be printed.

    Attributes:
        caption: What it shows.
        columns: Headings.
        rows: Cells; further lines of a cell are less weighty, as an interval is.
        marked: Positions of the rows to stress.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: frozenset[int] = frozenset()


def format_candidates(table: pd.DataFrame) -> TextTable:
    """The candidates on the forward test, from `compute_verdict_table`."""
    first, *others = (metric.heading for metric in METRICS.values())
    heads = ("Candidate", first, "Log loss of the chosen less its own", *others)
    rows = [_tell_candidate(row) for row in _rows(table)]
    leads, share = count(int(table["n"].iloc[0]), "test lead"), format_percent(table["base_rate"].iloc[0])
    caption = f"Forward test: every candidate on the same {leads}, of which {share} became SQLs"
    return TextTable(caption, heads, tuple(rows), frozenset(i for i, chosen in enumerate(table["chosen"]) if chosen))


def format_bands(table: pd.DataFrame) -> TextTable:
    """What points mean, from `compute_point_bands`."""
    rows = [
        (row["band"], format_number(row["leads"]), format_number(row["sqls"]), *_tell_share(row, "conversion"))
        for row in _rows(table)
    ]
    heads = ("Points", "Leads", "SQLs", "Conversion", "95 % interval")
    return TextTable("Forward test: what a number of points meant", heads, tuple(rows))


def format_reliability(table: pd.DataFrame) -> TextTable:
    """What was promised beside what happened, from `compute_reliability`."""
    heads = ("Probability", "Leads", "Predicted conversion", "Observed conversion", "95 % interval")
    rows = [
        (_tell_bin(row), format_number(row["n"]), format_percent(row["predicted"]), *_tell_share(row, "observed"))
        for row in _rows(table)
    ]
    return TextTable("Forward test: predicted beside observed conversion", heads, tuple(rows))


def format_thresholds(table: pd.DataFrame) -> TextTable:
    """What each threshold is expected to hand over, from `compute_threshold_rows`; columns that cannot be told are left out."""
    rows = list(_rows(table))
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
    told = {head: cells for head, cells in columns.items() if set(cells) != {DASH}}
    marked = frozenset(i for i, recommended in enumerate(table["recommended"]) if recommended)
    caption = "Expected of each threshold, from leads predicted out of time"
    return TextTable(caption, tuple(told), tuple(zip(*told.values(), strict=True)), marked)


def format_importance(metrics: Mapping[str, Any]) -> TextTable | None:
    """What the chosen candidate looks at most, from `importance` of the metrics; None where it looks at nothing.

    >>> told = format_importance({"importance": [{"group": "Page views", "rise": 0.0515, "spread": 0.0041}]})
    >>> told.rows, format_importance({})
    ((('Page views', '+0.0515', '0.0041'),), None)
    """
    held = [row for row in metrics.get("importance", ()) if row["rise"] or row["spread"]][:_MOST_IMPORTANT]
    rows = tuple((row["group"], format_number(row["rise"], 4, sign=True), format_number(row["spread"], 4)) for row in held)
    heads = ("What the lead did or is", "Log loss without it", "Spread")
    return TextTable("Forward test: what the chosen candidate looks at most", heads, rows) if rows else None


def describe_advice(advice: Recommendation) -> list[tuple[str, str]]:
    """The recommended threshold as label and figure."""
    return [
        ("Expected conversion", format_share(advice.conversion, advice.conversion_low, advice.conversion_high)),
        ("Leads a week", format_weekly(advice.leads_per_week)),
        ("Share of all leads", format_percent(advice.share_routed)),
        ("Share of all SQLs", format_percent(advice.sqls_caught)),
    ]


def describe_gate(gate: Gate) -> list[tuple[str, str]]:
    """What came of the test leads that a gate handed over, as label and figure."""
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
        return "The probability that an MQL becomes an SQL; the outcomes carry no dates, so there is no horizon."
    return f"The probability that an MQL becomes an SQL within {format_days(horizon)}."


def describe_fit(metrics: Mapping[str, Any]) -> str:
    """What the model in the bundle was fitted on, in one sentence."""
    fit = metrics["fit"]
    ends = [str(fit.get(end) or "")[:10] for end in ("from", "through")]
    dated = all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", end) for end in ends)
    period = f", which became MQLs from {ends[0]} through {ends[1]}" if dated else ""
    pending, weighed = metrics.get("pending") or 0, fit.get("pending") or 0
    if weighed:
        which = "one of them is pending and counts" if weighed == 1 else f"{weighed:,} of them are pending and count"
        return f"Fitted on {fit['n']:,} leads{period}; {which} by what is known so far."
    left = f"{pending:,} pending {'lead was' if pending == 1 else 'leads were'} left out" if pending else "no lead was pending"
    return f"Fitted on {fit['n']:,} leads with known outcomes{period}; {left}."


def describe_standing(data: ReportData) -> str:
    """Whether the forward test lets the chosen candidate serve, in one sentence."""
    verdict = data.verdict
    if verdict.rival is None:
        return "There is nothing simpler that it had to beat."
    what = f"its log loss is {'lower' if verdict.earned else 'not lower'} than that of '{verdict.rival}'"
    return f"By this test it {'may' if verdict.earned else 'may not'} serve: {what}."


def describe_promise(advice: Recommendation) -> str:
    """Whether the policy's promise can be expected to hold, in one sentence."""
    if advice.holds:
        return f"Policy '{advice.policy}' keeps its promise, and can be expected to keep it on new leads."
    return f"Policy '{advice.policy}' cannot be sure to keep its promise on new leads."


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _tell_candidate(row: dict[str, Any]) -> tuple[str, ...]:
    loss, *figures = (_tell_figure(row, name, metric.digits) for name, metric in METRICS.items())
    if row["chosen"]:
        return (f"{row['candidate']}\nchosen on earlier leads", loss, DASH, *figures)
    interval = format_range(row["difference_low"], row["difference_high"], 4, sign=True)
    difference = f"{format_number(row['difference'], 4, sign=True)}\n{interval}\n{_TOLD[row['told']]}"
    return (row["candidate"], loss, difference, *figures)


def _tell_figure(row: dict[str, Any], metric: str, digits: int) -> str:
    interval = format_range(row[f"{metric}_low"], row[f"{metric}_high"], digits)
    return format_number(row[metric], digits) + ("" if interval == DASH else f"\n{interval}")


def _tell_bin(row: dict[str, Any]) -> str:
    low, high = f"{row['low']:.3f}", f"{row['high']:.3f}"
    return low if low == high else f"{low} to {high}"


def _tell_share(row: dict[str, Any], name: str) -> tuple[str, str]:
    return format_percent(row[name]), format_percent_range(row[f"{name}_low"], row[f"{name}_high"])
