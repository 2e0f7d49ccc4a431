"""The role of each column of an export and the reason: by its name first, and never against its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from predictor.audit.propose.column_role import ColumnRole, has_role
from predictor.audit.propose.date_columns import MOST_DATED, TIMES, holds_dates, list_created, list_open_dates
from predictor.audit.propose.date_names import is_acceptance_name, is_change_name
from predictor.audit.propose.find_key import describe_blanks, find_key, list_unfilled_keys
from predictor.audit.propose.find_outcome import (
    ANY,
    CLEAR,
    STAGES,
    SURE,
    WORDED,
    OutcomeCandidate,
    choose_candidate,
    describe_outcome,
    describe_values,
    list_candidates,
    list_few,
    list_statuses,
    names_outcome,
)
from predictor.audit.propose.names import list_named, names_points, read_names
from predictor.audit.propose.profile import ColumnProfile
from predictor.audit.propose.refusal_names import is_refusal_name, list_refusals
from predictor.core.wording import format_percent
from predictor.data.crm.field_maps import Names
from predictor.data.denied_columns import deny_reason
from predictor.data.lead_facts import LEAD_FACTS

_SURE_WEIGHTS = 6  # names of weights that mean nothing else
_MOST_WEIGHTS = 20  # different weights of leads that were drawn by source, outcome or region
HAS_NAME = "has that name"


_NO_ROLE = ColumnRole("", "")


def choose_roles(columns: Sequence[ColumnProfile], outcome: str = "", *, events: bool = False) -> dict[str, ColumnRole]:
    """The role of every column, by name.

    Args:
        columns: The columns of the export.
        outcome: The column that the user named as the outcome; empty: it is found.
        events: Whether there are events, which need a moment to look back from.

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
    if outcome:
        _assign_named_outcome(by_name[outcome], columns, roles)
    for column in columns:
        if column.name in LEAD_FACTS and column.name != "amount":
            roles.setdefault(column.name, ColumnRole(column.name, HAS_NAME))
    _assign_key(columns, roles)
    for ours in TIMES:
        if ours != "sql_at":
            _assign(ours, columns, roles, holds_dates)
    _assign_outcome(columns, roles)
    _assign_order(columns, roles, events=events)
    for ours in ("account_id", "recycle_reason"):
        _assign(ours, columns, roles, lambda column: column.filled > 0)
    _assign("amount", columns, roles, lambda column: column.kind == "number" and has_role(roles, "opportunity_at"))
    _assign("weight", columns, roles, may_be_weight)
    _assign("email", columns, roles, lambda column: column.shape.emails)
    _assign("email_domain", columns, roles, lambda column: column.kind == "category" and not column.shape.emails)
    if not has_role(roles, "outcome") and not has_role(roles, "sql_at"):
        _keep_candidates(columns, roles)
    for column in list_refusals(columns, list(roles)):
        roles[column.name] = ColumnRole("ignore", "by its name, yes means that the lead was not accepted")
    return {name: roles.get(name) or _choose_role(column) for name, column in by_name.items()}


def _keep_candidates(columns: Sequence[ColumnProfile], roles: dict[str, ColumnRole]) -> None:
    """What the findings offer as the outcome is not left out, so that it can be named."""
    for candidate in (*list_candidates(columns, list(roles)), *list_statuses(columns, list(roles))):
        if candidate.rank < ANY and candidate.name not in roles:
            roles[candidate.name] = ColumnRole("attribute", f"may be the outcome: {candidate.reason}")
    for column in list_few(columns, list(roles)):
        if names_outcome(column.name):
            roles[column.name] = ColumnRole("attribute", f"may be the outcome: its name, and few values ({column.describe()})")
    for column in list_refusals(columns, list(roles)):
        roles[column.name] = ColumnRole("attribute", "may be the outcome, where yes means not accepted")
    for column in list_open_dates(columns, roles):
        if column.name not in roles and deny_reason(column.name) is not None:
            roles[column.name] = ColumnRole("attribute", f"may be the date of acceptance: dates, {column.describe()}")


