"""Leads unlike those that the model learned from: noticed, said, and given the interval that so little knowledge allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from predictor.core.errors import Finding, list_names
from predictor.core.wording import format_percent
from predictor.features.encode import FeatureSet
from predictor.features.one_lead import OneLeadFeatures
from predictor.model.coverage import Spread

UNLIKE = "MODEL003"
_EVER = "events/any/count_ever"
_MOST_KEPT = 1000  # texts that are kept for other leads


class Unlike(NamedTuple):
    """What sets a lead apart from those of the training.

    Attributes:
        warning: What is missing or far outside, and what the probability rests on.
        spread: The probabilities of leads of which as little is known.
    """

    warning: Finding
    spread: Spread


class Coverage:
    """Notices leads unlike those of the training. Made from `coverage` of a bundle's `reference.json`; None notices nothing."""

    def __init__(self, content: Mapping[str, Any] | None, features: FeatureSet) -> None:
        self._content = {} if content is None else content
        self._features = features
        self._spreads = {
            name: Spread.from_json(part["spread"]) for name in ("events", "attributes") if (part := self._content.get(name))
        }
        self._kept: dict[tuple[int, ...], Unlike] = {}
        self._ranges = [
            (place, *ends)
            for name, ends in self._content.get("ranges", {}).items()
            if (place := features.position(name)) is not None
        ]

    def check(self, encoded: Sequence[float]) -> Unlike | None:
        """What sets one lead apart; None for a lead like those of the training.

        Args:
            encoded: Its row of the matrix.
        """
        few = self._most_missing is not None and self._count_missing(encoded) > self._most_missing
        no_events = "events" in self._spreads and self._has_no_events(encoded)
        far = [place for place, low, high in self._ranges if encoded[place] < low or encoded[place] > high]
        if not (few or no_events or far):
            return None
        key = (no_events, self._count_missing(encoded) if few else 0, *far)
        if (unlike := self._kept.get(key)) is None:
            unlike = self._describe(encoded, few=few, no_events=no_events, far=far)
            if len(self._kept) < _MOST_KEPT:
                self._kept[key] = unlike
        return unlike

    def check_table(self, matrix: np.ndarray) -> list[tuple[np.ndarray, Unlike]]:
        """The same of a table of leads: rows that are unlike the training in the same way, and that way; no others."""
        missing = np.isnan(matrix[:, self._features.attributes]).sum(axis=1)
        most = np.inf if self._most_missing is None else self._most_missing
        signs = [np.where(missing > most, missing, 0)]
        if "events" in self._spreads:
            signs.append(find_no_events(matrix, self._features, self._empty_row))
        signs += [(matrix[:, place] < low) | (matrix[:, place] > high) for place, low, high in self._ranges]
        table = np.column_stack(signs)
        flagged = np.flatnonzero(table.any(axis=1))
        ways, way = np.unique(table[flagged], axis=0, return_inverse=True)
        found = []
        for number in range(len(ways)):
            rows = flagged[way == number]
            if (unlike := self.check(matrix[rows[0]].tolist())) is not None:
                found.append((rows, unlike))
        return found

    @cached_property
    def _most_missing(self) -> int | None:
        return self._content["attributes"]["most"] if "attributes" in self._spreads else None

    @cached_property
    def _empty_row(self) -> list[float]:
        return make_empty_row(self._features)

    @cached_property
    def _event_places(self) -> list[int]:
        return _list_event_places(self._features)

    @cached_property
    def _any(self) -> Spread:
        return Spread.from_json(self._content["any"])

    def _count_missing(self, encoded: Sequence[float]) -> int:
        return sum(encoded[place] != encoded[place] for place in self._features.attributes)

    def _has_no_events(self, encoded: Sequence[float]) -> bool:
        empty = self._empty_row
        return all(
            encoded[place] == empty[place] or (encoded[place] != encoded[place] and empty[place] != empty[place])
            for place in self._event_places
        )

    def _describe(self, encoded: Sequence[float], *, few: bool, no_events: bool, far: list[int]) -> Unlike:
        content, what, rests = self._content, [], "what else is known"
        if no_events:
            some = format_percent(1 - content["events"]["share"])
            what.append(f"it has no events, and {some} of them had some")
            rests = "what is known without events"
        if few:
            of, most = content["attributes"]["of"], content["attributes"]["most"]
            missing = f"{self._count_missing(encoded)} of {of} attributes are not known"
            what.append(f"{missing}, and nearly all of them had at most {most} unknown")
            rests = "hardly anything" if no_events else "events and points"
        if far:
            names = list_names(self._features.names[place] for place in far)
            what.append(f"{names} {'is' if len(far) == 1 else 'are'} far outside their range")
            rests = "values that the model never saw" if not (few or no_events) else rests
        text = f"Unlike the leads of the training: {'; '.join(what)}. The probability rests on {rests}, so its interval is wider."
        kinds = [name for name, found in (("events", no_events), ("attributes", few), ("any", far)) if found]
        spread = self._spreads[kinds[0]] if len(kinds) == 1 and not far else self._any
        return Unlike(Finding(UNLIKE, "warning", text, do=""), spread)


def make_empty_row(features: FeatureSet) -> list[float]:
    """The row of a lead of which nothing is known."""
    return features.encode_row(OneLeadFeatures(features.event_features).without_events, None)[0]


def find_no_events(matrix: np.ndarray, features: FeatureSet, empty_row: Sequence[float]) -> np.ndarray:
    """Which rows of a matrix are of leads without events, as the model sees them."""
    places = _list_event_places(features)
    known, empty = matrix[:, places], np.array(empty_row)[places]
    return np.asarray(((known == empty) | (np.isnan(known) & np.isnan(empty))).all(axis=1))


def _list_event_places(features: FeatureSet) -> list[int]:
    """The columns that tell whether a lead has events: how many it has ever had, or all of them where that is no feature."""
    ever = features.position(_EVER)
    if ever is not None:
        return [ever]
    return [place for place, feature in enumerate(features.features) if feature.is_event]
