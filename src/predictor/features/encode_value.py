"""One value of one feature as a number: the same for a table and for a single lead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import numpy as np

from predictor.core.errors import Finding
from predictor.data.missing import read_missing
from predictor.data.parse import ISO_HINT, parse_moment, to_moment
from predictor.data.recycle_reasons import OTHER
from predictor.data.values import name_type, normal_text, to_number, to_plain
from predictor.data.yes_no import read_yes_no
from predictor.features.encode_set import gather_sets, is_shown
from predictor.features.feature import Feature

DAY_S = 86_400.0
_MICROSECOND = timedelta(microseconds=1)
_A_SET = "one text or a list of texts"
_EXPECTED = {
    "number": "a number", "category": "one text", "days_since": f"a date ({ISO_HINT})", "member": _A_SET, "members": _A_SET,
}  # fmt: skip


class ValueEncoder:
    """Encodes the values of features.

    Attributes:
        exact: For each feature: text as it is spelled most often -> code, a shortcut around `encode`.
        sets: Attribute that is a set -> its features.
    """

    def __init__(self, features: Sequence[Feature], missing_values: Sequence[str], timezone: str) -> None:
        self._features, self._timezone = features, timezone
        self._missing = read_missing(tuple(missing_values))
        self._codes = [{text: code for code, text in enumerate(feature.categories)} for feature in features]
        self._meanings = [_code_meanings(feature) for feature in features]
        exact = ((*enumerate(feature.categories), *enumerate(feature.spellings)) for feature in features)
        self.sets = gather_sets(features)
        self.exact = [{text: float(code) for code, text in pairs} for pairs in exact]

    def is_missing(self, value: object) -> bool:
        """Whether a value means 'not known': nothing, NaN, or one of `missing_values`."""
        return value in self._missing

    def encode(self, position: int, value: object, as_of: datetime | None) -> tuple[float, Finding | None]:
        """The number of a value, NaN where it is missing, and a warning where it was never seen.

        Raises:
            ValueError: The value has a wrong type; `describe_fault` says so to the user.
            TypeError: Likewise.
        """
        feature, value = self._features[position], to_plain(value)
        if self.is_missing(value):
            return math.nan, None
        if feature.kind == "number":
            return to_number(value), None
        if feature.kind == "days_since":
            return _compute_days_since(value, as_of, self._timezone), None
        code = self._codes[position].get(normal_text(value) or "")
        if code is None and self._meanings[position]:
            code = self._meanings[position].get(read_yes_no(value))
        if code is None:
            is_other = normal_text(value) == OTHER and not feature.is_attribute  # a reason that the list of reasons does not have
            return float(len(feature.categories)), None if is_other else _warn_unseen(feature, value)
        return float(code), None

    def describe_fault(self, position: int, fault: Exception) -> str:
        """What is wrong with a value that `encode` refused, as one sentence for the user."""
        feature = self._features[position]
        expected = _EXPECTED.get(feature.kind, "")
        name = feature.attribute or feature.name
        return f"LEAD022 Attribute '{name}' must be {expected}, but {fault}. Send {expected}, or leave it out."


def _code_meanings(feature: Feature) -> dict[bool | None, int]:
    """Yes and no -> code, for a category of these two alone: a bundle without their format reads any spelling too.

    >>> yes_no = Feature("news", "News", "News", "category", categories=("false", "true"))
    >>> _code_meanings(yes_no), _code_meanings(Feature("news", "News", "News", "category", categories=("no", "yes", "partly")))
    ({False: 0, True: 1}, {})
    """
    codes = {read_yes_no(text): code for code, text in enumerate(feature.categories)}
    return codes if codes.keys() == {True, False} and len(feature.categories) == 2 else {}


def _warn_unseen(feature: Feature, value: object) -> Finding:
    text = str(value)
    shown = f" '{text}'" if is_shown(text) else ""
    return Finding("LEAD021", "warning", f"Unknown {feature.label.lower()}{shown}: scored as other.", do="")


def _compute_days_since(value: object, as_of: datetime | None, timezone: str) -> float:
    """Days from a date to the moment of the score; missing where the date is later, since nobody could know it then."""
    if as_of is None:
        return math.nan
    age = (as_of - read_date(value, timezone)) // _MICROSECOND
    return age / 1e6 / DAY_S if age >= 0 else np.nan  # in the same steps as for a table, so that both give the same number


def read_date(value: object, timezone: str) -> datetime:
    """A date as a moment in UTC.

    Raises:
        ValueError: The value is no date.

    >>> read_date("2026-01-31", "UTC").isoformat(), read_date(date(2026, 1, 31), "UTC").day
    ('2026-01-31T00:00:00+00:00', 31)
    >>> read_date(3, "UTC")
    Traceback (most recent call last):
    ValueError: a int is no date
    """
    if isinstance(value, str):
        return parse_moment(value, timezone)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise ValueError(f"{name_type(value)} is no date")  # noqa: TRY004  callers catch one kind
    return to_moment(value, timezone)
