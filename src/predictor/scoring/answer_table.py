"""A table of answers: for all rows at once what `answer` gives for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from predictor.core.errors import Finding
from predictor.features.encode import Encoded
from predictor.scoring.answer import Decision


def grade_table(probability: np.ndarray, lowest: Mapping[str, float]) -> np.ndarray:
    """The grade of each probability, as `answer.grade` gives it for one.

    >>> grade_table(np.array([0.3, 0.05]), {"A": 0.4, "B": 0.25, "C": 0.1}).tolist()
    ['B', 'D']
    """
    return np.select([probability >= low for low in lowest.values()], list(lowest), "D")


def decide_points_table(points: np.ndarray, gate: float | None, qualifies: np.ndarray) -> list[Decision | None]:
    """The decision of the points for each lead, as `answer.decide_points` gives it for one.

    >>> decide_points_table(np.array([20.0, 60.0, np.nan]), 60, np.array([False, False, True]))
    ['nurture', 'route_to_sales', 'route_to_sales']
    """
    if gate is None:
        return [None] * len(points)
    words = np.full(len(points), "nurture", dtype=object)
    words[np.isnan(points)] = None
    words[(points >= gate) | qualifies] = "route_to_sales"
    decisions: list[Decision | None] = words.tolist()
    return decisions


def add_warnings(answers: pd.DataFrame, encoded: Encoded, *, of_model: Sequence[Finding]) -> pd.DataFrame:
    """The answers with a column `warnings`, those of the model first; a row with an error keeps only its id and the error."""
    texts = [" ".join(map(str, of_model))] * len(answers)
    for row, warnings in encoded.warnings.items():
        texts[row] = " ".join(map(str, (*of_model, *warnings)))
    for row, errors in encoded.errors.items():
        texts[row] = " ".join(errors)
    answers["warnings"] = texts
    failed = list(encoded.errors)
    answers.loc[failed, ["probability", "low", "high", "threshold", "points"]] = np.nan
    answers.loc[failed, ["decision", "grade", "points_decision", "reasons"]] = None
    return answers
