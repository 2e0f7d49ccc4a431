"""All faults of a rule book, as sentences that say where and what to do."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from predictor.core.errors import list_names, name_nearest
from predictor.data.values import normal_text
from predictor.points.rule import as_list

_MOST_POINTS = 1_000_000  # a larger number is more likely a typing mistake than a rule
_MOST_DAYS = 36_500  # a hundred years; for "never" the key is left out

_MOST_END = 1e300  # a whole number that no float can hold is no end of a range

_ATTRIBUTE_TESTS = ("equals", "in", "range", "present")
_EVENT_KEYS = ("asset", "campaign", "per_event", "cap", "at_least", "within_days", "expires_days", "half_life_days")
RULE_KEYS = ("name", "group", "points", "qualifies", "attribute", *_ATTRIBUTE_TESTS, "event", *_EVENT_KEYS)
_BOOK_KEYS = ("name", "gate", "rules")


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return not math.isnan(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_points(value: Any) -> bool:  # noqa: ANN401  whatever TOML holds
    return _is_number(value) and abs(value) <= _MOST_POINTS


def _is_cap(value: Any) -> bool:  # noqa: ANN401
    return _is_points(value) and value > 0


def _is_days(value: Any) -> bool:  # noqa: ANN401
    return _is_number(value) and 0 < value <= _MOST_DAYS


def _is_count(value: Any) -> bool:  # noqa: ANN401
    return _is_number(value) and isinstance(value, int) and value >= 1


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_texts(value: object) -> bool:
    return bool(as_list(value)) and all(_is_text(item) for item in as_list(value))


def _is_value(value: object) -> bool:
    try:
        return normal_text(value) is not None
    except (TypeError, OverflowError):
        return False


def _is_values(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_value(item) for item in value)


def _is_range(value: Any) -> bool:  # noqa: ANN401
    if not (isinstance(value, list) and len(value) == 2 and all(_is_number(end) for end in value)):
        return False
    return bool(value[0] < value[1]) and all(abs(end) <= _MOST_END or abs(end) == math.inf for end in value)


_DAYS = f"a number of days above 0 and up to {_MOST_DAYS:,}; leave it out for no limit"
_POINTS = f"a number from -{_MOST_POINTS:,} to {_MOST_POINTS:,}"
_VALUES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_is_text, "a text that is not empty"),
    "gate": (_is_points, _POINTS),
    "group": (_is_text, "a text that is not empty"),
    "points": (_is_points, _POINTS),
    "qualifies": (_is_bool, "true or false"),
    "attribute": (_is_text, "the name of one column"),
    "equals": (_is_value, "one text, number, true or false; for several write in = [...], for missing present = false"),
    "in": (_is_values, "a list of texts, numbers, true or false with at least one of them"),
    "range": (_is_range, "[low, high] with low below high; write an open end as inf or -inf"),
    "present": (_is_bool, "true or false"),
    "event": (_is_texts, "an event type or a list of them"),
    "asset": (_is_texts, "the name of an asset or a list of them"),
    "campaign": (_is_texts, "the name of a campaign or a list of them"),
    "per_event": (_is_bool, "true or false"),
    "cap": (_is_cap, f"a number above 0 and up to {_MOST_POINTS:,}; it also limits negative points"),
    "at_least": (_is_count, "a whole number from 1"),
    "within_days": (_is_days, _DAYS),
    "expires_days": (_is_days, _DAYS),
    "half_life_days": (_is_days, _DAYS),
}


def check_rule_book(book: Mapping[str, Any]) -> list[str]:
    """The faults of a rule book as read from TOML; empty where it can be used.

    >>> check_rule_book({"name": "x", "gate": 60, "rules": [{"name": "A", "points": 5, "event": "e", "cap": 9}]})
    ["Rule 1 'A': 'cap' limits the sum over events; add per_event = true, or leave cap out."]
    """
    faults = [
        *_check_keys(book, _BOOK_KEYS, "The book"),
        *_check_missing(book, ("name", "gate"), "The book"),
        *_check_values({key: book[key] for key in ("name", "gate") if key in book}, "The book"),
    ]
    rules = book.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        return [*faults, "The book: rules must be tables; begin each one with [[rules]]."]
    if not rules:
        faults.append("The book has no rule; write each one as a table that begins with [[rules]].")
    places = [f"Rule {number}" + (f" '{rule['name']}'" if "name" in rule else "") for number, rule in enumerate(rules, 1)]
    for rule, where in zip(rules, places, strict=True):
        faults.extend(_check_rule(rule, where))
    return [*faults, *_check_names(rules, places)]


def _check_rule(rule: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from _check_keys(rule, RULE_KEYS, where)
    yield from _check_missing(rule, ("name", "points"), where)
    yield from _check_values({key: value for key, value in rule.items() if key in RULE_KEYS}, where)
    if "attribute" in rule and "event" in rule:
        yield f"{where}: has both 'attribute' and 'event', but a rule has only one; split it in two."
    elif "attribute" in rule:
        yield from _check_attribute_rule(rule, where)
    elif "event" in rule:
        yield from _check_event_rule(rule, where)
    else:
        yield f"{where}: has no condition; add 'attribute' or 'event'."


def _check_attribute_rule(rule: Mapping[str, Any], where: str) -> Iterator[str]:
    tests = [key for key in _ATTRIBUTE_TESTS if key in rule]
    if len(tests) != 1:
        found = f"has {list_names(tests)}" if tests else "has none"
        yield f"{where}: an attribute needs exactly one of {list_names(_ATTRIBUTE_TESTS)}, but {found}; keep one."
    if misplaced := [key for key in _EVENT_KEYS if key in rule]:
        yield f"{where}: {list_names(misplaced)} needs 'event'; leave it out, or add an event."


def _check_event_rule(rule: Mapping[str, Any], where: str) -> Iterator[str]:
    if misplaced := [key for key in _ATTRIBUTE_TESTS if key in rule]:
        yield f"{where}: {list_names(misplaced)} needs 'attribute'; leave it out, or add an attribute."
    if "cap" in rule and rule.get("per_event") is not True:
        yield f"{where}: 'cap' limits the sum over events; add per_event = true, or leave cap out."
    if "at_least" in rule and "within_days" not in rule:
        yield f"{where}: 'at_least' needs 'within_days'; add the days in which that many events must lie."
    if "within_days" in rule and "at_least" not in rule:
        yield f"{where}: 'within_days' needs 'at_least'; add how many events must lie within these days."


def _check_keys(table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> Iterator[str]:
    for key in table:
        if key not in keys:
            yield f"{where}: key '{key}' is unknown; it must be one of {list_names(keys, 20)}.{name_nearest(key, keys)}"


def _check_missing(table: Mapping[str, Any], required: tuple[str, ...], where: str) -> Iterator[str]:
    for key in required:
        if key not in table:
            yield f"{where}: '{key}' is missing; add {key} = {_VALUES[key][1]}."


def _check_values(table: Mapping[str, Any], where: str) -> Iterator[str]:
    for key, value in table.items():
        is_good, wording = _VALUES[key]
        if not is_good(value):
            yield f"{where}: '{key}' must be {wording}, but is {reprlib.repr(value)}."


def _check_names(rules: list[dict[str, Any]], places: list[str]) -> Iterator[str]:
    first: dict[str, int] = {}
    for number, (rule, where) in enumerate(zip(rules, places, strict=True), 1):
        name = str(rule.get("name", number)).strip().casefold()
        if first.setdefault(name, number) != number:
            yield f"{where}: has the name of rule {first[name]}; give each rule a name of its own."
