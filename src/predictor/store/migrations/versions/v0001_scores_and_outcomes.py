"""The first tables: scores and outcomes."""

import sqlalchemy as sa
from alembic import op

from predictor.store.migrations.moment import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "scores",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("lead_id", sa.String(200), nullable=False, index=True),
        sa.Column("as_of", Moment, nullable=False),
        sa.Column("scored_at", Moment, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("low", sa.Float, nullable=False),
        sa.Column("high", sa.Float, nullable=False),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("grade", sa.String(10), nullable=False),
        sa.Column("points", sa.Float),
        sa.Column("points_decision", sa.String(20)),
        sa.Column("model", sa.String(200), nullable=False),
    )
    op.create_table(
        "outcomes",
        sa.Column("lead_id", sa.String(200), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("occurred_at", Moment, nullable=False),
        sa.Column("reason", sa.String(100)),
        sa.Column("amount", sa.Float),
    )
