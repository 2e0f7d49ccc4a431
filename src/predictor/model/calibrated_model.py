"""A recipe: how to learn, and how to make what was learned a probability, both from predictions made out of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from predictor.model.calibrators import FITS, Calibrator
from predictor.model.calibrators.choose import choose_calibrator
from predictor.model.calibrators.identity import Identity, fit_identity
from predictor.model.candidates import CANDIDATES, Model
from predictor.model.candidates.baselines import SIMPLE
from predictor.model.sample import Sample, training_part
from predictor.model.split import Fold

Learn = Callable[[Sample, int], Model]  # a block and a seed in, a fitted candidate out
_FLAT = "constant"  # says the same of every lead, so that there is nothing to bend
_FLAT_TEXT = "Every lead gets the same probability, so there is nothing to calibrate."
_UNREHEARSED = "Earlier leads are too few to rehearse on, so the score is taken as it is."


@dataclass(frozen=True)
class FitPlan:
    """How earlier leads said that a candidate is best learned; whatever they did not say is found anew.

    Attributes:
        learn: Where tuning found a better way than the candidate's own: on the whole block as the last one says, on each fold as
            its own one says where there is one for each.
        calibrator: A key of `FITS`; None where it is to be chosen.
    """

    learn: Sequence[Learn] = ()
    calibrator: str | None = None


@dataclass(frozen=True)
class CalibratedModel:
    """A fitted candidate with its calibrator, and the out-of-time predictions that taught the calibrator.

    Attributes:
        name: The candidate.
        model: Fitted on the whole block.
        calibrator: Fitted on scores of leads that the scoring model had not seen, each from an earlier time only.
        positions: Rows of the block that were predicted out of time.
        scores: Their log-odds.
        rehearsed: Their probabilities as the calibrator that serves says them, which thresholds speak of.
        crosswise: Their probabilities, each by a calibrator of that kind that had not seen what came of the lead's fold: what the
            candidate is chosen by.
        kind: The kind of calibrator, a key of `FITS`; None where there was no rehearsal to choose it by.
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
    """The recipe of one candidate, learned from a block.

    Args:
        name: A key of `CANDIDATES`.
        sample: Leads to learn from.
        folds: Forward folds of the block in which both outcomes occur; each teaches what was known when its predicted part began.
            With none, the block is too short for a rehearsal, and what the candidates say is left as it is.
        seed: Of everything drawn by lot.
        plan: How earlier leads said it is done; None where all is to be found.
        gap: What lies between leads that teach a calibrator and those that it is compared on, in the unit of the order.
    """
    plan = FitPlan() if plan is None else plan
    fit: Learn = plan.learn[-1] if plan.learn else CANDIDATES[name].fit
    model = fit(sample, seed)
    if not folds:
        scores = model.score(sample.matrix)
        seen = fit_identity(scores, sample.outcome, sample.weight) if name in SIMPLE else Identity()
        said = seen.predict(scores)
        return CalibratedModel(name, model, seen, np.arange(len(sample)), scores, said, said, None, _UNREHEARSED)
    ways = plan.learn[:-1] if len(plan.learn) == len(folds) + 1 else [fit] * len(folds)
    parts = [way(training_part(sample, fold), seed).score(sample.matrix[fold[1]]) for way, fold in zip(ways, folds, strict=True)]
    positions, scores = np.concatenate([predicted for _, predicted in folds]), np.concatenate(parts)
    judged = sample.take(positions)
    kind, why = _choose_kind(name, scores, judged, plan, gap)
    calibrator = FITS[kind](scores, judged.outcome, judged.weight)
    fold = np.repeat(np.arange(len(folds)), list(map(len, parts)))
    cross_calibrated = _calibrate_crosswise(kind, scores, judged, fold)
    return CalibratedModel(name, model, calibrator, positions, scores, calibrator.predict(scores), cross_calibrated, kind, why)


def _choose_kind(name: str, scores: np.ndarray, judged: Sample, plan: FitPlan, gap: float) -> tuple[str, str]:
    """The kind of calibrator, and why."""
    if name == _FLAT:
        return "none", _FLAT_TEXT
    if plan.calibrator is not None:
        return plan.calibrator, f"Calibrator '{plan.calibrator}' is the one that was tested."
    chosen = choose_calibrator(scores, judged.outcome, weight=judged.weight, order=judged.order, gap=gap)
    return chosen.kind, chosen.text


def _calibrate_crosswise(kind: str, scores: np.ndarray, judged: Sample, fold: np.ndarray) -> np.ndarray:
    """The probabilities of each fold, by a calibrator learned from the other folds; a staircase would else know its own leads."""
    probability = FITS[kind](scores, judged.outcome, judged.weight).predict(scores)
    for step in np.unique(fold) if fold[0] != fold[-1] else ():
        others = judged.take(np.flatnonzero(fold != step))
        if others.fewest > 0:
            fitted = FITS[kind](scores[fold != step], others.outcome, others.weight)
            probability[fold == step] = fitted.predict(scores[fold == step])
    return probability
