"""Answers of the API about leads, as JSON: the scoring contract. The examples are synthetic."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from pydantic.config import JsonDict

from predictor.core.settings_sections import Policy
from predictor.scoring.answer import Decision


class ResponseModel(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class FaultOut(ResponseModel):
    """What is wrong."""

    code: Annotated[str, Field(examples=["LEAD022"])]
    """Code of the error; codes never change."""
    text: Annotated[
        str,
        Field(examples=["Attribute 'employees' must be a number, but this text is no number. Send a number, or leave it out."]),
    ]
    """What is wrong and where, and what to do. For a developer's log; programs should read `code`."""


class ErrorOut(ResponseModel):
    """The body of every error of this API, whatever its status: problem details as RFC 9457 has them.

    With `?errors=v1` it is `error` alone, as `application/json`. That is for one version more.
    """

    type: Annotated[str, Field(examples=["about:blank"])]
    """Always `about:blank`: `code` says what it is."""
    title: Annotated[str, Field(examples=["Unprocessable Content"])]
    """The status in words."""
    status: int
    """The HTTP status."""
    detail: str
    """What is wrong and where, and what to do. For a developer's log; programs should read `code`."""
    code: Annotated[str, Field(examples=["LEAD022"])]
    """Code of the error; codes never change."""
    error: FaultOut
    """Code and text again, as in the first version."""


class WarningOut(ResponseModel):
    """Something to know about the request; it was answered anyway."""

    code: Annotated[str, Field(examples=["LEAD021"])]
    """`LEAD020`: attributes that the model does not use. `LEAD021`: a value that training never saw. `LEAD023`: events after
    `as_of`. `LEAD024`: unknown fields. `LEAD041`: `as_of` is in the future. `MODEL001` is about the model, not the lead: its
    probabilities were wrong on newer leads, so use them only to rank leads."""
    text: Annotated[str, Field(examples=["Unknown industry 'Fintech': scored as other."])]
    """The warning in words."""


class FiredOut(ResponseModel):
    """A rule of the rule book that gave points."""

    rule: Annotated[str, Field(examples=["Pricing page visit"])]
    """Name of the rule."""
    points: FiniteFloat
    """Points that it gave; below zero if it took points off."""


class PointsOut(ResponseModel):
    """The hand-set points of the same lead."""

    total: FiniteFloat | None
    """Sum of the points; null if unknown."""
    gate: FiniteFloat | None
    """Points from which the firm routes a lead to sales; null if it has no such gate."""
    decision: Decision | None
    """The decision by points alone; null if it is unknown."""
    fired: list[FiredOut]
    """The rules that gave points."""


class EarnedOut(FiredOut):
    """A rule that gave points, and how often."""

    times: int
    """Number of events that it counted; 1 for a fact about the lead."""


class ActivityOut(ResponseModel):
    """Something the lead read or attended."""

    event_type: Annotated[str, Field(examples=["content_download"])]
    """Type of the event."""
    asset: Annotated[str, Field(examples=["Buyer's guide"])] | None
    """The page, paper, webinar or form; null if the event has none."""
    times: int
    """How often, up to `as_of`."""
    last_at: datetime
    """The last time."""


class RoutingOut(ResponseModel):
    """What a sales person wants to know before the call, all of it from the request."""

    source: Annotated[str, Field(examples=["Webinar"])] | None
    """Where the lead came from: its attribute `source`, `LeadSource`, `hs_analytics_source` or similar; null without one."""
    campaign: Annotated[str, Field(examples=["Spring 2026"])] | None
    """The lead's attribute `campaign` or similar, otherwise the campaign of its newest event that has one."""
    earned: list[EarnedOut]
    """The rules that gave points, most points first."""
    activities: list[ActivityOut]
    """What the lead read or attended up to `as_of`, each thing once, newest first, at most ten. Events without an asset are left
    out, except webinars and trade shows attended, phone calls, and requested demos and trials."""


_EVIDENCE = "Of 812 leads with employees 200 to under 1,000, 31 % were accepted; of all leads, 18 %."


class ReasonOut(ResponseModel):
    """A fact that moved the probability."""

    what: Annotated[str, Field(examples=["Employees"])]
    """The fact, or group of facts."""
    value: Annotated[str, Field(examples=["250"])]
    """Its value; for a group, the value of the fact that moved the probability most."""
    effect: Annotated[FiniteFloat, Field(examples=[0.09])]
    """Change of the probability; below zero if it lowered it."""
    text: Annotated[str, Field(examples=["Employees 250: +9.0 points of probability"])]
    """The reason in words."""
    evidence: Annotated[str, Field(examples=[_EVIDENCE])] | None = None
    """How many of the training leads with this value were accepted; null if fewer than 20 had it."""


class ModelRef(ResponseModel):
    """The model that answered."""

    version: Annotated[str, Field(examples=["lightgbm-20261001T060000Z"])]
    """Name of its bundle."""
    trained_through: Annotated[str, Field(examples=["2026-09-30"])] | None
    """Date of its newest training lead; null if the training leads have no dates."""
    horizon_days: FiniteFloat | None
    """Days within which an acceptance counts; null if the outcomes have no dates."""


