"""Points, learned points and model at equal volume, equal SQLs, a weekly capacity, and as rankings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from predictor.model.metrics.intervals import wilson
from predictor.model.metrics.metrics import Difference
from predictor.report.compare.compared_leads import LEARNED, MODEL, POINTS, ComparedLeads, Resample, measure_resamples
from predictor.report.table_cells import judge_difference

_LADDER = (1, 2, 5)  # times a power of ten: the weekly capacities
_MOST_CAPACITIES = 8


def compute_volume(tested: ComparedLeads, *, resamples: int = 200, seed: int = 0) -> pd.DataFrame:
    """SQLs that each way catches with as many leads as the points gate hands over, or the model's threshold without a gate.

    From leads tied at the boundary, a random choice is expected. Points hand over exactly the leads of their gate.

    Args:
        tested: The leads.
        resamples: Behind each interval.
        seed: The same seed gives the same intervals.

    Returns:
        A row a way: `way`, `leads`, `sqls` with `_low`, `_high`, `conversion` with `_low`, `_high` (Wilson, 95 %), and
        compared with the points, then with the learned points: `against`, `difference` with `_low`, `_high` (SQLs), `told`
        (better, worse, no clear difference; empty where nothing is compared).

    >>> p, points = np.tile([0.9, 0.8, 0.2, 0.1], 50), np.tile([9.0, 0.0, 9.0, 0.0], 50)
    >>> ids, outcome = np.arange(200).astype(object), np.tile([1.0, 1, 0, 0], 50)
    >>> tested = ComparedLeads(
    ...     lead_id=ids, outcome=outcome, probability=p, threshold=0.5, points=points, routed=points >= 9)
    >>> compute_volume(tested)[["way", "leads", "sqls", "told"]].to_numpy().tolist()
    [['points', 100, 50.0, ''], ['model', 100, 100.0, 'better']]
    """

    def measure(sample: Resample) -> dict[str, float]:
        caught = {name: float(curve.catch(sample.volume)) for name, curve in sample.curves.items()}
        if tested.routed is not None and POINTS in caught:
            caught[POINTS] = sample.caught
        return _pair(caught)

    figures = measure_resamples(tested, measure, resamples=resamples, seed=seed)
    leads = int(tested.handed.sum())
    rows = []
    for way in tested.ways:
        low, high = wilson(min(figures[way].mean, leads), leads)
        share = figures[way].mean / leads if leads else np.nan
        row = {"way": way, "leads": leads, **_spread("sqls", figures[way])}
        row |= _spread("conversion", Difference(share, float(low) if leads else np.nan, float(high) if leads else np.nan))
        rows += [row | pair for pair in _compare(way, tested, figures, more_is_better=True, digits=1)]
    return pd.DataFrame(rows)


def compute_equal_sqls(tested: ComparedLeads, *, resamples: int = 200, seed: int = 0) -> pd.DataFrame:
    """Leads that sales works by each way for as many SQLs as the points gate catches, or the model's threshold without a gate.

    Returns:
        A row a way: `way`, `sqls`, `leads` with `_low`, `_high`, `against`, `difference` with `_low`, `_high` (leads; below
        zero sales works fewer), `told`.

    >>> p, points = np.tile([0.9, 0.8, 0.2, 0.1], 50), np.tile([9.0, 0.0, 9.0, 0.0], 50)
    >>> ids, outcome = np.arange(200).astype(object), np.tile([1.0, 1, 0, 0], 50)
    >>> tested = ComparedLeads(
    ...     lead_id=ids, outcome=outcome, probability=p, threshold=0.5, points=points, routed=points >= 9)
    >>> compute_equal_sqls(tested)[["way", "sqls", "leads", "told"]].to_numpy().tolist()
    [['points', 50.0, 100.0, ''], ['model', 50.0, 50.0, 'better']]
    """

    def measure(sample: Resample) -> dict[str, float]:
        by_threshold = float(sample.curves[MODEL].catch(sample.volume))
        sqls = sample.caught if tested.routed is not None else by_threshold
        needed = {name: curve.need(sqls) for name, curve in sample.curves.items()}
        if tested.routed is not None and POINTS in needed:
            needed[POINTS] = sample.volume
        return _pair(needed) | {"sqls": sqls}

    figures = measure_resamples(tested, measure, resamples=resamples, seed=seed)
    rows = []
    for way in tested.ways:
        row = {"way": way, "sqls": figures["sqls"].mean, **_spread("leads", figures[way])}
        rows += [row | pair for pair in _compare(way, tested, figures, more_is_better=False, digits=0)]
    return pd.DataFrame(rows)


def compute_capacity(tested: ComparedLeads, *, weekly: Sequence[float] = (), resamples: int = 200, seed: int = 0) -> pd.DataFrame:
    """SQLs a week by each way at weekly capacities of sales, the best leads first.

    Args:
        tested: The leads.
        weekly: Capacities to add to the round numbers up to all leads.
        resamples: Behind each interval.
        seed: The same seed gives the same intervals.

    Returns:
        A row for each capacity and way: `leads_per_week`, `way`, `leads`, `sqls_per_week` with `_low`, `_high`, `conversion`,
        `against`, `difference` with `_low`, `_high` (SQLs a week), `told`. No rows where leads have no dates.
    """
    weeks = tested.weeks
    if weeks is None:
        return pd.DataFrame(columns=["leads_per_week", "way", "leads", "sqls_per_week", "conversion", "told"])
    capacities = _choose_capacities(len(tested.outcome) / weeks, weekly)

    def measure(sample: Resample) -> dict[str, float]:
        figures: dict[str, float] = {}
        for capacity in capacities:
            caught = {name: float(curve.catch(capacity * weeks)) / weeks for name, curve in sample.curves.items()}
            figures |= {f"{capacity}/{name}": figure for name, figure in _pair(caught).items()}
        return figures

    figures = measure_resamples(tested, measure, resamples=resamples, seed=seed)
    rows = []
    for capacity in capacities:
        parts = {name.partition("/")[2]: figure for name, figure in figures.items() if name.startswith(f"{capacity}/")}
        for way in tested.ways:
            row = {"leads_per_week": capacity, "way": way, "leads": capacity * weeks, **_spread("sqls_per_week", parts[way])}
            row |= {"conversion": parts[way].mean / capacity}
            rows += [row | pair for pair in _compare(way, tested, parts, more_is_better=True, digits=3)]
    return pd.DataFrame(rows)


def compute_rankings(tested: ComparedLeads, *, resamples: int = 200, seed: int = 0) -> pd.DataFrame:
    """How well each way ranks the leads whose points are known, or all where there are no points.

    Returns:
        A row a way: `way`, `leads`, `sqls`, `auc` with `_low`, `_high`, `against`, `difference` with `_low`, `_high`, `told`.

    >>> outcome, p = np.tile([1.0, 0], 40), np.tile([0.9, 0.2], 40)
    >>> ids, points = np.arange(80).astype(object), np.full(80, 5.0)
    >>> tested = ComparedLeads(lead_id=ids, outcome=outcome, probability=p, threshold=0.5, points=points)
    >>> compute_rankings(tested)[["way", "auc", "told"]].to_numpy().tolist()
    [['points', 0.5, ''], ['model', 1.0, 'better']]
    """
    has_points = np.ones(len(tested.outcome), dtype=bool) if tested.points is None else ~np.isnan(tested.points)
    if not has_points.any():
        has_points[:] = True
    scored = take_leads(tested, has_points)

    def measure(sample: Resample) -> dict[str, float]:
        return _pair({name: curve.auc for name, curve in sample.curves.items()})

    figures = measure_resamples(scored, measure, resamples=resamples, seed=seed)
    rows = []
    for way in scored.ways:
        row = {"way": way, "leads": int(has_points.sum()), "sqls": int(scored.outcome.sum()), **_spread("auc", figures[way])}
        rows += [row | pair for pair in _compare(way, scored, figures, more_is_better=True, digits=3)]
    return pd.DataFrame(rows)


def compute_rankings_ever(tested: ComparedLeads, *, resamples: int = 200, seed: int = 0) -> pd.DataFrame:
    """How well the hand-set points rank every lead with points and a known outcome, older ones too.

    Returns:
        One row: `way`, `leads`, `sqls`, `auc` with `_low`, `_high`; none without `ever`, or where all outcomes are the same.
    """
    columns = ["way", "leads", "sqls", "auc", "auc_low", "auc_high"]
    if tested.ever is None:
        return pd.DataFrame(columns=columns)
    points, outcome = (values[~np.isnan(tested.ever[0])] for values in tested.ever)
    if len(np.unique(outcome)) < 2:
        return pd.DataFrame(columns=columns)
    leads = ComparedLeads(
        lead_id=np.arange(len(points)).astype(object),
        outcome=outcome,
        probability=np.full(len(points), 0.5),
        threshold=0.5,
        points=points,
    )
    figures = measure_resamples(leads, lambda sample: {POINTS: sample.curves[POINTS].auc}, resamples=resamples, seed=seed)
    return pd.DataFrame([{"way": POINTS, "leads": len(points), "sqls": int(outcome.sum()), **_spread("auc", figures[POINTS])}])


def compute_gains(tested: ComparedLeads, *, steps: int = 100, resamples: int = 200, seed: int = 0) -> pd.DataFrame:
    """Gains and lift: the share of all SQLs that each way catches with each share of all leads.

    Returns:
        `steps` rows a way, rising: `way`, `share`, `leads`, `sqls`, `caught` (share of all SQLs) with `_low`, `_high`,
        `conversion`, `lift` (conversion over that of all leads) with `_low`, `_high`. Shares of SQLs and lift are NaN where
        there are no SQLs.
    """
    shares = np.arange(1, steps + 1) / steps
    n, total = len(tested.outcome), float(tested.outcome.sum())

    def measure(sample: Resample) -> dict[str, float]:
        figures: dict[str, float] = {}
        for name, curve in sample.curves.items():
            caught = curve.catch(shares * sample.leads) / (sample.sqls or np.nan)
            figures |= {f"{place}/{name}": float(part) for place, part in enumerate(caught)}
        return figures

    figures = measure_resamples(tested, measure, resamples=resamples, seed=seed)
    rows = []
    for way in tested.ways:
        for place, share in enumerate(shares.tolist()):
            caught = figures[f"{place}/{way}"]
            lift = Difference(caught.mean / share, caught.low / share, caught.high / share)
            sqls = caught.mean * total if total else 0.0
            row = {"way": way, "share": share, "leads": share * n, "sqls": sqls, **_spread("caught", caught)}
            rows.append(row | {"conversion": sqls / (share * n), **_spread("lift", lift)})
    return pd.DataFrame(rows)


def take_leads(tested: ComparedLeads, chosen: np.ndarray) -> ComparedLeads:
    """Some of the leads, with what rankings and equal volumes need."""
    parts: dict[str, Any] = {
        name: None if (values := getattr(tested, name)) is None else values[chosen]
        for name in ("lead_id", "outcome", "probability", "points", "routed", "qualifies", "learned")
    }
    return ComparedLeads(threshold=tested.threshold, **parts)


def _pair(figures: Mapping[str, float]) -> dict[str, float]:
    """Figures by way, and their differences from the points and from the learned points."""
    pairs = {
        f"{way}-{rival}": figures[way] - figures[rival]
        for way in figures
        for rival in (POINTS, LEARNED)
        if rival in figures and list(figures).index(rival) < list(figures).index(way)
    }
    return {**figures, **pairs}


def _compare(
    way: str, tested: ComparedLeads, figures: Mapping[str, Difference], *, more_is_better: bool, digits: int
) -> list[dict[str, Any]]:
    """The way compared with each rival; one empty comparison where it has none."""
    pairs = []
    for rival in (POINTS, LEARNED):
        if (difference := figures.get(f"{way}-{rival}")) is not None and rival in tested.ways:
            judgement = judge_difference(difference, better=(difference.mean > 0) == more_is_better, digits=digits)
            pairs.append({"against": rival, **_spread("difference", difference), "told": judgement})
    return pairs or [{"against": "", **_spread("difference", Difference(np.nan, np.nan, np.nan)), "told": ""}]


def _spread(name: str, figure: Difference) -> dict[str, float]:
    return {name: figure.mean, f"{name}_low": figure.low, f"{name}_high": figure.high}


def _choose_capacities(most: float, weekly: Sequence[float]) -> list[float]:
    """The largest eight round numbers of leads a week up to all that come in, and those in `weekly`."""
    powers = range(int(np.floor(np.log10(max(most, 1.0)))) + 1)
    ladder = [float(step * 10**power) for power in powers for step in _LADDER if step * 10**power <= most]
    return sorted({*ladder[-_MOST_CAPACITIES:], *(float(capacity) for capacity in weekly if capacity > 0)})
