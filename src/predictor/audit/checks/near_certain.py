"""Values that almost determine the outcome: statuses set later, an owner from sales, a campaign named after the result."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from predictor.audit.bounds import count_groups
from predictor.audit.view import Column, View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent
from predictor.model.metrics.intervals import wilson

CODE = "AUDIT003"
_FEWEST = 20  # leads of one value
_MOST_VALUES = 5000
_NEARLY_ALL, _NEARLY_NONE = 0.8, 0.1  # bounds of the acceptance rate: one value above and another below determine the outcome
_SOLD = 0.9  # lower bound of the acceptance rate for one value of a column that sales or a campaign sets
_CHANCE = 0.001  # that all leads of a value are accepted by chance, in any value of any column
_FLAG = 2  # values of a numeric column that is yes and no; with more, the highest may rightly always be accepted
_BY_SALES = re.compile(r"owner|agent|\brep\b|\bsdr\b|\bbdr\b|assign|campaign|queue|\bteam\b|\buser\b")


def check_near_certain(view: View) -> Iterator[Finding]:
    """Findings about columns with values that are nearly always and others that are nearly never accepted, or one that always is.

    The values are not quoted, since an owner is a person.
    """
    for column in () if view.has_one_outcome else view.columns:
        if 2 <= len(column.values) <= _MOST_VALUES and (finding := _check_column(column, view)) is not None:
            yield finding


def _check_column(column: Column, view: View) -> Finding | None:
    chosen = view.known & column.filled
    leads, accepted = count_groups(column.codes[chosen], view.outcome[chosen], len(column.values))
    often = np.flatnonzero(leads >= _FEWEST)
    at_least, at_most = wilson(accepted[often], leads[often], view.z)
    high, low, sold = often[at_least >= _NEARLY_ALL], often[at_most <= _NEARLY_NONE], often[at_least >= _SOLD]
    if len(high) and len(low):
        return _make_finding(column, leads, accepted, [("nearly all accepted", high), ("hardly any", low)])
    if len(sold) and view.rate < _NEARLY_ALL - 0.2 and _BY_SALES.search(column.name.casefold().replace("_", " ")):
        return _make_finding(column, leads, accepted, [("nearly all accepted", sold)])
    return _check_settled(column, view, leads, accepted)


def _check_settled(column: Column, view: View, leads: np.ndarray, accepted: np.ndarray) -> Finding | None:
    """A finding where one value is always accepted; a value that never is may be a throwaway address, so it does not count.

    All n leads of a value are accepted with probability `chance` where each is accepted with chance ** (1 / n): that rate must
    reach half the way from the rate of all leads to certainty.
    """
    if column.numbers is not None and len(column.values) > _FLAG:
        return None
    often = leads >= _FEWEST
    needed = (_CHANCE / max(1, int(often.sum()) * len(view.columns))) ** (1 / np.maximum(leads, 1))
    always = np.flatnonzero(often & (accepted == leads) & (needed >= (1 + view.rate) / 2))
    beside = f", of all leads {format_percent(view.rate)}"
    return _make_finding(column, leads, accepted, [("all accepted", always)], beside=beside) if len(always) else None


def _make_finding(
    column: Column, leads: np.ndarray, accepted: np.ndarray, parts: list[tuple[str, np.ndarray]], *, beside: str = ""
) -> Finding:
    texts, almost = [], "" if beside else " almost"
    for word, at in parts:
        number, share = count(int(leads[at].sum()), "lead"), format_percent(accepted[at].sum() / leads[at].sum())
        texts.append(f"of {number} with {count(len(at), 'value')} {word} ({share})")
    what = f"Values of column '{column.name}'{almost} determine the outcome: {', '.join(texts)}{beside}."
    return Finding(CODE, "warning", what, do=column.leak_advice, column=column.name)
