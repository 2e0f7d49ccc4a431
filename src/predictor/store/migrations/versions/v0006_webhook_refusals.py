"""How often its receiver refused a message, apart from the attempts at a receiver that was away."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; messages that wait begin with none."""
    op.add_column("webhooks", sa.Column("refusals", sa.Integer, nullable=False, server_default="0"))
