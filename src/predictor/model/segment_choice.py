"""What a segment has of its own, a calibrator or a threshold: only where the forward folds prove it surely better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from predictor.core.errors import TrainingError, list_names, name_nearest
from predictor.core.log_odds import expit, logit
from predictor.core.settings_sections import SegmentSettings, ThresholdSettings
from predictor.core.wording import format_percent
from predictor.data.values import normal_text
from predictor.features.encode import FeatureSet
from predictor.model.calibrated_model import CalibratedModel, take_past
from predictor.model.calibrators.calibrator import Calibrator
from predictor.model.calibrators.level_shift import LevelShift, fit_shift
from predictor.model.calibrators.sigmoid import fit_steady_sigmoid
from predictor.model.judge import compute_sample_thresholds
from predictor.model.metrics.intervals import average, wilson
from predictor.model.metrics.metrics import compute_losses
from predictor.model.sample import Sample
from predictor.model.segments import SINGLE, Segment, SegmentedModel, Segments, Way
from predictor.model.threshold.recommend import recommend_threshold

_FEWEST_LEARNED = 20  # leads of either outcome that a calibrator or threshold of a segment must rest on
_FEWEST_JUDGED = 40  # leads of either outcome that must judge it
_ERRORS = 2.5  # standard errors by which it must do better: up to ten segments are compared in two ways
_FEWEST_HANDED = 30  # leads handed over that a conversion must rest on

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class SegmentChoice:
    """What a segment has of its own.

    Attributes:
        name: The segment.
        way: Where its probabilities come from.
        own_threshold: Whether it has a threshold of its own.
        text: Why, in a sentence or two.
    """

    name: str
    way: Way
    own_threshold: bool
    text: str


def locate_segments(settings: SegmentSettings, features: FeatureSet, *, min_support: int) -> Segments:
    """The segments that the settings name, as the matrix holds them.

    Raises:
        TrainingError: The column is none of the features, or holds no categories; or a value is not among them.
    """
    column = settings.column
    position = features.position(column)
    if position is None:
        near = name_nearest(column, features.names)
        what = f"segments.column names '{column}', which is no attribute that the model can use.{near}"
        raise TrainingError(f"{what} Name a column of the leads that is known when they become MQLs, and has several values.")
    feature = features.features[position]
    if feature.kind != "category":
        raise TrainingError(f"segments.column names '{column}', which does not hold categories. Name a column of texts.")
    codes = {category: code for code, category in enumerate(feature.categories)}
    if unknown := [value for value in settings.values if normal_text(value) not in codes]:
        near = "".join(dict.fromkeys(name_nearest(str(normal_text(value)), list(codes)) for value in unknown))
        what = (
            f"segments.values names {list_names(unknown)}, but fewer than {min_support} training leads have that in '{column}'."
        )
        raise TrainingError(f"{what}{near} Remove it, or fix its spelling. Known: {list_names(feature.spellings or codes)}.")
    segments = tuple(Segment(name=value, code=codes[str(normal_text(value))]) for value in settings.values)
    return Segments(column=column, position=position, segments=segments)


def choose_segments(
    calibrated: CalibratedModel, sample: Sample, segments: Segments, policy: ThresholdSettings, *, gap: float
) -> list[SegmentChoice]:
    """What each segment has of its own, by the forward folds of the model of all leads.

    A calibrator where it lost surely less than that of all leads, on the segment's leads. A threshold where the policy promises a
    conversion, and the threshold of all leads surely missed it in the segment.

    Args:
        calibrated: The model, fitted on the sample.
        sample: The leads that it was fitted on, as it sees them.
        segments: Where they are in the matrix.
        policy: The firm's policy for the threshold.
        gap: Between the leads that something is learned from and those that judge it, in the unit of the order.
    """
    if calibrated.forward is None:
        text = "Earlier leads are too few for forward folds, so the single model decides."
        return [SegmentChoice(name=one.name, way=SINGLE, own_threshold=False, text=text) for one in segments.segments]
    judged = sample.take(calibrated.positions)
    places, folds = segments.find(judged.matrix), _list_folds(judged, calibrated.forward.fold, gap=gap)
    usual, choices = calibrated.forward.probability, list[tuple[Way, str]]()
    forward = usual.copy()
    for place in range(len(segments.segments)):
        way, probability, text = _choose_way(calibrated.scores, usual, judged, mine=places == place, folds=folds)
        forward[places == place] = probability[places == place]
        choices.append((way, text))
    found = []
    for place, (segment, (way, text)) in enumerate(zip(segments.segments, choices, strict=True)):
        own, why = _choose_threshold(forward, judged, mine=places == place, folds=folds, policy=policy)
        found.append(SegmentChoice(name=segment.name, way=way, own_threshold=own, text=f"{text} {why}".strip()))
    return found


_Folds = list[tuple[Mask, NDArray[np.intp], Sample]]  # leads of a fold; those before it, and what was known of them


def _list_folds(judged: Sample, fold: NDArray[np.intp], *, gap: float) -> _Folds:
    return [(fold == one, *take_past(judged, fold == one, gap=gap)) for one in np.unique(fold)]


Predict = Callable[[FloatArray, FloatArray], FloatArray]  # scores and probabilities of the model of all leads


def _fit_level(score: FloatArray, probability: FloatArray, known: Sample) -> Predict:  # noqa: ARG001  one shape for all ways
    shift = fit_shift(probability, known.outcome, known.weight)[0]
    return lambda _, values: np.asarray(expit(logit(values) + shift))


def _fit_curve(score: FloatArray, probability: FloatArray, known: Sample) -> Predict:  # noqa: ARG001
    calibrator = fit_steady_sigmoid(score, known.outcome, known.weight)
    return lambda scores, _: calibrator.predict(scores)


_WAYS: dict[Way, Callable[[FloatArray, FloatArray, Sample], Predict]] = {"own level": _fit_level, "own curve": _fit_curve}


def _choose_way(
    scores: FloatArray, usual: FloatArray, judged: Sample, *, mine: Mask, folds: _Folds
) -> tuple[Way, FloatArray, str]:
    """Where the probabilities of a segment come from, what they would have been, and why."""
    probability, compared = {way: usual.copy() for way in _WAYS}, np.zeros(len(usual), dtype=bool)
    for in_fold, past, known in folds:
        own, now = known.take(np.flatnonzero(mine[past])), in_fold & mine
        if not len(own) or own.fewest < _FEWEST_LEARNED:
            continue
        compared |= now
        for way, fit in _WAYS.items():
            predict = fit(scores[past][mine[past]], usual[past][mine[past]], own)
            probability[way][now] = predict(scores[now], usual[now])
    leads = judged.take(np.flatnonzero(compared))
    if not compared.any() or leads.fewest < _FEWEST_JUDGED:
        return SINGLE, usual, "Too few outcomes for a calibrator of its own."
    weight = np.ones(len(leads)) if leads.weight is None else leads.weight
    loss = compute_losses(leads.outcome, usual[compared])
    gains = {way: average(loss - compute_losses(leads.outcome, values[compared]), weight) for way, values in probability.items()}
    best = max(gains, key=lambda way: gains[way][0])
    gain, error = gains[best]
    figures = f"log loss {np.average(loss, weights=weight) - gain:.4f} against {np.average(loss, weights=weight):.4f}"
    if gain <= _ERRORS * error:
        return SINGLE, usual, f"No calibrator of its own was surely better on the forward folds ({figures})."
    return best, probability[best], f"A calibrator of its own ({best}) was surely better on the forward folds: {figures}."


def _choose_threshold(
    probability: FloatArray, judged: Sample, *, mine: Mask, folds: _Folds, policy: ThresholdSettings
) -> tuple[bool, str]:
    """Whether a segment has a threshold of its own, and why."""
    if policy.policy not in {"band", "precision"}:
        return False, f"Policy '{policy.policy}' needs one threshold for all leads."
    low, high = policy.band if policy.policy == "band" else (policy.precision, 1.0)
    handed = np.zeros((2, len(probability)), dtype=bool)  # by the threshold of all leads, and by that of the segment
    for in_fold, past, known in folds:
        own = known.take(np.flatnonzero(mine[past]))
        if not len(own) or own.fewest < _FEWEST_LEARNED:
            continue
        for row, (leads, chosen) in enumerate(((known, past), (own, past[mine[past]]))):
            threshold = recommend_threshold(compute_sample_thresholds(leads, probability[chosen], policy), policy).serving
            handed[row] |= in_fold & mine & (probability >= threshold)
    weight = np.ones(len(judged)) if judged.weight is None else judged.weight
    leads, accepted = (handed * weight).sum(axis=1), (handed * weight * judged.outcome).sum(axis=1)
    if leads.min() < _FEWEST_HANDED:
        return False, "Too few leads were handed over to judge a threshold of its own."
    usual, own_share = accepted / leads
    (usual_low, own_low), (usual_high, own_high) = wilson(accepted, leads, _ERRORS)
    better = (usual_high < low and usual < own_low) or (usual_low > high and own_high < usual)
    missed = [max(low - share, share - high, 0.0) for share in (usual, own_share)]
    figures = f"{format_percent(float(usual))} of those handed over became SQLs by the single threshold"
    if better and missed[1] < missed[0]:
        return True, f"Its own threshold keeps the policy better: {figures}, {format_percent(float(own_share))} by its own."
    return False, f"No threshold of its own surely keeps the policy better: {figures}."


def fit_segments(
    calibrated: CalibratedModel, sample: Sample, segments: Segments, choices: Sequence[SegmentChoice], policy: ThresholdSettings
) -> SegmentedModel:
    """The model with what its segments have of their own, learned from all of its out-of-fold predictions.

    Args:
        calibrated: The model, fitted on the sample.
        sample: The leads that it was fitted on, as it sees them.
        segments: Where they are in the matrix.
        choices: What `choose_segments` chose, maybe on earlier leads.
        policy: The firm's policy for the threshold.
    """
    judged = sample.take(calibrated.positions)
    places, out_of_fold, fitted = segments.find(judged.matrix), calibrated.out_of_fold.copy(), list[Segment]()
    for place, (segment, choice) in enumerate(zip(segments.segments, choices, strict=True)):
        rows = np.flatnonzero(places == place)
        leads = judged.take(rows)
        if not len(rows) or leads.one_class:
            fitted.append(segment)
            continue
        calibrator = _fit_calibrator(choice.way, calibrated, rows, leads)
        if calibrator is not None:
            out_of_fold[rows] = (
                expit(logit(out_of_fold[rows]) + calibrator.shift)
                if isinstance(calibrator, LevelShift)
                else calibrator.predict(calibrated.scores[rows])
            )
        threshold = None
        if choice.own_threshold:
            threshold = recommend_threshold(compute_sample_thresholds(leads, out_of_fold[rows], policy), policy).threshold
        fitted.append(replace(segment, way=choice.way, calibrator=calibrator, threshold=threshold))
    return SegmentedModel(**{**vars(calibrated), "out_of_fold": out_of_fold}, segments=replace(segments, segments=tuple(fitted)))


def _fit_calibrator(way: Way, calibrated: CalibratedModel, rows: np.ndarray, leads: Sample) -> Calibrator | None:
    if way == "own level":
        shift, variance, n = fit_shift(calibrated.out_of_fold[rows], leads.outcome, leads.weight)
        return LevelShift(base=calibrated.calibrator, shift=shift, variance=variance, n=n)
    return fit_steady_sigmoid(calibrated.scores[rows], leads.outcome, leads.weight) if way == "own curve" else None
