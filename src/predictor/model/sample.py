"""What a candidate may learn from: leads in the order of time, with what is known of them at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from predictor.core.errors import TrainingError
from predictor.features.assemble import TOTAL
from predictor.features.encode import FeatureSet
from predictor.model.pending import PendingWeights, shrink
from predictor.model.represented import draw_representative
from predictor.model.split import Fold, make_folds, make_shuffled_folds
from predictor.points.fit_points import PointsTask

LEARN_POINTS = frozenset({"learned_points"})  # candidates that look at how often each rule fired
_FEWEST_A_FOLD = 5  # leads of each outcome below which a fold's model is noise
_FEW_LEADS = 2000  # below which twice as many shuffled folds are made: each model then learns from more, and that is cheap
_FEWEST_JUDGED = 20  # leads of each outcome, pending ones by their weight, that calibration and choice need
_FEWEST_BESIDE_POINTS = 40  # where points serve without folds, which fewer leads rarely beat


@dataclass(frozen=True)
class Sample:
    """Leads as arrays, and what came of them as it is known at one moment.

    Attributes:
        matrix: leads x features, float64, NaN = missing.
        outcome: 1.0 accepted within the horizon, 0.0 not, or not yet.
        order: Grows with time: days since 1970 where leads carry dates; random where `shuffled`.
        features: What the columns of the matrix are.
        dated: Whether `order` is in days.
        accepted_at: When each was accepted within the horizon, in the unit of the order; inf: never, or not yet. None where all
            outcomes are final.
        weight: How much each lead counts, at least 0; None: all count 1.
        pending_weights: How the weights of pending leads are computed.
        as_of: The moment that outcomes and weights refer to; None where all outcomes are final.
        exploration_weight: How many leads each represents that a model held back, included in `weight`; None: itself.
        represented: How many leads each represents of a sampled export, included in `weight`; None: itself.
        leads_per_row: How many leads each represents where all represent as many: rows drawn by `as_representative`.
        points_task: The points to fit; None where there is no rule book.
        shuffled: Whether nothing says which lead came first.
        with_rule_counts: The same leads with how often each rule fired, before the other columns; None where that is not known.
    """

    matrix: np.ndarray
    outcome: np.ndarray
    order: np.ndarray
    features: FeatureSet
    dated: bool
    accepted_at: np.ndarray | None = None
    weight: np.ndarray | None = None
    pending_weights: PendingWeights = field(default_factory=PendingWeights)
    as_of: float | None = None
    exploration_weight: np.ndarray | None = None
    represented: np.ndarray | None = None
    leads_per_row: float = 1.0
    points_task: PointsTask | None = None
    shuffled: bool = False
    with_rule_counts: Sample | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.outcome)

    def seen_by(self, candidate: str) -> Sample:
        """The same leads as a candidate sees them: with rule counts where it fits points."""
        return self.with_rule_counts if candidate in LEARN_POINTS and self.with_rule_counts is not None else self

    def take(self, positions: np.ndarray) -> Sample:
        """The leads at those positions; weights that depend on the group are computed among them."""
        taken = replace(
            self,
            matrix=self.matrix[positions],
            outcome=self.outcome[positions],
            order=self.order[positions],
            accepted_at=None if self.accepted_at is None else self.accepted_at[positions],
            weight=None if self.weight is None else self.weight[positions],
            exploration_weight=None if self.exploration_weight is None else self.exploration_weight[positions],
            represented=None if self.represented is None else self.represented[positions],
            with_rule_counts=None,
        )
        return taken.as_known_at(self.as_of) if self.pending_weights.by_group and self.as_of is not None else taken

    def as_known_at(self, at: float) -> Sample:
        """The same leads with what was known of them at an earlier moment.

        Later acceptances are removed, and the weights are those of that moment. Where all outcomes are final, nothing changes.

        Args:
            at: A moment, in the unit of the order; what is dated at that very moment is known.
        """
        if self.accepted_at is None:
            return self
        accepted_at = np.where(self.accepted_at <= at, self.accepted_at, np.inf)
        outcome = np.isfinite(accepted_at).astype(float)
        weight = self.pending_weights.compute(accepted_at - self.order, at - self.order)
        weight = weight if self.exploration_weight is None else weight * self.exploration_weight
        weight = weight if self.represented is None else weight * self.represented
        return replace(self, outcome=outcome, accepted_at=accepted_at, weight=weight, as_of=at, with_rule_counts=None)

    @property
    def training(self) -> Sample:
        """The leads that a model is fitted on: where only known outcomes count, without the others."""
        if self.weight is None or not self.pending_weights.by_group:
            return self
        return replace(self, as_of=None).take(np.flatnonzero(self.weight > 0))

    @property
    def points_column(self) -> int | None:
        """The column with the points; None where the firm has none."""
        return self.features.position(TOTAL)

    @property
    def weeks(self) -> float | None:
        """In how many weeks as many leads came in as there are rows, a day at least; None where they carry no dates."""
        return max(float(np.ptp(self.order)) / 7, 1 / 7) / self.leads_per_row if self.dated else None

    def count_alike(self, leads_per_row: float) -> Sample:
        """The same rows, each of which represents that many leads."""
        inner = None if self.with_rule_counts is None else self.with_rule_counts.count_alike(leads_per_row)
        return replace(self, weight=None, represented=None, leads_per_row=leads_per_row, with_rule_counts=inner)

    def draw_representative(self) -> np.ndarray:
        """Positions of rows that look like all leads of a sampled export; of any other, all."""
        return np.arange(len(self)) if self.represented is None else draw_representative(self.represented)[0]

    def as_representative(self) -> Sample:
        """The rows of `draw_representative`, each of which represents as many leads."""
        if self.represented is None:
            return self
        positions, leads_per_row = draw_representative(self.represented)
        drawn = self.take(positions)
        weight = None if self.as_of is None or drawn.weight is None else drawn.weight / self.represented[positions]
        inner = None if self.with_rule_counts is None else self.with_rule_counts.as_representative()
        return replace(drawn, weight=weight, represented=None, leads_per_row=leads_per_row, with_rule_counts=inner)

    @property
    def fewest(self) -> float:
        """How many leads there are of the rarer outcome, by weight and by their effective number (Kish)."""
        weight = np.ones(len(self)) if self.weight is None else self.weight
        accepted, total = float((weight * self.outcome).sum()), float(weight.sum())
        return min(accepted, total - accepted) * float(shrink(total, (weight**2).sum()))

    @property
    def one_class(self) -> bool:
        """Whether all outcomes are the same, so that nothing can be learned."""
        return self.fewest <= 0


def training_part(sample: Sample, fold: Fold) -> Sample:
    """The training leads of a fold: its older leads, with what was known of them when the first lead to predict came in."""
    seen, predicted = fold
    return sample.take(seen).as_known_at(float(sample.order[predicted].min()))


def make_sample_folds(sample: Sample, *, folds: int, gap: float) -> list[Fold]:
    """The folds of a sample in which both outcomes occur; none where the leads are too few or span too little time.

    They go forward in time. Where nothing says which lead came first, they are shuffled: each is predicted from all others, and
    there are twice as many where the leads are fewer than 2,000.
    """
    try:
        candidates = _make_shuffled(sample, folds) if sample.shuffled else make_folds(sample.order, folds=folds, gap=gap)
    except TrainingError:
        return []
    usable = [fold for fold in candidates if training_part(sample, fold).fewest >= _FEWEST_A_FOLD]
    if not usable:
        return []
    judged = sample.take(np.concatenate([predicted for _, predicted in usable]))
    fewest = _FEWEST_JUDGED if sample.points_column is None else _FEWEST_BESIDE_POINTS
    few = judged.one_class if sample.weight is None else judged.fewest < fewest
    return [] if few else usable


def _make_shuffled(sample: Sample, folds: int) -> list[Fold]:
    return make_shuffled_folds(sample.outcome, sample.order, folds=folds if len(sample) >= _FEW_LEADS else 2 * folds)
