"""Training, from a firm's tables to a bundle that may serve: the whole story."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from predictor.core.errors import Finding, Findings, count
from predictor.core.html import to_heading
from predictor.core.settings import Settings
from predictor.data.events.table import fingerprint_events
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.candidates.learned_points import LearnedPoints
from predictor.model.explain_points import compute_fitted_rules, write_points_book
from predictor.model.importance import compute_importance
from predictor.model.judge import compute_forward_thresholds, judge_candidates
from predictor.model.split import Split
from predictor.model.threshold.recommend import Recommendation, recommend_threshold
from predictor.model.verdict import Verdict
from predictor.points.rulebook import parse_rule_book
from predictor.report.card import write_card
from predictor.report.compare.candidates import ReportData, compute_verdict_table
from predictor.report.compare.comparison import Comparison, compute_comparison, thin
from predictor.report.compare.ways import ComparedLeads
from predictor.report.fairness import compute_fairness
from predictor.report.page.render import render_page
from predictor.report.plots.training import plot_curve, plot_reliability, plot_thresholds
from predictor.scoring.bundle.files import list_bundles, save_bundle
from predictor.scoring.bundle.provenance import find_commit, fingerprint_frame, list_versions
from predictor.scoring.bundle.registry import challenge, promote, read_champions
from predictor.scoring.bundle.test_predictions import FILE, write_test_predictions
from predictor.training.audit import audit_dataset, collect_findings, refuse_errors
from predictor.training.bundle_files import dump, make_bundle_files, make_golden, make_metrics
from predictor.training.compare import collect_test_leads
from predictor.training.dataset import Dataset
from predictor.training.fit import Advance, FittedCandidates, Progress, fit_candidates, refit
from predictor.training.from_tables import load_dataset
from predictor.training.promotion import judge_promotion
from predictor.training.tracking.record import Tracked, TrainingRecord
from predictor.training.tracking.track import track_training


@dataclass(frozen=True, repr=False)
class Trained:
    """What a training gave.

    Attributes:
        dataset: The leads it looked at.
        split: Which of them taught the candidates of the verdict, and which tested them.
        calibrated_models: Candidate -> its recipe, learned from the fit block.
        verdict: The forward test.
        final: The chosen recipe, learned again from every mature lead, and from pending ones where they count.
        advice: The threshold recommended from the final recipe's own rehearsal.
        thresholds: The table it was taken from.
        files: The bundle's files.
        facts: What the manifest tells: versions, data fingerprint, commit.
        findings: All that was noticed.
        comparison: Points, learned points and the chosen candidate on the test leads.
    """

    dataset: Dataset
    split: Split
    calibrated_models: dict[str, CalibratedModel]
    verdict: Verdict
    final: CalibratedModel
    advice: Recommendation
    thresholds: pd.DataFrame
    files: dict[str, str]
    facts: dict[str, Any]
    findings: tuple[Finding, ...]
    comparison: Comparison

    def __repr__(self) -> str:
        return f"<Trained '{self.verdict.chosen}' on {count(len(self.dataset.leads.frame), 'lead')}. {self.verdict.text}>"

    def _repr_html_(self) -> str:
        return to_heading(f"Trained on {count(len(self.dataset.leads.frame), 'lead')}: '{self.verdict.chosen}'") + "\n".join(
            result._repr_html_() for result in (self.verdict, self.advice, Findings(self.findings))
        )

    @property
    def candidates(self) -> pd.DataFrame:
        """Every candidate on the forward test, as `compute_verdict_table` gives it."""
        return compute_verdict_table(self.verdict)

    @property
    def importance(self) -> pd.DataFrame:
        """What the chosen candidate looks at, as `compute_importance` gives it."""
        return pd.DataFrame(json.loads(self.files["metrics.json"])["importance"], columns=["group", "rise", "spread"])

    def report_data(self) -> ReportData:
        """What the report and the card are made of."""
        return ReportData(
            name=self.verdict.chosen,
            metrics=json.loads(self.files["metrics.json"]),
            verdict=self.verdict,
            thresholds=self.thresholds,
            advice=self.advice,
            points=self.dataset.points(self.split.test),
            curve=self.dataset.curve,
            findings=self.findings,
            routed=self.dataset.route_by_points(self.split.test),
            fairness=self._compare_groups(),
            comparison=self.comparison,
            learned_book=self.files.get("learned_points.toml", ""),
            band=self.dataset.settings.threshold.band,
        )

    def _compare_groups(self) -> pd.DataFrame | None:
        """The fairness table of the forward test; None where no column is protected."""
        columns, verdict = list(self.dataset.leads.protected), self.verdict
        people = self.dataset.leads.frame.iloc[self.split.test][columns]
        probability = verdict.probability[verdict.chosen]
        routed = probability >= verdict.threshold.threshold
        return compute_fairness(people, verdict.outcome, probability, routed) if columns else None


@dataclass(frozen=True)
class Saved:
    """Where a training went: its bundle, whether that serves now, and why."""

    folder: Path
    promoted: bool
    reason: str


def train(
    settings: Settings,
    *,
    dataset: Dataset | None = None,
    progress: Progress = lambda _: None,
    advance: Advance = lambda _: None,
) -> Trained:
    """Learn, test forward in time, choose, and learn again from every lead that can teach; nothing is written.

    Args:
        settings: A firm's settings.
        dataset: What to learn from; None means the tables that the settings name.
        progress: Called with what begins now, in words.
        advance: Called with the share of the tuning that is done, 0 to 1.

    Raises:
        TableError: A table that breaks the contract.
        TrainingError: The data cannot teach anything, and why; or the audit found an error that the settings do not accept.
    """
    progress("Reading leads and events")
    dataset = load_dataset(settings) if dataset is None else dataset
    if dataset.horizon_days is not None:
        progress(f"Acceptance counts within {dataset.horizon_days:g} days")
    audited = audit_dataset(dataset)
    refuse_errors(dataset, audited)
    split = dataset.split()
    features, unused = dataset.fit_features(split.fit)
    fit, test = dataset.sample(split.fit, features, known_at=split.starts), dataset.sample(split.test, features)
    learned = fit_candidates(dataset, fit, progress=progress, advance=advance)
    calibrated_models, chosen = learned.calibrated_models, learned.chosen
    progress("Looking at the test block")
    routed = dataset.route_by_points(split.test)
    verdict = judge_candidates(calibrated_models, chosen, fit=fit, test=test, routed=routed, settings=settings)
    importance = compute_importance(calibrated_models[chosen], test.seen_by(chosen), seed=settings.model.seed)
    progress(f"Learning '{chosen}' again from every lead that can teach")
    sample, final = refit(learned, dataset)
    thresholds = compute_forward_thresholds(final, sample, settings)
    advice = recommend_threshold(thresholds, settings.threshold)
    files = make_bundle_files(final, sample, settings=settings, book=dataset.book, thresholds=thresholds, advice=advice)
    book, learned_points = _learn_points(learned, dataset)
    files |= book
    facts = _gather_facts(dataset)
    findings = Findings(collect_findings(dataset, (*dataset.findings, *unused, *learned.findings), audited))
    told = {"learned_points": learned_points, "time_to_sql": None if dataset.curve is None else thin(dataset.curve)}
    comparison = _compare(collect_test_leads(dataset, split, calibrated_models, verdict), settings, advice, told)
    trained = Trained(dataset, split, calibrated_models, verdict, final, advice, thresholds, files, facts, findings, comparison)
    pending = int((~dataset.mature).sum())
    metrics = make_metrics(verdict, champion=chosen, horizon=dataset.horizon_days, pending=pending, fit=dataset.describe_fit())
    files["metrics.json"] = dump(metrics | learned.describe() | {"importance": importance.to_dict("records")})
    files[FILE] = write_test_predictions(dataset.leads.frame.iloc[split.test], verdict.probability[chosen])
    files["golden.jsonl"] = make_golden(files, settings.model.seed)
    files["comparison.json"] = dump(comparison.to_json())
    data = trained.report_data()
    files["card.md"] = write_card(data, facts=facts)
    files["report.html"] = render_page(data)
    return trained


def save_trained(trained: Trained, models: Path, *, now: datetime) -> Saved:
    """Write the bundle, and let it serve where it earned that; where not, it scores in the shadow of the one that serves.

    Raises:
        BundleError: The bundle cannot be written; the champion is as it was.
    """
    name = f"{trained.verdict.chosen}-{now:%Y%m%dT%H%M%SZ}"
    name += f"-{again}" if (again := sum(taken.startswith(name) for taken in list_bundles(models))) else ""
    folder = save_bundle(models, name, trained.files, trained.facts)
    earned, reason = judge_promotion(trained.verdict, trained.dataset, trained.split.test, models)
    if earned:
        promote(models, name)
    elif read_champions(models):
        challenge(models, name)
        reason += " It is the challenger now: it scores in the shadow of the champion."
    return Saved(folder, earned, reason)


def track_trained(trained: Trained, saved: Saved) -> Tracked:
    """Keep the training in MLflow.

    Raises:
        TrackingError: MLflow cannot be reached; bundle and champion are as they were.
    """
    record = TrainingRecord(
        folder=saved.folder,
        promoted=saved.promoted,
        reason=saved.reason,
        metrics=json.loads(trained.files["metrics.json"]),
        data=trained.facts["data"],
        versions=trained.facts["versions"],
        git_commit=trained.facts["git_commit"],
        figures=_draw_figures(trained.report_data()),
    )
    return track_training(record, settings=trained.dataset.settings)


def _compare(
    tested: ComparedLeads, settings: Settings, advice: Recommendation, told: Mapping[str, pd.DataFrame | None]
) -> Comparison:
    """Points, learned points and the chosen candidate on the test leads, with the tables that training tells beside them."""
    weekly = [settings.threshold.leads_per_week]
    draws = {"resamples": settings.model.resamples, "seed": settings.model.seed}
    return compute_comparison(tested, weekly=weekly, also=[advice.threshold], **draws).beside(told)


def _learn_points(learned: FittedCandidates, dataset: Dataset) -> tuple[dict[str, str], pd.DataFrame | None]:
    """The rule book with points learned from every lead that can teach, and why each is what it is; nothing without any."""
    if dataset.task is None or "learned_points" not in learned.calibrated_models:
        return {}, None
    sample, calibrated = refit(learned, dataset, "learned_points")
    table = compute_fitted_rules(calibrated.model, sample, dataset.task) if isinstance(calibrated.model, LearnedPoints) else None
    text = write_points_book(calibrated, sample, dataset.task, dataset.settings.threshold)
    gate = parse_rule_book(text, "learned_points.toml").gate
    return {"learned_points.toml": text}, None if table is None else table.assign(gate=gate)


def _gather_facts(dataset: Dataset) -> dict[str, Any]:
    """What the manifest tells of the training."""
    data = {
        "leads": fingerprint_frame(dataset.leads.frame),
        "events": None if dataset.events is None else fingerprint_events(dataset.events.table),
    }
    return {"versions": list_versions(), "data": data, "git_commit": find_commit(dataset.settings.folder)}


def _draw_figures(data: ReportData) -> dict[str, Figure]:
    figures = {
        "reliability": plot_reliability(data.verdict.reliability),
        "thresholds": plot_thresholds(data.thresholds, data.advice),
    }
    return figures | ({} if data.curve is None else {"time_to_sql": plot_curve(data.curve, data.metrics["horizon_days"])})
