"""The account of each scored lead, so that the features of its other leads can be computed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; it stays empty in rows that exist."""
    op.add_column("scores", sa.Column("account", sa.String(200)))
    op.create_index("ix_scores_account", "scores", ["account"])
