"""Visitors, and those of them that marketing hands over to sales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from predictor.points.rulebook import RuleBook
from predictor.simulate.calendar import BEGIN, Seconds
from predictor.simulate.events import EventColumns, draw_events, join_events
from predictor.simulate.gate import (
    NOWHERE,
    Flags,
    Numbers,
    choose_by_hand,
    compute_attribute_points,
    compute_ready,
    compute_running_points,
    locate_first,
)
from predictor.simulate.people import draw_accounts, draw_people

HAND_SHARE = 0.3  # of those that never pass the gate
VISITORS_PER_LEAD = 1.5  # a first guess; more are drawn where it is too low


@dataclass(frozen=True)
class Crowd:
    """People who became an MQL.

    Attributes:
        people: One row a lead, as `draw_people` gives them.
        points: The points of each person's attributes.
        events: All their events; `lead` is the row in `people`.
        moments: When each became an MQL.
        by_hand: Whether somebody handed it over below the gate.
    """

    people: pd.DataFrame
    points: Numbers
    events: EventColumns
    moments: Seconds
    by_hand: Flags


def draw_crowd(rng: np.random.Generator, book: RuleBook, leads: int, *, drift: float) -> Crowd:
    """`leads` people who became an MQL: waves of visitors are drawn until there are enough, and the first are kept."""
    accounts = draw_accounts(rng, max(1, int(0.8 * leads)))
    crowd = _draw_wave(rng, book, draw_people(rng, accounts, _guess(leads), drift=drift))
    while len(crowd.people) < leads:
        more = _draw_wave(rng, book, draw_people(rng, accounts, _guess(leads), drift=drift))
        crowd = _join(crowd, more)
    return _keep(crowd, np.arange(len(crowd.people)) < leads)


def _guess(leads: int) -> int:
    return int(leads * VISITORS_PER_LEAD) + 20


def _draw_wave(rng: np.random.Generator, book: RuleBook, people: pd.DataFrame) -> Crowd:
    points = compute_attribute_points(book, people)
    events = draw_events(rng, people)
    total, qualifies = compute_running_points(book, points, events)
    ready = compute_ready(events)
    passed = locate_first(events, ready & ((total >= book.gate) | qualifies), len(people))
    by_hand = choose_by_hand(rng, events, ready, passed, HAND_SHARE)
    rows = np.where(passed == NOWHERE, by_hand, passed)
    crowd = Crowd(people=people, points=points, events=events, moments=events.time[rows], by_hand=by_hand != NOWHERE)
    return _keep(crowd, (rows != NOWHERE) & (crowd.moments >= BEGIN))


def _keep(crowd: Crowd, chosen: Flags) -> Crowd:
    events = crowd.events.take(chosen[crowd.events.lead])
    place = np.cumsum(chosen) - 1
    people = crowd.people[chosen].reset_index(drop=True)
    events = EventColumns(place[events.lead], events.time, events.kind)
    return Crowd(
        people=people, points=crowd.points[chosen], events=events, moments=crowd.moments[chosen], by_hand=crowd.by_hand[chosen]
    )


def _join(crowd: Crowd, more: Crowd) -> Crowd:
    later = EventColumns(more.events.lead + len(crowd.people), more.events.time, more.events.kind)
    return Crowd(
        people=pd.concat([crowd.people, more.people], ignore_index=True),
        points=np.r_[crowd.points, more.points],
        events=join_events(crowd.events, later),
        moments=np.r_[crowd.moments, more.moments],
        by_hand=np.r_[crowd.by_hand, more.by_hand],
    )
