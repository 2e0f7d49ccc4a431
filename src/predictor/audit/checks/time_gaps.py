"""Stretches of time without what should be there: acceptances that begin late, stop early or pause, and leads that do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from predictor.audit.view import Floats, View
from predictor.core.errors import Finding, count
from predictor.data.parse import to_days
from predictor.model.label import compute_conversion_curve

TRUNCATED, PAUSE = "AUDIT015", "AUDIT016"
_MISSED = 20.0  # acceptances or leads that should have been there; that none is by chance has a probability of 2e-9
_LONG = 14.0  # days; shorter pauses are holidays
_FEWEST = 100  # leads that a curve of acceptance rests on


def check_truncation(view: View) -> Iterator[Finding]:
    """A warning where the first acceptance comes long after the first leads: the export holds no earlier ones."""
    dated = _read(view)
    if dated is None:
        return
    moments, accepted, until = dated
    first = float(accepted.min())
    early = moments[moments < first]
    after = view.times[moments >= first] if view.times is not None else pd.DataFrame()
    if first - moments.min() < _LONG or len(after) < _FEWEST:
        return
    missed = float(_share_by(after, until, first - early).sum())
    if missed >= _MISSED:
        day = _say_day(first)
        what = (
            f"No acceptance is dated before {day}, though {count(len(early), 'lead')} became MQLs before, the first on "
            f"{_say_day(moments.min())}; by what later leads do about {missed:,.0f} acceptances are missing."
        )
        do = f"Those leads look lost: leave leads that became MQLs before {day} out, or export the acceptances from then."
        yield Finding(TRUNCATED, "warning", what, do)


def check_pauses(view: View) -> Iterator[Finding]:
    """Warnings about weeks without a lead, or without an acceptance, where many should have been; also at the end."""
    if view.times is None or "mql_at" not in view.times:
        return
    moments = to_days(view.times["mql_at"]).to_numpy(dtype=float)
    steps = np.sort(moments)
    usual = len(steps) / max(steps[-1] - steps[0], 1.0)
    for start, end in _find_long(steps):
        if (end - start) * usual >= _MISSED:
            many = f"{(end - start) * usual:,.0f}"
            what = f"No lead became an MQL from {_say_day(start)} to {_say_day(end)}, where about {many} usually do."
            yield Finding(PAUSE, "warning", what, "Export these leads too, if there are any.")
    dated = _read(view)
    if dated is not None:
        yield from _tell_pauses(view.times, *dated)


def _tell_pauses(times: pd.DataFrame, moments: Floats, accepted: Floats, until: pd.Timestamp) -> Iterator[Finding]:
    end = float(to_days(pd.Series([until])).iloc[0])
    for start, stop in _find_long(np.append(np.sort(accepted), end)):
        missed = float((_share_by(times, until, stop - moments) - _share_by(times, until, start - moments)).sum())
        if missed >= _MISSED:
            when = f"after {_say_day(start)}, though outcomes are taken as known" if stop == end else f"from {_say_day(start)}"
            what = f"No acceptance is dated {when} until {_say_day(stop)}; about {missed:,.0f} are missing."
            do = "Leads of that time look lost: export the acceptances too, or set data.observed_until to when they are known."
            yield Finding(PAUSE, "warning", what, do)


def _read(view: View) -> tuple[Floats, Floats, pd.Timestamp] | None:
    """The moments of MQL, those of acceptance, and until when these are known; None where they are not dated."""
    if view.times is None or "sql_at" not in view.times or view.until is None:
        return None
    accepted = to_days(view.times["sql_at"].dropna()).to_numpy(dtype=float)
    return (to_days(view.times["mql_at"]).to_numpy(dtype=float), accepted, view.until) if len(accepted) else None


def _share_by(times: pd.DataFrame, until: pd.Timestamp, days: Floats) -> Floats:
    """The share of leads accepted within so many days each; none of those that are not watched yet."""
    curve = compute_conversion_curve(times, until)
    steps = np.append(0.0, curve["converted"].to_numpy(dtype=float))
    return np.where(days < 0, 0.0, steps[np.searchsorted(curve["days"].to_numpy(dtype=float), days, side="right")])


def _find_long(moments: Floats) -> list[tuple[float, float]]:
    """The stretches between neighbours that are too long for a holiday."""
    at = np.flatnonzero(np.diff(moments) >= _LONG)
    return [(float(moments[place]), float(moments[place + 1])) for place in at]


def _say_day(days: float) -> str:
    return (pd.Timestamp(0, tz="UTC") + pd.Timedelta(days=days)).date().isoformat()
