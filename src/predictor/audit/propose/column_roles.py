"""The role of each column of an export and the reason: by its name first, and never against its values."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from predictor.audit.propose.profile import ColumnProfile, YesNo
from predictor.core.errors import count
from predictor.data.crm.field_maps import Names
from predictor.data.denied_columns import deny_reason
from predictor.data.leads import LEAD_FACTS

_KINDS = {"email": "e-mail addresses", "mql_at": "dates", "sql_at": "dates", "recycled_at": "dates", "opportunity_at": "dates"}
TIMES = ("mql_at", "sql_at", "recycled_at", "opportunity_at")
_NAME_THEM = "name them in label.outcome_yes and label.outcome_no"


@dataclass(frozen=True)
class ColumnRole:
    """The role of a column.

    Attributes:
        role: One of our names, or points, ignore, protected, attribute.
        why: The reason, in words.
    """

    role: str
    why: str


@cache
def read_names() -> dict[str, dict[str, list[str]]]:
    """The names of columns in exports, from names.toml."""
    content: dict[str, Any] = tomllib.loads(files("predictor.audit.propose").joinpath("names.toml").read_text(encoding="utf-8"))
    return content


def choose_roles(columns: Sequence[ColumnProfile]) -> dict[str, ColumnRole]:
    """The role of every column, by name.

    >>> from predictor.audit.propose.profile import ColumnProfile, YesNo
    >>> sizes = {"rows": 50, "filled": 50}
    >>> key = ColumnProfile("Lead ID", "category", **sizes, distinct=50)
    >>> won = ColumnProfile("Won", "number", **sizes, distinct=2, whole=True, outcome=YesNo(0.3))
    >>> count = ColumnProfile("No", "number", **sizes, distinct=50, trend=-1.0, whole=True)
    >>> {name: role.role for name, role in choose_roles([key, won, count]).items()}
    {'Lead ID': 'lead_id', 'Won': 'outcome', 'No': 'order_by'}
    """
    roles: dict[str, ColumnRole] = {}
    by_name = {column.name: column for column in columns}
    for column in columns:
        if column.name in LEAD_FACTS:
            roles[column.name] = ColumnRole(column.name, "has that name")
    _assign_key(columns, roles)
    for ours in TIMES:
        _assign(ours, columns, roles, _holds_dates)
    _assign_outcome(columns, roles)
    _assign_order(columns, roles)
    for ours in ("account_id", "recycle_reason"):
        _assign(ours, columns, roles, lambda column: column.filled > 0)
    _assign("amount", columns, roles, lambda column: column.kind == "number" and _has(roles, "opportunity_at"))
    _assign("email", columns, roles, lambda column: column.emails)
    _assign("email_domain", columns, roles, lambda column: column.kind == "category" and not column.emails)
    return {name: roles.get(name) or _choose_role(column) for name, column in by_name.items()}


def _has(roles: dict[str, ColumnRole], role: str) -> bool:
    return any(column.role == role for column in roles.values())


def _assign(
    ours: str, columns: Sequence[ColumnProfile], roles: dict[str, ColumnRole], fits: Callable[[ColumnProfile], bool]
) -> None:
    """Gives a role to the first column that fits and has one of its usual names, in the order of trust."""
    if _has(roles, ours):
        return
    for column in _by_name(read_names()["columns"][ours], columns):
        if column.name not in roles and fits(column):
            content = (
                "dates" if ours in TIMES else "e-mail addresses, of which the kind of mailbox is kept" if ours == "email" else ""
            )
            roles[column.name] = ColumnRole(
                ours, f"by its name{f'; it holds {content}' if content else ''} ({column.describe()})"
            )
            return


def _holds_dates(column: ColumnProfile) -> bool:
    """Whether it holds dates, though some cells may be none: the contract counts those."""
    return column.kind == "date" or column.mostly_dates or (column.format is not None and column.filled > 0)


def _by_name(names: Iterable[str], columns: Sequence[ColumnProfile]) -> list[ColumnProfile]:
    return [column for name in names for column in columns if column.name in Names([name])]


def _assign_key(columns: Sequence[ColumnProfile], roles: dict[str, ColumnRole]) -> None:
    if _has(roles, "lead_id"):
        return
    named = _by_name(read_names()["columns"]["lead_id"], columns)
    for column in (*named, *columns):
        if column.unique and column.kind != "date" and column.name not in roles and not column.emails and not column.prose:
            how = "the name says so, and every" if column in named else "every"
            roles[column.name] = ColumnRole("lead_id", f"{how} row has another value")
            return
    for column in named[:1]:
        roles[column.name] = ColumnRole(
            "lead_id", f"by its name, though {column.distinct:,} of {column.rows:,} rows differ in it"
        )


def _assign_outcome(columns: Sequence[ColumnProfile], roles: dict[str, ColumnRole]) -> None:
    if _has(roles, "outcome") or _has(roles, "sql_at"):
        return
    named = [column for column in _by_name(read_names()["columns"]["outcome"], columns) if column.name not in roles]
    for column in (
        *(c for c in named if c.outcome.yes is not None and not c.outcome.others),
        *(c for c in named if c.outcome.yes is not None or c.outcome.others),
    ):
        roles[column.name] = ColumnRole("outcome", f"the name says so, and it holds {_describe_outcome(column.outcome)}")
        return
    for column in named:
        if column.outcome.single:
            content = f"it holds '{column.outcome.single}' or nothing ({100 * column.filled / column.rows:.1f} % filled)"
            roles[column.name] = ColumnRole("outcome", f"the name says so, and {content}")
            return


def _describe_outcome(outcome: YesNo) -> str:
    """The values of an outcome, in words.

    >>> from predictor.audit.propose.profile import YesNo
    >>> _describe_outcome(YesNo(0.3, others=("open",)))
    'yes and no (30.0 % yes), but also 1 other value: name them in label.outcome_yes and label.outcome_no'
    """
    others = len(outcome.others)
    if not outcome.answers:
        return f"{count(others, 'value')} that are neither yes nor no: {_NAME_THEM}"
    share = f" ({100 * outcome.yes:.1f} % yes)" if outcome.yes is not None and 0 < outcome.yes < 1 else ""
    return f"{outcome.answers}{share}" + (f", but also {count(others, 'other value')}: {_NAME_THEM}" if others else "")


def _assign_order(columns: Sequence[ColumnProfile], roles: dict[str, ColumnRole]) -> None:
    """The column that grows with time, where no column says when a lead became an MQL: a date of creation, or a counter."""
    if _has(roles, "mql_at") or _has(roles, "order_by"):
        return
    named = [column for column in _by_name(read_names()["columns"]["created"], columns) if column.name not in roles]
    dated = next((column for column in named if column.kind == "date" and column.filled == column.rows), None)
    if dated is not None and _has(roles, "sql_at"):
        roles[dated.name] = ColumnRole(
            "mql_at", "no column says when a lead became an MQL: its creation is used instead; check it"
        )
    elif dated is not None:
        roles[dated.name] = ColumnRole("order_by", "a date in every row, which grows as leads come in")
    else:
        counters = [c for c in columns if c.trend and c.whole and c.unique and c.name not in roles]
        for column in counters[:1]:
            way = f"{'grows' if column.trend > 0 else 'falls'} with the rows (rank correlation {column.trend:.3f})"
            why = f"a whole number, unique, that {way}: a counter, which grows as leads come in; nothing else orders them in time"
            roles[column.name] = ColumnRole("order_by", why)


def _choose_role(column: ColumnProfile) -> ColumnRole:
    """The role of a column that is none of the contract's: that of the first rule that it meets."""
    names, denied = read_names()["roles"], deny_reason(column.name) or ""
    score = column.kind == "number" and _is_score(column.name) and column.name not in Names(names["no_points"])
    kind = "prose" if column.prose else "a key"
    rules = (
        (not column.filled or column.distinct == 1, "attribute", f"no information: {column.describe()}"),
        (column.name in Names(names["protected"]), "protected", "a protected attribute: no feature, kept to compare groups"),
        (bool(denied), "ignore", denied),
        (column.emails, "ignore", "it holds e-mail addresses, which say who a person is"),
        (score, "points", f"hand-set points by its name; numbers ({column.describe()})"),
        (column.kind == "category" and column.nearly_unique, "ignore", f"{kind}: nearly every row has another text"),
        (
            column.whole and column.unique and column.trend != 0,
            "ignore",
            "a counter: another number in every row, in their order",
        ),
    )
    return next(
        (ColumnRole(role, why) for holds, role, why in rules if holds), ColumnRole("attribute", _describe_attribute(column))
    )


def _describe_attribute(column: ColumnProfile) -> str:
    kind = "text" if column.kind == "category" else column.kind
    if column.format is None:
        return f"{kind}: {column.describe()}"
    if column.format.has_open_point:
        return f"numbers with a point for thousands or for decimals: set [forms] ({column.describe()})"
    if column.format.format is None:
        return f"dates whose day and month are ambiguous: set data.date_order ({column.describe()})"
    return f"{kind}, written as '{column.format.format}' ({column.format.reason}): {column.describe()}"


def _is_score(name: str) -> bool:
    words = {word.casefold() for word in name.replace("_", " ").replace("-", " ").split()}
    return bool(words & {"score", "points", "scoring"}) or name.casefold().endswith(("score", "points"))
