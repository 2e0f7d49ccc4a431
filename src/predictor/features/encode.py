"""A model's features, and how each value becomes a number: the same for a table and for one lead."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any, cast

import numpy as np
import pandas as pd

from predictor.core.cell_formats import Format
from predictor.core.errors import Finding, ScoringError
from predictor.data.leads import ACCOUNT_PREFIX, EPISODES_PREFIX, EVENTS_PREFIX
from predictor.data.number_formats import AMOUNTS
from predictor.data.parse import Kind
from predictor.features.encode_column import ColumnEncoder, Encoded
from predictor.features.encode_set import SetFeatures
from predictor.features.encode_value import ValueEncoder
from predictor.features.event_features import EventFeature, list_event_features, type_prefix
from predictor.features.feature import Feature

_LARGEST, _NUMBERS = sys.float_info.max, (float, int)
_KEYS = {"featured_types": "acts", "formats": "forms"}  # in `features.json`, where they keep the names of earlier versions


@dataclass(frozen=True)
class FeatureSet:
    """The features of a model and how their values are read.

    Attributes:
        features: In the order of the matrix.
        missing_values: Texts that mean 'not known'.
        timezone: The zone of dates that have none.
        dated: Whether leads have the moment of decision; where they do not, neither events nor ages of dates are known.
        visible: The attributes that the training read, features or not; points rules see no others.
        event_types: The types of event in the training data.
        featured_types: Those of them with features of their own, besides the features over all events; None without events.
        windows_days: Days in which events are counted.
        formats: Attribute, point column, `mql_at` or column of events (`events/value`), and its format in the training export,
            where that is not the plain one.
        own_attributes: Attribute and its kind, of those that functions of the firm's own see; none without such functions.
    """

    features: tuple[Feature, ...]
    missing_values: tuple[str, ...]
    timezone: str = "UTC"
    dated: bool = True
    visible: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    featured_types: tuple[str, ...] | None = None
    windows_days: tuple[int, ...] = ()
    formats: tuple[tuple[str, str], ...] = ()
    own_attributes: tuple[tuple[str, Kind], ...] = ()

    def __len__(self) -> int:
        return len(self.features)

    @cached_property
    def names(self) -> list[str]:
        """The names, in the order of the matrix."""
        return [feature.name for feature in self.features]

    @cached_property
    def amount_format(self) -> str | None:
        """How a number may be written that was plain in training; None where a decimal comma makes 1,234 unclear."""
        point, comma = AMOUNTS
        return None if comma in dict(self.formats).values() else point

    @cached_property
    def attribute_formats(self) -> dict[str, str]:
        """How attributes and points are written."""
        formats = {name: column_format for name, column_format in self.formats if not name.startswith(EVENTS_PREFIX)}
        numbers = (feature.name for feature in self.features if feature.is_attribute and feature.kind == "number")
        return ({} if self.amount_format is None else dict.fromkeys(numbers, self.amount_format)) | formats

    @cached_property
    def event_formats(self) -> dict[str, Format]:
        """How `occurred_at` and `value` of events are written."""
        named = ((name.removeprefix(EVENTS_PREFIX), form) for name, form in self.formats if name.startswith(EVENTS_PREFIX))
        return {name: cast("Format", column_format) for name, column_format in named}

    @cached_property
    def event_features(self) -> tuple[EventFeature, ...]:
        """The definitions of those features that are over events."""
        definitions = () if self.featured_types is None else list_event_features(self.featured_types, self.windows_days)
        return tuple(feature for feature in definitions if feature.name in self._places)

    @cached_property
    def uses_episodes(self) -> bool:
        """Whether features are over the earlier episodes of a lead, which leads without dates do not have."""
        return self.dated and any(name.startswith(EPISODES_PREFIX) for name in self.names)

    @cached_property
    def uses_accounts(self) -> bool:
        """Whether features are over the other leads of the account, likewise."""
        return self.dated and any(name.startswith(ACCOUNT_PREFIX) for name in self.names)

    @cached_property
    def columns_by_type(self) -> tuple[list[int], dict[str, list[int]]]:
        """The columns of features that are not over events; and the others, by the prefix of their event type."""
        names = {feature.name for feature in self.event_features}
        rest, groups = list[int](), dict[str, list[int]]()
        for place, name in enumerate(self.names):
            if name in names:
                groups.setdefault(type_prefix(name), []).append(place)
            else:
                rest.append(place)
        return rest, groups

    @cached_property
    def non_numeric(self) -> list[Feature]:
        """The features whose values are not plain numbers."""
        return [feature for feature in self.features if feature.kind != "number"]

    @cached_property
    def attributes(self) -> list[int]:
        """For each attribute a column of the matrix; of a set, which has several, the first."""
        places = dict[str, int]()
        for position, feature in enumerate(self.features):
            if feature.attribute is not None:
                places.setdefault(feature.attribute, position)
        return list(places.values())

    @property
    def sets(self) -> list[str]:
        """The attributes that are sets and have features."""
        return list(self._values.sets)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {feature.name: place for place, feature in enumerate(self.features)}

    @cached_property
    def _numbers(self) -> frozenset[int]:
        return frozenset(place for place, feature in enumerate(self.features) if feature.kind == "number")

    @cached_property
    def _values(self) -> ValueEncoder:
        return ValueEncoder(self.features, self.missing_values, self.timezone)

    @cached_property
    def _columns(self) -> ColumnEncoder:
        return ColumnEncoder(self.features, self._values)

    def position(self, name: str) -> int | None:
        """The column of a feature; None where the model has none of that name."""
        return self._places.get(name)

    def is_missing(self, value: object) -> bool:
        """Whether a value means 'not known': nothing, NaN, or one of `missing_values`."""
        return self._values.is_missing(value)

    def encode_row(
        self, row: Mapping[str, Any], as_of: datetime | None, *, onto: Sequence[float] | None = None
    ) -> tuple[list[float], list[Finding]]:
        """One assembled lead as a row of the matrix, and warnings about values that were never seen.

        Args:
            row: The values that are known, by name.
            as_of: The moment of the score; None where leads have no dates.
            onto: An encoded row whose numbers fill what `row` does not have; None: these are missing.

        Raises:
            ScoringError: Values have a wrong type; one text lists them all.
        """
        encoded = [math.nan] * len(self.features) if onto is None else list(onto)
        noticed = list[tuple[int, str | Finding]]()
        places, numbers, values = self._places, self._numbers, self._values
        exact, sets = values.exact, values.sets
        for name, value in row.items():
            place = places.get(name)
            if place is None or value is None:
                if name in sets and not values.is_missing(value):
                    self._encode_set(sets[name], value, encoded, noticed)
                continue
            if place in numbers and type(value) in _NUMBERS and -_LARGEST <= value <= _LARGEST:  # the usual case, without a call
                encoded[place] = float(value)
                continue
            if type(value) is str and (code := exact[place].get(value)) is not None:
                encoded[place] = code
                continue
            try:
                encoded[place], warning = values.encode(place, value, as_of)
            except (ValueError, TypeError) as fault:
                noticed.append((place, values.describe_fault(place, fault)))
            else:
                noticed += [(place, warning)] if warning else []
        noticed.sort(key=itemgetter(0))
        if faults := [fault for _, fault in noticed if isinstance(fault, str)]:
            raise ScoringError(" ".join(faults))
        if self.features and self.features[-1].kind == "missing_count":
            encoded[-1] = float(sum(encoded[position] != encoded[position] for position in self.attributes))
        return encoded, [warning for _, warning in noticed if not isinstance(warning, str)]

    def _encode_set(
        self, features: SetFeatures, value: object, encoded: list[float], noticed: list[tuple[int, str | Finding]]
    ) -> None:
        """Write the features of one set into an encoded row, and note what is wrong with it or was never seen."""
        try:
            numbers, warning = features.encode(value)
        except TypeError as fault:
            noticed.append((features.places[0], self._values.describe_fault(features.places[0], fault)))
            return
        for place, number in zip(features.places, numbers, strict=True):
            encoded[place] = number
        noticed += [(features.places[0], warning)] if warning else []

    def encode_table(self, rows: pd.DataFrame, as_of: pd.Series | None, *, onto: Sequence[float] | None = None) -> Encoded:
        """Assembled leads as a matrix; each distinct value is encoded once, as in `encode_row`.

        Args:
            rows: One column for each feature that is known; others are missing.
            as_of: The moment of each score; None where leads have no dates.
            onto: An encoded row whose numbers fill features without a column; None: these are missing.
        """
        encoded = Encoded(np.empty((len(rows), len(self))), {}, {})
        encoded.matrix[:] = np.nan if onto is None else onto
        for position, feature in enumerate(self.features):
            if feature.name in rows:
                self._columns.encode(encoded, position, rows[feature.name], as_of)
        for name, features in self._values.sets.items():
            if name in rows:
                self._columns.encode_sets(encoded, features, rows[name])
        if self.features and self.features[-1].kind == "missing_count":
            encoded.matrix[:, -1] = np.isnan(encoded.matrix[:, self.attributes]).sum(axis=1)
        return encoded

    def to_json(self) -> dict[str, Any]:
        """The set as `features.json` of a bundle holds it."""
        content = asdict(self)
        own = content.pop("own_attributes")
        content |= {"own_attributes": dict(own)} if own else {}
        return {_KEYS.get(name, name): value for name, value in content.items()} | {"forms": dict(self.formats)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> FeatureSet:
        """The set that `to_json` wrote."""
        texts = ("categories", "spellings")  # bundles of earlier versions have no spellings
        features = (Feature(**{**entry, **{name: tuple(entry.get(name, ())) for name in texts}}) for entry in content["features"])
        lists = {name: tuple(content[name]) for name in ("missing_values", "visible", "event_types", "windows_days")}
        return cls(
            features=tuple(features),
            timezone=content["timezone"],
            dated=content["dated"],
            featured_types=None if content["acts"] is None else tuple(content["acts"]),
            formats=tuple(content.get("forms", {}).items()),  # missing in bundles of earlier versions
            own_attributes=tuple(content.get("own_attributes", {}).items()),
            **lists,
        )
