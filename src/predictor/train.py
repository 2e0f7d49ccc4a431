"""Training, from a firm's tables to a bundle that may serve: the whole story."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from predictor.bundle import promote, save_bundle
from predictor.config import Settings
from predictor.errors import Finding, TrainingError, count
from predictor.features.assemble import TOTAL
from predictor.model.block import Block
from predictor.model.recipe import Recipe, choose_recipe, fit_recipe
from predictor.model.split import Fold, Split, keep_teachable, make_folds
from predictor.model.threshold import Recommendation, recommend_threshold
from predictor.model.verdict import Verdict, judge_recipes, rehearse_thresholds
from predictor.pack import describe_verdict, dump, make_golden, pack_recipe
from predictor.promotion import judge_promotion
from predictor.provenance import find_commit, fingerprint_frame, list_versions
from predictor.report.card import write_card
from predictor.report.compare import ReportData
from predictor.report.page import render_page
from predictor.study import Study, load_study

Progress = Callable[[str], None]
_NEED_FEW = ("constant", "points")
_FEWEST_A_FOLD = 5  # leads of either outcome below which a fold's model is noise


@dataclass(frozen=True)
class Trained:
    """What a training gave.

    Attributes:
        study: The leads it looked at.
        split: Which of them taught the candidates of the verdict, and which tested them.
        recipes: Candidate -> its recipe, learned from the fit block.
        verdict: The forward test.
        final: The chosen recipe, learned again from every mature lead.
        advice: The threshold recommended from the final recipe's own rehearsal.
        thresholds: The table it was taken from.
        files: The bundle's files.
        facts: What the manifest tells: versions, data fingerprint, commit.
        findings: All that was noticed.
    """

    study: Study
    split: Split
    recipes: dict[str, Recipe]
    verdict: Verdict
    final: Recipe
    advice: Recommendation
    thresholds: pd.DataFrame
    files: dict[str, str]
    facts: dict[str, Any]
    findings: tuple[Finding, ...]

    def report_data(self) -> ReportData:
        """What the report and the card are made of."""
        return ReportData(
            name=self.verdict.chosen,
            metrics=json.loads(self.files["metrics.json"]),
            verdict=self.verdict,
            thresholds=self.thresholds,
            advice=self.advice,
            points=_points_of(self.study, _oldest_first(self.study, self.split.test)),
            curve=self.study.curve,
            findings=self.findings,
        )


@dataclass(frozen=True)
class Saved:
    """Where a training went: its bundle, whether that serves now, and why."""

    folder: Path
    promoted: bool
    reason: str


def train(settings: Settings, *, progress: Progress = lambda _: None) -> Trained:
    """Learn, test forward in time, choose, and learn again from every mature lead; nothing is written.

    Args:
        settings: A firm's settings.
        progress: Called with what begins now, in words.

    Raises:
        TableError: A table that breaks the contract.
        TrainingError: The data cannot teach anything, and why.
    """
    progress("Reading leads and events")
    study = load_study(settings)
    split = study.split()
    features, unused = study.fit_features(split.fit)
    fit, test = study.block(split.fit, features), study.block(split.test, features)
    names, limits = _choose_candidates(fit, settings)
    recipes = _fit_recipes(names, fit, study, progress)
    chosen = choose_recipe(recipes, fit)
    progress("Looking at the test block")
    routed = _route_by_points(study, split)
    verdict = judge_recipes(recipes, chosen, fit=fit, test=test, routed=routed, settings=settings)
    progress(f"Learning '{chosen}' again from every mature lead")
    block, final = _refit(chosen, study)
    thresholds = rehearse_thresholds(final, block, settings)
    advice = recommend_threshold(thresholds, settings.threshold)
    files = pack_recipe(final, block, settings=settings, book=study.book, thresholds=thresholds, advice=advice)
    facts = _gather_facts(study)
    findings = (*study.findings, *unused, *limits)
    trained = Trained(study, split, recipes, verdict, final, advice, thresholds, files, facts, findings)
    files["metrics.json"] = dump(_describe(trained))
    files["golden.jsonl"] = make_golden(files, settings.model.seed)
    data = trained.report_data()
    files["card.md"] = write_card(data, facts=facts)
    files["report.html"] = render_page(data)
    return trained


def save_trained(trained: Trained, models: Path, *, now: datetime) -> Saved:
    """Write the bundle, and let it serve where it earned that.

    Raises:
        BundleError: The bundle cannot be written; the champion is as it was.
    """
    name = f"{trained.verdict.chosen}-{now:%Y%m%dT%H%M%SZ}"
    test = _oldest_first(trained.study, trained.split.test)
    earned, reason = judge_promotion(trained.verdict, trained.study, test, models)
    folder = save_bundle(models, name, trained.files, trained.facts)
    if earned:
        promote(models, name)
    return Saved(folder, earned, reason)


def track_trained(trained: Trained, saved: Saved) -> Tracked:
    """Keep the training in MLflow.

    Raises:
        TrackingError: MLflow cannot be reached; bundle and champion are as they were.
    """
    from predictor.report.plots import plot_reliability
    from predictor.tracking import TrainingRecord, track_training

    return track_training(TrainingRecord(saved.folder, saved.promoted, saved.reason), settings=trained.study.settings)


def _choose_candidates(fit: Block, settings: Settings) -> tuple[list[str], tuple[Finding, ...]]:
    """The candidates that the fit block can carry, and findings about those it cannot."""
    names, findings = list(settings.model.candidates), []
    fewest = int(min(fit.outcome.sum(), (1 - fit.outcome).sum()))
    if fewest < settings.model.min_outcomes:
        names = [name for name in names if name in _NEED_FEW] or ["constant"]
        findings.append(_tell_few(fewest, settings.model.min_outcomes, can_points=fit.points_column is not None))
    if "points" in names and fit.points_column is None:
        names.remove("points")
        do = "Name a rule book in points.rule_book, or the CRM's score in roles.points, to see what the points are worth."
        findings.append(Finding("TRAIN002", "tip", "There are no points, so the candidate 'points' is left out.", do))
    if fit.one_class:
        raise TrainingError(
            f"All {count(len(fit), 'lead')} of the fit block have the same outcome, so nothing can be learned from them. "
            "Export older leads, or lower split.test_share."
        )
    return names or ["constant"], tuple(findings)


def _tell_few(fewest: int, needed: int, *, can_points: bool) -> Finding:
    what = f"Only {count(fewest, 'lead')} of one outcome to learn from; {needed} of each are needed to learn from features."
    still = "the points made a probability" if can_points else "the base rate"
    do = f"What can be done is done: {still}. Train again when more outcomes are known."
    return Finding("TRAIN001", "warning", what, do)


def _fit_recipes(names: list[str], fit: Block, study: Study, progress: Progress) -> dict[str, Recipe]:
    folds = _rehearse(fit, study)
    recipes = {}
    for name in names:
        progress(f"Learning '{name}' on {count(len(fit), 'lead')}")
        recipes[name] = fit_recipe(name, fit, folds, study.settings.model.seed)
    return recipes


def _rehearse(block: Block, study: Study) -> list[Fold]:
    """The forward folds of a block in which both outcomes occur; none where the block is too short for a rehearsal."""
    try:
        folds = make_folds(block.order, folds=study.settings.split.folds, gap=study.gap)
    except TrainingError:
        return []
    kept = keep_teachable(folds, block.outcome, fewest=_FEWEST_A_FOLD)
    told = block.outcome[np.concatenate([told for _, told in kept])] if kept else np.zeros(0)
    return kept if len(np.unique(told)) > 1 else []


def _refit(name: str, study: Study) -> tuple[Block, Recipe]:
    """The chosen candidate, learned again from every mature lead."""
    known = np.flatnonzero(study.mature)
    features, _ = study.fit_features(known)
    block = study.block(known, features)
    return block, fit_recipe(name, block, _rehearse(block, study), study.settings.model.seed)


def _oldest_first(study: Study, positions: np.ndarray) -> np.ndarray:
    return positions[np.argsort(study.order[positions], kind="stable")]


def _points_of(study: Study, positions: np.ndarray) -> np.ndarray | None:
    return study.rows[TOTAL].to_numpy()[positions] if TOTAL in study.rows else None


def _route_by_points(study: Study, split: Split) -> np.ndarray | None:
    """Which test leads the points hand over, by the gate or by themselves; None where there is no gate or no points."""
    at = _oldest_first(study, split.test)
    points = _points_of(study, at)
    if points is None or study.gate is None:
        return None
    qualifies = study.awards.qualifies.to_numpy()[at] if study.awards is not None else np.zeros(len(at), dtype=bool)
    return (points >= study.gate) | qualifies


def _gather_facts(study: Study) -> dict[str, Any]:
    """What the manifest tells of the training."""
    data = {"leads": fingerprint_frame(study.leads.frame), "events": fingerprint_frame(study.events)}
    return {"versions": list_versions(), "data": data, "git_commit": find_commit(study.settings.folder)}


def _describe(trained: Trained) -> dict[str, Any]:
    """Content of `metrics.json`."""
    study = trained.study
    order = study.order[study.mature]
    ends = [_name_moment(study, value) for value in (order.min(), order.max())]
    fit = {"n": int(study.mature.sum()), "from": ends[0], "through": ends[1]}
    pending = int((~study.mature).sum())
    chosen = trained.verdict.chosen
    return describe_verdict(trained.verdict, champion=chosen, horizon=study.horizon_days, pending=pending, fit=fit)


def _name_moment(study: Study, order: float) -> str:
    """A place in the order as people read it: a day, or the value of the column that orders the leads."""
    if not study.leads.dated:
        return f"{order:.15g}"
    return (pd.Timestamp(0, tz="UTC") + pd.Timedelta(days=order)).date().isoformat()
