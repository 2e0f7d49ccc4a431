"""The command that trains, saves the bundle and records the training in MLflow."""

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
    check_output_file,
    list_findings,
    load_stored,
    note_action,
    open_store,
    print_errors,
    print_json,
)
from predictor.core.errors import PredictorError, TrackingError
from predictor.core.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from predictor.training.tracking.record import Tracked
    from predictor.training.train import Saved
    from predictor.training.trained import Trained


Track = Annotated[bool, typer.Option("--track/--no-track", help="Record the run in MLflow.")]
FromStore = Annotated[bool, typer.Option("--from-store", help="Train on stored scores and outcomes instead of the tables.")]
_KEPT = 3  # exit code of a retraining after which the champion of before still serves


@print_errors
def train(
    config: Config = SETTINGS,
    models: Models = MODELS,
    *,
    track: Track = True,
    from_store: FromStore = False,
    page: Annotated[
        Path | None,
        typer.Option(help="Also write the page to this file, with the ids of the leads that points and model would swap."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train on the leads, test forward in time, and write a bundle; it becomes champion only if the test supports that."""
    import pandas as pd

    from predictor.report.training_text import format_segments
    from predictor.training.train import save_trained
    from predictor.training.train import train as run_training

    if page is not None:
        check_output_file("--page", page, {".html": "page"})
    settings, began = load_settings(config), datetime.now(UTC)
    with console.show_progress() as progress:
        dataset = load_stored(config, models) if from_store else None
        trained = run_training(settings, dataset=dataset, progress=progress, advance=progress.advance)
        progress("Writing the bundle")
        saved = save_trained(trained, models, now=datetime.now(UTC))
        if saved.promoted:
            _note_promotion(models, config, saved.folder.name, by="train")
        tracked, errors = _write_extras(trained, saved, page=page, began=began if track else None, progress=progress)
    if as_json:
        metrics = json.loads(trained.files["metrics.json"])
        run = None if tracked is None else asdict(tracked)
        bundle = {"folder": str(saved.folder), "promoted": saved.promoted, "reason": saved.reason}
        print_json({"bundle": bundle, "run": run, "metrics": metrics, "findings": list_findings(trained.findings)})
    else:
        console.show_findings(trained.findings)
        console.show_verdict(trained.verdict)
        console.show_threshold(trained.advice, trained.report.policy, trained.verdict)
        if (segments := format_segments(trained.report.metrics, short=True)) is not None:
            console.show_table(segments.caption, pd.DataFrame(segments.rows, columns=list(segments.columns)))
        if accounts := trained.report.metrics.get("accounts"):
            console.out.print(console.escape(accounts["text"]))
        console.show_decision(trained.report.metrics["decision"])
        console.out.print(saved.reason)
        console.show_places(saved.folder, tracked, page=page)
    if errors:
        raise PredictorError(errors)


def _note_promotion(models: Path, config: Path, name: str, *, by: str) -> None:
    """Write the promotion into the audit log, if there is a store: a firm that never served has none."""
    store = open_store(models, config)
    store.close()
    if store.exists:
        note_action("model promoted", models, config, model=name, by=by)


def _write_extras(
    trained: Trained, saved: Saved, *, page: Path | None, began: datetime | None, progress: Callable[[str], None]
) -> tuple[Tracked | None, str]:
    """Record the run, unless its begin is None, and write the page; errors are a text, to be raised after the results."""
    from predictor.report.page.render import render_page
    from predictor.training.track_trained import track_trained

    tracked, errors = None, []
    if began is not None:
        progress("Recording the run in MLflow")
        try:
            tracked = track_trained(trained, saved, began=began)
        except TrackingError as error:
            errors.append(str(error))
    if page is not None:
        try:
            page.write_text(render_page(trained.report, named=True), encoding="utf-8")
        except OSError as error:
            errors.append(f"The bundle is saved, but '{page}' cannot be written: {error.strerror}.")
    return tracked, " ".join(errors)


@print_errors
def retrain(
    config: Config = SETTINGS,
    models: Models = MODELS,
    *,
    track: Track = True,
    from_store: FromStore = False,
    as_json: AsJson = False,
) -> None:
    """Train on a schedule: one at a time, with a summary file, and an exit code that says what came of it.

    The exit code is 0 where a new bundle serves, 3 where the champion of before stays, and 1 where the training failed. A failed
    one leaves the champion as it was.
    """
    from predictor.training.retrain import SUMMARY
    from predictor.training.retrain import retrain as run_retraining

    settings = load_settings(config)
    with console.show_progress() as progress:
        outcome = run_retraining(
            settings,
            models,
            load=lambda: load_stored(config, models) if from_store else None,
            track=track,
            progress=progress,
            advance=progress.advance,
        )
    if outcome.status == "promoted" and outcome.bundle is not None:
        _note_promotion(models, config, outcome.bundle, by="retrain")
    if as_json:
        print_json(outcome.to_json())
    else:
        console.out.print(console.escape(outcome.reason))
        console.out.print(f"Summary: {console.escape(str(models / SUMMARY))}")
    if outcome.not_done:
        console.err.print(f"[yellow]Not done.[/] {console.escape(outcome.not_done)}")
    if outcome.status == "kept":
        raise typer.Exit(_KEPT)
