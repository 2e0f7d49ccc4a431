"""A table of answers: for all rows at once what `answer` gives for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, ScoringError, name_nearest
from predictor.features.encode_column import Encoded
from predictor.model.fit_engagement import ENGAGEMENT, FIT
from predictor.scoring.answer import Decision


def keep_columns(answers: pd.DataFrame, leads: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The answers with columns of the file beside the lead's id.

    Args:
        answers: A row a lead.
        leads: The file, in the same order.
        names: Its columns to copy, in any case. One that is called as a column of the answers gets `(file)` behind its name.

    Raises:
        ScoringError: The file has no such column.

    >>> answers = pd.DataFrame({"lead_id": ["a"], "points": [5]})
    >>> leads = pd.DataFrame({"ID": ["a"], "Company": ["Acme"], "points": [5]})
    >>> keep_columns(answers, leads, ["company", "points"]).to_dict("records")
    [{'lead_id': 'a', 'Company': 'Acme', 'points (file)': 5, 'points': 5}]
    >>> keep_columns(answers, leads, ["compny"])
    Traceback (most recent call last):
    predictor.core.errors.ScoringError: --keep names 'compny', but the file has no such column. Did you mean 'company'?
    """
    known = {str(name).casefold(): name for name in leads}
    kept = answers.copy()
    for place, name in enumerate(names, 1):
        if (found := known.get(name.casefold())) is None:
            text = f"--keep names '{name}', but the file has no such column.{name_nearest(name.casefold(), list(known))}"
            raise ScoringError(text)
        head = f"{found} (file)" if found in answers else str(found)
        kept.insert(place, head, leads[found].to_numpy())
    return kept


def grade_table(probability: np.ndarray, lowest: Mapping[str, float]) -> np.ndarray:
    """The grade of each probability, as `answer.grade` gives it for one.

    >>> grade_table(np.array([0.3, 0.05]), {"A": 0.4, "B": 0.25, "C": 0.1}).tolist()
    ['B', 'D']
    """
    return np.select([probability >= low for low in lowest.values()], list(lowest), "D")


def tabulate_sides(grades: Mapping[str, np.ndarray], leads: int) -> dict[str, pd.Series]:
    """The grades of fit and engagement as columns; empty where they are not known.

    Args:
        grades: Side -> the grade of each lead, as `SideGrades.grade` gives them.
        leads: How many leads there are.

    >>> {name: column.tolist() for name, column in tabulate_sides({"fit": np.array(["B"], dtype=object)}, 1).items()}
    {'fit_grade': ['B'], 'engagement_grade': [<NA>]}
    """
    fit, engagement = (pd.Series(grades.get(side, np.full(leads, None)), dtype=object) for side in (FIT, ENGAGEMENT))
    return {"fit_grade": fit, "engagement_grade": engagement.astype("Int64")}


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
    answers.loc[failed, ["decision", "grade", "fit_grade", "points_decision", "reasons"]] = None
    answers.loc[failed, "engagement_grade"] = pd.NA
    return answers
