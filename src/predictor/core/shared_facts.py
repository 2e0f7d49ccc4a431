"""What faulty rows have in common, an outcome, a month or a source: leaving such rows out would bias what is learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from predictor.core.wording import format_percent

BIASED = "Leaving them out would bias the model"
_CHANCE = 0.05  # probability that rows drawn at random would have as much in common, at most
_MOST = 0.5  # share of the faulty rows that have it, at least
_MOST_VALUES = 60  # different values of a column that can be in common

Counts = Mapping[str, tuple[int, int]]


def describe_shared(counts: Sequence[Counts], faulty: int, rows: int) -> str:
    """What most of the faulty rows have in common beyond chance, as a sentence; empty where that is nothing.

    Args:
        counts: For each fact, as the outcome or the month: what rows with one of its values do or are, as text for the
            sentence -> the number of such rows that are faulty, and of all such rows.
        faulty: The number of faulty rows.
        rows: The number of rows.

    >>> print(describe_shared([{"were accepted by sales": (12, 120), "were not accepted": (0, 480)}], 12, 600))
    Leaving them out would bias the model: 12 of 12 were accepted by sales, and 18 % of the other rows.
    >>> describe_shared([{"were accepted by sales": (3, 120), "were not accepted": (9, 480)}], 12, 600)
    ''
    """
    if not 1 < faulty < rows:
        return ""
    from scipy.stats import hypergeom  # noqa: PLC0415  takes long to load, and most tables have no faulty rows

    for fact in counts:
        alike = [(phrase, k, n) for phrase, (k, n) in fact.items() if k >= _MOST * faulty]
        for phrase, k, n in alike:
            if hypergeom.sf(k - 1, rows, n, faulty) * len(fact) * _count_tests(fact, counts) < _CHANCE:
                others = format_percent((n - k) / (rows - faulty))
                return f"{BIASED}: {k:,} of {faulty:,} {phrase}, and {others} of the other rows."
    return ""


def _count_tests(fact: Counts, counts: Sequence[Counts]) -> int:
    """How many facts are tried: the outcome is the first and counts alone, the others are many."""
    return 1 if fact is counts[0] else len(counts)


def count_facts(facts: Sequence[pd.Series], faulty: np.ndarray) -> list[Counts]:
    """The counts of `describe_shared`.

    Args:
        facts: A column of texts for each fact; facts with too many values are left out.
        faulty: Whether each row is faulty.
    """
    counts = list[Counts]()
    for column in facts:
        all_rows, bad = column.value_counts(), column[faulty].value_counts()
        if len(all_rows) <= _MOST_VALUES or len(bad) == 1:
            counts.append({str(phrase): (int(bad.get(phrase, 0)), int(n)) for phrase, n in all_rows.items()})
    return counts
