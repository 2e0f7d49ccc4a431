"""A seeded firm, from its people to its tables; pure, so no disk is touched."""

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
from predictor.simulate.crowd import Crowd, gather_leads
from predictor.simulate.events import Acts, join_acts
from predictor.simulate.gate import NOWHERE, Numbers, compute_running_points, find_first, find_ready
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


def simulate_firm(leads: int, seed: int, *, signal: float = 1.0, drift: float = 1.0) -> Firm:
    """The tables of a firm over two years, with the true probability of each episode.

    Args:
        leads: How many people become an MQL; those who do so twice have a second row.
        seed: The same seed gives the same firm.
        signal: How much fit and intent matter to sales; 0 makes acceptance a coin that nothing predicts.
        drift: How fast the times change; 0 holds them still.

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
    law = partial(true_probability, signal=signal, drift=drift)
    crowd_rng, first_rng, second_rng, table_rng = np.random.default_rng(seed).spawn(4)
    crowd = gather_leads(crowd_rng, book, leads, drift=drift)
    first, acts = _live_first(first_rng, law, crowd)
    second, acts = _live_second(second_rng, law, crowd, (book, first, acts))
    return _make_firm(table_rng, crowd.people, pd.concat([first, second], ignore_index=True), acts)


def _live_first(rng: np.random.Generator, law: _Law, crowd: Crowd) -> tuple[pd.DataFrame, Acts]:
    """The first episode of every lead, and all acts once sales has been in touch."""
    episodes = pd.DataFrame({"lead": np.arange(len(crowd.people)), "mql": crowd.moments, "by_hand": crowd.by_hand})
    episodes["probability"] = _compute_probability(law, crowd.people, episodes, crowd.acts)
    return _work(rng, crowd.people, episodes, crowd.acts)


def _live_second(
    rng: np.random.Generator, law: _Law, crowd: Crowd, past: tuple[RuleBook, pd.DataFrame, Acts]
) -> tuple[pd.DataFrame, Acts]:
    """The episodes of recycled leads that turn up again and pass the gate once more, and all acts with theirs."""
    book, first, acts = past
    returns = draw_returns(rng, first)
    acts = join_acts(acts, draw_second_journeys(rng, returns))
    theirs = acts.take((returns < END)[acts.lead])
    rows = _find_second_moments(book, crowd.points, theirs, returns)
    lead = np.flatnonzero(rows != NOWHERE)
    episodes = pd.DataFrame({"lead": lead, "mql": theirs.time[rows[lead]], "by_hand": False})
    both = pd.concat([first.iloc[lead], episodes], ignore_index=True)
    episodes["probability"] = _compute_probability(law, crowd.people, both, theirs)[len(lead) :]
    return _work(rng, crowd.people, episodes, acts)


def _find_second_moments(
    book: RuleBook, points: Numbers, acts: Acts, returns: Seconds
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The first row of each lead, after a few fresh events, at which its points pass the gate."""
    fresh = acts.time >= returns[acts.lead]
    seen = np.cumsum(fresh)
    enough = fresh & (seen - np.r_[0, seen][np.searchsorted(acts.lead, acts.lead)] >= FRESH_EVENTS)
    total, qualifies = compute_running_points(book, points, acts)
    return find_first(acts, enough & find_ready(acts) & ((total >= book.gate) | qualifies), len(returns))


def _compute_probability(law: _Law, people: pd.DataFrame, episodes: pd.DataFrame, acts: Acts) -> Numbers:
    names = make_names(len(people))
    leads = people.iloc[episodes["lead"]].reset_index(drop=True)
    leads = leads.assign(lead_id=names[episodes["lead"]], mql_at=to_moments(episodes["mql"].to_numpy()))
    return law(leads, make_history(acts, names)).to_numpy(float)


def _work(rng: np.random.Generator, people: pd.DataFrame, episodes: pd.DataFrame, acts: Acts) -> tuple[pd.DataFrame, Acts]:
    """Sales works the episodes: their outcomes, and the acts that follow."""
    owners = people.iloc[episodes["lead"]].reset_index(drop=True)
    lead, moments = episodes["lead"].to_numpy(), episodes["mql"].to_numpy()
    outcomes = draw_outcomes(rng, owners, moments, episodes["probability"].to_numpy())
    aftermath = draw_aftermath(rng, lead, moments, (outcomes["sql"] != NEVER).to_numpy())
    return pd.concat([episodes, outcomes], axis=1), join_acts(acts, aftermath)


def _make_firm(rng: np.random.Generator, people: pd.DataFrame, episodes: pd.DataFrame, acts: Acts) -> Firm:
    episodes = episodes.sort_values(["mql", "lead"], ignore_index=True)
    leads = make_leads(people, episodes)
    truth = leads[["lead_id", "mql_at"]].assign(probability=episodes["probability"])
    return Firm(leads, make_events(rng, acts, make_names(len(people))), truth)
