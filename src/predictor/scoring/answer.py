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
from predictor.points.award import Fired

Decision = Literal["route_to_sales", "nurture"]


@dataclass(frozen=True, slots=True)
class Lead:
    """One lead to score.

    Attributes:
        lead_id: The CRM's key.
        as_of: The moment the score speaks of, with a zone; what came later is not looked at.
        attributes: Facts about lead and firm, under the names of the training data.
        points: The score that the CRM holds; None where it holds none.
        events: The lead's dated acts, in any order.
    """

    lead_id: str
    as_of: datetime
    attributes: Mapping[str, Any] = field(default_factory=dict)
    points: float | None = None
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """What moved a probability.

    Attributes:
        what: The fact or group of facts.
        value: Its value; of a group that of the member which moved it most.
        effect: By how much, in probability.
        text: The same in words.
        evidence: What came of the leads with such a value that taught the model, beside all leads; None where fewer than 20
            had it, or the bundle is from before evidence was kept.
    """

    what: str
    value: str
    effect: float
    text: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class PointsAnswer:
    """What the points say: `total` None where unknown, `gate` and `decision` None where the firm names no gate."""

    total: float | None
    gate: float | None
    decision: Decision | None
    fired: tuple[Fired, ...]

    def to_json(self) -> dict[str, Any]:
        """The points as JSON holds them."""
        fired = [{"rule": rule.rule, "points": rule.points} for rule in self.fired]
        return {"total": self.total, "gate": self.gate, "decision": self.decision, "fired": fired}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer about one lead, as the scoring contract has it.

    Attributes:
        features: What the model looked at, by name, as the store keeps it; no part of the contract.
        base: The probability that every lead starts from, before anything is known of it; None where no reasons were asked.
        explore: Whether the lead goes to sales by lot, although its probability is below the threshold.
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

    @property
    def rest(self) -> float | None:
        """What all that is not told moves the probability by: base, effects and rest add up to it."""
        return None if self.base is None else self.probability - self.base - sum(reason.effect for reason in self.reasons)

    def to_json(self) -> dict[str, Any]:
        """The answer as JSON holds it, without the part `model`, which is the same for all."""
        points = self.points
        return {
            "lead_id": self.lead_id, "probability": self.probability, "interval": list(self.interval),
            "threshold": self.threshold, "decision": self.decision, "explore": self.explore, "grade": self.grade,
            "points": None if points is None else points.to_json(),
            "reasons": [
                {"what": it.what, "value": it.value, "effect": it.effect, "text": it.text, "evidence": it.evidence}
                for it in self.reasons
            ],
            "base": self.base, "rest": self.rest,
            "warnings": [{"code": it.code, "text": f"{it.what} {it.do}".strip()} for it in self.warnings],
        }  # fmt: skip

    def _repr_html_(self) -> str:
        low, high = self.interval
        told = f"Probability {self.probability:.3f} ({low:.3f} to {high:.3f}), threshold {self.threshold:.3f}, grade {self.grade}"
        rows = [[it.what, it.value, f"{it.effect:+.3f}", it.evidence or ""] for it in self.reasons]
        heads = ["Reason", "Value", "Effect on the probability", "What came of such leads"]
        table = to_table(heads, rows, texts=(0, 1, 3)) if rows else ""
        return to_heading(f"{told}: {self.decision}") + table + to_paragraphs(*map(str, self.warnings))


def grade(probability: float, lowest: Mapping[str, float]) -> str:
    """The first grade whose lowest probability is reached; D below all.

    >>> grade(0.3, {"A": 0.4, "B": 0.25, "C": 0.1}), grade(0.05, {"A": 0.4, "B": 0.25, "C": 0.1})
    ('B', 'D')
    """
    return next((name for name, low in lowest.items() if probability >= low), "D")


def decide(is_routed: bool) -> Decision:
    """The decision in its words."""
    return "route_to_sales" if is_routed else "nurture"


def decide_points(total: float, gate: float | None, *, qualifies: bool = False) -> Decision | None:
    """What the points decide: None where the firm names no gate, or the points are not known and nothing qualifies by itself.

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
