"""The outcome of each lead: the horizon, which outcomes are known, and how pending leads count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, TrainingError, count
from predictor.core.settings import Settings
from predictor.data.leads import Leads
from predictor.data.parse import to_days
from predictor.model.label import choose_horizon, compute_conversion_curve, compute_outcomes
from predictor.model.pending import PendingWeights

_MOST_TURNS = 10


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What came of each lead; arrays in the order of the table of leads.

    Attributes:
        outcome: (n,) 1.0 accepted within the horizon, 0.0 not; of pending leads not to be used.
        mature: (n,) whether the outcome is known.
        order: (n,) grows with time: days since 1970 where leads carry dates, else the column that orders them. Where there is
            neither, a random place that follows from the seed and the lead's id, so that the order of the file has no effect.
        horizon_days: Days within which acceptance counts; None where the outcomes carry no dates.
        curve: The time-to-SQL curve; None where the outcomes carry no dates.
        observed_until: The moment up to which outcomes are known, in days of the order; None where leads carry no dates.
        pending_weights: How pending leads count, which takes dates of acceptance; None where they are left out.
        shuffled: Whether nothing says which lead came first, so that `order` is random.
    """

    outcome: np.ndarray
    mature: np.ndarray
    order: np.ndarray
    horizon_days: float | None
    curve: pd.DataFrame | None
    observed_until: float | None
    pending_weights: PendingWeights | None
    shuffled: bool = False

    @property
    def training(self) -> np.ndarray:
        """Positions of the leads that the final model is fitted on."""
        return np.flatnonzero(self.order < self.observed_until if self.pending_weights else self.mature)

    @property
    def pending(self) -> int:
        """How many leads have no known outcome yet."""
        return int((~self.mature).sum())

    def sort_by_time(self, positions: np.ndarray) -> np.ndarray:
        """Those positions, oldest lead first; in random order where nothing is dated or ordered."""
        return positions[np.argsort(self.order[positions], kind="stable")]


def label_outcomes(leads: Leads, settings: Settings, *, allow_one_class: bool = False) -> Outcomes:
    """The outcomes of the leads, as the settings define them.

    Args:
        leads: The leads under the contract.
        settings: Sections label, split and model are used.
        allow_one_class: Whether leads of whom none or all were accepted will do, as for a comparison that fits nothing.

    Raises:
        TrainingError: No lead is mature, or none or all of them were accepted.
    """
    horizon, curve = compute_horizon(leads, settings)
    outcome, mature = label_leads(leads, horizon)
    check_outcomes(outcome[mature], len(outcome), horizon, allow_one_class=allow_one_class)
    until = leads.observed_until
    return Outcomes(
        outcome=outcome,
        mature=mature,
        order=_compute_order(leads, settings.model.seed),
        horizon_days=horizon,
        curve=curve,
        observed_until=None if until is None else float(to_days(pd.Series([until])).iloc[0]),
        pending_weights=choose_pending_weights(leads, settings, horizon),
        shuffled=not leads.dated and "order_by" not in leads.frame,
    )


def _compute_order(leads: Leads, seed: int) -> np.ndarray:
    if leads.dated:
        return to_days(leads.frame["mql_at"]).to_numpy()
    return leads.frame["order_by"].to_numpy() if "order_by" in leads.frame else shuffle_ids(leads.frame["lead_id"], seed)


def shuffle_ids(ids: Iterable[object], seed: int) -> np.ndarray:
    """A random place from 0 to 1 for each id: the same in any file, so that a lead stays on its side when others come in.

    >>> places = shuffle_ids(["a", "b", "c"], 0)
    >>> places.round(2).tolist(), bool((shuffle_ids(["c", "a", "b"], 0) == places[[2, 0, 1]]).all())
    ([0.09, 0.16, 0.75], True)
    """
    digests = (hashlib.blake2b(f"{seed}\t{one}".encode(), digest_size=8).digest() for one in ids)
    return np.array([int.from_bytes(digest) for digest in digests], dtype=float) / 2.0**64


def can_weight_pending(leads: Leads) -> bool:
    """Whether the dates of MQL and acceptance are there, from which follows what was known of a lead at a moment."""
    return leads.observed_until is not None and "sql_at" in leads.frame


def choose_pending_weights(leads: Leads, settings: Settings, horizon: float | None) -> PendingWeights | None:
    """How pending leads count; None where they are left out, as where a gap in days says that older outcomes are known."""
    way = settings.label.pending
    older_known = way == "auto" and settings.split.gap_days != "horizon"
    if way == "drop" or older_known or horizon is None or not can_weight_pending(leads):
        return None
    return PendingWeights("weight" if way == "weight" else "odds", horizon)


