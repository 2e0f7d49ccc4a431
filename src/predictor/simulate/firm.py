"""A seeded firm, from its people to its tables; nothing is read or written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from predictor.core.errors import SettingsError
from predictor.points.rulebook import RuleBook, load_rule_book
from predictor.simulate.calendar import END, NEVER, Seconds, to_moments
from predictor.simulate.crowd import Crowd, draw_crowd
from predictor.simulate.events import EventColumns, join_events
from predictor.simulate.gate import NOWHERE, Numbers, compute_ready, compute_running_points, locate_first
from predictor.simulate.outcomes import draw_aftermath, draw_outcomes, draw_returns, draw_second_journeys
from predictor.simulate.tables import make_events, make_history, make_leads, make_names
from predictor.simulate.truth import true_probability

FRESH_EVENTS = 3  # that a recycled lead must show before it can become an MQL again


@dataclass(frozen=True)
class Firm:
    """A simulated firm.

    Attributes:
        leads: One row an episode, `(lead_id, mql_at)`, in the order of `mql_at`; a lead that became an MQL again has two.
        events: One row an event, in the order of lead and time; also events after `mql_at`.
        truth: `lead_id`, `mql_at` and `probability` of each episode, in the order of `leads`.
    """

    leads: pd.DataFrame
    events: pd.DataFrame
    truth: pd.DataFrame


class _Law(Protocol):
    """`true_probability` with its strengths filled in."""

    def __call__(self, leads: pd.DataFrame, events: pd.DataFrame) -> pd.Series: ...


def simulate_firm(
    leads: int, seed: int, *, signal: float = 1.0, drift: float = 1.0, earlier: float = 0.0, accounts: float = 0.0
) -> Firm:
    """The tables of a firm over two years, with the true probability of each episode.

    Args:
        leads: How many people become an MQL; whoever does so twice has a second row.
        seed: The same seed gives the same firm.
        signal: How much fit and intent matter to sales; 0 makes acceptance a coin that nothing predicts.
        drift: How fast the mix of leads and the odds change; 0: not at all.
        earlier: How much what came of an earlier episode of a lead matters to its next one; 0: not at all.
        accounts: How much accounts differ in what no column tells; 0: not at all.

    Raises:
        SettingsError: There would be no lead.

    >>> firm = simulate_firm(50, seed=1)
    >>> firm.leads["lead_id"].nunique(), len(firm.leads) == len(firm.truth)
    (50, True)
    >>> simulate_firm(0, seed=1)
    Traceback (most recent call last):
    predictor.core.errors.SettingsError: The number of leads must be at least 1, but is 0. Ask for 2000, say.
    """
    if leads < 1:
        raise SettingsError(f"The number of leads must be at least 1, but is {leads}. Ask for 2000, say.")
    book = load_rule_book("b2b", Path())
    law = partial(true_probability, signal=signal, drift=drift, earlier=earlier, accounts=accounts)
    crowd_rng, first_rng, second_rng, table_rng = np.random.default_rng(seed).spawn(4)
    crowd = draw_crowd(crowd_rng, book, leads, drift=drift)
    first, events = _simulate_first(first_rng, law, crowd)
    second, events = _simulate_second(second_rng, law, crowd, (book, first, events))
    return _make_firm(table_rng, crowd.people, pd.concat([first, second], ignore_index=True), events)


def _simulate_first(rng: np.random.Generator, law: _Law, crowd: Crowd) -> tuple[pd.DataFrame, EventColumns]:
    """The first episode of every lead, and all events up to the work of sales on it."""
    episodes = pd.DataFrame({"lead": np.arange(len(crowd.people)), "mql": crowd.moments, "by_hand": crowd.by_hand})
    episodes["probability"] = _compute_probability(law, crowd.people, episodes, crowd.events)
    return _simulate_sales(rng, crowd.people, episodes, crowd.events)


def _simulate_second(
    rng: np.random.Generator, law: _Law, crowd: Crowd, past: tuple[RuleBook, pd.DataFrame, EventColumns]
) -> tuple[pd.DataFrame, EventColumns]:
    """Second episodes, of recycled leads that come back and pass the gate again, and all events including theirs."""
    book, first, events = past
    returns = draw_returns(rng, first)
    events = join_events(events, draw_second_journeys(rng, returns))
    returned = events.take((returns < END)[events.lead])
    rows = _locate_second_moments(book, crowd.points, returned, returns)
    lead = np.flatnonzero(rows != NOWHERE)
    episodes = pd.DataFrame({"lead": lead, "mql": returned.time[rows[lead]], "by_hand": False})
    both = pd.concat([first.iloc[lead], episodes], ignore_index=True)
    episodes["probability"] = _compute_probability(law, crowd.people, both, returned)[len(lead) :]
    return _simulate_sales(rng, crowd.people, episodes, events)


def _locate_second_moments(
    book: RuleBook, points: Numbers, events: EventColumns, returns: Seconds
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The first row of each lead, after a few fresh events, at which its points pass the gate."""
    fresh = events.time >= returns[events.lead]
    seen = np.cumsum(fresh)
    enough = fresh & (seen - np.r_[0, seen][np.searchsorted(events.lead, events.lead)] >= FRESH_EVENTS)
    total, qualifies = compute_running_points(book, points, events)
    return locate_first(events, enough & compute_ready(events) & ((total >= book.gate) | qualifies), len(returns))


def _compute_probability(law: _Law, people: pd.DataFrame, episodes: pd.DataFrame, events: EventColumns) -> Numbers:
    names = make_names(len(people))
    leads = people.iloc[episodes["lead"]].reset_index(drop=True)
    leads = leads.assign(lead_id=names[episodes["lead"]], mql_at=to_moments(episodes["mql"].to_numpy()))
    known = episodes.reindex(columns=["recycled", "recycle_reason"])  # of first episodes where these are second ones
    recycled = known["recycled"].astype("float64").fillna(np.inf).clip(upper=END + 1)
    leads["recycled_at"] = to_moments(np.asarray(recycled, dtype=np.int64))
    leads["recycle_reason"] = known["recycle_reason"].to_numpy()
    return law(leads, make_history(events, names)).to_numpy(float)


def _simulate_sales(
    rng: np.random.Generator, people: pd.DataFrame, episodes: pd.DataFrame, events: EventColumns
) -> tuple[pd.DataFrame, EventColumns]:
    """The episodes with their outcomes, and all events including those that follow the handover."""
    owners = people.iloc[episodes["lead"]].reset_index(drop=True)
    lead, moments = episodes["lead"].to_numpy(), episodes["mql"].to_numpy()
    outcomes = draw_outcomes(rng, owners, moments, episodes["probability"].to_numpy())
    aftermath = draw_aftermath(rng, lead, moments, (outcomes["sql"] != NEVER).to_numpy())
    return pd.concat([episodes, outcomes], axis=1), join_events(events, aftermath)


def _make_firm(rng: np.random.Generator, people: pd.DataFrame, episodes: pd.DataFrame, events: EventColumns) -> Firm:
    episodes = episodes.sort_values(["mql", "lead"], ignore_index=True)
    leads = make_leads(people, episodes)
    truth = leads[["lead_id", "mql_at"]].assign(probability=episodes["probability"])
    return Firm(leads, make_events(rng, events, make_names(len(people))), truth)
