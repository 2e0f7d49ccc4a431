"""The leads of a comparison of points and model: the test leads of a training, or leads given with outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from predictor.core.errors import TrainingError
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.candidates.learned_points import LearnedPoints
from predictor.model.explain import compute_effects
from predictor.model.explain_points import choose_points_gate
from predictor.model.fit_engagement import GRADES, fit_side_grades
from predictor.model.sample import Sample
from predictor.model.split import Split
from predictor.model.verdict import Verdict
from predictor.points.rulebook import RuleBook
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.scoring.batch import award_leads, score_frame
from predictor.scoring.history import add_history
from predictor.scoring.reasons import Explainer
from predictor.scoring.scorer import Scorer
from predictor.training.dataset import Dataset
from predictor.training.from_tables import load_dataset
from predictor.training.swapped import REASONS, describe_swapped

if TYPE_CHECKING:
    from ibis.expr.types import Table


def collect_test_leads(dataset: Dataset, split: Split, models: Mapping[str, CalibratedModel], verdict: Verdict) -> ComparedLeads:
    """The test leads of a training, with the scores of points, learned points and model.

    Args:
        dataset: The leads.
        split: Which of them are training leads, and which test leads.
        models: Candidate -> its model, fitted on the training leads.
        verdict: The forward test.
    """
    probability = verdict.probability[verdict.chosen]
    tested = _make_compared_leads(dataset, split.test, probability, verdict.recommended.serving, split.leads_per_row)
    features, _ = dataset.fit_features(split.fit)
    fit, test = dataset.sample(split.fit, features, as_of=split.starts), dataset.test_sample(split, features)
    tested = replace(tested, sides=_grade_sides(models[verdict.chosen], fit, test, dataset))
    calibrated = models.get("learned_points")
    if calibrated is None or dataset.points_task is None or not isinstance(calibrated.model, LearnedPoints):
        return tested
    gate = choose_points_gate(calibrated, fit.seen_by(calibrated.name), dataset.points_task, dataset.settings.threshold)
    return replace(tested, learned=calibrated.model.total(test.seen_by(calibrated.name).matrix), learned_gate=float(gate))


def describe_test_swaps(dataset: Dataset, split: Split, calibrated: CalibratedModel, tested: ComparedLeads) -> pd.DataFrame:
    """The test leads that points and model would swap, as `describe_swapped` gives them.

    Args:
        dataset: The leads.
        split: Which of them are test leads.
        calibrated: The chosen candidate, fitted on the training leads.
        tested: What `collect_test_leads` gives.
    """
    features, _ = dataset.fit_features(split.fit)
    sample = dataset.test_sample(split, features).seen_by(calibrated.name)

    def explain(rows: np.ndarray) -> list[str]:
        matrix = np.ascontiguousarray(sample.matrix[rows])
        effects, _ = compute_effects(calibrated.model.contribute(matrix), calibrated.calibrator)
        return Explainer(sample.features.features).describe_table(effects, matrix, most=REASONS)

    settings = dataset.settings
    return describe_swapped(
        tested, dataset.leads, split.test, explain=explain, settings=settings.report, seed=settings.model.seed
    )


def _grade_sides(calibrated: CalibratedModel, fit: Sample, test: Sample, dataset: Dataset) -> dict[str, np.ndarray]:
    """Fit and engagement of the test leads, graded by the training leads."""
    seen, tested = fit.seen_by(calibrated.name).training, test.seen_by(calibrated.name)
    drawn = seen.matrix[seen.draw_representative()]
    return fit_side_grades(calibrated.model, drawn, seen.features, dataset.points.book).grade_matrix(
        calibrated.model, tested.matrix
    )


def list_known(dataset: Dataset) -> tuple[np.ndarray, float]:
    """Positions of the leads whose outcome is known, oldest first, and how many leads each represents."""
    known = np.flatnonzero(dataset.outcomes.mature)
    return dataset.draw_representative(dataset.outcomes.sort_by_time(known))


def take_frame(scorer: Scorer, dataset: Dataset, positions: np.ndarray) -> tuple[pd.DataFrame, Table | None, pd.Series | None]:
    """Those leads, their events, and the moment of each."""
    frame = dataset.leads.frame.iloc[positions].reset_index(drop=True)
    moments = frame["mql_at"] if dataset.leads.dated else None
    events = None if dataset.events is None or moments is None else dataset.events.table
    return add_history(scorer, frame, as_of=moments, table=dataset.leads.frame), events, moments


def load_compared_leads(
    scorer: Scorer, learned: RuleBook | None, *, leads: str, events: str = "", now: pd.Timestamp | None = None
) -> tuple[ComparedLeads, Dataset]:
    """Leads with outcomes, as a bundle sees them: points, learned points, probability of each; and the dataset they come from.

    A model looks too good on leads that it was trained on; `describe_overlap` counts them.

    Args:
        scorer: The bundle.
        learned: Its learned points; None for none.
        leads: A table in the columns of the training.
        events: Their events; empty: they have none.
        now: The moment after which nothing can have happened yet; None means the clock's.

    Raises:
        TableError: A table that breaks the contract.
        TrainingError: No lead is mature, or some cannot be scored.
    """
    places = {name: _resolve(place) for name, place in (("leads", leads), ("events", events))}
    data = scorer.settings.data.model_copy(update={**places, "observed_until": "", "files": ()})
    report = scorer.settings.report.model_copy(update={"columns": ()})  # another table need not have them
    dataset = load_dataset(
        scorer.settings.model_copy(update={"data": data, "report": report}), now=now, book=scorer.book, allow_one_class=True
    )
    known, leads_per_row = list_known(dataset)
    frame, events_table, moments = take_frame(scorer, dataset, known)
    answers = score_frame(scorer, frame, as_of=moments, events=events_table, with_sides=True)
    if answers["probability"].isna().any():
        raise TrainingError("Some of the leads cannot be scored: `predictor score` says which and why. Fix them first.")
    tested = _make_compared_leads(dataset, known, answers["probability"].to_numpy(), scorer.threshold, leads_per_row)
    tested = replace(tested, sides=_read_sides(scorer, answers))
    if learned is None:
        return tested, dataset
    learned = learned.read_as(dict(scorer.features.formats))
    awards = award_leads(learned, frame[["lead_id", *dataset.leads.attributes]], as_of=moments, events=events_table)
    total = None if awards is None else awards.total.to_numpy()
    return replace(tested, learned=total, learned_gate=learned.gate), dataset


def _read_sides(scorer: Scorer, answers: pd.DataFrame) -> dict[str, np.ndarray] | None:
    """Fit and engagement of scored leads; None for a bundle from before they were kept."""
    if "fit_engagement" not in scorer.reference:
        return None
    grades = {side: answers[f"{side}_grade"].to_numpy(dtype=object) for side in GRADES}
    return {side: found for side, found in grades.items() if side in scorer.reference["fit_engagement"]}


def _resolve(place: str) -> str:
    """A table's place whatever folder the settings start from: URLs stay."""
    return place if not place or "://" in place else str(Path(place).resolve())


