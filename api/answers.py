"""What the API gives, as JSON: the scoring contract. The examples are synthetic."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from pydantic.config import JsonDict

from predictor.answer import Decision
from predictor.config_sections import Policy
from predictor.model.noise import CalibrationVerdict
from predictor.store import OutcomeKind


class _Given(BaseModel):
    """What goes out."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class FaultOut(_Given):
    """What went wrong."""

    code: Annotated[str, Field(examples=["LEAD022"])]
    """Stable name of the rule."""
    text: Annotated[str, Field(examples=["Attribute 'employees' must be a number, but 'many' is no number. Send a number."])]
    """What and where, the rule, what came, and what to do; for a developer's log, not for a program to read."""


class ErrorOut(_Given):
    """Every error of this API, whatever its status."""

    error: FaultOut


class WarningOut(_Given):
    """What was noticed; the lead was scored all the same."""

    code: Annotated[str, Field(examples=["LEAD021"])]
    """`LEAD020` attributes that the model does not look at, `LEAD021` a value never seen in training, `LEAD023` events after
    `as_of`, `LEAD024` fields that are not part of a lead. `MODEL001` is about the model, whatever the lead: on newer leads its
    probabilities were off, so that they only rank."""
    text: Annotated[str, Field(examples=["Unknown industry 'Fintech': scored as other."])]
    """The same in words."""


class FiredOut(_Given):
    """A rule of the rule book that gave points."""

    rule: Annotated[str, Field(examples=["Pricing page visit"])]
    """Its name."""
    points: FiniteFloat
    """What it gave."""


class PointsOut(_Given):
    """What the hand-set points say of the same lead."""

    total: FiniteFloat | None
    """The points; null where unknown."""
    gate: FiniteFloat | None
    """Points from which the firm hands a lead over; null where it names none."""
    decision: Decision | None
    """What the points would do."""
    fired: list[FiredOut]
    """The rules that gave them."""


class EarnedOut(_Given):
    """What earned points."""

    rule: Annotated[str, Field(examples=["Pricing page visit"])]
    """The rule of the rule book."""
    points: FiniteFloat
    """What it gave; below zero it took."""
    times: int
    """At how many events it fired; 1 for a fact about the lead."""


class ActivityOut(_Given):
    """What the lead read or attended."""

    event_type: Annotated[str, Field(examples=["content_download"])]
    """What it did."""
    asset: Annotated[str, Field(examples=["Buyer's guide"])] | None
    """What was read, attended or filled in; null where the event names nothing."""
    times: int
    """How often by `as_of`."""
    last_at: datetime
    """When last."""


class RoutingOut(_Given):
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


class ReasonOut(_Given):
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


class ModelRef(_Given):
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


class AnswerOut(_Given):
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
    routing: RoutingOut
    """For the sales person: what earned the points, what was read or attended, source and campaign."""
    warnings: list[WarningOut]
    """What was noticed about the lead; empty where nothing was."""
    model: ModelRef


class RefusedOut(_Given):
    """A lead of a batch that could not be scored."""

    lead_id: str | None
    """As it came; null where that was no text."""
    error: FaultOut


class BatchOut(_Given):
    """One answer or one error for each lead, in the order they came."""

    answers: list[AnswerOut | RefusedOut]


class OutcomeOut(_Given):
    """The outcome as it is stored."""

    lead_id: str
    kind: OutcomeKind
    occurred_at: datetime
    reason: str | None
    amount: float | None
    warnings: list[WarningOut]


class ErasureOut(_Given):
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
    """False where the database is away: then it is erased there as soon as it is back, without asking again."""


class FeatureOut(_Given):
    """What the model looks at."""

    name: Annotated[str, Field(examples=["employees"])]
    """Name of an attribute to send, or, with a stroke in it, of a figure that is worked out here from events and rules."""
    label: Annotated[str, Field(examples=["Employees"])]
    """What people read."""
    kind: Literal["number", "category", "days_since", "missing_count"]
    """`days_since`: send a date."""
    categories: list[str]
    """Values it knows, any case; others are scored as other. Empty unless a category."""


class CalibrationOut(_Given):
    """Whether the probabilities can be believed, by the forward test."""

    verdict: CalibrationVerdict
    """`calibrated`, or `rank only`: use the order of leads, not the probabilities; then every answer warns with `MODEL001`."""
    text: str
    """The same in one sentence, with what chance alone would show."""
    do: str
    """What whoever trains the model can do; empty for nothing."""


class ModelOut(ModelRef):
    """The model that serves."""

    candidate: Annotated[str, Field(examples=["lightgbm"])]
    """The way it learned."""
    attributes: list[str]
    """Attributes that the model or the rule book looks at: what is worth sending."""
    event_types: list[str]
    """Types of events that the rule book looks at."""
    features: list[FeatureOut]
    calibration: CalibrationOut | None
    """Whether the probabilities can be believed; null where the bundle is older than that question."""
    metrics: dict[str, Any]
    """Content of the bundle's `metrics.json`: `test` holds the figures of each candidate on the forward test, `calibration` those
    behind the verdict on the probabilities."""


class RecommendedOut(_Given):
    """The threshold that the policy chooses, and what to expect of it."""

    policy: Policy
    threshold: FiniteFloat
    leads_per_week: FiniteFloat | None
    share_routed: FiniteFloat
    conversion: FiniteFloat
    conversion_low: FiniteFloat
    conversion_high: FiniteFloat
    sqls_caught: FiniteFloat | None
    value: FiniteFloat | None
    holds: bool
    """Whether what the policy promises can be expected of new leads."""
    text: str
    """The same in one sentence."""


class ThresholdRow(_Given):
    """What one threshold hands over, and what comes of it."""

    threshold: FiniteFloat
    leads: int
    leads_per_week: FiniteFloat | None
    share_routed: FiniteFloat
    conversion: FiniteFloat
    conversion_low: FiniteFloat
    conversion_high: FiniteFloat
    sqls_caught: FiniteFloat | None
    """Share of all SQLs."""
    sqls_per_week: FiniteFloat | None
    value: FiniteFloat | None
    """A week, in the unit of `amount`; null without amount and cost."""


class ThresholdOut(_Given):
    """A recommendation beside the threshold that serves, which it does not change."""

    serving: FiniteFloat
    """The threshold that decides at present."""
    recommended: RecommendedOut
    table: list[ThresholdRow]


class LiveOut(_Given):
    """The server runs."""

    status: Literal["live"] = "live"


class StoreOut(_Given):
    """The store of scores and outcomes; a server scores whether or not its database is there."""

    waiting: int
    """Records that are kept, and not in the database yet."""
    away: bool
    """Whether the database could not be used when it was last tried."""


class ReadyOut(_Given):
    """The server can score."""

    status: Literal["ready"] = "ready"
    model: ModelRef
    challenger: str | None
    """The bundle that scores in the shadow; null for none."""
    refused: list[str]
    """Why a bundle that was named since cannot serve, in words; the model above serves on."""
    store: StoreOut
