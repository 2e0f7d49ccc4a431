"""The rules of a book one by one: how often each fires, the conversion with and without it, and its worth in the model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.core.log_odds import logit
from predictor.model.metrics.intervals import Z95
from predictor.points.fit_points import compute_most_times
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.report.table_cells import FEW, NOTHING, compute_share, list_rows

FloatArray = NDArray[np.float64]

DEAD_NEVER, DEAD_ALWAYS, WRONG, REDUNDANT = "dead: it never fires", "dead: it always fires", "wrong sign", "redundant"
_FEWEST = 20  # leads on either side of a rule
_EXPLAINED = 0.9  # share of a rule's variance explained by the other rules, from which it is redundant
_CLIP = 1e-6


def compute_rules(tested: ComparedLeads) -> pd.DataFrame:
    """Each rule of the book with its worth in the model.

    The worth is the least-squares slope of the model's log-odds on the counts of all rules: what the model adds, on average,
    each time the rule fires while all other rules stay equal. Its interval is robust against unequal variance (White 1980,
    Econometrica 48). `worth_points` is the worth on the scale of the points: with it all rules together spread the leads as far
    as the hand-set points do.

    Args:
        tested: The leads, with the book and how often its rules fired.

    Returns:
        A row a rule, in the order of the book: `rule`, `group`, `points`, `fired`, `share_fired`, `conversion_with` and
        `conversion_without` with `_low`, `_high` (Wilson, 95 %; NaN below 20 leads), `worth` (log-odds) with `_low`, `_high`,
        `worth_points`, `explained` (share of its variance that the other rules explain), `like` (the rule that correlates
        most with it), `told`: `dead`, `wrong sign`, `redundant`, `no clear effect` (the interval
        contains 0), `too few leads`, or empty. No rows without a rule book.
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
    explained, like = _compute_overlap(counts)
    rows = []
    for place, rule in enumerate(book.rules):
        fired = counts[:, place] > 0
        row: dict[str, Any] = {"rule": rule.name, "group": rule.group, "points": rule.points, "fired": int(fired.sum())}
        row |= {"share_fired": float(fired.mean())}
        row |= compute_share("conversion_with", tested.outcome[fired], fewest=_FEWEST)
        row |= compute_share("conversion_without", tested.outcome[~fired], fewest=_FEWEST)
        low, high = worth[place] - Z95 * error[place], worth[place] + Z95 * error[place]
        row |= {"worth": worth[place], "worth_low": low, "worth_high": high, "worth_points": worth[place] * factor}
        row |= {"explained": explained[place], "like": "" if like[place] < 0 else book.rules[like[place]].name}
        rows.append(row | {"told": _judge(row, len(fired))})
    return pd.DataFrame(rows)


