"""Whether a new bundle may serve, by its forward test and compared with the one that serves now."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from predictor.core.errors import PredictorError, count
from predictor.core.log_odds import expit, logit
from predictor.model.calibrators.level_shift import fit_shift
from predictor.model.metrics.metrics import compute_difference
from predictor.model.verdict import Verdict
from predictor.scoring.batch import score_frame
from predictor.scoring.bundle.files import load_bundle
from predictor.scoring.bundle.registry import find_champion, read_champions
from predictor.scoring.bundle.test_predictions import FILE, read_test_predictions
from predictor.scoring.history import add_history
from predictor.scoring.scorer import Scorer
from predictor.training.dataset import Dataset

_FEWEST = 200  # leads that a comparison must rest on, or half of the forward test where that is shorter
_NOTHING = 0.001  # nats of log loss that nobody would notice, however sure
_BY_HAND = "`predictor models promote NAME` lets it serve."


def judge_promotion(
    verdict: Verdict, dataset: Dataset, test: np.ndarray, models: Path, *, recalibrated: bool = False
) -> tuple[bool, str]:
    """Whether the new bundle may serve, and why, in a sentence.

    The two are compared on test leads that neither was trained on: those of the champion's own forward test, with its predictions
    of then, and those that came after its training.

    Args:
        verdict: The forward test of the new bundle.
        dataset: The leads.
        test: Positions of the test leads, oldest first.
        models: The folder of bundles, whose champion is the one to compare with.
        recalibrated: Whether the newest leads set the level of the new bundle.
    """
    if not verdict.earned:
        return False, f"Not promoted, because it did not pass the {verdict.words.name}: {verdict.text} {_BY_HAND}"
    if dataset.stored and dataset.stored.held_back:
        held_back = f"{count(dataset.stored.held_back, 'lead')} that the model held back"
        do = "Hand some over at random (serve.explore_rate), or train from the tables of the CRM."
        return False, f"Not promoted, because nothing is known of {held_back}. {do}"
    if not read_champions(models):
        return True, "Promoted: there was no champion before."
    try:
        bundle = load_bundle(find_champion(models))
        old = Scorer.load(find_champion(models))
    except PredictorError as error:
        return True, f"Promoted: the previous champion cannot serve. {error}"
    if old.features.dated != dataset.leads.dated or old.metrics["horizon_days"] != dataset.outcomes.horizon_days:
        other = f"'{old.version}' predicts another outcome or orders leads differently"
        return False, f"Not promoted: {other}, so the two cannot be compared. {_BY_HAND}"
    old_probability = _predict_old(bundle.files.get(FILE), old, dataset, test)
    return _compare(old_probability, old, verdict, dataset, recalibrated=recalibrated)


def _predict_old(kept: str | None, old: Scorer, dataset: Dataset, test: np.ndarray) -> np.ndarray:
    """The old champion's probabilities of the test leads that it was not trained on; NaN of the others."""
    probability = np.full(len(test), np.nan) if kept is None else read_test_predictions(kept, dataset.leads.frame.iloc[test])
    fresh = np.flatnonzero(np.isnan(probability) & (dataset.outcomes.order[test] > _end_of_training(old, dataset)))
    if len(fresh):
        probability[fresh] = _score_with_old(old, dataset, test[fresh])
    return probability


def _compare(
    old_probability: np.ndarray, old: Scorer, verdict: Verdict, dataset: Dataset, *, recalibrated: bool
) -> tuple[bool, str]:
    """The new against the old; where the difference is noise or tiny, the new one is taken."""
    known = ~np.isnan(old_probability)
    outcome, new = verdict.outcome[known], verdict.probability[verdict.chosen][known]
    if known.sum() < min(_FEWEST, len(old_probability) / 2) or len(np.unique(outcome)) < 2:
        tested = f"{len(old_probability):,} of the {verdict.words.name}"
        leads = f"{count(int(known.sum()), 'lead')} of the {tested} are new to '{old.version}'"
        return False, f"Not promoted: {leads}, too few to compare the two. {_BY_HAND}"
    draws = {"resamples": dataset.settings.model.resamples, "seed": dataset.settings.model.seed}
    gap = compute_difference(outcome, new, old_probability[known], **draws)
    where = f"on {count(int(known.sum()), 'lead')} that neither was trained on"
    text = f"log loss {gap.mean:+.4f} (95 %: {gap.low:+.4f} to {gap.high:+.4f}) {where}"
    if gap.low > 0 and gap.mean > _NOTHING:
        if recalibrated and old.calibration_warning is not None and _only_level(new, old_probability[known], outcome, dataset):
            return (
                True,
                f"Promoted: '{old.version}' only ranks, and this ranks no worse at the level of the newest leads; {text}.",
            )
        return False, f"Not promoted: worse than '{old.version}', {text}. {_BY_HAND}"
    return True, f"Promoted: no worse than '{old.version}', {text}."


def _only_level(new: np.ndarray, old_probability: np.ndarray, outcome: np.ndarray, dataset: Dataset) -> bool:
    """Whether a new one at the level of the newest leads ranks no worse than the old one.

    The forward test is older than that level and cannot judge it, so both are set to the level of the test.
    """
    shifted = [expit(logit(values) + fit_shift(values, outcome)[0]) for values in (new, old_probability)]
    gap = compute_difference(outcome, *shifted, resamples=dataset.settings.model.resamples, seed=dataset.settings.model.seed)
    return not (gap.low > 0 and gap.mean > _NOTHING)


def _end_of_training(old: Scorer, dataset: Dataset) -> float:
    """The place in the order up to which the old champion has seen leads; the end of that day where leads carry dates.

    Infinite where nothing says which lead came first: it may have seen any.
    """
    through = old.metrics["fit"]["through"]
    if dataset.outcomes.shuffled:
        return np.inf
    if not dataset.leads.dated:
        return float(through)
    return float((np.datetime64(through) - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")) + 1


def _score_with_old(old: Scorer, dataset: Dataset, positions: np.ndarray) -> np.ndarray:
    """The old champion's probabilities of those leads; NaN of those that it cannot score."""
    frame = dataset.leads.frame.iloc[positions].reset_index(drop=True)
    as_of = frame["mql_at"] if dataset.leads.dated else None
    if dataset.stored:  # features of events and rules are stored, the events themselves are not
        matrix = old.features.encode_table(dataset.rows.iloc[positions].reset_index(drop=True), as_of).matrix
        return old.predict_matrix(matrix)
    events = None if dataset.events is None else dataset.events.table
    frame = add_history(old, frame, as_of=as_of, table=dataset.leads.frame)
    return score_frame(old, frame, as_of=as_of, events=events)["probability"].to_numpy()
