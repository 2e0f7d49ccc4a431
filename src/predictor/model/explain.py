"""Why a lead scores as it does: parts by group of features, stated in probability, and adding up to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from predictor.model.calibrators.calibrator import Calibrator


def sum_groups(parts: np.ndarray, groups: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Parts of features (leads x features) summed by group, groups in order of first appearance.

    >>> names, sums = sum_groups(np.array([[1.0, 2.0, 3.0]]), ["a", "b", "a"])
    >>> names, sums.tolist()
    (['a', 'b'], [[4.0, 2.0]])
    """
    place = {name: at for at, name in enumerate(dict.fromkeys(groups))}
    sums = np.zeros((len(parts), len(place)))
    for column, group in enumerate(groups):  # one after another, so that a row alone gives what it gives in a table
        sums[:, place[group]] += parts[:, column]
    return list(place), sums


def compute_effects(parts: np.ndarray, calibrator: Calibrator) -> tuple[np.ndarray, np.ndarray]:
    """Parts of a score in log-odds as effects in probability, and the probability they start from.

    What all parts that raise the score add to the probability, and what all that lower it take away, is the mean over both orders
    of applying the two (Shapley 1953, of two players); each side is shared out in proportion to its parts. So whatever rising
    curve the calibrator is, base + effects = probability, an effect has the sign of its part, and neither side exceeds 1.

    Args:
        parts: leads x (parts + 1), the last column the base, as `contribute` gives.
        calibrator: What makes the score a probability.

    Returns:
        Effects (leads x parts) and the base probability of each lead.
    """
    start, end = parts[:, -1], parts.sum(axis=1)
    up, down = np.maximum(parts[:, :-1], 0), np.minimum(parts[:, :-1], 0)
    raised, lowered = up.sum(axis=1), down.sum(axis=1)
    scores_at = np.concatenate([start, end, start + raised, start + lowered])
    base, probability, above, below = calibrator.predict(scores_at).reshape(4, -1)
    gained = ((above - base) + (probability - below)) / 2
    lost = ((below - base) + (probability - above)) / 2
    return _share(up, raised, gained) + _share(down, lowered, lost), base


def _share(parts: np.ndarray, total: np.ndarray, effect: np.ndarray) -> np.ndarray:
    """The effect of each row, in proportion to its parts."""
    return np.asarray(parts / np.where(total == 0, 1.0, total)[:, None] * effect[:, None])
