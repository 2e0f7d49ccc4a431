"""A lead as it comes in, and the answer that goes out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from predictor.core.errors import Finding
from predictor.core.html import to_heading, to_paragraphs, to_table
from predictor.data.values import Event
from predictor.features.accounts import AccountEpisode
from predictor.features.earlier_episodes import Episode
from predictor.points.award import Award, FiredRule

Decision = Literal["route_to_sales", "nurture"]


@dataclass(frozen=True, slots=True)
class Lead:
    """One lead to score.

    Attributes:
        lead_id: The CRM's key.
        as_of: The moment of the score, with a zone; later events are not used.
        attributes: Facts about lead and firm, under the names of the training data.
        points: The score that the CRM holds; None where it holds none.
        events: The lead's events, in any order.
        earlier_episodes: Its episodes before the one that the score is for, in any order; None: they are not known.
        account_episodes: The episodes of the other leads of its account, likewise.
    """

    lead_id: str
    as_of: datetime
    attributes: Mapping[str, Any] = field(default_factory=dict)
    points: float | None = None
    events: Sequence[Event] = ()
    earlier_episodes: Sequence[Episode] | None = ()
    account_episodes: Sequence[AccountEpisode] | None = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """What moved a probability.

    Attributes:
        what: The feature or group of features.
        value: Its value; for a group, that of the member with the largest effect.
        effect: By how much, in probability.
        text: The same in words.
        evidence: How training leads with a value like this converted, beside all of them; None where fewer than 20 had it, or
            the bundle has no evidence.
    """

    what: str
    value: str
    effect: float
    text: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class PointsAnswer:
    """The hand-set score: `total` is None where unknown, `gate` and `decision` are None where the firm names no gate."""

    total: float | None
    gate: float | None
    decision: Decision | None
    fired: tuple[FiredRule, ...]

    def to_json(self) -> dict[str, Any]:
        """The points as JSON."""
        fired = [{"rule": rule.rule, "points": rule.points} for rule in self.fired]
        return {"total": self.total, "gate": self.gate, "decision": self.decision, "fired": fired}


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentAnswer:
    """A segment of leads: its name, and what decides about them, as `own level, own threshold`."""

    name: str
    decides: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer about one lead, as in the scoring contract.

    Attributes:
        features: The values that the model used, by name, as the store keeps them; not part of the contract.
        explore: Whether the lead goes to sales at random, although its probability is below the threshold.
        base: The probability from which every lead starts; None without reasons.
        fit_grade: A, B or C: what the lead's attributes add to its score, beside other leads; None without reasons, from an older
            bundle, or where the model looks at no attribute.
        engagement_grade: 1 to 4, 1 the highest: the same of its events.
        segment: The lead's segment, and what decided; None for a lead of none, and without segments.
    """

    lead_id: str
    probability: float
    interval: tuple[float, float]
    threshold: float
    decision: Decision
    grade: str
    points: PointsAnswer | None
    reasons: tuple[Reason, ...]
    warnings: tuple[Finding, ...]
    features: Mapping[str, float | str | None] = field(default_factory=dict, repr=False, compare=False)
    explore: bool = False
    base: float | None = None
    fit_grade: str | None = None
    engagement_grade: int | None = None
    segment: SegmentAnswer | None = None

    @property
    def rest(self) -> float | None:
        """The effect of everything that is not among the reasons: base, effects and rest add up to the probability."""
        return None if self.base is None else self.probability - self.base - sum(reason.effect for reason in self.reasons)

    def to_json(self) -> dict[str, Any]:
        """The answer as JSON, without `model`, which is the same for all."""
        points = self.points
        return {
            "lead_id": self.lead_id, "probability": self.probability, "interval": list(self.interval),
            "threshold": self.threshold, "decision": self.decision, "explore": self.explore, "grade": self.grade,
            "fit_grade": self.fit_grade, "engagement_grade": self.engagement_grade,
            "segment": None if self.segment is None else {"name": self.segment.name, "decides": self.segment.decides},
            "points": None if points is None else points.to_json(),
            "reasons": [
                {
                    "what": reason.what, "value": reason.value, "effect": reason.effect, "text": reason.text,
                    "evidence": reason.evidence,
                }
                for reason in self.reasons
            ],
            "base": self.base, "rest": self.rest,
            "warnings": [
                {"code": warning.code, "text": f"{warning.what} {warning.do}".strip()} for warning in self.warnings
            ],
        }  # fmt: skip

    def _repr_html_(self) -> str:
        low, high = self.interval
        heading = (
            f"Probability {self.probability:.3f} ({low:.3f} to {high:.3f}), threshold {self.threshold:.3f}, "
            f"grade {self.grade}: {self.decision}"
        )
        rows = [[reason.what, reason.value, f"{reason.effect:+.3f}", reason.evidence or ""] for reason in self.reasons]
        columns = ["Reason", "Value", "Effect on the probability", "Conversion of leads like this"]
        table = to_table(columns, rows, texts=(0, 1, 3)) if rows else ""
        return to_heading(heading) + table + to_paragraphs(*map(str, self.warnings))


def grade(probability: float, lowest: Mapping[str, float]) -> str:
    """The first grade whose lowest probability is reached; D below all.

    >>> grade(0.3, {"A": 0.4, "B": 0.25, "C": 0.1}), grade(0.05, {"A": 0.4, "B": 0.25, "C": 0.1})
    ('B', 'D')
    """
    return next((name for name, low in lowest.items() if probability >= low), "D")


def decide(is_routed: bool) -> Decision:
    """The decision as a word."""
    return "route_to_sales" if is_routed else "nurture"


def decide_points(total: float, gate: float | None, *, qualifies: bool = False) -> Decision | None:
    """The decision of the points; None where the firm names no gate, or the points are not known and nothing qualifies by itself.

    Args:
        total: The points; NaN where they are not known.
        gate: Points from which a lead is handed over.
        qualifies: Whether a rule that qualifies by itself has fired.

    >>> decide_points(60, 60), decide_points(20, 60), decide_points(20, 60, qualifies=True)
    ('route_to_sales', 'nurture', 'route_to_sales')
    >>> decide_points(60, None), decide_points(float("nan"), 60)
    (None, None)
    """
    if gate is None or (math.isnan(total) and not qualifies):
        return None
    return decide(total >= gate or qualifies)


def answer_points(total: float, gate: float | None, award: Award | None) -> PointsAnswer:
    """What the points say of a lead.

    Args:
        total: The points; NaN where they are not known.
        gate: Points from which a lead is handed over; None where the firm names no gate.
        award: What the rule book gives; None without a rule book.

    >>> answer_points(60, 60, None).decision, answer_points(float("nan"), 60, None).total
    ('route_to_sales', None)
    """
    return PointsAnswer(
        total=None if math.isnan(total) else total,
        gate=gate,
        decision=decide_points(total, gate, qualifies=award is not None and award.qualifies),
        fired=() if award is None else award.fired,
    )
