"""The command that trains."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from predictor import console
from predictor.cli_options import MODELS, SETTINGS, AsJson, Config, Models, in_words, list_findings, print_json, store_url
from predictor.config import load_settings
from predictor.errors import TrackingError

if TYPE_CHECKING:
    from predictor.study import Study


@in_words
def train(
    config: Config = SETTINGS,
    models: Models = MODELS,
    *,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Keep the run in MLflow.")] = True,
    from_store: Annotated[
        bool, typer.Option("--from-store", help="Learn from stored scores and outcomes, rather than from the tables.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Learn from the leads, test forward in time, and write a bundle; it becomes champion only if it earned that."""
    from predictor.train import save_trained, track_trained
    from predictor.train import train as run_training

    settings = load_settings(config)
    with console.show_progress() as progress:
        study = _load_stored(config, models) if from_store else None
        trained = run_training(settings, study=study, progress=progress, advance=progress.advance)
        progress("Writing the bundle")
        saved = save_trained(trained, models, now=datetime.now(UTC))
        tracked, refusal = None, None
        if track:
            progress("Keeping the run in MLflow")
            try:
                tracked = track_trained(trained, saved)
            except TrackingError as error:  # the bundle is saved: show what it is worth before saying what failed
                refusal = error
    if as_json:
        metrics = json.loads(trained.files["metrics.json"])
        run = None if tracked is None else asdict(tracked)
        bundle = {"folder": str(saved.folder), "promoted": saved.promoted, "reason": saved.reason}
        print_json({"bundle": bundle, "run": run, "metrics": metrics, "findings": list_findings(trained.findings)})
    else:
        console.show_findings(trained.findings)
        console.show_verdict(trained.verdict)
        console.show_threshold(trained.advice, trained.verdict.realised, trained.verdict.gate)
        console.out.print(saved.reason)
        console.show_places(saved.folder, tracked)
    if refusal is not None:
        raise refusal


def _load_stored(config: Path, models: Path) -> Study:
    """The study of the store that the settings name, or of that beside the bundles."""
    from predictor.store import Database
    from predictor.store_study import load_store_study

    url = store_url(config)
    database = Database(url) if url else Database.beside(models)
    try:
        return load_store_study(load_settings(config), database)
    finally:
        database.close()
