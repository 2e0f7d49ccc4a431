"""Whether probabilities can be believed: their errors beside those that chance alone would show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictor.core.errors import count
from predictor.core.wording import FORWARD_TEST, format_number, format_percent, format_percent_range
from predictor.model.metrics.brier import BrierParts, CalibrationLine, decompose_brier, fit_calibration_line
from predictor.model.metrics.inputs import check_pairs
from predictor.model.metrics.metrics import SIGNIFICANCE, compute_metrics, compute_rank_p_value, compute_reliability

FloatArray = NDArray[np.float64]
CalibrationVerdict = Literal["calibrated", "slightly off", "rank only", "too few leads"]

_RELATIVE, _ABSOLUTE = 0.15, 0.05  # an error is material from 15 % of what was promised, and from 5 points whatever that was
_SLOPES = (0.85, 1.15)  # the same 15 % for how far probabilities lie apart
_BLIND = 2.0  # times a material error: what leads must be able to show before they vouch for anything
_TIMES = 2.0  # of the error that chance shows on average
_LEVEL = 0.99  # of the two simulated comparisons, so that false alarms stay under 5 % in all
_MOST_DRAWN = 20_000  # leads above which sums over a bin are drawn as normal


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """The calibration error that is left when every probability is right, because leads are few.

    Outcomes are drawn from the probabilities themselves (consistency resampling: Broecker and Smith 2007, Weather and
    Forecasting 22), and the error is taken over the same ten bins as in `compute_metrics`.

    Attributes:
        mean: On average.
        high: Exceeded in 5 % of samples.
    """

    mean: float
    high: float

    @property
    def text(self) -> str:
        """The two figures in words.

        >>> NoiseFloor(mean=0.0071, high=0.0112).text
        'by chance 0.007 on average, rarely above 0.011'
        """
        return f"by chance {format_number(self.mean, 3)} on average, rarely above {format_number(self.high, 3)}"


@dataclass(frozen=True)
class CalibrationJudgement:
    """Whether the probabilities can be taken at their word on one set of leads, and the figures behind that.

    Attributes:
        n: Leads.
        base_rate: The share accepted.
        promised: The mean probability.
        chance: The range in which 99 % of base rates would lie, were the probabilities right.
        ece: Expected calibration error, as `compute_metrics` gives it.
        noise: What right probabilities would show.
        line: Slope and intercept with their intervals.
        brier: What the Brier score is made of.
        faults: Of `level`, `slope` and `shape` those that are beyond chance and material.
        lead: What one of the leads is called.
        ranks: Whether leads that were promised more were accepted more often, beyond chance.
    """

    n: int
    base_rate: float
    promised: float
    chance: tuple[float, float]
    ece: float
    noise: NoiseFloor
    line: CalibrationLine
    brier: BrierParts
    faults: tuple[str, ...]
    lead: str = FORWARD_TEST.lead
    ranks: bool = True

    @property
    def verdict(self) -> CalibrationVerdict:
        """What the leads say of the probabilities.

        `calibrated`: no error beyond chance; `slightly off`: beyond chance, but too little to refuse the probabilities; `rank
        only`: the order can be used, the probabilities cannot; `too few leads` to say which.
        """
        if self.faults:
            return "rank only"
        if self._unseen > _BLIND * _find_material(self.promised):
            return "too few leads"
        return "slightly off" if self.ece > self.noise.high else "calibrated"

    @property
    def tilted(self) -> bool:
        """Whether probabilities lie too far apart, or too near together, beyond chance: by the slope's interval and the error."""
        ends = self.line.slope_interval
        return ends is not None and not ends[0] <= 1 <= ends[1] and self.ece > self.noise.high

    @property
    def text(self) -> str:
        """The verdict in one sentence."""
        leads = count(self.n, self.lead)
        if self.faults:
            return self._describe_faults(self.faults)
        if self.verdict == "too few leads":
            unseen = f"an error of {100 * self._unseen:.2g} points could be chance"
            return f"Too few leads to say: of {leads}, {self._came}, and {unseen}."
        if self.verdict == "calibrated":
            return f"Calibrated: of {leads}, {self._came}; {self._error}, no more than chance explains{self._blind}."
        slope = f"{self._slope}; " if self.tilted else ""
        small = self.ece <= _find_material(self.promised)
        why = "more than chance, but too little to matter" if small else "more than chance explains, but not by much"
        return f"Slightly off: of {leads}, {self._came}; {slope}{self._error}, {why}{self._blind}."

    @property
    def short(self) -> str:
        """The verdict with its first fault alone, for readers who decide by it."""
        return self._describe_faults(self.faults[:1]) if self.faults else self.text

    def to_figures(self) -> dict[str, Any]:
        """Verdict and figures as plain values, for `metrics.json`."""
        figures = {name: figure for name, figure in asdict(self).items() if name not in ("ranks", "lead")}
        return {"verdict": self.verdict, **figures, "faults": list(self.faults), "text": self.text}

    def _describe_faults(self, faults: Sequence[str]) -> str:
        described = "; ".join(self._describe_fault(fault) for fault in faults)
        kind = "Rank only" if self.ranks else "Off"
        trust = "Trust the order of leads, not the probabilities" if self.ranks else "The order of leads says nothing either"
        return f"{kind}: of {count(self.n, self.lead)}, {described}. {trust}."

    def _describe_fault(self, fault: str) -> str:
        if fault == "level":
            return f"{self._came} (chance allows {format_percent_range(*self.chance)})"
        if fault == "slope":
            return self._slope
        return self._error

    @property
    def _slope(self) -> str:
        slope = self.line.slope or 0.0
        return f"probabilities are {'overconfident' if slope < 1 else 'underconfident'} (slope {slope:.2f}, right is 1)"

    @property
    def _came(self) -> str:
        return f"{format_percent(self.base_rate)} were accepted where {format_percent(self.promised)} were promised"

    @property
    def _error(self) -> str:
        return f"calibration error {self.ece:.3f} ({self.noise.text})"

    @property
    def _blind(self) -> str:
        """What so few leads cannot show; empty where they can show every error that matters."""
        if self._unseen <= _find_material(self.promised):
            return ""
        return f". So few leads cannot show an error of less than {100 * self._unseen:.2g} points"

    @property
    def _unseen(self) -> float:
        """By how much the share accepted may be off by chance alone."""
        return max(self.chance[1] - self.promised, self.promised - self.chance[0])


