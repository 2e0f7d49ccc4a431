"""One feature: a column of the matrix, its label, and the kind of its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from predictor.data.leads import ATTRIBUTES_PREFIX, EVENTS_PREFIX, FEATURE_PREFIXES

FeatureKind = Literal["number", "category", "days_since", "missing_count"]
MISSING = f"{ATTRIBUTES_PREFIX}missing"


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the matrix.

    Attributes:
        name: Its key in an assembled row; that of an attribute is the name of its column.
        label: The name that people read.
        group: The heading under which reasons and reports sum it.
        kind: `number`; `category` (its position in `categories`, one past the end for any other); `days_since` a date;
            `missing_count`, the number of attributes that are missing, always the last feature.
        categories: Normal texts with enough support, most frequent first; empty unless a category.
        spellings: The same in their most frequent spelling in the training data; empty where that is not known.
    """

    name: str
    label: str
    group: str
    kind: FeatureKind
    categories: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.spellings and len(self.spellings) != len(self.categories):
            counts = f"{len(self.spellings)} for {len(self.categories)}"
            raise ValueError(f"feature '{self.name}' must have one spelling for each category, but has {counts}")

    @property
    def is_attribute(self) -> bool:
        """Whether the value is a column of the export rather than computed from points or events."""
        return not self.name.startswith(FEATURE_PREFIXES)

    @property
    def is_event(self) -> bool:
        """Whether it is a feature over events.

        >>> Feature("events/call/count_7d", label="Calls in 7 days", group="Calls", kind="number").is_event
        True
        """
        return self.name.startswith(EVENTS_PREFIX)

    def spell(self, code: int) -> str:
        """A category as people write it; whatever has no code of its own is 'other'.

        >>> rank = Feature("rank", "Rank", "Rank", kind="category", categories=("c-level",), spellings=("C-Level",))
        >>> rank.spell(0), rank.spell(1)
        ('C-Level', 'other')
        """
        return (self.spellings or self.categories)[code] if 0 <= code < len(self.categories) else "other"