def _assign(
    ours: str, columns: Sequence[ColumnProfile], roles: dict[str, ColumnRole], fits: Callable[[ColumnProfile], bool]
) -> None:
    """Gives a role to the first column that fits and has one of its usual names, in the order of trust."""
    if has_role(roles, ours):
        return
    for column in list_named(read_names()["columns"][ours], columns):
        if column.name not in roles and fits(column):
            content = (
                "dates" if ours in TIMES else "e-mail addresses, of which the kind of mailbox is kept" if ours == "email" else ""
            )  # fmt: skip
            roles[column.name] = ColumnRole(
                ours, f"by its name{f'; it holds {content}' if content else ''} ({column.describe()})"
            )
            return


def may_be_weight(column: ColumnProfile) -> bool:
    """Whether it may say how many leads a row represents: numbers above 0 in all rows, few different ones or a sure name.

    >>> sizes = {"rows": 90, "filled": 90, "positive": True}
    >>> [may_be_weight(ColumnProfile("Weight", "number", **sizes, distinct=distinct)) for distinct in (1, 2, 90)]
    [False, True, False]
    """
    is_sure = column.name in Names(read_names()["columns"]["weight"][:_SURE_WEIGHTS])
    is_few = 1 < column.distinct <= _MOST_WEIGHTS
    return column.positive and column.filled == column.rows and (is_few or (is_sure and column.distinct > 1))


def _assign_key(columns: Sequence[ColumnProfile], roles: dict[str, ColumnRole]) -> None:
    if has_role(roles, "lead_id"):
        return
    found = find_key([column for column in columns if column.name not in roles])
    if found is not None:
        roles[found[0].name] = ColumnRole("lead_id", found[1])
        return
    for column in list_unfilled_keys(columns):
        roles.setdefault(column.name, ColumnRole("ignore", f"the name of a key, but {describe_blanks(column)}"))


def _assign_named_outcome(column: ColumnProfile, columns: Sequence[ColumnProfile], roles: dict[str, ColumnRole]) -> None:
    """The outcome that the user named: dates of acceptance, or yes and no; any other outcome is left out."""
    ours = "sql_at" if holds_dates(column) else "outcome"
    holds = "dates" if ours == "sql_at" else describe_values(column.outcome)
    roles[column.name] = ColumnRole(ours, f"named as the outcome; it holds {holds} ({column.describe()})")
    rivals = [candidate.name for candidate in list_candidates(columns, [column.name]) if candidate.rank <= CLEAR]
    rivals += [rival.name for rival in list_named(read_names()["columns"]["sql_at"], columns) if holds_dates(rival)]
    rivals += [name for name in ("sql_at", "outcome") if any(rival.name == name for rival in columns)]
    for name in rivals:
        if name != column.name and roles.get(name, _NO_ROLE).role in {"", "sql_at", "outcome"}:
            roles[name] = ColumnRole("ignore", f"it says what became of a lead, as '{column.name}' does, which is the outcome")


def _assign_outcome(columns: Sequence[ColumnProfile], roles: dict[str, ColumnRole]) -> None:
    """The date of acceptance where leads have a date to count from, else the column that is clearly yes and no."""
    if has_role(roles, "outcome") or has_role(roles, "sql_at"):
        return
    by_place = not (list_refusals(columns, list(roles)) or list_statuses(columns, list(roles)))
    best = choose_candidate(list_candidates(columns, list(roles)), by_place=by_place)
    is_dated = has_role(roles, "mql_at") or list_created(columns, roles)
    if is_dated or best is None or best.rank > CLEAR:
        _assign("sql_at", columns, roles, lambda column: holds_dates(column) and not is_refusal_name(column.name))
        _assign_acceptance(columns, roles)
    if best is not None and not has_role(roles, "sql_at"):
        roles[best.name] = ColumnRole("outcome", _describe_candidate(best))


