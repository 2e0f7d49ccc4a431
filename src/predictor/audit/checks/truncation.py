"""Acceptances that begin long after the leads: the export holds no earlier ones."""

from __future__ import annotations

from collections.abc import Iterator

from predictor.audit.acceptance_times import Acceptances, compute_accepted_share, format_day
from predictor.audit.view import View
from predictor.core.errors import Finding, count

CODE = "AUDIT015"
_MISSED = 20.0  # expected acceptances; that none occurs by chance has a probability of 2e-9
_LONG = 14.0  # days between the first lead and the first acceptance
_FEWEST = 100  # leads that a curve of acceptance is based on


def check_truncation(view: View) -> Iterator[Finding]:
    """A warning where the first acceptance comes long after the first leads."""
    dates = Acceptances.from_view(view)
    if dates is None:
        return
    first = float(dates.accepted.min())
    early = dates.moments[dates.moments < first]
    later_times = dates.times[dates.moments >= first]
    if first - dates.moments.min() < _LONG or len(later_times) < _FEWEST:
        return
    missed = float(compute_accepted_share(later_times, dates.until, first - early).sum())
    if missed >= _MISSED:
        day = format_day(first)
        what = (
            f"No acceptance is dated before {day}, though {count(len(early), 'lead')} became MQLs before, the first on "
            f"{format_day(dates.moments.min())}; compared with later leads, about {missed:,.0f} acceptances are missing."
        )
        do = f"Those leads look lost: leave leads that became MQLs before {day} out, or export the acceptances from then."
        yield Finding(CODE, "warning", what, do=do)
