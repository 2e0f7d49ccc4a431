"""A table of answers: what one answer says, for all rows at once, and what is wrong with which row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from predictor.core.errors import Finding
from predictor.data.parse import ISO_HINT, parse_numbers
from predictor.features.encode import Encoded
from predictor.scoring.answer import Decision


def grade_table(probability: np.ndarray, lowest: Mapping[str, float]) -> np.ndarray:
    """The grade of each probability, as `answer.grade` gives it for one.

    >>> grade_table(np.array([0.3, 0.05]), {"A": 0.4, "B": 0.25, "C": 0.1}).tolist()
    ['B', 'D']
    """
    return np.select([probability >= low for low in lowest.values()], list(lowest), "D")


def decide_points_table(points: np.ndarray, gate: float | None, qualifies: np.ndarray) -> list[Decision | None]:
    """What the points decide of each lead, as `answer.decide_points` does for one.

    >>> decide_points_table(np.array([20.0, 60.0, np.nan]), 60, np.array([False, False, True]))
    ['nurture', 'route_to_sales', 'route_to_sales']
    """
    if gate is None:
        return [None] * len(points)
    words = np.full(len(points), "nurture", dtype=object)
    words[np.isnan(points)] = None
    words[(points >= gate) | qualifies] = "route_to_sales"
    decided: list[Decision | None] = words.tolist()
    return decided


def note_faults(encoded: Encoded, prepared: pd.DataFrame, *, points: Sequence[str], as_of: pd.Series | None) -> None:
    """Rows that cannot be scored for another reason than an attribute: no key, no moment, points that are no numbers.

    >>> encoded = Encoded(np.zeros((2, 0)), {}, {})
    >>> note_faults(encoded, pd.DataFrame({"lead_id": ["A", None]}), points=[], as_of=None)
    >>> encoded.errors
    {1: ["LEAD006 There is no lead_id. Export the CRM's key of every lead."]}
    """
    faults = [(prepared["lead_id"].isna(), "LEAD006 There is no lead_id. Export the CRM's key of every lead.")]
    if as_of is not None:
        faults.append((as_of.isna(), f"LEAD003 Its moment is no date. {ISO_HINT}."))
    for name in prepared.columns.intersection(list(points)):
        text = f"LEAD022 '{name}' must be a number. Send one, or leave it out."
        faults += [(parse_numbers(prepared[name])[1], text)]
    for mask, text in faults:
        encoded.note(encoded.errors, np.flatnonzero(mask.to_numpy()), text)


def mark_answers(answers: pd.DataFrame, encoded: Encoded, *, of_all: Sequence[Finding]) -> pd.DataFrame:
    """The answers with warnings, those of all first; a row with an error keeps nothing but its id and the reason."""
    texts = [" ".join(map(str, of_all))] * len(answers)
    for row, warnings in encoded.warnings.items():
        texts[row] = " ".join(map(str, (*of_all, *warnings)))
    for row, errors in encoded.errors.items():
        texts[row] = " ".join(errors)
    answers["warnings"] = texts
    failed = list(encoded.errors)
    answers.loc[failed, ["probability", "low", "high", "threshold", "points"]] = np.nan
    answers.loc[failed, ["decision", "grade", "points_decision", "reasons"]] = None
    return answers
