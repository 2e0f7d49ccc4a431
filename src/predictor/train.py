"""Training, from a firm's tables to a bundle that may serve: the whole story."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from predictor.acts import fingerprint_acts
from predictor.bundle import list_bundles, promote, save_bundle
from predictor.config import Settings
from predictor.errors import Finding, count
from predictor.model.block import Block
from predictor.model.candidates.boosted import constrain
from predictor.model.importance import compute_importance
from predictor.model.learned_rules import write_recipe_book
from predictor.model.recalibrate import recalibrate_newest
from predictor.model.recipe import Learn, Recipe, choose_recipe, fit_recipe
from predictor.model.select import choosable, select_candidates
from predictor.model.split import Fold, Split
from predictor.model.threshold import Recommendation, recommend_threshold
from predictor.model.tune import Budget, Tuning, tune_boosted
from predictor.model.verdict import Verdict, judge_recipes, rehearse_thresholds
from predictor.pack import describe_verdict, dump, make_golden, pack_recipe
from predictor.promotion import judge_promotion
from predictor.provenance import find_commit, fingerprint_frame, list_versions
from predictor.report.card import write_card
from predictor.report.compare import ReportData
from predictor.report.fairness import compute_fairness
from predictor.report.page import render_page
from predictor.report.plots import plot_curve, plot_reliability, plot_thresholds
from predictor.study import Study, load_study
from predictor.tracking import Tracked, TrainingRecord, track_training

Progress = Callable[[str], None]
Advance = Callable[[float], None]
_TUNED = frozenset({"lightgbm", "lightgbm_on_points"})
_PATIENCE = 3  # times the budget of the search after which the clock ends it


@dataclass(frozen=True, repr=False)
class Trained:
    """What a training gave.

    Attributes:
        study: The leads it looked at.
        split: Which of them taught the candidates of the verdict, and which tested them.
        recipes: Candidate -> its recipe, learned from the fit block.
        verdict: The forward test.
        final: The chosen recipe, learned again from every mature lead, and from pending ones where they count.
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

    def __repr__(self) -> str:
        return f"<Trained '{self.verdict.chosen}' on {count(len(self.study.leads.frame), 'lead')}. {self.verdict.text}>"

    def report_data(self) -> ReportData:
        """What the report and the card are made of."""
        return ReportData(
            name=self.verdict.chosen,
            metrics=json.loads(self.files["metrics.json"]),
            verdict=self.verdict,
            thresholds=self.thresholds,
            advice=self.advice,
            points=self.study.points(self.split.test),
            curve=self.study.curve,
            findings=self.findings,
            routed=self.study.route_by_points(self.split.test),
            fairness=self._compare_groups(),
        )

    def _compare_groups(self) -> pd.DataFrame | None:
        """The fairness table of the forward test; None where no column is protected."""
        columns, verdict = list(self.study.leads.protected), self.verdict
        people = self.study.leads.frame.iloc[self.split.test][columns]
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
    study: Study | None = None,
    progress: Progress = lambda _: None,
    advance: Advance = lambda _: None,
) -> Trained:
    """Learn, test forward in time, choose, and learn again from every lead that can teach; nothing is written.

    Args:
        settings: A firm's settings.
        study: What to learn from; None means the tables that the settings name.
        progress: Called with what begins now, in words.
        advance: Called with the share of the tuning that is done, 0 to 1.

    Raises:
        TableError: A table that breaks the contract.
        TrainingError: The data cannot teach anything, and why.
    """
    progress("Reading leads and events")
    study = load_study(settings) if study is None else study
    if study.horizon_days is not None:
        progress(f"Acceptance counts within {study.horizon_days:g} days")
    split = study.split()
    features, unused = study.fit_features(split.fit)
    fit, test = study.block(split.fit, features, known_at=split.starts), study.block(split.test, features)
    folds, recipes = study.rehearsal(fit), {}
    names, limits = select_candidates(fit, settings.model, rehearsed=bool(folds))
    tuning, learn = None, dict[str, tuple[Learn, ...]]()
    if folds and not _TUNED.isdisjoint(names):
        progress(f"Tuning trees on {count(len(fit), 'lead')}")
        tuning = _tune(fit, folds, settings, advance)
        learn = tuning.ways
    for name in names:
        progress(f"Learning '{name}' on {count(len(fit), 'lead')}")
        recipes[name] = fit_recipe(name, fit.seen_by(name), folds, settings.model.seed, learn=learn.get(name, ()), gap=study.gap)
    may_serve = choosable(names, rehearsed=bool(folds))
    chosen = choose_recipe({name: recipes[name] for name in may_serve}, fit)
    recipes = {name: _set_level(recipe, fit.seen_by(name), settings) for name, recipe in recipes.items()}
    progress("Looking at the test block")
    routed = study.route_by_points(split.test)
    verdict = judge_recipes(recipes, chosen, fit=fit, test=test, routed=routed, settings=settings)
    importance = compute_importance(recipes[chosen], test.seen_by(chosen), seed=settings.model.seed)
    progress(f"Learning '{chosen}' again from every lead that can teach")
    block, final = _refit(chosen, study, learn.get(chosen, ())[-1:])
    thresholds = rehearse_thresholds(final, block, settings)
    advice = recommend_threshold(thresholds, settings.threshold)
    files = pack_recipe(final, block, settings=settings, book=study.book, thresholds=thresholds, advice=advice)
    if "learned_points" in names:
        files["learned_points.toml"] = _write_points(study)
    facts = _gather_facts(study)
    findings = (*study.findings, *unused, *limits, *(tuning.findings if tuning else ()))
    trained = Trained(study, split, recipes, verdict, final, advice, thresholds, files, facts, findings)
    pending = int((~study.mature).sum())
    metrics = describe_verdict(verdict, champion=chosen, horizon=study.horizon_days, pending=pending, fit=study.describe_fit())
    files["metrics.json"] = dump(metrics | {"importance": importance.to_dict("records")})
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
    name += f"-{again}" if (again := sum(taken.startswith(name) for taken in list_bundles(models))) else ""
    folder = save_bundle(models, name, trained.files, trained.facts)
    earned, reason = judge_promotion(trained.verdict, trained.study, trained.split.test, models)
    if earned:
        promote(models, name)
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
    return track_training(record, settings=trained.study.settings)


