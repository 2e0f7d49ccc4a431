"""Sets as the audit checks them for leaks: one value of a set may give the outcome away where no whole set is frequent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from predictor.audit.view import Column, View
from predictor.data.sets import list_members

_MOST_MEMBERS = 50  # as many as may be features
_FEWEST = 20  # leads with a member


def add_members(view: View) -> View:
    """The view with a column for each usual member of its sets, under the name of the set: whether a lead has it.

    >>> sets = Column("topics", "set", codes=np.array([0, 1, -1] * 20), values=["a;b", "b"], numbers=None)
    >>> added = add_members(View((sets,), np.zeros(60))).columns[1:]
    >>> [(column.name, column.values, column.codes[:3].tolist()) for column in added]
    [('topics', ['', 'a'], [1, 0, -1])]
    """
    members = tuple(member for column in view.columns if column.kind == "set" for member in _list_members(column))
    return replace(view, columns=(*view.columns, *members)) if members else view


def _list_members(column: Column) -> Iterator[Column]:
    """A column for each member that enough leads have and enough do not have."""
    sets = [frozenset(list_members(value, "set ;") or ()) for value in column.values]
    leads = Counter[str]()
    for members, frequency in zip(sets, column.value_counts.tolist(), strict=True):
        leads.update(dict.fromkeys(members, frequency))
    known = int(column.filled.sum())
    for member, frequency in leads.most_common(_MOST_MEMBERS):
        if _FEWEST <= frequency < known:
            has = np.array([*(member in members for members in sets), -1], dtype=np.intp)  # code -1, no set, takes the last
            yield replace(column, kind="category", codes=has[column.codes], values=["", member])
