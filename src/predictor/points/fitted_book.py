"""Learned points as a rule book: TOML that the engine runs, with the reason for each change beside its rule."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from predictor.points.fit_points import is_countable
from predictor.points.rulebook import OnEvents, Rule, RuleBook, parse_rule_book


def write_fitted_book(
    book: RuleBook, *, points: Sequence[float], most: Sequence[float], gate: float, why: Mapping[str, str] | None = None
) -> str:
    r"""The rule book with other points: the same rules, groups and conditions.

    Args:
        book: The rules.
        points: Of each rule.
        most: Times that each counts at most.
        gate: Points from which a lead goes to sales.
        why: Rule -> the reason for its points, written above it.

    Raises:
        RuleBookError: The book would be none: points, numbers or gate out of range.

    >>> text = 'name="x"\ngate=60\n[[rules]]\nname="Demo"\nevent="demo_requested"\npoints=50'
    >>> print(write_fitted_book(parse_rule_book(text, "x"), points=[9], most=[2], gate=7, why={"Demo": "Asked for twice."}))
    # Points learned from outcomes, for the rules of the book 'x'. Above each rule stands why.
    name = "x, learned"
    gate = 7
    <BLANKLINE>
    # Asked for twice.
    [[rules]]
    name = "Demo"
    event = "demo_requested"
    points = 9
    per_event = true
    cap = 18
    <BLANKLINE>
    """
    raw = tomllib.loads(book.text)["rules"]
    head = f"# Points learned from outcomes, for the rules of the book {_say(book.name)}. Above each rule stands why."
    parts = [head, f"name = {_write(f'{book.name}, learned')}", f"gate = {_write(gate)}"]
    for rule, keys, each, number in zip(book.rules, raw, points, most, strict=True):
        reason = (why or {}).get(rule.name)
        parts += ["", *([f"# {' '.join(reason.split())}"] if reason else []), "[[rules]]"]
        parts += [f"{key} = {_write(value)}" for key, value in _change(rule, keys, each, number).items()]
    text = "\n".join(parts) + "\n"
    return parse_rule_book(text, f"{book.name}, learned").text


def _change(rule: Rule, keys: Mapping[str, Any], points: float, most: float) -> dict[str, Any]:
    """The keys of a rule with other points, and a cap by how often it counts."""
    changed = {**keys, "points": points}
    if not isinstance(rule.condition, OnEvents) or not (is_countable(rule) or rule.condition.per_event):
        return changed
    kept = {key: value for key, value in changed.items() if key not in ("per_event", "cap")}
    if most == 1 and rule.condition.half_life is None:
        return kept
    return kept | {"per_event": True} | ({"cap": abs(points) * most} if points else {})


def _write(value: Any) -> str:  # noqa: ANN401  whatever TOML holds
    r"""A value as TOML writes it, on one line.

    >>> print(_write([200.0, math.inf]), _write('a "b"'), _write(True), _write(2.5))
    [200, inf] "a \"b\"" true 2.5
    """
    if isinstance(value, list):
        return f"[{', '.join(map(_write, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    number = float(value)
    if math.isfinite(number):
        return str(int(number)) if number.is_integer() else repr(number)
    return "inf" if number > 0 else "-inf"


def _say(name: str) -> str:
    return repr(" ".join(name.split()))
