"""The audit of the columns of an export, before settings say what they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from predictor.audit.members import add_members
from predictor.audit.run import LEAK_CHECKS, keep_worst, run_checks, run_column_checks
from predictor.audit.view import View, read_columns
from predictor.core.errors import Finding
from predictor.data.denied_columns import deny_column
from predictor.data.detect_formats import to_plain_frame
from predictor.data.detect_sets import find_sets
from predictor.data.missing import blank_missing
from predictor.data.parse import to_days
from predictor.data.roles import check_denied


def audit_columns(
    frame: pd.DataFrame,
    outcome: ArrayLike,
    *,
    order: ArrayLike | None = None,
    mql_at: pd.Series | None = None,
    missing_values: Sequence[str] = (),
    timezone: str = "UTC",
) -> tuple[Finding, ...]:
    """Findings about every column of a frame as if each would become a feature, also those that are denied by name.

    A column has at most one finding about leaks: evidence (`AUDIT001` to `AUDIT005`) takes precedence over its name (`LEAD030`).
    `Finding.column` is the column.

    Args:
        frame: One row a lead: attributes and points as read, without keys, outcome and the column that orders the leads.
        outcome: 1 accepted, 0 not, NaN not known; as long as the frame. With dates, 1 where accepted by the end of the export.
        order: A number that grows with time; None means `mql_at`, or no order where that is None too.
        mql_at: When each lead became an MQL, in UTC.
        missing_values: Texts that mean 'not known'.
        timezone: The zone of dates that have none.

    >>> frame = pd.DataFrame({"Won amount": ["9"] * 30 + [None] * 70, "Industry": ["Software", "Retail"] * 50})
    >>> findings = audit_columns(frame, [1] * 30 + [0] * 70)
    >>> [(finding.code, finding.severity, finding.column) for finding in findings]
    [('AUDIT001', 'error', 'Won amount')]
    """
    plain = blank_missing(frame.set_axis([str(name) for name in frame.columns], axis=1), missing_values).reset_index(drop=True)
    sets = find_sets(plain)
    times = None if mql_at is None else pd.DataFrame({"mql_at": mql_at.reset_index(drop=True)})
    columns = read_columns(
        to_plain_frame(plain, sets),
        kinds=dict.fromkeys(sets, "set"),
        moments=None if times is None else times["mql_at"],
        timezone=timezone,
    )
    view = View(columns, np.asarray(outcome, dtype=float), order=_choose_order(order, times), times=times)
    denied = {str(name): why for name in plain if (why := deny_column(str(name), plain[name])) is not None}
    leaks = keep_worst((*run_checks(add_members(view), LEAK_CHECKS), *check_denied(denied)))
    return (*leaks, *run_column_checks(view, leaks))


def _choose_order(order: ArrayLike | None, times: pd.DataFrame | None) -> np.ndarray | None:
    if order is not None:
        return np.asarray(order, dtype=float)
    return None if times is None else to_days(times["mql_at"]).to_numpy(dtype=float)
