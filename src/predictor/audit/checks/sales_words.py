"""Values about what was done with a lead later, whatever the name of the column: `Ringing`, `Closed won`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from predictor.audit.view import Column, View
from predictor.core.errors import Finding, count, list_names
from predictor.core.wording import format_percent

CODE = "AUDIT012"
_FEWEST_VALUES = 2
_OFTEN = 0.02  # share of the filled cells with such a value
_MOST_VALUES = 500  # more are names or free text, which may hold any word
_MOST_QUOTED = 4


@cache
def _read_words() -> re.Pattern[str]:
    """The words of `sales_words.toml`, of all languages, since a firm writes in its own."""
    content = tomllib.loads(files("predictor.audit.checks").joinpath("sales_words.toml").read_text(encoding="utf-8"))
    words = {re.escape(word).replace(r"\*", r"\w*") for language in content.values() for word in language}
    return re.compile(rf"\b(?:{'|'.join(sorted(words, key=len, reverse=True))})\b")


def names_result(value: object) -> bool:
    """Whether a value says what was done with a lead later, or what became of it.

    >>> [names_result(value) for value in ("APAC-won", "closed_lost", "wonderland", "emea")]
    [True, True, False, False]
    """
    return isinstance(value, str) and _read_words().search(value.casefold().replace("_", " ")) is not None


def check_sales_words(view: View) -> Iterator[Finding]:
    """Warnings about columns whose values are calls, stages and results: what sales and later mails did with a lead."""
    for column in view.columns:
        if column.kind not in ("category", "set") or len(column.values) > _MOST_VALUES:
            continue
        counts = column.value_counts
        places = [at for at, value in enumerate(column.values) if _read_words().search(value)]
        if len(places) >= _FEWEST_VALUES and counts[places].sum() >= _OFTEN * column.filled.sum():
            yield _make_finding(column, sorted(places, key=lambda at: -counts[at]), int(counts[places].sum()))


def _make_finding(column: Column, places: list[int], leads: int) -> Finding:
    words = [match[0] for at in places if (match := _read_words().search(column.values[at]))]
    named = list_names(list(dict.fromkeys(words)), most=_MOST_QUOTED)
    what = (
        f"Values of column '{column.name}' say what was done with a lead later: {named}, in {count(len(places), 'value')} "
        f"of {count(leads, 'lead')} ({format_percent(leads / column.filled.sum())} of those filled in)."
    )
    return Finding(CODE, "warning", what, do=column.leak_advice, column=column.name)
