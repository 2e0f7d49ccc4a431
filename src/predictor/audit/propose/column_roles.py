"""What each column of an export is taken for, and why: by its name first, and never against what it holds."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from predictor.audit.propose.profile import Column
from predictor.core.errors import count
from predictor.data.crm.field_maps import Names
from predictor.data.denied_columns import deny_reason
from predictor.data.leads import LEAD_FACTS

_KINDS = {"email": "e-mail addresses", "mql_at": "dates", "sql_at": "dates", "recycled_at": "dates", "opportunity_at": "dates"}
TIMES = ("mql_at", "sql_at", "recycled_at", "opportunity_at")
_NAME_THEM = "name them in label.outcome_yes and label.outcome_no"


@dataclass(frozen=True)
class Meaning:
    """What a column is taken for.

    Attributes:
        role: One of our names, or points, ignore, protected, attribute.
        why: What that was told by.
    """

    role: str
    why: str


@cache
def read_names() -> dict[str, dict[str, list[str]]]:
    """What exports call what the contract asks for, as names.toml has it."""
    content: dict[str, Any] = tomllib.loads(files("predictor.audit.propose").joinpath("names.toml").read_text(encoding="utf-8"))
    return content


def guess_meanings(columns: Sequence[Column]) -> dict[str, Meaning]:
    """The meaning of every column, by name.

    >>> from predictor.audit.propose.profile import Column
    >>> key, won = Column("Lead ID", "category", 50, 50, 50), Column("Won", "number", 50, 50, 2, whole=True, yes=0.3)
    >>> count = Column("No", "number", 50, 50, 50, trend=-1.0, whole=True)
    >>> {name: meaning.role for name, meaning in guess_meanings([key, won, count]).items()}
    {'Lead ID': 'lead_id', 'Won': 'outcome', 'No': 'order_by'}
    """
    found: dict[str, Meaning] = {}
    by_name = {column.name: column for column in columns}
    for column in columns:  # what bears our name already is that
        if column.name in LEAD_FACTS:
            found[column.name] = Meaning(column.name, "bears that name")
    _find_key(columns, found)
    for ours in TIMES:
        _take(ours, columns, found, _holds_dates)
    _find_outcome(columns, found)
    _find_order(columns, found)
    for ours in ("account_id", "recycle_reason"):
        _take(ours, columns, found, lambda column: column.filled > 0)
    _take("amount", columns, found, lambda column: column.kind == "number" and _has(found, "opportunity_at"))
    _take("email", columns, found, lambda column: column.emails)
    _take("email_domain", columns, found, lambda column: column.kind == "category" and not column.emails)
    return {name: found.get(name) or _find_role(column) for name, column in by_name.items()}


def _has(found: dict[str, Meaning], role: str) -> bool:
    return any(meaning.role == role for meaning in found.values())


def _take(ours: str, columns: Sequence[Column], found: dict[str, Meaning], fits: Callable[[Column], bool]) -> None:
    """The column that is called as that is called in exports, in the order of trust."""
    if _has(found, ours):
        return
    for column in _by_name(read_names()["columns"][ours], columns):
        if column.name not in found and fits(column):
            held = (
                "dates" if ours in TIMES else "e-mail addresses, of which the kind of mailbox is kept" if ours == "email" else ""
            )
            found[column.name] = Meaning(ours, f"by its name{f'; it holds {held}' if held else ''} ({column.say()})")
            return


def _holds_dates(column: Column) -> bool:
    """Whether it holds dates, though some of its cells may be none: the contract counts those."""
    return column.kind == "date" or column.mostly_dates or (column.form is not None and column.filled > 0)


def _by_name(names: Iterable[str], columns: Sequence[Column]) -> list[Column]:
    return [column for name in names for column in columns if column.name in Names([name])]


def _find_key(columns: Sequence[Column], found: dict[str, Meaning]) -> None:
    if _has(found, "lead_id"):
        return
    named = _by_name(read_names()["columns"]["lead_id"], columns)
    for column in (*named, *columns):
        if column.unique and column.kind != "date" and column.name not in found and not column.emails and not column.prose:
            how = "the name says so, and every" if column in named else "every"
            found[column.name] = Meaning("lead_id", f"{how} row has another value")
            return
    for column in named[:1]:
        found[column.name] = Meaning("lead_id", f"by its name, though {column.distinct:,} of {column.rows:,} rows differ in it")


def _find_outcome(columns: Sequence[Column], found: dict[str, Meaning]) -> None:
    if _has(found, "outcome") or _has(found, "sql_at"):
        return
    named = [column for column in _by_name(read_names()["columns"]["outcome"], columns) if column.name not in found]
    for column in (
        *(c for c in named if c.yes is not None and not c.neither),
        *(c for c in named if c.yes is not None or c.neither),
    ):
        found[column.name] = Meaning("outcome", f"the name says so, and it holds {_say_outcome(column)}")
        return
    for column in named:
        if column.alone:
            held = f"it holds '{column.alone}' or nothing ({100 * column.filled / column.rows:.1f} % filled)"
            found[column.name] = Meaning("outcome", f"the name says so, and {held}")
            return


def _say_outcome(column: Column) -> str:
    """What an outcome holds.

    >>> _say_outcome(Column("Won", "category", 50, 50, 3, yes=0.3, neither=("open",)))
    'yes and no (30.0 % yes), but also 1 other value: name them in label.outcome_yes and label.outcome_no'
    """
    others, held = len(column.neither), column.says
    if not held:
        return f"{count(others, 'value')} that are neither yes nor no: {_NAME_THEM}"
    share = f" ({100 * column.yes:.1f} % yes)" if column.yes is not None and 0 < column.yes < 1 else ""
    return f"{held}{share}" + (f", but also {count(others, 'other value')}: {_NAME_THEM}" if others else "")


def _find_order(columns: Sequence[Column], found: dict[str, Meaning]) -> None:
    """What grows with time, where no lead says when it became an MQL: a date of creation, or a counter."""
    if _has(found, "mql_at") or _has(found, "order_by"):
        return
    named = [column for column in _by_name(read_names()["columns"]["created"], columns) if column.name not in found]
    dated = next((column for column in named if column.kind == "date" and column.filled == column.rows), None)
    if dated is not None and _has(found, "sql_at"):
        found[dated.name] = Meaning("mql_at", "no column says when a lead became an MQL: its creation stands for that; check it")
    elif dated is not None:
        found[dated.name] = Meaning("order_by", "a date in every row, which grows as leads come in")
    else:
        counters = [c for c in columns if c.trend and c.whole and c.unique and c.name not in found]
        for column in counters[:1]:
            way = f"{'grows' if column.trend > 0 else 'falls'} with the rows (rank correlation {column.trend:.3f})"
            why = f"a whole number, unique, that {way}: a counter, which grows as leads come in; nothing else orders them in time"
            found[column.name] = Meaning("order_by", why)


def _find_role(column: Column) -> Meaning:
    """What a column is that the contract does not ask for: the first rule that it meets."""
    names, denied = read_names()["roles"], deny_reason(column.name) or ""
    score = column.kind == "number" and _is_score(column.name) and column.name not in Names(names["no_points"])
    kind = "prose" if column.prose else "a key"
    rules = (
        (not column.filled or column.distinct == 1, "attribute", f"tells nothing: {column.say()}"),
        (column.name in Names(names["protected"]), "protected", "a protected attribute: no feature, kept to compare groups"),
        (bool(denied), "ignore", denied),
        (column.emails, "ignore", "it holds e-mail addresses, which say who a person is"),
        (score, "points", f"hand-set points by its name; numbers ({column.say()})"),
        (column.kind == "category" and column.key, "ignore", f"{kind}: nearly every row has another text"),
        (
            column.whole and column.unique and column.trend != 0,
            "ignore",
            "a counter: another number in every row, in their order",
        ),
    )
    return next((Meaning(role, why) for holds, role, why in rules if holds), Meaning("attribute", _say_attribute(column)))


def _say_attribute(column: Column) -> str:
    kind = "text" if column.kind == "category" else column.kind
    if column.form is None:
        return f"{kind}: {column.say()}"
    if column.form.has_open_point:
        return f"numbers whose point may set off thousands or decimals: set [forms] ({column.say()})"
    if column.form.format is None:
        return f"dates whose day and month cannot be told apart: set data.date_order ({column.say()})"
    return f"{kind}, spelled as '{column.form.format}' ({column.form.reason}): {column.say()}"


def _is_score(name: str) -> bool:
    words = {word.casefold() for word in name.replace("_", " ").replace("-", " ").split()}
    return bool(words & {"score", "points", "scoring"}) or name.casefold().endswith(("score", "points"))