def _make_compared_leads(
    dataset: Dataset, positions: np.ndarray, probability: np.ndarray, threshold: float, leads_per_row: float
) -> ComparedLeads:
    leads, awards = dataset.leads, dataset.points.awards
    ever, _ = dataset.draw_representative(np.flatnonzero(dataset.outcomes.mature))
    frame = leads.frame.iloc[positions].reset_index(drop=True)
    return ComparedLeads(
        lead_id=frame["lead_id"].to_numpy(dtype=object),
        outcome=dataset.outcomes.outcome[positions],
        probability=probability,
        threshold=threshold,
        points=dataset.points.take(positions),
        routed=dataset.points.route(positions),
        gate=dataset.points.gate,
        qualifies=None if awards is None else awards.qualifies.to_numpy()[positions],
        times=None if awards is None else awards.times.iloc[positions].reset_index(drop=True),
        book=dataset.points.book if awards is not None else None,
        attributes=frame[[name for name in leads.attributes if name in frame]],
        moments=frame["mql_at"] if leads.dated else None,
        weeks=max(float(np.ptp(dataset.outcomes.order[positions])) / 7, 1 / 7) / leads_per_row if leads.dated else None,
        band=dataset.settings.threshold.band,
        ever=None if (points := dataset.points.take(ever)) is None else (points, dataset.outcomes.outcome[ever]),
    )
