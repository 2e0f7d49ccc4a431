"""What each threshold hands over, what points catch with as many leads, and who is swapped: the steps of the page's sliders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.model.metrics.intervals import wilson
from predictor.model.metrics.metrics import Difference
from predictor.model.threshold.gate import judge_handed
from predictor.model.threshold.table import compute_thresholds
from predictor.report.compare.compared_leads import LEARNED, MODEL, POINTS, ComparedLeads, Resample, measure_resamples
from predictor.report.table_cells import judge_difference

FloatArray = NDArray[np.float64]

PREFIXES = {POINTS: "points", LEARNED: "learned"}
_COUNTS = ("leads", "sqls", "conversion", "conversion_low", "conversion_high")


def compute_steps(tested: ComparedLeads, *, also: Sequence[float] = (), resamples: int = 200, seed: int = 0) -> pd.DataFrame:
    """What each threshold hands over, what the other ways catch with as many leads, and who is swapped with today's gate.

    Args:
        tested: The leads.
        also: Thresholds to add to those of `compute_thresholds`.
        resamples: Behind the interval of each difference.
        seed: The same seed gives the same intervals.

    Returns:
        The columns of `compute_thresholds` but `value`, with `sqls` and `verdict` (of `judge_gate`). For the points (`points_`)
        and the learned points (`learned_`), handing over as many leads, the best first: `sqls`, `conversion` with `_low`, `_high`
        (Wilson), `difference` (SQLs that the model catches more) with its ends, `told` of the model; NaN for a way that is
        not there. For leads that the model hands over and today's gate does not (`in_`), and the other way round
        (`out_`): `leads`, `sqls`, `conversion` with its ends; NaN without a gate.

    >>> p, points = np.tile([0.9, 0.8, 0.2, 0.1], 50), np.tile([9.0, 0.0, 9.0, 0.0], 50)
    >>> ids, outcome = np.arange(200).astype(object), np.tile([1.0, 1, 0, 0], 50)
    >>> tested = ComparedLeads(
    ...     lead_id=ids, outcome=outcome, probability=p, threshold=0.5, points=points, routed=points >= 9)
    >>> steps = compute_steps(tested, resamples=20)
    >>> steps[["threshold", "sqls", "points_sqls", "points_told", "in_leads", "out_leads"]]
       threshold   sqls  points_sqls          points_told  in_leads  out_leads
    0        0.0  100.0        100.0  no clear difference     100.0        0.0
    1        0.2  100.0         75.0               better      50.0        0.0
    2        0.8  100.0         50.0               better      50.0       50.0
    3        0.9   50.0         25.0               better       0.0       50.0
    """
    table = _list_thresholds(tested, also)
    leads = table["leads"].to_numpy(dtype=float)
    sqls = np.round(leads * table["conversion"].to_numpy(dtype=float))
    everyone = leads[0], sqls[0]
    verdicts = [judge_handed(*handed, of=everyone, band=tested.band) for handed in zip(leads, sqls, strict=True)]
    rivals = _measure_rivals(tested, leads, resamples=resamples, seed=seed)
    return pd.concat([table.assign(sqls=sqls, verdict=verdicts), *rivals, *_count_swaps(tested, table["threshold"])], axis=1)


def _list_thresholds(tested: ComparedLeads, also: Sequence[float]) -> pd.DataFrame:
    """What thresholds hand over, rising: the usual ones and those in `also` that hand over a lead."""
    y, p, weeks = tested.outcome, tested.probability, tested.weeks
    usual = compute_thresholds(y, p, weeks=weeks).drop(columns="value")
    new = sorted({float(at) for at in also if at <= p.max()} - set(usual["threshold"]))
    added = [compute_thresholds(y, (p >= at).astype(float), weeks=weeks).iloc[[-1]].assign(threshold=at) for at in new]
    rows = pd.concat([usual, *(row[list(usual)] for row in added)])
    return rows.sort_values("threshold", kind="stable", ignore_index=True)


def compute_load(steps: pd.DataFrame) -> FloatArray:
    """Leads that each threshold gives sales: a week, or of every 100 where they have no dates."""
    weekly = steps["leads_per_week"].to_numpy(dtype=float)
    return 100 * steps["share_routed"].to_numpy(dtype=float) if np.isnan(weekly).any() else weekly


def compute_period(steps: pd.DataFrame) -> float:
    """What a number of test leads is divided by: the weeks, or hundreds of leads where they have no dates."""
    return float(steps["leads"].iloc[0] / compute_load(steps)[0])


def format_unit(steps: pd.DataFrame) -> str:
    """The unit of leads and SQLs: 'a week', or 'of every 100 leads'."""
    return "of every 100 leads" if steps["leads_per_week"].isna().any() else "a week"


def locate_threshold(steps: pd.DataFrame, threshold: float) -> int:
    """The row of a threshold; if it is not there, the row that hands over the same leads."""
    return max(int(np.searchsorted(steps["threshold"].to_numpy(dtype=float), threshold, side="right")) - 1, 0)


def _measure_rivals(tested: ComparedLeads, leads: FloatArray, *, resamples: int, seed: int) -> list[pd.DataFrame]:
    """What points and learned points catch with as many leads, and how many SQLs more the model catches."""
    rivals = [way for way in tested.ways if way != MODEL]

    def measure(sample: Resample) -> Mapping[str, float]:
        figures: dict[str, float] = {}
        best = sample.curves[MODEL].catch(leads)
        for way in rivals:
            caught = sample.curves[way].catch(leads)
            figures |= {f"{way}/{step}": float(sqls) for step, sqls in enumerate(caught)}
            figures |= {f"{way}-{step}": float(more) for step, more in enumerate(best - caught)}
        return figures

    figures = measure_resamples(tested, measure, resamples=resamples, seed=seed)
    unknown = Difference(np.nan, np.nan, np.nan)
    parts = []
    for way, prefix in PREFIXES.items():
        sqls = np.array([figures.get(f"{way}/{step}", unknown).mean for step in range(len(leads))])
        differences = [figures.get(f"{way}-{step}", unknown) for step in range(len(leads))]
        part = (
            _compute_counts(leads, sqls)
            .drop(columns="leads")
            .assign(
                difference=[difference.mean for difference in differences],
                difference_low=[difference.low for difference in differences],
                difference_high=[difference.high for difference in differences],
                told=[judge_difference(difference, better=difference.mean > 0, digits=1) for difference in differences],
            )
        )
        parts.append(part.add_prefix(f"{prefix}_"))
    return parts


def _count_swaps(tested: ComparedLeads, thresholds: pd.Series) -> list[pd.DataFrame]:
    """The leads that each threshold hands over and the gate does not, and those that only the gate hands over."""
    at = thresholds.to_numpy(dtype=float)
    if tested.routed is None:
        return [pd.DataFrame(np.nan, index=thresholds.index, columns=list(_COUNTS)).add_prefix(side) for side in ("in_", "out_")]
    held_back = _count_above(tested, ~tested.routed, at)
    handed, all_handed = _count_above(tested, tested.routed, at), _count_above(tested, tested.routed, np.zeros(1))
    left = [whole - part for whole, part in zip(all_handed, handed, strict=True)]
    return [_compute_counts(*held_back).add_prefix("in_"), _compute_counts(*left).add_prefix("out_")]


def _count_above(tested: ComparedLeads, chosen: NDArray[np.bool_], at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How many of the chosen leads reach each probability, and how many of those are SQLs."""
    rising = np.argsort(tested.probability[chosen], kind="stable")
    first = np.searchsorted(tested.probability[chosen][rising], at)
    sqls = np.append(0.0, np.cumsum(tested.outcome[chosen][rising]))
    return (len(rising) - first).astype(float), sqls[-1] - sqls[first]


def _compute_counts(leads: FloatArray, sqls: FloatArray) -> pd.DataFrame:
    """Counts with their conversion, NaN where there are no leads or the SQLs are unknown."""
    low, high = wilson(np.clip(sqls, 0, leads), leads)
    known = (leads > 0) & ~np.isnan(sqls)
    share = sqls / np.where(known, leads, np.nan)
    ends = {"conversion_low": np.where(known, low, np.nan), "conversion_high": np.where(known, high, np.nan)}
    return pd.DataFrame({"leads": leads, "sqls": sqls, "conversion": share, **ends})
