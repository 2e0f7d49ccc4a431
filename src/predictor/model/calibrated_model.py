"""A recipe: how to learn, and how to make what was learned a probability, both from predictions made out of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from predictor.model.calibrators import FITS, Calibrator
from predictor.model.calibrators.choose import choose_calibrator
from predictor.model.calibrators.identity import AsIs, fit_as_is
from predictor.model.candidates import CANDIDATES, Model
from predictor.model.candidates.baselines import SIMPLE
from predictor.model.eligible import rewind
from predictor.model.sample import Block
from predictor.model.split import Fold

Learn = Callable[[Block, int], Model]  # a block and a seed in, a fitted candidate out
_FLAT = "constant"  # says the same of every lead, so that there is nothing to bend
_FLAT_TEXT = "Every lead gets the same probability, so there is nothing to calibrate."
_UNREHEARSED = "Earlier leads are too few to rehearse on, so the score is taken as it is."


@dataclass(frozen=True)
class Manner:
    """How earlier leads said that a candidate is best learned; whatever they did not say is found anew.

    Attributes:
        learn: Where tuning found a better way than the candidate's own: on the whole block as the last one says, on each fold as
            its own one says where there is one for each.
        calibrator: A key of `FITS`; None where it is to be chosen.
    """

    learn: Sequence[Learn] = ()
    calibrator: str | None = None


@dataclass(frozen=True)
class Recipe:
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
    rehearsed: np.ndarray
    crosswise: np.ndarray
    kind: str | None = None
    why: str = ""

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, one a row of the matrix."""
        return self.calibrator.predict(self.model.score(matrix))


def fit_recipe(
    name: str, block: Block, folds: list[Fold], seed: int, *, manner: Manner | None = None, gap: float = 0.0
) -> Recipe:
    """The recipe of one candidate, learned from a block.

    Args:
        name: A key of `CANDIDATES`.
        block: Leads to learn from.
        folds: Forward folds of the block in which both outcomes occur; each teaches what was known when its predicted part began.
            With none, the block is too short for a rehearsal, and what the candidates say is left as it is.
        seed: Of everything drawn by lot.
        manner: How earlier leads said it is done; None where all is to be found.
        gap: What lies between leads that teach a calibrator and those that it is compared on, in the unit of the order.
    """
    manner = Manner() if manner is None else manner
    fit: Learn = manner.learn[-1] if manner.learn else CANDIDATES[name].fit
    model = fit(block, seed)
    if not folds:
        scores = model.score(block.matrix)
        seen = fit_as_is(scores, block.outcome, block.weight) if name in SIMPLE else AsIs()
        said = seen.predict(scores)
        return Recipe(name, model, seen, np.arange(len(block)), scores, said, said, None, _UNREHEARSED)
    ways = manner.learn[:-1] if len(manner.learn) == len(folds) + 1 else [fit] * len(folds)
    parts = [way(rewind(block, fold), seed).score(block.matrix[fold[1]]) for way, fold in zip(ways, folds, strict=True)]
    positions, scores = np.concatenate([predicted for _, predicted in folds]), np.concatenate(parts)
    judged = block.take(positions)
    kind, why = _choose_kind(name, scores, judged, manner, gap)
    calibrator = FITS[kind](scores, judged.outcome, judged.weight)
    fold = np.repeat(np.arange(len(folds)), list(map(len, parts)))
    crosswise = _calibrate_crosswise(kind, scores, judged, fold)
    return Recipe(name, model, calibrator, positions, scores, calibrator.predict(scores), crosswise, kind, why)


def _choose_kind(name: str, scores: np.ndarray, judged: Block, manner: Manner, gap: float) -> tuple[str, str]:
    """The kind of calibrator, and why."""
    if name == _FLAT:
        return "none", _FLAT_TEXT
    if manner.calibrator is not None:
        return manner.calibrator, f"Calibrator '{manner.calibrator}' is the one that was tested."
    chosen = choose_calibrator(scores, judged.outcome, weight=judged.weight, order=judged.order, gap=gap)
    return chosen.kind, chosen.text


def _calibrate_crosswise(kind: str, scores: np.ndarray, judged: Block, fold: np.ndarray) -> np.ndarray:
    """The probabilities of each fold, by a calibrator learned from the other folds; a staircase would else know its own leads."""
    probability = FITS[kind](scores, judged.outcome, judged.weight).predict(scores)
    for step in np.unique(fold) if fold[0] != fold[-1] else ():
        others = judged.take(np.flatnonzero(fold != step))
        if others.fewest > 0:
            fitted = FITS[kind](scores[fold != step], others.outcome, others.weight)
            probability[fold == step] = fitted.predict(scores[fold == step])
    return probability
