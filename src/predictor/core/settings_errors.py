"""The faults of settings as sentences, made from pydantic's errors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from predictor.core.errors import name_nearest


def describe_faults(error: ValidationError, known: Sequence[str]) -> list[str]:
    """The faults of the settings as sentences, one a setting, with every allowed form in one sentence.

    Args:
        error: What pydantic found.
        known: The names of all settings.
    """
    found: dict[str, list[Any]] = {}
    for fault in error.errors():
        found.setdefault(_locate(fault), []).append(fault)
    with_items = {name.rpartition(".")[0] for name in found if "." in name}  # reported through their items
    return [_describe_fault(name, faults, known) for name, faults in found.items() if name not in with_items]


def _locate(fault: Any) -> str:  # noqa: ANN401  pydantic's own ErrorDetails, a loose dict
    """The setting that a fault is about; which kind of a union it failed is left out."""
    parts = [str(part) for part in fault["loc"]]
    if fault["type"] != "extra_forbidden":
        parts = [part for part in parts if not re.match(r"literal\[|constrained|float$|function-", part)]
    return ".".join(parts)


def _describe_fault(name: str, faults: list[Any], known: Sequence[str]) -> str:
    """The faults of one setting as a sentence."""
    kind, value = faults[0]["type"], faults[0]["input"]
    if kind == "extra_forbidden":
        return f"Unknown setting '{name}'.{name_nearest(name, known)}"
    if kind in {"model_type", "dict_type"}:
        return f"'{name}' must be a section, written [{name}]."
    reason = ", or ".join(fault["msg"].removeprefix("Value error, ") for fault in faults)
    if isinstance(value, (dict, BaseModel)):
        return f"{f'Section [{name}]: ' if name else ''}{reason}."
    return f"Setting '{name}': {reason}; it is {value!r}."
