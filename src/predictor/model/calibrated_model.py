"""A fitted candidate with its calibrator, both from out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from predictor.core.log_odds import expit, logit
from predictor.model.calibrators import FITS
from predictor.model.calibrators.calibrator import Calibrator
from predictor.model.calibrators.choose import NONE, choose_calibrator
from predictor.model.calibrators.identity import Identity, fit_identity
from predictor.model.calibrators.level_shift import LevelShift, fit_shift
from predictor.model.calibrators.newest_leads import SHARE, find_newest
from predictor.model.candidates import CANDIDATES, Model
from predictor.model.candidates.baselines import SIMPLE
from predictor.model.sample import Sample, training_part
from predictor.model.split import Fold

FitFunction = Callable[[Sample, int], Model]  # a sample and a seed in, a fitted candidate out
CONSTANT = "constant"  # gives every lead the same score, so there is nothing to calibrate
_FLAT = 1e-9  # probabilities nearer than this are one
_CONSTANT_TEXT = "Every lead gets the same probability, so there is nothing to calibrate."
_FEWEST = 40  # leads of either outcome that a level must rest on
_NO_FOLDS = "Earlier leads are too few for forward folds, so the score is used as it is."
_NO_SHUFFLED_FOLDS = "The training leads are too few for folds, so the score is used as it is."


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
class ForwardPredictions:
    """What would have been said of the leads of each forward fold, from what was known when the fold began.

    Each fold has a model, and a calibrator that was chosen and fitted on the folds before it. The first fold has none before it:
    there the score is used as it is, for every candidate alike. Where nothing says which lead came first, the model and the
    calibrator of a fold are of all other folds.

    Attributes:
        fold: The fold of each lead, from 0.
        probability: By the model and the calibrator of the fold.
        shifted: The same at the level of the leads that were the newest when the fold began.
        at_newest: Whether `probability` has that level too, because the final model has.
    """

    fold: np.ndarray
    probability: np.ndarray
    shifted: np.ndarray
    at_newest: bool = False

    def take(self, at: np.ndarray) -> ForwardPredictions:
        """Those of some of the leads."""
        return replace(self, fold=self.fold[at], probability=self.probability[at], shifted=self.shifted[at])


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
        forward: What would have been said of them at the time; the candidate is chosen by that. None without folds.
        kind: The kind of calibrator, a key of `FITS`; None where there were no folds to choose it by.
        why: How it was chosen, in a sentence.
        level: Whose level the probabilities have, and why, where that was decided; empty: the model's own.
        fold_models: The model of each fold.
    """

    name: str
    model: Model
    calibrator: Calibrator
    positions: np.ndarray
    scores: np.ndarray
    out_of_fold: np.ndarray
    forward: ForwardPredictions | None = None
    kind: str | None = None
    why: str = ""
    level: str = ""
    fold_models: tuple[Model, ...] = field(default=(), repr=False)

    @property
    def recalibrated(self) -> bool:
        """Whether the newest leads have set the level."""
        return isinstance(self.calibrator, LevelShift)

    @property
    def is_flat(self) -> bool:
        """Whether all leads get the same probability, as from the base rate, whatever the model has learned.

        Leads of one fold are compared, because each fold has a model of its own.
        """
        fold = np.zeros(len(self.out_of_fold)) if self.forward is None else self.forward.fold
        return all(np.ptp(self.out_of_fold[fold == one]) <= _FLAT for one in np.unique(fold))

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, one a row of the matrix."""
        return self.calibrator.predict(self.model.score(matrix))

    def list_thresholds(self, matrix: np.ndarray, usual: float) -> np.ndarray:
        """The threshold of each row of the matrix: the usual one."""
        return np.full(len(matrix), usual)


def fit_calibrated(
    name: str, sample: Sample, folds: list[Fold], seed: int, *, plan: FitPlan | None = None, gap: float = 0.0
) -> CalibratedModel:
    """One candidate, fitted and calibrated.

    Args:
        name: A key of `CANDIDATES`.
        sample: The training leads.
        folds: Folds in which both outcomes occur, as `make_sample_folds` makes them; each model is fitted on what was known when
            its predicted part began. With none, the candidate's own probabilities are used as they are.
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
    parts = [training_part(sample, fold) for fold in folds]
    models = [fit_fold(part, seed) for fit_fold, part in zip(fits, parts, strict=True)]
    fold_scores = [one.score(sample.matrix[predicted]) for one, (_, predicted) in zip(models, folds, strict=True)]
    positions, scores = np.concatenate([predicted for _, predicted in folds]), np.concatenate(fold_scores)
    judged = sample.take(positions)
    fold_of = np.repeat(np.arange(len(folds)), list(map(len, fold_scores)))
    calibrators = [_calibrate_past(name, scores, judged, fold_of == fold, plan=plan, gap=gap) for fold in range(len(folds))]
    calibrator, kind, why = _calibrate(name, scores, judged, plan=plan, gap=gap)
    return CalibratedModel(
        name=name,
        model=model,
        calibrator=calibrator,
        positions=positions,
        scores=scores,
        out_of_fold=calibrator.predict(scores),
        forward=_predict_forward(fold_of, fold_scores, calibrators, [*zip(models, parts, strict=True)]),
        kind=kind,
        why=why,
        fold_models=tuple(models),
    )


