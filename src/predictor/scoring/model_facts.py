"""What every answer says about its model: its version, the end of its training data, its horizon, and its warnings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from predictor.core.errors import Finding


def describe_model(version: str, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The facts about a model: its version, the end of its training data, its horizon in days.

    Args:
        version: The name of its bundle.
        metrics: Content of `metrics.json`.

    >>> describe_model("b2b-1", {"fit": {"through": "2026-09-30"}, "horizon_days": 42})
    {'version': 'b2b-1', 'trained_through': '2026-09-30', 'horizon_days': 42}
    """
    return {"version": version, "trained_through": metrics["fit"]["through"], "horizon_days": metrics["horizon_days"]}


def check_facts(facts: Mapping[str, Any], threshold: float) -> None:
    """Refuse facts that golden rows do not notice, but answers need.

    Args:
        facts: As `describe_model` gives them.
        threshold: The threshold of the bundle.

    Raises:
        ValueError: The threshold is no finite number.
        TypeError: The end of the training data is no text, or the horizon no finite number; None is fine for both.

    >>> check_facts({"trained_through": None, "horizon_days": "42"}, 0.2)
    Traceback (most recent call last):
    TypeError: 'horizon_days' of metrics.json must be a finite number or null, but is '42'
    """
    if not np.isfinite(threshold):
        raise ValueError(f"the threshold must be a finite number, but is {threshold}")
    through, horizon = facts["trained_through"], facts["horizon_days"]
    if not (through is None or isinstance(through, str)):
        raise TypeError(f"'fit.through' of metrics.json must be a date or null, but is {through!r}")
    if not (horizon is None or (isinstance(horizon, (int, float)) and np.isfinite(horizon))):
        raise TypeError(f"'horizon_days' of metrics.json must be a finite number or null, but is {horizon!r}")


def list_model_warnings(calibration_warning: Finding | None, *, recommends: bool) -> tuple[Finding, ...]:
    """What holds of every answer: that the model found no signal, or that its probabilities only rank leads.

    Args:
        calibration_warning: That they only rank leads; None where they are calibrated.
        recommends: Whether a threshold is recommended: not by a model that found no signal.

    >>> [str(warning) for warning in list_model_warnings(None, recommends=False)][0][:42]
    'MODEL002 The model found no signal, so eve'
    """
    if not recommends:
        do = "Train again when more outcomes are known, or decide by the points."
        return (Finding("MODEL002", "warning", "The model found no signal, so every lead goes to sales.", do=do),)
    return () if calibration_warning is None else (calibration_warning,)
