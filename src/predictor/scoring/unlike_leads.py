"""Answers about leads unlike those of the training: a wider interval, a warning, and the decision that the settings ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from predictor.core.wording import format_number
from predictor.features.encode_column import Encoded
from predictor.scoring.answer import Answer, Decision, decide
from predictor.scoring.coverage import Unlike


def widen_answer(answer: Answer, unlike: Unlike, *, score: float, way: str) -> Answer:
    """The answer about such a lead.

    Args:
        answer: As it is about other leads.
        unlike: What sets the lead apart.
        score: Of the model, in log-odds.
        way: Who decides, as `threshold.unlike` of the settings says.
    """
    low, known, high = (float(figure) for figure in unlike.spread.locate(score))
    points = None if answer.points is None else answer.points.decision
    decision, how = decide_unlike(answer.decision, known, points, threshold=answer.threshold, way=way)
    return replace(
        answer,
        interval=(min(answer.interval[0], low), max(answer.interval[1], high)),
        decision=decision,
        warnings=(*answer.warnings, replace(unlike.warning, do=how)),
    )


def widen_rows(
    answers: pd.DataFrame, encoded: Encoded, unlike: Sequence[tuple[np.ndarray, Unlike]], *, score: np.ndarray, way: str
) -> None:
    """The same in a table of answers, whose rows about such leads are changed; their warnings are noted.

    Args:
        answers: The answers, in the order of the matrix.
        encoded: The matrix, with warnings by row.
        unlike: Rows, and what sets their leads apart, as `Coverage.check_table` gives them.
        score: (rows,) of the model, in log-odds.
        way: Who decides, as `threshold.unlike` of the settings says.
    """
    if not unlike:
        return
    low, high = (answers[end].to_numpy(copy=True) for end in ("low", "high"))
    decisions, points, threshold = (answers[name].tolist() for name in ("decision", "points_decision", "threshold"))
    for rows, found in unlike:
        below, known, above = found.spread.locate(score[rows])
        low[rows], high[rows] = np.minimum(low[rows], below), np.maximum(high[rows], above)
        if way == "model":
            encoded.note(encoded.warnings, rows, found.warning)
            continue
        for row, mean in zip(rows.tolist(), known.tolist(), strict=True):
            decisions[row], how = decide_unlike(decisions[row], mean, points[row], threshold=threshold[row], way=way)
            encoded.note(encoded.warnings, np.array([row]), replace(found.warning, do=how))
    answers["low"], answers["high"], answers["decision"] = low, high, decisions


def decide_unlike(usual: Decision, known: float, points: Decision | None, *, threshold: float, way: str) -> tuple[Decision, str]:
    """The decision about such a lead, and how it was made, in words; empty for the usual way.

    Args:
        usual: The decision by its own probability.
        known: The mean probability of leads of which as little is known.
        points: The decision of the points; None where they give none.
        threshold: The threshold that decides.
        way: Who decides: `known`, `points`, or the model.

    >>> decide_unlike("nurture", 0.35, None, threshold=0.3, way="known")
    ('route_to_sales', 'Decided by 0.350, the mean of leads of which as little is known.')
    >>> decide_unlike("nurture", 0.35, "route_to_sales", threshold=0.3, way="points")
    ('route_to_sales', 'Decided by the points.')
    >>> decide_unlike("nurture", 0.35, None, threshold=0.3, way="points")
    ('nurture', '')
    """
    if way == "known":
        mean = f"Decided by {format_number(known, 3)}, the mean of leads of which as little is known."
        return decide(known >= threshold), mean
    if way == "points" and points is not None:
        return points, "Decided by the points."
    return usual, ""