def judge_calibration(
    outcome: ArrayLike, probability: ArrayLike, *, draws: int = 2000, seed: int = 0, lead: str = FORWARD_TEST.lead
) -> CalibrationJudgement:
    """Whether probabilities can be believed, or only the order that they put leads in.

    `rank only` where one of three errors is more than chance explains and large enough to matter:

    - level: the share accepted is not among the 99 % that the probabilities allow, and is off by 15 % of what was promised (of
      the rarer outcome), or by 5 points. A threshold that is to hand over leads of 25 % would hand over leads of 21 or 29 %, and
      a band of 20 to 30 % is just kept.
    - slope: its 95 % interval lies wholly outside 0.85 to 1.15; or it lies outside 1, the slope itself outside 0.85 to 1.15, and
      the expected calibration error is above what chance shows in 95 % of samples.
    - shape: the expected calibration error is above twice what chance shows on average and above what it shows in 99 % of
      samples, and as large as for the level.

    `slightly off` where none of these is found, and the calibration error is above what chance shows in 95 % of samples.
    `too few leads` where none of these is found, but an error of the level twice as large as one that matters could be chance.

    Right probabilities are judged `rank only` in less than 5 % of samples: each comparison with chance is made at 1 %, and the
    slope must be sure to be off by more than 15 %.

    Args:
        outcome: (n,) 1 or 0, of leads that neither model nor calibrator had seen.
        probability: (n,) from 0 to 1.
        draws: Samples drawn to see what chance does.
        seed: The same seed gives the same judgement.
        lead: What one of the leads is called in the text.

    Raises:
        TrainingError: As `check_pairs`.

    >>> draw = np.random.default_rng(0)
    >>> promised = draw.beta(2, 8, 3000)
    >>> accepted = draw.random(3000) < promised
    >>> judge_calibration(accepted, promised).verdict, judge_calibration(accepted, promised / 2).faults[0]
    ('calibrated', 'level')
    >>> floor = judge_calibration([0, 1] * 200, np.full(400, 0.5)).noise  # of one bin: sqrt(0.25 / 400 * 2 / pi)
    >>> round(floor.mean, 3), round(floor.high, 2)
    (0.02, 0.05)
    >>> judge_calibration([], [])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Outcomes and probabilities must be of the same leads, at least one, but there are 0 \
and 0. Score the leads whose outcomes are given.
    """
    y, p = check_pairs(outcome, probability)
    errors, rates = _draw_errors(p, draws=draws, seed=seed)
    low, high = (float(end) for end in np.quantile(rates, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2]))
    judged = CalibrationJudgement(
        n=len(y),
        base_rate=float(y.mean()),
        promised=float(p.mean()),
        chance=(low, high),
        ece=float(compute_metrics(y, p)["ece"] or 0.0),
        noise=NoiseFloor(float(errors.mean()), float(np.quantile(errors, 0.95))),
        line=fit_calibration_line(y, p),
        brier=decompose_brier(y, p),
        faults=(),
        lead=lead,
        ranks=compute_rank_p_value(y, p) <= SIGNIFICANCE,
    )
    return replace(judged, faults=_find_faults(judged, float(np.quantile(errors, _LEVEL))))


def _find_faults(judged: CalibrationJudgement, highest: float) -> tuple[str, ...]:
    """The errors that are beyond chance and material; `highest` is the calibration error that chance hardly exceeds."""
    material, (low, high) = _find_material(judged.promised), judged.chance
    slopes = judged.line.slope_interval
    far = not _SLOPES[0] <= (judged.line.slope or 1.0) <= _SLOPES[1]
    found = {
        "level": not low <= judged.base_rate <= high and abs(judged.base_rate - judged.promised) > material,
        "slope": slopes is not None and (slopes[1] < _SLOPES[0] or slopes[0] > _SLOPES[1] or (judged.tilted and far)),
        "shape": judged.ece > max(_TIMES * judged.noise.mean, highest, material),
    }
    return tuple(name for name, there in found.items() if there)


def _find_material(promised: float) -> float:
    return min(_RELATIVE * min(promised, 1 - promised), _ABSOLUTE)


def _draw_errors(probability: ArrayLike, *, draws: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """The calibration error and the share accepted of each sample drawn from the probabilities."""
    p = np.sort(np.asarray(probability, dtype=float))
    bins = compute_reliability(np.zeros(len(p)), p)["n"].to_numpy()
    first = np.concatenate([[0], np.cumsum(bins)[:-1]]).astype(np.intp)
    expected = np.add.reduceat(p, first)
    random = np.random.default_rng(seed)
    if len(p) > _MOST_DRAWN:
        spread = np.sqrt(np.add.reduceat(p * (1 - p), first))
        accepted = expected + spread * random.standard_normal((draws, len(bins)))
    else:
        accepted = np.array([np.add.reduceat((random.random(len(p)) < p).astype(float), first) for _ in range(draws)])
    return np.abs(accepted - expected).sum(axis=1) / len(p), accepted.sum(axis=1) / len(p)
