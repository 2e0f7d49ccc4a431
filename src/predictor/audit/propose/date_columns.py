"""The columns of an export that hold dates, and those that say when a lead was created."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from predictor.audit.propose.column_role import ColumnRole
from predictor.audit.propose.date_names import is_change_name, is_creation_name
from predictor.audit.propose.names import list_named, read_names
from predictor.audit.propose.profile import ColumnProfile
from predictor.core.cell_formats import DATE_FORMATS
from predictor.data.denied_columns import deny_category, deny_reason
from predictor.data.lead_facts import LEAD_FACTS

TIMES = ("mql_at", "sql_at", "recycled_at", "opportunity_at")
MOST_DATED = 0.95  # share of rows with a date of creation from which the others are faults
_NEVER_DATES = {"personal", "export_time", "sales"}


def list_open_dates(columns: Sequence[ColumnProfile], roles: Mapping[str, ColumnRole]) -> list[ColumnProfile]:
    """The columns of dates that may be a date of the contract: without such a role, and not as of the export."""
    contract = {name for name, column in roles.items() if column.role in LEAD_FACTS}
    free = [column for column in columns if column.name not in contract and deny_category(column.name) not in _NEVER_DATES]
    return [column for column in free if (column.kind == "date" or column.mostly_dates) and not is_change_name(column.name)]


def holds_dates(column: ColumnProfile) -> bool:
    """Whether it holds dates, though some cells may be none: the contract counts those.

    >>> holds_dates(ColumnProfile("Won Date", "date", rows=9, filled=3, distinct=3))
    True
    """
    is_dated = column.format is not None and not column.format.is_number and column.format.format in {None, *DATE_FORMATS}
    return column.kind == "date" or column.mostly_dates or (is_dated and column.filled > 0)


def list_created(columns: Sequence[ColumnProfile], roles: Mapping[str, ColumnRole]) -> list[ColumnProfile]:
    """The columns that say when a lead was created: those of every row first, then those that a few rows lack.

    By their names, or else the only date that grows with the rows; of several the first, where none may be the outcome: they give
    the leads one order.
    """
    open_dates = {column.name for column in list_open_dates(columns, roles)} - set(roles)
    dated = [c for c in columns if c.name in open_dates and c.kind == "date" and c.filled >= MOST_DATED * c.rows]
    named = [column for column in dated if is_creation_name(column.name)]
    named += [column for column in list_named(read_names()["columns"]["created"], dated) if column not in named]
    is_settled = any(column.role == "outcome" for column in roles.values())
    growing = [column for column in dated if column.trend > 0 and deny_reason(column.name) is None]
    return sorted(named, key=lambda column: column.filled < column.rows) or growing[: 1 if len(growing) == 1 or is_settled else 0]
