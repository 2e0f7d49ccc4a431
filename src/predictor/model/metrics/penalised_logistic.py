"""A logistic line with a prior, fitted on weighted leads: what the smooth calibrators have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from predictor.core.errors import TrainingError, count
from predictor.core.log_odds import expit, logit
from predictor.model.metrics.inputs import refuse_any
from predictor.model.pending import shrink

FloatArray = NDArray[np.float64]
FREE = 1e-9  # precision of a prior that says next to nothing


@dataclass(frozen=True)
class Known:
    """Leads with a known outcome: their scores in log-odds, outcomes, and weights that count leads.

    Attributes:
        score: Log-odds.
        outcome: 1.0 or 0.0.
        weight: Sums to the effective number of leads.
    """

    score: FloatArray
    outcome: FloatArray
    weight: FloatArray

    def __len__(self) -> int:
        return len(self.score)

    @property
    def base_log_odds(self) -> float:
        """Log-odds of the share of accepted leads, drawn in by half a lead of each kind so that it is finite."""
        return float(logit(((self.weight * self.outcome).sum() + 0.5) / (self.weight.sum() + 1)))


def select_known(score: ArrayLike, outcome: ArrayLike, weight: ArrayLike | None = None) -> Known:
    """The leads whose outcome is known, with their effective weights.

    Where weights would sum to more than Kish's effective number, they are scaled down to it, as `shrink` says. A lead that
    counts half stays half a lead, which errs on the careful side.

    Args:
        score: (n,) log-odds.
        outcome: (n,) 1 or 0; of leads with weight 0 not looked at.
        weight: (n,) at least 0, 0 where the outcome is not known; None means 1 for all.

    Raises:
        TrainingError: A weight below 0 or missing, an outcome that is neither 0 nor 1, a score that is no number, or no lead.

    >>> known = select_known([0.1, 0.2, 0.3], [1, 0, float("nan")], [2, 2, 0])
    >>> known.score.tolist(), known.weight.tolist()
    ([0.1, 0.2], [1.0, 1.0])
    >>> select_known([0.1], [1], [0])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: A calibrator needs leads with a known outcome, but none of 1 lead has a weight above 0. \
Add leads whose outcome is known.
    """
    z, y = np.asarray(score, dtype=float), np.asarray(outcome, dtype=float)
    w = np.ones(z.shape) if weight is None else np.asarray(weight, dtype=float)
    if not z.shape == y.shape == w.shape or z.ndim != 1:
        raise TrainingError(
            f"Scores, outcomes and weights must be of the same leads, but there are {z.size}, {y.size} and {w.size}. "
            "Score the leads whose outcomes are given."
        )
    refuse_any(~((w >= 0) & np.isfinite(w)), "Weights must be at least 0", "Give 0 to leads whose outcome is not known")
    kept = w > 0
    if not kept.any():
        raise TrainingError(
            f"A calibrator needs leads with a known outcome, but none of {count(len(w), 'lead')} has a weight above 0. "
            "Add leads whose outcome is known."
        )
    z, y, w = z[kept], y[kept], w[kept]
    refuse_any((y != 0) & (y != 1), "Outcomes must equal 0 or 1", "Give weight 0 to leads whose outcome is not known")
    refuse_any(~np.isfinite(z), "Scores must be finite log-odds", "Score those leads again, or leave them out")
    return Known(z, y, w * shrink(w.sum(), (w**2).sum()))


def fit_line(known: Known, design: FloatArray, *, prior: FloatArray, precision: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coefficients of a logistic regression with a normal prior on each, and the matrix of second derivatives there.

    Newton's method; a step is halved as long as it makes the fit worse. The inverse of the matrix is the covariance of the
    coefficients (Laplace's approximation).

    Args:
        known: The leads.
        design: (n, k) what each coefficient multiplies, the first column ones.
        prior: (k,) where each coefficient is believed to be.
        precision: (k,) how firmly: one over the variance of that belief.

    >>> line, _ = fit_line(select_known([0, 0], [0, 1]), np.ones((2, 1)), prior=np.zeros(1), precision=np.full(1, FREE))
    >>> line.tolist()
    [0.0]
    """
    line = prior.astype(float).copy()
    line[0] = known.base_log_odds - float(np.average(design[:, 1:] @ line[1:], weights=known.weight))
    value = compute_posterior(known, design @ line, line, prior=prior, precision=precision)
    for _ in range(100):
        fitted = expit(design @ line)
        hessian = compute_hessian(known, design, fitted, precision)
        step = np.linalg.solve(hessian, design.T @ (known.weight * (known.outcome - fitted)) - precision * (line - prior))
        step *= min(1.0, 5 / np.abs(step).max(initial=1e-300))
        tried = compute_posterior(known, design @ (line + step), line + step, prior=prior, precision=precision)
        while tried < value - 1e-9 * abs(value):
            step /= 2
            tried = compute_posterior(known, design @ (line + step), line + step, prior=prior, precision=precision)
        line, value = line + step, tried
        if np.abs(step).max() < 1e-10:
            break
    return line, hessian


def compute_hessian(known: Known, design: FloatArray, fitted: FloatArray, precision: FloatArray) -> FloatArray:
    """The second derivatives of the negative log posterior where the line gives the probabilities `fitted`."""
    return (design.T * (known.weight * fitted * (1 - fitted))) @ design + np.diag(precision)


def compute_posterior(known: Known, score: FloatArray, line: FloatArray, *, prior: FloatArray, precision: FloatArray) -> float:
    """How well a line agrees with the leads and with what was believed before: log-likelihood plus log prior, in nats."""
    likelihood = known.weight @ (known.outcome * score - np.logaddexp(0, score))
    return float(likelihood - precision @ (line - prior) ** 2 / 2)
