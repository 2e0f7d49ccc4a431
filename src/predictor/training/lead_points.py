"""The points of the leads of a dataset, and which of them the points hand over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from predictor.core.settings import Settings
from predictor.data.leads import Leads
from predictor.features.assemble import TOTAL
from predictor.points.award import Awards
from predictor.points.rulebook import RuleBook, choose_gate


@dataclass(frozen=True, kw_only=True)
class LeadPoints:
    """The points of the leads.

    Attributes:
        total: (n,) points, NaN where unknown; None for a firm without points.
        gate: Points from which the firm hands a lead over; None where it names no gate.
        book: The rule book; None for none.
        awards: What it awards; None without a book, and where only the totals are stored.
    """

    total: np.ndarray | None
    gate: float | None
    book: RuleBook | None = None
    awards: Awards | None = None

    def take(self, positions: np.ndarray) -> np.ndarray | None:
        """The points of those leads, NaN where unknown; None for a firm without points."""
        return None if self.total is None else self.total[positions]

    def route(self, positions: np.ndarray) -> np.ndarray | None:
        """Which of those leads the points hand over, by the gate or by themselves; None where there is no gate or no points."""
        points = self.take(positions)
        if points is None or self.gate is None:
            return None
        by_itself = self.awards.qualifies.to_numpy()[positions] if self.awards is not None else False
        return (points >= self.gate) | by_itself


def make_points(
    rows: pd.DataFrame, leads: Leads, settings: Settings, *, book: RuleBook | None, awards: Awards | None
) -> LeadPoints:
    """The points that assembled rows hold, with the firm's gate."""
    total = rows[TOTAL].to_numpy() if TOTAL in rows else None
    return LeadPoints(total=total, gate=choose_gate(settings.points.gate, book, leads.points), book=book, awards=awards)
