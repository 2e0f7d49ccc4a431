"""Answers of the API about the model, its threshold and the server's health, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from predictor.core.settings_sections import Policy
from predictor.model.metrics.calibration_test import CalibrationVerdict

from .answers import DecidedByOut, ModelRef, ResponseModel


class FeatureOut(ResponseModel):
    """A feature of the model."""

    name: Annotated[str, Field(examples=["employees"])]
    """Name of an attribute to send. A name with a slash is a figure that the server computes from an attribute that holds several
    values, from events or from rules."""
    label: Annotated[str, Field(examples=["Employees"])]
    """Name for people."""
    kind: Literal["number", "category", "days_since", "member", "members", "missing_count"]
    """For `days_since` send a date. A `member` is 1 where an attribute with several values has the one in `categories`, else 0;
    `members` is how many it has. Their names begin with `members/` and the attribute. Send that as a list, or as one text as in
    the training data."""
    categories: list[str]
    """Known values of a category, upper or lower case; any other value is scored as "other". Of a member, its value. Empty for
    other kinds."""


class CalibrationOut(ResponseModel):
    """Whether the probabilities can be trusted, by the forward test."""

    verdict: CalibrationVerdict
    """`calibrated`, or `rank only`: use the order of leads, not the probabilities; every answer then warns with `MODEL001`."""
    text: str
    """The verdict in one sentence, compared with pure chance."""
    do: str
    """Advice for the next training; empty if there is none."""


class ModelOut(ModelRef):
    """The model that serves."""

    candidate: Annotated[str, Field(examples=["lightgbm"])]
    """The kind of model."""
    reasons: Literal["exact", "approximate"]
    """Whether the effects of reasons are exact, or an approximation, as for a classifier of the firm's own."""
    attributes: list[str]
    """Attributes that the model or the rule book uses: the ones worth sending."""
    event_types: list[str]
    """Types of events that the rule book uses."""
    features: list[FeatureOut]
    calibration: CalibrationOut | None
    """Whether the probabilities can be trusted; null in older bundles, which do not say."""
    metrics: dict[str, Any]
    """Content of the bundle's `metrics.json`: `test` has the metrics of each candidate on the forward test, `calibration` the
    figures behind the verdict on the probabilities."""


class RecommendedOut(ResponseModel):
    """The threshold that the policy recommends, and the result to expect; of a model without a signal every figure is null."""

    threshold: FiniteFloat | None
    leads_per_week: FiniteFloat | None
    share_routed: FiniteFloat | None
    conversion: FiniteFloat | None
    conversion_low: FiniteFloat | None
    conversion_high: FiniteFloat | None
    sqls_caught: FiniteFloat | None
    """Share of all SQLs that are among the routed leads."""
    value: FiniteFloat | None
    """Value a week, in the unit of `amount`; null without amount and cost."""
    policy: Policy
    holds: bool
    """Whether new leads can be expected to keep what the policy promises."""
    text: str
    """The recommendation in one sentence."""


class ThresholdRow(ResponseModel):
    """One threshold of the table: the leads that it routes to sales, and the result to expect."""

    threshold: FiniteFloat
    leads_per_week: FiniteFloat | None
    share_routed: FiniteFloat
    conversion: FiniteFloat
    conversion_low: FiniteFloat
    conversion_high: FiniteFloat
    sqls_caught: FiniteFloat | None
    """Share of all SQLs that are among the routed leads."""
    value: FiniteFloat | None
    """Value a week, in the unit of `amount`; null without amount and cost."""
    leads: int
    sqls_per_week: FiniteFloat | None


class RuleOut(ResponseModel):
    """A rule of decision that was put into service without training."""

    threshold: dict[str, Any]
    """Policy and numbers that differ from those of the training."""
    grades: dict[str, FiniteFloat]
    """The lowest probability of each grade; empty for those of the training."""
    set_at: datetime
    set_by: str
    """The name of the key that put it into service, or `command line`."""


class ThresholdOut(ResponseModel):
    """A recommended threshold, and the one that serves."""

    serving: FiniteFloat
    """The threshold that decides now."""
    decided_by: DecidedByOut
    """The rule from which it comes."""
    grades: dict[str, FiniteFloat]
    """The lowest probability of each grade."""
    history: list[RuleOut]
    """The rules that were put into service without training, the present one first."""
    recommended: RecommendedOut
    table: list[ThresholdRow]


class MonitorOut(ResponseModel):
    """What came of the served scores."""

    model: str
    """The bundle whose scores are judged."""
    until: datetime
    """The moment up to which outcomes are known."""
    advice: Literal["train again", "promote the challenger", "keep the model", "too early to say"]
    """What to do. Nothing is trained or promoted by itself."""
    reasons: list[str]
    """Why, a sentence each."""
    tables: dict[str, list[dict[str, Any]]]
    """The same tables as `predictor monitor --json`, a list of rows each."""


class QueueQuery(BaseModel):
    """How many leads to list."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    limit: Annotated[int, Field(ge=1, le=10_000)] = 100
    """At most so many leads."""


class WaitingOut(ResponseModel):
    """A lead that waits for sales."""

    lead_id: str
    probability: FiniteFloat
    """Of its newest score."""
    grade: str
    amount: FiniteFloat | None
    """What it may bring; null where that is not known, or `agreement.amount_column` names no attribute."""
    value: FiniteFloat | None
    """Probability x amount; a lead without an amount counts with the median of the others. Null where none has one."""
    handed_over_at: datetime
    """The `as_of` of the score by which sales got it."""
    waiting_hours: FiniteFloat
    due_at: datetime | None
    """Until when it should be contacted; null where no time was agreed on."""
    hours_left: FiniteFloat | None
    """Hours until then, below 0 where it is late."""
    due_soon: bool
    """Whether less than a quarter of the agreed time is left."""
    overdue: bool


class QueueOut(ResponseModel):
    """The leads that wait for sales."""

    leads: list[WaitingOut]
    """Those worth most first."""
    sorted_by: Literal["probability", "value"]
    waiting: int
    """How many wait in all. A lead waits no more when the horizon of the model has passed: it counts as not accepted."""
    due_soon: int
    """Of how many of them less than a quarter of the agreed time is left."""
    overdue: int
    """How many of them wait longer than agreed."""


class LiveOut(ResponseModel):
    """The server runs."""

    status: Literal["live"] = "live"


class StoreOut(ResponseModel):
    """The store of scores and outcomes. A server scores even while its database is away."""

    waiting: int
    """Records on disk or in memory that are not in the database yet."""
    away: bool
    """Whether the database or the spool could not be used at the last try, or does not answer."""
    lost: int
    """Scores that were answered but could not be stored, since the server started."""


class ReadyOut(ResponseModel):
    """The server can score."""

    status: Literal["ready"] = "ready"
    model: ModelRef
    challenger: str | None
    """The bundle that scores the same leads in the shadow; null if there is none."""
    refused: list[str]
    """Why newer bundles cannot serve, in words; the model above keeps serving."""
    store: StoreOut
