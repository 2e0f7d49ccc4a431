"""Temperature scaling: sigmoids whose slope is set by the newest leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from predictor.core.log_odds import expit
from predictor.model.calibrators.newest_leads import find_newest
from predictor.model.calibrators.sigmoid import Sigmoid, fit_sigmoid
from predictor.model.metrics.penalised_logistic import FREE, FloatArray, Known, select_known

Line = TypeVar("Line", bound=Sigmoid)

_FEWEST = 100  # leads of either outcome that a slope must rest on
_FARTHEST = 80.0  # log-odds beyond which no level lies of scores that are all alike


@dataclass(frozen=True)
class Temperature(Sigmoid):
    """A sigmoid whose slope alone was learned; its level is the model's."""

    kind: ClassVar[str] = "tempered"


def fit_temperature(score: ArrayLike, outcome: ArrayLike, weight: ArrayLike | None = None) -> Temperature:
    """The score made more or less confident, by the newest leads, with as many expected acceptances in all as before.

    How confident a score is depends on how many leads its model was fitted on, and older leads were scored by models that had
    fewer; the newest were scored by models most like the one that serves, so they set the slope: the newest quarter, more where
    that holds fewer than 100 of either outcome. The level stays the model's, which has learned from newer leads than any that are
    predicted here. Source: Guo et al. 2017, "On calibration of modern neural networks" (temperature scaling), there around even
    odds instead of the level.

    Takes and refuses what `select_known` does; the leads come oldest first.

    >>> draw = np.random.default_rng(0)
    >>> score = draw.normal(size=80_000)
    >>> truth = expit(np.where(np.arange(80_000) < 60_000, 0.6, 1.2) * score)  # recently the score is underconfident
    >>> fitted = fit_temperature(score, draw.random(80_000) < truth)
    >>> round(fitted.slope, 1), fitted.kind
    (1.2, 'tempered')
    >>> fit_temperature([0.0], [2])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Outcomes must equal 0 or 1, but 1 of 1 does not (first at position 0). Give weight 0 to \
leads whose outcome is not known.
    """
    known = select_known(score, outcome, weight)
    return _fit_newest(Temperature, known, expit(known.score))


def fit_newest_sigmoid(score: ArrayLike, outcome: ArrayLike, weight: ArrayLike | None = None) -> Sigmoid:
    """The sigmoid whose slope the newest leads set, as for `fit_temperature`, and whose level all leads set.

    Takes and refuses what `select_known` does; the leads come oldest first.

    >>> fitted = fit_newest_sigmoid([-1.0, -1.0, -1.0, 1.0, 1.0, 1.0], [0, 0, 1, 0, 1, 1])
    >>> round(float(fitted.predict(np.array([0.0]))[0]), 6), fitted.kind
    (0.5, 'sigmoid')
    >>> fit_newest_sigmoid([0.0], [1], [-1])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Weights must be at least 0, but 1 of 1 does not (first at position 0). Give 0 to leads \
whose outcome is not known.
    """
    known = select_known(score, outcome, weight)
    return _fit_newest(Sigmoid, known, known.outcome)


def _fit_newest(kind: type[Line], known: Known, promised: FloatArray) -> Line:
    """The slope of the newest leads, at the level where all of them together are promised so much."""
    newest = find_newest(known.outcome, known.weight, fewest=_FEWEST)
    steep = fit_sigmoid(known.score[newest], known.outcome[newest], known.weight[newest])
    intercept = _find_level(known, steep.slope, float(known.weight @ promised))
    fitted = expit(intercept + steep.slope * known.score)
    information = known.weight * fitted * (1 - fitted)
    precision = float(information.sum()) + FREE
    tilt, of_slope = float(information @ known.score) / precision, steep.variance[1]
    variance = (1 / precision + tilt**2 * of_slope, of_slope, -tilt * of_slope)
    return kind(intercept, steep.slope, variance, len(known))


def _find_level(known: Known, slope: float, promised: float) -> float:
    """The intercept with which so many are promised; one lead, half accepted, is added so that it is finite."""
    from scipy.optimize import brentq  # noqa: PLC0415  a server needs none of it

    middle = float(np.average(known.score, weights=known.weight))
    line = slope * (known.score - middle)
    farthest = _FARTHEST + float(np.abs(line).max())

    def miss(level: float) -> float:
        return float(known.weight @ expit(level + line) + expit(level)) - promised - 0.5

    return float(brentq(miss, -farthest, farthest, xtol=1e-12)) - slope * middle
