"""What to expect of leads whose outcome is not known yet, from their probabilities alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.log_odds import expit, logit
from predictor.model.metrics.intervals import Z95
from predictor.model.metrics.metrics import compute_losses
from predictor.store.episodes import choose_scores
from predictor.store.monitor.advice import Total
from predictor.store.monitor.weeks import find_weeks

_DRAWS, _MANY_DRAWS, _SEED = 400, 2000, 0
_TAIL = 0.025
_DIGITS, _LEAST = 3, 0.0005


@dataclass(frozen=True)
class LevelError:
    """How far the level of all probabilities may be off, in log-odds: the standard error that the forward test left."""

    log_odds: float

    @classmethod
    def from_metrics(cls, metrics: dict[str, Any]) -> LevelError:
        """From a bundle's `metrics.json`: the interval of the calibration line's intercept.

        >>> line = {"intercept_interval": [-0.1, 0.292]}
        >>> LevelError.from_metrics({"calibration": {"line": line}}).log_odds.__round__(3)
        0.1
        >>> LevelError.from_metrics({}).log_odds
        0.0
        """
        interval = ((metrics.get("calibration") or {}).get("line") or {}).get("intercept_interval")
        return cls(0.0 if interval is None else float((interval[1] - interval[0]) / (2 * Z95)))


def compute_expected(scores: pd.DataFrame, *, pending: pd.Series, error: LevelError) -> pd.DataFrame:
    """How many of the leads of each week will be accepted, where that is not known yet.

    The outcomes of the leads are drawn from their probabilities, whose common level is drawn too. This sees that other leads
    come than before. It cannot see that the same leads are accepted more or less often than before: only outcomes show that.

    Args:
        scores: `as_of`, `probability`, `handed_over`, `accepted_at`: a row an episode.
        pending: Whether the horizon of a row has not ended.
        error: How far the level may be off.

    Returns:
        A row for each week with pending leads, rising: `week`, `leads`, `accepted_so_far`, `expected` with `expected_low` and
        `expected_high` (95 %), and of those that sales got: `handed_over`, `expected_of_these`, `these_low`, `these_high`.
    """
    open_weeks = scores.assign(week=find_weeks(scores["as_of"]))
    open_weeks = open_weeks[open_weeks["week"].isin(open_weeks.loc[pending, "week"])]
    rows = []
    for week, leads in open_weeks.groupby("week"):
        got = leads["handed_over"].to_numpy(dtype=bool)
        probability = leads["probability"].to_numpy(dtype=float)
        everyone, these = (draw_accepted(probability[chosen], error) for chosen in (np.ones_like(got), got))
        rows.append({
            "week": week, "leads": len(leads), "accepted_so_far": int(leads["accepted_at"].notna().sum()),
            "expected": probability.sum(), "expected_low": everyone[0], "expected_high": everyone[1],
            "handed_over": int(got.sum()), "expected_of_these": probability[got].sum(),
            "these_low": these[0], "these_high": these[1],
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "week", "leads", "accepted_so_far", "expected", "expected_low", "expected_high", "handed_over", "expected_of_these",
    "these_low", "these_high",
)  # fmt: skip


def draw_accepted(probability: np.ndarray, error: LevelError, *, tail: float = _TAIL) -> tuple[int, int]:
    """Between how many leads will be accepted, 95 %.

    Args:
        probability: (n,) of the leads.
        error: How far their common level may be off.
        tail: The chance to be below, and that to be above.

    >>> draw_accepted(np.full(100, 0.2), LevelError(0.0))
    (12, 28)
    >>> draw_accepted(np.array([]), LevelError(0.3))
    (0, 0)
    """
    _, _, accepted = _draw(probability, error)
    low, high = np.quantile(accepted.sum(axis=1), [tail, 1 - tail], method="closest_observation")
    return int(low), int(high)


def estimate_metrics(probability: np.ndarray, error: LevelError) -> pd.DataFrame:
    """Log loss and AUC that leads will show once their outcomes are known, if their probabilities hold.

    Args:
        probability: (n,) of the leads; they count by three digits.
        error: How far their common level may be off.

    Returns:
        `metric` (`log_loss`, `auc`), `expected`, `low`, `high` (95 %); empty without leads.

    >>> estimate_metrics(np.repeat([0.1, 0.4], 500), LevelError(0.0)).set_index("metric").round(1).loc["auc"].tolist()
    [0.7, 0.7, 0.7]
    """
    level, leads, accepted = _draw(probability, error)
    if not len(level):
        return pd.DataFrame(columns=["metric", "expected", "low", "high"])
    others = leads - accepted
    log_loss = _average_losses(level, leads, accepted)
    below = np.cumsum(others, axis=1) - others / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = (accepted * below).sum(axis=1) / (accepted.sum(axis=1) * others.sum(axis=1))
    rows = [
        (metric, figures.mean(), *np.quantile(figures, [_TAIL, 1 - _TAIL]))
        for metric, drawn in (("log_loss", log_loss), ("auc", auc))
        if len(figures := drawn[np.isfinite(drawn)])
    ]
    return pd.DataFrame(rows, columns=["metric", "expected", "low", "high"])


def sum_up(probability: np.ndarray, outcome: np.ndarray, error: LevelError, *, tail: float) -> Total:
    """What leads promised beside what came of them, and how far chance may take both apart.

    Args:
        probability: (n,) of the leads; they count by three digits.
        outcome: (n,) 1.0 where the lead was accepted.
        error: How far the common level may be off.
        tail: The chance to be below, and that to be above.
    """
    level, leads, drawn = _draw(probability, error, draws=_MANY_DRAWS)
    if not len(level):
        return Total(leads=0, accepted=0, promised=0.0, low=0, high=0)
    rounded = np.clip(np.round(probability, _DIGITS), _LEAST, 1 - _LEAST)
    accepted = np.bincount(np.searchsorted(level, rounded), weights=outcome, minlength=len(level))
    losses = _average_losses(level, leads, drawn)
    low, high = np.quantile(drawn.sum(axis=1), [tail, 1 - tail], method="closest_observation")
    return Total(
        leads=len(probability), accepted=int(accepted.sum()), promised=float(probability.mean()), low=int(low), high=int(high),
        log_loss=float(_average_losses(level, leads, accepted)), loss_expected=float(losses.mean()),
        loss_high=float(np.quantile(losses, 1 - tail)),
    )  # fmt: skip


def _average_losses(level: np.ndarray, leads: np.ndarray, accepted: np.ndarray) -> np.ndarray:
    """The log loss where so many leads of each level are accepted; of each row of `accepted`, if it has several."""
    yes, no = (compute_losses(np.full(len(level), outcome), level) for outcome in (1.0, 0.0))
    average: np.ndarray = (accepted @ yes + (leads - accepted) @ no) / leads.sum()
    return average


def choose_pending(joined: pd.DataFrame, *, horizon_days: float, observed_until: pd.Timestamp) -> tuple[pd.DataFrame, pd.Series]:
    """The episodes, and whether the horizon of each has not ended."""
    episodes = choose_scores(joined)
    return episodes, episodes["as_of"] + pd.Timedelta(days=horizon_days) > observed_until


def _draw(probability: np.ndarray, error: LevelError, *, draws: int = _DRAWS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels of probability, rising, how many leads have each, and how many of these are accepted: a row a draw."""
    level, leads = np.unique(np.round(np.asarray(probability, dtype=float), _DIGITS), return_counts=True)
    level = np.clip(level, _LEAST, 1 - _LEAST)
    random = np.random.default_rng(_SEED)
    shift = random.normal(0.0, error.log_odds, (draws, 1))
    return level, leads, random.binomial(leads, expit(logit(level) + shift))
