"""How much leads count whose outcome is not final yet: two ways, and how many leads large weights are worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictor.core.errors import SettingsError
from predictor.model.label import compute_odds_weights, pair_days

FloatArray = NDArray[np.float64]
_TICK = 1e-9  # days; moments in days since 1970 are exact to about 1e-11, so that a tie is one
_TINY = 1e-300


@dataclass(frozen=True)
class PendingWeights:
    """How pending leads count.

    Attributes:
        way: As `label.pending` says. odds: `compute_odds_weights`; weight: `compute_known_weights`.
        horizon_days: Days within which acceptance counts; only `weight` asks.

    >>> waited, watched = [2, 6, np.inf, np.inf], [10, 10, 10, 4]
    >>> PendingWeights("odds").compute(waited, watched).round(6).tolist()
    [1.0, 1.0, 1.0, 0.2]
    >>> PendingWeights("weight", 10).compute(waited, watched).round(6).tolist()
    [1.0, 1.333333, 1.333333, 0.0]
    """

    way: Literal["odds", "weight"] = "odds"
    horizon_days: float = math.inf

    @property
    def by_group(self) -> bool:
        """Whether the weight of a lead depends on the group that it is in."""
        return self.way == "weight"

    def compute(self, waited: ArrayLike, watched: ArrayLike) -> FloatArray:
        """(n,) how much each lead counts, from days waited (inf: not accepted yet) and days watched."""
        if self.by_group:
            return compute_known_weights(waited, watched, horizon_days=self.horizon_days)
        return compute_odds_weights(waited, watched)


def compute_known_weights(waited: ArrayLike, watched: ArrayLike, *, horizon_days: float) -> FloatArray:
    """How much each lead counts where only known outcomes do: 0, or as many leads as it represents, 1 or more.

    Inverse probability of censoring weights. An outcome is known from the acceptance on, or from the end of the horizon. A
    lead whose outcome was known after t days counts 1 / G(t), G(t) being the share of the leads that have been watched for t
    days or longer: it represents the younger ones too, whose outcome would be known by then. Leads that wait count 0. No lead is
    lost sight of before the moment, so G is no Kaplan-Meier curve but a plain share. Source: Graf et al. 1999, Statistics in
    Medicine 18, 2529-2545; Vock et al. 2016, Journal of Biomedical Informatics 61, 119-131.

    On the whole the weighted leads are like all; of the newest alone they are not, as long as no horizon has ended for any of
    them. So weights are of the leads that are looked at together.

    Args:
        waited: (n,) days until acceptance; inf where none is known.
        watched: (n,) days from becoming an MQL to the moment of which the weights speak; below 0 what is not known then.
        horizon_days: Days within which acceptance counts, above 0.

    Returns:
        (n,) weights; their mean is about 1 where horizons have ended.

    Raises:
        TrainingError: Days waited and days watched speak of different numbers of leads.
        SettingsError: The horizon is not above 0.

    >>> compute_known_weights([2, 4, np.inf, np.inf], [20, 4, 20, 3], horizon_days=10).round(6).tolist()
    [1.0, 1.333333, 2.0, 0.0]
    >>> compute_known_weights([2], [4], horizon_days=0)
    Traceback (most recent call last):
    predictor.core.errors.SettingsError: Weights need a horizon above 0 days, but it is 0. Set label.horizon_days, or leave it \
'auto'.
    """
    wait, watch = pair_days(waited, watched)
    if not horizon_days > 0:
        raise SettingsError(
            f"Weights need a horizon above 0 days, but it is {horizon_days:g}. Set label.horizon_days, or leave it 'auto'."
        )
    until, started = np.clip(wait, 0, horizon_days), watch >= 0
    known = started & (watch + _TICK >= until)
    longer = started.sum() - np.searchsorted(np.sort(watch[started]), until - _TICK)
    return np.where(known, started.sum() / np.maximum(longer, 1), 0.0)


def shrink(total: ArrayLike, squares: ArrayLike) -> FloatArray:
    """What to multiply weights by so that they count no more leads than their effective number; at most 1.

    Kish's effective number, (sum w)^2 / sum w^2, over the sum: a lead that represents three is still one lead. Where it
    would count more, as with weights below 1, the sum stays. Source: Kish 1965, "Survey Sampling", section 11.7.

    Args:
        total: Sum of the weights.
        squares: Sum of their squares.

    >>> shrink([4, 1], [8, 0.5]).tolist()  # two that weigh 2, two that weigh one half
    [0.5, 1.0]
    """
    square_sum = np.maximum(np.asarray(squares, dtype=float), _TINY)
    return np.asarray(np.minimum(1.0, np.asarray(total, dtype=float) / square_sum))