def _calibrate_without_folds(name: str, model: Model, sample: Sample) -> CalibratedModel:
    scores = model.score(sample.matrix)
    calibrator = fit_identity(scores, sample.outcome, sample.weight) if name in SIMPLE else Identity()
    return CalibratedModel(
        name=name,
        model=model,
        calibrator=calibrator,
        positions=np.arange(len(sample)),
        scores=scores,
        out_of_fold=calibrator.predict(scores),
        why=_NO_SHUFFLED_FOLDS if sample.shuffled else _NO_FOLDS,
    )


def _calibrate(name: str, scores: np.ndarray, judged: Sample, *, plan: FitPlan, gap: float) -> tuple[Calibrator, str, str]:
    """The calibrator of scores, its kind, and why that was chosen."""
    if name == CONSTANT:
        return FITS[NONE](scores, judged.outcome, judged.weight), NONE, _CONSTANT_TEXT
    known = None if judged.shuffled else gap
    choice = choose_calibrator(
        scores, judged.outcome, weight=judged.weight, order=judged.order, tested=plan.calibrator, gap=known
    )
    return choice.calibrator, choice.kind, choice.text


def _calibrate_past(
    name: str, scores: np.ndarray, judged: Sample, predicted: np.ndarray, *, plan: FitPlan, gap: float
) -> Calibrator:
    """The calibrator that was there when a fold began: of the folds before it, by what was known then; none for the first."""
    past, known = take_past(judged, predicted, gap=gap)
    if not len(known) or known.one_class:
        return Identity()
    return _calibrate(name, scores[past], known, plan=plan, gap=gap)[0]


def take_past(judged: Sample, predicted: np.ndarray, *, gap: float) -> tuple[np.ndarray, Sample]:
    """The leads of the folds before a fold, with what was known of them when it began: positions and sample.

    Where nothing says which lead came first: the leads of all other folds.

    Args:
        judged: The leads with out-of-fold predictions.
        predicted: Which of them are in the fold.
        gap: Between the leads of both, in the unit of the order.
    """
    starts = float(judged.order[predicted].min())
    before = ~predicted if judged.shuffled else (judged.order < starts) & (judged.order <= starts - gap)
    past = np.flatnonzero(before)
    return past, judged.take(past).as_known_at(starts)


def _predict_forward(
    fold_of: np.ndarray, scores: list[np.ndarray], calibrators: list[Calibrator], fitted: list[tuple[Model, Sample]]
) -> ForwardPredictions:
    probability = [calibrator.predict(part) for calibrator, part in zip(calibrators, scores, strict=True)]
    shifts = [_fit_level(model, calibrator, part) for (model, part), calibrator in zip(fitted, calibrators, strict=True)]
    shifted = [expit(logit(part) + shift) for part, shift in zip(probability, shifts, strict=True)]
    return ForwardPredictions(fold=fold_of, probability=np.concatenate(probability), shifted=np.concatenate(shifted))


def _fit_level(model: Model, calibrator: Calibrator, part: Sample) -> float:
    """How far the newest eighth of the leads that a model was fitted on would shift its probabilities, in log-odds."""
    if part.shuffled:
        return 0.0
    newest = part.take(find_newest_leads(part, share=SHARE / 2))
    return fit_shift(calibrator.predict(model.score(newest.matrix)), newest.outcome, newest.weight)[0]


def find_newest_leads(sample: Sample, *, share: float) -> np.ndarray:
    """Positions of the newest share of the leads by weight, more where it has fewer than 40 of either outcome."""
    weight = np.ones(len(sample)) if sample.weight is None else sample.weight
    return np.arange(len(sample))[find_newest(sample.outcome, weight, fewest=_FEWEST, share=share)]
