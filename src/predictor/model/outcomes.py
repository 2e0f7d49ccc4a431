"""What came of the leads of a study: the horizon, the outcomes, and whether pending leads can tell anything."""

from __future__ import annotations

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, TrainingError, count
from predictor.core.settings import Settings
from predictor.data.leads import Leads
from predictor.model.label import choose_horizon, compute_conversion_curve, compute_outcomes
from predictor.model.pending import PendingWeights

_MOST_TURNS = 10


def can_weight_pending(leads: Leads) -> bool:
    """Whether it can be said what was known of a lead at a moment, which takes the dates of MQL and of acceptance."""
    return leads.observed_until is not None and "sql_at" in leads.frame


def choose_pending_weights(leads: Leads, settings: Settings, horizon: float | None) -> PendingWeights | None:
    """How pending leads count; None where they are left out, as where a gap in days says that older outcomes are known."""
    way = settings.label.pending
    told = way == "auto" and settings.split.gap_days != "horizon"
    if way == "drop" or told or horizon is None or not can_weight_pending(leads):
        return None
    return PendingWeights("weight" if way == "weight" else "odds", horizon)


def check_unweighted(leads: Leads, settings: Settings) -> tuple[Finding, ...]:
    """A finding where pending leads were to be weighed and cannot be."""
    way = settings.label.pending
    if way not in {"weight", "odds"} or can_weight_pending(leads):
        return ()
    what = f"Pending leads are left out although label.pending is '{way}', because no acceptance carries a date."
    return (Finding("TRAIN006", "warning", what, "Map mql_at and sql_at, or leave label.pending at 'auto'."),)


def check_gap(leads: Leads, settings: Settings, horizon: float | None) -> tuple[Finding, ...]:
    """A finding where the gap lets outcomes teach that were not known when the test block began."""
    gap = settings.split.gap_days
    if gap == "horizon" or horizon is None or gap >= horizon or not leads.dated:
        return ()
    what = f"split.gap_days is {gap:g}, less than the {horizon:g} days of the horizon: outcomes teach that were not known yet "
    what += "when the test block began, so the figures are better than what can be had."
    return (
        Finding("TRAIN009", "warning", what, "Leave split.gap_days at 'horizon', unless others' figures are to be compared."),
    )


def compute_horizon(leads: Leads, settings: Settings) -> tuple[float | None, pd.DataFrame | None]:
    """The horizon in days and the time-to-SQL curve; None where the leads or their outcomes carry no dates."""
    wanted = settings.label.horizon_days
    if "sql_at" not in leads.frame or leads.observed_until is None:
        return (None if wanted == "auto" else wanted), None
    curve = compute_conversion_curve(leads.frame, leads.observed_until)
    share = settings.split.test_share
    return (_choose_before_test(leads.frame, leads.observed_until, share) if wanted == "auto" else wanted), curve


def _choose_before_test(frame: pd.DataFrame, until: pd.Timestamp, test_share: float) -> float:
    """The horizon as it would have been chosen when the test block began, which depends on the horizon in turn."""
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
    """The outcomes and which of them are known: by date where there are dates, else yes and no as said, blank meaning pending."""
    if "sql_at" in leads.frame and horizon is not None and leads.observed_until is not None:
        table = compute_outcomes(leads.frame, horizon_days=horizon, observed_until=leads.observed_until)
        return table["outcome"].to_numpy(), table["mature"].to_numpy()
    said = leads.frame["outcome"]
    known = said.notna()
    if horizon is not None and leads.observed_until is not None:
        known &= leads.frame["mql_at"] + pd.Timedelta(days=horizon) <= leads.observed_until
    return said.fillna(0.0).to_numpy(), known.to_numpy()


def check_outcomes(outcome: np.ndarray, leads: int, horizon: float | None, *, alike: bool = False) -> None:
    """Refuse outcomes that teach nothing.

    Args:
        outcome: Of the mature leads.
        leads: How many there are in all.
        horizon: Days within which acceptance counts; None where nothing is dated.
        alike: Whether outcomes that are all alike will do, as they do for what is only looked at.

    Raises:
        TrainingError: No lead is mature, or none or all of them were accepted.
    """
    accepted = int(outcome.sum())
    if not len(outcome):
        within = f"the horizon of {horizon:g} days has not ended for any of them" if horizon else "no outcome is filled in"
        raise TrainingError(f"None of the {count(leads, 'lead')} can be learned from: {within}. Export older leads too.")
    if accepted in {0, len(outcome)} and not alike:
        which = "none was accepted" if accepted == 0 else "all were accepted"
        raise TrainingError(
            f"Of {count(len(outcome), 'mature lead')} {which}, so there is nothing to tell apart. Export the leads that sales "
            "accepted and those it did not, and check which columns are mapped to sql_at or outcome."
        )
