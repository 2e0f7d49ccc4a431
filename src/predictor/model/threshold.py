"""Thresholds: what each would hand over to sales, which one a policy recommends, and how today's gate does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from predictor.config import Policy, ThresholdSettings
from predictor.errors import SettingsError
from predictor.model.intervals import wilson
from predictor.model.metrics import check_pairs
from predictor.model.weigh import shrink
from predictor.model.words import check_weeks, describe_routed, or_none, say_band, say_number

FloatArray = NDArray[np.float64]
Choice = tuple[int, bool, str]  # row of the table, whether the promise holds, the words for it

_ROWS = 200  # more would be a longer table, not a better choice
_STEP = 1e-4  # thresholds are written with four decimals
_FEWEST = 30  # leads that a conversion must rest on: at the top end three of four may be luck


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The threshold that a policy chooses, and what to expect of it.

    Attributes:
        policy: The policy that was asked.
        threshold: Hand over leads with this probability or a higher one.
        leads_per_week: None where leads carry no dates; so is `value`.
        share_routed: Share of all leads that is handed over.
        conversion: Share of those that becomes SQLs.
        conversion_low: Low end of its interval (Wilson, 95 %).
        conversion_high: High end.
        sqls_caught: Share of all SQLs among them; None where there are none.
        value: Per week, in the unit of `amount`; None without amount and cost.
        holds: Whether the promise of the policy is kept, and can be expected to be kept on new leads.
        text: The same in one sentence.
    """

    policy: Policy
    threshold: float
    leads_per_week: float | None
    share_routed: float
    conversion: float
    conversion_low: float
    conversion_high: float
    sqls_caught: float | None
    value: float | None
    holds: bool
    text: str


def compute_thresholds(
    outcome: ArrayLike,
    probability: ArrayLike,
    *,
    weeks: float | None,
    amount: float = 0.0,
    cost: float = 0.0,
    weight: ArrayLike | None = None,
) -> pd.DataFrame:
    """What each threshold would have handed over, and what became of it.

    A lead is routed if its probability is the threshold or higher. Candidates are the distinct probabilities, at most
    200 of them, evenly spaced by rank, cut to four decimals; counts are those of the number shown.

    Args:
        outcome: (n,) 1 or 0.
        probability: (n,) calibrated, from 0 to 1.
        weeks: Length of the period in weeks; None where leads carry no dates.
        amount: What an accepted lead brings.
        cost: What working a lead costs.
        weight: (n,) how much each lead says of conversion, at least 0; None: all alike. The numbers of leads count them all,
            intervals no more than the weights tell (`shrink`).

    Returns:
        Rising by `threshold` from 0, which routes every lead: `leads`, `leads_per_week`, `share_routed`, `conversion`,
        `conversion_low`, `conversion_high` (Wilson, 95 %), `sqls_caught` (share of all SQLs), `sqls_per_week`, `value`
        (a week). Missing: what is per week without weeks, `value` without amount and cost, `sqls_caught` without SQLs.

    Raises:
        TrainingError: As `check_pairs`, or the period is not above 0 weeks.

    >>> compute_thresholds([0, 0, 1, 1], [0.1, 0.2, 0.2, 0.7], weeks=2).iloc[:, [0, 1, 2, 4, 7]]
       threshold  leads  leads_per_week  conversion  sqls_caught
    0        0.0      4             2.0    0.500000          1.0
    1        0.2      3             1.5    0.666667          1.0
    2        0.7      1             0.5    1.000000          0.5
    >>> compute_thresholds([0, 1], [0.1, 0.2], weeks=0)
    Traceback (most recent call last):
    predictor.errors.TrainingError: The period of the leads must be above 0 weeks, but is 0. Give its length, or None where \
leads carry no dates.
    """
    y, p = check_pairs(outcome, probability)
    w = np.ones(len(p)) if weight is None else np.asarray(weight, dtype=float)
    rising = np.argsort(p, kind="stable")
    threshold = _choose_candidates(p[rising][w[rising] > 0])
    left_out = np.searchsorted(p[rising], threshold)
    told, accepted, squares = (_sum_from(values[rising])[left_out] for values in (w, w * y, w**2))
    leads, worth = len(p) - left_out, shrink(told, squares)
    low, high = wilson(accepted * worth, told * worth)
    period = check_weeks(weeks)
    counts = {"threshold": threshold, "leads": leads, "leads_per_week": leads / period, "share_routed": leads / len(p)}
    rates = {"conversion": accepted / told, "conversion_low": low, "conversion_high": high}
    sqls = accepted * (leads / told)
    caught = {"sqls_caught": accepted / (accepted[0] or math.nan), "sqls_per_week": sqls / period}
    return with_value(pd.DataFrame({**counts, **rates, **caught}), amount, cost)


