"""Writes within one transaction: scores, reports of outcomes and audit entries, each once; and the erasure of a lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from predictor.data.lead_keys import list_spellings, to_key
from predictor.store.outcome_history import choose_new, complete_row
from predictor.store.records import Record
from predictor.store.schema import AUDIT, ERASURES, OUTCOMES, SCORES, STANDINGS, WEBHOOKS, hash_lead

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class ErasureResult:
    """What an erasure has deleted.

    Attributes:
        scores: Rows deleted from the database.
        outcomes: Likewise.
        waiting: Records deleted from the spool.
        done: False if the database was away. The erasure then waits in the spool until it is back.
    """

    scores: int = 0
    outcomes: int = 0
    waiting: int = 0
    done: bool = True


def write_records(connection: sa.Connection, records: Sequence[Record]) -> None:
    """Write records that are not there yet. Records from before the erasure of their lead are left out.

    Args:
        connection: In a transaction under the lock for writing.
        records: The records.
    """
    for record in records:
        if record.kind == "erase":
            erase_lead(connection, record.lead_id, record.made_at)
    erasures = _list_erasures(connection, {record.lead_id for record in records})
    rows: dict[str, list[dict[str, Any]]] = {"score": [], "outcome": [], "erase": [], "audit": []}
    for record in records:
        if record.kind == "audit":
            rows["audit"].append(dict(record.row))
            continue
        erased_at = erasures.get(record.lead_id)
        if erased_at is None or record.made_at > erased_at:
            later = {"account": None} if record.kind == "score" else {}  # columns that records of earlier versions lack
            rows[record.kind].append({**later, **record.row, "lead_id": record.lead_id})
    if rows["score"]:
        connection.execute(_insert_scores(connection), rows["score"])
    if rows["outcome"]:
        _insert_outcomes(connection, [complete_row(row) for row in rows["outcome"]])
    if rows["audit"]:
        connection.execute(_insert(connection, AUDIT).on_conflict_do_nothing(index_elements=["entry_id"]), rows["audit"])


def erase_lead(connection: sa.Connection, lead_id: str, at: datetime) -> ErasureResult:
    """Delete all records of a lead up to a moment, and store its hash, so that they are not written again."""
    new = _insert(connection, ERASURES).values(lead_key=hash_lead(to_key(lead_id)), erased_at=at)
    is_later = new.excluded.erased_at > ERASURES.c.erased_at
    values = {"erased_at": new.excluded.erased_at}
    connection.execute(new.on_conflict_do_update(index_elements=["lead_key"], set_=values, where=is_later))
    spellings = list_spellings(lead_id)  # rows of earlier versions have the id as it was sent
    scores = connection.execute(sa.delete(SCORES).where(SCORES.c.lead_id.in_(spellings), SCORES.c.scored_at <= at)).rowcount
    of_lead = OUTCOMES.c.lead_id.in_(spellings)
    outcomes = connection.execute(sa.delete(OUTCOMES).where(of_lead, OUTCOMES.c.told_at <= at)).rowcount
    connection.execute(sa.delete(STANDINGS).where(STANDINGS.c.lead_id.in_(spellings), STANDINGS.c.scored_at <= at))
    connection.execute(sa.delete(WEBHOOKS).where(WEBHOOKS.c.lead_id.in_(spellings), WEBHOOKS.c.scored_at <= at))
    return ErasureResult(scores, outcomes)


def _insert(connection: sa.Connection, table: sa.Table) -> Any:  # noqa: ANN401  each dialect has a class of its own
    return _INSERTS[connection.dialect.name](table)


def _insert_scores(connection: sa.Connection) -> sa.Executable:
    """With RETURNING, SQLAlchemy writes many rows a statement, which interrupts the threads that answer less often."""
    new = _insert(connection, SCORES).on_conflict_do_nothing(index_elements=["answer_id"])
    can_return = connection.dialect.insert_executemany_returning  # SQLite from 3.35
    insert: sa.Executable = new.returning(SCORES.c.id) if can_return else new
    return insert


def _insert_outcomes(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write the reports that say something new. Other servers wait meanwhile, so none writes the same."""
    spellings = {spelling for row in rows for spelling in list_spellings(row["lead_id"])}
    columns = [OUTCOMES.c[name] for name in ("lead_id", "kind", "told_at", "outcome_id", "digest")]
    earlier = sa.select(*columns).where(OUTCOMES.c.lead_id.in_(spellings))
    stored = [dict(row) for row in connection.execute(earlier).mappings()]
    undated = {spelling for row in rows if row["occurred_at"] is None for spelling in list_spellings(row["lead_id"])}
    scores = sa.select(SCORES.c.lead_id, SCORES.c.scored_at).where(SCORES.c.lead_id.in_(undated))
    scored_at: dict[str, list[datetime]] = {}
    for lead_id, moment in connection.execute(scores):
        scored_at.setdefault(to_key(lead_id), []).append(moment)
    new = [{name: value for name, value in row.items() if name != "has_key"} for row in choose_new(rows, stored, scored_at)]
    if new:
        connection.execute(_insert(connection, OUTCOMES).on_conflict_do_nothing(index_elements=["outcome_id"]), new)


def _list_erasures(connection: sa.Connection, lead_ids: set[str]) -> dict[str, datetime]:
    """Lead -> moment of its latest erasure, of those leads that were erased."""
    leads = {hash_lead(spelling): lead_id for lead_id in lead_ids for spelling in list_spellings(lead_id)}
    of_leads = ERASURES.c.lead_key.in_(list(leads))
    rows = connection.execute(sa.select(ERASURES.c.lead_key, ERASURES.c.erased_at).where(of_leads).order_by(ERASURES.c.erased_at))
    return {leads[row.lead_key]: row.erased_at for row in rows}
