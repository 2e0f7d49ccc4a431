"""What the tables of the report share: rows, shares with intervals, names of bands, differences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.model.metrics.intervals import wilson
from predictor.model.metrics.metrics import Difference

# What the columns `told` hold.
SAME, BETTER, WORSE = "no clear difference", "better", "worse"
FEW, NOTHING = "too few leads", "no clear effect"
_SCORED = r"On the \1 test leads with points, with the \2 that"


def judge_difference(difference: Difference, *, better: bool, digits: int = 3) -> str:
    """Better or worse where the 95 % interval leaves 0 out, as printed; empty where the interval is missing.

    Args:
        difference: The difference with its interval.
        better: Whether the difference itself speaks for the first.
        digits: Decimals with which it is printed.

    >>> [judge_difference(Difference(-0.1, -0.2, high), better=True) for high in (-0.05, 0.1, float("nan"))]
    ['better', 'no clear difference', '']
    >>> judge_difference(Difference(-2e-5, -3e-5, -1e-5), better=True, digits=4)
    'no clear difference'
    """
    if not np.isfinite([difference.mean, difference.low, difference.high]).all():
        return ""
    if not difference.side(digits):
        return SAME
    return BETTER if better else WORSE


def update_judgement(value: object) -> object:
    """A value of a column `told` of a bundle of version 0.1, as it is called now; any other value as it is.

    >>> update_judgement("too few leads to tell"), update_judgement("not to be told from nothing"), update_judgement("better")
    ('too few leads', 'no clear effect', 'better')
    """
    text = str(value)
    if text.startswith("not to be told"):
        return NOTHING if text.endswith("nothing") else SAME
    return FEW if text == "too few leads to tell" else value


def update_sentence(sentence: str) -> str:
    """The sentence about leads with points of a bundle of version 0.1, in the words of today; any other sentence as it is.

    >>> same = "With none but the 90 test leads that have points, and the 40 of them that the points gate hands over, the model "
    >>> print(update_sentence(f"{same}is better than the points: +3.0 (95 %: +1.0 to +5.0) SQLs."))
    On the 90 test leads with points, with the 40 that the points gate hands over, the model is better than the points: +3.0 \
(95 %: +1.0 to +5.0) SQLs.
    """
    text = re.sub(r"^With none but the (\S+) test leads that have points, and the (\S+) of them that", _SCORED, sentence)
    return re.sub(r"the model is not to be told \w+ from the points", f"there is {SAME} between the model and the points", text)


def list_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, each by column."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def compute_share(name: str, yes: NDArray[np.float64], *, fewest: int = 1) -> dict[str, float]:
    """A share with its 95 % interval (Wilson), as three columns; NaN where fewer values than `fewest` are there.

    >>> compute_share("conversion", np.array([1.0, 0.0]), fewest=3)
    {'conversion': nan, 'conversion_low': nan, 'conversion_high': nan}
    """
    if len(yes) < fewest:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), float("nan"))
    low, high = wilson(yes.sum(), len(yes))
    return {name: float(yes.mean()), f"{name}_low": float(low), f"{name}_high": float(high)}


def name_bands(edges: Sequence[str]) -> list[str]:
    """The names of the bands between rising edges.

    >>> name_bands(["10", "20"]), name_bands([])
    (['under 10', '10 to < 20', '20 or more'], ['all'])
    """
    if not edges:
        return ["all"]
    return [f"under {edges[0]}", *(f"{low} to < {high}" for low, high in pairwise(edges)), f"{edges[-1]} or more"]
