"""Whether a new bundle may serve: it must have earned that on the forward test, and against the one that serves now."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from predictor.batch import score_frame
from predictor.bundle import find_champion, read_champions
from predictor.errors import PredictorError, count
from predictor.model.metrics import compute_difference
from predictor.model.verdict import Verdict
from predictor.score import Scorer
from predictor.study import Study

_FEWEST_FRESH = 200  # leads newer than the old champion's training that a comparison must rest on


def judge_promotion(verdict: Verdict, study: Study, test: np.ndarray, models: Path) -> tuple[bool, str]:
    """Whether the new bundle may serve, and why, in a sentence.

    Args:
        verdict: Its forward test.
        study: The leads.
        test: Positions of the test leads, oldest first.
        models: The folder of bundles, whose champion is the one to compare with.
    """
    if not verdict.earned:
        return False, f"Not promoted, for it has not earned it: {verdict.text}"
    if not read_champions(models):
        return True, "Promoted: there was no champion before."
    try:
        old = Scorer.load(find_champion(models))
    except PredictorError as error:
        return True, f"Promoted: the champion before cannot serve. {error}"
    return _compare(old, verdict, study, test)


def _compare(old: Scorer, verdict: Verdict, study: Study, test: np.ndarray) -> tuple[bool, str]:
    """The new against the old on test leads that came after the old one's training; within noise the new one is taken."""
    if old.features.dated != study.leads.dated or old.metrics["horizon_days"] != study.horizon_days:
        other = f"'{old.version}' speaks of another outcome or of leads in another order"
        return False, f"Not promoted: {other}, so the two cannot be compared. `predictor models promote NAME` lets it serve."
    fresh = study.order[test] > _end_of_training(old, study)
    enough = fresh.sum() >= _FEWEST_FRESH and len(np.unique(verdict.outcome[fresh])) > 1
    return _compare_bundles(old, verdict, study, test, fresh) if enough else _compare_recipes(old, verdict, study)


def _compare_bundles(old: Scorer, verdict: Verdict, study: Study, test: np.ndarray, fresh: np.ndarray) -> tuple[bool, str]:
    """The two bundles on the test leads that came after the old one's training."""
    probability, known = _ask_old(old, study, test[fresh])
    new = verdict.probability[verdict.chosen][fresh]
    where = f"on {count(int(known.sum()), 'lead')} new to both"
    return _tell(verdict.outcome[fresh][known], new[known], probability[known], study, old, where)


def _compare_recipes(old: Scorer, verdict: Verdict, study: Study) -> tuple[bool, str]:
    """Too few leads are new to the old bundle, which has seen the test block: its candidate stands in for it, learned afresh."""
    candidate = old.metrics["champion"]
    if candidate not in verdict.probability:
        lacking = f"few leads are newer than '{old.version}', and its candidate '{candidate}' was not tried again"
        return False, f"Not promoted: {lacking}, so the two cannot be compared. `predictor models promote NAME` lets it serve."
    new, its = verdict.probability[verdict.chosen], verdict.probability[candidate]
    where = f"on the forward test, '{candidate}' learned afresh standing in for it"
    return _tell(verdict.outcome, new, its, study, old, where)


def _tell(outcome: np.ndarray, new: np.ndarray, its: np.ndarray, study: Study, old: Scorer, where: str) -> tuple[bool, str]:
    draws = {"resamples": study.settings.model.resamples, "seed": study.settings.model.seed}
    gap = compute_difference(outcome, new, its, **draws)
    told = f"log loss {gap.mean:+.4f} (95 %: {gap.low:+.4f} to {gap.high:+.4f}) {where}"
    if gap.low > 0:
        return False, f"Not promoted: worse than '{old.version}', {told}."
    return True, f"Promoted: no worse than '{old.version}', {told}."


def _end_of_training(old: Scorer, study: Study) -> float:
    """The place in the order up to which the old champion has seen leads; the end of that day where leads carry dates."""
    through = old.metrics["fit"]["through"]
    if not study.leads.dated:
        return float(through)
    return float((np.datetime64(through) - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")) + 1


def _ask_old(old: Scorer, study: Study, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the old champion says of those leads, and which of them it can score."""
    frame = study.leads.frame.iloc[positions].reset_index(drop=True)
    as_of = frame["mql_at"] if study.leads.dated else None
    if study.stored:  # what was worked out from events and rules is there, but not from what
        matrix = old.features.encode_table(study.rows.iloc[positions].reset_index(drop=True), as_of).matrix
        return old.calibrator.predict(old.model.score(matrix)), np.ones(len(frame), dtype=bool)
    events = None if study.events is None else study.events.table
    probability = score_frame(old, frame, as_of=as_of, events=events)["probability"].to_numpy()
    return probability, ~np.isnan(probability)
