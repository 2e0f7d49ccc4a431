"""The tables of the store: scores as they were answered, what came of leads, and who was erased."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa

OutcomeKind = Literal["accepted", "recycled", "opportunity"]
FIRST, HEAD = "0001", "0002"  # versions of the schema: that of databases from before versions were counted, and the newest
VERSION_TABLE = "predictor_version"  # not Alembic's usual name, so that a database can be shared with MLflow, which uses that


class Moment(sa.TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no zone, so it is put back when read."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """As it is written."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """As it is read."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


META = sa.MetaData()
SCORES = sa.Table(
    "scores",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "answer_id", sa.String(36), nullable=False, unique=True, index=True
    ),  # made when answered: written twice, it is there once
    sa.Column("lead_id", sa.String(200), nullable=False, index=True),
    sa.Column("as_of", Moment, nullable=False),
    sa.Column("scored_at", Moment, nullable=False, index=True),
    sa.Column("probability", sa.Float, nullable=False),
    sa.Column("low", sa.Float, nullable=False),
    sa.Column("high", sa.Float, nullable=False),
    sa.Column("threshold", sa.Float, nullable=False),
    sa.Column("decision", sa.String(20), nullable=False),
    sa.Column("grade", sa.String(10), nullable=False),
    sa.Column("points", sa.Float),
    sa.Column("points_decision", sa.String(20)),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column(
        "explore", sa.Boolean, nullable=False
    ),  # handed to sales by lot, so that what the model holds back has outcomes too
    sa.Column("explore_rate", sa.Float),  # the chance of that
    sa.Column("challenger", sa.String(200)),  # a model that scored in the shadow, and what it said
    sa.Column("challenger_probability", sa.Float),
    sa.Column("features", sa.JSON(none_as_null=True)),  # what the model looked at, by name
)
OUTCOMES = sa.Table(
    "outcomes",
    META,
    sa.Column("lead_id", sa.String(200), primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("occurred_at", Moment, nullable=False),
    sa.Column("reason", sa.String(100)),
    sa.Column("amount", sa.Float),
    sa.Column("told_at", Moment, nullable=False, index=True),  # of two, the one told later stands, whichever is written first
)
ERASURES = sa.Table(
    "erasures",
    META,
    sa.Column("lead_key", sa.String(64), primary_key=True),
    sa.Column("erased_at", Moment, nullable=False),
)


def hash_lead(lead_id: str) -> str:
    """What is kept of a lead that was erased, so that no record of before comes back: a hash, not its key.

    >>> hash_lead("A17")[:12], len(hash_lead("A17"))
    ('74be068977da', 64)
    """
    return hashlib.sha256(lead_id.encode("utf-8", "surrogatepass")).hexdigest()
