"""Which candidates have enough training leads, and which of them may be chosen."""

from __future__ import annotations

from collections.abc import Sequence

from predictor.core.errors import Finding, TrainingError, count
from predictor.core.settings_sections import ModelSettings
from predictor.model.candidates import CANDIDATES
from predictor.model.candidates.baselines import SIMPLE
from predictor.model.sample import LEARN_POINTS, Sample

UNBOUND = ("odoo_pls", "logistic", "blend")  # whose coefficients may have any sign
_ON_POINTS = frozenset({"points", "lightgbm_on_points"})
_FEWEST_FOR_POINTS = 10  # leads of each outcome that one slope needs (Peduzzi et al. 1996, J Clin Epidemiol 49)


def select_candidates(
    fit: Sample, settings: ModelSettings, *, has_folds: bool, own: Sequence[str] = ()
) -> tuple[list[str], tuple[Finding, ...]]:
    """The candidates that there are enough training leads for, and findings about the others.

    Args:
        fit: The training leads.
        settings: Which candidates to try.
        has_folds: Whether there are forward folds; without them `choosable` leaves no learned candidate.
        own: The firm's own candidates.

    Raises:
        TrainingError: All training leads have the same outcome.
    """
    if fit.one_class:
        known = "" if len(fit.training) == len(fit) else " with a known outcome"
        raise TrainingError(
            f"All {count(len(fit.training), 'training lead')}{known} have the same outcome, so nothing can be learned "
            f"from them. Export {'more' if fit.shuffled else 'older'} leads, or lower split.test_share."
        )
    names: list[str] = [*settings.candidates, *own]
    if not has_folds and not set(names) & set(SIMPLE):
        names.insert(0, "constant")
    findings = []
    fewest = int(fit.fewest)
    points = fit.points_column is not None and fewest >= _FEWEST_FOR_POINTS
    fallback = "the points as a probability, or the base rate where they are no better" if points else "the base rate"
    if fewest < settings.min_outcomes:
        names = [name for name in names if name in SIMPLE]
        what = f"Only {count(fewest, 'lead')} of one outcome; learning from features needs {settings.min_outcomes} of each."
        do = f"Until then the model is {fallback}. Train again when more outcomes are known."
        findings.append(Finding("TRAIN001", "warning", what, do=do))
    elif not has_folds:
        why = "too few for folds" if fit.shuffled else "too few, or span too little time, for forward folds"
        what = f"The training leads are {why}: no learned candidate can be chosen."
        more = "Export more leads." if fit.shuffled else "Export older leads, or lower label.horizon_days."
        do = f"Until then the model is {fallback}. {more}"
        findings.append(Finding("TRAIN003", "warning", what, do=do))
    if not len(fit.features):
        names = ["constant"]
    if "points" in names and not points and fit.points_column is not None:
        names.remove("points")
    if fit.points_column is None and not _ON_POINTS.isdisjoint(names):
        names = [name for name in names if name not in _ON_POINTS]
        what = "The training leads have no points, so the candidates that need them are left out."
        do = "Name a rule book in points.rule_book, or the CRM's score in roles.points, to see what the points are worth."
        findings.append(Finding("TRAIN002", "tip", what, do=do))
    if fit.with_rule_counts is None:
        names = [name for name in names if name not in LEARN_POINTS]
    return names or ["constant"], tuple(findings)


def can_be_monotone(name: str) -> bool:
    """Whether a candidate can be held to `model.monotone`; not one of the firm's own.

    >>> can_be_monotone("lightgbm"), can_be_monotone("mine")
    (True, False)
    """
    return name in CANDIDATES and name not in UNBOUND


def choosable(names: Sequence[str], *, has_folds: bool, monotone: bool = False) -> list[str]:
    """The candidates that may be chosen: without forward folds the points, or else the base rate.

    Where some events must never lower the probability, candidates that cannot be held to that are left out.

    Figures on a model's own training leads are no evidence, so prior belief decides: somebody who knows the firm set the points,
    and few leads bend their line little. On simulated firms of 100 and 300 leads they beat the base rate in 39 of 40.

    >>> choosable(["constant", "points", "lightgbm"], has_folds=False)
    ['points']
    >>> choosable(["logistic", "lightgbm"], has_folds=True, monotone=True)
    ['lightgbm']
    """
    simple = [name for name in ("points", "constant") if name in names]
    bound = [name for name in names if not monotone or can_be_monotone(name)]
    return (bound or list(names)) if has_folds or not simple else simple[:1]
