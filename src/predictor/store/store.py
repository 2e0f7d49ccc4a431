"""The store of a server: scores and outcomes go into the spool at once, and from there into the database."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from predictor.core.errors import StoreError, count
from predictor.core.ids import make_uuid
from predictor.core.settings_serving import StoreSettings
from predictor.data.lead_keys import to_key
from predictor.store.clock import SteadyClock
from predictor.store.database import Database
from predictor.store.outcome_history import OutcomeReport
from predictor.store.records import Answered, Record, is_about_lead
from predictor.store.schema import AuditAction, OutcomeKind, hash_lead
from predictor.store.score_saver import ScoreSaver
from predictor.store.spool import Spool
from predictor.store.stored_records import StoredRecords
from predictor.store.writer import HANGS, LOG, Writer, describe_waiting, make_spool_error
from predictor.store.writes import ErasureResult

_END_S = 15.0  # of `close`, for a database that hangs


class Store(StoredRecords):
    """Scores and outcomes, saved in the time of writing a line to a file, whether or not the database is there."""

    def __init__(self, database: Database, spool: Path, *, sync_s: float = 0.5, retention_days: float = 0.0) -> None:
        """Opens and starts nothing yet.

        Args:
            database: Where records go.
            spool: The folder where records wait.
            sync_s: Seconds between syncs of the spool, which a power failure can cost.
            retention_days: Days after which rows are deleted; 0 for never.
        """
        waiting = Spool(spool)
        super().__init__(database, waiting, Writer(database, waiting, sync_s=sync_s, retention_days=retention_days))
        self._scores = ScoreSaver(self._spool, self._writer)
        self._clock = SteadyClock()

    @classmethod
    def open(cls, settings: StoreSettings, folder: Path) -> Self:
        """The store that the settings name.

        Args:
            settings: Section `store`; its paths are absolute or relative to the working directory.
            folder: Of the database file and the spool, where the settings name none.

        Raises:
            StoreError: The URL cannot be used at all, or its driver is not installed.
        """
        database = Database(settings.url) if settings.url else Database.beside(folder)
        file = folder.absolute() / "scores.db" if database.file is None else database.file
        spool = Path(settings.spool) if settings.spool else file.with_suffix(".spool")
        return cls(database, spool, sync_s=settings.sync_s, retention_days=settings.retention_days)

    @property
    def waiting(self) -> int:
        """The number of records of this process that are not in the database yet."""
        return self._spool.waiting

    @property
    def lost(self) -> int:
        """The number of scores that were answered but could not be saved, since this process started."""
        return self._scores.lost

    @property
    def exists(self) -> bool:
        """Whether there is a database file or a spool; a PostgreSQL database is assumed to exist."""
        file = self.database.file
        return file is None or file.exists() or self._spool.folder.is_dir()

    def start(self) -> None:
        """Start writing, first the records of earlier processes. The first record starts it too."""
        self._writer.start()

    def close(self) -> None:
        """Write what can be written, leave the rest in the spool, and close both."""
        until = time.monotonic() + _END_S
        reason = self._drain_until(until) if self._writer.stop(_END_S) else HANGS
        waiting = self.waiting
        try:
            self._spool.close()
        except OSError as error:
            LOG.error("%s", make_spool_error(error))
        lost = self._spool.in_memory
        if reason is not None and waiting > lost:
            LOG.warning("%s in the spool for the next start. %s", describe_waiting(waiting - lost), reason)
        if lost:
            LOG.error("%s lost, because the spool could not be written.", count(lost, "record"))
        self.database.close()

    def _drain_until(self, until: float) -> str | None:
        """Write the waiting records, in a thread that is abandoned if the database hangs; returns why some still wait."""
        errors = list[str]()

        def drain() -> None:
            try:
                self._writer.drain()
            except StoreError as error:
                errors.append(str(error))

        if not self.waiting:
            return None
        thread = threading.Thread(target=drain, name="store end", daemon=True)
        thread.start()
        thread.join(max(0.0, until - time.monotonic()))
        return HANGS if thread.is_alive() else next(iter(errors), None)

    def save_scores(self, answers: Iterable[Answered], *, scored_at: datetime, model: str) -> None:
        """Save answers. While the spool cannot be written, a limited number is kept in memory.

        Args:
            answers: The answers.
            scored_at: When they were given, with a timezone.
            model: The version of the model that answered.

        Raises:
            StoreError: Some of them are only in memory, or lost; the text says how many, and why.
        """
        self._scores.save(answers, scored_at=self._clock.correct(scored_at), model=model)

    def save_outcome(
        self,
        lead_id: str,
        kind: OutcomeKind,
        *,
        occurred_at: datetime | None,
        reason: str | None = None,
        amount: float | None = None,
    ) -> None:
        """Save one outcome; see `save_outcomes`.

        Raises:
            StoreError: The spool cannot be written.
        """
        report = OutcomeReport(lead_id=lead_id, kind=kind, occurred_at=occurred_at, reason=reason, amount=amount)
        self.save_outcomes([report])

    def save_outcomes(self, reports: Sequence[OutcomeReport]) -> list[tuple[str, datetime]]:
        """Save reports of outcomes, all or none of them; returns the id of each, and the moment at which it came.

        Raises:
            StoreError: The spool cannot be written.
        """
        rows = [report.to_row(self._clock.now()) for report in reports]
        self._save([Record("outcome", row) for row in rows])
        return [(row["outcome_id"], row["told_at"]) for row in rows]

    def erase(self, lead_id: str) -> ErasureResult:
        """Delete all records of a lead until now, in the database and in the spools of all processes.

        Raises:
            StoreError: The spool cannot be written.
        """
        at = self._clock.now()

        def keep(line: bytes) -> bool:
            return not is_about_lead(line, lead_id, at)

        with self._writer.exclusive_soon() as acquired:  # before the record, or the writer might delete what counts here
            self._save([Record("erase", {"lead_id": lead_id, "erased_at": at})])  # erases in the database if that is away now
            self._spool.sync()
            if not acquired:  # the database hangs; the record deletes what waits when both are written
                return ErasureResult(waiting=self._spool.scrub_refused(keep), done=False)
            waiting = self._spool.scrub(keep)
            try:
                with self._writer.database_call():
                    return replace(self.database.erase(lead_id, at=at), waiting=waiting)
            except StoreError:
                return ErasureResult(waiting=waiting, done=False)

    def note(self, action: AuditAction, *, actor: str, lead_id: str | None = None, **details: Any) -> None:  # noqa: ANN401  JSON
        """Save an entry of the audit log: who did what, and when.

        Args:
            action: What was done.
            actor: The name of a key, or `command line`.
            lead_id: The lead that it was about, of which only a hash is stored; None for none.
            details: More facts as JSON, without personal values.

        Raises:
            StoreError: The spool cannot be written.
        """
        lead_key = None if lead_id is None else hash_lead(to_key(lead_id))
        row = {"entry_id": make_uuid(), "at": self._clock.now(), "action": action, "actor": actor, "lead_key": lead_key}
        self._save([Record("audit", row | {"details": details or None})])

    def quiet(self) -> AbstractContextManager[bool]:
        """Leave new records in the spool for now, unless they are being written, so that many answers at once are faster."""
        return self._writer.exclusive(0.0)

    def _save(self, records: Sequence[Record]) -> None:
        try:
            self._writer.append([record.to_line() for record in records])
        except OSError as error:
            raise make_spool_error(error) from None
