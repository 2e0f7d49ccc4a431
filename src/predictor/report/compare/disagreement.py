"""Where points and model disagree: four groups of leads, their conversion, and who is swapped."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.model.metrics.intervals import wilson
from predictor.report.compare.compared_leads import ComparedLeads

BOTH, ONLY_POINTS, ONLY_MODEL, NEITHER = "both", "only points", "only the model", "neither"
MOST_SWAPPED = 1000


def compute_disagreement(tested: ComparedLeads, *, seed: int = 0) -> pd.DataFrame:
    """Conversion of the leads that points and model both hand over, only one of them, or neither; both hand over as many leads.

    From tied leads at the model's boundary a random choice is taken.

    Args:
        tested: The leads.
        seed: Seed of that choice.

    Returns:
        Four rows: `cell`, `leads`, `sqls`, `conversion` with `_low`, `_high` (Wilson, 95 %), `promised` (mean probability);
        conversion and probability are missing for an empty cell. No rows without a points gate.

    >>> tested = ComparedLeads(
    ...     lead_id=np.array(["A", "B", "C"], object), outcome=np.array([1.0, 0, 0]), probability=np.array([0.9, 0.5, 0.1]),
    ...     threshold=0.5, points=np.array([0.0, 0, 70]), routed=np.array([False, False, True]))
    >>> compute_disagreement(tested)[["cell", "leads", "sqls"]].to_dict("list")
    {'cell': ['both', 'only points', 'only the model', 'neither'], 'leads': [0, 1, 1, 1], 'sqls': [0, 0, 1, 0]}
    """
    columns = ["cell", "leads", "sqls", "conversion", "conversion_low", "conversion_high", "promised"]
    if tested.routed is None:
        return pd.DataFrame(columns=columns)
    rows = []
    for cell, chosen in locate_disagreement(tested, seed=seed).items():
        leads, sqls = int(chosen.sum()), int(tested.outcome[chosen].sum())
        low, high = wilson(sqls, leads)
        ends = (sqls / leads, float(low), float(high)) if leads else (np.nan, np.nan, np.nan)
        promised = float(tested.probability[chosen].mean()) if leads else np.nan
        rows.append((cell, leads, sqls, *ends, promised))
    return pd.DataFrame(rows, columns=columns)


def locate_disagreement(tested: ComparedLeads, *, seed: int = 0) -> dict[str, NDArray[np.bool_]]:
    """The leads of each of the four cells, as masks."""
    by_points = tested.handed
    random_order = np.random.default_rng(seed).permutation(len(by_points))
    best = np.lexsort((random_order, -tested.probability))
    by_model = np.zeros(len(by_points), dtype=bool)
    by_model[best[: int(by_points.sum())]] = True
    return {
        BOTH: by_points & by_model,
        ONLY_POINTS: by_points & ~by_model,
        ONLY_MODEL: ~by_points & by_model,
        NEITHER: ~by_points & ~by_model,
    }


def list_swapped(tested: ComparedLeads, *, seed: int = 0, most: int = MOST_SWAPPED) -> pd.DataFrame:
    """The leads that only points or only the model hands over, strongest first: by points, and by probability.

    Leads at the model's boundary of which it takes only some, because they are equal, are not listed: chance decides about them.
    An id that contains an `@` may be an address of a person, and is withheld.

    Args:
        tested: The leads.
        seed: As for `compute_disagreement`.
        most: Leads of each kind, at most.

    Returns:
        `cell`, `lead_id`, `mql_at` (the day, in UTC, which separates episodes of one lead; empty where leads have no dates),
        `points`, `probability`, `sql` (1 or 0). No rows without a gate.
    """
    points = np.full(len(tested.outcome), np.nan) if tested.points is None else tested.points
    days = np.full(len(points), "") if tested.moments is None else tested.moments.dt.strftime("%Y-%m-%d").to_numpy()
    swapped = locate_swapped(tested, seed=seed, most=most)
    rows = np.concatenate([*swapped.values(), np.array([], dtype=np.intp)])
    return pd.DataFrame({
        "cell": [cell for cell, found in swapped.items() for _ in found],
        "lead_id": ["(withheld)" if "@" in str(key) else str(key) for key in tested.lead_id[rows]],
        "mql_at": days[rows], "points": points[rows], "probability": tested.probability[rows],
        "sql": tested.outcome[rows].astype(int),
    })  # fmt: skip


def locate_swapped(tested: ComparedLeads, *, seed: int = 0, most: int = MOST_SWAPPED) -> dict[str, NDArray[np.intp]]:
    """Positions of the leads of `list_swapped`, in its order, by cell; empty without a gate.

    >>> tested = ComparedLeads(
    ...     lead_id=np.array(["A", "B", "C", "D"], object), outcome=np.array([1.0, 0, 0, 0]), threshold=0.5,
    ...     probability=np.array([0.9, 0.2, 0.5, 0.5]), points=np.array([0.0, 70, 70, 0]),
    ...     routed=np.array([False, True, True, False]))
    >>> {cell: found.tolist() for cell, found in locate_swapped(tested).items()}
    {'only points': [1], 'only the model': [0]}
    """
    if tested.routed is None:
        return {}
    cells = locate_disagreement(tested, seed=seed)
    by_model, probability = cells[BOTH] | cells[ONLY_MODEL], tested.probability
    boundary = probability[by_model].min(initial=np.inf)
    is_tied = (probability == boundary) & bool((probability[~by_model] == boundary).any())
    points = np.full(len(probability), -np.inf) if tested.points is None else np.nan_to_num(tested.points, nan=-np.inf)
    located = {}
    for cell, strength in ((ONLY_POINTS, points), (ONLY_MODEL, probability)):
        rows = np.flatnonzero(cells[cell] & ~is_tied)
        located[cell] = rows[np.lexsort((tested.lead_id[rows].astype(str), -strength[rows]))][:most]
    return located
