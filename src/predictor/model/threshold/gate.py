"""Gates: how one that exists already, as that of the points, does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from predictor.core.wording import format_band
from predictor.model.metrics.inputs import check_pairs
from predictor.model.threshold.describe import check_weeks, describe_routed, or_none
from predictor.model.threshold.table import compute_thresholds

Verdict = Literal["too loose", "below the band", "in band", "above the band", "too tight", "too few leads", "no leads"]

# What sales and marketing operations agree on: below 15 % sales gets leads that are not qualified, above 40 % leads that
# sales could convert are held back.
_TOO_LOOSE, _TOO_TIGHT = 0.15, 0.40
_FEWEST = 20  # leads below which a conversion says nothing of a gate
_MEANING = {
    "too loose": ": sales gets leads that are not qualified",
    "too tight": ": leads that sales could convert are held back",
    "too few leads": ": nothing follows from fewer than 20",
}


@dataclass(frozen=True, slots=True)
class Gate:
    """How a gate that exists already did; None where it is not known."""

    leads: int
    leads_per_week: float | None
    share_routed: float
    conversion: float | None
    low: float | None
    high: float | None
    sqls_caught: float | None
    verdict: Verdict
    text: str


def judge_gate(
    outcome: ArrayLike,
    routed: ArrayLike,
    *,
    weeks: float | None,
    band: tuple[float, float] = (0.20, 0.30),
    name: str = "gate",
) -> Gate:
    """Whether a gate that exists already, as that of the points, is too loose, too tight or right.

    In the band, else below it (too loose under 15 %), else above it, as `judge_handed` says.

    Args:
        outcome: (n,) 1 or 0.
        routed: (n,) True where the gate handed the lead over.
        weeks: Length of the period in weeks; None where leads carry no dates.
        band: Conversion that is wanted of what is handed over, both ends included.
        name: What the text calls it.

    Raises:
        TrainingError: As `check_pairs`, or the period is not above 0 weeks.

    >>> print(judge_gate([0, 0, 0, 0, 1] * 10, [True] * 25 + [False] * 25, weeks=5).text)
    The gate hands over 5 a week, 50 % of all, of which 20 % (8.9 to 39.1 %) become SQLs: 50 % of all SQLs. \
In band (wanted: 20 to 30 %).
    >>> judge_gate([0, 1], [False, False], weeks=1).verdict
    'no leads'
    """
    y, handed = check_pairs(outcome, np.asarray(routed, dtype=float))
    if not handed.any():
        weekly, caught = or_none(0 / check_weeks(weeks)), 0.0 if y.any() else None
        text = f"The {name} hands over no lead, so its conversion is not known."
        return Gate(
            leads=0,
            leads_per_week=weekly,
            share_routed=0.0,
            conversion=None,
            low=None,
            high=None,
            sqls_caught=caught,
            verdict="no leads",
            text=text,
        )
    row = compute_thresholds(y, handed, weeks=weeks).iloc[-1]  # a gate is a threshold on yes and no
    conversion, low, high = (float(row[name]) for name in ("conversion", "conversion_low", "conversion_high"))
    weekly, caught = or_none(row["leads_per_week"]), or_none(row["sqls_caught"])
    verdict = judge_handed(handed.sum(), y[handed > 0].sum(), of=(len(y), y.sum()), band=band)
    means = f"{verdict} (wanted: {format_band(band)}){_MEANING.get(verdict, '')}."
    which = "every lead, " if handed.all() else ""
    text = f"The {name} hands over {which}{describe_routed(row)}. {means[0].upper()}{means[1:]}"
    return Gate(
        leads=int(row["leads"]),
        leads_per_week=weekly,
        share_routed=float(row["share_routed"]),
        conversion=conversion,
        low=low,
        high=high,
        sqls_caught=caught,
        verdict=verdict,
        text=text,
    )


def judge_handed(leads: float, sqls: float, *, of: tuple[float, float], band: tuple[float, float]) -> Verdict:
    """What the conversion of the leads handed over says of the gate before them.

    A gate is too tight where more than 40 % convert and the leads that it holds back would convert within the band, or above.
    Nothing is said of no lead, or of fewer than 20.

    Args:
        leads: Leads handed over.
        sqls: SQLs among them.
        of: All leads, and the SQLs among them.
        band: Conversion that is wanted.

    >>> [judge_handed(100, sqls, of=(200, 60), band=(0.2, 0.3)) for sqls in (10, 19, 30, 35, 45)]
    ['too loose', 'below the band', 'in band', 'above the band', 'above the band']
    >>> judge_handed(100, 45, of=(200, 65), band=(0.2, 0.3)), judge_handed(19, 15, of=(200, 65), band=(0.2, 0.3))
    ('too tight', 'too few leads')
    """
    if leads < _FEWEST:
        return "too few leads" if leads else "no leads"
    conversion = sqls / leads
    if band[0] <= conversion <= band[1]:
        return "in band"
    if conversion < band[0]:
        return "too loose" if conversion < _TOO_LOOSE else "below the band"
    held_back, their_sqls = of[0] - leads, of[1] - sqls
    holds_back = held_back >= _FEWEST and their_sqls >= band[0] * held_back
    return "too tight" if conversion > _TOO_TIGHT and holds_back else "above the band"
