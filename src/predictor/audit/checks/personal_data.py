"""E-mail addresses and phone numbers, which say who a person is and belong in no model."""

from __future__ import annotations

import re
from collections.abc import Iterator

from predictor.audit.view import Column, View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent

CODE = "AUDIT010"
_MAIL = re.compile(r"[^\s@]@[^\s@]+\.[a-z]{2,}")  # one sign before the @: more would make long texts slow
_PHONE = re.compile(
    r"\s*(?:(?:tel[.:]? ?)?(?:\+|00)\d[\d\s()./-]{7,18}|\(?0\d{1,5}\)?[\s/-]\d[\d\s/-]{4,12}"
    r"|\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}[-. ]\d{3}[-. ]\d{4})\s*$"
)
_DATE = re.compile(r"\s*(?:\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2}))(?:[ ,t].*)?\s*")
_OFTEN = 0.02  # share of the filled cells with such a value
_FEWEST = 3


def check_personal_data(view: View) -> Iterator[Finding]:
    """Warnings about e-mail addresses and phone numbers among the values; the values are not quoted."""
    for column in view.features:
        for kind, pattern in (("e-mail addresses", _MAIL), ("phone numbers", _PHONE)):
            leads = _count_leads(column, pattern)
            if leads >= max(_FEWEST, _OFTEN * column.filled.sum()):
                share = format_percent(leads / column.filled.sum())
                what = f"Column '{column.name}' holds {kind} for {count(leads, 'lead')} ({share} of those filled in)."
                do = "Name it in roles.ignore: who a person is says nothing of other leads and belongs in no model."
                yield Finding(CODE, "warning", what, do=do, column=column.name)
                break


def _count_leads(column: Column, pattern: re.Pattern[str]) -> int:
    """Leads whose value matches; of phone numbers the whole value."""
    if column.kind not in ("category", "set"):
        return 0
    fits = _is_phone if pattern is _PHONE else pattern.search
    return int(column.value_counts[[at for at, value in enumerate(column.values) if fits(value)]].sum())


def _is_phone(value: str) -> bool:
    return _PHONE.match(value) is not None and _DATE.fullmatch(value) is None
