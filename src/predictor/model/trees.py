"""Trees of LightGBM's text as arrays, for one lead at a time: the score to the last bit, and its parts by feature from memory.

LightGBM walks its trees one after another, which for one lead means waiting for memory at each step. Here all splits of all trees
are looked at in one go: each leaves some leaves of its tree standing, and the one that all of them leave is where the lead ends
(Lucchese et al. 2015, "QuickScorer"). What a tree gives each feature depends only on which of its splits are true, so it is
worked out once for each combination that comes up, and then remembered.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import factorial
from typing import Self

import numpy as np

from predictor.model.booster_texts import find_trees

_MOST_LEAVES = 64  # a bit of a word each
_REMEMBERED_LEAVES = 8  # trees with more have too many combinations to remember
_SPLITS = _REMEMBERED_LEAVES - 1
_CATEGORY, _DEFAULT_LEFT = 1, 2  # bits of LightGBM's decision_type; the next two are what it takes for missing
_ZERO, _NAN = 1, 2
_SUBSETS = np.array(list(product([False, True], repeat=_SPLITS)))  # which features are known


class UnknownTreesError(ValueError):
    """Trees of another form than are read here."""


@dataclass(frozen=True)
class _Tree:
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
        """The tree of a block of LightGBM's text."""
        held = dict(line.partition("=")[::2] for line in text.splitlines())
        if held.get("is_linear", "0") != "0":
            raise UnknownTreesError("its leaves are linear")

        def read(name: str) -> list[float]:
            return [float(word) for word in held.get(name, "").split()]

        kinds = [int(kind) for kind in read("decision_type")]
        thresholds, bounds = read("threshold"), [int(bound) for bound in read("cat_boundaries")]
        words = [int(word) for word in held.get("cat_threshold", "").split()]
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


def _read_bits(words: Sequence[int]) -> frozenset[int]:
    return frozenset(32 * place + bit for place, word in enumerate(words) for bit in range(32) if word >> bit & 1)


