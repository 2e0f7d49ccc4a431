"""The rules of a book one by one: how often each fires, what came of it, and what it is worth in the model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.core.log_odds import logit
from predictor.model.metrics.intervals import Z95, wilson
from predictor.points.fit_points import compute_most_times
from predictor.report.compare.ways import ComparedLeads

FloatArray = NDArray[np.float64]

DEAD_NEVER, DEAD_ALWAYS, FEW, WRONG, REDUNDANT, NOTHING = (
    "dead: it never fires", "dead: it always fires", "too few leads to tell", "wrong sign", "redundant",
    "not to be told from nothing",
)  # fmt: skip
_FEWEST = 20  # leads on either side of a rule
_EXPLAINED = 0.9  # share of a rule's ups and downs that others tell too, from which it is redundant
_CLIP = 1e-6


def compute_rules(tested: ComparedLeads) -> pd.DataFrame:
    """Each rule of the book beside what it is worth in the model.

    The worth is the least-squares slope of the model's log-odds on how many times each rule counts, all rules together: what the
    model gives a lead more, on average, each time the rule fires and all other rules are alike. Its interval is robust against
    unequal spread (White 1980, Econometrica 48). The same on the scale of the points: so that what the rules give in all spreads
    the leads as far as the hand-set points do.

    Args:
        tested: The leads, with the book and how often its rules fired.

    Returns:
        A row a rule, in the order of the book: `rule`, `group`, `points`, `fired`, `share_fired`, `conversion_with` and
        `conversion_without` with `_low`, `_high` (Wilson, 95 %; missing below 20 leads), `worth` (log-odds) with `_low`, `_high`,
        `worth_points`, `explained` (share of its ups and downs that the other rules tell), `like` (the rule that goes with it
        most closely), `told`: a `dead` rule, `wrong sign`, `redundant`, `not to be told from nothing` (the interval
        holds 0), `too few leads to tell`, or empty. Empty without a rule book.
    """
    if tested.book is None or tested.times is None:
        return pd.DataFrame(columns=["rule", "group", "points", "fired", "share_fired", "worth", "told"])
    book = tested.book
    counts = np.minimum(
        np.nan_to_num(tested.times[[rule.name for rule in book.rules]].to_numpy(dtype=float)), compute_most_times(book)
    )
    worth, error = _fit_worths(counts, logit(np.clip(tested.probability, _CLIP, 1 - _CLIP)))
    hand = np.array([rule.points for rule in book.rules])
    spread = float(np.nanstd(counts @ np.nan_to_num(worth)))
    factor = float((counts @ hand).std()) / spread if spread > 0 else np.nan
    explained, like = _find_alike(counts)
    rows = []
    for place, rule in enumerate(book.rules):
        fired = counts[:, place] > 0
        row: dict[str, Any] = {"rule": rule.name, "group": rule.group, "points": rule.points, "fired": int(fired.sum())}
        row |= {"share_fired": float(fired.mean())}
        row |= _tell_share("conversion_with", tested.outcome[fired]) | _tell_share("conversion_without", tested.outcome[~fired])
        low, high = worth[place] - Z95 * error[place], worth[place] + Z95 * error[place]
        row |= {"worth": worth[place], "worth_low": low, "worth_high": high, "worth_points": worth[place] * factor}
        row |= {"explained": explained[place], "like": "" if like[place] < 0 else book.rules[like[place]].name}
        rows.append(row | {"told": _judge(row, len(fired))})
    return pd.DataFrame(rows)


def _fit_worths(counts: FloatArray, odds: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Slopes and their robust standard errors; NaN for rules that never or always count alike."""
    varies = np.ptp(counts, axis=0) > 0
    design = np.column_stack([np.ones(len(counts)), counts[:, varies]])
    inverse = np.linalg.pinv(design.T @ design)
    slopes = inverse @ (design.T @ odds)
    left = odds - design @ slopes
    bread = inverse @ ((design * left[:, None] ** 2).T @ design) @ inverse
    worth, error = np.full(counts.shape[1], np.nan), np.full(counts.shape[1], np.nan)
    worth[varies], error[varies] = slopes[1:], np.sqrt(np.maximum(np.diag(bread)[1:], 0))
    return worth, error


def _find_alike(counts: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """Of each rule, the share of its variance that the others tell, and the one that correlates with it most; -1 for none."""
    rules = counts.shape[1]
    explained, like = np.full(rules, np.nan), np.full(rules, -1, dtype=np.intp)
    varies = np.flatnonzero(np.ptp(counts, axis=0) > 0)
    if len(varies) < 2:
        return explained, like
    together: FloatArray = np.atleast_2d(np.corrcoef(counts[:, varies], rowvar=False))
    for place, rule in enumerate(varies):
        others = np.delete(np.arange(len(varies)), place)
        cross = together[place, others]
        explained[rule] = float(np.clip(cross @ np.linalg.pinv(together[np.ix_(others, others)]) @ cross, 0, 1))
        like[rule] = varies[others[np.argmax(np.abs(cross))]]
    return explained, like


def _tell_share(name: str, outcome: FloatArray) -> dict[str, float]:
    if len(outcome) < _FEWEST:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), np.nan)
    low, high = wilson(outcome.sum(), len(outcome))
    return {name: float(outcome.mean()), f"{name}_low": float(low), f"{name}_high": float(high)}


def _judge(row: dict[str, Any], leads: int) -> str:
    if row["fired"] in (0, leads):
        return DEAD_NEVER if not row["fired"] else DEAD_ALWAYS
    if min(row["fired"], leads - row["fired"]) < _FEWEST:
        return FEW
    if row["explained"] >= _EXPLAINED:
        return REDUNDANT
    if row["worth_low"] <= 0 <= row["worth_high"]:
        return NOTHING
    return WRONG if row["points"] and (row["worth"] > 0) != (row["points"] > 0) else ""
