"""The store of a server: what it answers and is told goes into the spool at once, and from there into the database."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pandas as pd

from predictor.core.errors import StoreError, count
from predictor.core.settings_sections import StoreSettings
from predictor.scoring.answer import Answer
from predictor.store.database import Database, Erased
from predictor.store.records import Answered, Record, record_score
from predictor.store.schema import OutcomeKind
from predictor.store.spool import Spool
from predictor.store.writer import HANGS, LOG, Writer, describe_waiting, make_spool_error

_PATIENCE_S = 5.0  # of an erasure, with a database that hangs
_END_S = 15.0  # of an end


@dataclass(frozen=True, slots=True)
class Erasure:
    """What became of an erasure.

    Attributes:
        scores: Rows that were deleted from the database.
        outcomes: Likewise.
        waiting: Records that were deleted from the spool.
        done: False where the database is away: then the erasure waits too, and is made once it is back.
    """

    scores: int
    outcomes: int
    waiting: int
    done: bool


class Store:
    """Scores and outcomes on their way to a database that may be away; keeping one takes as long as writing a line to a file."""

    def __init__(self, database: Database, spool: Path, *, sync_s: float = 0.5, retention_days: float = 0.0) -> None:
        """Nothing is opened or started yet.

        Args:
            database: Where records go.
            spool: The folder where they wait.
            sync_s: Seconds after which what waits is on the disk, so that a power failure leaves it.
            retention_days: Days after which rows are deleted; 0: never.
        """
        self.database, self._spool = database, Spool(spool)
        self._writer = Writer(database, self._spool, sync_s=sync_s, retention_days=retention_days)
        self._lost, self._counting = 0, threading.Lock()

    @classmethod
    def open(cls, settings: StoreSettings, folder: Path) -> Self:
        """The store that settings name.

        Args:
            settings: Section store; paths in it are absolute, or start in the working directory.
            folder: Where file and spool are that the settings do not name.

        Raises:
            StoreError: The URL cannot be used at all, or its driver is not installed.
        """
        database = Database(settings.url) if settings.url else Database.beside(folder)
        file = folder.absolute() / "scores.db" if database.file is None else database.file
        spool = Path(settings.spool) if settings.spool else file.with_suffix(".spool")
        return cls(database, spool, sync_s=settings.sync_s, retention_days=settings.retention_days)

    @property
    def waiting(self) -> int:
        """How many records of this process are not in the database yet."""
        return self._spool.waiting

    @property
    def lost(self) -> int:
        """How many scores were answered and could be kept nowhere, since this process started."""
        return self._lost

    @property
    def away(self) -> str | None:
        """Why the database cannot be used; None where it can, as far as is known."""
        return self._writer.away

    @property
    def is_there(self) -> bool:
        """Whether a database or a spool was made already; of PostgreSQL only its server knows, so it is taken to be."""
        file = self.database.file
        return file is None or file.exists() or self._spool.folder.is_dir()

    def start(self) -> None:
        """Begin to write, first of all what was left from before; the first record does that too."""
        self._writer.start()

    def close(self) -> None:
        """Write what can be written, leave the rest in the spool, and let go of both."""
        until = time.monotonic() + _END_S
        reason = self._drain_until(until) if self._writer.stop(_END_S) else HANGS
        waiting = self.waiting
        try:
            self._spool.close()
        except OSError as error:
            LOG.error("%s", make_spool_error(error))
        lost = self._spool.held
        if reason is not None and waiting > lost:
            LOG.warning("%s in the spool for the next start. %s", describe_waiting(waiting - lost), reason)
        if lost:
            LOG.error("%s lost, which were in memory alone: the spool could not be written.", count(lost, "record"))
        self.database.close()

    def _drain_until(self, until: float) -> str | None:
        """Write what waits, in a thread that is left alone where the database hangs; gives why something still waits."""
        faults = list[str]()

        def drain() -> None:
            try:
                self._writer.drain()
            except StoreError as error:
                faults.append(str(error))

        if not self.waiting:
            return None
        thread = threading.Thread(target=drain, name="store end", daemon=True)
        thread.start()
        thread.join(max(0.0, until - time.monotonic()))
        return HANGS if thread.is_alive() else next(iter(faults), None)

    def save_scores(self, given: Iterable[Answered], *, scored_at: datetime, model: str) -> None:
        """Keep answers; while the spool cannot be written they are kept in memory, as many as there is room for.

        Args:
            given: What was answered.
            scored_at: When, with a zone.
            model: The version of the model that answered.

        Raises:
            StoreError: Some of them are in memory alone, or are lost; how many, and why.
        """
        lines, faults = list[bytes](), list[StoreError]()
        for one in given:
            try:
                lines.append(record_score(one, scored_at=scored_at, model=model).to_line())
            except StoreError as error:
                faults.append(error)
        self._note_lost(len(faults))
        told = [f"{count(len(faults), 'score')} not stored. {faults[0]}"] if faults else []
        try:
            self._append(lines)
        except OSError as error:
            told.append(self._hold(lines, error))
        if told:
            raise StoreError(" ".join(told))

    def _hold(self, lines: Sequence[bytes], error: OSError) -> str:
        held = self._spool.hold(lines)
        self._writer.wake()
        self._note_lost(len(lines) - held)
        what = [f"{count(held, 'score')} kept in memory until it can be written."] if held else []
        what += [f"{count(len(lines) - held, 'score')} not stored."] if held < len(lines) else []
        return " ".join([*what, str(make_spool_error(error))])

    def save_score(self, answer: Answer, *, as_of: datetime, scored_at: datetime, model: str) -> None:
        """Keep one answer; arguments as `save_scores`."""
        self.save_scores([Answered(answer, as_of)], scored_at=scored_at, model=model)

    def save_outcome(
        self,
        lead_id: str,
        kind: OutcomeKind,
        *,
        occurred_at: datetime | None,
        reason: str | None = None,
        amount: float | None = None,
    ) -> None:
        """Keep what came of a lead; told again for the same lead and kind, the latest stands.

        Args:
            lead_id: The CRM's key.
            kind: What sales did.
            occurred_at: When, with a zone; None where nobody said: then what was said before stands, or else it is now.
            reason: Why it was recycled; None where nobody said.
            amount: Of an opportunity; None where unknown.

        Raises:
            StoreError: The spool cannot be written.
        """
        told_at = datetime.now(UTC)
        row = {"lead_id": lead_id, "kind": kind, "occurred_at": occurred_at or told_at, "reason": reason, "amount": amount}
        self._keep([Record("outcome", row | {"told_at": told_at})])

    def _note_lost(self, number: int) -> None:
        with self._counting:
            self._lost += number

    def erase(self, lead_id: str) -> Erasure:
        """Delete all of a lead that was kept until now, in the database and in the spool, and whatever of it still comes there.

        Raises:
            StoreError: The spool cannot be written.
        """
        at = datetime.now(UTC)
        with self._writer.alone_soon(
            _PATIENCE_S
        ) as alone:  # from the first, or the writer might delete what is to be counted here
            self._keep([Record("erase", {"lead_id": lead_id, "erased_at": at})])  # it holds although the database is away
            self._spool.sync()
            if not alone:  # the database hangs; what waits is deleted by that record as soon as both are written
                return Erasure(0, 0, self._spool.scrub_refused(lambda line: not _is_of(line, lead_id, at)), done=False)
            dropped = self._spool.scrub(lambda line: not _is_of(line, lead_id, at))
            try:
                with self._writer.asking():
                    gone, done = self.database.erase(lead_id, at=at), True
            except StoreError:
                gone, done = Erased(0, 0), False
        return Erasure(gone.scores, gone.outcomes, dropped, done)

    def quiet(self) -> AbstractContextManager[bool]:
        """While what is kept waits in the spool, unless it is being written: many answers at once are given sooner so."""
        return self._writer.alone_soon(0.0)

    def drain(self) -> None:
        """Write all that waits, now; also what dead processes left in the same spool.

        Raises:
            StoreError: The database cannot be used now, or the spool cannot be read.
        """
        self._writer.drain()

    def load_scores(self, *, features: bool = False) -> pd.DataFrame:
        """All scores, those that wait included; as `Database.load_scores`."""
        self.drain()
        return self.database.load_scores(features=features)

    def load_outcomes(self) -> pd.DataFrame:
        """All outcomes, those that wait included; as `Database.load_outcomes`."""
        self.drain()
        return self.database.load_outcomes()

    def _keep(self, records: Sequence[Record]) -> None:
        try:
            self._append([record.to_line() for record in records])
        except OSError as error:
            raise make_spool_error(error) from None

    def _append(self, lines: Sequence[bytes]) -> None:
        if lines:
            self._spool.append(lines)
            self._writer.wake()


def _is_of(line: bytes, lead_id: str, at: datetime) -> bool:
    """Whether a line is a score or an outcome of a lead from before a moment."""
    try:
        record = Record.from_line(line)
    except ValueError:
        return lead_id.encode() in line  # nobody can tell what it is, so it goes
    return record.kind != "erase" and record.lead_id == lead_id and record.made_at <= at
