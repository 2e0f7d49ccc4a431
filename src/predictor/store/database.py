"""The database of scores and outcomes: repeatable writes, frames to read, erasure of a lead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from predictor.data.lead_keys import list_spellings, to_key
from predictor.store.connect import RefusedError
from predictor.store.frames import read_frame
from predictor.store.outcome_history import WITHDRAWN, settle_outcomes
from predictor.store.records import Record
from predictor.store.schema import AUDIT, ERASURES, OUTCOMES, SCORES, STANDINGS, TOUCHING, WEBHOOKS
from predictor.store.transactions import Transactions
from predictor.store.writes import ErasureResult, erase_lead, write_records

_SERVED = (
    "lead_id", "as_of", "scored_at", "probability", "decision", "points", "model", "explore", "challenger_probability",
)  # fmt: skip
_AT_ONCE = 500  # leads of a query
_AHEAD = timedelta(days=2)  # `as_of` of a score is not that much later than when it was made


@dataclass(frozen=True, slots=True)
class LeadHistory:
    """What is stored about some leads.

    Attributes:
        scores: As `Database.load_scores` gives them, with features if they were asked for.
        reports: As `Database.load_outcome_history` gives them.
    """

    scores: pd.DataFrame
    reports: pd.DataFrame


class Database(Transactions):
    """Scores and outcomes in a database, which is opened, and created or migrated, on first use."""

    @classmethod
    def beside(cls, folder: Path) -> Database:
        """The database in the file `scores.db` of a folder, the default."""
        return cls(sa.URL.create("sqlite", database=str(folder.absolute() / "scores.db")))

    def write(self, records: Sequence[Record]) -> list[tuple[Record, str]]:
        """Write records; returns those that the database will never accept, each with the reason.

        Repeating a write changes nothing: a score is identified by its `answer_id`, an outcome by its `outcome_id`. An outcome
        that says nothing new is left out, see `choose_new`. Records from before the erasure of their lead are left out.

        Raises:
            StoreError: The database cannot be used now.
        """
        try:
            with self.begin(writes=True) as connection:
                write_records(connection, records)
        except RefusedError as error:
            if len(records) == 1:
                return [(records[0], str(error))]
            half = len(records) // 2
            return self.write(records[:half]) + self.write(records[half:])
        return []

    def erase(self, lead_id: str, *, at: datetime) -> ErasureResult:
        """Delete all records of a lead up to a moment, and store its hash, so that they are not written again.

        Raises:
            StoreError: The database cannot be used now.
        """
        with self.begin(writes=True) as connection:
            result = erase_lead(connection, lead_id, at)
        self.truncate_log()
        return result

    def expire(self, before: datetime) -> int:
        """Delete what was stored before a moment; returns the number of rows.

        Raises:
            StoreError: The database cannot be used now.
        """
        with self.begin(writes=True) as connection:
            scores = connection.execute(sa.delete(SCORES).where(SCORES.c.scored_at < before)).rowcount
            outcomes = connection.execute(sa.delete(OUTCOMES).where(OUTCOMES.c.told_at < before)).rowcount
            connection.execute(sa.delete(ERASURES).where(ERASURES.c.erased_at < before))
            connection.execute(sa.delete(STANDINGS).where(STANDINGS.c.scored_at < before))
            connection.execute(sa.delete(WEBHOOKS).where(WEBHOOKS.c.scored_at < before))
        self.truncate_log()
        return scores + outcomes

    def load_scores(self, *, features: bool = False) -> pd.DataFrame:
        """All scores, oldest first; moments in UTC.

        Args:
            features: Whether to load `features`, a dictionary a row; None where they were not stored.

        Raises:
            StoreError: The database cannot be used now.
        """
        return self._load_scores(features)

    def load_served(self, *, source: str | None = None) -> pd.DataFrame:
        """What monitoring needs of all scores, in the order in which they were written: half of the columns.

        Args:
            source: The feature that says where a lead came from, to load as `source`; None for none.

        Raises:
            StoreError: The database cannot be used now.
        """
        columns = [SCORES.c[name] for name in _SERVED]
        sources = [] if source is None else [SCORES.c.features[source].as_string().label("source")]
        return self._load([*columns, *sources], SCORES.c.id)

    def _load_scores(self, features: bool, *where: sa.ColumnElement[bool]) -> pd.DataFrame:
        omitted = {"id"} if features else {"id", "features"}
        columns = [column for column in SCORES.c if column.name not in omitted]
        return self._load(columns, SCORES.c.scored_at, SCORES.c.id, where=where)

    def load_newest_features(self, model: str, *, most: int) -> pd.DataFrame:
        """`as_of` and `features` of a model's newest scores that were stored with features.

        Args:
            model: The version of the model.
            most: How many at most.

        Raises:
            StoreError: The database cannot be used now.
        """
        columns = [SCORES.c.as_of, SCORES.c.features]
        where = (SCORES.c.model == model, SCORES.c.features.is_not(None))
        return self._load(columns, SCORES.c.scored_at.desc(), SCORES.c.id.desc(), where=where, most=most)

    def load_outcomes(self, *, timezone: str = "UTC", scores: pd.DataFrame | None = None) -> pd.DataFrame:
        """The outcomes that count, oldest first; moments in UTC. See `settle_outcomes`.

        Args:
            timezone: The timezone of the firm, in which an outcome at midnight means that day.
            scores: `lead_id`, `as_of` and `scored_at` of all scores, where they are loaded already; None to load them.

        Raises:
            StoreError: The database cannot be used now.
        """
        keys = [SCORES.c.lead_id, SCORES.c.as_of, SCORES.c.scored_at]
        if scores is None:
            scores = self._load(keys, SCORES.c.as_of)
        return settle_outcomes(self.load_outcome_history(), scores, timezone=timezone)

    def load_outcome_history(self) -> pd.DataFrame:
        """Every report of an outcome, in the order in which they came; moments in UTC.

        Raises:
            StoreError: The database cannot be used now.
        """
        return self._load_reports()

    def _load_reports(self, *where: sa.ColumnElement[bool]) -> pd.DataFrame:
        columns = [column for column in OUTCOMES.c if column.name not in {"id", "digest"}]
        return self._load(columns, OUTCOMES.c.told_at, OUTCOMES.c.id, where=where)

    def read_leads(self, lead_ids: Iterable[str], *, features: bool = False) -> LeadHistory:
        """The scores and reports of some leads.

        Args:
            lead_ids: Their keys.
            features: Whether to load the features of the scores.

        Raises:
            StoreError: The database cannot be used now.
        """
        spellings = sorted({spelling for lead_id in lead_ids for spelling in list_spellings(lead_id)})
        parts = [spellings[start : start + _AT_ONCE] for start in range(0, len(spellings), _AT_ONCE)] or [[]]
        scores = [self._load_scores(features, SCORES.c.lead_id.in_(part)) for part in parts]
        reports = [self._load_reports(OUTCOMES.c.lead_id.in_(part)) for part in parts]
        return LeadHistory(pd.concat(scores, ignore_index=True), pd.concat(reports, ignore_index=True))

    def list_reported(self, lead_ids: Iterable[str]) -> set[str]:
        """Those of some leads that an outcome was reported of, as it was reported.

        Raises:
            StoreError: The database cannot be used now.
        """
        spellings = sorted({spelling for lead_id in lead_ids for spelling in list_spellings(lead_id)})
        found = set[str]()
        with self.begin() as connection:
            for start in range(0, len(spellings), _AT_ONCE):
                part = OUTCOMES.c.lead_id.in_(spellings[start : start + _AT_ONCE])
                found.update(connection.scalars(sa.select(OUTCOMES.c.lead_id).where(part).distinct()))
        return found

    def list_untouched(self, since: datetime) -> list[str]:
        """The leads that may wait for sales: all that it got since a moment, but those it plainly did something about later.

        A lead whose reports correct, take back or name something is listed too, for `settle_outcomes` to decide.

        Args:
            since: The earliest `as_of` of a score by which sales got a lead.

        Raises:
            StoreError: The database cannot be used now.
        """
        got = SCORES.c.explore | (SCORES.c.decision == "route_to_sales")
        recent = (SCORES.c.scored_at >= since - _AHEAD) & (SCORES.c.as_of >= since)  # the first has an index
        last = sa.select(SCORES.c.lead_id, sa.func.max(SCORES.c.as_of).label("as_of")).where(recent, got)
        newest = last.group_by(SCORES.c.lead_id).subquery()
        of_lead = OUTCOMES.c.lead_id == newest.c.lead_id
        touched = of_lead & OUTCOMES.c.kind.in_(TOUCHING) & (OUTCOMES.c.occurred_at > newest.c.as_of)
        about = (OUTCOMES.c.kind == WITHDRAWN) | OUTCOMES.c.replaces.is_not(None) | OUTCOMES.c.episode.is_not(None)
        maybe = sa.select(newest.c.lead_id).where(~sa.exists().where(touched) | sa.exists().where(of_lead & about))
        with self.begin() as connection:
            return list(connection.scalars(maybe))

    def list_account_leads(self, accounts: Iterable[str]) -> dict[str, str]:
        """Key of each lead that was scored with one of these accounts -> its account, the latest of several.

        Raises:
            StoreError: The database cannot be used now.
        """
        wanted, found = sorted(set(accounts)), dict[str, str]()
        with self.begin() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                part = SCORES.c.account.in_(wanted[start : start + _AT_ONCE])
                rows = connection.execute(sa.select(SCORES.c.lead_id, SCORES.c.account).where(part).order_by(SCORES.c.id))
                found |= {to_key(lead_id): account for lead_id, account in rows}
        return found

    def load_audit(self) -> pd.DataFrame:
        """The audit log, oldest first: `at`, `action`, `actor`, `lead_key` (a hash), `details`; moments in UTC.

        Raises:
            StoreError: The database cannot be used now.
        """
        return self._load([AUDIT.c[name] for name in ("at", "action", "actor", "lead_key", "details")], AUDIT.c.at, AUDIT.c.id)

    def find_lead(self, outcome_id: str) -> str | None:
        """The lead of an outcome; None if there is no such outcome.

        Raises:
            StoreError: The database cannot be used now.
        """
        with self.begin() as connection:
            found = sa.select(OUTCOMES.c.lead_id).where(OUTCOMES.c.outcome_id == outcome_id)
            return connection.execute(found).scalar_one_or_none()

    def _load(
        self,
        columns: Sequence[sa.Column[Any] | sa.Label[Any]],
        *order: sa.ColumnElement[Any],
        where: Sequence[sa.ColumnElement[bool]] = (),
        most: int | None = None,
    ) -> pd.DataFrame:
        with self.begin() as connection:
            return read_frame(connection, columns, sa.select(*columns).where(*where).order_by(*order).limit(most))
