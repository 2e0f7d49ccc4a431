"""What a model looked at of one lead, as it is kept to learn from later: by name, and nothing that tells who the lead is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from predictor.features.encode import FeatureSet
from predictor.features.fit import LONGEST_CATEGORY
from predictor.values import normal_text, to_plain

NOT_KEPT = "(not kept)"  # stands for a text that may name a person; to a model it is a value like any that it never saw


def keep_row(row: Mapping[str, Any], features: FeatureSet, encoded: Sequence[float]) -> dict[str, float | str | None]:
    """The values of an assembled row that the model looked at, as JSON holds them; None where not known.

    Args:
        row: What `assemble_row` gives, and `FeatureSet.encode_row` took.
        features: What the model looks at; of the row nothing else is kept.
        encoded: The row as `encode_row` encoded it.

    >>> from predictor.features.feature import Feature
    >>> industry, size = Feature("industry", "Industry", "Industry", "category"), Feature("size", "Size", "Size", "number")
    >>> looked, row = FeatureSet((industry, size), ()), {"industry": "ask jane.doe@example.com", "size": "250", "name": "Jane"}
    >>> keep_row(row, looked, looked.encode_row(row, None)[0])
    {'industry': '(not kept)', 'size': 250.0}
    """
    kept: dict[str, float | str | None] = {
        name: None if number != number else number  # noqa: PLR0124  NaN
        for name, number in zip(features.names, encoded, strict=True)
    }
    for feature in features.spelled:
        if feature.kind == "missing_count":
            del kept[feature.name]
        else:
            value = to_plain(row.get(feature.name))
            kept[feature.name] = None if features.is_missing(value) else _keep(value)
    return kept


def _keep(value: Any) -> str:  # noqa: ANN401  whatever the CRM sent
    text = value.isoformat() if isinstance(value, date) else value.strip() if isinstance(value, str) else normal_text(value)
    return NOT_KEPT if text is None or len(text) > LONGEST_CATEGORY or "@" in text else text
