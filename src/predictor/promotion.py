"""Whether a new bundle may serve: it must have earned that on the forward test, and against the one that serves now."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from predictor.batch import award_leads
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
    fresh = study.order[test] > _end_of_training(old, study)
    outcome = verdict.outcome[fresh]
    if len(outcome) < _FEWEST_FRESH or len(np.unique(outcome)) < 2:
        few = f"{count(len(outcome), 'test lead')} came after the training of '{old.version}', too few to compare on"
        return True, f"Promoted: {few}, and it was learned from the newest leads."
    probability, known = _ask_old(old, study, test[fresh])
    draws = {"resamples": study.settings.model.resamples, "seed": study.settings.model.seed}
    new = verdict.probability[verdict.chosen][fresh]
    gap = compute_difference(outcome[known], new[known], probability[known], **draws)
    told = f"log loss {gap.mean:+.4f} (95 %: {gap.low:+.4f} to {gap.high:+.4f}) on {count(int(known.sum()), 'lead')} new to both"
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
    awards = award_leads(old.book, frame, as_of=as_of, events=study.events)
    probability = old.score_table(frame, as_of=as_of, awards=awards, reasons=0)["probability"].to_numpy()
    return probability, ~np.isnan(probability)
