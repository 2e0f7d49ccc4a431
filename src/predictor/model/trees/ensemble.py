"""Trees of LightGBM's text as arrays, for one lead or some: the score to the last bit, and its parts by feature.

LightGBM walks its trees one after another, which for one lead means waiting for memory at each step. Here all splits of all trees
are looked at in one go: each leaves some leaves of its tree standing, and the one that all of them leave is where the lead ends
(Lucchese et al. 2015, "QuickScorer"). Where no tree has more than 8 leaves, which of its splits are true is one byte, and both
the leaf and the parts are looked up by it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from predictor.model.trees.merge_text import find_trees
from predictor.model.trees.parse_text import Tree, UnknownTreesError
from predictor.model.trees.shap import SMALL, ByLeaf, Remembered

_MOST_LEAVES = 64  # a bit of a word each
_CATEGORY, _DEFAULT_LEFT = 1, 2  # bits of LightGBM's decision_type; the next two are what it takes for missing
_ZERO, _NAN = 1, 2
_ROWS = 64  # looked at together: what they take stays in the processor's own memory


class Trees:
    """All trees of a model; an instance may serve many threads.

    Attributes:
        width: Columns of the matrix that they look at.
        small: Whether no tree has more leaves than can be looked up.
    """

    def __init__(self, text: str) -> None:
        """Read LightGBM's text.

        Raises:
            UnknownTreesError: The trees are of a form that is not read here.
        """
        self.width, self._trees = read_trees(text)
        most = max((len(tree.values) for tree in self._trees), default=0)
        if not 0 < most <= _MOST_LEAVES:
            raise UnknownTreesError(f"a tree has more than {_MOST_LEAVES} leaves, or there is none")
        self.small = most <= SMALL
        self._lay_out()
        self._lock = threading.Lock()

    def _lay_out(self) -> None:
        """Splits of all trees behind one another; small trees are filled up to 8 with splits that change nothing."""
        features, thresholds, when_missing, starts = list[int](), list[float](), list[bool](), list[int]()
        masks: tuple[list[int], list[int]] = ([], [])
        categories: list[tuple[int, frozenset[int]]] = []
        for tree in self._trees:
            starts.append(len(features))
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
            while len(features) - starts[-1] < (SMALL if self.small else 1):
                features.append(0)
                thresholds.append(np.inf)
                when_missing.append(True)
                masks[False].append((1 << len(paths)) - 1)
                masks[True].append((1 << len(paths)) - 1)
        self._masks, self._starts = np.array(masks, dtype=np.uint64), np.array(starts)
        leaves = max(len(tree.values) for tree in self._trees)
        self._values = np.array([tree.values + [0.0] * (leaves - len(tree.values)) for tree in self._trees]).ravel()
        self._firsts = np.arange(len(self._trees)) * leaves
        self._lay_out_questions(np.array(features), np.array(thresholds), np.array(when_missing), dict(categories))

    def _lay_out_questions(
        self, features: np.ndarray, thresholds: np.ndarray, when_missing: np.ndarray, categories: Mapping[int, frozenset[int]]
    ) -> None:
        """What the splits ask, each question once, for many splits ask the same: those about numbers, then about categories."""
        looks = np.column_stack([features + self.width * when_missing, thresholds])
        of_numbers = np.array([place for place in range(len(features)) if place not in categories], dtype=np.intp)
        questions_of_numbers, self._question = np.zeros((0, 2)), np.empty(len(features), dtype=np.intp)
        if len(of_numbers):
            questions_of_numbers, self._question[of_numbers] = np.unique(looks[of_numbers], axis=0, return_inverse=True)
        self._looks, self._thresholds = questions_of_numbers[:, 0].astype(np.intp), questions_of_numbers[:, 1]
        questions: dict[tuple[int, frozenset[int]], int] = {}
        for place, held in categories.items():
            self._question[place] = len(questions_of_numbers) + questions.setdefault((int(features[place]), held), len(questions))
        most = max((max(held, default=0) for _, held in questions), default=0)
        left = np.zeros((len(questions), most + 2), dtype=bool)  # the last: any other, or missing
        for row, (_, held) in enumerate(questions):
            left[row, sorted(held)] = True
        self._most, self._left = most + 1, left.ravel()
        self._left_starts = np.arange(len(questions)) * (most + 2)
        self._category_features, self._of_feature = np.unique(
            np.array([feature for feature, _ in questions], dtype=np.intp), return_inverse=True
        )

    def _decide(self, matrix: np.ndarray) -> np.ndarray:
        """Which splits are true of each row."""
        both = np.concatenate([matrix, np.where(np.isnan(matrix), -np.inf, matrix)], axis=1)  # missing goes right, or left
        answers = both.take(self._looks, axis=1) <= self._thresholds
        if len(self._category_features):
            codes = matrix.take(self._category_features, axis=1)
            known = np.where((codes >= 0) & (codes < self._most), codes, self._most).astype(np.intp)  # missing is neither
            answers = np.concatenate([answers, self._left.take(known.take(self._of_feature, axis=1) + self._left_starts)], axis=1)
        true: np.ndarray = answers.take(self._question, axis=1)
        return true

    def score(self, matrix: np.ndarray) -> np.ndarray:
        """The sum of the trees for each row, added in LightGBM's order."""
        score = np.empty(len(matrix))
        for start in range(0, len(matrix), _ROWS):
            values = self._values.take(self._find_leaves(matrix[start : start + _ROWS]))
            score[start : start + _ROWS] = np.add.accumulate(values, axis=1)[:, -1]
        return score

    def _find_leaves(self, matrix: np.ndarray) -> np.ndarray:
        """For each row and tree the leaf where the row ends, by its place among the leaves of all."""
        true = self._decide(matrix)
        if self.small:
            found: np.ndarray = self._leaf_of.take(self._begins + self._pack(true)) + self._firsts
            return found
        standing = np.bitwise_and.reduceat(np.where(true, self._masks[1], self._masks[0]), self._starts, axis=1)
        return _find_bits(standing) + self._firsts

    @staticmethod
    def _pack(true: np.ndarray) -> np.ndarray:
        """For each of the small trees which of its splits are true, as a number."""
        return np.packbits(true, axis=1, bitorder="little")

    @cached_property
    def _begins(self) -> np.ndarray:
        return np.arange(len(self._trees)) * 256

    @cached_property
    def _leaf_of(self) -> np.ndarray:
        """For each of the small trees and each combination of splits the leaf, 256 a tree."""
        standing = np.full((len(self._trees), 256), 2**64 - 1, dtype=np.uint64)
        combinations = np.arange(256)
        for split in range(SMALL):
            true = (combinations >> split & 1).astype(bool)
            masks = self._masks[:, split::SMALL]
            standing &= np.where(true, masks[1][:, None], masks[0][:, None])
        leaves: np.ndarray = np.minimum(_find_bits(standing), SMALL - 1).astype(np.uint8).ravel()
        return leaves

    def contribute(self, matrix: np.ndarray) -> np.ndarray:
        """TreeSHAP of each row by feature, the last the base."""
        parts = np.empty((len(matrix), self.width + 1))
        for start in range(0, len(matrix), _ROWS):
            true = self._decide(matrix[start : start + _ROWS])
            parts[start : start + _ROWS] = (
                self._remembered.contribute(self._pack(true)) if self.small else self._by_leaf.contribute(true)
            )
        return parts

    @cached_property
    def _remembered(self) -> Remembered:
        with self._lock:
            return Remembered(self._trees, self.width)

    @cached_property
    def _by_leaf(self) -> ByLeaf:
        with self._lock:
            return ByLeaf(self._trees, self._starts.tolist(), self.width)


def read_trees(text: str) -> tuple[int, list[Tree]]:
    """How many columns the trees of LightGBM's text look at, and the trees, whose sum is the score.

    Raises:
        UnknownTreesError: The score is no sum of trees, or the trees are of a form that is not read here.
    """
    head = dict(line.partition("=")[::2] for line in text.partition("\nTree=")[0].splitlines())
    if head.get("num_class") != "1" or head.get("num_tree_per_iteration") != "1" or "average_output" in head:
        raise UnknownTreesError("it is no sum of trees")
    return int(head["max_feature_idx"]) + 1, [Tree.read(tree) for tree in find_trees(text)]


def _find_bits(words: np.ndarray) -> np.ndarray:
    """The place of the bit that is set, of words with a single one; some place for others."""
    return np.asarray(np.frexp(words.astype(np.float64))[1] - 1).clip(0, _MOST_LEAVES - 1)
