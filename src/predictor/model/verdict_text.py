"""The verdict in words: the choice, what it is worth, and whether its probabilities can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predictor.core.errors import Finding, list_names
from predictor.core.wording import format_percent
from predictor.model.candidates.baselines import SIMPLE
from predictor.model.metrics.calibration_test import CalibrationJudgement
from predictor.model.metrics.metrics import Difference
from predictor.model.verdict import LOSS_DIGITS, Verdict

RANK_ONLY = "MODEL001"
_NO_FOLDS = "Earlier leads are too few, or span too little time, to choose a learned candidate, so"
_NO_HELD_OUT_FOLDS = "The training leads are too few to choose a learned candidate, so"


def describe_verdict(verdict: Verdict) -> str:
    """The verdict in a few sentences: no signal, points as good as anything, or what was learned and how much it gains.

    Where the base rate moved over the earlier leads, it says what was done about that.
    """
    text = _describe_alone(verdict) if verdict.rival is None else _describe_against(verdict, verdict.rival)
    text = f"{text} {verdict.level}".strip()
    if verdict.calibration.verdict == "rank only" and verdict.calibration.ranks:
        return f"{text} Its probabilities only rank leads."
    return text


def check_calibration(judgement: CalibrationJudgement, *, recalibrated: bool, held_out: bool = False) -> Finding | None:
    """The finding that probabilities only rank, with what to do; None where they can be believed.

    Args:
        judgement: The forward test of the calibration.
        recalibrated: Whether the newest leads already set the level.
        held_out: Whether nothing says which leads are the newest.
    """
    if not judgement.faults:
        return None
    if held_out:
        do = "The final model has also been trained on these leads; train again when more outcomes are known, to check it."
    elif "level" not in judgement.faults:
        do = "The final model has also been trained on these leads; train again when newer outcomes are known, to check it."
    elif recalibrated:
        do = "These leads have since set the level; train again when newer outcomes are known, to check it."
    else:
        do = "Set model.recalibrate to 'newest' and train again, so that the newest leads set the level."
    order = " Until then choose the threshold by policy 'capacity', which only needs the order." if judgement.ranks else ""
    return Finding(RANK_ONLY, "warning", judgement.text, do=do + order)


def read_calibration_warning(metrics: Mapping[str, Any]) -> Finding | None:
    """The same finding from `metrics.json` of a bundle; None for an older bundle that does not hold it.

    >>> read_calibration_warning({"calibration": {"verdict": "rank only", "text": "Rank only: ...", "do": "Train again."}}).code
    'MODEL001'
    >>> read_calibration_warning({"calibration": {"verdict": "calibrated"}}), read_calibration_warning({})
    (None, None)
    """
    calibration = metrics.get("calibration") or {}
    if calibration.get("verdict") != "rank only":
        return None
    return Finding(RANK_ONLY, "warning", calibration["text"], do=calibration["do"])


def _describe_alone(verdict: Verdict) -> str:
    """Where there is nothing simpler to compare with."""
    words = verdict.words
    chosen, others = verdict.chosen, [name for name in verdict.test if name != verdict.chosen]
    if not verdict.has_folds:
        return f"No signal yet. {_describe_no_folds(verdict)} '{chosen}' is used."
    if chosen != "constant":
        text = f"'{chosen}' did best on {words.others}; neither the points nor the base rate were tried beside it."
        return text if verdict.found_signal else f"{text} No signal on the {words.name}: {_describe_chance(verdict)}"
    same = "so every lead gets the same probability"
    if not others:
        return f"Nothing but the base rate could be tried, {same}."
    if better := _list_better(verdict):
        return f"No signal on {words.others}, {same}. On {words.tested} {better} did better: train again when more are known."
    nothing = "the points did no better" if others == ["points"] else "nothing did better"
    return f"No signal: {nothing} than the base rate on {words.others}, {same}."


def _describe_against(verdict: Verdict, rival: str) -> str:
    chosen, base = verdict.chosen, verdict.differences.get("constant")
    sentences = [_describe_points(verdict)] if chosen == "points" else []
    weak = not verdict.found_signal or (base is not None and base.side(LOSS_DIGITS) >= 0)
    if weak:
        text = _describe_chance(verdict)
        if base is not None and base.side(LOSS_DIGITS) >= 0:
            relation = "is worse than" if base.side(LOSS_DIGITS) else "shows no clear difference from"
            text = f"'{chosen}' {relation} the base rate: {_describe_gap(base)}."
        start = "By its probabilities" if verdict.found_signal else f"No signal on the {verdict.words.name}:"
        sentences.append(f"{start} {text}")
    if not weak or (verdict.found_signal and rival != "constant"):
        sentences.append(_compare(verdict, rival))
    return " ".join(sentences)


def _describe_points(verdict: Verdict) -> str:
    words = verdict.words
    if not verdict.has_folds:
        return f"{_describe_no_folds(verdict)} 'points' is used."
    if not any(name not in SIMPLE for name in verdict.test):
        return "No learned candidate could be tried beside the points."
    if better := _list_better(verdict):
        return f"No learned candidate did better than the points on {words.others}; on {words.tested} {better} did."
    return f"The points are as good as anything learned: nothing did better on {words.others}."


def _describe_no_folds(verdict: Verdict) -> str:
    return _NO_HELD_OUT_FOLDS if verdict.held_out else _NO_FOLDS


def _compare(verdict: Verdict, rival: str) -> str:
    chosen, gap, test = verdict.chosen, verdict.differences[rival], verdict.words.name
    if not gap.side(LOSS_DIGITS):
        good = "The points are as good: " if rival == "points" else ""
        return f"{good}'{chosen}' and '{rival}' show no clear difference on the {test}: {_describe_gap(gap)}."
    return f"'{chosen}' is {'better' if gap.mean < 0 else 'worse'} than '{rival}' on the {test}: {_describe_gap(gap)}."


def _describe_chance(verdict: Verdict) -> str:
    share = format_percent(verdict.p_value)
    return f"'{verdict.chosen}' may rank these leads so well by chance: {share} of random orders do as well."


def _describe_gap(gap: Difference) -> str:
    side = "lower" if gap.mean < 0 else "higher"
    ends = sorted((gap.low, gap.high), key=abs)
    if gap.low < 0 < gap.high:
        return f"log loss {abs(gap.mean):.4f} {side} (95 %: {-gap.low:.4f} lower to {gap.high:.4f} higher)"
    return f"log loss {abs(gap.mean):.4f} {side} (95 %: {abs(ends[0]):.4f} to {abs(ends[1]):.4f})"


def _list_better(verdict: Verdict) -> str:
    """The learned candidates that surely did better than the chosen one on the test leads; empty for none."""
    return list_names(name for name, gap in verdict.differences.items() if name not in SIMPLE and gap.side(LOSS_DIGITS) > 0)
