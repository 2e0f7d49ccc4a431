"""What a store reads back: the records of its database, and those that wait in the spool."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from predictor.core.errors import StoreError
from predictor.data.lead_keys import to_key
from predictor.features.earlier_episodes import Episode
from predictor.store.accounts import AccountLeads, read_accounts, read_open_leads
from predictor.store.database import Database, LeadHistory
from predictor.store.earlier_episodes import read_earlier_episodes
from predictor.store.spool import Spool
from predictor.store.writer import Writer


class StoredRecords:
    """Reads a database and a spool that a writer empties into it."""

    def __init__(self, database: Database, spool: Spool, writer: Writer) -> None:
        """Reads nothing yet.

        Args:
            database: Where records go.
            spool: Where they wait.
            writer: What moves them.
        """
        self.database, self._spool, self._writer = database, spool, writer

    @property
    def away(self) -> str | None:
        """Why the database cannot be used; None if it worked when it was last used."""
        return self._writer.away

    def read_leads(self, lead_ids: Iterable[str]) -> LeadHistory | None:
        """What is stored about some leads, including records that wait; None while the database is away or busy.

        Raises:
            StoreError: The spool cannot be read.
        """
        if self.away is not None:
            return None
        keys = list(lead_ids)
        self._spool.await_others(to_key(key) for key in keys)
        with self._writer.exclusive_soon() as acquired:
            try:
                return self._writer.read(lambda: self.database.read_leads(keys)) if acquired else None
            except StoreError:
                return None

    def read_earlier_episodes(self, lead_ids: Iterable[str], *, timezone: str) -> dict[str, tuple[Episode, ...]] | None:
        """The episodes of leads that sales has decided, see `read_earlier_episodes`; None while the database is away.

        Outcomes that still wait in the spool are not among them: they are written within a second.
        """
        if self.away is not None:
            return None
        try:
            return read_earlier_episodes(self.database, lead_ids, timezone=timezone)
        except StoreError:
            return None

    def read_accounts(self, accounts: Iterable[str], *, timezone: str) -> AccountLeads | None:
        """The leads of accounts with their episodes, see `read_accounts`; None while the database is away."""
        if self.away is not None:
            return None
        try:
            return read_accounts(self.database, accounts, timezone=timezone)
        except StoreError:
            return None

    def read_open_leads(self, accounts: Sequence[str], *, timezone: str) -> pd.DataFrame | None:
        """The latest score of each open lead of accounts, including waiting records, see `read_open_leads`; None for none.

        Raises:
            StoreError: The database cannot be used now.
        """
        self.drain()
        return read_open_leads(self.database, accounts, timezone=timezone)

    def find_lead(self, outcome_id: str) -> str | None:
        """The lead of an outcome; None if there is no such outcome.

        Raises:
            StoreError: The database cannot be used now.
        """
        self._spool.await_others([outcome_id])
        self.drain()
        return self.database.find_lead(outcome_id)

    def load_audit(self) -> pd.DataFrame:
        """The audit log, oldest first, including waiting entries; see `Database.load_audit`."""
        self.drain()
        return self.database.load_audit()

    def read_lead(self, lead_id: str) -> LeadHistory:
        """Everything that is stored about a lead, including waiting records.

        Raises:
            StoreError: The database cannot be used now.
        """
        self._spool.await_others([to_key(lead_id)])
        self.drain()
        return self.database.read_leads([lead_id], features=True)

    def drain(self) -> None:
        """Write all waiting records now, including those of ended processes in the same spool.

        Raises:
            StoreError: The database cannot be used now, or the spool cannot be read.
        """
        self._writer.drain()

    def load_scores(self, *, features: bool = False) -> pd.DataFrame:
        """All scores, including waiting ones; see `Database.load_scores`."""
        self.drain()
        return self.database.load_scores(features=features)

    def load_outcomes(self, *, timezone: str = "UTC") -> pd.DataFrame:
        """The outcomes that count, including waiting ones; see `Database.load_outcomes`."""
        self.drain()
        return self.database.load_outcomes(timezone=timezone)

    def load_outcome_history(self) -> pd.DataFrame:
        """Every report of an outcome, including waiting ones; see `Database.load_outcome_history`."""
        self.drain()
        return self.database.load_outcome_history()
