"""What today's gate, the best gate, the learned points and the model bring in money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from predictor.report.compare.threshold_steps import compute_period

TODAY, BEST_GATE, BY_LEARNED, BY_MODEL = "today's gate", "best gate", "learned points", "model"


def list_choices(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """What each way could hand over, rising by its limit: `at`, and `leads` and `sqls` a week or of every 100 leads.

    Args:
        tables: Of a comparison.

    Returns:
        Way -> its choices: one for today's gate, each gate, and each number of leads for learned points and model. Only ways that
        are there.
    """
    steps, gates = tables["steps"], tables.get("point_gates", pd.DataFrame())
    period = compute_period(steps)
    choices: dict[str, pd.DataFrame] = {}
    if len(gates):
        every = pd.DataFrame({"at": gates["gate"], "leads": gates["leads"] / period, "sqls": gates["sqls"] / period})
        today = every[gates["today"].to_numpy(dtype=bool)].reset_index(drop=True)
        choices |= ({TODAY: today} if len(today) else {}) | {BEST_GATE: every}
    sent = {"at": steps["threshold"], "leads": steps["leads"] / period}
    if steps["learned_sqls"].notna().any():
        choices[BY_LEARNED] = pd.DataFrame({**sent, "at": np.nan, "sqls": steps["learned_sqls"] / period})
    if len(steps) > 1:
        choices[BY_MODEL] = pd.DataFrame({**sent, "sqls": steps["sqls"] / period})
    return choices


def compute_values(choices: Mapping[str, pd.DataFrame], *, amount: float, cost: float, capacity: float = np.inf) -> pd.DataFrame:
    """The value of the best choice of each way: what accepted leads bring minus what it costs to work the leads.

    Args:
        choices: What `list_choices` gives.
        amount: What an accepted lead brings.
        cost: What it costs to work a lead.
        capacity: Leads that sales can work, in the unit of the choices. Today's gate stays as it is.

    Returns:
        A row a way: `way`, `at` (gate or probability), `leads`, `sqls`, `value`, `more` (than today's gate; NaN without one). Of
        equal values the one with more leads. A way that has no choice within the capacity is left out.

    >>> gates = pd.DataFrame({"at": [40.0, 60, 80], "leads": [50.0, 30, 10], "sqls": [8.0, 7, 4]})
    >>> choices = {TODAY: gates.iloc[[0]], BEST_GATE: gates}
    >>> compute_values(choices, amount=100, cost=10)[["way", "at", "value", "more"]].to_numpy().tolist()
    [["today's gate", 40.0, 300.0, 0.0], ['best gate', 60.0, 400.0, 100.0]]
    >>> compute_values(choices, amount=100, cost=10, capacity=20)["at"].tolist()
    [40.0, 80.0]
    """
    rows: list[dict[str, Any]] = []
    for way, table in choices.items():
        value = (amount * table["sqls"] - cost * table["leads"]).to_numpy(dtype=float)
        allowed = np.ones(len(table), dtype=bool) if way == TODAY else table["leads"].to_numpy(dtype=float) <= capacity
        if allowed.any():
            best = int(np.argmax(np.where(allowed, value, -np.inf)))
            chosen = table.iloc[best]
            rows.append(
                {"way": way, **{name: float(chosen[name]) for name in ("at", "leads", "sqls")}, "value": float(value[best])}
            )
    values = pd.DataFrame(rows, columns=["way", "at", "leads", "sqls", "value"])
    today = values.loc[values["way"] == TODAY, "value"]
    return values.assign(more=values["value"] - (today.iloc[0] if len(today) else np.nan))
