"""The hand-set rules with points learned from outcomes: whole numbers that any CRM can add up, made a probability by a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

import numpy as np

from predictor.core.errors import TrainingError
from predictor.data.leads import RULES_PREFIX
from predictor.model.candidates.baselines import base_log_odds, fit_line
from predictor.model.sample import Sample, make_sample_folds, training_part
from predictor.model.split import Fold
from predictor.points.fit_points import PointsTask, RuleFit, choose_most_times, fit_coefficients, sum_points
from predictor.points.rounding import round_points

PENALTIES = (300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3)  # from the one that hardly leaves the hand-set points
_USUAL = 100.0  # where there are no forward folds, and while the numbers of times are chosen
_FOLDS = 3
_MOST_LEADS = 10_000  # newest ones, that the penalty is chosen on: more would not change it


@dataclass(frozen=True)
class LearnedPoints:
    """Points for each rule, and the line that makes their total log-odds.

    Attributes:
        rules: Names of the rules, in the order of the book.
        columns: The column of each in the matrix: how many times its points were due.
        points: Whole points a time.
        most: Times that count at most.
        worth: What each was worth before rounding, in log-odds a time.
        error: Its standard error.
        penalty: How strongly the worths were held to the hand-set points.
        mean: Of the totals; the line goes through it.
        intercept: Log-odds there.
        slope: Log-odds a point.
        width: Columns of the matrix.
    """

    rules: tuple[str, ...]
    columns: tuple[int, ...]
    points: tuple[int, ...]
    most: tuple[float, ...]
    worth: tuple[float, ...]
    error: tuple[float, ...]
    penalty: float
    mean: float
    intercept: float
    slope: float
    width: int
    file: ClassVar[str] = "model.json"

    @classmethod
    def fit(cls, sample: Sample, _seed: int) -> Self:
        """The points fitted on a sample.

        Raises:
            TrainingError: The sample has no rule book, or does not know how often its rules fired.
        """
        task, columns = _find_rules(sample)
        sample = sample.training
        penalty = _choose_penalty(sample, task, columns)
        most, (fit,) = _learn(sample, task, columns, [penalty])
        points = round_points(task, fit, most)
        total = sum_points(points, most, sample.matrix[:, columns])
        mean, intercept, slope = fit_line(total, sample, base=base_log_odds(sample.outcome, sample.weight))
        names = tuple(rule.name for rule in task.book.rules)
        exact = tuple(fit.coefficients.tolist()), tuple(fit.standard_errors.tolist())
        numbers = tuple(map(int, points.tolist())), tuple(most.tolist())
        return cls(names, tuple(columns), *numbers, *exact, penalty, mean, intercept, slope, sample.matrix.shape[1])

    def total(self, matrix: np.ndarray) -> np.ndarray:
        """The points of each row."""
        return sum_points(self.points, self.most, matrix[:, list(self.columns)])

    def score(self, matrix: np.ndarray) -> np.ndarray:
        """Log-odds along the line."""
        return np.asarray(self.intercept + self.slope * (self.total(matrix) - self.mean))

    def contribute(self, matrix: np.ndarray) -> np.ndarray:
        """What the points of each rule bring; the base is that of a lead at which none fired."""
        parts = np.zeros((len(matrix), self.width + 1))
        for column, each, number in zip(self.columns, self.points, self.most, strict=True):
            parts[:, column] = self.slope * sum_points([each], [number], matrix[:, [column]])
        parts[:, -1] = self.intercept - self.slope * self.mean
        return parts

    def to_text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The model that `to_text` wrote."""
        content: dict[str, Any] = json.loads(text)
        read: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in content.items()}
        return cls(**read)


def _find_rules(sample: Sample) -> tuple[PointsTask, list[int]]:
    task = sample.points_task
    columns = [] if task is None else [sample.features.position(f"{RULES_PREFIX}{rule.name}") for rule in task.book.rules]
    known = [column for column in columns if column is not None]
    if task is None or len(known) < len(columns):
        raise TrainingError("Candidate 'learned_points' needs a rule book: name one in points.rule_book.")
    return task, known


def _learn(sample: Sample, task: PointsTask, columns: list[int], penalties: Sequence[float]) -> tuple[np.ndarray, list[RuleFit]]:
    """How many times each rule counts, and what it is worth by each penalty."""
    times, fits = sample.matrix[:, columns], list[RuleFit]()
    most = choose_most_times(task, times, sample.outcome, penalty=_USUAL, weight=sample.weight)
    for penalty in penalties:
        start = fits[-1] if fits else None
        fits.append(
            fit_coefficients(task, times, sample.outcome, most_times=most, penalty=penalty, weight=sample.weight, start=start)
        )
    return most, fits


def _choose_penalty(sample: Sample, task: PointsTask, columns: list[int]) -> float:
    """The strongest penalty whose loss on later leads is within one standard error of the least."""
    recent = sample.take(np.arange(max(0, len(sample) - _MOST_LEADS), len(sample)))
    folds = make_sample_folds(recent, folds=_FOLDS, gap=0.0)
    if not folds:
        return _USUAL
    judged = recent.take(np.concatenate([predicted for _, predicted in folds]))
    predictions = [_predict_fold(recent, fold, task, columns) for fold in folds]
    losses = {}
    for penalty in PENALTIES:
        odds = np.concatenate([part[penalty] for part in predictions])
        losses[penalty] = np.logaddexp(0, odds) - judged.outcome * odds
    return _choose_strongest(losses, np.ones(len(judged)) if judged.weight is None else judged.weight)


def _predict_fold(sample: Sample, fold: Fold, task: PointsTask, columns: list[int]) -> dict[float, np.ndarray]:
    """Log-odds of the later leads of a fold, as each penalty learns them from the older ones."""
    older, later = training_part(sample, fold).training, sample.matrix[fold[1]][:, columns]
    most, fits = _learn(older, task, columns, PENALTIES)
    return {
        penalty: fit.intercept + sum_points(fit.coefficients, most, later) for penalty, fit in zip(PENALTIES, fits, strict=True)
    }


def _choose_strongest(losses: dict[float, np.ndarray], weight: np.ndarray) -> float:
    best = min(losses, key=lambda penalty: float(weight @ losses[penalty]))
    for penalty, loss in losses.items():
        away = loss - losses[best]
        mean = float(np.average(away, weights=weight))
        if mean <= np.sqrt((weight**2 * (away - mean) ** 2).sum()) / weight.sum():
            return penalty
    return best
