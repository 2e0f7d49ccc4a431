"""Which leads crossed the threshold: stored scores are read in order, and a lead that changed sides gets a message.

A lead is above from the score that hands it to sales. It is below again when a score holds it back and its probability is not
within the band under the threshold, so that small changes back and forth announce nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from predictor.data.lead_keys import list_spellings, to_key
from predictor.scoring.answer import Decision
from predictor.store.schema import PROGRESS, SCORES, STANDINGS, WEBHOOKS

EVENT_TYPE = "lead.threshold_crossed"
_BATCH = 500  # scores of a transaction
_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_READ = (
    "id", "answer_id", "lead_id", "as_of", "scored_at", "probability", "threshold", "decision", "explore", "grade", "points",
    "model",
)  # fmt: skip
_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """On which side of the threshold a lead is.

    Attributes:
        decision: `route_to_sales` above, `nurture` below.
        newest: `as_of` and `scored_at` of its newest score.
    """

    decision: Decision
    newest: tuple[datetime, datetime]


def find_side(row: _Row, before: Decision, band: float) -> Decision:
    """On which side of the threshold a score puts a lead.

    Args:
        row: A stored score.
        before: The side where the lead was.
        band: How far below the threshold a lead that was above still counts as above.

    >>> row = {"decision": "nurture", "probability": 0.24, "threshold": 0.25}
    >>> find_side(row, "route_to_sales", 0.02), find_side(row, "route_to_sales", 0.01), find_side(row, "nurture", 0.02)
    ('route_to_sales', 'nurture', 'nurture')
    """
    within = row["threshold"] - band < row["probability"] < row["threshold"]
    decision: Decision = row["decision"]
    return before if decision == "nurture" and within else decision


def list_crossings(rows: Iterable[_Row], standings: dict[str, Standing], band: float) -> list[_Row]:
    """The scores at which a lead changed sides; `standings` is brought up to date.

    A lead without a standing was below. A score for an earlier moment than the newest one says nothing of where a lead is now.

    Args:
        rows: Stored scores.
        standings: Key of a lead -> where it stands.
        band: See `find_side`.
    """
    crossings = list[_Row]()
    for row in sorted(rows, key=lambda row: (row["as_of"], row["scored_at"], row["id"])):
        lead, moment = to_key(row["lead_id"]), (row["as_of"], row["scored_at"])
        earlier = standings.get(lead)
        if earlier is not None and moment < earlier.newest:
            continue
        before: Decision = "nurture" if earlier is None else earlier.decision
        side = find_side(row, before, band)
        standings[lead] = Standing(side, moment)
        if side != before:
            crossings.append({**row, "lead_id": lead, "side": side})
    return crossings


def write_body(crossing: _Row, features: Sequence[str] = ()) -> str:
    """The message about a crossing, as JSON. It holds no value of the lead except its key and the named features.

    Args:
        crossing: A row of `list_crossings`.
        features: Names of the features whose values go along; one that was not stored is null.
    """
    names = ("lead_id", "probability", "threshold", "decision", "explore", "grade", "points", "model", "answer_id")
    data = {name: crossing[name] for name in names}
    data["direction"] = "up" if crossing["side"] == "route_to_sales" else "down"
    data["as_of"], data["scored_at"] = (_write_moment(crossing[name]) for name in ("as_of", "scored_at"))
    if features:
        stored = crossing["features"] or {}
        data["features"] = {name: stored.get(name) for name in features}
    return json.dumps({"type": EVENT_TYPE, "timestamp": data["scored_at"], "data": data}, ensure_ascii=False)


def _write_moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def start_progress(connection: sa.Connection) -> None:
    """Begin at the newest score of the store, unless there is a beginning already: the past is not announced."""
    newest = connection.execute(sa.select(sa.func.max(SCORES.c.id))).scalar_one()
    new = _insert(connection, PROGRESS).values(id=1, last_score=newest or 0)
    connection.execute(new.on_conflict_do_nothing(index_elements=["id"]))


def has_new_scores(connection: sa.Connection) -> bool:
    """Whether there are scores that were not checked yet."""
    checked = sa.select(PROGRESS.c.last_score).scalar_subquery()
    return connection.execute(sa.select(SCORES.c.id).where(SCORES.c.id > checked).limit(1)).scalar_one_or_none() is not None


def write_messages(connection: sa.Connection, receivers: Sequence[str], *, band: float, features: Sequence[str]) -> int:
    """Write the messages about the next scores that were not checked yet; returns how many scores these were.

    Args:
        connection: In a transaction under the lock for writing.
        receivers: The hashes of the addresses.
        band: See `find_side`.
        features: See `write_body`.
    """
    last = connection.execute(sa.select(PROGRESS.c.last_score)).scalar_one()
    columns = [SCORES.c[name] for name in (*_READ, *(["features"] if features else []))]
    found = sa.select(*columns).where(SCORES.c.id > last).order_by(SCORES.c.id).limit(_BATCH)
    rows = [dict(row) for row in connection.execute(found).mappings()]
    if not rows:
        return 0
    standings = _read_standings(connection, {to_key(row["lead_id"]) for row in rows}, last)
    crossings = list_crossings(rows, standings, band)
    _save_standings(connection, standings)
    now = datetime.now(UTC)
    messages = [
        {"message_id": f"msg_{row['answer_id']}", "receiver": receiver, "lead_id": row["lead_id"],
         "body": write_body(row, features), "scored_at": row["scored_at"], "created_at": now, "attempts": 0, "next_at": now}
        for row in crossings for receiver in receivers
    ]  # fmt: skip
    if messages:
        connection.execute(_insert(connection, WEBHOOKS).on_conflict_do_nothing(), messages)
    connection.execute(sa.update(PROGRESS).values(last_score=rows[-1]["id"]))
    return len(rows)


def _read_standings(connection: sa.Connection, leads: set[str], last: int) -> dict[str, Standing]:
    """Where leads stand. One that was not scored since the first webhook stands where its newest earlier score put it."""
    stored = connection.execute(sa.select(STANDINGS).where(STANDINGS.c.lead_id.in_(leads))).mappings()
    standings = {row["lead_id"]: Standing(row["decision"], (row["as_of"], row["scored_at"])) for row in stored}
    spellings = [spelling for lead in leads - set(standings) for spelling in list_spellings(lead)]
    columns = (SCORES.c.lead_id, SCORES.c.decision, SCORES.c.as_of, SCORES.c.scored_at)
    order = (SCORES.c.as_of.desc(), SCORES.c.scored_at.desc(), SCORES.c.id.desc())
    place = sa.func.row_number().over(partition_by=SCORES.c.lead_id, order_by=order).label("place")
    ranked = sa.select(*columns, place).where(SCORES.c.lead_id.in_(spellings), SCORES.c.id <= last).subquery()
    for row in connection.execute(sa.select(ranked).where(ranked.c.place == 1)).mappings():
        standing, lead = Standing(row["decision"], (row["as_of"], row["scored_at"])), to_key(row["lead_id"])
        standings[lead] = max(standing, standings.get(lead, standing), key=lambda each: each.newest)
    return standings


def _save_standings(connection: sa.Connection, standings: Mapping[str, Standing]) -> None:
    rows = [
        {"lead_id": lead, "decision": standing.decision, "as_of": standing.newest[0], "scored_at": standing.newest[1]}
        for lead, standing in standings.items()
    ]
    new = _insert(connection, STANDINGS)
    values = {name: new.excluded[name] for name in ("decision", "as_of", "scored_at")}
    connection.execute(new.on_conflict_do_update(index_elements=["lead_id"], set_=values), rows)


def _insert(connection: sa.Connection, table: sa.Table) -> Any:  # noqa: ANN401  each dialect has a class of its own
    return _INSERTS[connection.dialect.name](table)
