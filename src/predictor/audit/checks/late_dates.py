"""Dates after the moment of decision, which nobody could know at that moment."""

from __future__ import annotations

from collections.abc import Iterator

from predictor.audit.view import View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent
from predictor.data.parse import to_days

CODE = "AUDIT004"


def check_late_dates(view: View) -> Iterator[Finding]:
    """Warnings about columns with dates after the lead became an MQL."""
    if view.times is None or "mql_at" not in view.times:
        return
    moments = to_days(view.times["mql_at"]).to_numpy(dtype=float)
    for column in view.features:
        if column.kind == "date" and column.numbers is not None:
            late = int((column.numbers > moments).sum())
            if late:
                share = format_percent(late / column.filled.sum())
                what = f"Column '{column.name}' holds {count(late, 'date')} after 'mql_at', {share} of those filled in."
                yield Finding(CODE, "warning", what, do=column.leak_advice, column=column.name)
