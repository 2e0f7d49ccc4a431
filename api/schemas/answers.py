"""What the API gives about leads, as JSON: the scoring contract. The examples are synthetic."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from pydantic.config import JsonDict

from predictor.scoring.answer import Decision
from predictor.store.schema import OutcomeKind


class Out(BaseModel):
    """What goes out."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class FaultOut(Out):
    """What went wrong."""

    code: Annotated[str, Field(examples=["LEAD022"])]
    """Stable name of the rule."""
    text: Annotated[
        str,
        Field(examples=["Attribute 'employees' must be a number, but this text is no number. Send a number, or leave it out."]),
    ]
    """What and where, the rule, what came, and what to do; for a developer's log, not for a program to read."""


class ErrorOut(Out):
    """Every error of this API, whatever its status."""

    error: FaultOut


class WarningOut(Out):
    """What was noticed; the lead was scored all the same."""

    code: Annotated[str, Field(examples=["LEAD021"])]
    """`LEAD020` attributes that the model does not look at, `LEAD021` a value never seen in training, `LEAD023` events after
    `as_of`, `LEAD024` fields that are not part of a lead. `MODEL001` is about the model, whatever the lead: on newer leads its
    probabilities were off, so that they only rank."""
    text: Annotated[str, Field(examples=["Unknown industry 'Fintech': scored as other."])]
    """The same in words."""


class FiredOut(Out):
    """A rule of the rule book that gave points."""

    rule: Annotated[str, Field(examples=["Pricing page visit"])]
    """Its name."""
    points: FiniteFloat
    """What it gave."""


class PointsOut(Out):
    """What the hand-set points say of the same lead."""

    total: FiniteFloat | None
    """The points; null where unknown."""
    gate: FiniteFloat | None
    """Points from which the firm hands a lead over; null where it names none."""
    decision: Decision | None
    """What the points would do."""
    fired: list[FiredOut]
    """The rules that gave them."""


class EarnedOut(Out):
    """What earned points."""

    rule: Annotated[str, Field(examples=["Pricing page visit"])]
    """The rule of the rule book."""
    points: FiniteFloat
    """What it gave; below zero it took."""
    times: int
    """At how many events it fired; 1 for a fact about the lead."""


class ActivityOut(Out):
    """What the lead read or attended."""

    event_type: Annotated[str, Field(examples=["content_download"])]
    """What it did."""
    asset: Annotated[str, Field(examples=["Buyer's guide"])] | None
    """What was read, attended or filled in; null where the event names nothing."""
    times: int
    """How often by `as_of`."""
    last_at: datetime
    """When last."""


class RoutingOut(Out):
    """What a sales person wants to know before the call; all of it came with the lead."""

    source: Annotated[str, Field(examples=["Webinar"])] | None
    """Where the lead came from: its attribute `source`, `LeadSource`, `hs_analytics_source` or the like; null without one."""
    campaign: Annotated[str, Field(examples=["Spring 2026"])] | None
    """Its attribute `campaign` or the like, or else the campaign of its newest event that names one."""
    earned: list[EarnedOut]
    """What earned points, most points first."""
    activities: list[ActivityOut]
    """What it read or attended by `as_of`, each thing once, newest first, at most ten. Acts that name no asset are left out,
    but for webinars and trade shows attended, phone calls, and demos and trials requested."""


_EVIDENCE = "Of 812 leads with employees 200 to under 1,000, 31 % were accepted; of all leads, 18 %."


class ReasonOut(Out):
    """What moved the probability."""

    what: Annotated[str, Field(examples=["Employees"])]
    """The fact or group of facts."""
    value: Annotated[str, Field(examples=["250"])]
    """Its value; of a group that of the member which moved it most."""
    effect: Annotated[FiniteFloat, Field(examples=[0.09])]
    """By how much, in probability; below zero it lowered it."""
    text: Annotated[str, Field(examples=["Employees 250: +9.0 points of probability"])]
    """The same in words."""
    evidence: Annotated[str, Field(examples=[_EVIDENCE])] | None = None
    """What came of the leads with such a value that taught the model, whatever else they had; null where fewer than 20 had it."""


