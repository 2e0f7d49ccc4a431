"""Metrics of the firm's own on the test leads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from predictor.core.errors import TrainingError
from predictor.features.feature import make_label

Metric = Callable[[np.ndarray, np.ndarray, np.ndarray], float]  # outcome, probability, weight
PREFIX = "own/"
DIGITS = 4


def compute_own_metrics(
    metrics: Mapping[str, Metric], outcome: np.ndarray, probability: np.ndarray, weight: np.ndarray
) -> dict[str, float | None]:
    """The figures of one candidate: `own/NAME` -> figure, None where it is not defined.

    Args:
        metrics: Name -> function of outcome, probability and weight, that gives a number.
        outcome: (n,) 1 accepted, 0 not.
        probability: (n,) of the candidate.
        weight: (n,) how many leads each represents.

    Raises:
        TrainingError: A function fails, or gives no number.

    >>> def profit(outcome, probability, weight):
    ...     return float((weight * (probability > 0.5) * (100 * outcome - 10)).sum())
    >>> compute_own_metrics({"profit": profit}, np.array([1, 0, 1]), np.array([0.9, 0.8, 0.1]), np.ones(3))
    {'own/profit': 80.0}
    """
    return {f"{PREFIX}{name}": _call(name, metric, outcome, probability, weight) for name, metric in metrics.items()}


def add_own_metrics(
    test: Mapping[str, Mapping[str, float | int | None]],
    metrics: Mapping[str, Metric],
    outcome: np.ndarray,
    *,
    probability: Mapping[str, np.ndarray],
    weight: np.ndarray,
) -> dict[str, dict[str, float | int | None]]:
    """The figures of each candidate, with those of the firm's own.

    Args:
        test: Candidate -> metric -> figure.
        metrics: As in `compute_own_metrics`, which says what `outcome` and `weight` are too.
        outcome: (n,) 1 accepted, 0 not.
        probability: Candidate -> (n,) its probabilities.
        weight: (n,) how many leads each represents.

    Raises:
        TrainingError: A function fails, or gives no number.
    """
    return {
        name: {**figures, **compute_own_metrics(metrics, outcome, probability[name], weight)} for name, figures in test.items()
    }


def _call(name: str, metric: Metric, *arrays: np.ndarray) -> float | None:
    try:
        figure = float(metric(*(array.copy() for array in arrays)))
    except Exception as error:  # whatever the code of the firm raises
        raise TrainingError(f"Metric '{name}' failed: {type(error).__name__}: {error}") from error
    return figure if math.isfinite(figure) else None


def list_own_metrics(figures: Iterable[str]) -> dict[str, str]:
    """The metrics of the firm's own among names of figures: name -> heading.

    >>> list_own_metrics(["log_loss", "own/net_profit"])
    {'own/net_profit': 'Net profit'}
    """
    return {name: make_label(name.removeprefix(PREFIX)) for name in figures if name.startswith(PREFIX)}
