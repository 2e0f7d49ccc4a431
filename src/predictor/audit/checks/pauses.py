"""Weeks without a lead or without an acceptance, where many are expected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from predictor.audit.acceptance_times import Acceptances, compute_accepted_share, format_day
from predictor.audit.view import Floats, View
from predictor.core.errors import Finding
from predictor.data.parse import to_days

CODE = "AUDIT016"
_MISSED = 20.0  # expected leads or acceptances; that none occurs by chance has a probability of 2e-9
_LONG = 14.0  # days; shorter pauses are holidays
_FEW = 3  # pauses that are named one by one


class _Pause(NamedTuple):
    """A stretch of time without a lead: from one day to another, since 1970, and how many leads are expected then."""

    start: float
    end: float
    missed: float

    def describe(self) -> str:
        """When it was, and how many leads are expected."""
        return f"from {format_day(self.start)} to {format_day(self.end)}, where about {self.missed:,.0f} are expected"


def check_pauses(view: View) -> Iterator[Finding]:
    """Warnings about weeks without a lead, or without an acceptance, also at the end of the export."""
    if view.times is None or "mql_at" not in view.times:
        return
    moments = np.sort(to_days(view.times["mql_at"]).to_numpy(dtype=float))
    leads_a_day = len(moments) / max(moments[-1] - moments[0], 1.0)
    gaps = [_Pause(start, end, (end - start) * leads_a_day) for start, end in _list_long_gaps(moments)]
    yield from _make_findings([gap for gap in gaps if gap.missed >= _MISSED])
    dates = Acceptances.from_view(view)
    if dates is not None:
        yield from _check_acceptances(dates)


def _make_findings(pauses: list[_Pause]) -> Iterator[Finding]:
    """A finding for each of a few pauses; one for many, which have one cause."""
    do = "Export these leads too, if there are any."
    if len(pauses) <= _FEW:
        yield from (Finding(CODE, "warning", f"No lead became an MQL {pause.describe()}.", do=do) for pause in pauses)
        return
    longest = max(pauses, key=lambda pause: pause.missed)
    what = f"{len(pauses)} times no lead became an MQL for two weeks or more, the longest time {longest.describe()}."
    swapped = "Check that day and month are read the right way round (data.date_order), and that the export holds all leads."
    yield Finding(CODE, "warning", what, do=swapped)


def _check_acceptances(dates: Acceptances) -> Iterator[Finding]:
    last = float(to_days(pd.Series([dates.until])).iloc[0])
    for start, end in _list_long_gaps(np.append(np.sort(dates.accepted), last)):
        by_start, by_end = (compute_accepted_share(dates.times, dates.until, day - dates.moments) for day in (start, end))
        missed = float((by_end - by_start).sum())
        if missed >= _MISSED:
            when = (
                f"after {format_day(start)}, though outcomes are taken as known" if end == last else f"from {format_day(start)}"
            )
            what = f"No acceptance is dated {when} until {format_day(end)}; about {missed:,.0f} are missing."
            do = "Leads of that time look lost: export the acceptances too, or set data.observed_until to when they are known."
            yield Finding(CODE, "warning", what, do=do)


def _list_long_gaps(moments: Floats) -> list[tuple[float, float]]:
    """The gaps between neighbours that are too long for a holiday."""
    at = np.flatnonzero(np.diff(moments) >= _LONG)
    return [(float(moments[place]), float(moments[place + 1])) for place in at]