def check_unweighted(leads: Leads, settings: Settings) -> tuple[Finding, ...]:
    """A finding where pending leads should be weighted and cannot be."""
    way = settings.label.pending
    if way not in {"weight", "odds"} or can_weight_pending(leads):
        return ()
    what = f"Pending leads are left out although label.pending is '{way}', because no acceptance carries a date."
    return (Finding("TRAIN006", "warning", what, do="Map mql_at and sql_at, or leave label.pending at 'auto'."),)


def check_gap(leads: Leads, settings: Settings, horizon: float | None) -> tuple[Finding, ...]:
    """A finding where the gap is so short that the model is fitted on outcomes that were not known when the test began."""
    gap = settings.split.gap_days
    if gap == "horizon" or horizon is None or gap >= horizon or not leads.dated:
        return ()
    what = f"split.gap_days is {gap:g}, less than the {horizon:g} days of the horizon: the model is fitted on outcomes that were "
    what += "not known when the test began, so the figures are too good."
    return (
        Finding(
            "TRAIN009", "warning", what, do="Leave split.gap_days at 'horizon', unless you compare with figures made that way."
        ),
    )


def compute_horizon(leads: Leads, settings: Settings) -> tuple[float | None, pd.DataFrame | None]:
    """The horizon in days and the time-to-SQL curve; None where the leads or their outcomes carry no dates."""
    horizon = settings.label.horizon_days
    if "sql_at" not in leads.frame or leads.observed_until is None:
        return (None if horizon == "auto" else horizon), None
    curve = compute_conversion_curve(leads.frame, leads.observed_until)
    share = settings.split.test_share
    return (_choose_before_test(leads.frame, leads.observed_until, share) if horizon == "auto" else horizon), curve


def _choose_before_test(frame: pd.DataFrame, until: pd.Timestamp, test_share: float) -> float:
    """The horizon as it would have been chosen when the test began, which in turn depends on the horizon."""
    moments = frame["mql_at"].sort_values()
    begins = pd.Timestamp(moments.iloc[int((1 - test_share) * (len(moments) - 1))])
    for _ in range(_MOST_TURNS):
        horizon = float(choose_horizon(compute_conversion_curve(frame, begins)))
        mature = moments[moments + pd.Timedelta(days=horizon) <= until]
        earlier = pd.Timestamp(mature.iloc[int((1 - test_share) * (len(mature) - 1))]) if len(mature) else begins
        if earlier >= begins:
            break
        begins = earlier
    return horizon


def label_leads(leads: Leads, horizon: float | None) -> tuple[np.ndarray, np.ndarray]:
    """The outcomes and which of them are known: by date, or by the column of yes and no, where blank means pending."""
    if "sql_at" in leads.frame and horizon is not None and leads.observed_until is not None:
        table = compute_outcomes(leads.frame, horizon_days=horizon, observed_until=leads.observed_until)
        return table["outcome"].to_numpy(), table["mature"].to_numpy()
    stated = leads.frame["outcome"]
    known = stated.notna()
    if horizon is not None and leads.observed_until is not None:
        known &= leads.frame["mql_at"] + pd.Timedelta(days=horizon) <= leads.observed_until
    return stated.fillna(0.0).to_numpy(), known.to_numpy()


def check_outcomes(outcome: np.ndarray, leads: int, horizon: float | None, *, allow_one_class: bool = False) -> None:
    """Refuse outcomes that nothing can be learned from.

    Args:
        outcome: Of the mature leads.
        leads: How many there are in all.
        horizon: Days within which acceptance counts; None where nothing is dated.
        allow_one_class: Whether outcomes that are all the same will do, as for a comparison that fits nothing.

    Raises:
        TrainingError: No lead is mature, or none or all of them were accepted.
    """
    accepted = int(outcome.sum())
    if not len(outcome):
        within = f"the horizon of {horizon:g} days has not ended for any of them" if horizon else "no outcome is filled in"
        raise TrainingError(f"None of the {count(leads, 'lead')} can be learned from: {within}. Export older leads too.")
    if accepted in {0, len(outcome)} and not allow_one_class:
        which = "none was accepted" if accepted == 0 else "all were accepted"
        raise TrainingError(
            f"Of {count(len(outcome), 'mature lead')} {which}, so there is nothing to learn. Export the leads that sales "
            "accepted and those it did not, and check which columns are mapped to sql_at or outcome."
        )
