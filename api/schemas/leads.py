"""Answers about what is stored of a lead, as JSON: its scores and outcomes, why its probability changed, its erasure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, FiniteFloat

from predictor.scoring.answer import Decision
from predictor.store.schema import OutcomeKind, ReportKind

from .answers import ErrorOut, ResponseModel, Responses
from .outcomes import CountingOut


class ScoreRowOut(ResponseModel):
    """One stored score."""

    scored_at: datetime
    as_of: datetime
    probability: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat
    threshold: FiniteFloat
    decision: Decision
    explore: bool
    grade: str
    points: FiniteFloat | None
    points_decision: Decision | None
    model: str
    features: dict[str, Any] | None
    """The values that the model looked at, by name; null for scores of an earlier version."""
    account: str | None = None
    """The account of the lead, where the model looks at its other leads."""


class ReportOut(ResponseModel):
    """What was sent about an outcome."""

    outcome_id: str
    kind: ReportKind
    told_at: datetime
    """When it was sent."""
    occurred_at: datetime | None
    episode: datetime | None
    replaces: str | None
    withdraws: OutcomeKind | None
    reason: str | None
    amount: FiniteFloat | None
    currency: str | None


class LeadFileOut(ResponseModel):
    """Everything that is stored about a lead."""

    lead_id: str
    """The id from the request."""
    scores: list[ScoreRowOut]
    outcomes: list[CountingOut]
    """The outcomes that count now."""
    reports: list[ReportOut]
    """Everything that was sent about outcomes, oldest first."""


class ChangeOut(ResponseModel):
    """Why a probability differs from the one before."""

    difference: FiniteFloat
    parts: Annotated[dict[str, FiniteFloat], Field(examples=[{"events": 0.08, "time": -0.01}])] | None
    """Cause -> change of the probability; they add up to `difference`. `model`: another model. `time`: events and dates became
    older. `events`: new events. `attributes`, `points`: these changed. `other`: what was not stored. Null if it is not known."""
    values: dict[str, tuple[Any, Any]]
    """Feature -> its value before and after, of those that changed."""
    text: str
    """The change in one sentence."""


class ScoreStepOut(ResponseModel):
    """One score of a lead, and why it changed."""

    scored_at: datetime
    as_of: datetime
    probability: FiniteFloat
    threshold: FiniteFloat
    decision: Decision
    grade: str
    model: str
    change: ChangeOut | None
    """Why it differs from the score before; null for the first one."""


class LeadHistoryOut(ResponseModel):
    """The scores of a lead, in the order of `as_of`."""

    lead_id: str
    """The id from the request."""
    scores: list[ScoreStepOut]


class OpenLeadOut(ResponseModel):
    """A lead that sales has neither accepted nor sent back."""

    lead_id: str
    as_of: datetime
    """The moment of its latest score."""
    probability: FiniteFloat
    """That score."""
    remaining: FiniteFloat
    """What is left of it by now: the longer a lead is open, the less likely it is still accepted within the horizon."""
    decision: Decision


class AccountOut(ResponseModel):
    """An account: whether at least one of its open leads will be accepted, and what that rests on."""

    account: str
    """The key of the account: its id, or the domain of a business mailbox."""
    as_of: datetime
    """The moment of which the answer speaks."""
    probability: FiniteFloat | None
    """That at least one of the open leads is accepted within the horizon of its score; null if none is open."""
    independent: FiniteFloat | None
    """The same if the leads were independent of each other."""
    share: FiniteFloat
    """How much each lead beside the likeliest counts: 1 as if leads were independent, 0 not at all."""
    leads: list[OpenLeadOut]
    """The open leads, the likeliest first."""
    text: str
    """What the probability rests on, in a sentence."""


class ErasureOut(ResponseModel):
    """What was deleted."""

    lead_id: str
    """The id from the request."""
    scores: int
    """Scores that were deleted."""
    outcomes: int
    """Outcomes that were deleted."""
    waiting: int
    """Records that were deleted before they reached the database."""
    done: bool
    """False if the database is away or busy: the lead is then erased there soon, without another request."""


NO_LEAD: Responses = {404: {"model": ErrorOut, "description": "Nothing is stored about the lead, or its id has a line break."}}
NO_ACCOUNT: Responses = {
    404: {"model": ErrorOut, "description": "No lead of the account is stored, or the model does not look at accounts."}
}
ERASED_LATER: Responses = {202: {"model": ErasureOut, "description": "The database is away; the lead is erased there soon."}}