def with_value(table: pd.DataFrame, amount: float, cost: float) -> pd.DataFrame:
    """The table of thresholds with the value of each for another amount and cost.

    Args:
        table: What `compute_thresholds` gives.
        amount: What an accepted lead brings.
        cost: What working a lead costs; both 0 means that nothing is known of value.

    >>> with_value(compute_thresholds([0, 1], [0.1, 0.2], weeks=1), amount=100, cost=10)["value"].tolist()
    [80.0, 90.0]
    """
    known = 1.0 if amount or cost else math.nan
    return table.assign(value=known * (amount * table["sqls_per_week"] - cost * table["leads_per_week"]))


def export_thresholds(table: pd.DataFrame) -> dict[str, list[float | None]]:
    """The table of thresholds for JSON: a list for each column, None where a figure is missing.

    >>> export_thresholds(compute_thresholds([0, 1], [0.1, 0.2], weeks=None))["leads_per_week"]
    [None, None]
    """
    columns = table.to_dict("list")
    return {str(name): [None if math.isnan(x) else x for x in column] for name, column in columns.items()}


def import_thresholds(columns: Mapping[str, Sequence[float | None]]) -> pd.DataFrame:
    """The table of thresholds from what `export_thresholds` wrote.

    >>> table = compute_thresholds([0, 1], [0.1, 0.2], weeks=None)
    >>> import_thresholds(export_thresholds(table)).equals(table)
    True
    """
    return pd.DataFrame(columns).astype(float).astype({"leads": int})


def recommend_threshold(table: pd.DataFrame, settings: ThresholdSettings) -> Recommendation:
    """The threshold that the policy chooses, in a sentence that says whether its promise can be kept.

    - `band`: the lowest threshold whose conversion is not above the band and whose interval does not reach below it: what is
      promised must hold on new leads. Where none is so sure, the lowest whose conversion lies in the band, else the nearest to
      it. Where all leads together convert above the band, threshold 0: what comes before was too tight already.
    - `precision`: the lowest threshold whose interval does not reach below; else the lowest whose conversion does not;
      else the nearest.
    - `capacity`: the lowest threshold that hands over no more leads a week than sales can work; else the highest.
    - `value`: the threshold that brings most.

    `band` and `precision` look only at thresholds that route 30 leads or more: at the top end few leads decide, and
    their conversion jumps up and down. Ties go to the lower threshold, that is to more leads.

    Args:
        table: What `compute_thresholds` gives, or `import_thresholds`.
        settings: The policy and its numbers. Amount and cost, where given, replace those of the table.

    Raises:
        SettingsError: The policy needs a number that is not there: leads a week of undated leads, amount and cost.

    >>> from predictor.config import make_settings
    >>> settings = make_settings({"threshold": {"policy": "capacity", "leads_per_week": 10}}).threshold
    >>> table = compute_thresholds([0, 1] * 20, [0.1, 0.6] * 20, weeks=2)
    >>> print(recommend_threshold(table, settings).text)
    Hand over leads with a probability of 0.6 or more, 10 a week, 50 % of all, of which 100 % (84 to 100 %) become SQLs: \
100 % of all SQLs; sales can work 10 a week.
    >>> recommend_threshold(compute_thresholds([0, 1], [0.1, 0.6], weeks=None), settings)
    Traceback (most recent call last):
    predictor.errors.SettingsError: Policy 'capacity' needs leads a week, but these leads carry no dates. Name 'mql_at', or \
choose policy 'band' or 'precision'.
    """
    if settings.amount or settings.cost:
        table = with_value(table, settings.amount, settings.cost)
    choose = {"band": _choose_band, "capacity": _choose_capacity, "value": _choose_value, "precision": _choose_precision}
    position, holds, promise = choose[settings.policy](table, settings)
    row = table.iloc[position]
    which = f"leads with a probability of {row['threshold']:g} or more" if position else "every lead"
    text = f"Hand over {which}, {describe_routed(row)}; {promise}."
    return Recommendation(
        policy=settings.policy,
        threshold=float(row["threshold"]),
        leads_per_week=or_none(row["leads_per_week"]),
        share_routed=float(row["share_routed"]),
        conversion=float(row["conversion"]),
        conversion_low=float(row["conversion_low"]),
        conversion_high=float(row["conversion_high"]),
        sqls_caught=or_none(row["sqls_caught"]),
        value=or_none(row["value"]),
        holds=holds,
        text=text,
    )


