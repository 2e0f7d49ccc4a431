"""What a training learns about accounts: how much the open leads of one count together, and how well that did in the test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.wording import FORWARD_TEST
from predictor.data.accounts import ACCOUNT
from predictor.data.lead_keys import as_keys
from predictor.data.parse import to_days
from predictor.features.accounts import ACCOUNT_LABELS
from predictor.model.account_score import AccountRule, FloatArray, Waiting, fit_waiting
from predictor.model.account_share import (
    INDEPENDENT,
    AccountLeads,
    IntArray,
    choose_share,
    fit_share,
    judge_accounts,
    list_moments,
)
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.split import Split
from predictor.training.dataset import Dataset

_FROM_STORE = "Accounts: stored scores do not say which leads were of one account, so leads of an account count as independent."


@dataclass(frozen=True)
class LearnedAccounts:
    """How accounts are scored.

    Attributes:
        rule: Of the final model.
        figures: What `metrics.json` says of it: how it was chosen (`choice`), and what `judge_accounts` gives.
    """

    rule: AccountRule
    figures: dict[str, Any]


def learn_accounts(
    dataset: Dataset, split: Split, tested: CalibratedModel, final: CalibratedModel, *, probability: FloatArray
) -> LearnedAccounts | None:
    """How accounts are scored; None where the model does not look at accounts, or outcomes carry no dates.

    Args:
        dataset: The leads.
        split: Those to fit and to test on.
        tested: The chosen candidate, fitted on the training leads.
        final: The same fitted on all leads.
        probability: Of the test leads, by `tested`.
    """
    horizon, until = dataset.outcomes.horizon_days, dataset.outcomes.observed_until
    looked_at = ACCOUNT in dataset.leads.frame or any(name in dataset.rows for name in ACCOUNT_LABELS)
    if not looked_at or horizon is None or until is None or split.starts is None:
        return None
    if ACCOUNT not in dataset.leads.frame:
        rule = AccountRule(waiting=_fit_waiting(dataset, until))
        return LearnedAccounts(rule, {"choice": _FROM_STORE, "learned": False, "moments": 0, "text": _FROM_STORE})
    before = _fit_waiting(dataset, split.starts)
    folds = _collect(dataset, dataset.outcomes.sort_by_time(split.fit), tested)
    moments = list_moments(folds, before, known_until=split.starts)
    choice = choose_share(moments, horizon_days=horizon)
    share = fit_share(moments) if choice.learned else INDEPENDENT
    test = _make_leads(dataset, dataset.outcomes.sort_by_time(split.test), probability, np.zeros(len(probability), dtype=np.intp))
    figures = judge_accounts(list_moments(test, before, known_until=until), share, tested=FORWARD_TEST.name)
    waiting = _fit_waiting(dataset, until)
    everything = _collect(dataset, dataset.outcomes.sort_by_time(dataset.outcomes.training), final)
    known = list_moments(everything, waiting, known_until=until)
    learned = fit_share(known) if choice.learned else INDEPENDENT
    rule = AccountRule(share=learned, waiting=waiting, leads=len(known) if choice.learned else 0)
    return LearnedAccounts(rule, {"choice": choice.text, "learned": choice.learned, **figures, "final_share": learned})


def _fit_waiting(dataset: Dataset, known_until: float) -> Waiting:
    """How long leads stay open, by those whose outcome was known at a moment, in days."""
    horizon = dataset.outcomes.horizon_days or 0.0
    known = np.flatnonzero(dataset.outcomes.mature & (dataset.outcomes.order + horizon <= known_until))
    began = dataset.outcomes.order[known]
    after = [_read_days(dataset, name)[known] - began for name in ("sql_at", "recycled_at")]
    return fit_waiting(dataset.outcomes.outcome[known], *after, horizon_days=horizon)


def _read_days(dataset: Dataset, name: str) -> FloatArray:
    """The moments of a column in days; inf for none."""
    frame = dataset.leads.frame
    if name not in frame:
        return np.full(len(frame), np.inf)
    return np.asarray(np.nan_to_num(to_days(frame[name]).to_numpy(dtype=float), nan=np.inf))


def _collect(dataset: Dataset, positions: IntArray, model: CalibratedModel) -> AccountLeads:
    """All leads, with the forward predictions of a model that was fitted on those positions."""
    if model.forward is None:
        return _make_leads(dataset, positions[:0], np.zeros(0), np.zeros(0, dtype=np.intp))
    return _make_leads(dataset, positions[model.positions], model.forward.probability, model.forward.fold)


def _make_leads(dataset: Dataset, positions: IntArray, probability: FloatArray, fold: IntArray) -> AccountLeads:
    frame = dataset.leads.frame
    predicted, folds = np.full(len(frame), np.nan), np.zeros(len(frame), dtype=np.intp)
    predicted[positions], folds[positions] = probability, fold
    return AccountLeads(
        account=pd.factorize(frame[ACCOUNT])[0],
        lead=pd.factorize(as_keys(frame["lead_id"]))[0],
        at=dataset.outcomes.order,
        closed_at=np.minimum(_read_days(dataset, "sql_at"), _read_days(dataset, "recycled_at")),
        outcome=dataset.outcomes.outcome,
        probability=predicted,
        fold=folds,
    )