def _assign_acceptance(columns: Sequence[ColumnProfile], roles: dict[str, ColumnRole]) -> None:
    """The only date that some leads have and that has the words of an acceptance, where none has a usual name."""
    if has_role(roles, "sql_at"):
        return
    free = [column for column in columns if column.name not in roles and holds_dates(column)]
    found = [c for c in free if is_acceptance_name(c.name) and 0 < c.filled < MOST_DATED * c.rows]
    if len(found) == 1:
        why = f"its name has the words of an acceptance; it holds dates ({found[0].describe()}); check it"
        roles[found[0].name] = ColumnRole("sql_at", why, assumed=True)


def _describe_candidate(candidate: OutcomeCandidate) -> str:
    outcome = candidate.column.outcome
    if candidate.rank in {SURE, STAGES, WORDED} and not outcome.single:
        name, holds = candidate.reason.partition(";")[0], f"it holds {describe_outcome(outcome)}"
        return holds if name.startswith("it holds") else f"{name}, and {holds}"
    filled = f" ({format_percent(candidate.column.filled / candidate.column.rows)} filled)" if outcome.single else "; check it"
    return candidate.reason.replace("says so; it", "says so, and it") + filled


def _assign_order(columns: Sequence[ColumnProfile], roles: dict[str, ColumnRole], *, events: bool) -> None:
    """The column that grows with time, where no column says when a lead became an MQL: a date of creation, or a counter.

    The creation counts as the moment of becoming an MQL where that is needed: for a dated outcome, for events, and to distinguish
    the rows of a lead that came more than once. It also does where a few rows lack it: leads without such a moment are left out.
    """
    if has_role(roles, "mql_at") or has_role(roles, "order_by"):
        return
    dated = next(iter(list_created(columns, roles)), None)
    has_blanks = dated is not None and dated.filled < dated.rows
    is_moment = has_role(roles, "sql_at") or events or has_blanks or _comes_again(columns, roles)
    if dated is not None and is_moment:
        roles[dated.name] = ColumnRole(
            "mql_at", "no column says when a lead became an MQL: its creation is used instead; check it", assumed=True
        )
    elif dated is not None:
        roles[dated.name] = ColumnRole("order_by", "a date in every row, which grows as leads come in")
    else:
        counters = [c for c in columns if c.trend and c.whole and c.unique and c.name not in roles]
        for column in counters[:1]:
            way = f"{'grows' if column.trend > 0 else 'falls'} with the rows (rank correlation {column.trend:.3f})"
            why = f"a whole number, unique, that {way}: a counter, which grows as leads come in; nothing else orders them in time"
            roles[column.name] = ColumnRole("order_by", why)


def _comes_again(columns: Sequence[ColumnProfile], roles: Mapping[str, ColumnRole]) -> bool:
    """Whether the key repeats, so that a row is an episode, which only its date distinguishes."""
    return any(c.distinct < c.filled and roles.get(c.name, _NO_ROLE).role == "lead_id" and not c.shape.rounded for c in columns)


def _choose_role(column: ColumnProfile) -> ColumnRole:
    """The role of a column that is none of the contract's: that of the first rule that it meets."""
    names = read_names()["roles"]
    score = column.kind == "number" and names_points(column.name)
    kind = "prose" if column.shape.prose else "a key"
    rules = (
        (
            column.kind == "date" and is_change_name(column.name),
            "ignore",
            "by its name, a date of the last change, as of the export",
        ),
        (not column.filled or column.distinct == 1, "attribute", f"no information: {column.describe()}"),
        (column.name in Names(names["protected"]), "protected", "a protected attribute: no feature, kept to compare groups"),
        (bool(column.denied), "ignore", column.denied),
        (column.shape.emails, "ignore", "it holds e-mail addresses, which say who a person is"),
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
