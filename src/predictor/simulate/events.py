"""What the leads do: visits over weeks, each with a few events, by people of different personas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictor.simulate.calendar import DAY, END, SINCE, Seconds

Codes = npt.NDArray[np.int64]

TYPES = (
    "page_view", "blog_view", "pricing_page_view", "demo_page_view", "content_download", "email_open", "email_click",
    "webinar_attended", "form_submitted", "newsletter_signup", "chat_started", "phone_call", "trade_show_attended",
    "trial_requested", "demo_requested", "unsubscribed",
)  # fmt: skip
CODE = {name: code for code, name in enumerate(TYPES)}
WEB = 4  # the first types: what a visitor does before anyone knows the name
NAMED_BY = ("form_submitted", "newsletter_signup", "webinar_attended", "content_download", "trade_show_attended", "chat_started")

# How often a persona does each type, in the order of TYPES: early in its journey, and late.
HABITS = {
    "reader": ((30, 26, 2, 1, 7, 22, 7, 1.5, 0.6, 1.5, 0.2, 0.1, 0.3, 0.02, 0.04, 1.0),
               (30, 22, 4, 2, 6, 22, 8, 1.5, 0.8, 0.6, 0.4, 0.2, 0.3, 0.05, 0.10, 1.2)),
    "researcher": ((30, 14, 4, 3, 12, 14, 7, 3.0, 1.0, 1.0, 0.4, 0.2, 0.8, 0.05, 0.06, 0.3),
                   (28, 9, 9, 7, 11, 13, 8, 3.5, 1.2, 0.3, 0.9, 0.5, 0.8, 0.20, 0.25, 0.3)),
    "buyer": ((34, 8, 7, 5, 6, 14, 6, 2.0, 1.2, 0.6, 0.8, 0.5, 1.0, 0.10, 0.15, 0.3),
              (28, 4, 18, 13, 6, 10, 6, 2.0, 1.5, 0.2, 2.0, 1.6, 1.0, 0.7, 1.2, 0.2)),
    "student": ((20, 24, 2, 1, 34, 8, 4, 3.0, 1.2, 1.5, 0.2, 0.0, 0.1, 0.05, 0.03, 0.5),) * 2,
    "spy": ((28, 22, 14, 14, 14, 3, 2, 3.0, 0.6, 1.0, 0.1, 0.0, 1.5, 0.10, 0.15, 0.1),) * 2,
}  # fmt: skip
PERSONAS = (("reader", "researcher", "buyer"), (0.38, 0.34, 0.28))


@dataclass(frozen=True)
class EventColumns:
    """Events as columns, in the order of lead and time.

    Attributes:
        lead: Row number of the person.
        time: Seconds since 1970 UTC.
        kind: Place in `TYPES`.
    """

    lead: Codes
    time: Seconds
    kind: Codes

    def __len__(self) -> int:
        return len(self.lead)

    def take(self, rows: npt.NDArray[np.bool_] | Codes) -> EventColumns:
        """The events of these rows."""
        return EventColumns(self.lead[rows], self.time[rows], self.kind[rows])


def join_events(*parts: EventColumns) -> EventColumns:
    """All events in the order of lead and time, without those outside the span.

    >>> early, late = EventColumns(*np.array([[1], [SINCE], [3]])), EventColumns(*np.array([[0, 0], [END, END + 1], [5, 6]]))
    >>> join_events(early, late).kind.tolist()
    [5, 3]
    """
    lead, time, kind = (np.concatenate([getattr(part, name) for part in parts]) for name in ("lead", "time", "kind"))
    inside = (time >= SINCE) & (time <= END)
    order = np.argsort((lead * 2**32 + time)[inside], kind="stable")
    return EventColumns(lead[inside][order], time[inside][order], kind[inside][order])


def draw_events(rng: np.random.Generator, people: pd.DataFrame) -> EventColumns:
    """The journey of each person, from the first page view on."""
    visits = 2 + rng.poisson(rng.gamma(1.6, 5.8, len(people)))
    weeks = np.clip(np.exp(rng.normal(np.log(8), 0.7, len(people))), 0.5, 40)
    lead, start, progress = _draw_visits(rng, people["first_seen"].to_numpy(), visits, weeks)
    events, event_progress = _draw_visit_events(rng, lead, start, progress)
    habits = _choose_personas(rng, people)[events.lead] * 2 + (event_progress > 0.6)
    kind = draw_kinds(rng, habits)
    return _hide_anonymous(rng, EventColumns(events.lead, events.time, kind), len(people))


def _draw_visits(
    rng: np.random.Generator, first: Seconds, visits: Codes, weeks: npt.NDArray[np.float64]
) -> tuple[Codes, Seconds, npt.NDArray[np.float64]]:
    """The visits of each person; they become more frequent towards the end of a journey and mostly keep office hours."""
    lead = np.repeat(np.arange(len(first)), visits)
    progress = rng.random(len(lead)) ** 0.7
    day = (first[lead] + progress * weeks[lead] * 7 * DAY).astype(np.int64) // DAY
    weekend = ((day + 3) % 7 >= 5) & (rng.random(len(lead)) < 0.75)
    hour = np.clip(rng.normal(13.5, 3.5, len(lead)), 0, 23.5)
    return lead, (day + 2 * weekend) * DAY + (hour * 3600).astype(np.int64), progress


def _draw_visit_events(
    rng: np.random.Generator, lead: Codes, start: Seconds, progress: npt.NDArray[np.float64]
) -> tuple[EventColumns, npt.NDArray[np.float64]]:
    """The events of each visit, minutes apart, and the progress of the journey (0 to 1) at each event."""
    sizes = 1 + rng.poisson(1.3, len(lead))
    visit = np.repeat(np.arange(len(lead)), sizes)
    place = np.arange(len(visit)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    time = start[visit] + place * rng.integers(20, 240, len(visit))
    order = np.argsort(lead[visit] * 2**32 + time, kind="stable")
    order = order[(time[order] >= SINCE) & (time[order] <= END)]
    return EventColumns(lead[visit][order], time[order], np.zeros(len(order), np.int64)), progress[visit][order]


def _choose_personas(rng: np.random.Generator, people: pd.DataFrame) -> Codes:
    minds = np.array([list(HABITS).index(name) for name in PERSONAS[0]])[rng.choice(3, len(people), p=PERSONAS[1])]
    minds[people["email_domain"].str.endswith(".edu").to_numpy(bool)] = list(HABITS).index("student")
    minds[people["competitor"].eq("yes").to_numpy(bool)] = list(HABITS).index("spy")
    return np.asarray(minds)


def draw_kinds(rng: np.random.Generator, habits: Codes) -> Codes:
    """A type for each event, by its habit: twice the place of a persona in `HABITS`, plus one when late."""
    shares = np.array([habit for pair in HABITS.values() for habit in pair], dtype=float)
    cumulative = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1).astype(np.float32)
    chance = rng.random(len(habits), dtype=np.float32)
    kind = np.zeros(len(habits), np.int64)
    for column in cumulative[:, :-1].T:
        kind += chance > column[habits]
    return kind


def _hide_anonymous(rng: np.random.Generator, events: EventColumns, people: int) -> EventColumns:
    """Events of a person before it is known by name become page views, as a cookie joins them to the lead later."""
    counts = np.bincount(events.lead, minlength=people)
    first = np.cumsum(counts) - counts
    named = first + (rng.beta(1.1, 1.9, people) * counts).astype(np.int64)
    place = np.arange(len(events))
    kind = np.where((place < named[events.lead]) & (events.kind >= WEB), 0, events.kind)
    seen = counts > 0
    ways = np.array([CODE[name] for name in NAMED_BY])
    kind[named[seen]] = ways[rng.choice(len(ways), int(seen.sum()), p=(0.44, 0.14, 0.12, 0.18, 0.08, 0.04))]
    return EventColumns(events.lead, events.time, kind)
