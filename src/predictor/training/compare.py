"""Points against the learned probability, on a training's forward test or on leads with outcomes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from predictor.core.errors import BundleError, TrainingError, count
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.candidates.learned_points import LearnedPoints
from predictor.model.explain import compute_effects
from predictor.model.explain_points import choose_points_gate
from predictor.model.fit_engagement import GRADES, fit_side_grades
from predictor.model.sample import Sample
from predictor.model.split import Split
from predictor.model.verdict import Verdict
from predictor.points.rulebook import RuleBook, parse_rule_book
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.report.compare.comparison import Comparison, compute_comparison, thin
from predictor.report.decision.decision import Decision, make_decision
from predictor.report.decision.evidence import ModelFacts
from predictor.report.decision.read_evidence import read_evidence
from predictor.report.page.render import PageData, render_comparison
from predictor.report.tables_text import describe_fit, describe_outcome
from predictor.scoring.batch import award_leads, score_frame, uses_events
from predictor.scoring.bundle.files import Bundle
from predictor.scoring.history import add_history
from predictor.scoring.reasons import Explainer
from predictor.scoring.scorer import Scorer
from predictor.training.dataset import Dataset
from predictor.training.from_tables import load_dataset
from predictor.training.swapped import REASONS, describe_swapped

if TYPE_CHECKING:
    from ibis.expr.types import Table

_NO_EVENTS = "No events are given, so every lead counts as one without any: the figures of points and model are wrong \
unless these leads have none. Give the events too, with --events."


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


def compare_bundle(
    bundle: Bundle, *, leads: str = "", events: str = "", now: pd.Timestamp | None = None
) -> tuple[Comparison, str]:
    """The comparison of a bundle, and what readers must know about it, empty for nothing.

    Args:
        bundle: The bundle.
        leads: Leads with outcomes; empty: the comparison of its forward test, as training found it.
        events: Their events.
        now: The moment after which nothing can have happened yet; None means the clock's.

    Raises:
        BundleError: No leads are named, and the bundle is from before comparisons were kept.
        TableError: A table that breaks the contract.
        TrainingError: As `load_compared_leads`.
    """
    if not leads:
        if "comparison.json" not in bundle.files:
            do = "Name leads with outcomes with --leads, or train again."
            raise BundleError(f"Bundle '{bundle.version}' holds no comparison of its forward test. {do}")
        return Comparison.from_json(bundle.read_json("comparison.json")), ""
    text = bundle.files.get("learned_points.toml")
    learned = None if text is None else parse_rule_book(text, "learned_points.toml")
    scorer = Scorer(bundle)
    tested, dataset = load_compared_leads(scorer, learned, leads=leads, events=events, now=now)
    curve = dataset.outcomes.curve
    model = scorer.settings.model
    weekly = [scorer.settings.threshold.leads_per_week]
    comparison = compute_comparison(tested, weekly=weekly, resamples=model.resamples, seed=model.seed)
    comparison = comparison.with_tables({"swapped": _describe_bundle_swaps(scorer, tested, dataset)})
    comparison = comparison if scorer.recommends else comparison.without_model()
    tables = {"learned_points": _read_learned(bundle), "time_to_sql": None if curve is None else thin(curve)}
    notes = (
        _NO_EVENTS if not events and uses_events(scorer) else "",
        describe_overlap(tested, scorer.metrics["fit"]["through"]),
        *(f"{finding.what} {finding.do}" for finding in dataset.findings if finding.severity == "warning"),
    )
    return comparison.with_tables(tables), " ".join(note for note in notes if note)


def _describe_bundle_swaps(scorer: Scorer, tested: ComparedLeads, dataset: Dataset) -> pd.DataFrame:
    """The leads given that points and model would swap, with the reasons that the bundle gives."""
    positions, _ = _list_known(dataset)
    frame, events, moments = _take_frame(scorer, dataset, positions)

    def explain(rows: np.ndarray) -> list[str]:
        chosen = frame.iloc[rows].reset_index(drop=True)
        as_of = None if moments is None else moments.iloc[rows].reset_index(drop=True)
        texts: list[str] = score_frame(scorer, chosen, as_of=as_of, events=events, reasons=REASONS)["reasons"].tolist()
        return texts

    settings = scorer.settings
    return describe_swapped(tested, dataset.leads, positions, explain=explain, settings=settings.report, seed=settings.model.seed)


def _list_known(dataset: Dataset) -> tuple[np.ndarray, float]:
    """Positions of the leads whose outcome is known, oldest first, and how many leads each represents."""
    known = np.flatnonzero(dataset.outcomes.mature)
    return dataset.draw_representative(dataset.outcomes.sort_by_time(known))


def _take_frame(scorer: Scorer, dataset: Dataset, positions: np.ndarray) -> tuple[pd.DataFrame, Table | None, pd.Series | None]:
    """Those leads, their events, and the moment of each."""
    frame = dataset.leads.frame.iloc[positions].reset_index(drop=True)
    moments = frame["mql_at"] if dataset.leads.dated else None
    events = None if dataset.events is None or moments is None else dataset.events.table
    return add_history(scorer, frame, as_of=moments, table=dataset.leads.frame), events, moments


def write_page(bundle: Bundle, comparison: Comparison, *, note: str = "", leads: str = "") -> str:
    """The page of a comparison: that of the forward test as training wrote it, or of the leads given.

    Only the latter names leads: those that points and model would swap.

    Args:
        bundle: The bundle.
        comparison: What `compare_bundle` gave.
        note: What came with it.
        leads: As `compare_bundle` took it.

    Raises:
        BundleError: No leads are named, and the bundle holds no page.
    """
    if not leads:
        if "report.html" not in bundle.files:
            raise BundleError(
                f"Bundle '{bundle.version}' holds no page of its forward test. Name leads with --leads, or train again."
            )
        return bundle.files["report.html"]
    scorer, number = Scorer(bundle), int(comparison.tables["steps"]["leads"].iloc[0])
    warnings = [f"{warning.what} {warning.do}" for warning in scorer.model_warnings]
    data = PageData(
        comparison=comparison,
        threshold=scorer.threshold if scorer.recommends else None,
        title=f"Points and model on leads given: {bundle.version}",
        over=f"Points, learned points and model on the same {count(number, 'lead')}, scored by {bundle.version}",
        about=f"{describe_outcome(scorer.metrics)} {describe_fit(scorer.metrics)}",
        warnings=tuple(text for text in (note, *warnings) if text),
        horizon_days=scorer.metrics.get("horizon_days"),
        book=bundle.files.get("learned_points.toml", ""),
        policy=scorer.settings.threshold,
        ranks_only=ranks_only(scorer),
    )
    return render_comparison(data)


def decide_bundle(bundle: Bundle, comparison: Comparison, *, leads: str = "") -> Decision:
    """What to do with points and model: as training decided by the forward test, or by the leads given.

    Args:
        bundle: The bundle.
        comparison: What `compare_bundle` gave.
        leads: As `compare_bundle` took it.
    """
    scorer = Scorer(bundle)
    if not leads and "decision" in scorer.metrics:
        return Decision.from_json(scorer.metrics["decision"])
    recommended = scorer.metrics.get("threshold", {}).get("recommended", {}).get("threshold", scorer.threshold)
    threshold = (scorer.threshold if leads else recommended) if scorer.recommends else None
    model = ModelFacts(signal=scorer.recommends, ranks_only=ranks_only(scorer), threshold=scorer.threshold)
    return make_decision(read_evidence(comparison, threshold=threshold, settings=scorer.settings.threshold, model=model))


def ranks_only(scorer: Scorer) -> bool:
    """Whether the probabilities of a bundle only rank leads."""
    return any(warning.code == "MODEL001" for warning in scorer.model_warnings)


def _read_learned(bundle: Bundle) -> pd.DataFrame | None:
    """The learned points of a bundle with the reasons, from its training; None for a bundle without."""
    if "comparison.json" not in bundle.files:
        return None
    return Comparison.from_json(bundle.read_json("comparison.json")).tables.get("learned_points")


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
    known, leads_per_row = _list_known(dataset)
    frame, events_table, moments = _take_frame(scorer, dataset, known)
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


def describe_overlap(tested: ComparedLeads, through: str | None) -> str:
    """How many leads the model may have learned from, in a sentence; empty for none.

    Args:
        tested: The leads.
        through: The day of the newest training lead; None where leads carry no dates.
    """
    if tested.moments is None or through is None or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", through):
        return "The leads have no dates, so the model may have been trained on some of them; then its figures are too good."
    seen = int((tested.moments.dt.strftime("%Y-%m-%d") <= through).sum())
    if not seen:
        return ""
    which = f"{seen:,} of these {count(len(tested.outcome), 'lead')} became MQLs through {through}, as did the training leads"
    return f"{which}: the figures of the model and of the learned points may be too good. Name newer leads."


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
