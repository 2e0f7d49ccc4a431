"""Values of the newest leads that no older lead has, so that the model knows nothing of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from predictor.audit.view import View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent
from predictor.model.metrics.intervals import wilson

CODE = "AUDIT014"
_WORTH_A_WARNING, _WORTH_A_TIP = 0.10, 0.02  # lower bound of the share of the test leads
_OWN_VALUE = 0.5  # distinct values per lead, above which they are hardly categories


def check_unseen_values(view: View) -> Iterator[Finding]:
    """Findings about categories of test leads that no training lead has, by the share of test leads with one."""
    if view.split is None:
        return
    for column in view.features:
        if column.kind != "category" or len(column.values) > _OWN_VALUE * column.filled.sum():
            continue
        newer = column.codes[view.split.test]
        newer = newer[newer >= 0]
        new = ~np.isin(newer, column.codes[view.split.fit])
        at_least = float(wilson(new.sum(), len(newer), view.z)[0])
        if at_least >= _WORTH_A_TIP:
            values = count(len(np.unique(newer[new])), "value")
            share = format_percent(float(new.mean()))
            what = f"{values} of column '{column.name}' first appear in the test block: {share} of its leads have one of them."
            do = "Group the values before the export; a model treats values that it never saw as 'other'."
            yield Finding(CODE, "warning" if at_least >= _WORTH_A_WARNING else "tip", what, do=do, column=column.name)
