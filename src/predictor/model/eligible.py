"""Which candidates a block of leads can carry, and by which rehearsals they are compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from predictor.core.errors import Finding, TrainingError, count
from predictor.core.settings_sections import ModelSettings
from predictor.model.candidates.baselines import SIMPLE
from predictor.model.sample import LEARN_POINTS, Sample, training_part
from predictor.model.split import Fold, make_folds

UNBOUND = ("odoo_pls", "logistic")  # whose coefficients may have any sign
_ON_POINTS = frozenset({"points", "lightgbm_on_points"})
_FEWEST_FOR_POINTS = 10  # leads of either outcome that one slope must rest on (Peduzzi et al. 1996, J Clin Epidemiol 49)
_FEWEST_A_FOLD = 5  # leads of either outcome below which a fold's model is noise
_FEWEST_JUDGED = 40  # leads of either outcome, pending ones by what they count, that calibration and choice must rest on


def select_candidates(fit: Sample, settings: ModelSettings, *, has_folds: bool) -> tuple[list[str], tuple[Finding, ...]]:
    """The candidates that the fit block can carry, and findings about those it cannot.

    Args:
        fit: The leads that may teach.
        settings: Which candidates are wanted.
        has_folds: Whether there are enough training leads for forward folds; without them nothing learned can be chosen.

    Raises:
        TrainingError: All leads of the block have the same outcome.
    """
    if fit.one_class:
        known = "" if len(fit.teaching) == len(fit) else " with a known outcome"
        raise TrainingError(
            f"All {count(len(fit.teaching), 'lead')} of the fit block{known} have the same outcome, so nothing can be learned "
            "from them. Export older leads, or lower split.test_share."
        )
    names: list[str] = list(settings.candidates)
    if not has_folds and not set(names) & set(SIMPLE):
        names.insert(0, "constant")
    findings = []
    fewest = int(fit.fewest)
    points = fit.points_column is not None and fewest >= _FEWEST_FOR_POINTS
    still = "the points made a probability, or the base rate where they tell less" if points else "the base rate"
    if fewest < settings.min_outcomes:
        names = [name for name in names if name in SIMPLE]
        findings.append(_tell_few(fewest, settings.min_outcomes, still))
    elif not has_folds:
        findings.append(_tell_short(still))
    if not len(fit.features):
        names = ["constant"]
    if "points" in names and not points and fit.points_column is not None:
        names.remove("points")
    if fit.points_column is None and not _ON_POINTS.isdisjoint(names):
        names = [name for name in names if name not in _ON_POINTS]
        do = "Name a rule book in points.rule_book, or the CRM's score in roles.points, to see what the points are worth."
        findings.append(
            Finding(
                "TRAIN002",
                "tip",
                "No points are known of the leads that teach, so the candidates that need them are left out.",
                do,
            )
        )
    if fit.with_rule_counts is None:
        names = [name for name in names if name not in LEARN_POINTS]
    return names or ["constant"], tuple(findings)


def _tell_few(fewest: int, needed: int, still: str) -> Finding:
    what = f"Only {count(fewest, 'lead')} of one outcome to learn from; {needed} of each are needed to learn from features."
    do = f"What can be done is done: {still}. Train again when more outcomes are known."
    return Finding("TRAIN001", "warning", what, do)


def _tell_short(still: str) -> Finding:
    what = "The leads before the test block are too few, or span too little time, to rehearse on: nothing learned can be chosen."
    do = f"What can be done is done: {still}. Export older leads, or lower label.horizon_days."
    return Finding("TRAIN003", "warning", what, do)


def choosable(names: Sequence[str], *, has_folds: bool, monotone: bool = False) -> list[str]:
    """The candidates that may be chosen: without a rehearsal the points, or else the base rate.

    Where some events must never lower the probability, those are not that cannot be held to it.

    What leads that taught a model say of it is no evidence, so belief decides: somebody who knows the firm set the points, and
    few leads bend their line little. On simulated firms of 100 and 300 leads they beat the base rate in 39 of 40.

    >>> choosable(["constant", "points", "lightgbm"], has_folds=False)
    ['points']
    >>> choosable(["logistic", "lightgbm"], has_folds=True, monotone=True)
    ['lightgbm']
    """
    simple = [name for name in ("points", "constant") if name in names]
    held = [name for name in names if not monotone or name not in UNBOUND]
    return (held or list(names)) if has_folds or not simple else simple[:1]


def make_forward_folds(sample: Sample, *, folds: int, gap: float) -> list[Fold]:
    """The forward folds of a block in which both outcomes occur; none where the block is too short to rehearse on."""
    try:
        made = make_folds(sample.order, folds=folds, gap=gap)
    except TrainingError:
        return []
    kept = [fold for fold in made if training_part(sample, fold).fewest >= _FEWEST_A_FOLD]
    if not kept:
        return []
    judged = sample.take(np.concatenate([predicted for _, predicted in kept]))
    few = judged.one_class if sample.weight is None else judged.fewest < _FEWEST_JUDGED
    return [] if few else kept
