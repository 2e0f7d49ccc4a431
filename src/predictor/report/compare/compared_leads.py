"""Leads with what points, learned points and model say of each, and a bootstrap over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.model.metrics.inputs import check_pairs
from predictor.model.metrics.metrics import Difference
from predictor.points.rulebook import RuleBook

FloatArray = NDArray[np.float64]

POINTS, LEARNED, MODEL = "points", "learned points", "model"


@dataclass(frozen=True, kw_only=True)
class ComparedLeads:
    """Leads that neither model nor learned points were trained on, with what each says; all arrays are in the order of the leads.

    Attributes:
        lead_id: Their ids.
        outcome: 1 or 0.
        probability: The model's probabilities.
        threshold: The probability from which the model hands a lead over, chosen on earlier leads.
        points: Point totals, NaN where unknown; None for a firm without points.
        routed: Which leads the points gate hands over; None without a gate.
        gate: The points gate.
        qualifies: Which leads a single rule qualifies; None: none.
        learned: Totals of the learned points; None where there are none.
        learned_gate: The gate of the learned points.
        times: How often each rule fired, a column a rule; None without a rule book.
        book: The rule book.
        attributes: Columns that segments are made from.
        moments: When each lead became an MQL; None where leads have no dates.
        weeks: Weeks in which the leads came in; None where leads have no dates.
        band: The wanted conversion of the leads handed over.
        sides: Side (`fit`, `engagement`) -> the grade of each lead, without a side that the model does not look at; None where
            grades are not known, as with a bundle from before they were kept.
        ever: Points and outcomes of every lead with a known outcome, older ones too, since points set by hand were trained on
            none. None to leave that out.
    """

    lead_id: NDArray[np.object_]
    outcome: FloatArray
    probability: FloatArray
    threshold: float
    points: FloatArray | None = None
    routed: NDArray[np.bool_] | None = None
    gate: float | None = None
    qualifies: NDArray[np.bool_] | None = None
    learned: FloatArray | None = None
    learned_gate: float | None = None
    times: pd.DataFrame | None = None
    book: RuleBook | None = None
    attributes: pd.DataFrame | None = None
    moments: pd.Series | None = None
    weeks: float | None = None
    band: tuple[float, float] = (0.2, 0.3)
    sides: Mapping[str, NDArray[np.object_]] | None = None
    ever: tuple[FloatArray, FloatArray] | None = None

    def __post_init__(self) -> None:
        check_pairs(self.outcome, self.probability)

    @property
    def qualified(self) -> NDArray[np.bool_]:
        """Which leads a single rule qualifies."""
        return np.zeros(len(self.outcome), dtype=bool) if self.qualifies is None else self.qualifies

    @property
    def ways(self) -> dict[str, FloatArray]:
        """Way -> the values by which it ranks the leads, highest first: points (unknown ones last), learned points, the model."""
        values = {}
        if self.points is not None:
            values[POINTS] = np.where(self.qualified, np.inf, np.nan_to_num(self.points, nan=-np.inf))
        if self.learned is not None:
            values[LEARNED] = self.learned
        return values | {MODEL: self.probability}

    @property
    def handed(self) -> NDArray[np.bool_]:
        """The leads that set the equal volume: those of the points gate.

        Without a gate those of the model's threshold. If that hands over every lead or none, the better half by the model.
        """
        if self.routed is not None:
            return self.routed
        by_model = self.probability >= self.threshold
        return by_model if 0 < by_model.sum() < len(by_model) else self.probability >= np.median(self.probability)

    @property
    def volume(self) -> str:
        """Where the leads of `handed` come from, in words."""
        return name_volume(gated=self.routed is not None, trivial=len(np.unique(self.probability >= self.threshold)) < 2)


def name_volume(*, gated: bool, trivial: bool) -> str:
    """Where the leads of an equal volume come from, in words.

    Args:
        gated: Whether there is a points gate.
        trivial: Whether the model's threshold hands over every lead or none.
    """
    if gated:
        return "the points gate hands over"
    return "are the better half by the model" if trivial else "the model's threshold hands over"


@dataclass(frozen=True)
class Curve:
    """SQLs that a way catches by number of leads handed over, best first; tied leads come in a random order.

    Attributes:
        leads: Rising from 0, at the end of each tie.
        sqls: SQLs among them.
    """

    leads: FloatArray
    sqls: FloatArray

    def catch(self, leads: float | FloatArray) -> FloatArray:
        """SQLs expected among that many leads.

        >>> Curve(np.array([0.0, 1.0, 3.0]), np.array([0.0, 1.0, 2.0])).catch(np.array([1.0, 2, 5])).tolist()
        [1.0, 1.5, 2.0]
        """
        return np.asarray(np.interp(leads, self.leads, self.sqls))

    def need(self, sqls: float) -> float:
        """The fewest leads among which that many SQLs are expected; NaN where there are fewer SQLs.

        >>> curve = Curve(np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.0, 1.0, 1.0, 2.0]))
        >>> curve.need(1), curve.need(1.5), curve.need(3)
        (1.0, 3.0, nan)
        """
        at = int(np.searchsorted(self.sqls, sqls - 1e-9))
        if at == len(self.sqls):
            return np.nan
        if at == 0:
            return 0.0
        share = (sqls - self.sqls[at - 1]) / (self.sqls[at] - self.sqls[at - 1])
        return float(self.leads[at - 1] + share * (self.leads[at] - self.leads[at - 1]))

    @property
    def auc(self) -> float:
        """Chance that an SQL ranks above another lead, ties counting half; NaN where either is missing.

        >>> Curve(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 1.0])).auc
        1.0
        """
        others = self.leads - self.sqls
        pairs = float(others[-1] * self.sqls[-1])
        return float(np.trapezoid(self.sqls, others)) / pairs if pairs else np.nan


@dataclass(frozen=True)
class Resample:
    """A sample of the leads: what each way catches, and what the gate catches.

    Attributes:
        curves: Way -> its curve.
        leads: Leads in the sample.
        sqls: SQLs among them.
        volume: Leads that the gate hands over.
        caught: SQLs among those.
    """

    curves: Mapping[str, Curve]
    leads: float
    sqls: float
    volume: float
    caught: float


Measure = Callable[[Resample], Mapping[str, float]]


def measure_resamples(tested: ComparedLeads, measure: Measure, *, resamples: int = 200, seed: int = 0) -> dict[str, Difference]:
    """Figures of the leads, each with its 95 % interval.

    Paired percentile bootstrap (Efron and Tibshirani 1993, chapter 13): all ways choose from the same resample. The order of the
    leads changes nothing.

    Args:
        tested: The leads.
        measure: Gives the figures of a sample by name.
        resamples: Number of resamples.
        seed: The same seed gives the same intervals.

    Returns:
        Figures by name; the ends are NaN where the figure is NaN, or is NaN in more than a tenth of the resamples.
    """
    ways, y, handed = tested.ways, tested.outcome, tested.handed.astype(float)
    order = np.lexsort((y, handed, *ways.values()))
    y, handed = y[order], handed[order]
    ranks = {name: _rank(values[order]) for name, values in ways.items()}
    figures = measure(_take(ranks, y, handed, np.ones(len(y))))
    random, drawn = np.random.default_rng(seed), list[Mapping[str, float]]()
    for _ in range(resamples):
        weight = np.bincount(random.integers(len(y), size=len(y)), minlength=len(y)).astype(float)
        drawn.append(measure(_take(ranks, y, handed, weight)))
    return {name: _compute_interval(figure, [sample[name] for sample in drawn]) for name, figure in figures.items()}


def _rank(values: FloatArray) -> NDArray[np.intp]:
    """For each lead the rank of its value, the highest first; tied leads share one."""
    _, places = np.unique(-values, return_inverse=True)
    return np.asarray(places, dtype=np.intp)


def _take(ranks: Mapping[str, NDArray[np.intp]], y: FloatArray, handed: FloatArray, weight: FloatArray) -> Resample:
    accepted, routed = weight * y, weight * handed
    curves = {}
    for name, rank in ranks.items():
        leads, sqls = np.bincount(rank, weights=weight), np.bincount(rank, weights=accepted)
        curves[name] = Curve(np.append(0.0, np.cumsum(leads)), np.append(0.0, np.cumsum(sqls)))
    return Resample(
        curves=curves, leads=float(weight.sum()), sqls=float(accepted.sum()), volume=float(routed.sum()), caught=float(routed @ y)
    )


def _compute_interval(figure: float, drawn: list[float]) -> Difference:
    finite = [value for value in drawn if np.isfinite(value)]
    if not np.isfinite(figure) or len(finite) < 0.9 * len(drawn) or not finite:
        return Difference(float(figure), np.nan, np.nan)
    low, high = np.quantile(finite, [0.025, 0.975])
    return Difference(float(figure), float(low), float(high))