class DecidedByOut(ResponseModel):
    """The rule that decides which leads go to sales."""

    policy: Policy
    text: Annotated[str, Field(examples=["At most 50 leads a week"])]
    """The rule in words."""
    set_at: datetime | None
    """When it was put into service without training; null if it is the rule of the training."""
    set_by: str | None
    """The name of the key that did, or `command line`; null if it is the rule of the training."""


class SegmentOut(ResponseModel):
    """The segment of a lead."""

    name: Annotated[str, Field(examples=["EMEA"])]
    """The value of the settings' column that names it."""
    decides: Annotated[str, Field(examples=["own level, own threshold"])]
    """Where the probability comes from, `single model`, `own level` or `own curve`, and `own threshold` where it has one."""


_ANSWER: JsonDict = {
    "lead_id": "A17", "probability": 0.31, "interval": [0.26, 0.37], "threshold": 0.24, "decision": "route_to_sales",
    "explore": False, "grade": "B", "fit_grade": "A", "engagement_grade": 2, "segment": None,
    "points": {"total": 65, "gate": 60, "decision": "route_to_sales", "fired": [{"rule": "Pricing page visit", "points": 40}]},
    "reasons": [
        {"what": "Employees", "value": "250", "effect": 0.09, "text": "Employees 250: +9.0 points of probability",
         "evidence": _EVIDENCE},
    ],
    "base": 0.18, "rest": 0.04,
    "decided_by": {
        "policy": "capacity", "text": "At most 50 leads a week", "set_at": "2026-10-02T08:00:00Z", "set_by": "the admin",
    },
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


class AnswerOut(ResponseModel):
    """The answer about one lead."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ANSWER]})

    lead_id: str
    """The id from the request."""
    probability: Annotated[FiniteFloat, Field(ge=0, le=1)]
    """Probability that sales accepts the lead within the horizon, from 0 to 1. The threshold never changes it."""
    interval: tuple[FiniteFloat, FiniteFloat]
    """95 % interval of the share that is accepted among leads with this score. It is about the scale, not about this lead."""
    threshold: FiniteFloat
    """Probability from which a lead goes to sales."""
    decision: Decision
    """What to do: `route_to_sales` if the lead reaches the threshold or was drawn at random (`explore`), else `nurture`."""
    explore: bool
    """True if the lead is below the threshold but was drawn at random to go to sales, so that training sees some of them."""
    grade: str
    """A to D by fixed probabilities, so a letter means the same after a new training."""
    fit_grade: Literal["A", "B", "C"] | None
    """How much the lead's attributes add to its score: A is the best third of the training leads. Null if the request asked for
    no reasons, or the model looks at no attribute."""
    engagement_grade: Annotated[int, Field(ge=1, le=4)] | None
    """The same of its events: 1 is the best quarter, 4 the lowest. Both are parts of the one probability."""
    segment: SegmentOut | None = None
    """The lead's segment and what decided about it; null for a lead of no segment, and where the model has none."""
    points: PointsOut | None
    """The hand-set points of the same lead; null if the firm has none."""
    reasons: list[ReasonOut]
    """The facts that raised and lowered the probability most, strongest first."""
    base: FiniteFloat | None
    """The probability before any fact about the lead; null if the request asked for no reasons."""
    rest: FiniteFloat | None
    """Effect of everything that is not among the reasons: `base`, all `effect` and `rest` add up to `probability`."""
    decided_by: DecidedByOut
    """The rule from which the threshold comes."""
    routing: RoutingOut
    """For the sales person: points, activities, source and campaign."""
    warnings: list[WarningOut]
    """Warnings about the request or the model; often empty."""
    model: ModelRef


class RefusedOut(ResponseModel):
    """A lead of a batch that could not be scored."""

    lead_id: str | None
    """The id from the request; null if it was not a text."""
    error: FaultOut


class BatchOut(ResponseModel):
    """An answer or an error for each lead, in the order of the request."""

    answers: list[AnswerOut | RefusedOut]


Responses = dict[int | str, dict[str, Any]]
WRONG: Responses = {422: {"model": ErrorOut, "description": "The request is wrong; the text says where."}}
RULE_CHANGED: Responses = {412: {"model": ErrorOut, "description": "The rule is not the one of `If-Match`."}}
NO_RULE_SET: Responses = {409: {"model": ErrorOut, "description": "No rule was set without training."}}
UNREADY: Responses = {503: {"model": ErrorOut, "description": "No model serves, or an outcome cannot be stored."}}
_ERROR_JSON = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}}  # else FastAPI says text/html
NO_PAGE: Responses = {
    404: {"content": _ERROR_JSON, "description": "This bundle has no report."},
    503: {"content": _ERROR_JSON, "description": "No model serves."},
}
NO_MONITOR_PAGE: Responses = {503: {"content": _ERROR_JSON, "description": "No model serves, or the database is away."}}
METRICS_TEXT: Responses = {200: {"description": "The metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}}
