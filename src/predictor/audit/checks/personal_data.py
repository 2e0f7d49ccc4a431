"""Columns about persons: who they are, which belongs in no model, and what they must not be judged by."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from predictor.audit.view import Column, View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent

PERSONAL, PROTECTED = "AUDIT010", "AUDIT011"
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[a-z]{2,}")
_PHONE = re.compile(
    r"\s*(?:(?:tel[.:]? ?)?(?:\+|00)\d[\d\s()./-]{7,18}|\(?0\d{1,5}\)?[\s/-]\d[\d\s/-]{4,12}"
    r"|\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}[-. ]\d{3}[-. ]\d{4})\s*$"
)
_OFTEN = 0.02  # share of the filled cells that look like it
_FEWEST = 3
_ABOUT_PEOPLE = re.compile(
    r"\b(?:gender|sex|age|ethnicity|ethnic (?:group|origin)|race|religion|faith|nationality|citizenship|disability|disabled"
    r"|marital status|married|pregnan\w*|sexual orientation|trade union|union member\w*|salutation|pronouns?|mother tongue"
    r"|native language|year of birth|birth year|geschlecht|alter|anrede|sexe|civilité|genero|género|sexo|edad)\b"
)
_OF_NO_PERSON = re.compile(r"\b(?:account|company|firm|lead|domain|deal|business|contact|customer) age\b|\bage (?:in )?days\b")
_GENDERS = (
    {"male", "female"}, {"m", "f"}, {"man", "woman"}, {"mr", "ms"}, {"mr", "mrs"}, {"mr.", "ms."}, {"mr.", "mrs."},
    {"herr", "frau"},
)  # fmt: skip
_MOST_GENDERS = 8


def check_personal(view: View) -> Iterator[Finding]:
    """Warnings about e-mail addresses and phone numbers among the values; the values are not quoted."""
    for column in view.used:
        for what, pattern in (("e-mail addresses", _MAIL), ("phone numbers", _PHONE)):
            held = _count_leads(column, pattern)
            if held >= max(_FEWEST, _OFTEN * column.filled.sum()):
                share = format_percent(held / column.filled.sum())
                told = f"Column '{column.name}' holds {what} for {count(held, 'lead')} ({share} of those filled in)."
                do = "Name it in roles.ignore: who a person is says nothing of other leads and belongs in no model."
                yield Finding(PERSONAL, "warning", told, do, column.name)
                break


def _count_leads(column: Column, pattern: re.Pattern[str]) -> int:
    """Leads whose value has that form; of phone numbers the whole value."""
    if column.kind != "category":
        return 0
    counts = np.bincount(column.codes[column.filled], minlength=len(column.values))
    find = pattern.match if pattern is _PHONE else pattern.search
    return int(counts[[at for at, value in enumerate(column.values) if find(value)]].sum())


def check_protected(view: View) -> Iterator[Finding]:
    """Warnings about columns that people must not be judged by and that would be features, told by name or by value."""
    for column in view.used:
        how = _tell_protected(column)
        if how is not None:
            what = f"Column '{column.name}' {how}: it would be a feature, and leads would be judged by it."
            do = "Name it in roles.protected, so that the card compares the groups and no model sees it; or in roles.ignore."
            yield Finding(PROTECTED, "warning", what, do, column.name)


def _tell_protected(column: Column) -> str | None:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column.name)
    plain = re.sub(r"[^a-zà-ÿ]+", " ", words.casefold()).strip()
    if _ABOUT_PEOPLE.search(plain) and not _OF_NO_PERSON.search(plain):
        return "is by its name about what people must not be judged by"
    values = {str(value) for value in column.values} if len(column.values) <= _MOST_GENDERS else set()
    return "holds genders" if any(pair <= values for pair in _GENDERS) else None
