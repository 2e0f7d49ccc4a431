"""Columns without information: empty, or with one value only."""

from __future__ import annotations

from collections.abc import Iterator

from predictor.audit.view import View
from predictor.core.errors import Finding, count
from predictor.data.job_titles import PARTS

CODE = "AUDIT006"
_DO = "Nothing: it is left out."
_MADE = frozenset({"email_domain_kind", *PARTS})  # made of the e-mail address and the job title: no columns of the export


def check_constants(view: View) -> Iterator[Finding]:
    """Tips about columns of the export that are empty or have one value only."""
    for column in view.features:
        if column.name in _MADE:
            continue
        if not column.values:
            yield Finding(CODE, "tip", f"Column '{column.name}' is empty.", do=_DO, column=column.name)
        elif len(column.values) == 1 and column.filled.all():
            what = f"Column '{column.name}' has the same value for all {count(len(column.codes), 'lead')}."
            yield Finding(CODE, "tip", what, do=_DO, column=column.name)
