"""Learned points as a rule book: TOML that can be used as it is, with the reason for each change above its rule."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from predictor.points.fit_points import has_free_times
from predictor.points.rule import EventCondition, Rule
from predictor.points.rulebook import RuleBook, parse_rule_book


def write_fitted_book(
    book: RuleBook, *, points: Sequence[float], most_times: Sequence[float], gate: float, reasons: Mapping[str, str] | None = None
) -> str:
    r"""The rule book with other points: the same rules, groups and conditions.

    Args:
        book: The rules.
        points: Of each rule.
        most_times: How many times each counts at most.
        gate: Points from which a lead goes to sales.
        reasons: Rule -> the reason for its points, written above it.

    Raises:
        RuleBookError: Points, times or gate are out of range.

    >>> text = 'name="x"\ngate=60\n[[rules]]\nname="Demo"\nevent="demo_requested"\npoints=50'
    >>> book, reasons = parse_rule_book(text, "x"), {"Demo": "Requested twice."}
    >>> print(write_fitted_book(book, points=[9], most_times=[2], gate=7, reasons=reasons))
    # Points learned from outcomes, for the rules of the book 'x'. The reason is above each rule.
    name = "x, learned"
    gate = 7
    <BLANKLINE>
    # Requested twice.
    [[rules]]
    name = "Demo"
    event = "demo_requested"
    points = 9
    per_event = true
    cap = 18
    <BLANKLINE>
    """
    raw = tomllib.loads(book.text)["rules"]
    head = f"# Points learned from outcomes, for the rules of the book {_quote(book.name)}. The reason is above each rule."
    parts = [head, f"name = {_format_toml(f'{book.name}, learned')}", f"gate = {_format_toml(gate)}"]
    for rule, keys, value, times in zip(book.rules, raw, points, most_times, strict=True):
        reason = (reasons or {}).get(rule.name)
        parts += ["", *([f"# {' '.join(reason.split())}"] if reason else []), "[[rules]]"]
        parts += [f"{key} = {_format_toml(value)}" for key, value in _change_points(rule, keys, value, times).items()]
    text = "\n".join(parts) + "\n"
    return parse_rule_book(text, f"{book.name}, learned").text


def _change_points(rule: Rule, keys: Mapping[str, Any], points: float, most_times: float) -> dict[str, Any]:
    """The keys of a rule with other points, and a cap by how many times it counts."""
    changed = {**keys, "points": points}
    if not isinstance(rule.condition, EventCondition) or not (has_free_times(rule) or rule.condition.per_event):
        return changed
    kept = {key: value for key, value in changed.items() if key not in ("per_event", "cap")}
    if most_times == 1 and rule.condition.half_life is None:
        return kept
    return kept | {"per_event": True} | ({"cap": abs(points) * most_times} if points else {})


def _format_toml(value: Any) -> str:  # noqa: ANN401  whatever TOML holds
    r"""A value as TOML writes it, on one line.

    >>> print(_format_toml([200.0, math.inf]), _format_toml('a "b"'), _format_toml(True), _format_toml(2.5))
    [200, inf] "a \"b\"" true 2.5
    """
    if isinstance(value, list):
        return f"[{', '.join(map(_format_toml, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    number = float(value)
    if math.isfinite(number):
        return str(int(number)) if number.is_integer() else repr(number)
    return "inf" if number > 0 else "-inf"


def _quote(name: str) -> str:
    return repr(" ".join(name.split()))
