"""What a model looked at of one lead, as it is kept to learn from later: by name, and nothing that tells who the lead is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from predictor.data.values import normal_text, to_plain
from predictor.features.encode import FeatureSet
from predictor.features.event_features import ZERO_OF_NOTHING, EventFeature, begin_names
from predictor.features.fit import LONGEST_CATEGORY

NONE_OF_THEM = 0
NOT_KEPT = "(not kept)"  # stands for a text that may name a person; to a model it is a value like any that it never saw


def keep_row(row: Mapping[str, Any], features: FeatureSet, encoded: Sequence[float]) -> dict[str, float | str | None]:
    """The values of an assembled row that the model looked at, as JSON holds them; None where not known.

    Of acts that the lead never did stands how the names of their features begin, as `events/phone_call/`, with 0: each of them is
    what it is of nothing.

    Args:
        row: What `assemble_row` gives of the acts that were done, and `FeatureSet.encode_row` took.
        features: What the model looks at; of the row nothing else is kept.
        encoded: The row as `encode_row` encoded it.

    >>> from predictor.features.feature import Feature
    >>> industry, size = Feature("industry", "Industry", "Industry", "category"), Feature("size", "Size", "Size", "number")
    >>> looked, row = FeatureSet((industry, size), ()), {"industry": "ask jane.doe@example.com", "size": "250", "name": "Jane"}
    >>> keep_row(row, looked, looked.encode_row(row, None)[0])
    {'industry': '(not kept)', 'size': 250.0}
    """
    rest, acts = features.by_acts
    names, kept, looked_at = features.names, dict[str, float | str | None](), rest
    for begins, places in acts.items():
        if names[places[0]] in row:
            looked_at = looked_at + places
        else:
            kept[begins] = NONE_OF_THEM
    for place in looked_at:
        number = encoded[place]
        kept[names[place]] = None if number != number else number  # noqa: PLR0124  NaN
    for feature in features.spelled:
        if feature.kind == "missing_count":
            del kept[feature.name]
        elif feature.name in kept:
            value = to_plain(row.get(feature.name))
            kept[feature.name] = None if features.is_missing(value) else _keep(value)
    return kept


def read_event_features(stored: pd.DataFrame, acts: Iterable[EventFeature]) -> pd.DataFrame:
    """The features over events of kept rows: a column each, missing where no model looked at those acts.

    Args:
        stored: Kept rows, a column a name.
        acts: The features.

    >>> from predictor.features.event_features import list_event_features
    >>> names = ("events/call/count_7d", "events/call/days_since_last")
    >>> acts = [feature for feature in list_event_features(["call"], [7]) if feature.name in names]
    >>> read_event_features(pd.DataFrame([{names[0]: 2.0, names[1]: 1.5}, {"events/call/": 0}, {}]), acts).values.tolist()
    [[2.0, 1.5], [0.0, nan], [nan, nan]]
    """
    columns = {}
    for act in acts:
        held = stored[act.name] if act.name in stored else pd.Series(np.nan, index=stored.index)
        columns[act.name] = held.astype("str") if act.is_category else pd.to_numeric(held)
        begins = begin_names(act.name)
        if act.kind in ZERO_OF_NOTHING and begins in stored:
            columns[act.name] = columns[act.name].mask(stored[begins].notna(), 0.0)
    return pd.DataFrame(columns, index=stored.index)


def _keep(value: Any) -> str:  # noqa: ANN401  whatever the CRM sent
    text = value.isoformat() if isinstance(value, date) else value.strip() if isinstance(value, str) else normal_text(value)
    return NOT_KEPT if text is None or len(text) > LONGEST_CATEGORY or "@" in text else text
