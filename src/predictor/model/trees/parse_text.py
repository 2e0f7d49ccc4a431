"""One tree of LightGBM's text, as lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

_CATEGORY = 1  # bit of LightGBM's decision_type


class UnknownTreesError(ValueError):
    """Trees of another form than are read here."""


@dataclass(frozen=True)
class Tree:
    """One tree: parallel lists, of splits and of leaves; a child below zero is leaf -1 - child."""

    features: list[int]
    thresholds: list[float]
    kinds: list[int]
    left: list[int]
    right: list[int]
    values: list[float]
    split_counts: list[float]
    leaf_counts: list[float]
    categories: list[frozenset[int]]

    @classmethod
    def read(cls, text: str) -> Self:
        """The tree in one section of LightGBM's text."""
        fields = dict(line.partition("=")[::2] for line in text.splitlines())
        if fields.get("is_linear", "0") != "0":
            raise UnknownTreesError("its leaves are linear")

        def read(name: str) -> list[float]:
            return [float(word) for word in fields.get(name, "").split()]

        kinds = [int(kind) for kind in read("decision_type")]
        thresholds, bounds = read("threshold"), [int(bound) for bound in read("cat_boundaries")]
        words = [int(word) for word in fields.get("cat_threshold", "").split()]
        categories = [
            _read_bits(words[bounds[int(threshold)] : bounds[int(threshold) + 1]]) if kind & _CATEGORY else frozenset[int]()
            for threshold, kind in zip(thresholds, kinds, strict=True)
        ]
        left, right, features = ([int(word) for word in read(name)] for name in ("left_child", "right_child", "split_feature"))
        return cls(
            features, thresholds, kinds, left, right, read("leaf_value"), read("internal_count"), read("leaf_count"), categories
        )

    def list_paths(self) -> list[list[tuple[int, bool]]]:
        """For each leaf the splits above it, and whether it lies where they are true."""
        paths: list[list[tuple[int, bool]]] = [[] for _ in self.values]
        open_ends: list[tuple[int, list[tuple[int, bool]]]] = [(0, [])] if self.features else []
        while open_ends:
            split, above = open_ends.pop()
            for child, is_true in ((self.left[split], True), (self.right[split], False)):
                path = [*above, (split, is_true)]
                if child < 0:
                    paths[-1 - child] = path
                else:
                    open_ends.append((child, path))
        return paths

    def share(self, split: int, *, is_true: bool) -> float:
        """What share of the leads that came to a split went that way."""
        child = self.left[split] if is_true else self.right[split]
        return (self.leaf_counts[-1 - child] if child < 0 else self.split_counts[child]) / self.split_counts[split]

    def expect(self) -> float:
        """The mean over the training leads."""
        if not self.features:
            return self.values[0]
        return sum(value * count for value, count in zip(self.values, self.leaf_counts, strict=True)) / self.split_counts[0]


def _read_bits(words: Sequence[int]) -> frozenset[int]:
    return frozenset(32 * place + bit for place, word in enumerate(words) for bit in range(32) if word >> bit & 1)
