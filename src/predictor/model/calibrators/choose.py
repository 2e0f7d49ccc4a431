"""The simplest calibrator that does as well as the best on leads newer than those it was fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from predictor.core.errors import TrainingError
from predictor.model.calibrators import FITS
from predictor.model.calibrators.calibrator import Calibrator
from predictor.model.metrics.intervals import average
from predictor.model.metrics.penalised_logistic import FloatArray, Known, select_known
from predictor.model.split import Fold, make_folds

USUAL = "sigmoid"  # where nothing can be compared: its prior lets few leads change little
_ERRORS = 0.25  # standard errors by which a simpler one may do worse than the best
_COMPARED_SHARE = 0.75  # of the leads, the newest
_FEWEST = 20  # leads of either outcome that a curve of a comparison must rest on
_CLIP = 1e-15


@dataclass(frozen=True)
class Choice:
    """The calibrator chosen and why.

    Attributes:
        kind: A key of `FITS`.
        calibrator: Learned from all leads.
        table: One row a kind, from the simplest: `kind`, `log_loss` (nats a lead, on newer leads), `excess` over the best and its
            standard `error`, `chosen`. Empty where nothing could be compared.
        text: The choice in one sentence.
    """

    kind: str
    calibrator: Calibrator
    table: pd.DataFrame
    text: str


def choose_calibrator(
    score: ArrayLike,
    outcome: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    order: ArrayLike | None = None,
    folds: int = 6,
    gap: float = 0.0,
) -> Choice:
    """The simplest calibrator whose log loss on newer leads is within a quarter of a standard error of the best's.

    Each kind is fitted on leads up to a moment and judged on those after it, several times over; the error is that of the
    paired difference to the best. From the simplest: none, tempered, sigmoid, beta, isotonic, Venn-Abers. They are all so simple
    that a whole error in favour of the simpler (Breiman et al. 1984, section 3.4.3) costs more than it saves: on 82 forward tests
    of real and simulated leads a quarter lost least. Where the leads are too few for a comparison, a sigmoid.

    Args:
        score: (n,) out-of-fold log-odds.
        outcome: (n,) 1 or 0.
        weight: (n,) sample weights, 0 where the outcome is not known; None means 1 for all.
        order: (n,) grows with time; None means the leads come oldest first.
        folds: Comparisons wanted.
        gap: As for `make_folds`: outcomes of leads younger than this were not known yet, in the unit of `order`.

    Raises:
        TrainingError: As `select_known`; or an order with holes.

    >>> score = np.random.default_rng(0).normal(size=2000)
    >>> choose_calibrator(score, np.tile([0, 0, 0, 0, 1], 400)).kind  # a score that says nothing, and promises too much
    'sigmoid'
    >>> choose_calibrator([0.0], [2])
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Outcomes must equal 0 or 1, but 1 of 1 does not (first at position 0). Give weight 0 to \
leads whose outcome is not known.
    """
    moments = np.arange(np.size(score), dtype=float) if order is None else np.asarray(order, dtype=float)
    known, moments = _sort(select_known(score, outcome, weight), moments, weight)
    compared = _make_comparisons(moments, known, folds=folds, gap=gap)
    if not compared:
        text = f"Too few leads to compare calibrators on, so a {USUAL} is taken."
        return Choice(
            kind=USUAL, calibrator=FITS[USUAL](known.score, known.outcome, known.weight), table=pd.DataFrame(), text=text
        )
    judged = np.concatenate([newer for _, newer in compared])
    table = _compare({kind: _compute_forward_loss(kind, known, compared) for kind in FITS}, known.weight[judged])
    kind = list(FITS)[int(table["chosen"].argmax())]
    return Choice(kind=kind, calibrator=FITS[kind](known.score, known.outcome, known.weight), table=table, text=_describe(table))


def _sort(known: Known, moments: FloatArray, weight: ArrayLike | None) -> tuple[Known, FloatArray]:
    """The leads oldest first, with their moments."""
    kept = moments if weight is None else moments[np.asarray(weight, dtype=float) > 0]
    oldest = np.argsort(kept, kind="stable")
    return Known(known.score[oldest], known.outcome[oldest], known.weight[oldest]), kept[oldest]


def _make_comparisons(order: FloatArray, known: Known, *, folds: int, gap: float) -> list[Fold]:
    try:
        made = make_folds(order, folds=folds, gap=gap, validated_share=_COMPARED_SHARE)
    except TrainingError:
        return []
    accepted = known.outcome == 1
    return [fold for fold in made if min(accepted[fold[0]].sum(), (~accepted[fold[0]]).sum()) >= _FEWEST]


def _compute_forward_loss(kind: str, known: Known, compared: list[Fold]) -> FloatArray:
    """The log loss of each newer lead in nats, by a curve fitted on older ones."""
    losses = []
    for older, newer in compared:
        fitted = FITS[kind](known.score[older], known.outcome[older], known.weight[older])
        p = np.clip(fitted.predict(known.score[newer]), _CLIP, 1 - _CLIP)
        losses.append(np.where(known.outcome[newer] == 1, -np.log(p), -np.log1p(-p)))
    return np.concatenate(losses)


def _compare(losses: dict[str, FloatArray], weight: FloatArray) -> pd.DataFrame:
    means = {kind: float(np.average(loss, weights=weight)) for kind, loss in losses.items()}
    best = losses[min(means, key=lambda kind: means[kind])]
    table = pd.DataFrame({"kind": list(means), "log_loss": list(means.values())})
    table[["excess", "error"]] = [average(loss - best, weight) for loss in losses.values()]
    within = table["excess"] <= _ERRORS * table["error"]
    return table.assign(chosen=np.arange(len(table)) == int(np.argmax(within)))


def _describe(table: pd.DataFrame) -> str:
    chosen, best = table.iloc[int(table["chosen"].argmax())], table.iloc[int(table["log_loss"].argmin())]
    if chosen["kind"] == best["kind"]:
        return f"Calibrator '{chosen['kind']}' lost least on newer leads: log loss {chosen['log_loss']:.4f}."
    within = f"Calibrator '{chosen['kind']}' is the simplest within a quarter of a standard error of the best on newer leads: "
    return f"{within}log loss {chosen['log_loss']:.4f}, '{best['kind']}' {best['log_loss']:.4f}."
