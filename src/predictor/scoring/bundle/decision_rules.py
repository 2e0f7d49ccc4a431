"""The rules of decision that were set for a folder of bundles, without training: a policy with its numbers, and grades."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from predictor.core.durable_files import hold_lock, replace_file
from predictor.core.errors import BundleError
from predictor.scoring.bundle.files import LOCK, WRITING

RULES = "decision.json"


class RulesChangedError(BundleError):
    """Somebody else has changed the rules since they were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRule:
    """A rule of decision.

    Attributes:
        threshold: Settings of section threshold that differ from those of the training.
        grades: The lowest probability of each grade; empty for those of the training.
        set_at: When it was set, in ISO 8601.
        set_by: The name of the key that set it, or `command line`.
    """

    threshold: Mapping[str, Any] = field(default_factory=dict)
    grades: Mapping[str, float] = field(default_factory=dict)
    set_at: str = ""
    set_by: str = ""


def read_rules(models: Path) -> list[DecisionRule]:
    """The rules that were set for a folder, the one in service first; empty if the bundle's own settings decide.

    Raises:
        BundleError: The file that holds them cannot be read.
    """
    file = models / RULES
    try:
        return [DecisionRule(**entry) for entry in json.loads(file.read_text(encoding="utf-8"))["rules"]]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BundleError(
            f"'{RULES}' of the folder of bundles, which holds the rules of decision, cannot be read. Restore it, or "
            "remove it and set the rule again: `predictor threshold --set`."
        ) from error


def find_rule(models: Path) -> DecisionRule | None:
    """The rule that is in service; None if the bundle's own settings decide.

    Raises:
        BundleError: The file that holds the rules cannot be read.
    """
    return next(iter(read_rules(models)), None)


def save_rule(models: Path, rule: DecisionRule, *, now: datetime, expected: Sequence[DecisionRule] | None = None) -> DecisionRule:
    """Put a rule into service; returns it with its moment. The rules before it are kept.

    Args:
        models: The folder.
        rule: The rule.
        now: The moment, with a timezone.
        expected: The rules that the caller has read; None if any will do.

    Raises:
        RulesChangedError: The rules are not the expected ones.
        BundleError: The file cannot be read or written.
    """
    rule = DecisionRule(**asdict(rule) | {"set_at": now.astimezone(UTC).isoformat(timespec="seconds")})
    with _change_rules(models, expected) as rules:
        _write_rules(models, [rule, *rules])
    return rule


def roll_back_rule(models: Path, *, expected: Sequence[DecisionRule] | None = None) -> DecisionRule | None:
    """Put the rule before the present one into service again, and return it; None if the bundle's own settings decide then.

    Args:
        models: The folder.
        expected: As for `save_rule`.

    Raises:
        RulesChangedError: The rules are not the expected ones.
        BundleError: No rule was set, or the file cannot be read or written.
    """
    with _change_rules(models, expected) as rules:
        if not rules:
            raise BundleError(
                f"No rule was set for '{models}', so there is none to go back from. Set one: `predictor threshold --set`."
            )
        _write_rules(models, rules[1:])
    return next(iter(rules[1:]), None)


@contextmanager
def _change_rules(models: Path, expected: Sequence[DecisionRule] | None) -> Iterator[list[DecisionRule]]:
    """The rules of the moment, to replace while nobody else does."""
    try:
        with hold_lock(models / LOCK):
            rules = read_rules(models)
            if expected is not None and rules != list(expected):
                raise RulesChangedError("The rule of decision has changed since it was read. Read it again, then decide.")
            yield rules
    except OSError as error:
        raise BundleError(
            f"'{RULES}' of the folder of bundles cannot be written: {error.strerror or error}. Nothing was changed."
        ) from error


def _write_rules(models: Path, rules: Sequence[DecisionRule]) -> None:
    text = json.dumps({"rules": [asdict(rule) for rule in rules]}, indent=1) + "\n"
    replace_file(models / RULES, text, prefix=WRITING)
