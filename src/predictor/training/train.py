"""Training, from a firm's tables to a bundle that may serve: the whole story."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.errors import Findings
from predictor.core.settings import Settings, load_settings
from predictor.data.events.table import fingerprint_events
from predictor.features.own_features import find_functions
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.candidates.learned_points import LearnedPoints
from predictor.model.candidates.own_candidate import OwnCandidate
from predictor.model.explain_points import compute_fitted_rules, write_points_book
from predictor.model.importance import compute_importance
from predictor.model.judge import compute_forward_thresholds, judge_candidates
from predictor.model.metrics.own_metrics import Metric, add_own_metrics
from predictor.model.sample import Sample
from predictor.model.segments import SegmentedModel
from predictor.model.split import Split
from predictor.model.threshold.recommend import Recommendation, recommend_none, recommend_threshold
from predictor.model.verdict import Verdict
from predictor.points.rulebook import parse_rule_book
from predictor.report.card import write_card
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.report.compare.comparison import Comparison, compute_comparison, thin
from predictor.report.fairness import compute_fairness, hide_routed
from predictor.report.page.render import render_page
from predictor.report.report_data import ReportData
from predictor.scoring.bundle.files import list_bundles, save_bundle
from predictor.scoring.bundle.provenance import find_commit, fingerprint_frame, list_versions
from predictor.scoring.bundle.registry import challenge, promote, read_champions
from predictor.scoring.bundle.test_predictions import FILE, write_test_predictions
from predictor.scoring.loaded_bundle import ACCOUNTS, SEGMENTS
from predictor.training.accepted_value import compute_accepted_value
from predictor.training.accounts import LearnedAccounts, learn_accounts
from predictor.training.audit import audit_dataset, collect_findings, refuse_errors
from predictor.training.bundle_files import describe_sides, dump, make_bundle_files, make_golden, make_metrics
from predictor.training.compared import collect_test_leads, describe_test_swaps
from predictor.training.coverage import describe_coverage
from predictor.training.dataset import Dataset
from predictor.training.fit import Advance, FittedCandidates, Progress, fit_candidates, refit
from predictor.training.from_tables import load_dataset
from predictor.training.own_code import collect_metrics, collect_own, fingerprint_own
from predictor.training.promotion import judge_promotion
from predictor.training.segments import check_segments, describe_segments, fit_again, learn_segments
from predictor.training.trained import Trained


@dataclass(frozen=True)
class Saved:
    """Where a training went: its bundle, whether that serves now, and why."""

    folder: Path
    promoted: bool
    reason: str


def train(
    settings: Settings | Path | str,
    *,
    dataset: Dataset | None = None,
    candidates: Mapping[str, object] | None = None,
    metrics: Mapping[str, Metric] | None = None,
    progress: Progress = lambda _: None,
    advance: Advance = lambda _: None,
) -> Trained:
    """Fit every candidate, test forward in time, choose, and fit the chosen one again on all leads; nothing is written.

    Where nothing says which lead came first, the test is on leads held out at random.

    Args:
        settings: A firm's settings, or the file that holds them.
        dataset: What to learn from; None means the tables that the settings name.
        candidates: Name -> a scikit-learn classifier of your own, or a function that makes one, tried beside those that the
            settings name.
        metrics: Name -> a function of outcome, probability and weight, each an array with an entry a test lead, that gives a
            number for a candidate. It is shown as `own/NAME` and decides nothing; one that fails is a finding.
        progress: Called with what begins now, in words.
        advance: Called with the share of the tuning that is done, 0 to 1.

    Raises:
        TableError: A table that breaks the contract.
        SettingsError: The file of settings cannot be used, or what `model.own` or `model.metrics` names cannot be imported.
        TrainingError: Nothing can be learned from the data, and why; the audit found an error that the settings do not accept; or
            a candidate of your own cannot be used.
    """
    settings = settings if isinstance(settings, Settings) else load_settings(settings)
    own, own_metrics = collect_own(settings, candidates), collect_metrics(settings, metrics)
    progress("Reading leads and events")
    dataset = load_dataset(settings) if dataset is None else dataset
    if dataset.outcomes.horizon_days is not None:
        progress(f"Acceptance counts within {dataset.outcomes.horizon_days:g} days")
    audited = audit_dataset(dataset)
    refuse_errors(dataset, audited)
    split = dataset.split()
    features, unused = dataset.fit_features(split.fit)
    fit, test = dataset.sample(split.fit, features, as_of=split.starts), dataset.test_sample(split, features)
    check_segments(settings, features)
    fitted, choices = learn_segments(dataset, fit_candidates(dataset, fit, own=own, progress=progress, advance=advance), fit)
    chosen = fitted.chosen
    progress("Looking at the test leads")
    routed = dataset.points.route(split.test)
    verdict = judge_candidates(fitted.models, chosen, fit=fit, test=test, routed=routed, settings=settings)
    weight = np.full(len(test), test.leads_per_row)
    figures, failed = add_own_metrics(verdict.test, own_metrics, verdict.outcome, probability=verdict.probability, weight=weight)
    verdict = replace(verdict, test=figures, leads=_describe_test_leads(dataset, split))
    importance = compute_importance(fitted.models[chosen], test.seen_by(chosen), seed=settings.model.seed)
    progress(f"Fitting '{chosen}' again on every lead with a known outcome")
    sample, final = refit(fitted, dataset)
    found = verdict.found_signal
    final = fit_again(final, sample, choices, settings, with_thresholds=found)
    thresholds = compute_forward_thresholds(final, sample, settings)
    advice = recommend_threshold(thresholds, settings.threshold) if found else recommend_none(settings.threshold.policy)
    learned_book, learned_points = _fit_points(fitted, dataset)
    tables = {"learned_points": learned_points, "time_to_sql": _thin_curve(dataset)}
    tested = collect_test_leads(dataset, split, fitted.models, verdict)
    tables["swapped"] = describe_test_swaps(dataset, split, fitted.models[chosen], tested)
    comparison = _compare(tested, settings, advice, tables)
    comparison = comparison if found else comparison.without_model()
    content = make_metrics(
        verdict,
        champion=chosen,
        horizon=dataset.outcomes.horizon_days,
        pending=dataset.outcomes.pending,
        fit=dataset.describe_fit(),
    )
    content |= fitted.describe(final) | {"importance": importance.to_dict("records")}
    accounts = learn_accounts(dataset, split, fitted.models[chosen], final, probability=verdict.probability[chosen])
    content |= describe_segments(
        fitted.models[chosen],
        final,
        choices,
        verdict=verdict,
        test=test.seen_by(chosen),
        threshold=advice.threshold,
    )
    content |= {} if accounts is None else {"accounts": accounts.figures}
    report = ReportData(
        name=chosen,
        metrics=content,
        verdict=verdict,
        thresholds=thresholds,
        advice=advice,
        findings=Findings(collect_findings(dataset, (*dataset.findings, *unused, *fitted.findings, *failed), audited)),
        fairness=_compare_groups(dataset, split, verdict, model=fitted.models[chosen], test=test.seen_by(chosen)),
        comparison=comparison,
        learned_book=learned_book,
        policy=settings.threshold,
        accepted_value=compute_accepted_value(dataset),
        currency=dataset.leads.currency,
    )
    metrics_text = dump(content | {"decision": report.decision.to_json()})
    report = replace(report, metrics=json.loads(metrics_text))
    facts = _list_facts(dataset, own, own_metrics)
    scoring = make_bundle_files(final, sample, settings=settings, book=dataset.points.book, thresholds=thresholds, advice=advice)
    scoring = _complete_scoring_files(scoring, dataset, sample, final=final, accounts=accounts)
    files = {
        **scoring,
        **({"learned_points.toml": learned_book} if learned_book else {}),
        "metrics.json": metrics_text,
        FILE: write_test_predictions(dataset.leads.frame.iloc[split.test], verdict.probability[chosen]),
        "golden.jsonl": make_golden(scoring | {"metrics.json": metrics_text}, settings.model.seed),
        "comparison.json": dump(comparison.to_json()),
        "card.md": write_card(report, facts=facts),
        "report.html": render_page(report),
    }
    tries = None if fitted.tuning is None else pd.DataFrame(fitted.tuning.tried)
    kept: dict[str, Any] = {
        "final": final,
        "report": report,
        "files": files,
        "facts": facts,
        "seconds": fitted.seconds,
        "tries": tries,
    }
    return Trained(dataset=dataset, split=split, models=fitted.models, **kept)


def save_trained(trained: Trained, models: Path, *, now: datetime) -> Saved:
    """Write the bundle, and let it serve where it earned that; where not, it scores in the shadow of the one that serves.

    Raises:
        BundleError: The bundle cannot be written; the champion is as it was.
    """
    name = f"{trained.verdict.chosen}-{now:%Y%m%dT%H%M%SZ}"
    name += f"-{again}" if (again := sum(taken.startswith(name) for taken in list_bundles(models))) else ""
    folder = save_bundle(models, name, trained.files, trained.facts)
    earned, reason = judge_promotion(
        trained.verdict, trained.dataset, trained.split.test, models, recalibrated=trained.final.recalibrated
    )
    if earned:
        promote(models, name)
    elif read_champions(models):
        challenge(models, name)
        reason += " It is the challenger now: it scores in the shadow of the champion."
    return Saved(folder, earned, reason)


def _complete_scoring_files(
    files: Mapping[str, str], dataset: Dataset, sample: Sample, *, final: CalibratedModel, accounts: LearnedAccounts | None
) -> dict[str, str]:
    """What a scorer reads, with what only the training knows: coverage, fit and engagement, segments and accounts."""
    reference = json.loads(files["reference.json"]) | {
        "coverage": describe_coverage(dataset, sample, final),
        "fit_engagement": describe_sides(final, sample, dataset.points.book),
    }
    return {**files, "reference.json": dump(reference), **_write_extras(final, accounts)}


def _compare(
    leads: ComparedLeads, settings: Settings, advice: Recommendation, tables: Mapping[str, pd.DataFrame | None]
) -> Comparison:
    """Points, learned points and the chosen candidate on the test leads, and the further tables that only training knows."""
    weekly = [settings.threshold.leads_per_week]
    draws = {"resamples": settings.model.resamples, "seed": settings.model.seed}
    return compute_comparison(leads, weekly=weekly, also=[advice.serving], **draws).with_tables(tables)


def _compare_groups(
    dataset: Dataset, split: Split, verdict: Verdict, *, model: CalibratedModel, test: Sample
) -> pd.DataFrame | None:
    """The fairness table of the forward test; None where no column is protected."""
    columns = list(dataset.leads.protected)
    if not columns:
        return None
    probability = verdict.probability[verdict.chosen]
    people = dataset.leads.frame.iloc[split.test][columns]
    handed = probability >= model.list_thresholds(test.matrix, verdict.recommended.serving)
    table = compute_fairness(people, verdict.outcome, probability, handed)
    return table if verdict.found_signal else hide_routed(table)


def _describe_test_leads(dataset: Dataset, split: Split) -> pd.DataFrame:
    """The test leads as far as a verdict shows them: id, moment and points."""
    frame, points = dataset.leads.frame.iloc[split.test].reset_index(drop=True), dataset.points.take(split.test)
    known = frame[[name for name in ("lead_id", "mql_at", "order_by") if name in frame]]
    return known if points is None else known.assign(points=points)


def _thin_curve(dataset: Dataset) -> pd.DataFrame | None:
    return None if dataset.outcomes.curve is None else thin(dataset.outcomes.curve)


def _fit_points(fitted: FittedCandidates, dataset: Dataset) -> tuple[str, pd.DataFrame | None]:
    """The rule book with points fitted on all training leads, and a table of the reasons; empty and None where there is none."""
    task = dataset.points_task
    if task is None or "learned_points" not in fitted.models:
        return "", None
    sample, calibrated = refit(fitted, dataset, "learned_points")
    table = compute_fitted_rules(calibrated.model, sample, task) if isinstance(calibrated.model, LearnedPoints) else None
    text = write_points_book(calibrated, sample, task, dataset.settings.threshold)
    gate = parse_rule_book(text, "learned_points.toml").gate
    return text, None if table is None else table.assign(gate=gate)


def _write_extras(final: CalibratedModel, accounts: LearnedAccounts | None) -> dict[str, str]:
    """The files that only a bundle with segments, or with accounts, has."""
    segments = {SEGMENTS: dump(final.segments.to_json())} if isinstance(final, SegmentedModel) else {}
    return segments | ({} if accounts is None else {ACCOUNTS: dump(accounts.rule.to_json())})


def _list_facts(dataset: Dataset, own: Sequence[OwnCandidate], metrics: Mapping[str, Metric]) -> dict[str, Any]:
    """What the manifest says about the training."""
    data = {
        "leads": fingerprint_frame(dataset.leads.frame),
        "events": None if dataset.events is None else fingerprint_events(dataset.events.table),
    }
    code = fingerprint_own(own, metrics, find_functions(dataset.settings.features.own) if dataset.stored is None else {})
    facts = {"versions": list_versions(), "data": data, "git_commit": find_commit(dataset.settings.folder)}
    return facts | ({"own_code": code} if code else {})
