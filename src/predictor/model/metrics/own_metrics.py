"""Metrics of the firm's own on the test leads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from predictor.core.errors import Finding, list_names
from predictor.features.feature import make_label

Metric = Callable[[np.ndarray, np.ndarray, np.ndarray], float]  # outcome, probability, weight
PREFIX = "own/"
_MIDDLE, _LARGE = 10, 1000
_DO = "Fix the function, and call it on trained.verdict.to_frame(): nothing has to be trained again."


def add_own_metrics(
    test: Mapping[str, Mapping[str, float | int | None]],
    metrics: Mapping[str, Metric],
    outcome: np.ndarray,
    *,
    probability: Mapping[str, np.ndarray],
    weight: np.ndarray,
) -> tuple[dict[str, dict[str, float | int | None]], tuple[Finding, ...]]:
    """The figures of each candidate, with those of the firm's own as `own/NAME`, and a finding for each metric that fails.

    A figure that is not a finite number, or whose function fails, is None: a metric decides nothing, so no training ends for it.

    Args:
        test: Candidate -> metric -> figure.
        metrics: Name -> function of outcome, probability and weight, that gives a number.
        outcome: (n,) 1 accepted, 0 not.
        probability: Candidate -> (n,) its probabilities.
        weight: (n,) how many leads each represents.

    >>> def profit(outcome, probability, weight):
    ...     return float((weight * (probability > 0.5) * (100 * outcome - 10)).sum())
    >>> def odd(outcome, probability, weight):
    ...     return 1 / 0
    >>> mine = {"mine": np.array([0.9, 0.8, 0.1])}
    >>> figures, findings = add_own_metrics(
    ...     {"mine": {}}, {"profit": profit, "odd": odd}, np.array([1, 0, 1]), probability=mine, weight=np.ones(3)
    ... )
    >>> figures, findings[0].what
    ({'mine': {'own/profit': 80.0, 'own/odd': None}}, "Metric 'odd' failed for 'mine': ZeroDivisionError: division by zero.")
    """
    figures: dict[str, dict[str, float | int | None]] = {name: dict(known) for name, known in test.items()}
    faults = dict[tuple[str, str], list[str]]()
    for name, metric in metrics.items():
        for candidate in test:
            try:
                figure = float(metric(outcome.copy(), probability[candidate].copy(), weight.copy()))
            except Exception as error:  # noqa: BLE001  whatever the code of the firm raises
                why = f"{type(error).__name__}: {' '.join(str(error).split())}"
                faults.setdefault((name, why), []).append(candidate)
                figure = math.nan
            figures[candidate][f"{PREFIX}{name}"] = figure if math.isfinite(figure) else None
    return figures, tuple(
        Finding("TRAIN021", "warning", f"Metric '{name}' failed for {list_names(candidates)}: {why}.", do=_DO)
        for (name, why), candidates in faults.items()
    )


def choose_digits(figure: float | None) -> int:
    """How many decimals of a figure are shown, whose unit nobody knows: none of whole and of large numbers.

    >>> [choose_digits(figure) for figure in (0.7312, 12.5, 1940.25, 3.0, None)]
    [4, 2, 0, 0, 0]
    """
    if figure is None or not math.isfinite(figure) or float(figure).is_integer() or abs(figure) >= _LARGE:
        return 0
    return 2 if abs(figure) >= _MIDDLE else 4


def list_own_metrics(figures: Iterable[str]) -> dict[str, str]:
    """The metrics of the firm's own among names of figures: name -> heading.

    >>> list_own_metrics(["log_loss", "own/net_profit"])
    {'own/net_profit': 'Net profit'}
    """
    return {name: make_label(name.removeprefix(PREFIX)) for name in figures if name.startswith(PREFIX)}
