"""One feature: a column of the matrix, its label, and the kind of its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from predictor.data.leads import ATTRIBUTES_PREFIX, EVENTS_PREFIX, FEATURE_PREFIXES

FeatureKind = Literal["number", "category", "days_since", "member", "members", "missing_count"]
MISSING = f"{ATTRIBUTES_PREFIX}missing"
LONGEST_CATEGORY = 100  # characters


def make_label(name: str) -> str:
    """The name of a column as people read it.

    >>> make_label("lead_source")
    'Lead source'
    """
    label = name.replace("_", " ").replace("/", ": ").strip()
    return label[:1].upper() + label[1:]


def may_be_kept(text: str) -> bool:
    """Whether a bundle may hold a text of an attribute: a long one and an e-mail address may name a person."""
    return len(text) <= LONGEST_CATEGORY and "@" not in text


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the matrix.

    Attributes:
        name: Its key in an assembled row; that of an attribute is the name of its column.
        label: The name that people read.
        group: The heading under which reasons and reports sum it.
        kind: `number`; `category` (its position in `categories`, one past the end for any other); `days_since` a date;
            `member`, 1 where a set has the one member in `categories`, else 0; `members`, how many members a set has;
            `missing_count`, the number of attributes that are missing, always the last feature.
        categories: Normal texts with enough support, most frequent first; empty unless a category or a member.
        spellings: The same in their most frequent spelling in the training data; empty where that is not known.
        column: The attribute of a `member` or of `members`; empty for other kinds.
    """

    name: str
    label: str
    group: str
    kind: FeatureKind
    categories: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()
    column: str = ""

    def __post_init__(self) -> None:
        if self.spellings and len(self.spellings) != len(self.categories):
            counts = f"{len(self.spellings)} for {len(self.categories)}"
            raise ValueError(f"feature '{self.name}' must have one spelling for each category, but has {counts}")

    @property
    def attribute(self) -> str | None:
        """The column of the export that its value comes from; None where it is computed from points or events.

        >>> Feature("members/Interests/api", "Interests: API", "Interests", kind="member", column="Interests").attribute
        'Interests'
        """
        return self.column or (self.name if self.is_attribute else None)

    @property
    def is_attribute(self) -> bool:
        """Whether the value is a column of the export rather than computed from one, from points or from events."""
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
