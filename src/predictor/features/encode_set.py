"""One attribute that is a set of values, as numbers: one feature for each usual member, and the number of members."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from predictor.core.errors import Finding, list_names
from predictor.data.sets import list_members
from predictor.data.values import name_type, normal_text
from predictor.features.feature import Feature

_JOINED = re.compile(r"[,|]")
_MOST_SHOWN = 3  # members that were never seen
_LONGEST_SHOWN = 40  # characters


@dataclass(frozen=True)
class SetFeatures:
    """The features of one attribute that is a set.

    Attributes:
        label: Its name for people.
        members: Member, as `normal_text` makes it -> its column of the matrix.
        size: The column of the number of members; None where there is none.
    """

    label: str
    members: Mapping[str, int]
    size: int | None

    @cached_property
    def places(self) -> list[int]:
        """Their columns of the matrix."""
        return [*self.members.values(), *([] if self.size is None else [self.size])]

    def encode(self, value: object) -> tuple[list[float], Finding | None]:
        """The number of each feature, in the order of `places`, and a warning about members that were never seen.

        Args:
            value: The plain text of the set, or a list; without any member it is missing, and all numbers are NaN.

        Raises:
            TypeError: The value is no set, as an object.

        >>> SetFeatures("Interests", {"api": 0, "pricing": 1}, size=2).encode("Pricing;Support")[0]
        [0.0, 1.0, 2.0]
        >>> SetFeatures("Interests", {}, size=0).encode({})
        Traceback (most recent call last):
        TypeError: an object is no set of values
        """
        members = list_members(value, "set ;")
        if members is None:
            raise TypeError(f"{name_type(value)} is no set of values")
        members = list(dict.fromkeys(part for member in members for part in self._split(member)))
        if not members:
            return [math.nan] * len(self.places), None
        texts = {normal_text(member): member for member in members}
        numbers = [float(member in texts) for member in self.members]
        unseen = [member for text, member in texts.items() if text not in self.members]
        return numbers + ([] if self.size is None else [float(len(members))]), self._warn_unseen(unseen) if unseen else None

    def _split(self, member: str) -> list[str]:
        """The known members that a text names between commas or bars, where it is none itself, as another system joins them.

        >>> SetFeatures("Interests", {"api": 0, "oil, gas": 1, "crm": 2}, size=None)._split("API, CRM")
        ['API', 'CRM']
        """
        if normal_text(member) in self.members:
            return [member]
        parts = [part.strip() for part in _JOINED.split(member)]
        return parts if len(parts) > 1 and all(normal_text(part) in self.members for part in parts) else [member]

    def _warn_unseen(self, members: Sequence[str]) -> Finding:
        shown = [member for member in members if is_shown(member)]
        named = f" {list_names(shown, most=_MOST_SHOWN)}" if shown else ""
        return Finding("LEAD021", "warning", f"Unknown {self.label.lower()}{named}: scored as other.", do="")


def gather_sets(features: Sequence[Feature]) -> dict[str, SetFeatures]:
    """Attribute that is a set -> its features.

    Args:
        features: Those of the matrix.
    """
    columns = dict.fromkeys(feature.column for feature in features if feature.column)
    return {column: _gather_set(column, features) for column in columns}


def _gather_set(column: str, features: Sequence[Feature]) -> SetFeatures:
    own = [(place, feature) for place, feature in enumerate(features) if feature.column == column]
    return SetFeatures(
        label=own[0][1].group,
        members={feature.categories[0]: place for place, feature in own if feature.kind == "member"},
        size=next((place for place, feature in own if feature.kind == "members"), None),
    )


def is_shown(text: str) -> bool:
    """Whether a message may show a text: a long one and an e-mail address may name a person."""
    return len(text) <= _LONGEST_SHOWN and "@" not in text
