"""One feature: a column of the matrix, what people call it, and what kind of value stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from predictor.data.leads import FEATURE_PREFIXES

FeatureKind = Literal["number", "category", "days_since", "missing_count"]
MISSING = "attributes/missing"


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the matrix.

    Attributes:
        name: Where its value stands in an assembled row; an attribute bears its own name.
        label: What people read.
        group: What reasons and reports sum it under.
        kind: `number`; `category` (its position in `categories`, one past the end for any other); `days_since` a date;
            `missing_count` of the attributes, which follows them.
        categories: Normal texts with enough support, most frequent first; empty unless a category.
        spellings: The same as the training data write them most often; empty where that is not known.
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
        """Whether the value comes from the CRM, rather than being worked out here."""
        return not self.name.startswith(FEATURE_PREFIXES)

    def spell(self, code: int) -> str:
        """A category as people write it; whatever has no code of its own is 'other'.

        >>> rank = Feature("rank", "Rank", "Rank", "category", ("c-level",), ("C-Level",))
        >>> rank.spell(0), rank.spell(1)
        ('C-Level', 'other')
        """
        return (self.spellings or self.categories)[code] if 0 <= code < len(self.categories) else "other"
