"""What the API gives about the model that serves, its threshold, and the server's health, as JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat

from predictor.core.settings_sections import Policy
from predictor.model.metrics.calibration_test import CalibrationVerdict

from .answers import ModelRef, Out


class FeatureOut(Out):
    """What the model looks at."""

    name: Annotated[str, Field(examples=["employees"])]
    """Name of an attribute to send, or, with a stroke in it, of a figure that is worked out here from events and rules."""
    label: Annotated[str, Field(examples=["Employees"])]
    """What people read."""
    kind: Literal["number", "category", "days_since", "missing_count"]
    """`days_since`: send a date."""
    categories: list[str]
    """Values it knows, any case; others are scored as other. Empty unless a category."""


class CalibrationOut(Out):
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


class HandedOut(Out):
    """What a threshold hands over, and what comes of it."""

    threshold: FiniteFloat
    leads_per_week: FiniteFloat | None
    share_routed: FiniteFloat
    conversion: FiniteFloat
    conversion_low: FiniteFloat
    conversion_high: FiniteFloat
    sqls_caught: FiniteFloat | None
    """Share of all SQLs."""
    value: FiniteFloat | None
    """A week, in the unit of `amount`; null without amount and cost."""


class RecommendedOut(HandedOut):
    """The threshold that the policy chooses, and what to expect of it."""

    policy: Policy
    holds: bool
    """Whether what the policy promises can be expected of new leads."""
    text: str
    """The same in one sentence."""


class ThresholdRow(HandedOut):
    """One threshold of the table."""

    leads: int
    sqls_per_week: FiniteFloat | None


class ThresholdOut(Out):
    """A recommendation beside the threshold that serves, which it does not change."""

    serving: FiniteFloat
    """The threshold that decides at present."""
    recommended: RecommendedOut
    table: list[ThresholdRow]


class LiveOut(Out):
    """The server runs."""

    status: Literal["live"] = "live"


class StoreOut(Out):
    """The store of scores and outcomes; a server scores whether or not its database is there."""

    waiting: int
    """Records that are kept, and not in the database yet."""
    away: bool
    """Whether the database, or the spool before it, could not be used when it was last tried, or does not answer."""
    lost: int
    """Scores that were answered and could be kept nowhere, since the server started."""


class ReadyOut(Out):
    """The server can score."""

    status: Literal["ready"] = "ready"
    model: ModelRef
    challenger: str | None
    """The bundle that scores in the shadow; null for none."""
    refused: list[str]
    """Why a bundle that was named since cannot serve, in words; the model above serves on."""
    store: StoreOut
