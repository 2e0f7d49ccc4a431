"""Attributes by which people must not be judged, recognised by name or by value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from predictor.audit.view import Column, View
from predictor.core.errors import Finding

CODE = "AUDIT011"
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


def check_protected(view: View) -> Iterator[Finding]:
    """Warnings about columns by which people must not be judged and that would be features."""
    for column in view.features:
        if (reason := _describe_protected(column)) is not None:
            what = f"Column '{column.name}' {reason}: it would be a feature, and leads would be judged by it."
            do = "Name it in roles.protected, so that the card compares the groups and no model sees it; or in roles.ignore."
            yield Finding(CODE, "warning", what, do=do, column=column.name)


def _describe_protected(column: Column) -> str | None:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column.name)
    plain = re.sub(r"[^a-zà-ÿ]+", " ", words.casefold()).strip()
    if _ABOUT_PEOPLE.search(plain) and not _OF_NO_PERSON.search(plain):
        return "has the name of an attribute by which people must not be judged"
    values = {str(value) for value in column.values} if len(column.values) <= _MOST_GENDERS else set()
    return "holds genders" if any(pair <= values for pair in _GENDERS) else None
