"""Evidence: how many training leads have a value like this, and what share of them was accepted."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, isnan, log10
from typing import Any, Literal, NamedTuple, Self

import numpy as np

from predictor.features.accounts import ACCOUNT_LABELS
from predictor.features.earlier_episodes import EARLIER
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.sample import Sample

FEWEST = 20  # leads that a bin needs; with fewer it is chance, and may reveal one person
_COUNTS = ("/active_days", "/assets", "/most_in_week")  # how names of event features that count end, beside those in windows
_QUARTILES = (0.25, 0.5, 0.75)
_UNIT = 1_000_000  # parts that a lead's weight is counted in: whole numbers add up to the same in any order

Share = tuple[int, float]
Pending = Literal["in_part", "represented"]


@dataclass(frozen=True)
class Bins:
    """The leads by the value of one feature.

    Attributes:
        edges: Where the second bin of a number begins, and the third, and so on; of a category each code is a bin, and 'other'.
        shares: For each bin, then for leads whose value is not known, how many and what share was accepted; None below 20 leads.
    """

    edges: tuple[float, ...]
    shares: tuple[Share | None, ...]

    def place(self, feature: Feature, number: float) -> int:
        """The bin of a value as the matrix holds it, from 0; the last one where it is not known."""
        if isnan(number):
            return len(self.shares) - 1
        return min(int(number), len(feature.categories)) if feature.kind == "category" else bisect_right(self.edges, number)


@dataclass(frozen=True)
class ConversionByValue:
    """What came of the training leads of a model.

    Attributes:
        whole: How many they are, and what share was accepted.
        pending: How pending leads count: `in_part`, by how much is known of them; `represented` by leads with known outcomes,
            which then count for more than one in shares; None where none are looked at.
        bins: The same by the value of each feature, by its name.
    """

    whole: Share
    pending: Pending | None
    bins: Mapping[str, Bins]

    def to_json(self) -> dict[str, Any]:
        """As `evidence.json` of a bundle holds it: numbers, and no text but the names of features."""
        bins = {name: {"edges": list(bins.edges), "shares": list(bins.shares)} for name, bins in self.bins.items()}
        return {"whole": self.whole, "pending": self.pending, "features": bins}

    @classmethod
    def from_json(cls, content: Mapping[str, Any], features: FeatureSet) -> Self:
        """The evidence that `to_json` wrote.

        Raises:
            ValueError: It is not of these features.
        """
        try:
            contents = {name: content["features"][name] for name in features.names}
            bins = {
                name: Bins(tuple(map(float, held["edges"])), tuple(map(_read, held["shares"]))) for name, held in contents.items()
            }
            whole, written = _read(content["whole"]) or (0, 0.0), content["pending"]
            pending: Pending | None = "represented" if written == "stood_for" else written  # in bundles of 0.1.0
        except (LookupError, TypeError) as error:
            raise ValueError(f"evidence.json does not describe each feature ({error})") from error
        for feature in features.features:
            wanted = 2 + (len(feature.categories) if feature.kind == "category" else len(bins[feature.name].edges))
            if (number := len(bins[feature.name].shares)) != wanted:
                raise ValueError(f"evidence.json must have {wanted} shares of feature '{feature.name}', but has {number}")
        return cls(whole, pending, bins)


def _read(share: Sequence[float] | None) -> Share | None:
    return None if share is None else (int(share[0]), float(share[1]))


def is_count(feature: Feature) -> bool:
    """Whether a feature counts something: events, days with events, episodes, members of a set, attributes that are not known.

    >>> is_count(Feature("events/page_view/count_7d", "", "", "number")), is_count(Feature("employees", "", "", "number"))
    (True, False)
    """
    last = feature.name[feature.name.rfind("/") :]
    return (
        feature.kind in ("members", "missing_count")
        or feature.name in (EARLIER, *ACCOUNT_LABELS)
        or (feature.is_event and last.startswith(("/count_", *_COUNTS)))
    )


def compute_conversion_by_value(sample: Sample) -> ConversionByValue:
    """How many leads have each value, category or range of numbers, and what share of them was accepted.

    Counts are of 0, 1, and 2 or more; where most leads have 2 or more, and for all other numbers, bins are about quarters of the
    leads with round bounds, so that none is one lead's own value. A lead counts as one at most, and in shares by its weight.

    Args:
        sample: The training leads.

    >>> rank = FeatureSet((Feature("rank", "Rank", "Rank", "category", ("vp",)),), ())
    >>> matrix = np.repeat([0.0, 1.0, np.nan], [40, 60, 5])[:, None]
    >>> outcome = np.repeat([1.0, 0.0], [30, 75])
    >>> evidence = compute_conversion_by_value(Sample(matrix, outcome, np.arange(105.0), rank, dated=True))
    >>> evidence.whole, evidence.bins["rank"].shares
    ((105, 0.2857), ((40, 0.75), (60, 0.0), None))
    """
    weight = np.ones(len(sample)) if sample.weight is None else sample.weight
    known = weight > 0
    parts = np.rint(weight[known] * _UNIT)
    leads = _Leads(np.minimum(parts, _UNIT), parts, np.where(sample.outcome[known] == 1, parts, 0.0))
    bins = {}
    for position, feature in enumerate(sample.features.features):
        values, edges = sample.matrix[known, position], tuple[float, ...]()
        if feature.kind == "member":
            edges = (1.0,)
        elif feature.kind != "category":
            edges = _choose_edges(values[~np.isnan(values)], counts=is_count(feature))
        bins[feature.name] = Bins(edges, _share_out(feature, values, edges, leads))
    whole = (round(leads.number.sum() / _UNIT), round(float(leads.accepted.sum() / max(parts.sum(), 1.0)), 4))
    pending: Pending | None = "in_part" if (parts < _UNIT).any() else "represented" if (parts > _UNIT).any() else None
    return ConversionByValue(whole, pending, bins)


class _Leads(NamedTuple):
    """What each lead adds, in whole parts: to the number of leads (one at most), and to both parts of the share accepted."""

    number: np.ndarray
    weight: np.ndarray
    accepted: np.ndarray


def _share_out(feature: Feature, values: np.ndarray, edges: tuple[float, ...], leads: _Leads) -> tuple[Share | None, ...]:
    named = len(feature.categories) if feature.kind == "category" else len(edges)
    places = np.minimum(values, named) if feature.kind == "category" else np.searchsorted(edges, values, side="right")
    places = np.where(np.isnan(values), named + 1, places).astype(np.intp)
    sums = [np.bincount(places, weights=part, minlength=named + 2).tolist() for part in leads]
    return tuple(
        (round(number / _UNIT), round(accepted / weight, 4)) if number >= FEWEST * _UNIT else None
        for number, weight, accepted in zip(*sums, strict=True)
    )


def _choose_edges(values: np.ndarray, *, counts: bool) -> tuple[float, ...]:
    """Where bins of numbers begin: round bounds near the quarters, and one above them where most values are the same."""
    if not len(values):
        return ()
    if counts and (values >= 2).mean() <= 0.5:
        return (1.0, 2.0)
    low, high = float(values.min()), float(values.max())
    quarters = np.quantile(values, _QUARTILES)
    edges = _round_apart([float(quarter) for quarter in quarters if quarter > low], low, high)
    above = values[values > max([low, *edges])]
    if len(edges) < 2 and len(above):
        edges |= {edge for edge in [_round_down(float(above.min()), max([low, *edges]))] if edge is not None}
    return tuple(sorted(edges))


def _round_apart(quarters: list[float], low: float, high: float) -> set[float]:
    """The bounds with as few digits as keep them apart, three at most; none that leaves all leads on one side."""
    edges: set[float] = set()
    for digits in (1, 2, 3):
        edges = {edge for edge in (float(f"{quarter:.{digits}g}") for quarter in quarters) if low < edge <= high}
        if len(edges) == len(set(quarters)):
            break
    return edges


def _round_down(value: float, above: float) -> float | None:
    """The roundest number from `value` down that is still above the other, of three digits at most; None where there is none.

    >>> _round_down(15.0, 0.0), _round_down(15.0, 10.0), _round_down(4917.3, 4917.2)
    (10.0, 15.0, None)
    """
    for digits in (1, 2, 3):
        rounded = float(f"{value:.{digits}g}")
        if rounded > value:
            rounded = float(f"{rounded - 10.0 ** (floor(log10(abs(value))) + 1 - digits):.{digits}g}")
        if rounded > above:
            return rounded
    return None
