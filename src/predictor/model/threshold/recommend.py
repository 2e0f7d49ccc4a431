"""The threshold that a policy recommends, from the table of what each would hand over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.core.errors import SettingsError
from predictor.core.html import to_heading, to_paragraphs
from predictor.core.settings_sections import Policy, ThresholdSettings
from predictor.core.wording import format_band, format_exact_percent, format_percent, format_rounded, format_threshold
from predictor.model.metrics.intervals import wilson
from predictor.model.threshold.describe import describe_routed, or_none
from predictor.model.threshold.table import with_value

FloatArray = NDArray[np.float64]
Choice = tuple[int, bool, str]  # row of the table, whether the promise holds, the words for it

_NONE = (
    "No threshold is recommended, because the model found no signal to choose leads by. Keep today's way of choosing, and train "
    "again when more outcomes are known. If this model serves, every lead goes to sales."
)
_FEWEST = 30  # leads that a conversion must rest on: at the top end three of four may be luck


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The threshold that a policy chooses, and what to expect of it.

    Attributes:
        policy: The policy of the settings.
        threshold: Hand over leads with this probability or a higher one; None where none is recommended; so are all figures.
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
    threshold: float | None
    leads_per_week: float | None
    share_routed: float | None
    conversion: float | None
    conversion_low: float | None
    conversion_high: float | None
    sqls_caught: float | None
    value: float | None
    holds: bool
    text: str

    @property
    def serving(self) -> float:
        """The threshold that decides about leads: 0 where none is recommended, so that every lead goes to sales."""
        return 0.0 if self.threshold is None else self.threshold

    def _repr_html_(self) -> str:
        if self.threshold is None:
            return to_heading("No threshold") + to_paragraphs(self.text)
        kept = "can be expected to keep" if self.holds else "cannot be sure to keep"
        return to_heading(f"Threshold {format_threshold(self.threshold)}") + to_paragraphs(
            self.text, f"Policy '{self.policy}' {kept} its promise on new leads."
        )


def recommend_none(policy: Policy) -> Recommendation:
    """No threshold, because the model found no signal by which to choose among leads.

    >>> advice = recommend_none("band")
    >>> advice.threshold, advice.serving, advice.text.split(",")[0]
    (None, 0.0, 'No threshold is recommended')
    """
    return Recommendation(
        policy=policy,
        threshold=None,
        leads_per_week=None,
        share_routed=None,
        conversion=None,
        conversion_low=None,
        conversion_high=None,
        sqls_caught=None,
        value=None,
        holds=False,
        text=_NONE,
    )


def recommend_threshold(table: pd.DataFrame, settings: ThresholdSettings) -> Recommendation:
    """The threshold that the policy chooses, in a sentence that says whether its promise can be kept.

    - `band`: the lowest threshold whose conversion is not above the band and whose interval does not reach below it: what is
      promised must hold on new leads. Where none is so sure, the lowest whose conversion lies in the band, else the nearest to
      it. Where all leads together reach the band, that would be every lead: then the one, up to the low end of the band, below
      which more leads bring fewer SQLs than that end promises, so that the worst are left out.
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

    >>> from predictor.core.settings import make_settings
    >>> from predictor.model.threshold.table import compute_thresholds
    >>> settings = make_settings({"threshold": {"policy": "capacity", "leads_per_week": 10}}).threshold
    >>> table = compute_thresholds([0, 1] * 20, [0.1, 0.6] * 20, weeks=2)
    >>> print(recommend_threshold(table, settings).text)
    Hand over leads with a probability of 60 % or more, 10 a week, 50 % of all, of which 100 % (84 to 100 %) become SQLs: \
100 % of all SQLs; sales can work 10 a week.
    >>> recommend_threshold(compute_thresholds([0, 1], [0.1, 0.6], weeks=None), settings)
    Traceback (most recent call last):
    predictor.core.errors.SettingsError: Policy 'capacity' needs leads a week, but these leads carry no dates. Name 'mql_at', or \
