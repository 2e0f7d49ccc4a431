"""The comparison as Markdown, for a chat or a merge request, and its tables as text."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from predictor.core.wording import DASH, format_number, format_range, format_share, is_missing
from predictor.report.card import escape_markdown, escape_step, to_markdown
from predictor.report.compare.comparison import Comparison
from predictor.report.decision.decision import Decision
from predictor.report.table_cells import list_rows
from predictor.report.tables_text import TextTable

HEADINGS = {
    "way": "Way", "gate": "Gate", "leads": "Leads", "sqls": "SQLs", "conversion": "Conversion",
    "leads_per_week": "Leads a week", "sqls_per_week": "SQLs a week", "share_routed": "Share of all leads",
    "sqls_caught": "Share of all SQLs", "verdict": "Verdict", "auc": "AUC", "against": "Compared with",
    "difference": "Difference", "told": "Result", "band": "Points", "cell": "Handed over by", "promised": "Mean probability",
    "lead_id": "Lead", "mql_at": "Became MQL", "points": "Points", "probability": "Probability", "sql": "SQL", "rule": "Rule",
    "group": "Group", "fired": "Fired", "share_fired": "Share of leads", "conversion_with": "Conversion with it",
    "conversion_without": "Without it", "worth": "Worth in the model (log-odds)", "worth_points": "Worth in points",
    "explained": "Explained by other rules", "like": "Most like", "column": "Column", "routed": "Model hands over",
    "points_routed": "Points hand over", "share": "Share of leads", "caught": "Share of all SQLs", "lift": "Lift",
}  # fmt: skip
CAPTIONS = {
    "rankings": "How well each way ranks the leads with points",
    "rankings_ever": "How well the points rank all leads with known outcomes",
    "gates": "Each gate today",
    "bands": "Conversion by points",
    "volume": "SQLs caught with the same number of leads",
    "equal_sqls": "Leads to work for the same number of SQLs",
    "capacity": "At each weekly capacity",
    "gains": "Gains and lift",
    "cells": "Where points and model disagree, with the same number of leads each",
    "swapped": "Leads that only points or only the model hands over",
    "rules": "Points and worth of each rule",
    "segments": "By segment",
    "months": "By month",
}
_SHARES = frozenset({
    "conversion", "share_routed", "sqls_caught", "promised", "share_fired", "conversion_with", "conversion_without", "explained",
    "routed", "points_routed", "share", "caught",
})  # fmt: skip
_SUMMARY = ("gates", "volume", "equal_sqls", "rankings", "cells", "rules")  # the rest is long


def write_summary(comparison: Comparison, *, title: str, note: str = "", decision: Decision | None = None) -> str:
    """The sentences of the comparison and its shorter tables.

    Args:
        comparison: What `compute_comparison` gives.
        title: What is compared.
        note: A warning for the reader; empty for none.
        decision: What to do; None leaves it out.
    """
    parts = [f"# {escape_markdown(title)}", *([f"**{escape_markdown(note)}**"] if note else [])]
    if decision is not None:
        steps = (f"{place}. {escape_step(step)}" for place, step in enumerate(decision.steps, 1))
        parts += [escape_markdown(" ".join(decision.sentences)), "On Monday:\n\n" + "\n".join(steps)]
    parts.append("\n".join(f"- {escape_markdown(sentence)}" for sentence in comparison.sentences))
    if comparison.limitations:
        parts.append(
            "\n".join(["Limits of these leads:", "", *(f"- {escape_markdown(text)}" for text in comparison.limitations)])
        )
    for name in _SUMMARY:
        frame = comparison.tables[name].drop(columns="text", errors="ignore")
        parts += [to_markdown(format_frame(name, frame))] if len(frame) else []
    return "\n\n".join(parts) + "\n"


def format_frame(name: str, frame: pd.DataFrame, *, stacked: bool = False) -> TextTable:
    r"""A table of the comparison as text: figures with their intervals, shares as percentages.

    Args:
        name: Its key among the tables.
        frame: The table.
        stacked: Whether intervals have a line of their own.

    >>> frame = pd.DataFrame({"way": ["points"], "sqls": [31.0], "sqls_low": [24.0], "sqls_high": [38.5], "conversion": [0.21]})
    >>> format_frame("volume", frame).rows, format_frame("volume", frame, stacked=True).rows
    ((('points', '31.0 (24.0 to 38.5)', '21 %'),), (('points', '31.0\n24.0 to 38.5', '21 %'),))
    """
    shown = [str(column) for column in frame if not str(column).endswith(("_low", "_high"))]
    rows = [tuple(_format_cell(name, column, row) for column in shown) for row in list_rows(frame)]
    if stacked:
        rows = [tuple(re.sub(r"^(\S+(?: %)?) \((.+)\)$", r"\1\n\2", cell) for cell in row) for row in rows]
    return TextTable(CAPTIONS.get(name, name), tuple(HEADINGS.get(column, column) for column in shown), tuple(rows))


def _format_cell(name: str, column: str, row: dict[str, Any]) -> str:
    value, low, high = row[column], row.get(f"{column}_low"), row.get(f"{column}_high")
    if isinstance(value, str):
        return value
    if value is None or is_missing(value):
        return DASH
    bare = low is None or high is None or is_missing(low) or is_missing(high)
    if column in _SHARES or (column == "difference" and name in {"segments", "months"}):
        return format_share(value, low, high)
    if low is None or high is None or bare:
        return format_number(value, _choose_digits(value))
    digits = _choose_digits(value, low, high)
    return f"{format_number(value, digits)} ({format_range(low, high, digits)})"


def _choose_digits(*values: float) -> int:
    """Decimals for the largest of the values, so that a figure and its interval have equally many."""
    if all(float(value).is_integer() for value in values):
        return 0
    size = max(map(abs, values))
    return 3 if size < 2 else 1 if size < 200 else 0
