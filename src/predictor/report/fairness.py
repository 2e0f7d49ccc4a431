"""The fairness table: what the model promises and does for groups of people, beside what came of them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from predictor.core.errors import TrainingError, count, list_names
from predictor.data.parse import infer_kind
from predictor.data.values import normal_texts
from predictor.model.metrics.inputs import check_pairs
from predictor.model.metrics.intervals import Z95, wilson

FloatArray = NDArray[np.float64]

UNKNOWN = "not known"
TOO_LITTLE, TOO_MUCH, RIGHT, FEW = "promised too little", "promised too much", "not to be told apart", "too few leads to tell"
COLUMNS = (
    "column", "group", "leads", "conversion", "conversion_low", "conversion_high", "promised",
    "difference", "difference_low", "difference_high", "routed", "routed_low", "routed_high", "told",
)  # fmt: skip
_MOST_NUMBERS = 10  # distinct numbers above which a column is cut into bands


def compute_fairness(
    protected: pd.DataFrame, outcome: ArrayLike, probability: ArrayLike, routed: ArrayLike, *, fewest: int = 20
) -> pd.DataFrame:
    """For each group of each protected column: its leads, their conversion, what was promised, and how many go to sales.

    It shows differences and judges none: groups may convert differently, and then equal probabilities would be wrong for both
    (Kleinberg, Mullainathan and Raghavan 2017, ITCS). What should not be is a promise that differs from what comes of a group.

    Groups below `fewest` are pooled into one; where that is too small as well, only its size is told, so that no row speaks of
    single persons. Numbers of more than ten values, and the years of dates, are cut into four bands of like size.

    Args:
        protected: (n, columns) as exported; a missing cell is a group of its own.
        outcome: (n,) 1 or 0.
        probability: (n,) from 0 to 1.
        routed: (n,) True where the lead goes to sales.
        fewest: Leads a group needs to stand for itself.

    Returns:
        `column`, `group`, `leads`; `conversion`, `promised` (mean probability), `difference` (conversion less promised) and
        `routed` (share), all but the second with `_low` and `_high` (95 %: Wilson; of the difference by the normal approximation
        of a sum of chances as promised); `told`, what the difference says: of twenty groups one is off by chance alone. The
        largest group of a column first, those pooled last.

    Raises:
        TrainingError: Columns, outcomes, probabilities or decisions of different leads; an outcome other than 0 or 1, ...

    >>> people = pd.DataFrame({"gender": ["f"] * 30 + ["m"] * 30 + [None] * 3})
    >>> table = compute_fairness(people, [1, 0, 0] * 21, [0.3] * 63, [True, False, False] * 21)
    >>> table[["group", "leads", "conversion", "promised", "told"]].round(2)
                 group  leads  conversion  promised                   told
    0                f     30        0.33       0.3   not to be told apart
    1                m     30        0.33       0.3   not to be told apart
    2  other (1 group)      3         NaN       NaN  too few leads to tell
    >>> compute_fairness(people, [1], [0.3], [True])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Protected columns and decisions must be of the leads whose outcomes are given, but \
there are 63, 1 and 1. Take the rows of the same leads.
    """
    y, p = check_pairs(outcome, probability)
    handed = np.asarray(routed, dtype=float)
    if len(protected) != len(y) or handed.shape != y.shape:
        raise TrainingError(
            "Protected columns and decisions must be of the leads whose outcomes are given, but there are "
            f"{len(protected)}, {handed.size} and {len(y)}. Take the rows of the same leads."
        )
    if protected.columns.has_duplicates:
        twice = list_names(sorted({str(name) for name in protected.columns[protected.columns.duplicated()]}))
        raise TrainingError(f"Protected columns must have names of their own, but {twice} stands twice. Name each once.")
    rows = [row for name in protected.columns for row in _describe_column(protected[name], y, p, handed=handed, fewest=fewest)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _describe_column(column: pd.Series, y: FloatArray, p: FloatArray, *, handed: FloatArray, fewest: int) -> list[dict[str, Any]]:
    """The rows of one column: groups from the largest, then those pooled."""
    groups = _name_groups(column)
    sizes = groups.value_counts()  # as they come first among groups of one size
    large = list(sizes.index[sizes >= fewest])
    named: list[tuple[str, NDArray[np.bool_]]] = [(str(name), (groups == name).to_numpy()) for name in large]
    small = len(sizes) - len(large)
    if small:
        named.append((f"other ({count(small, 'group')})", (~groups.isin(large)).to_numpy()))
    return [_describe(str(column.name), name, y[held], p[held], handed=handed[held], fewest=fewest) for name, held in named]


def _describe(column: str, group: str, y: FloatArray, p: FloatArray, *, handed: FloatArray, fewest: int) -> dict[str, Any]:
    n = len(y)
    row: dict[str, Any] = {"column": column, "group": group, "leads": n}
    if n < fewest:
        return row | {"told": FEW}
    off = float((y - p).mean())
    spread = Z95 * float(np.sqrt((p * (1 - p)).sum())) / n
    told = RIGHT if abs(off) <= spread else TOO_LITTLE if off > 0 else TOO_MUCH
    row |= _tell_share("conversion", y) | {"promised": float(p.mean())}
    row |= {"difference": off, "difference_low": off - spread, "difference_high": off + spread}
    return row | _tell_share("routed", handed) | {"told": told}


def _tell_share(name: str, yes: FloatArray) -> dict[str, float]:
    low, high = wilson(yes.sum(), len(yes))
    return {name: float(yes.mean()), f"{name}_low": float(low), f"{name}_high": float(high)}


def _name_groups(column: pd.Series) -> pd.Series:
    """The group of each lead: its value as trimmed text without case, the band of its number, or 'not known'."""
    kind, typed = infer_kind(column)
    numbers = typed.dt.year.astype(float) if kind == "date" else typed
    if kind in {"number", "date"} and numbers.nunique() > (_MOST_NUMBERS if kind == "number" else 0):
        return _name_bands(numbers.astype(float))
    return normal_texts(column).fillna(UNKNOWN)


def _name_bands(numbers: pd.Series) -> pd.Series:
    known = numbers.dropna()
    edges = np.unique(known.quantile([0.25, 0.5, 0.75], interpolation="higher"))
    edges = edges[edges > known.min()]
    ends = [f"{edge:.6g}" for edge in edges]
    names = (
        [f"under {ends[0]}", *(f"{low} to < {high}" for low, high in pairwise(ends)), f"{ends[-1]} or more"] if ends else ["all"]
    )
    band = pd.Series(np.array(names)[np.searchsorted(edges, numbers, side="right").clip(max=len(edges))], index=numbers.index)
    return band.where(numbers.notna(), UNKNOWN)