def _fit_worths(counts: FloatArray, odds: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Slopes and their robust standard errors; NaN for rules whose count never varies."""
    varies = np.ptp(counts, axis=0) > 0
    design = np.column_stack([np.ones(len(counts)), counts[:, varies]])
    inverse = np.linalg.pinv(design.T @ design)
    slopes = inverse @ (design.T @ odds)
    left = odds - design @ slopes
    bread = inverse @ ((design * left[:, None] ** 2).T @ design) @ inverse
    worth, error = np.full(counts.shape[1], np.nan), np.full(counts.shape[1], np.nan)
    worth[varies], error[varies] = slopes[1:], np.sqrt(np.maximum(np.diag(bread)[1:], 0))
    return worth, error


def _compute_overlap(counts: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """Of each rule, the share of its variance that the others explain, and the one that correlates with it most; -1 for none."""
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


KEEP, FEW_ADVICE = "keep", "too few leads to tell"
_FIXED = {DEAD_NEVER: "never fires: check its name", DEAD_ALWAYS: "drop: it fires for every lead", FEW: FEW_ADVICE}
_CLOSE = 0.5  # points of difference that are not worth a change


def advise_rules(rules: pd.DataFrame, learned: pd.DataFrame | None = None) -> pd.DataFrame:
    """What to do with each rule, on the scale of the hand-set points, the largest gap first.

    Where points were learned, these are suggested, so that one rule has one number; they have no interval. Otherwise it is what
    the rule is worth in the model.

    A rule whose points lie in the interval of its worth is kept. One without a clear effect is dropped only where its worth is
    surely below half its points, and one that works against its points is dropped, as in the learned points, which keep their
    signs. With few leads nothing is said.

    Args:
        rules: What `compute_rules` gives.
        learned: The learned points: `rule` and `points`; None where none were learned.

    Returns:
        A row a rule: `rule`, `fired`, `points`, `suggested` with `_low`, `_high` (NaN where unknown), `conversion_with` and
        `conversion_without` with their ends, `advice`: `keep`, `raise to N`, `lower to N`, `drop` with the reason, or
        `too few leads to tell`.

    >>> worth = {"worth": 0.4, "worth_low": 0.3, "worth_high": 0.5, "worth_points": 30.0, "like": "", "told": ""}
    >>> shares = {f"conversion_{side}{end}": 0.2 for side in ("with", "without") for end in ("", "_low", "_high")}
    >>> rules = pd.DataFrame([{"rule": "Demo", "fired": 90, "points": 10.0, **worth, **shares}])
    >>> advise_rules(rules)[["rule", "suggested", "suggested_low", "advice"]].to_numpy().tolist()
    [['Demo', 30.0, 22.5, 'raise to 30']]
    >>> advise_rules(rules, pd.DataFrame({"rule": ["Demo"], "points": [24]}))[["suggested", "advice"]].to_numpy().tolist()
    [[24.0, 'raise to 24']]
    """
    if not len(rules):
        return rules
    factor = rules["worth_points"] / rules["worth"].where(rules["worth"] != 0)
    table = rules.assign(
        suggested=rules["worth_points"], suggested_low=rules["worth_low"] * factor, suggested_high=rules["worth_high"] * factor
    )
    if learned is not None and set(learned["rule"]) == set(rules["rule"]):
        table = table.assign(suggested=rules["rule"].map(learned.set_index("rule")["points"].astype(float)))
        table = table.assign(suggested_low=np.nan, suggested_high=np.nan)
        table["advice"] = [_advise_learned(row) for row in list_rows(table)]
    else:
        table["advice"] = [_advise(row) for row in list_rows(table)]
    shown = [
        "rule", "fired", "points", "suggested", "suggested_low", "suggested_high", "conversion_with", "conversion_with_low",
        "conversion_with_high", "conversion_without", "conversion_without_low", "conversion_without_high", "advice",
    ]  # fmt: skip
    gap = (table["suggested"] - table["points"]).abs().fillna(-1.0)
    return table.assign(gap=gap).sort_values("gap", ascending=False, kind="stable", ignore_index=True)[shown]


def _advise(row: dict[str, Any]) -> str:
    ends = [row["suggested"], row["suggested_low"], row["suggested_high"]]
    advice = {**_FIXED, REDUNDANT: f"keep one: '{row['like']}' says the same"}.get(
        row["told"], "" if np.isfinite(ends).all() else FEW_ADVICE
    )
    return advice or _advise_points(row["points"], *ends)


def _advise_learned(row: dict[str, Any]) -> str:
    """What to do with a rule whose points were learned; few leads say nothing of it."""
    verdict, points, target = row["told"], row["points"], round(row["suggested"])
    if verdict in (DEAD_NEVER, FEW):
        return _FIXED[verdict]
    if points and not target:
        return _FIXED.get(verdict) or (_describe_wrong(row["worth"]) if verdict == WRONG else "drop: no clear effect")
    return KEEP if target == points else f"{'raise' if target > points else 'lower'} to {target}"


def _describe_wrong(worth: float) -> str:
    return f"drop: leads with it convert {'less' if worth < 0 else 'more'} often"


def _advise_points(points: float, suggested: float, low: float, high: float) -> str:
    """Whether points are kept, changed or dropped, by what the rule is worth and its interval."""
    target = round(suggested)
    if low <= points <= high or abs(target - points) <= _CLOSE:
        return KEEP
    if low <= 0 <= high:
        return "drop: no clear effect" if max(abs(low), abs(high)) < abs(points) / 2 else KEEP
    if points * target < 0:
        return _describe_wrong(target)
    return f"{'raise' if target > points else 'lower'} to {target}"
