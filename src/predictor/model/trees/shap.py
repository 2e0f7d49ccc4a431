"""The parts of a tree's score by feature (TreeSHAP, Lundberg et al. 2018), from which of its splits are true."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import product
from math import factorial

import numpy as np

from predictor.model.trees.parse_text import Tree

SMALL = 8  # leaves: trees with more have too many combinations of true splits to remember
_SPLITS = SMALL - 1
_SUBSETS = np.array(list(product([False, True], repeat=_SPLITS)))  # which features are known
_AT_ONCE = 2_000  # combinations worked out together


class Remembered:
    """The parts of small trees, worked out once for each combination of true splits that comes up."""

    def __init__(self, trees: Sequence[Tree], width: int) -> None:
        slots = [list(dict.fromkeys(tree.features)) for tree in trees]
        self._columns, self._width = np.array([[*held, *[width] * (_SPLITS - len(held))] for held in slots]).ravel(), width
        self._base = sum(tree.expect() for tree in trees)
        self._lock, self._places = threading.Lock(), np.full((len(trees), 256), -1)
        self._known = np.zeros((0, _SPLITS))
        self._at = np.arange(len(trees))
        self._values = np.zeros((len(trees), SMALL))
        shape = (len(trees), SMALL, _SPLITS)  # a path shorter than the longest is filled with what is always true
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

    def contribute(self, patterns: np.ndarray) -> np.ndarray:
        """The parts of each row by feature, the last the base.

        Args:
            patterns: rows x trees, which splits of a tree are true, as a number.
        """
        places = self._places[self._at, patterns]
        if (places < 0).any():
            with self._lock:
                self._learn(patterns)
                places = self._places[self._at, patterns]
        parts = np.empty((len(patterns), self._width + 1))
        for row, found in enumerate(places):
            parts[row] = np.bincount(self._columns, weights=self._known[found].ravel(), minlength=self._width + 1)
        parts[:, -1] = self._base
        return parts

    def _learn(self, patterns: np.ndarray) -> None:
        missing = self._places[self._at, patterns] < 0
        pairs = np.unique(np.broadcast_to(self._at * 256, patterns.shape)[missing] + patterns[missing])
        begun, found = len(self._known), [self._known]
        for start in range(0, len(pairs), _AT_ONCE):
            some = pairs[start : start + _AT_ONCE]
            found.append(self._expect(some // 256, some % 256) @ self._weights)
        self._known = np.vstack(found)
        self._places.ravel()[pairs] = np.arange(begun, begun + len(pairs))

    def _expect(self, trees: np.ndarray, patterns: np.ndarray) -> np.ndarray:
        """What each tree is expected to give where the features of each subset are known."""
        true = (patterns[:, None, None] >> self._splits[trees]) & 1 == 1
        met = (true == self._wanted[trees]) | self._any[trees]
        slots, shares = self._slots[trees], self._shares[trees]
        expected = np.zeros((len(trees), len(_SUBSETS)))
        for leaf in range(SMALL):
            reached = np.repeat(self._values[trees, leaf][:, None], len(_SUBSETS), axis=1)
            for depth in range(_SPLITS):
                known = _SUBSETS.T[slots[:, leaf, depth]]
                reached *= np.where(known, met[:, leaf, depth, None], shares[:, leaf, depth, None])
            expected += reached
        return expected


class ByLeaf:
    """The parts of trees of any size, leaf by leaf, one row after another.

    A leaf gives the game of the features on its path in which those that are known count whether the row meets their splits, and
    the others the share of leads that met them. Its Shapley values are integrals of products over the chance that a feature is
    known (Owen 1972), which so many points of Gauss and Legendre as half of the features give exactly.
    """

    def __init__(self, trees: Sequence[Tree], starts: Sequence[int], width: int) -> None:
        """Lay out the paths; `starts` says where the splits of each tree begin among those of all."""
        self._base, self._width = sum(tree.expect() for tree in trees), width
        splits, wanted, segments = list[int](), list[bool](), list[int]()  # of each condition of each leaf, by feature
        columns, shares, leaves, values = list[int](), list[float](), list[int](), list[float]()
        for tree, start in zip(trees, starts, strict=True):
            for value, path in zip(tree.values, tree.list_paths(), strict=True):
                if not path:
                    continue
                leaves.append(len(columns))
                for feature in dict.fromkeys(tree.features[split] for split, _ in path):
                    of_feature = [(split, is_true) for split, is_true in path if tree.features[split] == feature]
                    segments.append(len(splits))
                    splits += [start + split for split, _ in of_feature]
                    wanted += [is_true for _, is_true in of_feature]
                    columns.append(feature)
                    shares.append(float(np.prod([tree.share(split, is_true=is_true) for split, is_true in of_feature])))
                    values.append(value)
        self._splits, self._wanted, self._segments = np.array(splits), np.array(wanted), np.array(segments)
        self._columns, self._shares, self._values = np.array(columns), np.array(shares), np.array(values)
        self._leaves, sizes = np.array(leaves), np.diff([*leaves, len(columns)])
        self._of_leaf = np.repeat(np.arange(len(leaves)), sizes)
        points, weights = np.polynomial.legendre.leggauss(int(sizes.max(initial=1)) // 2 + 1)
        self._points = [((point + 1) / 2, weight / 2) for point, weight in zip(points, weights, strict=True)]

    def contribute(self, true: np.ndarray) -> np.ndarray:
        """The parts of each row by feature, the last the base.

        Args:
            true: rows x splits of all trees.
        """
        parts = np.zeros((len(true), self._width + 1))
        for row, decided in enumerate(true if len(self._leaves) else ()):
            met = np.logical_and.reduceat(decided[self._splits] == self._wanted, self._segments).astype(float)
            chances = np.zeros(len(met))
            for point, weight in self._points:
                reached = point * met + (1 - point) * self._shares
                whole = np.multiply.reduceat(reached, self._leaves)
                chances += weight * whole[self._of_leaf] / reached
            parts[row] = np.bincount(self._columns, self._values * (met - self._shares) * chances, minlength=self._width + 1)
        parts[:, -1] = self._base
        return parts
