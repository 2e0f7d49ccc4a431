"""Whether a new bundle may serve: it must have earned that on the forward test, and against the one that serves now."""

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
from predictor.scoring.scorer import Scorer
from predictor.training.dataset import Dataset

_FEWEST = 200  # leads that a comparison must rest on, or half of the forward test where that is shorter
_NOTHING = 0.001  # nats of log loss that nobody would notice, however sure
_BY_HAND = "`predictor models promote NAME` lets it serve."


def judge_promotion(verdict: Verdict, dataset: Dataset, test: np.ndarray, models: Path) -> tuple[bool, str]:
    """Whether the new bundle may serve, and why, in a sentence.

    The two are compared on test leads of which the champion has spoken without having learned from them: those of its own forward
    test, as it said them then, and those that came after its training. Neither is then flattered.

    Args:
        verdict: The new one's forward test.
        dataset: The leads.
        test: Positions of the test leads, oldest first.
        models: The folder of bundles, whose champion is the one to compare with.
    """
    if not verdict.earned:
        return False, f"Not promoted, for it has not earned it: {verdict.text}"
    if dataset.stored and dataset.stored.held_back:
        held = f"{count(dataset.stored.held_back, 'lead')} that the model held back"
        do = "Hand some over by lot (serve.explore_rate), or train from the tables of the CRM."
        return False, f"Not promoted, for it knows nothing of the {held}, and would hand them over as if they were others. {do}"
    if not read_champions(models):
        return True, "Promoted: there was no champion before."
    try:
        bundle = load_bundle(find_champion(models))
        old = Scorer.load(find_champion(models))
    except PredictorError as error:
        return True, f"Promoted: the champion before cannot serve. {error}"
    if old.features.dated != dataset.leads.dated or old.metrics["horizon_days"] != dataset.outcomes.horizon_days:
        other = f"'{old.version}' speaks of another outcome or of leads in another order"
        return False, f"Not promoted: {other}, so the two cannot be compared. {_BY_HAND}"
    its = _recall(bundle.files.get(FILE), old, dataset, test)
    return _compare(its, old, verdict, dataset)


def _recall(kept: str | None, old: Scorer, dataset: Dataset, test: np.ndarray) -> np.ndarray:
    """What the old champion says of the test leads without having learned from them; NaN where that cannot be told."""
    its = np.full(len(test), np.nan) if kept is None else read_test_predictions(kept, dataset.leads.frame.iloc[test])
    fresh = np.flatnonzero(np.isnan(its) & (dataset.outcomes.order[test] > _end_of_training(old, dataset)))
    if len(fresh):
        its[fresh] = _ask_old(old, dataset, test[fresh])
    return its


def _compare(its: np.ndarray, old: Scorer, verdict: Verdict, dataset: Dataset) -> tuple[bool, str]:
    """The new against the old; within noise, or by next to nothing, the new one is taken."""
    known = ~np.isnan(its)
    outcome, new = verdict.outcome[known], verdict.probability[verdict.chosen][known]
    if known.sum() < min(_FEWEST, len(its) / 2) or len(np.unique(outcome)) < 2:
        asked = f"'{old.version}' can be asked about {count(int(known.sum()), 'lead')} of the {len(its):,} of the forward test"
        return False, f"Not promoted: {asked}, too few to compare the two. {_BY_HAND}"
    draws = {"resamples": dataset.settings.model.resamples, "seed": dataset.settings.model.seed}
    gap = compute_difference(outcome, new, its[known], **draws)
    where = f"on {count(int(known.sum()), 'lead')} that neither had learned from"
    told = f"log loss {gap.mean:+.4f} (95 %: {gap.low:+.4f} to {gap.high:+.4f}) {where}"
    if gap.low > 0 and gap.mean > _NOTHING:
        if _only_level(old, new, its[known], outcome, dataset):
            return (
                True,
                f"Promoted: '{old.version}' only ranks, and this ranks no worse at the level of the newest leads; {told}.",
            )
        return False, f"Not promoted: worse than '{old.version}', {told}. {_BY_HAND}"
    return True, f"Promoted: no worse than '{old.version}', {told}."


def _only_level(old: Scorer, new: np.ndarray, its: np.ndarray, outcome: np.ndarray, dataset: Dataset) -> bool:
    """Whether the old one only ranks, the new one was set to the newest leads for that, and ranks no worse.

    The forward test is older than the level that was asked for, so it is no judge of it: both are set to the level of the test.
    """
    if old.calibration_warning is None or dataset.settings.model.recalibrate != "newest":
        return False
    moved = [expit(logit(said) + fit_shift(said, outcome)[0]) for said in (new, its)]
    gap = compute_difference(outcome, *moved, resamples=dataset.settings.model.resamples, seed=dataset.settings.model.seed)
    return not (gap.low > 0 and gap.mean > _NOTHING)


def _end_of_training(old: Scorer, dataset: Dataset) -> float:
    """The place in the order up to which the old champion has seen leads; the end of that day where leads carry dates."""
    through = old.metrics["fit"]["through"]
    if not dataset.leads.dated:
        return float(through)
    return float((np.datetime64(through) - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")) + 1


def _ask_old(old: Scorer, dataset: Dataset, positions: np.ndarray) -> np.ndarray:
    """What the old champion says of those leads; NaN of those that it cannot score."""
    frame = dataset.leads.frame.iloc[positions].reset_index(drop=True)
    as_of = frame["mql_at"] if dataset.leads.dated else None
    if dataset.stored:  # what was worked out from events and rules is there, but not from what
        matrix = old.features.encode_table(dataset.rows.iloc[positions].reset_index(drop=True), as_of).matrix
        return old.calibrator.predict(old.model.score(matrix))
    events = None if dataset.events is None else dataset.events.table
    return score_frame(old, frame, as_of=as_of, events=events)["probability"].to_numpy()