class Trees:
    """All trees of a model, read to answer for one lead at a time; an instance may serve many threads."""

    def __init__(self, text: str) -> None:
        """Read LightGBM's text.

        Raises:
            UnknownTreesError: The trees are of a form that is not read here.
        """
        head = dict(line.partition("=")[::2] for line in text.partition("\nTree=")[0].splitlines())
        if head.get("num_class") != "1" or head.get("num_tree_per_iteration") != "1" or "average_output" in head:
            raise UnknownTreesError("it is no sum of trees")
        self.width = int(head["max_feature_idx"]) + 1
        self._trees = [_Tree.read(tree) for tree in find_trees(text)]
        if not self._trees or max(len(tree.values) for tree in self._trees) > _MOST_LEAVES:
            raise UnknownTreesError(f"a tree has more than {_MOST_LEAVES} leaves, or there is none")
        self._padded = _REMEMBERED_LEAVES if max(len(tree.values) for tree in self._trees) <= _REMEMBERED_LEAVES else 0
        self._lay_out()
        self._lock = threading.Lock()

    def _lay_out(self) -> None:
        """Splits of all trees behind one another; small trees are filled up to 8 with such as change nothing."""
        features, thresholds, when_missing, ends = list[int](), list[float](), list[bool](), list[int]()
        masks: tuple[list[int], list[int]] = ([], [])
        categories: list[tuple[int, frozenset[int]]] = []
        for tree in self._trees:
            ends.append(len(features))
            paths = tree.list_paths()
            for split, kind in enumerate(tree.kinds):
                if kind & _CATEGORY:
                    categories.append((len(features), tree.categories[split]))
                elif kind >> 2 & 3 == _ZERO:
                    raise UnknownTreesError("it takes 0 for missing")
                features.append(tree.features[split])
                thresholds.append(tree.thresholds[split])
                goes_left = bool(kind & _DEFAULT_LEFT) if kind >> 2 & 3 == _NAN else tree.thresholds[split] >= 0
                when_missing.append(goes_left and not kind & _CATEGORY)
                for is_true in (False, True):  # leaves that lie elsewhere fall
                    fallen = (leaf for leaf, path in enumerate(paths) if (split, not is_true) in path)
                    masks[is_true].append((1 << len(paths)) - 1 - sum(1 << leaf for leaf in fallen))
            while len(features) - ends[-1] < (self._padded or 1):
                features.append(0)
                thresholds.append(np.inf)
                when_missing.append(True)
                masks[False].append((1 << len(paths)) - 1)
                masks[True].append((1 << len(paths)) - 1)
        self._features, self._thresholds = np.array(features), np.array(thresholds)
        self._looks = self._features + self.width * np.array(when_missing)
        self._masks = np.array(masks, dtype=np.uint64)
        self._starts = np.array(ends)
        leaves = max(len(tree.values) for tree in self._trees)
        self._values = np.array([tree.values + [0.0] * (leaves - len(tree.values)) for tree in self._trees])
        self._places = np.arange(len(self._trees))
        self._lay_out_categories(categories)

    def _lay_out_categories(self, categories: Sequence[tuple[int, frozenset[int]]]) -> None:
        self._by_category = np.array([place for place, _ in categories], dtype=np.intp)
        most = max((max(held, default=0) for _, held in categories), default=0)
        self._category_left = np.zeros((len(categories), most + 2), dtype=bool)  # the last: any other, or missing
        for row, (_, held) in enumerate(categories):
            self._category_left[row, sorted(held)] = True
        self._rows = np.arange(len(categories))
        self._category_features = self._features[self._by_category]

    def _decide(self, row: np.ndarray) -> np.ndarray:
        """Which splits are true of a row."""
        missing = np.isnan(row)
        both = np.concatenate([row, np.where(missing, -np.inf, row)])  # missing goes right, or left
        true: np.ndarray = both.take(self._looks) <= self._thresholds
        if len(self._rows):
            most = self._category_left.shape[1] - 1
            known = np.where((row >= 0) & (row < most), row, most).astype(np.intp)  # missing is neither
            true[self._by_category] = self._category_left[self._rows, known[self._category_features]]
        return true

    def score(self, row: np.ndarray) -> float:
        """The sum of the trees for one row, added in LightGBM's order."""
        true = self._decide(row)
        if self.remembers:
            told = self._values_of.take(self._begins + self._pack(true))
        else:
            standing = np.bitwise_and.reduceat(np.where(true, self._masks[1], self._masks[0]), self._starts)
            told = self._values[self._places, _find_bits(standing)]
        return float(np.add.accumulate(told)[-1])

    @staticmethod
    def _pack(true: np.ndarray) -> np.ndarray:
        """For each of the small trees which of its splits are true, as a number."""
        packed: np.ndarray = np.packbits(true.reshape(-1, _REMEMBERED_LEAVES), axis=1, bitorder="little").ravel()
        return packed

    @cached_property
    def _begins(self) -> np.ndarray:
        return self._places * 256

    @cached_property
    def _values_of(self) -> np.ndarray:
        """For each of the small trees and each combination of splits the value of the leaf, 256 a tree."""
        standing = np.full((len(self._trees), 256), 2**64 - 1, dtype=np.uint64)
        combinations = np.arange(256)
        for split in range(_REMEMBERED_LEAVES):
            true = (combinations >> split & 1).astype(bool)
            masks = self._masks[:, split::_REMEMBERED_LEAVES]
            standing &= np.where(true, masks[1][:, None], masks[0][:, None])
        leaves = np.minimum(_find_bits(standing), self._values.shape[1] - 1)
        values: np.ndarray = self._values[self._places[:, None], leaves].ravel()
        return values

    @property
    def remembers(self) -> bool:
        """Whether the parts of a score can be told from memory: the trees are small enough."""
        return self._padded > 0

    def contribute(self, row: np.ndarray) -> np.ndarray:
        """TreeSHAP of one row by feature (Lundberg et al. 2018), the last the base; for trees that are remembered."""
        memory = self._memory
        found = memory.find(self._pack(self._decide(row)))
        parts: np.ndarray = np.bincount(memory.columns, weights=found.ravel(), minlength=self.width + 1)
        parts[-1] = memory.base
        return parts

    @cached_property
    def _memory(self) -> _Memory:
        with self._lock:
            return _Memory(self._trees, self.width)


