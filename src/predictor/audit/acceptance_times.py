"""When leads were accepted, and how many acceptances to expect by a time after they became MQLs."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from predictor.audit.view import Floats, View
from predictor.data.parse import to_days
from predictor.model.label import compute_conversion_curve


class Acceptances(NamedTuple):
    """The dates of acceptance.

    Attributes:
        times: `mql_at` and `sql_at` of each lead.
        moments: `mql_at` of each lead, in days since 1970.
        accepted: `sql_at` of each accepted lead, in days since 1970.
        until: The moment up to which outcomes are known.
    """

    times: pd.DataFrame
    moments: Floats
    accepted: Floats
    until: pd.Timestamp

    @classmethod
    def from_view(cls, view: View) -> Self | None:
        """The acceptances of a view; None where they have no dates."""
        if view.times is None or "sql_at" not in view.times or view.until is None:
            return None
        accepted = to_days(view.times["sql_at"].dropna()).to_numpy(dtype=float)
        moments = to_days(view.times["mql_at"]).to_numpy(dtype=float)
        return cls(times=view.times, moments=moments, accepted=accepted, until=view.until) if len(accepted) else None


def compute_accepted_share(times: pd.DataFrame, until: pd.Timestamp, days: Floats) -> Floats:
    """The share of leads accepted within each number of days; 0 for negative numbers.

    Args:
        times: `mql_at` and `sql_at` of the leads that the shares are estimated from.
        until: The moment up to which outcomes are known.
        days: Days after a lead became an MQL.
    """
    curve = compute_conversion_curve(times, until)
    steps = np.append(0.0, curve["converted"].to_numpy(dtype=float))
    return np.where(days < 0, 0.0, steps[np.searchsorted(curve["days"].to_numpy(dtype=float), days, side="right")])


def format_day(days: float) -> str:
    """The date of a number of days since 1970.

    >>> format_day(20_000.7)
    '2024-10-04'
    """
    return (pd.Timestamp(0, tz="UTC") + pd.Timedelta(days=days)).date().isoformat()
