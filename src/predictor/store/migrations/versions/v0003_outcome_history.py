"""Outcomes as a history: a row for each report instead of one for each lead and kind; and the record of who did what."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from predictor.store.migrations.moment import Moment
from predictor.store.outcome_history import complete_row

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables; the outcomes so far become the first reports of their history."""
    rows = _read_outcomes()
    op.drop_table("outcomes")  # its indexes too, whose names the new table takes
    op.create_table(
        "outcomes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("outcome_id", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("lead_id", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("occurred_at", Moment),
        sa.Column("episode", Moment),
        sa.Column("replaces", sa.String(36)),
        sa.Column("withdraws", sa.String(20)),
        sa.Column("reason", sa.String(100)),
        sa.Column("amount", sa.Float),
        sa.Column("currency", sa.String(3)),
        sa.Column("told_at", Moment, nullable=False),
    )
    op.create_index("ix_outcomes_outcome_id", "outcomes", ["outcome_id"], unique=True)
    op.create_index("ix_outcomes_lead_id", "outcomes", ["lead_id"])
    op.create_index("ix_outcomes_told_at", "outcomes", ["told_at"])
    if rows:
        op.bulk_insert(_describe_outcomes(*rows[0]), rows)
    _create_audit()


def _describe_outcomes(*names: str) -> sa.TableClause:
    moments = {"occurred_at", "told_at", "episode"}
    return sa.table("outcomes", *(sa.column(name, Moment if name in moments else None) for name in names))


def _read_outcomes() -> list[dict[str, Any]]:
    """The rows so far. Each keeps its date, which also stands for the moment of the report where that was not stored."""
    old = _describe_outcomes("lead_id", "kind", "occurred_at", "reason", "amount", "told_at")
    rows = op.get_bind().execute(sa.select(*old.c).order_by(old.c.told_at)).mappings().all()
    completed = [{**complete_row(dict(row)), "occurred_at": row["occurred_at"]} for row in rows]
    return [{name: value for name, value in row.items() if name != "has_key"} for row in completed]


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("entry_id", sa.String(36), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("lead_key", sa.String(64)),
        sa.Column("details", sa.JSON),
    )
    op.create_index("ix_audit_entry_id", "audit", ["entry_id"], unique=True)
    op.create_index("ix_audit_at", "audit", ["at"])
