"""A fitted candidate with its calibrator, both from out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from predictor.model.calibrators import FITS
from predictor.model.calibrators.calibrator import Calibrator
from predictor.model.calibrators.choose import choose_calibrator
from predictor.model.calibrators.identity import Identity, fit_identity
from predictor.model.candidates import CANDIDATES, Model
from predictor.model.candidates.baselines import SIMPLE
from predictor.model.sample import Sample, training_part
from predictor.model.split import Fold

FitFunction = Callable[[Sample, int], Model]  # a sample and a seed in, a fitted candidate out
_FLAT = "constant"  # gives every lead the same score, so there is nothing to calibrate
_FLAT_TEXT = "Every lead gets the same probability, so there is nothing to calibrate."
_NO_FOLDS = "Earlier leads are too few for forward folds, so the score is used as it is."


@dataclass(frozen=True)
class FitPlan:
    """How to fit a candidate, as far as earlier leads have settled it; the rest is chosen while fitting.

    Attributes:
        fits: Where tuning found better ways than the candidate's own: the last one is for the whole sample, those before it, if
            any, are for the folds.
        calibrator: A key of `FITS`; None to choose it.
    """

    fits: Sequence[FitFunction] = ()
    calibrator: str | None = None


@dataclass(frozen=True, kw_only=True)
class CalibratedModel:
    """A fitted candidate with its calibrator, and the out-of-fold predictions that the calibrator was fitted on.

    Attributes:
        name: The candidate.
        model: Fitted on the whole sample.
        calibrator: Fitted on out-of-fold scores, each by a model that knew earlier leads only.
        positions: Rows of the sample that have out-of-fold predictions.
        scores: Their log-odds.
        out_of_fold: Their probabilities by `calibrator`; thresholds are chosen on these.
        cross_calibrated: Their probabilities, each by a calibrator of the same kind fitted without the lead's fold; the candidate
            is chosen by these.
        kind: The kind of calibrator, a key of `FITS`; None where there were no folds to choose it by.
        why: How it was chosen, in a sentence.
    """

    name: str
    model: Model
    calibrator: Calibrator
    positions: np.ndarray
    scores: np.ndarray
    out_of_fold: np.ndarray
    cross_calibrated: np.ndarray
    kind: str | None = None
    why: str = ""

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, one a row of the matrix."""
        return self.calibrator.predict(self.model.score(matrix))


def fit_calibrated(
    name: str, sample: Sample, folds: list[Fold], seed: int, *, plan: FitPlan | None = None, gap: float = 0.0
) -> CalibratedModel:
    """One candidate, fitted and calibrated.

    Args:
        name: A key of `CANDIDATES`.
        sample: The training leads.
        folds: Forward folds in which both outcomes occur; each model is fitted on what was known when its predicted part began.
            With none, the candidate's own probabilities are used as they are.
        seed: Of every random draw.
        plan: What earlier leads have settled; None to choose everything.
        gap: Between the leads that a calibrator is fitted on and those it is compared on, in the unit of the order.
    """
    plan = FitPlan() if plan is None else plan
    fit: FitFunction = plan.fits[-1] if plan.fits else CANDIDATES[name].fit
    model = fit(sample, seed)
    if not folds:
        return _calibrate_without_folds(name, model, sample)
    fits = plan.fits[:-1] if len(plan.fits) == len(folds) + 1 else [fit] * len(folds)
    parts = [
        fit_fold(training_part(sample, fold), seed).score(sample.matrix[fold[1]])
        for fit_fold, fold in zip(fits, folds, strict=True)
    ]
    positions, scores = np.concatenate([predicted for _, predicted in folds]), np.concatenate(parts)
    judged = sample.take(positions)
    kind, why = _choose_kind(name, scores, judged, plan, gap)
    calibrator = FITS[kind](scores, judged.outcome, judged.weight)
    fold_of = np.repeat(np.arange(len(folds)), list(map(len, parts)))
    return CalibratedModel(
        name=name,
        model=model,
        calibrator=calibrator,
        positions=positions,
        scores=scores,
        out_of_fold=calibrator.predict(scores),
        cross_calibrated=_cross_calibrate(kind, scores, judged, fold_of),
        kind=kind,
        why=why,
    )


def _calibrate_without_folds(name: str, model: Model, sample: Sample) -> CalibratedModel:
    scores = model.score(sample.matrix)
    calibrator = fit_identity(scores, sample.outcome, sample.weight) if name in SIMPLE else Identity()
    probability = calibrator.predict(scores)
    return CalibratedModel(
        name=name,
        model=model,
        calibrator=calibrator,
        positions=np.arange(len(sample)),
        scores=scores,
        out_of_fold=probability,
        cross_calibrated=probability,
        why=_NO_FOLDS,
    )


def _choose_kind(name: str, scores: np.ndarray, judged: Sample, plan: FitPlan, gap: float) -> tuple[str, str]:
    """The kind of calibrator, and why."""
    if name == _FLAT:
        return "none", _FLAT_TEXT
    if plan.calibrator is not None:
        return plan.calibrator, f"Calibrator '{plan.calibrator}' is the one that was tested."
    choice = choose_calibrator(scores, judged.outcome, weight=judged.weight, order=judged.order, gap=gap)
    return choice.kind, choice.text


def _cross_calibrate(kind: str, scores: np.ndarray, judged: Sample, fold_of: np.ndarray) -> np.ndarray:
    """The probabilities of each fold by a calibrator fitted on the other folds; a step function would overfit its own leads."""
    probability = FITS[kind](scores, judged.outcome, judged.weight).predict(scores)
    for fold in np.unique(fold_of) if fold_of[0] != fold_of[-1] else ():
        others = judged.take(np.flatnonzero(fold_of != fold))
        if others.fewest > 0:
            calibrator = FITS[kind](scores[fold_of != fold], others.outcome, others.weight)
            probability[fold_of == fold] = calibrator.predict(scores[fold_of == fold])
    return probability
