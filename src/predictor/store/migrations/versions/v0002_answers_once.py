"""Each answer once, with its features; outcomes with the moment of their report; a table of erasures."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from predictor.store.migrations.moment import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns, fill them in existing rows, and create the table of erasures."""
    _widen_scores()
    _widen_outcomes()
    op.create_table(
        "erasures",
        sa.Column("lead_key", sa.String(64), primary_key=True),
        sa.Column("erased_at", Moment, nullable=False),
    )


def _widen_scores() -> None:
    op.add_column("scores", sa.Column("answer_id", sa.String(36)))
    op.add_column("scores", sa.Column("explore", sa.Boolean, nullable=False, server_default=sa.false()))
    for name in ("explore_rate", "challenger_probability"):
        op.add_column("scores", sa.Column(name, sa.Float))
    op.add_column("scores", sa.Column("challenger", sa.String(200)))
    op.add_column("scores", sa.Column("features", sa.JSON))
    scores = sa.table("scores", sa.column("id", sa.Integer), sa.column("answer_id", sa.String))
    existing = op.get_bind().execute(sa.select(scores.c.id)).scalars().all()
    if existing:
        new_ids = [{"row": row, "new_id": str(uuid4())} for row in existing]
        update = sa.update(scores).where(scores.c.id == sa.bindparam("row")).values(answer_id=sa.bindparam("new_id"))
        op.get_bind().execute(update, new_ids)
    with op.batch_alter_table("scores") as table:
        table.alter_column("answer_id", existing_type=sa.String(36), nullable=False)
    op.create_index("ix_scores_answer_id", "scores", ["answer_id"], unique=True)
    op.create_index("ix_scores_scored_at", "scores", ["scored_at"])


def _widen_outcomes() -> None:
    op.add_column("outcomes", sa.Column("told_at", Moment))
    op.execute("UPDATE outcomes SET told_at = occurred_at")
    with op.batch_alter_table("outcomes") as table:
        table.alter_column("told_at", existing_type=Moment(), nullable=False)
    op.create_index("ix_outcomes_told_at", "outcomes", ["told_at"])
