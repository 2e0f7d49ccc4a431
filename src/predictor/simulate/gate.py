"""When marketing hands a lead over: at the event by which the firm's points pass its gate, or earlier by hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictor.data.email_domains import kind_of_domain
from predictor.points.award_table import award_table
from predictor.points.rule import EventCondition
from predictor.points.rulebook import RuleBook
from predictor.simulate.events import TYPES, WEB, EventColumns

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

_MICROSECONDS = 1_000_000
NOWHERE = -1


def compute_attribute_points(book: RuleBook, people: pd.DataFrame) -> Numbers:
    """The points of each person from rules on attributes alone."""
    kinds = people["email_domain"].map(kind_of_domain, na_action="ignore")
    leads = people.assign(lead_id=people.index.astype(str), as_of=pd.Timestamp(0, tz="UTC"), email_domain_kind=kinds)
    return award_table(book, leads, None).total.to_numpy(float)


def compute_running_points(book: RuleBook, attribute_points: Numbers, events: EventColumns) -> tuple[Numbers, Flags]:
    """The points of each lead as they stand at each of its events, and whether one rule alone qualifies it there.

    Rules on events are read as `predictor.points.rulebook` says, except half-lives, assets and campaigns, which the book
    of the simulated firm does not use. Of events in the same second only the last sees them all.

    >>> from predictor.points.rulebook import parse_rule_book
    >>> book = parse_rule_book('''
    ... name = "x"
    ... gate = 9
    ... rules = [{name = "R", event = "blog_view", points = 5, per_event = true, cap = 8, expires_days = 1}]''', "x.toml")
    >>> events = EventColumns(np.array([0, 0, 0]), np.array([0, 86_400, 200_000]) + 10**9, np.array([1, 1, 0]))
    >>> compute_running_points(book, np.array([10.0]), events)[0].tolist()
    [15.0, 18.0, 10.0]
    """
    keys = events.lead * 2**32 + events.time
    starts: dict[int | None, Rows] = {None: np.searchsorted(keys, events.lead * 2**32)}
    total = attribute_points[events.lead].astype(float)
    qualifies = np.zeros(len(events), dtype=bool)
    for rule in book.rules:
        if isinstance(rule.condition, EventCondition):
            fired = _count_fired(rule.condition, keys, events.kind, starts)
            times = fired if rule.condition.per_event else np.minimum(fired, 1)
            limit = np.inf if rule.condition.cap is None else rule.condition.cap
            total += np.clip(rule.points * times, -limit, limit)
            qualifies |= rule.qualifies & (fired > 0)
    return total, qualifies


def _count_fired(condition: EventCondition, keys: Rows, kind: Rows, starts: dict[int | None, Rows]) -> Rows:
    """How many events up to each row fire the rule and have not expired."""
    fires = np.array([name in condition.types for name in TYPES])[kind]
    if condition.at_least > 1:
        fires &= _count_since(fires, keys, condition.within, starts) >= condition.at_least
    return _count_since(fires, keys, condition.expires, starts)


def _count_since(matches: Flags, keys: Rows, span: int | None, starts: dict[int | None, Rows]) -> Rows:
    """Matching events up to each row, at most `span` microseconds old; `starts` caches where each span begins."""
    if span not in starts and span is not None:
        starts[span] = np.searchsorted(keys, keys - span // _MICROSECONDS)
    sums = np.r_[0, np.cumsum(matches)]
    return np.asarray(sums[1:] - sums[starts[span]])


def compute_ready(events: EventColumns) -> Flags:
    """Whether a lead can be handed over at each row: its name is known, and no later event shares the second."""
    named = np.cumsum(events.kind >= WEB)
    first = np.searchsorted(events.lead, events.lead)
    known = named > np.r_[0, named][first]
    later = np.r_[events.time[1:] != events.time[:-1], True] | np.r_[events.lead[1:] != events.lead[:-1], True]
    return np.asarray(known & later)


def locate_first(events: EventColumns, rows: Flags, leads: int) -> Rows:
    """The first of these rows of each lead; `NOWHERE` for a lead without one.

    >>> locate_first(EventColumns(np.array([0, 0, 2]), np.zeros(3), np.zeros(3)), np.array([False, True, True]), 3).tolist()
    [1, -1, 2]
    """
    places = np.flatnonzero(rows)
    lead, first = np.unique(events.lead[places], return_index=True)
    rows_of_leads = np.full(leads, NOWHERE)
    rows_of_leads[lead] = places[first]
    return rows_of_leads


def choose_by_hand(rng: np.random.Generator, events: EventColumns, ready: Flags, passed: Rows, share: float) -> Rows:
    """A row at random for a share of the leads that never pass the gate; `NOWHERE` for all others."""
    waiting = (passed == NOWHERE) & (rng.random(len(passed)) < share)
    places = rng.permutation(np.flatnonzero(ready & waiting[events.lead]))
    chosen = np.full(len(passed), NOWHERE)
    chosen[events.lead[places]] = places  # of several, the last one stays
    return chosen
