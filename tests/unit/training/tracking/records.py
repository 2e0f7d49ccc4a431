"""What training hands over for tracking, made quickly of random leads."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import matplotlib.figure
import numpy as np
import pandas as pd

from predictor.core.settings import Settings, make_settings
from predictor.data.events.table import tabulate_events
from predictor.features.assemble import assemble_table
from predictor.features.fit import fit_features
from predictor.model.calibrated_model import CalibratedModel, fit_calibrated
from predictor.model.judge import compute_forward_thresholds, judge_candidates
from predictor.model.sample import Sample
from predictor.model.split import make_folds
from predictor.model.threshold.recommend import recommend_threshold
from predictor.points.rulebook import load_rule_book
from predictor.scoring.batch import award_leads
from predictor.scoring.bundle.files import save_bundle
from predictor.training.bundle_files import dump, make_bundle_files, make_golden, make_metrics
from predictor.training.tracking.record import TrainedTable, TrainingRecord

BEGAN = datetime(2026, 5, 1, tzinfo=UTC)
SENIORITIES = ["C-level", "VP", "Director", "Manager", "Student"]
EVENTS = ["pricing_page_view", "demo_page_view", "email_click", "webinar_attended", "unsubscribed", "page_view"]


def draw_tables(n: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leads with attributes, some missing, and their events, some of them after the moment of the score."""
    draw = np.random.default_rng(seed)
    as_of = pd.Series(pd.date_range("2025-01-01", periods=n, freq="12h", tz="UTC")).astype("datetime64[us, UTC]")
    leads = pd.DataFrame(
        {
            "lead_id": [f"L{number}" for number in range(n)],
            "as_of": as_of,
            "seniority": pd.Series(draw.choice(SENIORITIES, n)).where(draw.random(n) < 0.9),
            "employees": pd.Series(draw.integers(5, 9000, n).astype(float)).where(draw.random(n) < 0.8),
            "industry": draw.choice(["Software", "Retail", "Finance"], n),
            "first_seen": (as_of - pd.to_timedelta(draw.integers(-5, 300, n), unit="D")).where(draw.random(n) < 0.9),
        }
    )
    at = draw.integers(0, n, 5 * n)
    moments = as_of.iloc[at] - pd.to_timedelta(draw.integers(-1000, 40_000, 5 * n), unit="min").to_numpy()
    kinds = draw.choice(EVENTS, 5 * n)
    return leads, pd.DataFrame({
        "lead_id": leads["lead_id"].to_numpy()[at], "occurred_at": moments.to_numpy(), "event_type": kinds,
        "asset": None, "campaign": None, "value": np.nan,
    }).astype({"occurred_at": "datetime64[us, UTC]"})  # fmt: skip


def make_record(folder: Path, *, champion: str = "logistic") -> tuple[TrainingRecord, Settings]:
    """A bundle trained on random leads with the shipped rule book, and what training would hand over for tracking."""
    differing = {"points": {"rule_book": "b2b"}, "model": {"resamples": 20}, "columns": {"mql_at": "Became MQL"}}
    settings = make_settings(differing, folder=folder)
    book = load_rule_book("b2b", folder)
    leads, events = draw_tables(600, seed=1)
    awards = award_leads(book, leads, as_of=leads["as_of"], events=tabulate_events(events))
    kinds = {"seniority": "category", "industry": "category", "employees": "number", "first_seen": "date"}
    rows = assemble_table(leads, list(kinds), awards=awards)
    features, _ = fit_features(rows, kinds, min_support=20, missing_values=settings.data.missing_values)
    points = rows["points/total"].to_numpy()
    outcome = (np.random.default_rng(2).random(len(leads)) < 1 / (1 + np.exp(3.5 - points / 25))).astype(float)
    days = (leads["as_of"] - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    sample = Sample(features.encode_table(rows, leads["as_of"]).matrix, outcome, days.to_numpy(), features=features, dated=True)
    fit, test = sample.take(np.arange(400)), sample.take(np.arange(430, 600))
    models = {name: learn(name, fit) for name in ("constant", "points", champion)}
    verdict = judge_candidates(models, champion, fit=fit, test=test, routed=points[430:] >= 60, settings=settings)
    thresholds = compute_forward_thresholds(final := learn(champion, sample), sample, settings)
    advice = recommend_threshold(thresholds, settings.threshold)
    files = make_bundle_files(final, sample, settings=settings, book=book, thresholds=thresholds, advice=advice)
    span = {"n": 600, "from": "2025-01-01", "through": "2025-10-27"}
    metrics = make_metrics(verdict, champion=champion, horizon=30.0, pending=7, fit=span)
    choice = [{"candidate": champion, "log_loss": 0.5, "excess": 0.0, "error": 0.0, "chosen": True}]
    tuning = {"rounds": 80, "rows": 400.0, "parameters": {"num_leaves": 4}, "members": 2, "tries": 17, "loss": 0.4, "usual": 0.5}
    learned = {"choice": choice, "tuning": tuning, "calibrator": {"kind": "tempered", "text": "It lost least."}}
    files["metrics.json"] = dump(metrics | learned)
    files["golden.jsonl"] = make_golden(files, 0)
    facts = {"versions": {"numpy": "2.4"}, "data": {"leads": "ab12", "events": None}, "git_commit": "c0ffee"}
    saved = save_bundle(folder / "models", f"{champion}-20260501T000000Z", files, facts)
    figure = matplotlib.figure.Figure()
    figure.subplots().plot([0, 1], [0, 1])
    metrics = json.loads(files["metrics.json"])
    record = TrainingRecord(saved, True, "It lost less.", metrics=metrics, **facts, figures={"reliability": figure}, began=BEGAN)
    columns = {"lead_id": "string", "employees": "double", "mql_at": "datetime"}
    table = TrainedTable(name="leads", source="leads.csv", digest="ab12" * 16, columns=columns, rows=600)
    tested = pd.DataFrame({"outcome": verdict.outcome, "probability_logistic": verdict.probability[champion]})
    curves = {champion: {"reliability": figure}}
    tries = pd.DataFrame([{"log_loss": 0.5, "rounds": 90}, {"log_loss": 0.4, "rounds": 80, "num_leaves": 4}])
    kept = replace(record, tables=(table,), test_leads=tested, seconds={"logistic": 0.25}, tries=tries, curves=curves)
    return kept, settings


def learn(name: str, sample: Sample) -> CalibratedModel:
    return fit_calibrated(name, sample, make_folds(sample.order, folds=2, gap=5), 0)
