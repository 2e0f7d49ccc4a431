"""The choice of a candidate: the one that lost least out of fold, or base rate or points where they do nearly as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from predictor.model.calibrated_model import CONSTANT, CalibratedModel
from predictor.model.candidates import sort_candidates
from predictor.model.candidates.baselines import SIMPLE
from predictor.model.metrics.folds import compute_fold_rank_p_value
from predictor.model.metrics.intervals import average
from predictor.model.metrics.metrics import compute_losses
from predictor.model.sample import Sample

_ERRORS = {"constant": 1.0, "points": 0.5, "logistic": 1.0}  # standard errors of the best within which these are chosen
_SURE = 0.01  # the p-value of the ranking of the lowest up to which the base rate has no margin
RANKING = 0.05  # the p-value up to which out-of-fold scores of a learned candidate rank leads better than chance
_IS_CONSTANT = "the base rate: one probability for all leads"


def compare_candidates(models: Mapping[str, CalibratedModel], sample: Sample) -> pd.DataFrame:
    """The candidates by their out-of-fold log loss; the lowest is chosen, or a simple one that is near it.

    The base rate and the regression are chosen within one standard error of the lowest, the points within half a standard error.
    The base rate has no margin where the lowest surely ranks the leads of the folds better than chance (p-value of 0.01 or less):
    where levels move from fold to fold, losses are noisy, and the ranking is not.

    Two kinds of candidates are shown but not chosen, as long as another can be: one that gives all leads the same probability is
    the base rate under another name, and a learned one must rank the leads of the folds better than chance, with a p-value of
    0.05 or less. Each lead counts by its weight. The error is that of the paired difference to the best, a ratio of two sums.
    Source of the margin, there of one standard error and for pruning: Breiman et al. 1984, "Classification and Regression
    Trees", section 3.4.3.

    Args:
        models: Candidate -> its model, all with the same folds.
        sample: The leads that they were fitted on.

    Returns:
        One row a candidate, from the simplest: `candidate`, `log_loss` (nats a lead), `excess` over the lowest of those that may
        be chosen and its standard `error`, `p_value` of the ranking, `note` (why it may not be chosen; empty where it may),
        `chosen` (one).
    """
    names = sort_candidates(models)
    judged = [_judge(models[name], sample) for name in names]
    table = pd.DataFrame(
        {
            "candidate": names,
            "log_loss": [float(np.average(one.loss, weights=one.weight)) for one in judged],
            "p_value": [one.p_value for one in judged],
        }
    )
    table["note"] = [_find_obstacle(models[name], one.p_value) for name, one in zip(names, judged, strict=True)]
    may_be_chosen = (table["note"] == "") if (table["note"] == "").any() else (table["note"] != "")
    best = judged[int(table["log_loss"].where(may_be_chosen, np.inf).argmin())]
    table[["excess", "error"]] = [average(one.loss - best.loss, one.weight) for one in judged]
    margin = table["candidate"].map(_ERRORS).fillna(0.0) * table["error"]
    margin[(table["candidate"] == CONSTANT) & (best.p_value <= _SURE)] = 0.0
    within = may_be_chosen & (table["excess"] <= margin)
    table["chosen"] = np.arange(len(table)) == int(np.argmax(within))
    return table[["candidate", "log_loss", "excess", "error", "p_value", "note", "chosen"]]


def read_chosen(table: pd.DataFrame) -> str:
    """The chosen of a table that `compare_candidates` gave."""
    return str(table.loc[table["chosen"], "candidate"].iloc[0])


class _Judged(NamedTuple):
    """The loss of each lead, its weight, and the p-value of the ranking."""

    loss: np.ndarray
    weight: np.ndarray
    p_value: float


def _judge(model: CalibratedModel, sample: Sample) -> _Judged:
    leads = sample.take(model.positions)
    weight = np.ones(len(leads)) if leads.weight is None else leads.weight
    probability = model.out_of_fold if model.forward is None else model.forward.probability
    fold = np.zeros(len(leads)) if model.forward is None else model.forward.fold
    p_value = compute_fold_rank_p_value(leads.outcome, probability, fold, weight)
    return _Judged(loss=compute_losses(leads.outcome, probability), weight=weight, p_value=p_value)


def _find_obstacle(model: CalibratedModel, p_value: float) -> str:
    """Why a candidate is not chosen while another can be; empty where it may be."""
    if model.name == CONSTANT:
        return ""
    if model.is_flat:
        return _IS_CONSTANT
    return f"ranks no better than chance (p = {p_value:.2f})" if model.name not in SIMPLE and p_value > RANKING else ""
