"""The chosen candidate of a verdict against the points gate, both handing over as many leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictor.core.errors import count
from predictor.model.metrics.inputs import check_pairs
from predictor.model.metrics.metrics import Difference
from predictor.model.verdict import Verdict
from predictor.report.compare.wording import SAME, describe_difference

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EqualVolume:
    """The chosen candidate against the points gate, both handing over the same number of test leads.

    Attributes:
        leads: How many the gate hands over.
        points_sqls: SQLs among them.
        learned_sqls: SQLs among as many leads with the highest probabilities, a tie at the boundary shared out.
        difference: `learned_sqls` less `points_sqls`, with its interval; above zero the chosen candidate is better.
        told: `better`, `worse` or `not to be told apart`; None where there is nothing to compare.
        text: The same in one sentence.
    """

    leads: int
    points_sqls: int
    learned_sqls: float
    difference: Difference
    told: str | None
    text: str


def compute_equal_volume(verdict: Verdict, routed: ArrayLike, *, resamples: int = 200, seed: int = 0) -> EqualVolume:
    """SQLs caught by the points gate, and by the chosen candidate with as many leads of the same test block.

    The interval is a paired percentile bootstrap over leads (Efron and Tibshirani 1993, chapter 13): both choose from the same
    resample, and the candidate again as many as the gate hands over there. The order of rows changes nothing.

    Args:
        verdict: The forward test.
        routed: (n,) True where the gate hands the lead over, in the order of `verdict.outcome`.
        resamples: Number of resamples.
        seed: The same seed gives the same interval.

    Raises:
        TrainingError: The mask is not of the test leads.
    """
    y, handed = check_pairs(verdict.outcome, np.asarray(routed, dtype=float))
    p = verdict.probability[verdict.chosen]
    rows = np.lexsort((y, handed, -p))
    y, handed, first = y[rows], handed[rows], np.flatnonzero(np.diff(-p[rows], prepend=-np.inf))
    caught, learned = float(handed @ y), _catch(first, np.ones(len(y)), y, float(handed.sum()))
    random, gains = np.random.default_rng(seed), []
    for _ in range(resamples):
        drawn = np.bincount(random.integers(len(y), size=len(y)), minlength=len(y)).astype(float)
        gains.append(_catch(first, drawn, y, float(drawn @ handed)) - float((drawn * handed) @ y))
    low, high = np.quantile(gains, [0.025, 0.975])
    difference = Difference(learned - caught, float(low), float(high))
    told, text = _tell_volume(verdict.chosen, y, handed, difference)
    return EqualVolume(int(handed.sum()), int(caught), learned, difference, told, text)


def _catch(first: NDArray[np.intp], weight: FloatArray, y: FloatArray, most: float) -> float:
    """SQLs among the `most` highest leads, sorted falling; `first` is where each level of probability begins."""
    rows, sqls = np.add.reduceat(weight, first), np.add.reduceat(weight * y, first)
    taken = np.clip(most - (np.cumsum(rows) - rows), 0, rows)
    return float(sqls @ (taken / np.maximum(rows, 1)))


def _tell_volume(chosen: str, y: FloatArray, handed: FloatArray, gap: Difference) -> tuple[str | None, str]:
    if not handed.any():
        return None, "The points gate hands over no test lead, so there is nothing to compare."
    if handed.all():
        return None, "The points gate hands over every test lead, so there is nothing to choose between."
    if not y.any():
        return None, "No test lead became an SQL, so it cannot be told which of the two catches more."
    told = describe_difference(gap, better=gap.mean > 0)
    verb = f"'{chosen}' and the points are {SAME}" if told == SAME else f"'{chosen}' is {told} than the points"
    mean, low, high = (f"{sqls:+.1f}".removesuffix(".0") for sqls in (gap.mean, gap.low, gap.high))
    volume = count(int(handed.sum()), "test lead")
    return told, f"With {volume} handed over by each, {verb}: {mean} SQLs (95 %: {low} to {high})."
