"""Webhooks: on which side of the threshold each lead is, and messages that wait for their receiver."""

import sqlalchemy as sa
from alembic import op

from predictor.store.migrations.moment import Moment

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "standings",
        sa.Column("lead_id", sa.String(200), primary_key=True),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("as_of", Moment, nullable=False),
        sa.Column("scored_at", Moment, nullable=False),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("message_id", sa.String(60), nullable=False),
        sa.Column("receiver", sa.String(64), nullable=False),
        sa.Column("lead_id", sa.String(200), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("scored_at", Moment, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", Moment, nullable=False),
    )
    op.create_index("ix_webhooks_receiver_lead_id", "webhooks", ["receiver", "lead_id"])
    op.create_index("ix_webhooks_message_id", "webhooks", ["message_id", "receiver"], unique=True)
    op.create_table(
        "webhook_progress",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("last_score", sa.Integer, nullable=False),
    )
