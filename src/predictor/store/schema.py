"""The tables of the store: scores, outcomes, erasures, the record of who did what, and messages that wait for their receiver."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa

OutcomeKind = Literal["contacted", "accepted", "recycled", "opportunity"]
TOUCHING: tuple[OutcomeKind, ...] = ("contacted", "accepted", "recycled", "opportunity")  # sales has looked at the lead
ReportKind = Literal["contacted", "accepted", "recycled", "opportunity", "withdrawn"]
AuditAction = Literal[
    "lead exported", "lead erased", "rule set", "rule rolled back", "model promoted", "model rolled back", "challenger set",
    "key added", "key revoked", "advice changed",
]  # fmt: skip
FIRST, HEAD = "0001", "0006"  # versions of the schema: databases without a version number have the first one
VERSION_TABLE = "predictor_version"  # not Alembic's default, which MLflow uses, so that both can share a database


class Moment(sa.TypeDecorator[datetime]):
    """A moment in UTC. SQLite stores no timezone, so UTC is set again on reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """The value to write."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """The value that was read."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


META = sa.MetaData()
SCORES = sa.Table(
    "scores",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("answer_id", sa.String(36), nullable=False, unique=True, index=True),  # an answer written twice is stored once
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
    sa.Column("explore", sa.Boolean, nullable=False),  # handed to sales at random, so that low scores have outcomes too
    sa.Column("explore_rate", sa.Float),  # the chance of that
    sa.Column("challenger", sa.String(200)),  # a model that scored in the shadow
    sa.Column("challenger_probability", sa.Float),
    sa.Column("features", sa.JSON(none_as_null=True)),  # name -> value
    sa.Column("account", sa.String(200), index=True),  # of the lead, where the model looks at its other leads
)
OUTCOMES = sa.Table(  # every report of the CRM, none is changed; `outcome_history.py` says which of them count
    "outcomes",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("outcome_id", sa.String(36), nullable=False, unique=True, index=True),  # a report written twice is stored once
    sa.Column("digest", sa.String(64), nullable=False),  # of what it says, so that a repetition is not stored again
    sa.Column("lead_id", sa.String(200), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("occurred_at", Moment),  # as reported; missing if the report had no date
    sa.Column("episode", Moment),  # `as_of` of the score that the report names
    sa.Column("replaces", sa.String(36)),  # the outcome that it corrects or takes back
    sa.Column("withdraws", sa.String(20)),  # the kind of outcome that it takes back
    sa.Column("reason", sa.String(100)),
    sa.Column("amount", sa.Float),
    sa.Column("currency", sa.String(3)),
    sa.Column("told_at", Moment, nullable=False, index=True),
)
ERASURES = sa.Table(
    "erasures",
    META,
    sa.Column("lead_key", sa.String(64), primary_key=True),
    sa.Column("erased_at", Moment, nullable=False),
)
AUDIT = sa.Table(  # no personal value: a lead is named by its hash
    "audit",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("entry_id", sa.String(36), nullable=False, unique=True, index=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),  # the name of a key, or `command line`
    sa.Column("lead_key", sa.String(64)),
    sa.Column("details", sa.JSON(none_as_null=True)),
)
STANDINGS = sa.Table(  # on which side of the threshold each lead is, as it was announced
    "standings",
    META,
    sa.Column("lead_id", sa.String(200), primary_key=True),
    sa.Column("decision", sa.String(20), nullable=False),
    sa.Column("as_of", Moment, nullable=False),  # of the newest score
    sa.Column("scored_at", Moment, nullable=False),
)
WEBHOOKS = sa.Table(  # messages about leads, which wait until their receiver has taken them
    "webhooks",
    META,
    sa.Column("id", sa.Integer, primary_key=True),  # messages about one lead are sent in this order
    sa.Column("message_id", sa.String(60), nullable=False),
    sa.Column("receiver", sa.String(64), nullable=False),  # a hash of its URL, which may hold a secret
    sa.Column("lead_id", sa.String(200), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("scored_at", Moment, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("refusals", sa.Integer, nullable=False, server_default="0"),  # of the attempts: those that the receiver answered
    sa.Column("next_at", Moment, nullable=False),  # not before it is sent; while a process sends it, no other one does
    sa.Index("ix_webhooks_receiver_lead_id", "receiver", "lead_id"),
    sa.Index("ix_webhooks_message_id", "message_id", "receiver", unique=True),
)
PROGRESS = sa.Table(  # up to which score it was checked whether leads crossed the threshold; empty until the first webhook
    "webhook_progress",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("last_score", sa.Integer, nullable=False),
)


def hash_lead(lead_id: str) -> str:
    """The hash that identifies an erased lead, so that its earlier records stay deleted without storing its key.

    >>> hash_lead("A17")[:12], len(hash_lead("A17"))
    ('74be068977da', 64)
    """
    return hashlib.sha256(lead_id.encode("utf-8", "surrogatepass")).hexdigest()
