"""Asking about many things at once, where a fault with one costs the others nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def try_each(ask: Callable[[Sequence[Item]], Sequence[Result]], about: Sequence[Item]) -> Sequence[Result | Exception]:
    """What is told of each; where the question fails, it is asked of each alone, and a fault stands in the place of its own.

    >>> try_each(lambda some: [10 // one for one in some], [5, 0, 2])
    [2, ZeroDivisionError('integer division or modulo by zero'), 5]
    """
    try:
        return ask(about)
    except Exception as error:  # noqa: BLE001  whatever it is
        if len(about) == 1:
            return [error]
        return [told for one in about for told in try_each(ask, [one])]
