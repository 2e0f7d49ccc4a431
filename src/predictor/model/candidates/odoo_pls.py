"""Odoo's predictive lead scoring: naive Bayes over the values of each category by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from predictor.features.feature import Feature
from predictor.model.sample import Sample

SMOOTHING = 0.1  # leads added to either count of a row, so that none is zero
Row = tuple[float, float]  # won, lost


@dataclass(frozen=True)
class OdooPls:
    """Counts of accepted and not accepted leads, in all and by each value of each category.

    As the most used open-source learner of this kind counts them, so that a firm sees what it would give. At the moment an
    MQL is scored there is one stage, so the base odds are those of all leads; teams are not distinguished: a column that
    names the team is a category like any other. The learner knows no numbers, so neither does this: counts of events, points
    and amounts are left out. Of a set, each member is a field of its own, yes or no. A missing value is not counted. The code
    'other' is counted as a value, but says nothing of a lead: new values bear it too, and a value that no closed lead had has
    no row. Fields are taken as if independent, so scores are overconfident; the calibrator corrects that.

    Attributes:
        total: Leads accepted and not accepted, smoothed.
        rows: Column of the matrix -> code of its category -> (accepted, not accepted), smoothed.
        named: Column of the matrix -> number of its categories; from there on a code means 'other'.
        width: Columns of the matrix.
    """

    total: Row
    rows: dict[int, dict[int, Row]]
    named: dict[int, int]
    width: int
    file: ClassVar[str] = "model.json"

    @classmethod
    def fit(cls, sample: Sample, _seed: int) -> Self:
        """The counts of the sample; a lead counts by its weight where there are weights."""
        weight = np.ones(len(sample)) if sample.weight is None else sample.weight
        won = np.where(weight > 0, weight * sample.outcome, 0.0)  # an outcome that is not known may be anything
        lost = np.where(weight > 0, weight * (1 - sample.outcome), 0.0)
        named = {at: n for at, feature in enumerate(sample.features.features) if (n := _count_values(feature))}
        rows = {at: _count_codes(sample.matrix[:, at], won, lost) for at in named}
        return cls(smooth(float(won.sum()), float(lost.sum())), rows, named, sample.matrix.shape[1])

    @cached_property
    def parts(self) -> dict[int, np.ndarray]:
        """Column -> what each code adds to the log-odds, with a zero at the end for all that has no row."""
        parts = {}
        for at, rows in self.rows.items():
            added = compute_value_weights({str(code): row for code, row in rows.items()})
            parts[at] = np.array([*(added.get(str(code), 0.0) for code in range(self.named[at])), 0.0])
        return parts

    def score(self, matrix: np.ndarray) -> np.ndarray:
        """Log-odds of each row."""
        return np.asarray(self.contribute(matrix).sum(axis=1))

    def contribute(self, matrix: np.ndarray) -> np.ndarray:
        """Each category's own part; numbers have none."""
        parts = np.zeros((len(matrix), self.width + 1))
        parts[:, -1] = np.log(self.total[0] / self.total[1])
        for at, added in self.parts.items():
            known = np.nan_to_num(matrix[:, at], nan=-1.0)
            codes = np.where((known >= 0) & (known < len(added) - 1), known, len(added) - 1).astype(np.intp)
            parts[:, at] = added[codes]
        return parts

    def to_text(self) -> str:
        """As JSON."""
        return json.dumps({"total": self.total, "rows": self.rows, "named": self.named, "width": self.width}, indent=1)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The model that `to_text` wrote."""
        content = json.loads(text)
        rows = {
            int(at): {int(code): (won, lost) for code, (won, lost) in by_code.items()} for at, by_code in content["rows"].items()
        }
        named = {int(at): number for at, number in content["named"].items()}
        return cls((content["total"][0], content["total"][1]), rows, named, content["width"])


def _count_values(feature: Feature) -> int:
    """How many values of a feature have a code; 0 for numbers. Whether a set has a member is yes or no."""
    return 2 if feature.kind == "member" else len(feature.categories)


def _count_codes(values: np.ndarray, won: np.ndarray, lost: np.ndarray) -> dict[int, Row]:
    """Code -> its smoothed row, for codes that a lead of known outcome has."""
    known = ~np.isnan(values)
    codes = values[known].astype(np.intp)
    accepted, refused = (np.bincount(codes, weights=counts[known]) for counts in (won, lost))
    seen = np.flatnonzero(accepted + refused > 0)
    return {int(code): smooth(float(accepted[code]), float(refused[code])) for code in seen}


def smooth(won: float, lost: float) -> Row:
    """The row that is kept of a value's won and lost leads.

    >>> smooth(1, 2)
    (1.1, 2.1)
    """
    return won + SMOOTHING, lost + SMOOTHING


def compute_value_weights(rows: Mapping[str, Row], total: Row | None = None) -> dict[str, float]:
    """What each value of a field adds to the log-odds: how much commoner it is among won leads than among lost.

    Args:
        rows: Value -> (won, lost).
        total: What the rows are shares of; None means their own sums. Stages are shares of the first stage.

    >>> {value: round(part, 3) for value, part in compute_value_weights({"DE": (3.0, 1.0), "FR": (1.0, 3.0)}).items()}
    {'DE': 1.099, 'FR': -1.099}
    """
    won, lost = total or (sum(row[0] for row in rows.values()), sum(row[1] for row in rows.values()))
    return {value: float(np.log(row[0] / won) - np.log(row[1] / lost)) for value, row in rows.items()}
