"""What a decision rests on: today's gate, what each way finds at the volume that sales works, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["keep_points", "change_gate", "use_learned_points", "use_model", "not_enough_leads", "no_signal"]
Source = Literal["capacity", "gate", "new gate", "threshold", "half"]

BEST = 0.2  # the share of leads by which the ranking is described
FEWEST = 20  # SQLs, and other leads, that a test needs before anything follows from it


@dataclass(frozen=True, kw_only=True)
class Handed:
    """Leads that are handed over, and what becomes of them.

    Attributes:
        leads: A week, or of every 100 leads where they have no dates.
        sqls: SQLs among them, in the same unit.
        low: Low end of the conversion (Wilson, 95 %); NaN where unknown.
        high: High end.
    """

    leads: float
    sqls: float
    low: float = float("nan")
    high: float = float("nan")

    @property
    def conversion(self) -> float:
        """Share of them that become SQLs; NaN without leads.

        >>> Handed(leads=20, sqls=5).conversion
        0.25
        """
        return self.sqls / self.leads if self.leads else float("nan")


@dataclass(frozen=True, kw_only=True)
class Gain:
    """SQLs that one way finds more than another with as many leads: mean, 95 % interval, and what `judge_difference` says."""

    mean: float
    low: float
    high: float
    judgement: str


@dataclass(frozen=True, kw_only=True)
class PointsGate:
    """A gate of the points, and what it hands over; `gate` is None where leads are handed over without a number."""

    gate: float | None
    handed: Handed


@dataclass(frozen=True, kw_only=True)
class LeadCounts:
    """The leads that the figures come from.

    Attributes:
        leads: How many.
        sqls: SQLs among them.
        unit: Of all figures: 'a week', or 'of every 100 leads'.
        load: All of them, in this unit.
    """

    leads: int
    sqls: int
    unit: str
    load: Handed

    @property
    def rarer(self) -> int:
        """SQLs or other leads, of which there are fewer."""
        return min(self.sqls, self.leads - self.sqls)


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What is known of the model.

    Attributes:
        signal: Whether it ranks leads better than chance.
        may_serve: Whether its test lets it serve.
        ranks_only: Whether its probabilities only rank leads.
        threshold: The probability from which it hands leads over, by the firm's policy; None where none is recommended.
        holds: Whether new leads can be expected to keep what the policy wants.
        reaches: Whether some threshold keeps it on known leads; otherwise the one in service only comes nearest.
        best: The best fifth by the model: its share of all SQLs with the 95 % interval.
    """

    signal: bool
    may_serve: bool = True
    ranks_only: bool = False
    threshold: float | None = None
    holds: bool = True
    reaches: bool = True
    best: tuple[float, float, float] = (float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True, kw_only=True)
class Volume:
    """As many leads as sales works, chosen by each way.

    Attributes:
        source: Where the number comes from: sales' capacity, today's gate, the gate that should replace it, the
            model's threshold, or half of all leads.
        ways: Way -> what it hands over.
        gains: (way, rival) -> SQLs that the way finds more.
    """

    source: Source
    ways: Mapping[str, Handed]
    gains: Mapping[tuple[str, str], Gain] = field(default_factory=dict)

    def is_better(self, way: str, rival: str) -> bool:
        """Whether a way is surely better than a rival."""
        return (way, rival) in self.gains and self.gains[way, rival].judgement == "better"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that a decision rests on.

    Attributes:
        tested: The leads.
        model: The model.
        volume: What each way finds at the volume that sales works.
        proposals: Way -> what it hands over by the firm's policy; without a way that hands over every lead or none.
        today: Today's gate; None where there is none.
        advised: The gate of the points that surely keeps the firm's policy where today's surely does not; None otherwise.
        misses: Whether today's gate surely misses the conversion that the policy wants, and no gate surely keeps it.
        wanted: The policy in words, as 'a conversion of 20 to 30 %'.
        learned_gate: The gate of the learned points that are exported; None without.
        caveats: What readers must know beside the figures.
    """

    tested: LeadCounts
    model: ModelFacts
    volume: Volume
    proposals: Mapping[str, Handed] = field(default_factory=dict)
    today: PointsGate | None = None
    advised: PointsGate | None = None
    misses: bool = False
    wanted: str = ""
    learned_gate: float | None = None
    caveats: tuple[str, ...] = ()