def _tune(fit: Block, folds: list[Fold], settings: Settings, advance: Advance) -> Tuning:
    """How trees are best grown on the fit block; the clock ends the search only where the machine is far slower than usual."""
    budget = settings.model.budget_s
    late = time.monotonic() + _PATIENCE * budget
    limits = Budget(budget, advance, is_late=lambda: time.monotonic() > late)
    return tune_boosted(
        fit, folds, seed=settings.model.seed, budget=limits, always=constrain(fit.features, settings.model.monotone)
    )


def _refit(name: str, study: Study, learn: Sequence[Learn]) -> tuple[Block, Recipe]:
    """The chosen candidate, learned again from every lead that can teach by now, in the way that was found on the fit block."""
    features, _ = study.fit_features(study.teaching)
    block = study.block(study.teaching, features, known_at=study.observed_until).seen_by(name)
    folds, seed = study.rehearsal(block), study.settings.model.seed
    return block, _set_level(fit_recipe(name, block, folds, seed, learn=learn, gap=study.gap), block, study.settings)


def _write_points(study: Study) -> str:
    """The rule book with points learned from every lead that can teach."""
    if study.task is None:
        raise TypeError("points are learned where there is a rule book")
    block, recipe = _refit("learned_points", study, ())
    return write_recipe_book(recipe, block, study.task, study.settings.threshold)


def _set_level(recipe: Recipe, block: Block, settings: Settings) -> Recipe:
    """The recipe, at the level of the newest leads where the settings ask for that."""
    return recalibrate_newest(recipe, block) if settings.model.recalibrate == "newest" else recipe


def _gather_facts(study: Study) -> dict[str, Any]:
    """What the manifest tells of the training."""
    data = {
        "leads": fingerprint_frame(study.leads.frame),
        "events": None if study.events is None else fingerprint_acts(study.events.table),
    }
    return {"versions": list_versions(), "data": data, "git_commit": find_commit(study.settings.folder)}


def _draw_figures(data: ReportData) -> dict[str, Figure]:
    figures = {
        "reliability": plot_reliability(data.verdict.reliability),
        "thresholds": plot_thresholds(data.thresholds, data.advice),
    }
    return figures | ({} if data.curve is None else {"time_to_sql": plot_curve(data.curve, data.metrics["horizon_days"])})
