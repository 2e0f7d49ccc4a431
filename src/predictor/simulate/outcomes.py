"""What sales does with the leads: acceptance, delays with a long tail, recycling, opportunities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictor.simulate.calendar import DAY, END, NEVER, Seconds
from predictor.simulate.events import CODE, TYPES, Codes, EventColumns
from predictor.simulate.truth import DELAY_MEDIAN_DAYS, DELAY_SPREAD, WITHIN_HORIZON

REASONS = {
    "timing": 0.27, "unreachable": 0.22, "budget": 0.15, "need": 0.15, "authority": 0.10, "fit": 0.08, "duplicate": 0.03,
}  # fmt: skip
COMES_BACK = {"timing": 0.45, "budget": 0.35, "unreachable": 0.25, "need": 0.20, "authority": 0.30}
AFTERWARDS = {
    "email_open": 0.34, "email_click": 0.22, "page_view": 0.14, "phone_call": 0.12, "demo_page_view": 0.08,
    "pricing_page_view": 0.06, "demo_requested": 0.04,
}  # fmt: skip


def draw_outcomes(
    rng: np.random.Generator, people: pd.DataFrame, moments: Seconds, probability: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """One row an episode: acceptance and what follows, times in seconds, also those after the end of the span.

    `probability` is that of an acceptance within the horizon; the draw is for an acceptance at any time, which is likelier
    by the share of delays that are longer.
    """
    count = len(moments)
    accepted = rng.random(count) < probability / WITHIN_HORIZON
    sql = moments + _draw_days(rng, count, DELAY_MEDIAN_DAYS, DELAY_SPREAD)
    recycled = moments + _draw_days(rng, count, 12, 0.8)
    worked = rng.random(count) < 0.85
    deal = accepted & (rng.random(count) < 0.45)
    heads = people["employees"].fillna(60).to_numpy(float)
    amount = 2500 * heads**0.35 * np.exp(rng.normal(0, 0.7, count))
    return pd.DataFrame(
        {
            "sql": np.where(accepted, sql, NEVER),
            "recycled": np.where(~accepted & worked, recycled, NEVER),
            "recycle_reason": _draw_reasons(rng, people),
            "opportunity": np.where(deal, sql + _draw_days(rng, count, 12, 0.8), NEVER),
            "amount": np.round(amount, -2),
        }
    )


def _draw_days(rng: np.random.Generator, count: int, median: float, spread: float) -> Seconds:
    return (np.exp(rng.normal(np.log(median), spread, count)) * DAY).astype(np.int64)


def _draw_reasons(rng: np.random.Generator, people: pd.DataFrame) -> npt.NDArray[np.object_]:
    """A reason for each lead: mostly at random; students and competitors do not fit, and juniors often cannot decide."""
    reasons = np.array(list(REASONS), dtype=object)[rng.choice(len(REASONS), len(people), p=list(REASONS.values()))]
    junior = people["seniority"].isin(["Specialist", "Intern"]).to_numpy(bool)
    reasons[junior & (rng.random(len(people)) < 0.2)] = "authority"
    unsuitable = people["email_domain"].str.endswith(".edu") | people["competitor"].eq("yes")
    reasons[unsuitable.to_numpy(bool) & (rng.random(len(people)) < 0.8)] = "fit"
    return reasons


def draw_aftermath(rng: np.random.Generator, lead: Codes, moments: Seconds, accepted: npt.NDArray[np.bool_]) -> EventColumns:
    """Events after the handover, more of them for accepted leads. No feature may see them."""
    counts = rng.poisson(1.5 + 4.0 * accepted)
    time = np.repeat(moments, counts) + 600 + (rng.exponential(9 * DAY, int(counts.sum()))).astype(np.int64)
    kinds = np.array([CODE[name] for name in AFTERWARDS])
    kind = kinds[rng.choice(len(kinds), len(time), p=list(AFTERWARDS.values()))]
    return EventColumns(np.repeat(lead, counts), time, kind)


def draw_returns(rng: np.random.Generator, outcomes: pd.DataFrame) -> Seconds:
    """When a recycled lead comes back, months later; `NEVER` for most."""
    chances = outcomes["recycle_reason"].map(COMES_BACK).fillna(0.0).to_numpy(float)
    back = (rng.random(len(outcomes)) < chances) & (outcomes["recycled"].to_numpy() < END)
    wait = ((30 + rng.exponential(70, len(outcomes))) * DAY).astype(np.int64)
    return np.where(back, np.where(back, outcomes["recycled"].to_numpy(), 0) + wait, NEVER)


def draw_second_journeys(rng: np.random.Generator, returns: Seconds) -> EventColumns:
    """Some weeks of visits by each lead that comes back."""
    lead = np.flatnonzero(returns < END)
    counts = 3 + rng.poisson(rng.gamma(1.6, 6.0, len(lead)))
    time = np.repeat(returns[lead], counts) + (rng.random(int(counts.sum())) ** 0.7 * 45 * DAY).astype(np.int64)
    shares = np.array([26, 8, 11, 8, 6, 14, 9, 2, 1, 0.3, 1.5, 1.2, 0.6, 0.2, 0.3, 0.3])
    return EventColumns(np.repeat(lead, counts), time, rng.choice(len(TYPES), len(time), p=shares / shares.sum()))
