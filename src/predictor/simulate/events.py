"""What the leads do: visits over weeks, each with a few events, by people of different minds."""

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

# How often a mind does each type, in the order of TYPES: early in its journey, and late.
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
MINDS = (("reader", "researcher", "buyer"), (0.38, 0.34, 0.28))


@dataclass(frozen=True)
class Acts:
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

    def take(self, rows: npt.NDArray[np.bool_] | Codes) -> Acts:
        """The acts of these rows."""
        return Acts(self.lead[rows], self.time[rows], self.kind[rows])


def join_acts(*parts: Acts) -> Acts:
    """All acts in the order of lead and time, without those outside of the span.

    >>> early, late = Acts(*np.array([[1], [SINCE], [3]])), Acts(*np.array([[0, 0], [END, END + 1], [5, 6]]))
    >>> join_acts(early, late).kind.tolist()
    [5, 3]
    """
    lead, time, kind = (np.concatenate([getattr(part, name) for part in parts]) for name in ("lead", "time", "kind"))
    inside = (time >= SINCE) & (time <= END)
    order = np.argsort((lead * 2**32 + time)[inside], kind="stable")
    return Acts(lead[inside][order], time[inside][order], kind[inside][order])


def draw_acts(rng: np.random.Generator, people: pd.DataFrame) -> Acts:
    """The journey of each person, from the first page view on, whoever may be looking."""
    visits = 2 + rng.poisson(rng.gamma(1.6, 5.8, len(people)))
    weeks = np.clip(np.exp(rng.normal(np.log(8), 0.7, len(people))), 0.5, 40)
    lead, start, progress = _draw_visits(rng, people["first_seen"].to_numpy(), visits, weeks)
    acts, moved = _draw_events(rng, lead, start, progress)
    habits = _choose_minds(rng, people)[acts.lead] * 2 + (moved > 0.6)
    kind = draw_kinds(rng, habits)
    return _hide_the_nameless(rng, Acts(acts.lead, acts.time, kind), len(people))


def _draw_visits(
    rng: np.random.Generator, first: Seconds, visits: Codes, weeks: npt.NDArray[np.float64]
) -> tuple[Codes, Seconds, npt.NDArray[np.float64]]:
    """Visits grow denser towards the end of a journey and keep office hours, more or less."""
    lead = np.repeat(np.arange(len(first)), visits)
    progress = rng.random(len(lead)) ** 0.7
    day = (first[lead] + progress * weeks[lead] * 7 * DAY).astype(np.int64) // DAY
    weekend = ((day + 3) % 7 >= 5) & (rng.random(len(lead)) < 0.75)
    hour = np.clip(rng.normal(13.5, 3.5, len(lead)), 0, 23.5)
    return lead, (day + 2 * weekend) * DAY + (hour * 3600).astype(np.int64), progress


def _draw_events(
    rng: np.random.Generator, lead: Codes, start: Seconds, progress: npt.NDArray[np.float64]
) -> tuple[Acts, npt.NDArray[np.float64]]:
    """Each visit is one event or a few, minutes apart; the second answer is how far the journey has come at each."""
    sizes = 1 + rng.poisson(1.3, len(lead))
    visit = np.repeat(np.arange(len(lead)), sizes)
    place = np.arange(len(visit)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    time = start[visit] + place * rng.integers(20, 240, len(visit))
    order = np.argsort(lead[visit] * 2**32 + time, kind="stable")
    order = order[(time[order] >= SINCE) & (time[order] <= END)]
    return Acts(lead[visit][order], time[order], np.zeros(len(order), np.int64)), progress[visit][order]


def _choose_minds(rng: np.random.Generator, people: pd.DataFrame) -> Codes:
    minds = np.array([list(HABITS).index(name) for name in MINDS[0]])[rng.choice(3, len(people), p=MINDS[1])]
    minds[people["email_domain"].str.endswith(".edu").to_numpy(bool)] = list(HABITS).index("student")
    minds[people["competitor"].eq("yes").to_numpy(bool)] = list(HABITS).index("spy")
    return np.asarray(minds)


def draw_kinds(rng: np.random.Generator, habits: Codes) -> Codes:
    """A type for each event, by the habit it follows: twice the place of a mind in `HABITS`, one more when late."""
    shares = np.array([habit for pair in HABITS.values() for habit in pair], dtype=float)
    cumulative = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1).astype(np.float32)
    chance = rng.random(len(habits), dtype=np.float32)
    kind = np.zeros(len(habits), np.int64)
    for column in cumulative[:, :-1].T:
        kind += chance > column[habits]
    return kind


def _hide_the_nameless(rng: np.random.Generator, acts: Acts, people: int) -> Acts:
    """Before a form, a fair or a chat tells the name there are only page views, later joined to the lead by its cookie."""
    counts = np.bincount(acts.lead, minlength=people)
    first = np.cumsum(counts) - counts
    named = first + (rng.beta(1.1, 1.9, people) * counts).astype(np.int64)
    place = np.arange(len(acts))
    kind = np.where((place < named[acts.lead]) & (acts.kind >= WEB), 0, acts.kind)
    seen = counts > 0
    ways = np.array([CODE[name] for name in NAMED_BY])
    kind[named[seen]] = ways[rng.choice(len(ways), int(seen.sum()), p=(0.44, 0.14, 0.12, 0.18, 0.08, 0.04))]
    return Acts(acts.lead, acts.time, kind)
