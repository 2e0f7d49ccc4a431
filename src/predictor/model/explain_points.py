"""Learned points beside the hand-set ones, with the reason for each, and from how many points a lead goes to sales."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.errors import count
from predictor.core.settings_sections import ThresholdSettings
from predictor.core.wording import format_percent, format_share
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.candidates.learned_points import LearnedPoints
from predictor.model.metrics.intervals import Z95, wilson
from predictor.model.sample import Sample
from predictor.model.threshold.recommend import recommend_threshold
from predictor.model.threshold.table import compute_thresholds
from predictor.points.fit_points import PointsTask, compute_most_times
from predictor.points.fitted_book import write_fitted_book
from predictor.points.rounding import compute_largest_total

_FEWEST = 20  # leads on either side of a rule, below which its conversion is not shown


def compute_fitted_rules(model: LearnedPoints, sample: Sample, task: PointsTask) -> pd.DataFrame:
    """What each rule was set to and what was learned, with the reason in words.

    Args:
        model: The learned points.
        sample: The training leads, as the candidate sees them.
        task: The hand-set book.

    Returns:
        A row a rule, in the order of the book: `rule`, `group`, `hand_points`, `hand_times` (that count at most), `hand_scaled`
        (its hand-set points on the scale of the learned), `points`, `times`, `leads`, `fired` (leads at which it fired),
        `conversion_with` with `_low`, `_high` (Wilson, 95 %), `conversion_without` likewise, `odds` (what once multiplies the
        odds of acceptance by, all other rules alike) with `odds_low`, `odds_high`, `changed`, `why`. Conversions are missing
        where fewer than 20 leads are on that side.
    """
    leads = sample.training
    times = np.nan_to_num(leads.matrix[:, list(model.columns)])
    weight = np.ones(len(leads)) if leads.weight is None else leads.weight
    hand_most, factor = compute_most_times(task.book), _find_factor(task, model, times)
    rows: list[dict[str, Any]] = []
    for place, rule in enumerate(task.book.rules):
        fired, worth, error = times[:, place] > 0, model.worth[place], model.error[place]
        row: dict[str, Any] = {
            "rule": rule.name, "group": rule.group, "hand_points": rule.points, "hand_times": float(hand_most[place]),
            "hand_scaled": rule.points * factor, "points": model.points[place], "times": model.most[place],
            "leads": len(leads), "fired": int(fired.sum()),
        }  # fmt: skip
        row |= _compute_share("conversion_with", weight[fired], leads.outcome[fired])
        row |= _compute_share("conversion_without", weight[~fired], leads.outcome[~fired])
        ends = np.exp(np.clip([worth, worth - Z95 * error, worth + Z95 * error], -50, 50))
        row |= dict(zip(("odds", "odds_low", "odds_high"), ends.tolist(), strict=True))
        same = round(rule.points * factor) == model.points[place] and hand_most[place] == model.most[place]
        sign_kept = task.signs == "kept" and bool(rule.points) and not worth
        rows.append(row | {"changed": not same, "why": _describe_reason(row, sign_kept=sign_kept)})
    return pd.DataFrame(rows)


def _find_factor(task: PointsTask, model: LearnedPoints, times: np.ndarray) -> float:
    """How many learned points a hand-set one is, for leads as they are: the least squares of the rules' parts of the total."""
    spread = np.minimum(times, model.most).var(axis=0) if len(times) else np.ones(len(model.points))
    hand = task.hand_points
    least = float(spread @ hand**2)
    factor = float(spread @ (hand * np.array(model.points))) / least if least else 0.0
    largest = compute_largest_total(task.book, hand, compute_most_times(task.book))
    return factor if factor > 0 else task.total / largest if largest > 0 else 1.0


def _compute_share(name: str, weight: np.ndarray, outcome: np.ndarray) -> dict[str, float]:
    leads, accepted = float(weight.sum()), float(weight @ outcome)
    if len(outcome) < _FEWEST or not leads:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), np.nan)
    low, high = wilson(accepted, leads)
    return {name: accepted / leads, f"{name}_low": float(low), f"{name}_high": float(high)}


