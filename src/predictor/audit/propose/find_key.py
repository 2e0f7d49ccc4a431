"""The key of a lead among the columns of an export: by its name first, even where it repeats, else by what it looks like."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from predictor.audit.propose.names import list_named, read_names, split_words
from predictor.audit.propose.profile import ColumnProfile
from predictor.core.errors import Finding, count

_MOST_FILLED = 0.95  # share of rows with a key from which the others are faults
_MOST_DISTINCT = 0.5  # share of different values from which a key repeats no more than leads that come again


def find_key(columns: Sequence[ColumnProfile]) -> tuple[ColumnProfile, str] | None:
    """The key and the reason; None where no column looks like one, so that rows must be numbered.

    A column named as a key goes first, even where it repeats: a lead may have a row for each time it came. Amounts, phones,
    e-mails, names and dates are never keys.

    Args:
        columns: The columns that have no role yet.

    >>> from predictor.audit.propose.profile import TextShape
    >>> key = ColumnProfile("Lead ID", "category", rows=50, filled=50, distinct=49)
    >>> revenue = ColumnProfile("Annual Revenue", "number", rows=50, filled=50, distinct=50, whole=True)
    >>> find_key([revenue, key])[1], find_key([revenue])
    ('the name says so, though it repeats: 49 different values in 50 rows', None)
    """
    for choose in (_choose_named, _choose_by_words, _choose_unique):
        column = choose(columns)
        if column is not None:
            named = choose is not _choose_unique
            return column, _describe_key(column, named=named)
    return None


def check_unfilled_keys(columns: Sequence[ColumnProfile]) -> tuple[Finding, ...]:
    """Findings about columns that are named as keys and too often blank to be one; where no other key was found."""
    return tuple(
        Finding("INIT008", "warning", f"Column '{c.name}' has the name of a key, but {describe_blanks(c)}: it is not used.",
                do="Export the key of every lead, and run init again.", column=c.name)
        for c in list_unfilled_keys(columns)
    )  # fmt: skip


def list_unfilled_keys(columns: Sequence[ColumnProfile]) -> list[ColumnProfile]:
    """The columns that are named as keys and are blank in many rows."""
    named = list_named(read_names()["columns"]["lead_id"], columns)
    return [column for column in dict.fromkeys(named) if 0 < column.filled < _MOST_FILLED * column.rows]


def describe_blanks(column: ColumnProfile) -> str:
    """How many rows of a column are blank, in words."""
    blank = column.rows - column.filled
    return f"{count(blank, 'row')} of {column.rows:,} {'is' if blank == 1 else 'are'} blank"


def _choose_named(columns: Sequence[ColumnProfile]) -> ColumnProfile | None:
    """By a usual name, in the order of trust; one with few different values only where there is no other."""
    named = [column for column in list_named(read_names()["columns"]["lead_id"], columns) if _may_be_key(column)]
    return next((column for column in named if _differs(column)), next(iter(named), None))


def _choose_by_words(columns: Sequence[ColumnProfile]) -> ColumnProfile | None:
    """By the words of its name: the id of a lead in other words, else any id that differs in every row."""
    names = {column.name: _split_key(column.name) for column in columns}
    words = {kind: set(known) for kind, known in read_names()["key_words"].items()}
    ids = [c for c in columns if _may_be_key(c) and names[c.name] & words["id"] and not names[c.name] & words["other"]]
    leads = [column for column in ids if names[column.name] & words["subject"] and _differs(column)]
    counters = words["counter"] | (words["id"] - words["sure"])
    unique = [c for c in ids if c.unique and not (c.trend and (names[c.name] <= counters or names[c.name] & words["counter"]))]
    return next(iter([*leads, *unique]), None)


def _split_key(name: str) -> set[str]:
    """The words of a name, with those of a compound that ends as a key: Vorgangsnummer is Vorgang and Nummer."""
    known = read_names()["key_words"]
    words = set(split_words(re.sub("[Nn]?[°№]", "nº ", name)))
    for word in tuple(words):
        for tail in known["tail"]:
            stem = word.removesuffix(tail)
            subjects = {stem, stem.removesuffix("s")} & {*known["subject"], *known["other"]} if stem != word else set()
            words |= {*subjects, tail} if subjects else set()
    return words


def _choose_unique(columns: Sequence[ColumnProfile]) -> ColumnProfile | None:
    """A column of letters and digits that differs in every row, whatever its name; numbers may be amounts or phones."""
    other = set(read_names()["key_words"]["other"])
    fits: Callable[[ColumnProfile], bool] = lambda c: c.unique and c.shape.codes and not set(split_words(c.name)) & other  # noqa: E731
    return next(filter(fits, columns), None)


def _may_be_key(column: ColumnProfile) -> bool:
    """Whether its cells can be keys: no dates, e-mails, texts, names or fractions, and few blanks."""
    is_text = (
        column.shape.emails or column.shape.prose or (column.shape.words and not set(split_words(column.name)) & _id_words())
    )
    is_fraction = column.kind == "number" and not column.whole
    is_varied = column.distinct > 1 or column.shape.rounded > 0
    return column.kind != "date" and not is_text and not is_fraction and is_varied and _is_filled(column)


def _id_words() -> set[str]:
    return set(read_names()["key_words"]["id"])


def _is_filled(column: ColumnProfile) -> bool:
    return column.filled >= _MOST_FILLED * column.rows


def _differs(column: ColumnProfile) -> bool:
    return column.distinct >= _MOST_DISTINCT * column.filled or column.shape.rounded > 0


def _describe_key(column: ColumnProfile, *, named: bool) -> str:
    how = "the name says so, " if named else ""
    if column.unique:
        return f"{how}{'and ' if named else ''}every row has another value"
    return f"{how}though it repeats: {count(column.distinct, 'different value')} in {count(column.rows, 'row')}"
