"""Features and their encoding: the same definition turns a table into a matrix and one lead into a row of it."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, ScoringError
from predictor.data.parse import ISO_HINT, parse_moment, to_moment
from predictor.data.values import factorize_column, name_type, normal_text, to_number, to_plain
from predictor.features.event_features import EventFeature, begin_names, list_event_features
from predictor.features.feature import Feature

_DAY_S = 86_400.0
_LARGEST, _NUMBERS = sys.float_info.max, (float, int)
_LONGEST_SHOWN = 40  # characters of a category; what is longer, or an e-mail address, may name a person
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class FeatureSet:
    """The features of a model and how the values behind them are to be read.

    Attributes:
        features: In the order of the matrix.
        missing_values: Texts that mean 'not known'.
        timezone: The zone of dates that carry none.
        dated: Whether leads carry the moment of decision; where they do not, neither events nor ages of dates are known.
        visible: The attributes that the training looked at, features or not; points rules see no others.
        event_types: The types of event that the training saw.
        acts: Those that have features of their own, beside the features over all events; None where there were no events.
        windows_days: Days in which events are counted.
        forms: Attribute, point column or `mql_at`, and how the training export spelled it, where that is not the plain way.
        event_features: The definitions of those features that are over events.
    """

    features: tuple[Feature, ...]
    missing_values: tuple[str, ...]
    timezone: str = "UTC"
    dated: bool = True
    visible: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    acts: tuple[str, ...] | None = None
    windows_days: tuple[int, ...] = ()
    forms: tuple[tuple[str, str], ...] = ()
    event_features: tuple[EventFeature, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        words = frozenset(word.strip().casefold() for word in self.missing_values) | {""}
        codes = tuple({text: code for code, text in enumerate(feature.categories)} for feature in self.features)
        object.__setattr__(self, "_missing", words)
        object.__setattr__(self, "_codes", codes)
        exact = ((*enumerate(feature.categories), *enumerate(feature.spellings)) for feature in self.features)
        object.__setattr__(self, "_exact", tuple({text: float(code) for code, text in listed} for listed in exact))
        kinds = enumerate(feature.kind for feature in self.features)
        object.__setattr__(self, "_places", {feature.name: place for place, feature in enumerate(self.features)})
        object.__setattr__(self, "_numbers", frozenset(place for place, kind in kinds if kind == "number"))
        object.__setattr__(self, "_attributes", tuple(self.attributes))
        listed = () if self.acts is None else list_event_features(self.acts, self.windows_days)
        asked = {feature.name for feature in self.features}
        object.__setattr__(self, "event_features", tuple(feature for feature in listed if feature.name in asked))

    def __len__(self) -> int:
        return len(self.features)

    @cached_property
    def names(self) -> list[str]:
        """The names, in the order of the matrix."""
        return [feature.name for feature in self.features]

    @cached_property
    def by_acts(self) -> tuple[list[int], dict[str, list[int]]]:
        """The columns of features that are not over events; and of those that are, under how the names of a type begin."""
        over = {feature.name for feature in self.event_features}
        rest, groups = list[int](), dict[str, list[int]]()
        for place, name in enumerate(self.names):
            if name in over:
                groups.setdefault(begin_names(name), []).append(place)
            else:
                rest.append(place)
        return rest, groups

    @cached_property
    def spelled(self) -> list[Feature]:
        """The features whose values are no numbers, or made of other values."""
        return [feature for feature in self.features if feature.kind != "number"]

    def position(self, name: str) -> int | None:
        """The column of that feature; None where the model has none of that name."""
        return self._places.get(name)  # type: ignore[attr-defined, no-any-return]

    @property
    def attributes(self) -> list[int]:
        """The columns of the matrix that hold attributes."""
        return [position for position, feature in enumerate(self.features) if feature.is_attribute]

    def is_missing(self, value: object) -> bool:
        """Whether a value means 'not known': nothing, NaN, or one of `missing_values`."""
        if isinstance(value, str):
            return value.strip().casefold() in self._missing  # type: ignore[attr-defined]
        return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value)  # noqa: PLR0124

    def encode_row(
        self, row: Mapping[str, Any], as_of: datetime | None, *, onto: Sequence[float] | None = None
    ) -> tuple[list[float], list[Finding]]:
        """One assembled lead as a row of the matrix, and warnings about values that were never seen.

        Args:
            row: The values that are known, by name.
            as_of: The moment the score speaks of; None where leads carry no dates.
            onto: An encoded row that stands where `row` says nothing; None: what it does not say is missing.

        Raises:
            ScoringError: Values of a wrong type, all of them in one text.
        """
        encoded = [math.nan] * len(self.features) if onto is None else list(onto)
        noticed = list[tuple[int, str | Finding]]()
        places, numbers, exact = self._places, self._numbers, self._exact  # type: ignore[attr-defined]
        for name, value in row.items():
            place = places.get(name)
            if place is None or value is None:
                continue
            if place in numbers and type(value) in _NUMBERS and -_LARGEST <= value <= _LARGEST:  # as most are: worked out here
                encoded[place] = float(value)
                continue
            if type(value) is str and (code := exact[place].get(value)) is not None:
                encoded[place] = code
                continue
            try:
                encoded[place], warning = self._encode(place, value, as_of)
            except (ValueError, TypeError) as fault:
                noticed.append((place, self._describe(place, fault)))
            else:
                noticed += [(place, warning)] if warning else []
        noticed.sort(key=itemgetter(0))
        if faults := [fault for _, fault in noticed if isinstance(fault, str)]:
            raise ScoringError(" ".join(faults))
        if self.features and self.features[-1].kind == "missing_count":
            encoded[-1] = float(sum(encoded[position] != encoded[position] for position in self._attributes))  # type: ignore[attr-defined]
        return encoded, [warning for _, warning in noticed if not isinstance(warning, str)]

    def _encode(self, position: int, value: object, as_of: datetime | None) -> tuple[float, Finding | None]:
        feature, value = self.features[position], to_plain(value)
        if self.is_missing(value):
            return np.nan, None
        if feature.kind == "number":
            return to_number(value), None
        if feature.kind == "days_since":
            return _days_since(value, as_of, self.timezone), None
        text = normal_text(value)
        code = self._codes[position].get(text)  # type: ignore[attr-defined]
        if code is None:
            return float(len(feature.categories)), _warn_unseen(feature, value)
        return float(code), None

    def _describe(self, position: int, fault: Exception) -> str:
        feature = self.features[position]
        wanted = {"number": "a number", "category": "one text", "days_since": f"a date ({ISO_HINT})"}.get(feature.kind, "")
        return f"LEAD022 Attribute '{feature.name}' must be {wanted}, but {fault}. Send {wanted}, or leave it out."

    def encode_table(self, rows: pd.DataFrame, as_of: pd.Series | None, *, onto: Sequence[float] | None = None) -> Encoded:
        """Assembled leads as a matrix; values are treated one by one as `encode_row` does, each distinct value once.

        Args:
            rows: One column for each feature that is known; what lacks is missing.
            as_of: The moment each score speaks of; None where leads carry no dates.
            onto: An encoded row that stands where there is no column; None: what has none is missing.
        """
        encoded = Encoded(np.empty((len(rows), len(self))), {}, {})
        encoded.matrix[:] = np.nan if onto is None else onto
        for position, feature in enumerate(self.features):
            if feature.name in rows:
                self._encode_column(encoded, position, rows[feature.name], as_of)
        if self.features and self.features[-1].kind == "missing_count":
            encoded.matrix[:, -1] = np.isnan(encoded.matrix[:, self.attributes]).sum(axis=1)
        return encoded

    def _encode_column(self, encoded: Encoded, position: int, column: pd.Series, as_of: pd.Series | None) -> None:
        kind = self.features[position].kind
        if kind == "number" and column.dtype.kind in "iuf":
            numbers = column.to_numpy(dtype="float64", na_value=np.nan)
            if not np.isinf(numbers).any():
                encoded.matrix[:, position] = numbers
                return
        if kind == "days_since" and isinstance(column.dtype, pd.DatetimeTZDtype) and as_of is not None:
            days = (as_of.to_numpy("datetime64[us]") - column.to_numpy("datetime64[us]")) / np.timedelta64(1, "us")
            encoded.matrix[:, position] = np.where(days >= 0, days / 1e6 / _DAY_S, np.nan)
            return
        self._encode_distinct(encoded, position, column, as_of)

    def _encode_distinct(self, encoded: Encoded, position: int, column: pd.Series, as_of: pd.Series | None) -> None:
        """Each distinct value of the column is encoded once; dates, whose age differs by row, row by row."""
        if self.features[position].kind == "days_since":
            codes, values = np.arange(len(column)), list(column)
            moments = [None] * len(column) if as_of is None else [moment.to_pydatetime() for moment in as_of]
        else:
            codes, values = factorize_column(column)
            moments = [None] * len(values)
        numbers = np.full(len(values), np.nan)
        for code, (value, moment) in enumerate(zip(values, moments, strict=True)):
            try:
                numbers[code], warning = self._encode(position, value, moment)
            except (ValueError, TypeError) as fault:
                text = self._describe(position, fault)
                encoded.note(encoded.errors, np.flatnonzero(codes == code), text)
                continue
            if warning:
                encoded.note(encoded.warnings, np.flatnonzero(codes == code), warning)
        encoded.matrix[:, position] = numbers[codes]

    def to_json(self) -> dict[str, Any]:
        """The set as `features.json` of a bundle holds it."""
        content = asdict(self)
        del content["event_features"]  # they follow from acts and windows_days
        content["forms"] = dict(self.forms)
        return content

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> FeatureSet:
        """The set that `to_json` wrote."""
        texts = ("categories", "spellings")  # the latter came later: bundles from before have none
        features = (Feature(**{**entry, **{name: tuple(entry.get(name, ())) for name in texts}}) for entry in content["features"])
        lists = {name: tuple(content[name]) for name in ("missing_values", "visible", "event_types", "windows_days")}
        acts = None if content["acts"] is None else tuple(content["acts"])
        forms = tuple(content.get("forms", {}).items())  # which bundles from before lack
        return cls(tuple(features), timezone=content["timezone"], dated=content["dated"], acts=acts, forms=forms, **lists)


@dataclass
class Encoded:
    """A matrix (leads x features, float64, NaN = missing), and what was noticed by row position."""

    matrix: np.ndarray
    warnings: dict[int, list[Finding]]
    errors: dict[int, list[str]]

    @staticmethod
    def note(notes: dict[int, list[Any]], positions: np.ndarray, note: object) -> None:
        """One note for each of the positions."""
        for position in positions.tolist():
            notes.setdefault(position, []).append(note)


def _warn_unseen(feature: Feature, value: object) -> Finding:
    text = str(value)
    shown = f" '{text}'" if len(text) <= _LONGEST_SHOWN and "@" not in text else ""
    return Finding("LEAD021", "warning", f"Unknown {feature.label.lower()}{shown}: scored as other.", "")


def _days_since(value: object, as_of: datetime | None, timezone: str) -> float:
    """Days from a date to the moment of the score; missing when it lies after that moment, which nobody could know then."""
    if as_of is None:
        return np.nan
    if isinstance(value, str):
        value = parse_moment(value, timezone)
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise ValueError(f"{name_type(value)} is no date")  # noqa: TRY004  callers catch one kind
    age = (as_of - to_moment(value, timezone)) // _MICROSECOND
    return age / 1e6 / _DAY_S if age >= 0 else np.nan  # in the same steps as a table's, so that both give the same number
