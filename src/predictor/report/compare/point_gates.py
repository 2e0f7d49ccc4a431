"""What each gate of the points would hand over, and which of them the policy of the settings chooses."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.core.settings_sections import ThresholdSettings
from predictor.model.metrics.intervals import wilson
from predictor.model.threshold.gate import judge_handed
from predictor.report.compare.compared_leads import ComparedLeads

FloatArray = NDArray[np.float64]

COLUMNS = (
    "gate", "leads", "leads_per_week", "share_routed", "sqls", "conversion", "conversion_low", "conversion_high",
    "sqls_caught", "verdict", "today",
)  # fmt: skip
_MOST = 60  # gates in the table: with more distinct points, round ones
_FEWEST = 30  # leads that a conversion must rest on


def compute_point_gates(tested: ComparedLeads) -> pd.DataFrame:
    """What each gate of the points would hand over: the leads with as many points, and those that a rule qualifies by itself.

    Gates are the points that leads have; where these are more than 60, round numbers. Today's gate is among them.

    Returns:
        A row a gate, rising: `gate`, `leads`, `leads_per_week` (NaN without dates), `share_routed`, `sqls`, `conversion` with
        `_low`, `_high` (Wilson, 95 %), `sqls_caught` (NaN without SQLs), `verdict` (of `judge_gate`; `no leads` where no
        lead is handed over), `today`. No rows without points.

    >>> points, outcome = np.array([10.0, 20, 20, 30]), np.array([0.0, 0, 1, 1])
    >>> tested = ComparedLeads(lead_id=np.arange(4).astype(object), outcome=outcome, probability=outcome, threshold=0.5,
    ...     points=points, routed=points >= 25, gate=25.0, weeks=2.0)
    >>> compute_point_gates(tested)[["gate", "leads", "sqls", "verdict", "today"]]
       gate  leads  sqls        verdict  today
    0  10.0    4.0   2.0  too few leads  False
    1  20.0    3.0   2.0  too few leads  False
    2  25.0    1.0   1.0  too few leads   True
    3  30.0    1.0   1.0  too few leads  False
    """
    if tested.points is None or not np.isfinite(tested.points).any():
        return pd.DataFrame(columns=list(COLUMNS))
    value = np.where(tested.qualified, np.inf, np.nan_to_num(tested.points, nan=-np.inf))
    gates = _list_gates(tested.points[np.isfinite(tested.points)], tested.gate)
    rising = np.argsort(value, kind="stable")
    first = np.searchsorted(value[rising], gates)
    accepted = np.append(np.cumsum(tested.outcome[rising][::-1])[::-1], 0.0)
    leads, sqls = (len(value) - first).astype(float), accepted[first]
    table = _describe_gates(tested, gates, leads, sqls)
    kept = table["today"] | ((table["leads"] > 0) & ~table["leads"].duplicated(keep="last"))
    return table[kept].reset_index(drop=True)


def choose_point_gate(gates: pd.DataFrame, settings: ThresholdSettings) -> int | None:
    """The row of the gate that keeps the policy of the settings; None where no gate does.

    - `band`: the lowest gate whose conversion lies in the band, surely if one does. Where all leads together reach the band, the
      gate below which more leads bring fewer SQLs than its low end promises.
    - `precision`: the lowest gate whose conversion is at least that, surely if one is.
    - `capacity`: the lowest gate that hands over no more than sales can work.
    - `value`: the gate that brings most.

    Args:
        gates: What `compute_point_gates` gives.
        settings: The policy and its numbers.

    >>> from predictor.core.settings import make_settings
    >>> gates = pd.DataFrame({"leads": [400.0, 200, 40], "leads_per_week": [40.0, 20, 4], "sqls": [40.0, 45, 20]})
    >>> gates = gates.assign(conversion=gates["sqls"] / gates["leads"], conversion_low=[0.08, 0.17, 0.35])
    >>> [choose_point_gate(gates, make_settings({"threshold": changes}).threshold)
    ...     for changes in ({}, {"policy": "capacity", "leads_per_week": 10}, {"policy": "precision", "precision": 0.6})]
    [1, 2, None]
    """
    leads, sqls, conversion, low = (
        gates[name].to_numpy(dtype=float) for name in ("leads", "sqls", "conversion", "conversion_low")
    )
    if not len(gates) or not leads.max():
        return None
    if settings.policy == "capacity":
        return _find_first(gates["leads_per_week"].to_numpy(dtype=float) <= settings.leads_per_week)
    if settings.policy == "value":
        return int(np.argmax(settings.amount * sqls - settings.cost * leads))
    enough = leads >= min(_FEWEST, leads.max())
    floor, ceiling = (settings.precision, 1.0) if settings.policy == "precision" else settings.band
    if settings.policy == "band" and conversion[0] >= floor:
        return int(np.argmax(np.where(enough, sqls - floor * leads, -np.inf)))
    kept = enough & (conversion >= floor) & (conversion <= ceiling)
    sure = _find_first(kept & (low >= floor))
    return _find_first(kept) if sure is None else sure


def _find_first(chosen: NDArray[np.bool_]) -> int | None:
    return int(np.argmax(chosen)) if chosen.any() else None


def _list_gates(points: FloatArray, today: float | None) -> FloatArray:
    """Rising gates: the points that leads have or, where these are many, round numbers; and today's."""
    distinct = np.unique(points)
    if len(distinct) > _MOST:
        low, high = np.quantile(points, [0.0, 0.995])
        size = 10.0 ** np.floor(np.log10((high - low) / _MOST))
        step = next(step for step in (size, 2 * size, 5 * size, 10 * size) if (high - low) / step <= _MOST)
        distinct = (np.arange(np.floor(low / step), np.ceil(high / step) + 1) * step).round(9)
    return np.unique(np.append(distinct, [] if today is None else [today]))


def _describe_gates(tested: ComparedLeads, gates: FloatArray, leads: FloatArray, sqls: FloatArray) -> pd.DataFrame:
    known = np.where(leads > 0, leads, np.nan)
    low, high = (np.where(leads > 0, end, np.nan) for end in wilson(sqls, np.maximum(leads, 1)))
    total = float(tested.outcome.sum()) or np.nan
    everyone = len(tested.outcome), tested.outcome.sum()
    verdicts = [judge_handed(*handed, of=everyone, band=tested.band) for handed in zip(leads, sqls, strict=True)]
    return pd.DataFrame({
        "gate": gates, "leads": leads, "leads_per_week": leads / (tested.weeks or np.nan),
        "share_routed": leads / len(tested.outcome), "sqls": sqls, "conversion": sqls / known,
        "conversion_low": low, "conversion_high": high, "sqls_caught": sqls / total, "verdict": verdicts,
        "today": gates == tested.gate,
    })  # fmt: skip
