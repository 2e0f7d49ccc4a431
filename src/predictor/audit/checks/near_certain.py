"""Values that almost determine the outcome: statuses set later, an owner from sales, a campaign named after the result."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from predictor.audit.bounds import count_groups
from predictor.audit.checks.sales_words import names_result
from predictor.audit.view import Column, Floats, View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent
from predictor.model.metrics.intervals import wilson

CODE = "AUDIT003"
_FEWEST = 20  # leads of one value
_FEWEST_WORDED = 8  # the same, where the value says by its words that it was set later, as APAC-won
_MOST_VALUES = 5000
_SCALE = 12  # values of a column of numbers, above which it is a scale, whose ends may rightly be certain
_FLAG = 2  # values of a column of numbers that is yes and no; with more, the highest may rightly be certain
_CHANCE = 0.01  # that any value of any column of a table is found by chance
_NEARLY_ALL, _NEARLY_NONE = 0.8, 0.1  # bounds of the acceptance rate: values above and others below decide the outcome, where
# they are also nearer to certainty than to the rate of all leads
_MANY_DECIDED = 0.05  # share of the leads with such values that makes them an error
_OFTEN, _SURELY_OFTEN = 0.8, 0.4  # rate of one outcome among the leads of a value, and its lower bound: suspect
_TIMES = 2.5  # lower bound of how many times as often as of all leads; honest values rarely reach it and are as certain
_SURE = 0.85  # lower bound of the rate, by its 95 % interval: near-certain, where it is so many times as often
_ALMOST_ALL, _FEWER_EXCEPTIONS = 0.95, 8  # the same, and how many times fewer exceptions than of all leads: wherever that is
_SOLD = 0.9  # lower bound of the acceptance rate for one value of a column that sales or a campaign sets
_MANY = 0.02  # share of the leads with near-certain values that makes them an error
_BY_SALES = re.compile(r"owner|agent|\brep\b|\bsdr\b|\bbdr\b|assign|campaign|queue|\bteam\b|\buser\b")


class _Rates(NamedTuple):
    """How often each of the frequent values of a column has an outcome.

    Attributes:
        leads: Leads with the value.
        hits: Those of them with the outcome.
        at_least: The lower bound of the share, with all values of all columns examined.
        at_most: The upper bound.
        interval: The 95 % interval of each alone.
    """

    leads: Floats
    hits: Floats
    at_least: Floats
    at_most: Floats
    interval: tuple[Floats, Floats]


def check_near_certain(view: View) -> Iterator[Finding]:
    """Findings about values that nearly all have one outcome: an error where many leads have them, a warning where few do.

    The bounds allow for every frequent value of every column. The values are not quoted, since an owner is a person.
    """
    if view.has_one_outcome:
        return
    counts = [(column, *_count(column, view)) for column in view.columns if _has_values(column)]
    tested = sum(len(leads) for _, leads, _ in counts)
    for column, leads, accepted in counts:
        finding = None
        if len(leads):
            finding = _check_column(column, view, _bound(leads, accepted, tested), _bound(leads, leads - accepted, tested))
        finding = finding or _check_worded(column, view)
        if finding is not None:
            yield finding


def _check_worded(column: Column, view: View) -> Finding | None:
    """A finding about values that name what became of a lead, where all their leads have one outcome, and not by chance."""
    if column.kind not in ("category", "set") or not column.is_feature:
        return None
    chosen = view.known & column.filled
    leads, accepted = count_groups(column.codes[chosen], view.outcome[chosen], len(column.values))
    for hits, base, word in ((accepted, view.rate, "accepted"), (leads - accepted, 1 - view.rate, "not accepted")):
        same = (hits == leads) & (leads >= _FEWEST_WORDED) & (base**leads <= _CHANCE / max(1, len(column.values)))
        worded = np.array([bool(same[place]) and names_result(value) for place, value in enumerate(column.values)], dtype=bool)
        if worded.any():
            rates = _bound(leads[worded], hits[worded], len(column.values))
            is_error = _share(rates, np.ones(len(rates.leads), dtype=bool), view) >= _MANY
            return _make_finding(column, view, [_describe(rates, np.ones(len(rates.leads), dtype=bool), word)], is_error=is_error)
    return None


def _has_values(column: Column) -> bool:
    """Whether the values of a column are to be compared: those of a category, of a flag or of a number that stands for one."""
    return 2 <= len(column.values) <= (_MOST_VALUES if column.numbers is None else _SCALE)


def _count(column: Column, view: View) -> tuple[Floats, Floats]:
    """Leads and accepted leads of the frequent values."""
    chosen = view.known & column.filled
    leads, accepted = count_groups(column.codes[chosen], view.outcome[chosen], len(column.values))
    return leads[leads >= _FEWEST], accepted[leads >= _FEWEST]


def _bound(leads: Floats, hits: Floats, tested: int) -> _Rates:
    """The bounds of the shares, so that one table in a hundred has a share beyond its bound by chance."""
    chance = _CHANCE / (2 * tested)
    low, high = wilson(hits, leads, NormalDist().inv_cdf(1 - chance))
    always = chance ** (1 / leads)  # the share of which that many in a row, and nothing else, have this chance: exact
    return _Rates(
        leads=leads,
        hits=hits,
        at_least=np.where(hits == leads, np.maximum(always, low), low),
        at_most=np.where(hits == 0, np.minimum(1 - always, high), high),
        interval=wilson(hits, leads),
    )


def _check_column(column: Column, view: View, accepted: _Rates, declined: _Rates) -> Finding | None:
    high = accepted.at_least >= max(_NEARLY_ALL, (1 + view.rate) / 2)
    low = accepted.at_most <= min(_NEARLY_NONE, view.rate / 2)
    if high.any() and low.any():
        parts = [_describe(accepted, high, "accepted"), _describe(accepted, low, "accepted", upper=True)]
        is_error = _share(accepted, high | low, view) >= _MANY_DECIDED
        return _make_finding(column, view, parts, is_error=is_error)
    if column.numbers is not None and len(column.values) > _FLAG:
        return None
    rare, base, word = (accepted, view.rate, "accepted") if view.rate <= 1 / 2 else (declined, 1 - view.rate, "not accepted")
    halfway, more = rare.at_least >= (1 + base) / 2, rare.at_least >= _TIMES * base
    certain = rare.interval[0] >= max(_ALMOST_ALL, 1 - (1 - base) / _FEWER_EXCEPTIONS)
    sold = (accepted.at_least >= _SOLD) & _is_sold(column, view)
    sure = (more & (rare.interval[0] >= _SURE)) | (halfway & certain) | sold
    often = more & (rare.hits >= _OFTEN * rare.leads) & (rare.at_least >= _SURELY_OFTEN)
    found = often | (halfway & (rare.hits == rare.leads)) | sold
    if _share(rare, sure, view) >= _MANY:
        return _make_finding(column, view, [_describe(rare, sure | found, word)], is_error=True)
    return _make_finding(column, view, [_describe(rare, found, word)], is_error=False) if found.any() else None


def _is_sold(column: Column, view: View) -> bool:
    """Whether sales or a campaign sets the column, by its name, where not nearly all leads are accepted."""
    return view.rate < _NEARLY_ALL - 0.2 and _BY_SALES.search(column.name.casefold().replace("_", " ")) is not None


def _share(rates: _Rates, which: np.ndarray, view: View) -> float:
    return float(rates.leads[which].sum() / view.known.sum())


def _describe(rates: _Rates, which: np.ndarray, word: str, *, upper: bool = False) -> str:
    """How many leads have some of the values, and the share of them with the outcome, with its bound."""
    leads, hits = rates.leads[which].sum(), rates.hits[which].sum()
    low, high = math.floor(100 * rates.interval[0][which].min()), math.ceil(100 * rates.interval[1][which].max())
    bound = f"at most {high}" if upper else f"at least {low}"
    values = "one value" if which.sum() == 1 else f"any of {which.sum():,} values"
    return f"of {count(int(leads), 'lead')} with {values} {format_percent(hits / leads)} were {word} ({bound} %)"


def _make_finding(column: Column, view: View, parts: list[str], *, is_error: bool) -> Finding:
    what = (
        f"Values of column '{column.name}' almost decide the outcome: {', '.join(parts)}; "
        f"of all leads {format_percent(view.rate)} were accepted."
    )
    return Finding(CODE, "error" if is_error else "warning", what, do=column.leak_advice, column=column.name)
