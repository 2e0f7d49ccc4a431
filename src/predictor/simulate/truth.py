"""The true probability of a simulated episode: a function of what the two tables hold up to `mql_at`, and of nothing else.

Fit (who the lead is) and intent (what it did, and how recently) add up on the scale of log-odds, with an interaction. Only
the random draw with this probability is hidden, so the function can be learned.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictor.data.email_domains import kind_of_domain
from predictor.simulate.calendar import BEGIN, DAY, YEAR, Seconds, to_seconds

Numbers = npt.NDArray[np.float64]

HORIZON_DAYS = 30.0
DELAY_MEDIAN_DAYS = 7.0
DELAY_SPREAD = 1.0  # of the logarithm: a tenth of those who are ever accepted wait for more than 25 days
WITHIN_HORIZON = 0.5 * (1 + math.erf(math.log(HORIZON_DAYS / DELAY_MEDIAN_DAYS) / DELAY_SPREAD / math.sqrt(2)))

BASE = -1.96  # log-odds of a lead in the middle of everything
STRENGTH = 1.2  # how far fit and intent move them
INDUSTRY = {"Software": 0.3, "Manufacturing": 0.5, "Logistics": 0.5, "Financial services": -0.2, "Education": -0.7}
BEST_SIZE = {"Software": 2.0, "Manufacturing": 3.0, "Logistics": 3.0}  # log10 of heads
SENIORITY = {"C-level": 0.2, "VP": 0.55, "Director": 0.45, "Manager": 0.15, "Specialist": -0.15, "Intern": -1.2}
DEPARTMENT = {"IT": 0.35, "Operations": 0.4, "Marketing": -0.2, "Sales": -0.3, "Finance": 0.1, "Human resources": -0.5}
SOURCE = {"referral": 0.9, "partner": 0.6, "direct": 0.3, "webinar": 0.2, "paid_social": -0.8, "content_syndication": -0.9}
RETURN = {"timing": 2.0, "budget": 1.0, "authority": 0.5, "unreachable": -1.0, "need": -2.0}  # of a lead that was sent back
NEAR = ("United States", "United Kingdom", "Germany", "Netherlands", "France", "Austria", "Switzerland", "Canada", "Ireland")


def true_probability(
    leads: pd.DataFrame,
    events: pd.DataFrame,
    *,
    signal: float = 1.0,
    drift: float = 1.0,
    earlier: float = 0.0,
    accounts: float = 0.0,
) -> pd.Series:
    """The probability that each episode is accepted within 30 days of its `mql_at`, in the order of the leads.

    Args:
        leads: Attributes and `mql_at`; of outcomes only those of earlier episodes, where `earlier` is not 0.
        events: Events of any time; those after `mql_at` change nothing.
        signal: How much fit and intent matter; 0 gives every lead of a day the same probability.
        drift: How fast the odds fall: at 1 by 8 % in two years, at 0 not at all.
        earlier: How much it matters why sales sent an earlier episode of the lead back, and how long ago; 0: not at all.
        accounts: How much accounts differ in what no column tells, so that only their other leads tell it; 0: not at all.

    >>> lead = {"lead_id": ["L1"], "mql_at": pd.to_datetime(["2025-03-01T00:00:00Z"])}
    >>> attributes = dict.fromkeys(["industry", "employees", "annual_revenue", "country", "seniority", "department"])
    >>> lead = pd.DataFrame(lead | attributes | {"source": None, "email_domain": None, "competitor": "no"})
    >>> visit = pd.DataFrame({"lead_id": ["L1"], "occurred_at": lead["mql_at"], "event_type": ["pricing_page_view"]})
    >>> early = true_probability(lead, visit.assign(occurred_at=lead["mql_at"] + pd.Timedelta("1s")))
    >>> bool(true_probability(lead, visit)[0] > early[0]) and early.equals(true_probability(lead, visit.iloc[:0]))
    True
    """
    moments = to_seconds(leads["mql_at"])
    fit = compute_fit(leads)
    intent = compute_intent(leads, events, moments)
    together = STRENGTH * (fit + intent + 0.35 * np.tanh(fit) * np.tanh(intent))
    years = (moments - BEGIN) / YEAR - 1
    odds = BASE + signal * together - drift * 0.04 * years
    if earlier:
        odds += earlier * compute_return(leads, moments)
    if accounts:
        odds += accounts * leads["account_id"].map(compute_bent, na_action="ignore").astype(float).fillna(0.0).to_numpy()
    return pd.Series((WITHIN_HORIZON / (1 + np.exp(-odds))).round(6), index=leads.index, name="probability")


def compute_bent(account_id: str) -> float:
    """How well disposed an account is: normally distributed over accounts, and known from its id by the simulator alone."""
    digest = hashlib.blake2b(account_id.encode(), digest_size=8).digest()
    return NormalDist().inv_cdf((int.from_bytes(digest) + 0.5) / 2.0**64)


def compute_return(leads: pd.DataFrame, moments: Seconds) -> Numbers:
    """What the last earlier episode adds to the log-odds of the next: by its reason, half as much after each half year."""
    rows = pd.DataFrame({"lead_id": leads["lead_id"].to_numpy(), "at": moments, "place": np.arange(len(leads))})
    rows["recycled"], rows["reason"] = to_seconds(leads["recycled_at"]), leads["recycle_reason"].to_numpy()
    rows = rows.sort_values(["lead_id", "at"], kind="stable")
    last = rows.groupby("lead_id")[["recycled", "reason"]].shift()
    known = last["recycled"].notna() & (last["recycled"] <= rows["at"])
    age = ((rows["at"] - last["recycled"]) / (YEAR / 2)).where(known, 0.0)
    effect = last["reason"].map(RETURN, na_action="ignore").fillna(0.0).where(known, 0.0) * np.exp2(-age)
    return np.asarray(effect.to_numpy(float)[np.argsort(rows["place"].to_numpy())])


def compute_fit(leads: pd.DataFrame) -> Numbers:
    """What the attributes add to the log-odds, about 0 for a typical lead; missing is a level of its own."""
    size = np.log10(leads["employees"].astype(float).to_numpy())
    kinds = leads["email_domain"].map(kind_of_domain, na_action="ignore")
    fit = _level(leads["country"], dict.fromkeys(NEAR, 0.15), other=-0.2) + _level(leads["department"], DEPARTMENT)
    fit += _fit_of_firm(leads, size) + _fit_of_title(leads, size) + _fit_of_source(leads)
    fit += np.where(kinds.eq("free"), np.where(size <= 1, -0.1, -0.7), 0.0)
    fit += _level(kinds, {"student": -1.8}) + _level(leads["competitor"], {"yes": -2.5})
    return fit


def _level(column: pd.Series, levels: dict[str, float], *, other: float = 0.0, missing: float = -0.1) -> Numbers:
    values = column.astype(object).map(levels, na_action="ignore").astype(float)
    return np.asarray(values.fillna(other).where(column.notna(), missing).to_numpy())


def _fit_of_firm(leads: pd.DataFrame, size: Numbers) -> Numbers:
    """Each industry has a size that fits best; revenue per employee adds to it."""
    best = _level(leads["industry"], BEST_SIZE, other=2.5, missing=2.5)
    suits = np.where(np.isnan(size), -0.3, 1.3 * np.exp(-(((size - best) / 0.7) ** 2)) - 0.5)
    rich = 0.2 * np.tanh(np.log(leads["annual_revenue"].astype(float).to_numpy()) - size * math.log(10) - math.log(160e3))
    return np.asarray(suits + np.where(np.isnan(rich), -0.05, rich) + _level(leads["industry"], INDUSTRY, other=-0.25))


def _fit_of_title(leads: pd.DataFrame, size: Numbers) -> Numbers:
    """C-level decides in small firms and delegates in large ones, where specialists in IT prepare purchases."""
    chief = leads["seniority"].eq("C-level").to_numpy(bool)
    expert = (leads["seniority"].eq("Specialist") & leads["department"].isin(["IT", "Operations"])).to_numpy(bool)
    fit = _level(leads["seniority"], SENIORITY, missing=-0.25)
    return np.asarray(fit + chief * np.where(size < 2.3, 0.6, np.where(size > 3, -0.8, 0.0)) + expert * (size > 2.7) * 0.6)


def _fit_of_source(leads: pd.DataFrame) -> Numbers:
    """Trade shows work for firms that make things."""
    trade_show = leads["source"].eq("trade_show") & leads["industry"].isin(["Manufacturing", "Logistics", "Construction"])
    return np.asarray(_level(leads["source"], SOURCE) + 0.8 * trade_show.to_numpy(bool))


def compute_intent(leads: pd.DataFrame, events: pd.DataFrame, moments: Seconds) -> Numbers:
    """What the events up to each moment add to the log-odds: recent ones count more, repeated ones ever less."""
    sums = DecayedSums(leads["lead_id"], moments, events)
    downloads = sums.compute(["content_download"], 30)
    requests = sums.compute(["demo_requested", "trial_requested"], 21)
    visits = sums.compute(["page_view", "pricing_page_view", "demo_page_view"], 7)
    intent = 2.2 * _saturate(sums.compute(["pricing_page_view"], 7)) + _saturate(sums.compute(["demo_page_view"], 14))
    intent += 0.3 * np.log1p(downloads) + 1.1 * _saturate(requests) + 0.4 * np.log1p(visits)
    intent += 0.6 * _saturate(sums.compute(["webinar_attended"], 30)) + 0.3 * np.log1p(sums.compute(["email_click"], 30))
    intent += 1.0 * _saturate(sums.compute(["chat_started", "phone_call"], 30))
    intent -= 1.2 * _saturate(3 * sums.compute(["unsubscribed"], 180)) + 0.3 * np.log1p(sums.compute(["blog_view"], 60))
    hoarder = leads["seniority"].isin(["Intern", "Specialist"]).to_numpy(bool)
    intent -= 0.3 * hoarder * downloads + 0.2 * sums.again
    return np.asarray(intent - 1.3)


def _saturate(amount: Numbers) -> Numbers:
    return np.asarray(1 - np.exp(-amount))


class DecayedSums:
    """Counts of events up to each episode's moment, with a weight that halves with every half-life.

    Attributes:
        again: 1 where the lead had an earlier episode, else 0.
    """

    def __init__(self, lead_id: pd.Series, moments: Seconds, events: pd.DataFrame) -> None:
        codes, names = pd.factorize(lead_id)
        keys = codes * 2**32 + moments
        order = np.argsort(keys, kind="stable")
        lead = names.get_indexer(pd.Index(events["lead_id"]))
        time = to_seconds(events["occurred_at"])
        event, place = _pair(keys[order], lead, time)
        self.again = pd.Series(moments).groupby(codes).rank().gt(1).to_numpy(float)
        self._count = len(keys)
        self._episode = order[place]
        self._age = (moments[self._episode] - time[event]) / DAY
        self._kind = events["event_type"].astype("category").iloc[event]

    def compute(self, types: Sequence[str], half_life_days: float) -> Numbers:
        """One number an episode."""
        rows = np.flatnonzero(self._kind.isin(types).to_numpy(bool))
        weights = np.exp2(-self._age[rows] / half_life_days)
        return np.bincount(self._episode[rows], weights, minlength=self._count).astype(float)


def _pair(
    keys: npt.NDArray[np.int64], lead: npt.NDArray[np.intp], time: Seconds
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Each event with each episode of its lead that is not earlier: rows of events, places in the sorted keys."""
    known = np.flatnonzero(lead >= 0)
    first = np.searchsorted(keys, lead[known] * 2**32 + time[known])
    counts = np.searchsorted(keys, (lead[known] + 1) * 2**32) - first
    event = np.repeat(known, counts)
    place = np.arange(len(event)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    return event, place
