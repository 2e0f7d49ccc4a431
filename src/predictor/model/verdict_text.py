"""The verdict in words: what was chosen, what it is worth, and whether its probabilities can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predictor.core.errors import Finding, list_names
from predictor.core.wording import format_percent
from predictor.model.candidates.baselines import SIMPLE
from predictor.model.metrics.calibration_test import CalibrationJudgement
from predictor.model.metrics.metrics import Difference
from predictor.model.verdict import Verdict

RANK_ONLY = "MODEL001"
_UNREHEARSED = "Earlier leads are too few, or span too little time, to choose anything learned by, so"


def describe_verdict(verdict: Verdict) -> str:
    """The verdict in two or three sentences: no signal, points as good as anything, or what was learned and how much it gains."""
    told = _tell_unrivalled(verdict) if verdict.rival is None else _tell_rivalled(verdict, verdict.rival)
    if verdict.calibration.verdict == "rank only" and verdict.calibration.ranks:
        return f"{told} Its probabilities only rank leads."
    return told


def check_calibration(judged: CalibrationJudgement, *, recalibrated: bool) -> Finding | None:
    """The finding that probabilities only rank, with what to do; None where they can be believed.

    Args:
        judged: The forward test of the calibration.
        recalibrated: Whether the newest leads set the level already.
    """
    if not judged.faults:
        return None
    if "level" not in judged.faults:
        do = (
            "The final model has learned from these leads too; train again when newer ones are known, to see whether it is right."
        )
    elif recalibrated:
        do = "These leads have set the level since; train again when newer ones are known, to see whether it holds."
    else:
        do = "Set model.recalibrate to 'newest' and train again, so that the newest leads set the level."
    order = " Until then choose the threshold by policy 'capacity', which needs only the order." if judged.ranks else ""
    return Finding(RANK_ONLY, "warning", judged.text, do + order)


def read_calibration_warning(metrics: Mapping[str, Any]) -> Finding | None:
    """The same finding from `metrics.json` of a bundle; None too where an older bundle does not tell.

    >>> read_calibration_warning({"calibration": {"verdict": "rank only", "text": "Rank only: ...", "do": "Train again."}}).code
    'MODEL001'
    >>> read_calibration_warning({"calibration": {"verdict": "calibrated"}}), read_calibration_warning({})
    (None, None)
    """
    calibration = metrics.get("calibration") or {}
    if calibration.get("verdict") != "rank only":
        return None
    return Finding(RANK_ONLY, "warning", calibration["text"], calibration["do"])


def _tell_unrivalled(verdict: Verdict) -> str:
    """Where there is nothing simpler to compare with."""
    chosen, tried = verdict.chosen, [name for name in verdict.test if name != verdict.chosen]
    if not verdict.has_folds:
        return f"No signal yet. {_UNREHEARSED} '{chosen}' is taken."
    if chosen != "constant":
        return f"'{chosen}' did best on earlier leads; neither the points nor the base rate were tried beside it."
    same = "so every lead gets the same probability"
    if not tried:
        return f"Nothing but the base rate could be tried, {same}."
    if missed := _find_missed(verdict):
        return f"No signal on earlier leads, {same}. On the newer ones {missed} did better: train again when more are known."
    nothing = "the points did no better" if tried == ["points"] else "nothing did better"
    return f"No signal: {nothing} than the base rate on earlier leads, {same}."


def _tell_rivalled(verdict: Verdict, rival: str) -> str:
    chosen, base = verdict.chosen, verdict.differences.get("constant")
    told = [_tell_points(verdict)] if chosen == "points" else []
    weak = base is not None and (base.high >= 0 or not verdict.found_signal)
    if base is not None and weak:
        less = f"'{chosen}' is {'worse than' if base.low > 0 else 'not to be told apart from'} the base rate: {_tell_gap(base)}."
        if base.high < 0:
            less = (
                f"'{chosen}' may rank these leads so well by luck: {format_percent(verdict.p_value)} of orders by lot do as well."
            )
        told.append(f"By its probabilities {less}" if verdict.found_signal else f"No signal on the forward test: {less}")
    if not weak or (verdict.found_signal and rival != "constant"):
        told.append(_compare(chosen, rival, verdict.differences[rival]))
    return " ".join(told)


def _tell_points(verdict: Verdict) -> str:
    if not verdict.has_folds:
        return f"{_UNREHEARSED} 'points' is taken."
    if not any(name not in SIMPLE for name in verdict.test):
        return "Nothing learned could be tried beside the points."
    if missed := _find_missed(verdict):
        return f"Nothing learned did better than the points on earlier leads; on the newer ones {missed} did."
    return "The points are as good as anything learned: nothing did better on earlier leads."


def _compare(chosen: str, rival: str, gap: Difference) -> str:
    if gap.low <= 0 <= gap.high:
        good = "The points are as good: " if rival == "points" else ""
        return f"{good}'{chosen}' and '{rival}' are not to be told apart on the forward test: {_tell_gap(gap)}."
    return f"'{chosen}' is {'better' if gap.mean < 0 else 'worse'} than '{rival}' on the forward test: {_tell_gap(gap)}."


def _tell_gap(gap: Difference) -> str:
    return f"log loss {abs(gap.mean):.4f} {'lower' if gap.mean < 0 else 'higher'} (95 %: {gap.low:+.4f} to {gap.high:+.4f})"


def _find_missed(verdict: Verdict) -> str:
    """What was not chosen, and surely did better on the forward test; empty for nothing."""
    return list_names(name for name, gap in verdict.differences.items() if name not in SIMPLE and gap.low > 0)
