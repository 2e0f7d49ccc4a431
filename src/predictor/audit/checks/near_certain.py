"""Values that almost settle the outcome: statuses set afterwards, an owner from sales, a campaign named after the result."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from predictor.audit.advice import describe_leak
from predictor.audit.bounds import count_groups
from predictor.audit.view import Column, View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent
from predictor.model.metrics.intervals import wilson

CODE = "AUDIT003"
_FEWEST = 20  # leads of one value
_MOST_VALUES = 5000
_NEARLY_ALL, _NEARLY_NONE = 0.8, 0.1  # accepted, surely: a value above and another below settle what is not known in time
_SOLD = 0.9  # accepted, surely, for one value of a column that sales or a campaign sets
_CHANCE = 0.001  # that leads who are accepted less often all are, in any value of any column
_FLAG = 2  # values of a column of numbers that is yes and no; of more, the highest are always accepted and rightly so
_BY_SALES = re.compile(r"owner|agent|\brep\b|\bsdr\b|\bbdr\b|assign|campaign|queue|\bteam\b|\buser\b")


def check_certain(view: View) -> Iterator[Finding]:
    """Findings about columns with values that are nearly always accepted and others that nearly never are, or with one always.

    The values are not quoted, since an owner is a person.
    """
    for column in () if view.one_outcome else view.columns:
        if 2 <= len(column.values) <= _MOST_VALUES and (finding := _check_column(column, view)) is not None:
            yield finding


def _check_column(column: Column, view: View) -> Finding | None:
    held = view.known & column.filled
    leads, accepted = count_groups(column.codes[held], view.outcome[held], len(column.values))
    often = np.flatnonzero(leads >= _FEWEST)
    at_least, at_most = wilson(accepted[often], leads[often], view.z)
    high, low, sold = often[at_least >= _NEARLY_ALL], often[at_most <= _NEARLY_NONE], often[at_least >= _SOLD]
    if len(high) and len(low):
        return _tell(column, leads, accepted, [("nearly all accepted", high), ("hardly any", low)])
    if len(sold) and view.rate < _NEARLY_ALL - 0.2 and _BY_SALES.search(column.name.casefold().replace("_", " ")):
        return _tell(column, leads, accepted, [("nearly all accepted", sold)])
    return _find_settled(column, view, leads, accepted)


def _find_settled(column: Column, view: View, leads: np.ndarray, accepted: np.ndarray) -> Finding | None:
    """A finding where a value is always accepted, whatever the others tell; one that never is may be a throwaway address.

    That all n leads of a value are accepted is likelier than chance only where each is with a share above chance ** (1 / n):
    that share must reach half the way from the share of all leads to certainty.
    """
    if column.numbers is not None and len(column.values) > _FLAG:
        return None
    often = leads >= _FEWEST
    surely = (_CHANCE / max(1, int(often.sum()) * len(view.columns))) ** (1 / np.maximum(leads, 1))
    always = np.flatnonzero(often & (accepted == leads) & (surely >= (1 + view.rate) / 2))
    beside = f", of all leads {format_percent(view.rate)}"
    return _tell(column, leads, accepted, [("all accepted", always)], beside=beside) if len(always) else None


def _tell(
    column: Column, leads: np.ndarray, accepted: np.ndarray, parts: list[tuple[str, np.ndarray]], *, beside: str = ""
) -> Finding:
    told, almost = [], "" if beside else " almost"
    for word, at in parts:
        many, share = count(int(leads[at].sum()), "lead"), format_percent(accepted[at].sum() / leads[at].sum())
        told.append(f"of {many} with {count(len(at), 'value')} {word} ({share})")
    what = f"Values of column '{column.name}'{almost} settle the outcome: {', '.join(told)}{beside}."
    return Finding(CODE, "warning", what, describe_leak(column), column.name)