choose policy 'band' or 'precision'.
    """
    if settings.amount or settings.cost:
        table = with_value(table, settings.amount, settings.cost)
    choose = {"band": _choose_band, "capacity": _choose_capacity, "value": _choose_value, "precision": _choose_precision}
    position, holds, promise = choose[settings.policy](table, settings)
    row = table.iloc[position]
    which = f"leads with a probability of {format_threshold(row['threshold'])} or more" if position else "every lead"
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


def reaches_policy(conversion: float | None, settings: ThresholdSettings) -> bool:
    """Whether a conversion is as high as the policy wants; a policy that promises none is always kept.

    >>> from predictor.core.settings import make_settings
    >>> [reaches_policy(conversion, make_settings({}).threshold) for conversion in (0.16, 0.2, 0.64, None)]
    [False, True, True, True]
    """
    floor = {"band": settings.band[0], "precision": settings.precision}.get(settings.policy, 0.0)
    return conversion is None or conversion >= floor


def _choose_band(table: pd.DataFrame, settings: ThresholdSettings) -> Choice:
    low, high = settings.band
    conversion = table["conversion"].to_numpy(dtype=float)
    band = f"the band of {format_band(settings.band)}"
    if conversion[0] >= low:
        return _choose_worthwhile(table, settings.band)
    return _choose_promise(table, np.maximum(low - conversion, conversion - high), low, band)


def _choose_worthwhile(table: pd.DataFrame, band: tuple[float, float]) -> Choice:
    """The threshold below which leads bring fewer SQLs than the low end of the band, where all leads together reach it.

    The most SQLs beyond what the low end promises for as many leads, among thresholds that leave out no probability from that
    end on. Where all leads together convert within the band, what is handed over must too. Every lead, unless those that
    are left out surely convert below the band.
    """
    low, high = band
    conversion, leads, threshold = (table[name].to_numpy(dtype=float) for name in ("conversion", "leads", "threshold"))
    allowed = (leads >= min(_FEWEST, leads[0])) & (np.append(0.0, threshold[:-1]) < low)
    allowed &= (conversion <= high) | (conversion[0] > high)
    allowed[0] = True
    sqls = conversion * leads
    best = int(np.argmax(np.where(allowed, sqls - low * leads, -np.inf)))
    together = "together convert above" if conversion[0] > high else "together reach"
    left_out, their_sqls = leads[0] - leads[best], sqls[0] - sqls[best]
    if best and wilson(their_sqls, left_out)[1] < low:
        rest = f"of the others {format_percent(float(their_sqls / left_out))} become SQLs, fewer than its {format_percent(low)}"
        return (
            best,
            bool(table["conversion_low"].iloc[best] >= low),
            f"all leads {together} the band of {format_band(band)}, but {rest}",
        )
    if conversion[0] > high:
        before = "so what qualifies a lead before it is scored is too tight, and holds back leads that sales could convert"
        return 0, False, f"even all leads {together} the band of {format_band(band)}, {before}"
    return _choose_promise(table, np.maximum(low - conversion, conversion - high), low, f"the band of {format_band(band)}")


def _choose_precision(table: pd.DataFrame, settings: ThresholdSettings) -> Choice:
    away = settings.precision - table["conversion"].to_numpy(dtype=float)
    return _choose_promise(
        table, away, settings.precision, f"a conversion of at least {format_exact_percent(settings.precision)}"
    )


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
        return int(np.argmax(weekly <= most)), True, f"sales can work {format_rounded(most)} a week"
    words = f"sales can work only {format_rounded(most)} a week, and no threshold hands over so few, this is the highest"
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
    size = "" if weekly is None else f", {format_rounded(weekly)} a week"
    if gain[best] > 0:
        return best, True, f"this brings most{size}"
    return best, False, f"no threshold pays for the work that it costs, this comes nearest{size}"
