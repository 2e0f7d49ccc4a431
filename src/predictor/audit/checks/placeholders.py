"""Values that look like 'not known' but are read as values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from predictor.audit.view import Column, View
from predictor.core.errors import Finding, Severity, count, list_names
from predictor.core.wording import format_percent

CODE = "AUDIT009"
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


def check_placeholders(view: View) -> Iterator[Finding]:
    """Findings about values that look like 'not known' and are not read so: a warning where many leads have them."""
    for column in view.features:
        counts = column.value_counts
        places = [at for at, value in enumerate(column.values) if _is_placeholder(value, int(counts[at]), column)]
        if not places or len(places) == len(column.values):
            continue
        leads = int(counts[places].sum())
        names = list_names([_format_value(column.values[at]) for at in places], most=4)
        share = format_percent(leads / len(column.codes))
        what = f"Column '{column.name}' holds {names} for {count(leads, 'lead')} ({share}), which looks like 'not known'."
        do = "Add it to data.missing_values, unless it means something here."
        severity: Severity = "warning" if leads >= _MANY * len(column.codes) else "tip"
        yield Finding(CODE, severity, what, do=do, column=column.name)


def _is_placeholder(value: object, leads: int, column: Column) -> bool:
    """Whether a text has no meaning, or a number is one that systems write for 'none' and lies at an end of the column."""
    if isinstance(value, str):
        return value in _WORDS or _SIGNS.fullmatch(value) is not None
    if column.kind != "number" or value not in _SENTINELS or leads < _FEWEST_SENTINELS:
        return False
    return len(column.values) > 3 and value in (min(column.values), max(column.values))


def _format_value(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)