def _sum_from(values: FloatArray) -> FloatArray:
    """For each position the sum of what stands there and after it, and 0 at the end."""
    return np.append(np.cumsum(values[::-1])[::-1], 0)


def _choose_candidates(rising: FloatArray) -> FloatArray:
    """0, and the distinct probabilities cut to four decimals, without those that would route every lead again."""
    distinct = np.unique(rising)
    by_rank = np.unique(np.linspace(0, len(distinct) - 1, min(len(distinct), _ROWS)).round().astype(int))
    near = distinct[by_rank].round(4)
    cut = np.where(near > distinct[by_rank], (near - _STEP).round(4), near)
    return np.append(0, np.unique(cut[cut > rising[0]]))


def _choose_band(table: pd.DataFrame, settings: ThresholdSettings) -> Choice:
    low, high = settings.band
    conversion = table["conversion"].to_numpy(dtype=float)
    band = f"the band of {say_band(settings.band)}"
    if conversion[0] > high:
        before = "so what qualifies a lead before it is scored is too tight, and holds back leads that sales could convert"
        return 0, False, f"even all leads together convert above {band}, {before}"
    return _choose_promise(table, np.maximum(low - conversion, conversion - high), low, band)


def _choose_precision(table: pd.DataFrame, settings: ThresholdSettings) -> Choice:
    away = settings.precision - table["conversion"].to_numpy(dtype=float)
    return _choose_promise(table, away, settings.precision, f"a conversion of at least {100 * settings.precision:.4g} %")


def _choose_promise(table: pd.DataFrame, away: FloatArray, floor: float, promise: str) -> Choice:
    """The lowest threshold that keeps a promise about conversion surely, else on these leads, else nearly.

    `away` is how far the conversion is from what was promised, 0 or less where it is kept.
    """
    leads = table["leads"].to_numpy(dtype=float)
    enough = leads >= min(_FEWEST, leads[0])
    kept = enough & (away <= 0)
    sure = kept & (table["conversion_low"].to_numpy(dtype=float) >= floor)
    if sure.any():
        return int(np.argmax(sure)), True, f"this keeps {promise}"
    if kept.any():
        return int(np.argmax(kept)), False, f"this keeps {promise} here, but on too few leads to be sure of new ones"
    return int(np.argmin(np.where(enough, away, np.inf))), False, f"no threshold keeps {promise}, this comes nearest"


def _choose_capacity(table: pd.DataFrame, settings: ThresholdSettings) -> Choice:
    weekly, most = table["leads_per_week"].to_numpy(dtype=float), settings.leads_per_week
    if np.isnan(weekly).any():
        raise SettingsError(
            "Policy 'capacity' needs leads a week, but these leads carry no dates. Name 'mql_at', or choose policy 'band' "
            "or 'precision'."
        )
    if (weekly <= most).any():
        return int(np.argmax(weekly <= most)), True, f"sales can work {say_number(most)} a week"
    words = f"sales can work only {say_number(most)} a week, and no threshold hands over so few, this is the highest"
    return len(weekly) - 1, False, words


def _choose_value(table: pd.DataFrame, settings: ThresholdSettings) -> Choice:
    each = settings.amount * table["conversion"] - settings.cost  # needs no weeks, so undated leads have a best threshold too
    known = settings.amount or settings.cost
    gain = (table["leads"] * each if known else table["value"]).to_numpy(dtype=float)
    if np.isnan(gain).any():
        raise SettingsError(
            "Policy 'value' needs to know what an accepted lead brings and what working one costs, but neither is given. "
            "Set threshold.amount and threshold.cost, or choose another policy."
        )
    best = int(np.argmax(gain))
    weekly = or_none(table["value"].iloc[best])
    size = "" if weekly is None else f", {say_number(weekly)} a week"
    if gain[best] > 0:
        return best, True, f"this brings most{size}"
    return best, False, f"no threshold pays for the work that it costs, this comes nearest{size}"
