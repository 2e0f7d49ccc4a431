"""A crowd of visitors, and those among them whom marketing hands over to sales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from predictor.points.rulebook import RuleBook
from predictor.simulate.calendar import BEGIN, Seconds
from predictor.simulate.events import Acts, draw_acts, join_acts
from predictor.simulate.gate import (
    NOWHERE,
    Flags,
    Numbers,
    choose_by_hand,
    compute_attribute_points,
    compute_running_points,
    find_first,
    find_ready,
)
from predictor.simulate.people import draw_accounts, draw_people

HAND_SHARE = 0.3  # of those who never pass the gate
VISITORS_PER_LEAD = 1.5  # a first guess; more are drawn when it was too low


@dataclass(frozen=True)
class Crowd:
    """People who became an MQL.

    Attributes:
        people: One row a lead, as `draw_people` gives them.
        points: What the attributes of each are worth.
        acts: All their events; `lead` is the row in `people`.
        moments: When each became an MQL.
        by_hand: Whether somebody handed it over below the gate.
    """

    people: pd.DataFrame
    points: Numbers
    acts: Acts
    moments: Seconds
    by_hand: Flags


def gather_leads(rng: np.random.Generator, book: RuleBook, leads: int, *, drift: float) -> Crowd:
    """So many people who became an MQL: visitors come in waves until there are enough, and the first ones stay."""
    accounts = draw_accounts(rng, max(1, int(0.8 * leads)))
    crowd = _draw_crowd(rng, book, draw_people(rng, accounts, _guess(leads), drift=drift))
    while len(crowd.people) < leads:
        more = _draw_crowd(rng, book, draw_people(rng, accounts, _guess(leads), drift=drift))
        crowd = _join(crowd, more)
    return _keep(crowd, np.arange(len(crowd.people)) < leads)


def _guess(leads: int) -> int:
    return int(leads * VISITORS_PER_LEAD) + 20


def _draw_crowd(rng: np.random.Generator, book: RuleBook, people: pd.DataFrame) -> Crowd:
    points = compute_attribute_points(book, people)
    acts = draw_acts(rng, people)
    total, qualifies = compute_running_points(book, points, acts)
    ready = find_ready(acts)
    passed = find_first(acts, ready & ((total >= book.gate) | qualifies), len(people))
    by_hand = choose_by_hand(rng, acts, ready, passed, HAND_SHARE)
    rows = np.where(passed == NOWHERE, by_hand, passed)
    crowd = Crowd(people, points, acts, acts.time[rows], by_hand != NOWHERE)
    return _keep(crowd, (rows != NOWHERE) & (crowd.moments >= BEGIN))


def _keep(crowd: Crowd, chosen: Flags) -> Crowd:
    acts = crowd.acts.take(chosen[crowd.acts.lead])
    place = np.cumsum(chosen) - 1
    people = crowd.people[chosen].reset_index(drop=True)
    acts = Acts(place[acts.lead], acts.time, acts.kind)
    return Crowd(people, crowd.points[chosen], acts, crowd.moments[chosen], crowd.by_hand[chosen])


def _join(crowd: Crowd, more: Crowd) -> Crowd:
    later = Acts(more.acts.lead + len(crowd.people), more.acts.time, more.acts.kind)
    return Crowd(
        pd.concat([crowd.people, more.people], ignore_index=True),
        np.r_[crowd.points, more.points],
        join_acts(crowd.acts, later),
        np.r_[crowd.moments, more.moments],
        np.r_[crowd.by_hand, more.by_hand],
    )
