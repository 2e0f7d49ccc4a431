"""Scores of tables of Spark: features by the expressions that DuckDB runs, and the model on every worker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from predictor.core.errors import Finding
from predictor.scoring.threshold_advice import load_scorer

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def score_spark(
    leads: DataFrame, events: DataFrame | None, model: str | Path, *, now: pd.Timestamp | None = None, reasons: int = 3
) -> tuple[DataFrame, tuple[Finding, ...]]:
    """The answers about leads of Spark, in no order, with the columns of `score_leads`, and findings about the tables.

    Answers are computed when they are used. The time zone of the session becomes UTC, and its cache keeps the checked events.

    Args:
        leads: One row a lead, in the columns of the training export.
        events: One row an event, in the columns of the training export. `occurred_at` is a timestamp, a date, or a text as
            2026-03-31T14:05:00Z; `value` is a number, or a plain text of one. None for none.
        model: A bundle, or a folder of bundles, whose champion answers.
        now: The moment of leads without one; None means the clock's.
        reasons: How many of the strongest reasons to give, up and down together.

    Raises:
        TableError: No column `lead_id`, no leads, or a column that events need is missing.
        ScoringError: The model has features of the firm's own, or over earlier episodes.
    """
    from predictor.scoring.spark_table import ROW, score_tables  # noqa: PLC0415  few have Spark

    now = pd.Timestamp.now("UTC") if now is None else now
    answers, findings = score_tables(leads, events, load_scorer(Path(model)), now=now, reasons=reasons)
    return answers.drop(ROW), findings
