"""Why a lead scores as it does: parts by group of features, stated in probability, and adding up to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from predictor.model.calibrate import Sigmoid


def sum_groups(parts: np.ndarray, groups: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Parts of features (leads x features) summed by group, groups in order of first appearance.

    >>> names, sums = sum_groups(np.array([[1.0, 2.0, 3.0]]), ["a", "b", "a"])
    >>> names, sums.tolist()
    (['a', 'b'], [[4.0, 2.0]])
    """
    names = list(dict.fromkeys(groups))
    member = np.array([[group == name for name in names] for group in groups], dtype=float).reshape(len(groups), len(names))
    return names, parts @ member


def compute_effects(parts: np.ndarray, calibrator: Sigmoid) -> tuple[np.ndarray, np.ndarray]:
    """Parts of a score in log-odds as effects in probability, and the probability they start from.

    A lead's probability less the base is shared out in proportion to the parts, so base + effects = probability.

    Args:
        parts: leads x (parts + 1), the last column the base, as `contribute` gives.
        calibrator: What makes the score a probability.

    Returns:
        Effects (leads x parts) and the base probability of each lead.
    """
    scaled = calibrator.slope * parts
    start = calibrator.intercept + scaled[:, -1]
    end = start + scaled[:, :-1].sum(axis=1)
    base, probability = expit(start), expit(end)
    moved = end - start
    flat = np.abs(moved) < 1e-9
    slope = np.where(flat, probability * (1 - probability), (probability - base) / np.where(flat, 1.0, moved))
    return scaled[:, :-1] * slope[:, None], base
