"""Boosters as LightGBM writes them: their trees taken apart, put together again, and several made one."""

from __future__ import annotations

import re
from collections.abc import Sequence


def average_texts(texts: Sequence[str]) -> str:
    """One model of LightGBM whose score is the mean of several: all their trees, each weighing less.

    Args:
        texts: LightGBM's text of boosters fitted on the same data.

    Raises:
        ValueError: There is no text.

    >>> average_texts(["one alone stays as it is"])
    'one alone stays as it is'
    >>> average_texts([])
    Traceback (most recent call last):
    ValueError: An average needs at least one model, but there is none.
    """
    if not texts:
        raise ValueError("An average needs at least one model, but there is none.")
    if len(texts) == 1:
        return texts[0]
    return join_trees(texts[0], [_weigh(tree, 1 / len(texts)) for text in texts for tree in find_trees(text)])


def find_trees(text: str) -> list[str]:
    r"""The text of each tree.

    >>> find_trees("tree\n\nTree=0\nnum_leaves=1\n\n\nTree=1\nnum_leaves=2\n\n\nend of trees\n")
    ['num_leaves=1', 'num_leaves=2']
    """
    return re.findall(r"^Tree=\d+\n(.+?)\n\n", text, flags=re.DOTALL | re.MULTILINE)


def join_trees(text: str, trees: Sequence[str]) -> str:
    r"""The model of a text with those trees in place of its own.

    >>> join_trees("tree\nversion=v4\n\nTree=0\na=1\n\n\nend of trees\n", ["a=2"]).split()
    ['tree', 'version=v4', 'Tree=0', 'a=2', 'end', 'of', 'trees']
    """
    head, tail = re.split(r"\n(?:Tree=0|end of trees)\n", text, maxsplit=1)[0], text.partition("\nend of trees\n")[2]
    lines = [line for line in head.splitlines() if not line.startswith("tree_sizes=")]  # read one after another without it
    blocks = [f"Tree={number}\n{tree}\n\n" for number, tree in enumerate(trees)]
    return "\n".join(lines) + "\n\n" + "\n".join(blocks) + "\nend of trees\n" + tail


def find_columns(tree: str) -> set[int]:
    r"""The columns of the matrix that a tree looks at.

    >>> sorted(find_columns("num_leaves=3\nsplit_feature=7 2"))
    [2, 7]
    """
    found = re.search(r"^split_feature=(.+)$", tree, flags=re.MULTILINE)
    return set(map(int, found[1].split())) if found else set()


def _weigh(tree: str, share: float) -> str:
    """The text of a tree whose values are that share of what they were."""
    lines = []
    for line in tree.splitlines():
        name, _, values = line.partition("=")
        if name in {"leaf_value", "internal_value", "shrinkage"}:
            values = " ".join(repr(float(value) * share) for value in values.split())
        lines.append(f"{name}={values}")
    return "\n".join(lines)
