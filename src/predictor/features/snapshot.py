"""The feature values of one lead as they are stored for later training: by name, without anything that says who the lead is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from predictor.data.sets import join_members, list_members
from predictor.data.values import normal_text, to_plain
from predictor.features.encode import FeatureSet
from predictor.features.event_features import ZERO_WITHOUT_EVENTS, EventFeature, type_prefix
from predictor.features.feature import may_be_kept

_NO_EVENTS = 0
_NOT_KEPT = "(not kept)"  # in place of a text that may name a person; a model treats it as a value that it never saw


def make_snapshot(row: Mapping[str, Any], features: FeatureSet, encoded: Sequence[float]) -> dict[str, float | str | None]:
    """The values of an assembled row that the model uses, as JSON holds them; None where not known.

    Event types that the lead has no events of are one entry each: the prefix of their features, as `events/phone_call/`, with 0.

    Args:
        row: An assembled row, with the features of the event types that occurred.
        features: The features of the model; nothing else of the row is kept.
        encoded: The row as `encode_row` encodes it.

    >>> from predictor.features.feature import Feature
    >>> industry, size = Feature("industry", "Industry", "Industry", "category"), Feature("size", "Size", "Size", "number")
    >>> features, row = FeatureSet((industry, size), ()), {"industry": "ask jane.doe@example.com", "size": "250", "name": "Jane"}
    >>> make_snapshot(row, features, features.encode_row(row, None)[0])
    {'industry': '(not kept)', 'size': 250.0}
    """
    used, by_type = features.columns_by_type
    names, kept = features.names, dict[str, float | str | None]()
    for prefix, places in by_type.items():
        if names[places[0]] in row:
            used = used + places
        else:
            kept[prefix] = _NO_EVENTS
    for place in used:
        number = encoded[place]
        kept[names[place]] = None if number != number else number  # noqa: PLR0124  NaN
    for feature in features.non_numeric:
        if feature.kind == "missing_count":
            del kept[feature.name]
        elif feature.column:
            del kept[feature.name]
            kept.setdefault(feature.column, _format_set(row.get(feature.column)))
        elif feature.name in kept:
            value = to_plain(row.get(feature.name))
            kept[feature.name] = None if features.is_missing(value) else _format_text(value)
    return kept


def read_event_features(stored: pd.DataFrame, features: Iterable[EventFeature]) -> pd.DataFrame:
    """The features over events of stored snapshots: a column each, missing where the model did not use them.

    Args:
        stored: Snapshots, a column a name.
        features: The features.

    >>> from predictor.features.event_features import list_event_features
    >>> names = ("events/call/count_7d", "events/call/days_since_last")
    >>> features = [feature for feature in list_event_features(["call"], [7]) if feature.name in names]
    >>> read_event_features(pd.DataFrame([{names[0]: 2.0, names[1]: 1.5}, {"events/call/": 0}, {}]), features).values.tolist()
    [[2.0, 1.5], [0.0, nan], [nan, nan]]
    """
    columns = {}
    for feature in features:
        values = stored[feature.name] if feature.name in stored else pd.Series(np.nan, index=stored.index)
        columns[feature.name] = values.astype("str") if feature.is_category else pd.to_numeric(values)
        prefix = type_prefix(feature.name)
        if feature.kind in ZERO_WITHOUT_EVENTS and prefix in stored:
            columns[feature.name] = columns[feature.name].mask(stored[prefix].notna(), 0.0)
    return pd.DataFrame(columns, index=stored.index)


def _format_set(value: object) -> str | None:
    """The plain text of a set, without members that may name a person."""
    members = enumerate(list_members(value, "set ;") or [])
    return join_members(member if may_be_kept(member) else f"{_NOT_KEPT} {number}" for number, member in members)


def _format_text(value: Any) -> str:  # noqa: ANN401  whatever the CRM sent
    text = value.isoformat() if isinstance(value, date) else value.strip() if isinstance(value, str) else normal_text(value)
    return text if text is not None and may_be_kept(text) else _NOT_KEPT
