"""Columns that can teach nothing, or that stand for something else: constants, ids, row numbers, placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from predictor.audit.bounds import correlate_ranks
from predictor.audit.view import Column, Floats, View
from predictor.core.errors import Finding, count, list_names
from predictor.core.wording import format_percent

CONSTANT, IDENTIFIER, ROW_NUMBER, PLACEHOLDER = "AUDIT006", "AUDIT007", "AUDIT008", "AUDIT009"
_OWN_VALUE = 0.95  # share of distinct values from which nearly every lead has its own
_WITH_TIME = 0.95  # rank correlation with the order from which a number stands for time
_FEWEST = 50  # leads with a value
_MANY = 0.01  # share of leads from which a placeholder is worth a warning
_FEWEST_SENTINELS = 20
_WORDS = frozenset({
    "unknown", "not known", "not available", "not applicable", "not provided", "not specified", "not set", "unspecified",
    "undefined", "none", "nil", "null", "nan", "na", "n.a.", "n/a", "n\\a", "#n/a", "#na", "(blank)", "[blank]", "blank",
    "(not set)", "(none)", "empty", "(empty)", "missing", "tbd", "tba", "to be determined", "select", "please select",
    "-select-", "- select -", "--select--", "-- select --", "--none--", "-none-", "choose", "please choose", "choose one",
    "select one", "default", "test", "dummy", "keine angabe", "k.a.", "unbekannt", "inconnu", "desconocido", "sin datos",
    "no data", "no value", "no answer",
})  # fmt: skip
_SIGNS = re.compile(r"[\W_]+|0{4,}|9{4,}|x{2,}")
_SENTINELS = frozenset({-1.0, -9.0, -99.0, -999.0, -9999.0, 9999.0, 99999.0, 999999.0, 9999999.0, 99999999.0, 999999999.0})


def check_constants(view: View) -> Iterator[Finding]:
    """Tips about columns that are empty or hold one value only, and so can tell nothing."""
    for column in view.used:
        if not column.values:
            yield Finding(CONSTANT, "tip", f"Column '{column.name}' is empty.", "Nothing: it is left out.", column.name)
        elif len(column.values) == 1 and column.filled.all():
            what = f"Column '{column.name}' has the same value for all {count(len(column.codes), 'lead')}."
            yield Finding(CONSTANT, "tip", what, "Nothing: it is left out.", column.name)


def check_identifiers(view: View) -> Iterator[Finding]:
    """Findings about ids, which tell nothing of other leads, and numbers that run with time or with the rows of the file."""
    for column in view.used:
        known = int(column.filled.sum())
        if column.kind == "date" or known < _FEWEST or len(column.values) < _OWN_VALUE * known:
            continue
        if column.numbers is None:
            what = (
                f"Column '{column.name}' is an identifier or free text: {len(column.values):,} values for {count(known, 'lead')}."
            )
            yield Finding(IDENTIFIER, "tip", what, "Nothing: no value has enough leads to stand for itself.", column.name)
        elif (beside := _runs_with(column.numbers, view)) is not None:
            what = f"Column '{column.name}' runs with {beside}: it says when a lead came or where it stood in the file, no more."
            do = "Name it in roles.ignore; where the leads carry no date, map it to order_by in [columns]."
            yield Finding(ROW_NUMBER, "warning", what, do, column.name)


def _runs_with(numbers: Floats, view: View) -> str | None:
    """What whole numbers rise or fall with; None for nothing."""
    held, rows = ~np.isnan(numbers), np.arange(len(numbers), dtype=float)
    if (np.round(numbers[held]) != numbers[held]).any():
        return None
    if view.order is not None and abs(correlate_ranks(numbers[held], view.order[held])) >= _WITH_TIME:
        return "time"
    return "the rows of the file" if abs(correlate_ranks(numbers[held], rows[held])) >= _WITH_TIME else None


def check_placeholders(view: View) -> Iterator[Finding]:
    """Findings about values that look like 'not known' and are not taken so: a warning where many leads have them."""
    for column in view.used:
        counts = np.bincount(column.codes[column.filled], minlength=len(column.values))
        found = [at for at, value in enumerate(column.values) if _stands_for_nothing(value, int(counts[at]), column)]
        if not found or len(found) == len(column.values):
            continue
        held = int(counts[found].sum())
        names, share = list_names([_write(column.values[at]) for at in found], most=4), format_percent(held / len(column.codes))
        what = f"Column '{column.name}' holds {names} for {count(held, 'lead')} ({share}), which looks like 'not known'."
        do = "Add it to data.missing_values, unless it means something here."
        yield Finding(PLACEHOLDER, "warning" if held >= _MANY * len(column.codes) else "tip", what, do, column.name)


def _stands_for_nothing(value: object, leads: int, column: Column) -> bool:
    """Whether a text says nothing, or a number is one that systems write for 'none' and lies at an end of the column."""
    if isinstance(value, str):
        return value in _WORDS or _SIGNS.fullmatch(value) is not None
    if column.kind != "number" or value not in _SENTINELS or leads < _FEWEST_SENTINELS:
        return False
    return len(column.values) > 3 and value in (min(column.values), max(column.values))


def _write(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)
