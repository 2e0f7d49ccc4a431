"""What is wrong with a rule book, all of it at once, as sentences that say where and what to do."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from predictor.core.errors import list_names, name_nearest
from predictor.data.values import normal_text

MOST_POINTS = 1_000_000  # beyond this a slip of the keyboard is likelier than a rule
MOST_DAYS = 36_500  # a hundred years: "never" is said by leaving the key out

_MOST_END = 1e300  # a whole number beyond what a float holds is no end of a range

ATTRIBUTE_TESTS = ("equals", "in", "range", "present")
EVENT_KEYS = ("asset", "campaign", "per_event", "cap", "at_least", "within_days", "expires_days", "half_life_days")
RULE_KEYS = ("name", "group", "points", "qualifies", "attribute", *ATTRIBUTE_TESTS, "event", *EVENT_KEYS)
BOOK_KEYS = ("name", "gate", "rules")


def as_list(value: object) -> list[object]:
    """One value or a list of them, as a list.

    >>> as_list("blog_view"), as_list(["a", "b"])
    (['blog_view'], ['a', 'b'])
    """
    return value if isinstance(value, list) else [value]


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return not math.isnan(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_points(value: Any) -> bool:  # noqa: ANN401  whatever TOML holds
    return _is_number(value) and abs(value) <= MOST_POINTS


def _is_cap(value: Any) -> bool:  # noqa: ANN401
    return _is_points(value) and value > 0


def _is_days(value: Any) -> bool:  # noqa: ANN401
    return _is_number(value) and 0 < value <= MOST_DAYS


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


_DAYS = f"a number of days above 0 and up to {MOST_DAYS:,}; leave it out for no limit"
_POINTS = f"a number from -{MOST_POINTS:,} to {MOST_POINTS:,}"
_VALUES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_is_text, "a text that is not empty"),
    "gate": (_is_points, _POINTS),
    "group": (_is_text, "a text that is not empty"),
    "points": (_is_points, _POINTS),
    "qualifies": (_is_bool, "true or false"),
    "attribute": (_is_text, "the name of one column"),
    "equals": (_is_value, "one text, number, true or false; for several write in = [...], for missing present = false"),
    "in": (_is_values, "a list of texts, numbers, true or false with at least one of them"),
    "range": (_is_range, "[low, high] of two numbers that rise; an open end is written inf or -inf"),
    "present": (_is_bool, "true or false"),
    "event": (_is_texts, "an event type or a list of them"),
    "asset": (_is_texts, "the name of an asset or a list of them"),
    "campaign": (_is_texts, "the name of a campaign or a list of them"),
    "per_event": (_is_bool, "true or false"),
    "cap": (_is_cap, f"a number above 0 and up to {MOST_POINTS:,}; it limits lost points alike"),
    "at_least": (_is_count, "a whole number from 1"),
    "within_days": (_is_days, _DAYS),
    "expires_days": (_is_days, _DAYS),
    "half_life_days": (_is_days, _DAYS),
}


def find_faults(book: Mapping[str, Any]) -> list[str]:
    """Every fault of a rule book that was read from TOML; an empty list when it can be used.

    >>> find_faults({"name": "x", "gate": 60, "rules": [{"name": "A", "points": 5, "event": "e", "cap": 9}]})
    ["Rule 1 'A': 'cap' limits the sum over events; add per_event = true, or leave cap out."]
    """
    faults = [
        *_find_unknown(book, BOOK_KEYS, "The book"),
        *_find_missing(book, ("name", "gate"), "The book"),
        *_find_wrong({key: book[key] for key in ("name", "gate") if key in book}, "The book"),
    ]
    rules = book.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        return [*faults, "The book: rules must be tables; begin each one with [[rules]]."]
    if not rules:
        faults.append("The book has no rule; write each one as a table that begins with [[rules]].")
    places = [f"Rule {number}" + (f" '{rule['name']}'" if "name" in rule else "") for number, rule in enumerate(rules, 1)]
    for rule, where in zip(rules, places, strict=True):
        faults.extend(_find_rule_faults(rule, where))
    return [*faults, *_find_repeated(rules, places)]


def _find_rule_faults(rule: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from _find_unknown(rule, RULE_KEYS, where)
    yield from _find_missing(rule, ("name", "points"), where)
    yield from _find_wrong({key: value for key, value in rule.items() if key in RULE_KEYS}, where)
    if "attribute" in rule and "event" in rule:
        yield f"{where}: has both 'attribute' and 'event', but a rule asks for one; split it in two."
    elif "attribute" in rule:
        yield from _find_attribute_faults(rule, where)
    elif "event" in rule:
        yield from _find_event_faults(rule, where)
    else:
        yield f"{where}: has no condition; add 'attribute' or 'event'."


def _find_attribute_faults(rule: Mapping[str, Any], where: str) -> Iterator[str]:
    tests = [key for key in ATTRIBUTE_TESTS if key in rule]
    if len(tests) != 1:
        came = f"has {list_names(tests)}" if tests else "has none"
        yield f"{where}: an attribute needs exactly one of {list_names(ATTRIBUTE_TESTS)}, but {came}; keep one."
    if strange := [key for key in EVENT_KEYS if key in rule]:
        yield f"{where}: {list_names(strange)} can only stand beside 'event'; leave it out, or ask for an event."


def _find_event_faults(rule: Mapping[str, Any], where: str) -> Iterator[str]:
    if strange := [key for key in ATTRIBUTE_TESTS if key in rule]:
        yield f"{where}: {list_names(strange)} can only stand beside 'attribute'; leave it out, or ask for an attribute."
    if "cap" in rule and rule.get("per_event") is not True:
        yield f"{where}: 'cap' limits the sum over events; add per_event = true, or leave cap out."
    if "at_least" in rule and "within_days" not in rule:
        yield f"{where}: 'at_least' needs 'within_days'; add the days in which so many events must lie."
    if "within_days" in rule and "at_least" not in rule:
        yield f"{where}: 'within_days' needs 'at_least'; add how many events must lie in those days."


def _find_unknown(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> Iterator[str]:
    for key in table:
        if key not in known:
            yield f"{where}: key '{key}' is unknown; it must be one of {list_names(known, 20)}.{name_nearest(key, known)}"


def _find_missing(table: Mapping[str, Any], needed: tuple[str, ...], where: str) -> Iterator[str]:
    for key in needed:
        if key not in table:
            yield f"{where}: '{key}' is missing; add {key} = {_VALUES[key][1]}."


def _find_wrong(table: Mapping[str, Any], where: str) -> Iterator[str]:
    for key, value in table.items():
        is_good, wording = _VALUES[key]
        if not is_good(value):
            yield f"{where}: '{key}' must be {wording}, but is {reprlib.repr(value)}."


def _find_repeated(rules: list[dict[str, Any]], places: list[str]) -> Iterator[str]:
    first: dict[str, int] = {}
    for number, (rule, where) in enumerate(zip(rules, places, strict=True), 1):
        name = str(rule.get("name", number)).strip().casefold()
        if first.setdefault(name, number) != number:
            yield f"{where}: has the name of rule {first[name]}; give each rule a name of its own."