class ModelRef(Out):
    """The model that answered."""

    version: Annotated[str, Field(examples=["lightgbm-20261001T060000Z"])]
    """Its name."""
    trained_through: Annotated[str, Field(examples=["2026-09-30"])] | None
    """The newest lead it learned from; null where those carry no dates."""
    horizon_days: FiniteFloat | None
    """Days within which acceptance counts; null where the outcomes carry no dates."""


_ANSWER: JsonDict = {
    "lead_id": "A17", "probability": 0.31, "interval": [0.26, 0.37], "threshold": 0.24, "decision": "route_to_sales",
    "explore": False, "grade": "B",
    "points": {"total": 65, "gate": 60, "decision": "route_to_sales", "fired": [{"rule": "Pricing page visit", "points": 40}]},
    "reasons": [
        {"what": "Employees", "value": "250", "effect": 0.09, "text": "Employees 250: +9.0 points of probability",
         "evidence": _EVIDENCE},
    ],
    "base": 0.18, "rest": 0.04,
    "routing": {
        "source": "Webinar", "campaign": "Spring 2026",
        "earned": [{"rule": "Pricing page visit", "points": 40, "times": 2}],
        "activities": [
            {"event_type": "content_download", "asset": "Buyer's guide", "times": 1, "last_at": "2026-03-29T16:20:00Z"},
        ],
    },
    "warnings": [{"code": "LEAD021", "text": "Unknown industry 'Fintech': scored as other."}],
    "model": {"version": "lightgbm-20261001T060000Z", "trained_through": "2026-09-30", "horizon_days": 30},
}  # fmt: skip


class AnswerOut(Out):
    """The answer about one lead."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ANSWER]})

    lead_id: str
    """As it came."""
    probability: Annotated[FiniteFloat, Field(ge=0, le=1)]
    """That sales accepts the lead within the horizon, from 0 to 1; the threshold never changes it."""
    interval: tuple[FiniteFloat, FiniteFloat]
    """Where the share accepted among leads with this score lies, with 95 %: how well the scale is known, not this lead."""
    threshold: FiniteFloat
    """The probability from which a lead goes to sales."""
    decision: Decision
    """What to do with the lead: `route_to_sales` from the threshold on, or by lot, else `nurture`."""
    explore: bool
    """Whether it goes to sales by lot although its probability is below the threshold, so that later training sees such leads."""
    grade: str
    """A to D by fixed probabilities, so that a letter means the same after a retraining."""
    points: PointsOut | None
    """The hand-set points beside it; null where the firm has none."""
    reasons: list[ReasonOut]
    """What raised the probability most and what lowered it most, strongest first."""
    base: FiniteFloat | None
    """The probability that every lead starts from; null where no reasons were asked."""
    rest: FiniteFloat | None
    """What all that is not among the reasons moves it by: base, effects and rest add up to the probability."""
    routing: RoutingOut
    """For the sales person: what earned the points, what was read or attended, source and campaign."""
    warnings: list[WarningOut]
    """What was noticed about the lead; empty where nothing was."""
    model: ModelRef


class RefusedOut(Out):
    """A lead of a batch that could not be scored."""

    lead_id: str | None
    """As it came; null where that was no text."""
    error: FaultOut


class BatchOut(Out):
    """One answer or one error for each lead, in the order they came."""

    answers: list[AnswerOut | RefusedOut]


class OutcomeOut(Out):
    """The outcome as it is stored."""

    lead_id: str
    kind: OutcomeKind
    occurred_at: datetime
    """As told; the moment of this request where none was, but what was told before stands."""
    reason: str | None
    amount: float | None
    warnings: list[WarningOut]


class ErasureOut(Out):
    """What was erased."""

    lead_id: str
    """As it came."""
    scores: int
    """Scores that were deleted."""
    outcomes: int
    """Outcomes that were deleted."""
    waiting: int
    """Records that were deleted before they came to the database."""
    done: bool
    """False where the database is away, or takes a batch just now: then it is erased there soon, without asking again."""
