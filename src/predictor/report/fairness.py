"""The fairness table: predicted and observed conversion of groups of people, and how many of them go to sales."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from predictor.core.errors import TrainingError, count, list_names
from predictor.data.parse import infer_kind
from predictor.data.values import normal_texts
from predictor.model.metrics.inputs import check_pairs
from predictor.model.metrics.intervals import Z95
from predictor.report.table_cells import FEW, SAME, compute_share, name_bands

FloatArray = NDArray[np.float64]

UNKNOWN = "not known"
TOO_LITTLE, TOO_MUCH = "promised too little", "promised too much"
COLUMNS = (
    "column", "group", "leads", "conversion", "conversion_low", "conversion_high", "promised",
    "difference", "difference_low", "difference_high", "routed", "routed_low", "routed_high", "told",
)  # fmt: skip
_MOST_NUMBERS = 10  # distinct numbers above which a column is cut into bands


def compute_fairness(
    protected: pd.DataFrame, outcome: ArrayLike, probability: ArrayLike, routed: ArrayLike, *, fewest: int = 20
) -> pd.DataFrame:
    """For each group of each protected column: its leads, their conversion, what was promised, and how many go to sales.

    The table judges no difference between groups: they may convert differently, and then equal probabilities would be wrong for
    both (Kleinberg, Mullainathan and Raghavan 2017, ITCS). Within a group, promised and observed conversion should agree.

    Groups below `fewest` are pooled into one. If the pool is too small as well, only its size is given, so that no row describes
    single persons. Numbers of more than ten values, and the years of dates, are cut into four bands of about equal size.

    Args:
        protected: (n, columns) as exported; a missing cell is a group of its own.
        outcome: (n,) 1 or 0.
        probability: (n,) from 0 to 1.
        routed: (n,) True where the lead goes to sales.
        fewest: Leads that a group needs for a row of its own.

    Returns:
        `column`, `group`, `leads`; `conversion`, `promised` (mean probability), `difference` (conversion less promised) and
        `routed` (share), all but the second with `_low` and `_high` (95 %: Wilson; of the difference by the normal approximation
        of a sum of chances as promised); `told`, what the difference says: about one group in twenty differs by chance alone. The
        largest group of a column comes first, the pool last.

    Raises:
        TrainingError: Columns, outcomes, probabilities or decisions of different leads; an outcome other than 0 or 1, ...

    >>> people = pd.DataFrame({"gender": ["f"] * 30 + ["m"] * 30 + [None] * 3})
    >>> table = compute_fairness(people, [1, 0, 0] * 21, [0.3] * 63, [True, False, False] * 21)
    >>> table[["group", "leads", "conversion", "promised", "told"]].round(2)
                 group  leads  conversion  promised                 told
    0                f     30        0.33       0.3  no clear difference
    1                m     30        0.33       0.3  no clear difference
    2  other (1 group)      3         NaN       NaN        too few leads
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
        raise TrainingError(f"Protected columns must have names of their own, but {twice} is there twice. Name each once.")
    rows = [row for name in protected.columns for row in _describe_column(protected[name], y, p, handed=handed, fewest=fewest)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def hide_routed(table: pd.DataFrame) -> pd.DataFrame:
    """The table without the shares that the model would hand over: one that found no signal chooses by luck."""
    return table.assign(**dict.fromkeys(("routed", "routed_low", "routed_high"), np.nan))


def _describe_column(column: pd.Series, y: FloatArray, p: FloatArray, *, handed: FloatArray, fewest: int) -> list[dict[str, Any]]:
    """The rows of one column: groups from the largest, then those pooled."""
    groups = _name_groups(column)
    sizes = groups.value_counts()  # groups of one size in the order of the leads
    large = list(sizes.index[sizes >= fewest])
    members: list[tuple[str, NDArray[np.bool_]]] = [(str(name), (groups == name).to_numpy()) for name in large]
    small = len(sizes) - len(large)
    if small:
        members.append((f"other ({count(small, 'group')})", (~groups.isin(large)).to_numpy()))
    return [_make_row(str(column.name), name, y[leads], p[leads], handed=handed[leads], fewest=fewest) for name, leads in members]


def _make_row(column: str, group: str, y: FloatArray, p: FloatArray, *, handed: FloatArray, fewest: int) -> dict[str, Any]:
    n = len(y)
    row: dict[str, Any] = {"column": column, "group": group, "leads": n}
    if n < fewest:
        return row | {"told": FEW}
    difference = float((y - p).mean())
    spread = Z95 * float(np.sqrt((p * (1 - p)).sum())) / n
    judgement = SAME if abs(difference) <= spread else TOO_LITTLE if difference > 0 else TOO_MUCH
    row |= compute_share("conversion", y) | {"promised": float(p.mean())}
    row |= {"difference": difference, "difference_low": difference - spread, "difference_high": difference + spread}
    return row | compute_share("routed", handed) | {"told": judgement}


def _name_groups(column: pd.Series) -> pd.Series:
    """The group of each lead: its value as trimmed text without case, the band of its number, or 'not known'."""
    kind, typed = infer_kind(column)
    numbers = typed.dt.year.astype(float) if kind == "date" else typed
    if kind in {"number", "date"} and numbers.nunique() > (_MOST_NUMBERS if kind == "number" else 0):
        return _cut_into_bands(numbers.astype(float))
    return normal_texts(column).fillna(UNKNOWN)


def _cut_into_bands(numbers: pd.Series) -> pd.Series:
    known = numbers.dropna()
    edges = np.unique(known.quantile([0.25, 0.5, 0.75], interpolation="higher"))
    edges = edges[edges > known.min()]
    names = np.array(name_bands([f"{edge:.6g}" for edge in edges]))
    band = pd.Series(names[np.searchsorted(edges, numbers, side="right").clip(max=len(edges))], index=numbers.index)
    return band.where(numbers.notna(), UNKNOWN)
