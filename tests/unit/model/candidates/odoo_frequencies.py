"""Odoo's lead scoring lead by lead, as its own tests publish it: what the candidate `odoo_pls` is held against.

Formulas as in Odoo's CRM ("predictive lead scoring"): naive Bayes over the values of closed leads, each field by itself,
counted by team.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from predictor.core.errors import TrainingError
from predictor.core.log_odds import expit
from predictor.model.candidates.odoo_pls import Row, compute_value_weights, smooth

STAGE = "stage"
TAG = "tag"
_FEWEST_TAGGED = 50  # won and lost leads, smoothing included, below which a tag says nothing
_UNSET_COUNTS = frozenset({"email_state", "phone_state"})  # fields in which "not set" is itself a value

Rows = dict[str, dict[str, Row]]  # field -> value -> row


@dataclass(frozen=True)
class Case:
    """A lead as the counts see it.

    Attributes:
        team: The sales team; None for none.
        stage: Its place in the pipeline, the first being 0.
        values: Field -> its values, several for tags; a field that is not set is left out.
        won: Whether it was won; None while it is open, and then it is not counted.
        weight: How many leads it counts for.
    """

    team: str | None
    stage: int
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    won: bool | None = None
    weight: float = 1.0

    def list_pairs(self, fields: Sequence[str]) -> list[tuple[str, str]]:
        """Each of the fields with each of its values; in e-mail and phone state, unset is the value 'False'."""
        known = {name: self.values.get(name) or (("False",) if name in _UNSET_COUNTS else ()) for name in fields}
        return [(name, value) for name, values in known.items() for value in values]


def count_frequencies(cases: Iterable[Case], *, stages: int, fields: Sequence[str]) -> dict[str | None, Rows]:
    """Won and lost leads by team, field and value, a tenth of a lead added to either.

    A won lead counts in every stage, a lost one in each stage up to its own. A value that no closed lead had gets no row.

    Args:
        cases: Leads, open ones included.
        stages: Number of stages, that of won leads included.
        fields: Fields that are looked at, beside the stage.

    Returns:
        Team -> field -> value -> (won, lost); stages are named by their place.

    >>> counted = count_frequencies([Case("north", 0, {"country": ["DE"]}, won=True)], stages=2, fields=["country"])
    >>> counted["north"]["country"], counted["north"]["stage"]
    ({'DE': (1.1, 0.1)}, {'0': (1.1, 0.1), '1': (1.1, 0.1)})
    """
    counts: dict[str | None, dict[str, dict[str, list[float]]]] = {}
    for case in cases:
        if case.won is None:
            continue
        team = counts.setdefault(case.team, {})
        reached = range(stages if case.won else case.stage + 1)
        for name, value in [*((STAGE, str(stage)) for stage in reached), *case.list_pairs(fields)]:
            team.setdefault(name, {}).setdefault(value, [0.0, 0.0])[0 if case.won else 1] += case.weight
    return {
        team: {name: {value: smooth(*row) for value, row in rows.items()} for name, rows in by_field.items()}
        for team, by_field in counts.items()
    }


def find_rows(counted: Mapping[str | None, Rows], team: str | None) -> Rows:
    """The rows that a lead of that team is judged by: the team's own, or the sums over all teams where it has none.

    Rows of a tag with fewer than 50 leads are left out, team by team.

    Raises:
        TrainingError: Nothing was counted.

    >>> find_rows({"north": {"tag": {"old": (1.1, 2.1)}}}, "north")
    {'tag': {}}
    >>> find_rows({}, "north")
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: There must be closed leads to count, but there are none. Count leads with a known \
outcome.
    """
    if not counted:
        raise TrainingError("There must be closed leads to count, but there are none. Count leads with a known outcome.")
    kept = {name: _leave_rare_tags(rows) for name, rows in counted.items()}
    if team is not None and team in kept:
        return kept[team]
    summed: Rows = {}
    for by_field in kept.values():
        for name, rows in by_field.items():
            into = summed.setdefault(name, {})
            for value, (won, lost) in rows.items():
                sofar = into.get(value, (0.0, 0.0))
                into[value] = (sofar[0] + won, sofar[1] + lost)
    return summed


def _leave_rare_tags(by_field: Rows) -> Rows:
    tags = {value: row for value, row in by_field.get(TAG, {}).items() if sum(row) >= _FEWEST_TAGGED}
    return by_field | {TAG: tags} if TAG in by_field else by_field


def compute_log_odds(rows: Rows, case: Case, fields: Sequence[str]) -> float | None:
    """Log-odds that the lead is won; None where no lead was won, or none lost.

    Base odds of the first stage, times for each value that has a row its share among won leads over that among lost.

    Args:
        rows: What `find_rows` gives for the lead's team.
        case: The lead.
        fields: Fields that are looked at, beside the stage.

    >>> compute_log_odds({"stage": {"0": (3.0, 1.0)}}, Case(None, 0), [])  # log 3
    1.0986122886681098
    """
    won, lost = rows.get(STAGE, {}).get("0", (0.0, 0.0))
    if not won or not lost:
        return None
    parts = {name: compute_value_weights(values, (won, lost) if name == STAGE else None) for name, values in rows.items()}
    pairs = [(STAGE, str(case.stage)), *case.list_pairs(fields)]
    return float(np.log(won / lost)) + sum(parts.get(name, {}).get(value, 0.0) for name, value in pairs)


def publish_percent(log_odds: float) -> float:
    """The chance as it is shown: percent with two decimals, never quite 0 or 100.

    >>> publish_percent(0.0), publish_percent(-50.0), publish_percent(50.0)
    (50.0, 0.01, 99.99)
    """
    return float(min(max(round(100 * float(expit(log_odds)), 2), 0.01), 99.99))