def _describe_reason(row: Mapping[str, Any], *, sign_kept: bool) -> str:
    """The reason for a number; `sign_kept` at 0 is what would else have the other sign than it was set to."""
    each = "" if row["times"] == 1 else f", up to {row['times']:g} times"
    before = "" if row["times"] == row["hand_times"] else f" (before: up to {row['hand_times']:g})"
    scaled = f"{row['hand_scaled']:.1f}".removesuffix(".0")
    text = f"Set to {row['hand_points']:g}, which is {scaled} on this scale; learned {row['points']:g}{each}{before}."
    if not row["fired"]:
        return f"{text} It never fired, so only the points set by hand support it."
    text += f" Fired for {row['fired']:,} of {count(row['leads'], 'lead')}"
    if not np.isnan(row["conversion_with"]) and not np.isnan(row["conversion_without"]):
        share = format_share(row["conversion_with"], row["conversion_with_low"], row["conversion_with_high"])
        text += f", of whom {share} were accepted, of the others {format_percent(row['conversion_without'])}"
    if sign_kept:
        return f"{text}. With all other rules equal, its sign would change; signs are kept, so it gets no points."
    odds = f"{row['odds']:.2f} ({row['odds_low']:.2f} to {row['odds_high']:.2f})"
    little = "" if row["points"] else ", too little for a whole point"
    return f"{text}. With all other rules equal, each time it fires multiplies the odds by {odds}{little}."


def choose_points_gate(calibrated: CalibratedModel, sample: Sample, task: PointsTask, settings: ThresholdSettings) -> int:
    """The points from which leads go to sales, so that the policy of the settings is met.

    The policy is applied to out-of-fold predictions; leads that a rule qualifies by itself are handed over whatever their
    points, and count among those. The gate is the fewest points at which the probability is that of the threshold; one more than
    any lead can have where none is.

    Args:
        calibrated: The fitted `learned_points`.
        sample: As the candidate sees it.
        task: The hand-set book.
        settings: The policy.
    """
    model = calibrated.model
    if not isinstance(model, LearnedPoints):
        raise TypeError(f"a gate in points needs learned points, not {type(model).__name__}")
    predicted = sample.take(calibrated.positions)
    seen, drawn = predicted.as_representative(), predicted.draw_representative()
    by_itself = [column for rule, column in zip(task.book.rules, model.columns, strict=True) if rule.qualifies]
    qualified = (np.nan_to_num(seen.matrix[:, by_itself]) > 0).any(axis=1)
    probability = np.where(qualified, 1.0, calibrated.out_of_fold[drawn])
    table = compute_thresholds(
        seen.outcome, probability, weeks=seen.weeks, weight=seen.weight, amount=settings.amount, cost=settings.cost
    )
    threshold = recommend_threshold(table, settings).threshold
    most = np.array(model.most)
    lowest = -compute_largest_total(task.book, -np.array(model.points, dtype=float), most)
    whole = np.arange(np.floor(lowest), compute_largest_total(task.book, model.points, most) + 1)
    chance = calibrated.calibrator.predict(model.intercept + model.slope * (whole - model.mean))
    enough = np.flatnonzero(chance >= threshold)
    return int(whole[enough[0]]) if len(enough) else int(whole[-1]) + 1


def write_points_book(calibrated: CalibratedModel, sample: Sample, task: PointsTask, settings: ThresholdSettings) -> str:
    """The learned points as a rule book, with its gate and a reason for each rule."""
    model = calibrated.model
    gate = choose_points_gate(calibrated, sample, task, settings)
    if not isinstance(model, LearnedPoints):
        raise TypeError(f"a rule book needs learned points, not {type(model).__name__}")
    table = compute_fitted_rules(model, sample, task)
    why = dict(zip(table["rule"], table["why"], strict=True))
    return write_fitted_book(task.book, points=model.points, most_times=model.most, gate=gate, reasons=why)
