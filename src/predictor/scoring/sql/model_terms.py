"""A fitted candidate as SQL: terms over the columns of the matrix, whose sum is its score in log-odds."""

from __future__ import annotations

import math
from collections.abc import Callable

from predictor.core.errors import BundleError
from predictor.model.candidates import Model
from predictor.model.candidates.baselines import Constant, Points
from predictor.model.candidates.blend import Blend
from predictor.model.candidates.learned_points import LearnedPoints
from predictor.model.candidates.lightgbm import LightGBM
from predictor.model.candidates.lightgbm_on_points import LightGBMOnPoints
from predictor.model.candidates.logistic import Column, Logistic
from predictor.model.candidates.odoo_pls import OdooPls
from predictor.model.trees.ensemble import read_trees
from predictor.model.trees.parse_text import Tree, UnknownTreesError
from predictor.scoring.sql.dialects import Dialect

_CATEGORY, _DEFAULT_LEFT = 1, 2  # bits of LightGBM's decision_type; the next two are what it takes for missing
_ZERO, _NAN = 1, 2


class TermWriter:
    """Writes the terms of one model.

    Attributes:
        used: Columns of the matrix that they look at.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._number, self._quote = dialect.write_number, dialect.quote
        self.used: set[int] = set()

    def list_terms(self, model: Model, scale: float = 1.0) -> list[str]:
        """Terms whose sum is the score, times a scale.

        Args:
            model: A fitted candidate.
            scale: What every term is multiplied by.

        Raises:
            BundleError: The candidate cannot be written as SQL.

        >>> from predictor.scoring.sql.dialects import DIALECTS
        >>> TermWriter(DIALECTS["duckdb"]).list_terms(Constant(base=-1.5, width=3))
        ['-1.5e0']
        """
        if (write := self._find_way(model)) is None:
            what = f"A model of class '{type(model).__name__}' cannot be written as SQL: it is none of the shipped candidates."
            raise BundleError(f"{what} Score with `predictor score`, or train with others in `model.candidates`.")
        return write(model, scale)

    def _find_way(self, model: Model) -> Callable[[Model, float], list[str]] | None:
        ways: dict[type, Callable[..., list[str]]] = {
            Constant: lambda model, scale: [self._number(scale * model.base)],
            Points: self._list_points,
            LearnedPoints: self._list_learned_points,
            OdooPls: self._list_counts,
            Logistic: self._list_line,
            LightGBM: self._list_trees,
            LightGBMOnPoints: self._list_trees_on_points,
            Blend: self._list_blend,
        }
        return ways.get(type(model))

    def _name(self, column: int) -> str:
        self.used.add(column)
        return self._quote(f"f{column}")

    def _list_points(self, model: Points, scale: float) -> list[str]:
        points, number = self._name(model.column), self._number
        line = f"{number(scale * model.intercept)} + {number(scale * model.slope)} * ({points} - {number(model.mean)})"
        return [f"CASE WHEN {points} IS NULL THEN {number(scale * model.missing)} ELSE {line} END"]

    def _list_learned_points(self, model: LearnedPoints, scale: float) -> list[str]:
        terms = [self._number(scale * (model.intercept - model.slope * model.mean))]
        for column, points, most in zip(model.columns, model.points, model.most, strict=True):
            if points:
                times = f"COALESCE({self._name(column)}, {self._number(0)})"
                counted = times if math.isinf(most) else f"LEAST({times}, {self._number(most)})"
                terms.append(f"{self._number(scale * model.slope * points)} * {counted}")
        return terms

    def _list_counts(self, model: OdooPls, scale: float) -> list[str]:
        terms = [self._number(scale * math.log(model.total[0] / model.total[1]))]
        for column, parts in model.parts.items():
            added = {code: part for code, part in enumerate(parts.tolist()) if part}
            terms += [self._choose(column, {code: scale * part for code, part in added.items()})] if added else []
        return terms

    def _choose(self, column: int, parts: dict[int, float]) -> str:
        """What a category adds: a number for some codes, nothing for others and where it is missing."""
        cases = " ".join(f"WHEN {code} THEN {self._number(part)}" for code, part in parts.items())
        return f"CASE {self._name(column)} {cases} ELSE {self._number(0)} END"

    def _list_line(self, model: Logistic, scale: float) -> list[str]:
        terms, categories = [self._number(scale * model.intercept)], dict[int, dict[int, float]]()
        for column, coefficient in zip(model.columns, model.coefficients, strict=True):
            if column.kind == "equals" and column.equals is not None:
                categories.setdefault(column.feature, {})[int(column.equals)] = scale * coefficient
            else:
                terms.append(self._write_column(column, scale * coefficient))
        return terms + [self._choose(column, parts) for column, parts in categories.items()]

    def _write_column(self, column: Column, coefficient: float) -> str:
        """A column of the design, times its coefficient."""
        value, number = self._name(column.feature), self._number
        if column.kind == "missing":
            return f"CASE WHEN {value} IS NULL THEN {number(coefficient)} ELSE {number(0)} END"
        plain = f"SIGN({value}) * LN(1 + ABS({value}))"
        if column.kind == "plain":
            plain = f"LEAST(GREATEST({value}, {number(column.ends[0])}), {number(column.ends[1])})"
        standard = f"({plain} - {number(column.mean)}) / {number(column.spread)}"
        return f"CASE WHEN {value} IS NULL THEN {number(0)} ELSE {number(coefficient)} * {standard} END"

    def _list_trees(self, model: LightGBM, scale: float) -> list[str]:
        try:
            _, trees = read_trees(model.to_text())
            return [self._write_tree(tree, 0 if tree.features else -1, scale) for tree in trees]
        except UnknownTreesError as error:
            text = f"The trees cannot be written as SQL: {error}. Score with `predictor score`."
            raise BundleError(text) from None

    def _write_tree(self, tree: Tree, node: int, scale: float) -> str:
        """A tree from one of its splits, or a leaf.

        The larger side of a split comes last and goes on in the same CASE, so that none is deep.
        """
        cases, node_or_leaf = list[str](), node
        while node_or_leaf >= 0:
            condition, (then, otherwise) = self._write_split(tree, node_or_leaf)
            if condition:
                cases.append(f"WHEN {condition} THEN {self._write_tree(tree, then, scale)}")
            node_or_leaf = otherwise
        value = self._number(scale * tree.values[-1 - node_or_leaf])
        return f"CASE {' '.join(cases)} ELSE {value} END" if cases else value

    def _write_split(self, tree: Tree, node: int) -> tuple[str, tuple[int, int]]:
        """The condition of a split, the child where it is true, and the child where it is not; the second is the larger one."""
        left, right, kind, threshold = tree.left[node], tree.right[node], tree.kinds[node], tree.thresholds[node]
        column, left_last = self._name(tree.features[node]), _count_leaves(tree, left) > _count_leaves(tree, right)
        if kind & _CATEGORY:
            codes = ", ".join(map(str, sorted(tree.categories[node])))
            if left_last and codes:
                return f"COALESCE({column} NOT IN ({codes}), TRUE)", (right, left)
            return f"{column} IN ({codes})" if codes else "", (left, right)
        if kind >> 2 & 3 == _ZERO:
            raise UnknownTreesError("they take 0 for missing")
        missing_left = bool(kind & _DEFAULT_LEFT) if kind >> 2 & 3 == _NAN else threshold >= 0
        if math.isinf(threshold):  # every number lies on the left
            return "" if missing_left else f"{column} IS NULL", (right, left)
        if left_last:
            return f"{column} > {self._number(threshold)}" + ("" if missing_left else f" OR {column} IS NULL"), (right, left)
        return f"{column} <= {self._number(threshold)}" + (f" OR {column} IS NULL" if missing_left else ""), (left, right)

    def _list_trees_on_points(self, model: LightGBMOnPoints, scale: float) -> list[str]:
        return self._list_points(model.points, scale) + ([] if model.trees is None else self._list_trees(model.trees, scale))

    def _list_blend(self, model: Blend, scale: float) -> list[str]:
        line = self._list_line(model.line, scale * (1 - model.share))
        return line + ([] if model.trees is None else self._list_trees(model.trees, scale * model.share))


def _count_leaves(tree: Tree, node: int) -> int:
    return 1 if node < 0 else _count_leaves(tree, tree.left[node]) + _count_leaves(tree, tree.right[node])
