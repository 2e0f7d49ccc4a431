"""One assembled row for each lead or episode: its attributes, and its points in total and by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pandas as pd

from predictor.data.leads import POINTS_PREFIX, RULES_PREFIX
from predictor.points.award import Award, Awards

TOTAL = f"{POINTS_PREFIX}total"
BOOK_TOTAL = f"{POINTS_PREFIX}rule book"


def assemble_table(
    frame: pd.DataFrame,
    attributes: Sequence[str],
    *,
    crm_points: Sequence[str] = (),
    awards: Awards | None = None,
    history: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Assembled leads: one column an attribute, `points/total`, `points/<group>`, `points/<CRM column>`, `events/<what>`.

    `rules/<rule>` is how many times the points of each rule were due.

    Args:
        frame: Leads with their attributes and, where the CRM holds scores, those columns.
        attributes: Columns to take, where the frame has them.
        crm_points: Columns whose sum is the total (missing where all are); without them the rule book gives the total.
        awards: The points of the rule book; None for no book.
        history: The event features of these leads; None for none.
    """
    columns: dict[str, Any] = {name: frame[name] for name in attributes if name in frame}
    if awards is not None:
        groups = awards.groups()
        columns |= {f"{POINTS_PREFIX}{group}": groups[group] for group in groups}
        columns[BOOK_TOTAL if crm_points else TOTAL] = awards.total
        columns |= {f"{RULES_PREFIX}{rule}": awards.times[rule] for rule in awards.times}
    if crm_points:
        scores = frame.reindex(columns=list(crm_points)).apply(pd.to_numeric, errors="coerce")
        columns |= {f"{POINTS_PREFIX}{name}": scores[name] for name in crm_points if len(crm_points) > 1}
        columns[TOTAL] = _sum_columns(scores)
    if history is not None:
        columns |= {str(name): history[name] for name in history}
    return pd.DataFrame(columns, index=frame.index)


def _sum_columns(scores: pd.DataFrame) -> np.ndarray:
    """`sum_points` of each row; pandas adds many columns in another order, with another last digit."""
    total = np.zeros(len(scores))
    for name in scores.columns:
        total += scores[name].fillna(0.0).to_numpy(dtype=float)
    return np.where(scores.isna().all(axis=1), np.nan, total)


def assemble_row(
    values: Mapping[str, Any],
    attributes: Sequence[str],
    *,
    crm_points: Mapping[str, float],
    award: Award | None = None,
    history: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """One assembled lead: the same row that `assemble_table` makes.

    Args:
        values: The lead's attributes.
        attributes: The attributes to take, where the lead has them.
        crm_points: The CRM's score by column, NaN where unknown; empty where the model uses none.
        award: The points of the rule book; None for no book.
        history: The lead's event features; None for none.
    """
    row = {name: values[name] for name in attributes if name in values}
    if award is not None:
        row |= {f"{POINTS_PREFIX}{group}": points for group, points in award.groups().items()}
        row[BOOK_TOTAL if crm_points else TOTAL] = award.total
        row |= {f"{RULES_PREFIX}{rule}": times for rule, times in award.times.items()}
    if crm_points:
        row |= {f"{POINTS_PREFIX}{name}": value for name, value in crm_points.items() if len(crm_points) > 1}
        row[TOTAL] = sum_points(crm_points.values())
    row.update(history or {})
    return row


def sum_points(points: Any) -> float:  # noqa: ANN401  any iterable of floats
    """The sum of the known scores, from left to right; NaN where none is known.

    >>> sum_points([1.0, float("nan"), 2.0]), sum_points([float("nan")])
    (3.0, nan)
    """
    known = [value for value in points if not np.isnan(value)]
    return float(reduce(add, known, 0.0)) if known else np.nan  # `sum` compensates from Python 3.12 on, as a table's sum does not