class _Memory:
    """What each tree gives its features, by which of its splits are true."""

    def __init__(self, trees: Sequence[_Tree], width: int) -> None:
        slots = [list(dict.fromkeys(tree.features)) for tree in trees]
        self.columns = np.array([[*held, *[width] * (_SPLITS - len(held))] for held in slots]).ravel()
        self.base = sum(_expect(tree) for tree in trees)
        self._lock, self._places = threading.Lock(), np.full((len(trees), 256), -1)
        self._known = np.zeros((0, _SPLITS))
        self._at = np.arange(len(trees))
        self._values = np.zeros((len(trees), _REMEMBERED_LEAVES))
        shape = (len(trees), _REMEMBERED_LEAVES, _SPLITS)  # a path shorter than the longest is filled with what is always true
        self._splits, self._slots = np.zeros(shape, dtype=np.intp), np.zeros(shape, dtype=np.intp)
        self._wanted, self._any, self._shares = np.zeros(shape, dtype=bool), np.ones(shape, dtype=bool), np.ones(shape)
        for place, tree in enumerate(trees):
            self._values[place, : len(tree.values)] = tree.values
            for leaf, path in enumerate(tree.list_paths()):
                for depth, (split, is_true) in enumerate(path):
                    at = place, leaf, depth
                    self._splits[at], self._slots[at] = split, slots[place].index(tree.features[split])
                    self._wanted[at], self._any[at], self._shares[at] = is_true, False, tree.share(split, is_true=is_true)
        sizes = _SUBSETS.sum(axis=1)
        weights = np.array([factorial(size) * factorial(max(_SPLITS - size - 1, 0)) / factorial(_SPLITS) for size in range(8)])
        self._weights = np.where(_SUBSETS, weights[sizes - 1][:, None], -weights[sizes][:, None])  # Shapley 1953

    def find(self, patterns: np.ndarray) -> np.ndarray:
        """What the trees give, a row a tree and a column a slot."""
        places = self._places[self._at, patterns]
        if (places < 0).any():
            with self._lock:
                self._learn(patterns)
                places = self._places[self._at, patterns]
        found: np.ndarray = self._known[places]
        return found

    def _learn(self, patterns: np.ndarray) -> None:
        trees = np.flatnonzero(self._places[self._at, patterns] < 0)
        true = (patterns[trees, None, None].astype(np.intp) >> self._splits[trees]) & 1 == 1
        met = (true == self._wanted[trees]) | self._any[trees]
        slots, shares = self._slots[trees], self._shares[trees]
        expected = np.zeros((len(trees), len(_SUBSETS)))
        for leaf in range(_REMEMBERED_LEAVES):
            reached = np.repeat(self._values[trees, leaf][:, None], len(_SUBSETS), axis=1)
            for depth in range(_SPLITS):
                known = _SUBSETS.T[slots[:, leaf, depth]]
                reached *= np.where(known, met[:, leaf, depth, None], shares[:, leaf, depth, None])
            expected += reached
        begun = len(self._known)
        self._known = np.vstack([self._known, expected @ self._weights])
        self._places[trees, patterns[trees]] = np.arange(begun, begun + len(trees))


def _find_bits(words: np.ndarray) -> np.ndarray:
    """The place of the bit that is set, of words with a single one; some place for others."""
    return np.asarray(np.frexp(words.astype(np.float64))[1] - 1).clip(0, _MOST_LEAVES - 1)


def _expect(tree: _Tree) -> float:
    """The mean of a tree over the leads that taught it."""
    if not tree.features:
        return tree.values[0]
    return sum(value * count for value, count in zip(tree.values, tree.leaf_counts, strict=True)) / tree.split_counts[0]
