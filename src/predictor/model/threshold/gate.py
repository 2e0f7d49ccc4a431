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

Verdict = Literal["too loose", "below the band", "in band", "above the band", "too tight", "too few leads", "cannot be told"]

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
    threshold: float | None = None,
) -> Gate:
    """Whether a gate that exists already, as that of the points, is too loose, too tight or right.

    In the band, else below it (too loose under 15 %), else above it (too tight over 40 %). Fewer than 20 leads are not judged.

    Args:
        outcome: (n,) 1 or 0.
        routed: (n,) True where the gate handed the lead over.
        weeks: Length of the period in weeks; None where leads carry no dates.
        band: Conversion that is wanted of what is handed over, both ends included.
        name: What the text calls it.
        threshold: The probability from which it hands leads over; None where it does not go by probabilities.

    Raises:
        TrainingError: As `check_pairs`, or the period is not above 0 weeks.

    >>> print(judge_gate([0, 0, 0, 0, 1] * 10, [True] * 25 + [False] * 25, weeks=5).text)
    The gate hands over 5 a week, 50 % of all, of which 20 % (8.9 to 39.1 %) become SQLs: 50 % of all SQLs. \
In band (wanted: 20 to 30 %).
    >>> judge_gate([0, 1], [False, False], weeks=1).verdict
    'cannot be told'
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
            verdict="cannot be told",
            text=text,
        )
    row = compute_thresholds(y, handed, weeks=weeks).iloc[-1]  # a gate is a threshold on yes and no
    conversion, low, high = (float(row[name]) for name in ("conversion", "conversion_low", "conversion_high"))
    weekly, caught = or_none(row["leads_per_week"]), or_none(row["sqls_caught"])
    verdict = judge_conversion(conversion, band, leads=int(row["leads"]), threshold=threshold)
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


def judge_conversion(
    conversion: float, band: tuple[float, float], *, leads: int, threshold: float | None = None
) -> Verdict:
    """What a conversion says of the gate behind it.

    A threshold at or below the low end of the band is not too tight, whatever the conversion: leads below it would bring fewer
    SQLs than the band promises. Nothing is said of no lead, or of fewer than 20.

    >>> [judge_conversion(share, (0.2, 0.3), leads=100) for share in (0.1, 0.19, 0.3, 0.35, 0.5)]
    ['too loose', 'below the band', 'in band', 'above the band', 'too tight']
    >>> judge_conversion(0.5, (0.2, 0.3), leads=100, threshold=0.19), judge_conversion(0.5, (0.2, 0.3), leads=19)
    ('above the band', 'too few leads')
    """
    if leads < _FEWEST:
        return "too few leads" if leads else "cannot be told"
    if band[0] <= conversion <= band[1]:
        return "in band"
    if conversion < band[0]:
        return "too loose" if conversion < _TOO_LOOSE else "below the band"
    holds_back = conversion > _TOO_TIGHT and not (threshold is not None and threshold <= band[0])
    return "too tight" if holds_back else "above the band"
