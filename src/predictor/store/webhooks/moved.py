"""The message that the monitor advises to act: sent once when that begins, and again only after it has ended or changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from predictor.core.ids import make_uuid
from predictor.store.database import Database
from predictor.store.schema import AUDIT, WEBHOOKS, AuditAction

EVENT_TYPE = "monitor.moved"
_ACTION: AuditAction = "advice changed"
_NO_LEAD = ""  # the message is about no lead


@dataclass(frozen=True, kw_only=True)
class News:
    """What the monitor advises.

    Attributes:
        model: The bundle that serves.
        advice: What to do, in two or three words.
        reasons: Why, a sentence each.
        moved: Whether somebody should act.
        until: The moment up to which outcomes are known, in UTC.
    """

    model: str
    advice: str
    reasons: tuple[str, ...]
    moved: bool
    until: datetime


def write_news(database: Database, receivers: Sequence[str], news: News) -> bool:
    """Write a message for each receiver if the advice is to act and was another one before; returns whether it did.

    The record of who did what holds each change of the advice, so that a schedule that looks every hour announces it once.

    Args:
        database: Of scores and messages.
        receivers: The hashes of the addresses.
        news: What the monitor advises now.

    Raises:
        StoreError: The database cannot be used now.
    """
    state = {"model": news.model, "advice": news.advice, "moved": news.moved}
    with database.begin(writes=True) as connection:
        last = sa.select(AUDIT.c.details).where(AUDIT.c.action == _ACTION).order_by(AUDIT.c.id.desc()).limit(1)
        before = connection.execute(last).scalar_one_or_none() or {"moved": False}
        if before == state or not (news.moved or before["moved"]):
            return False
        entry_id = make_uuid()
        entry = {"entry_id": entry_id, "at": news.until, "action": _ACTION, "actor": "command line", "lead_key": None}
        connection.execute(sa.insert(AUDIT), {**entry, "details": state})
        messages = [_make_message(entry_id, receiver, news) for receiver in receivers]
        if news.moved and messages:
            connection.execute(sa.insert(WEBHOOKS), messages)
        return news.moved


def _make_message(entry_id: str, receiver: str, news: News) -> dict[str, Any]:
    data = {"model": news.model, "advice": news.advice, "reasons": news.reasons}
    moment = news.until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "message_id": f"msg_{entry_id}", "receiver": receiver, "lead_id": _NO_LEAD,
        "body": json.dumps({"type": EVENT_TYPE, "timestamp": moment, "data": data}, ensure_ascii=False),
        "scored_at": news.until, "created_at": news.until, "attempts": 0, "next_at": news.until,
    }  # fmt: skip
