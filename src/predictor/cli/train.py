"""The command that trains."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from predictor.cli import console
from predictor.cli.options import (
    MODELS,
    SETTINGS,
    AsJson,
    Config,
    Models,
    in_words,
    list_findings,
    print_json,
    refuse_place,
    store_url,
)
from predictor.core.errors import PredictorError, TrackingError
from predictor.core.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from predictor.training.dataset import Dataset
    from predictor.training.tracking.record import Tracked
    from predictor.training.train import Saved, Trained


@in_words
def train(
    config: Config = SETTINGS,
    models: Models = MODELS,
    *,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Keep the run in MLflow.")] = True,
    from_store: Annotated[
        bool, typer.Option("--from-store", help="Learn from stored scores and outcomes, rather than from the tables.")
    ] = False,
    page: Annotated[
        Path | None, typer.Option(help="Write the page here too, with the ids of the leads that points and model would swap.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Learn from the leads, test forward in time, and write a bundle; it becomes champion only if it earned that."""
    from predictor.training.train import save_trained
    from predictor.training.train import train as run_training

    if page is not None:
        refuse_place("--page", page, {".html": "page"})
    settings = load_settings(config)
    with console.show_progress() as progress:
        dataset = _load_stored(config, models) if from_store else None
        trained = run_training(settings, dataset=dataset, progress=progress, advance=progress.advance)
        progress("Writing the bundle")
        saved = save_trained(trained, models, now=datetime.now(UTC))
        tracked, refused = _keep(trained, saved, page=page, track=track, progress=progress)
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
        console.show_places(saved.folder, tracked, page=page)
    if refused:
        raise PredictorError(refused)


def _keep(
    trained: Trained, saved: Saved, *, page: Path | None, track: bool, progress: Callable[[str], None]
) -> tuple[Tracked | None, str]:
    """Write what is wanted beside the bundle; what failed is told, once people have seen what the saved bundle is worth."""
    from predictor.report.page.render import render_page
    from predictor.training.train import track_trained

    tracked, refused = None, []
    if track:
        progress("Keeping the run in MLflow")
        try:
            tracked = track_trained(trained, saved)
        except TrackingError as error:
            refused.append(str(error))
    if page is not None:
        try:
            page.write_text(render_page(trained.report, named=True), encoding="utf-8")
        except OSError as error:
            refused.append(f"The bundle is saved, but '{page}' cannot be written: {error.strerror}.")
    return tracked, " ".join(refused)


def _load_stored(config: Path, models: Path) -> Dataset:
    """The study of the store that the settings name, or of that beside the bundles."""
    from predictor.store.database import Database
    from predictor.training.from_store import load_stored_dataset

    url = store_url(config)
    database = Database(url) if url else Database.beside(models)
    try:
        return load_stored_dataset(load_settings(config), database)
    finally:
        database.close()
