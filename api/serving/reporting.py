"""Outcomes stored, and the answers about them: what is kept, what counts now, and what to check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from predictor.core.errors import Finding
from predictor.data.lead_keys import as_keys, to_key
from predictor.store.database import LeadHistory
from predictor.store.outcome_history import WITHDRAWN, OutcomeReport, list_rows, settle_reports
from predictor.store.outcome_places import place_reports
from predictor.store.store import Store

from ..error_codes import USED_KEY
from ..schemas.answers import FaultOut, RefusedOut, WarningOut
from ..schemas.outcomes import CountingOut, OutcomeOut

_SAID = ("kind", "occurred_at", "reason", "amount", "currency", "episode")
_OLDEST = timedelta(days=3653)
_NEVER_SCORED = Finding(
    "STORE006", "warning", "No score of this lead is stored.", do="If it should have one, check that the key is the CRM's own."
)
_BEFORE_SCORE = Finding(
    "STORE007",
    "warning",
    "It happened before the first score of the lead, so it is the outcome of no score.",
    do="Check the date.",
)
_LONG_AGO = Finding("STORE008", "warning", "'occurred_at' is more than ten years ago.", do="Check the date.")
_NOTHING_WITHDRAWN = Finding("STORE009", "warning", "There was no outcome to take back.", do="Check the lead and the kind.")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A report and the warnings about its request.

    Attributes:
        report: The report.
        findings: Warnings about its fields.
    """

    report: OutcomeReport
    findings: Sequence[Finding] = ()


def store_outcomes(incoming: Sequence[Incoming], store: Store, *, timezone: str) -> list[OutcomeOut | RefusedOut]:
    """Store reports and return what is kept of each.

    Args:
        incoming: The reports.
        store: Where they go.
        timezone: The firm's, in which a date without a time means that day.

    Raises:
        StoreError: The spool cannot be written.
    """
    reports = [entry.report for entry in incoming]
    saved = store.save_outcomes(reports)
    known = store.read_leads({report.lead_id for report in reports})
    if known is None:
        return [_answer_unseen(entry, outcome_id) for entry, (outcome_id, _) in zip(incoming, saved, strict=True)]
    leads = _LeadOutcomes(known, timezone)
    return [leads.answer(entry, *ours) for entry, ours in zip(incoming, saved, strict=True)]


class _LeadOutcomes:
    """What is known of some leads, to answer about their outcomes."""

    def __init__(self, known: LeadHistory, timezone: str) -> None:
        placed, scores = place_reports(known.reports, known.scores, timezone=timezone), known.scores
        settled = settle_reports(placed)
        self._reports = {row["outcome_id"]: row for row in list_rows(placed)}
        self._counting: dict[str, list[dict[str, Any]]] = {}
        for row in list_rows(settled):
            self._counting.setdefault(to_key(row["lead_id"]), []).append(row)
        first = scores["as_of"].groupby(as_keys(scores["lead_id"])).min()
        self._first_scores: dict[str, datetime] = dict(zip(first.index.astype("str"), first, strict=True))
        self._latest = {(row["lead_key"], row["kind"]): row for row in self._reports.values()}
        self._first_outcomes: dict[str, datetime] = {}
        for row in self._reports.values():
            if row["kind"] != WITHDRAWN:
                self._first_outcomes.setdefault(row["lead_key"], row["told_at"])

    def answer(self, entry: Incoming, outcome_id: str, told_at: datetime) -> OutcomeOut | RefusedOut:
        """The answer about a report that was stored, or the error if its key was used for another one.

        Args:
            entry: The report.
            outcome_id: Its id.
            told_at: The moment at which it came; what is stored under the same id came earlier if it came again.
        """
        report, lead = entry.report, to_key(entry.report.lead_id)
        row = self._reports.get(outcome_id)
        repeated = row is None or row["told_at"] != told_at
        row = row or self._latest.get((lead, report.kind))
        if row is None:  # erased meanwhile
            return _answer_unseen(entry, outcome_id)
        if report.key is not None and any(row[name] != getattr(report, name) for name in _SAID):
            text = "This idempotency key was used for another outcome of the lead. Send another key, or the same outcome."
            return RefusedOut(lead_id=report.lead_id, error=FaultOut(code=USED_KEY, text=text))
        counting = self._counting.get(lead, [])
        kept = next((other for other in counting if other["outcome_id"] == row["outcome_id"]), row)
        findings = [*entry.findings, *self._check(lead, row)]
        return OutcomeOut(
            lead_id=report.lead_id,
            outcome_id=row["outcome_id"],
            kind=report.kind,
            occurred_at=kept["occurred_at"] or row["told_at"],
            episode=row["anchor"],
            reason=kept["reason"],
            amount=kept["amount"],
            currency=kept["currency"],
            repeated=repeated,
            counting=[CountingOut.model_validate(other, from_attributes=False) for other in counting],
            warnings=to_warnings(findings),
        )

    def _check(self, lead: str, row: dict[str, Any]) -> Iterator[Finding]:
        first = self._first_scores.get(lead)
        if first is None:
            yield _NEVER_SCORED
        elif row["kind"] != WITHDRAWN and row["at"] < first:
            yield _BEFORE_SCORE
        if row["occurred_at"] is not None and row["occurred_at"] < datetime.now(UTC) - _OLDEST:
            yield _LONG_AGO
        first_told_at = self._first_outcomes.get(lead)
        if row["kind"] == WITHDRAWN and (first_told_at is None or first_told_at > row["told_at"]):
            yield _NOTHING_WITHDRAWN


def _answer_unseen(entry: Incoming, outcome_id: str) -> OutcomeOut:
    """The answer about a report while nobody can say what else is known of its lead."""
    report = entry.report
    return OutcomeOut(
        lead_id=report.lead_id,
        outcome_id=outcome_id,
        kind=report.kind,
        occurred_at=report.occurred_at or datetime.now(UTC),
        episode=None,
        reason=report.reason,
        amount=report.amount,
        currency=report.currency,
        repeated=False,
        counting=None,
        warnings=to_warnings(entry.findings),
    )


def to_warnings(findings: Sequence[Finding]) -> list[WarningOut]:
    """Findings as the warnings of an answer."""
    return [WarningOut(code=finding.code, text=f"{finding.what} {finding.do}".strip()) for finding in findings]
