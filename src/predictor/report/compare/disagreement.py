"""Where points and model disagree: four groups of leads, what came of them, and who is swapped."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.model.metrics.intervals import wilson
from predictor.report.compare.ways import ComparedLeads

BOTH, ONLY_POINTS, ONLY_MODEL, NEITHER = "both", "only points", "only the model", "neither"
MOST_SWAPPED = 1000


def compute_disagreement(tested: ComparedLeads, *, seed: int = 0) -> pd.DataFrame:
    """What came of the leads that points and model both hand over, one of them, or neither, each handing over as many.

    Which leads of a tie at the model's boundary are taken is drawn by lot.

    Args:
        tested: The leads; without a points gate nothing can be told.
        seed: Of the lot.

    Returns:
        Four rows: `cell`, `leads`, `sqls`, `conversion` with `_low`, `_high` (Wilson, 95 %), `promised` (mean probability);
        conversion and promise are missing for an empty cell. Empty without a gate.

    >>> tested = ComparedLeads(np.array(["A", "B", "C"], object), np.array([1.0, 0, 0]), np.array([0.9, 0.5, 0.1]), 0.5,
    ...                 np.array([0.0, 0, 70]), np.array([False, False, True]))
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
    """Which leads are in each of the four cells."""
    by_points = tested.handed
    lot = np.random.default_rng(seed).permutation(len(by_points))
    best = np.lexsort((lot, -tested.probability))
    by_model = np.zeros(len(by_points), dtype=bool)
    by_model[best[: int(by_points.sum())]] = True
    return {
        BOTH: by_points & by_model,
        ONLY_POINTS: by_points & ~by_model,
        ONLY_MODEL: ~by_points & by_model,
        NEITHER: ~by_points & ~by_model,
    }


def list_swapped(tested: ComparedLeads, *, seed: int = 0, most: int = MOST_SWAPPED) -> pd.DataFrame:
    """The leads that only one of the two hands over, of each the strongest first: by points, and by probability.

    A key that holds an `@` may be a person's address, and is not told.

    Args:
        tested: The leads.
        seed: As for `compute_disagreement`.
        most: Leads of each kind at most.

    Returns:
        `cell`, `lead_id`, `mql_at` (the day, in UTC, which tells the episodes of a lead apart; empty where leads carry no dates),
        `points`, `probability`, `sql` (1 or 0). Empty without a gate.
    """
    columns = ["cell", "lead_id", "mql_at", "points", "probability", "sql"]
    if tested.routed is None:
        return pd.DataFrame(columns=columns)
    cells = locate_disagreement(tested, seed=seed)
    points = np.full(len(tested.outcome), np.nan) if tested.points is None else tested.points
    days = np.full(len(points), "") if tested.moments is None else tested.moments.dt.strftime("%Y-%m-%d").to_numpy()
    parts = []
    for cell, strength in ((ONLY_POINTS, np.nan_to_num(points, nan=-np.inf)), (ONLY_MODEL, tested.probability)):
        rows = np.flatnonzero(cells[cell])
        rows = rows[np.lexsort((tested.lead_id[rows].astype(str), -strength[rows]))][:most]
        keys = ["(not told)" if "@" in str(key) else str(key) for key in tested.lead_id[rows]]
        parts.append(
            pd.DataFrame({
                "cell": cell, "lead_id": keys, "mql_at": days[rows], "points": points[rows],
                "probability": tested.probability[rows], "sql": tested.outcome[rows].astype(int),
            })
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)
