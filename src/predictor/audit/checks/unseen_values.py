"""Values that the newest leads have and none before them had: of these the model knows nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from predictor.audit.view import View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent
from predictor.model.metrics.intervals import wilson

CODE = "AUDIT014"
_WORTH_A_WARNING, _WORTH_A_TIP = 0.10, 0.02  # share of the test leads, surely
_ITS_OWN = 0.5  # distinct values a lead, from which they are hardly categories


def check_unseen(view: View) -> Iterator[Finding]:
    """Findings about categories of the test block that no lead before it had, by the share of test leads with one."""
    if view.fit is None or view.test is None:
        return
    for column in view.used:
        if column.kind != "category" or len(column.values) > _ITS_OWN * column.filled.sum():
            continue
        newer = column.codes[view.test]
        newer = newer[newer >= 0]
        new = ~np.isin(newer, column.codes[view.fit])
        surely = float(wilson(new.sum(), len(newer), view.z)[0])
        if surely >= _WORTH_A_TIP:
            many = count(len(np.unique(newer[new])), "value")
            share = format_percent(float(new.mean()))
            what = f"{many} of column '{column.name}' first appear in the test block: {share} of its leads have one of them."
            do = "Group the values before the export; to a model, what it has not seen is 'other'."
            yield Finding(CODE, "warning" if surely >= _WORTH_A_WARNING else "tip", what, do, column.name)
