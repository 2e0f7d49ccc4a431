"""The store: what was promised of each lead, and what came of it, in a database; no attribute and no e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError

from predictor.answer import Answer
from predictor.errors import StoreError

OutcomeKind = Literal["accepted", "recycled", "opportunity"]
_DO = "Mend that, or name another database in store.url, as sqlite:////data/scores.db."


class _Moment(sa.TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no zone, so it is put back when read."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_META = sa.MetaData()
SCORES = sa.Table(
    "scores",
    _META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("lead_id", sa.String(200), nullable=False, index=True),
    sa.Column("as_of", _Moment, nullable=False),
    sa.Column("scored_at", _Moment, nullable=False),
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
OUTCOMES = sa.Table(
    "outcomes",
    _META,
    sa.Column("lead_id", sa.String(200), primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("occurred_at", _Moment, nullable=False),
    sa.Column("reason", sa.String(100)),
    sa.Column("amount", sa.Float),
)


class Store:
    """Scores and outcomes in a database, which is opened, and made where it lacks, when it is first needed."""

    def __init__(self, url: str | sa.URL) -> None:
        """Name the database.

        Args:
            url: As SQLAlchemy writes it.

        Raises:
            StoreError: The sa.URL cannot be read, or its driver is not installed.
        """
        try:
            self._url = sa.make_url(url)
            self._engine = sa.create_engine(self._url)
        except ArgumentError:
            raise StoreError(f"The URL of the store cannot be read. {_DO}") from None
        except ImportError as error:
            raise StoreError(f"The store needs the driver '{error.name}', which is not installed. Install it. {_DO}") from None
        self._ready = False
        if self._url.get_backend_name() == "sqlite":
            sa.event.listen(self._engine, "connect", _set_up_sqlite)

    @classmethod
    def beside(cls, folder: Path) -> Store:
        """The store in the file `scores.db` of a folder, where no database is named."""
        return cls(sa.URL.create("sqlite", database=str(folder.absolute() / "scores.db")))

    def close(self) -> None:
        """Let go of the database; it is opened again when needed."""
        self._engine.dispose()

    def save_score(self, answer: Answer, *, as_of: datetime, scored_at: datetime, model: str) -> None:
        """Keep one answer.

        Args:
            answer: What was answered.
            as_of: The moment it speaks of, with a zone.
            scored_at: The moment it was given, with a zone.
            model: The version of the model that gave it.

        Raises:
            StoreError: The database cannot be used.
        """
        self.save_scores([(answer, as_of)], scored_at=scored_at, model=model)

    def save_scores(self, answers: Iterable[tuple[Answer, datetime]], *, scored_at: datetime, model: str) -> None:
        """Keep answers, all or none of them; arguments as `save_score`, each answer with its `as_of`.

        Raises:
            StoreError: The database cannot be used.
        """
        rows = [_describe(answer) | {"as_of": as_of, "scored_at": scored_at, "model": model} for answer, as_of in answers]
        if rows:
            with self._begin() as connection:
                connection.execute(sa.insert(SCORES), rows)

    def save_outcome(
        self, lead_id: str, kind: OutcomeKind, *, occurred_at: datetime, reason: str | None = None, amount: float | None = None
    ) -> None:
        """Keep what came of a lead; sent again for the same lead and kind, the latest stands.

        Args:
            lead_id: The CRM's key.
            kind: What sales did.
            occurred_at: When, with a zone.
            reason: Why it was recycled; None where nobody said.
            amount: Of an opportunity; None where unknown.

        Raises:
            StoreError: The database cannot be used.
        """
        row = {"lead_id": lead_id, "kind": kind, "occurred_at": occurred_at, "reason": reason, "amount": amount}
        same = (OUTCOMES.c.lead_id == lead_id) & (OUTCOMES.c.kind == kind)
        try:
            with self._begin() as connection:
                if connection.execute(sa.update(OUTCOMES).where(same).values(row)).rowcount == 0:
                    connection.execute(sa.insert(OUTCOMES), row)
        except _TakenError:  # another process has just sent the same
            with self._begin() as connection:
                connection.execute(sa.update(OUTCOMES).where(same).values(row))

    def load_scores(self) -> pd.DataFrame:
        """All scores, oldest first, a row each; moments in UTC.

        Raises:
            StoreError: The database cannot be used.
        """
        return self._load(SCORES, SCORES.c.id).drop(columns="id")

    def load_outcomes(self) -> pd.DataFrame:
        """All outcomes, oldest first, a row for each lead and kind; moments in UTC.

        Raises:
            StoreError: The database cannot be used.
        """
        return self._load(OUTCOMES, OUTCOMES.c.occurred_at)

    def _load(self, table: sa.Table, order: sa.Column[Any]) -> pd.DataFrame:
        with self._begin() as connection:
            rows = connection.execute(sa.select(table).order_by(order)).all()
        frame = pd.DataFrame.from_records(rows, columns=list(table.c.keys()))
        return frame.astype({column.name: _DTYPES[type(column.type)] for column in table.c})

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        """A transaction on tables that are there; whatever the database refuses becomes words."""
        try:
            self._prepare()
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError as error:
            raise _TakenError(_say(error)) from None
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(_say(error)) from None

    def _prepare(self) -> None:
        if self._ready:
            return
        if self._url.get_backend_name() == "sqlite" and self._url.database:
            Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
        _META.create_all(self._engine)
        self._ready = True


class _TakenError(StoreError):
    """The row is there already."""


_DTYPES = {sa.Integer: "int64", sa.Float: "float64", sa.String: "str", _Moment: "datetime64[us, UTC]"}


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  DBAPI's own, which has no type
    """Readers and the writer do not wait for one another, and two writers wait for a while."""
    for pragma in ("busy_timeout = 5000", "journal_mode = WAL", "synchronous = NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def _describe(answer: Answer) -> dict[str, Any]:
    """The row of an answer, but for its moments and its model."""
    low, high = answer.interval
    points = answer.points
    return {
        "lead_id": answer.lead_id, "probability": answer.probability, "low": low, "high": high, "threshold": answer.threshold,
        "decision": answer.decision, "grade": answer.grade,
        "points": None if points is None else points.total, "points_decision": None if points is None else points.decision,
    }  # fmt: skip


def _say(error: Exception) -> str:
    """What the database said, without the values it was given."""
    said = error.orig if isinstance(error, DBAPIError) else error
    reason = said.strerror if isinstance(said, OSError) else (str(said).splitlines() or [type(said).__name__])[0]
    return f"The store of scores and outcomes cannot be used: {reason}. {_DO}"
