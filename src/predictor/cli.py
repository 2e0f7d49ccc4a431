"""The command line: a skin over the library, with texts for people and JSON for machines.

Each command imports what it needs when it runs, so that help comes at once and a serving process stays small.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from predictor import console
from predictor.cli_keys import app as keys_app
from predictor.cli_keys import find_keys
from predictor.cli_models import app as models_app
from predictor.cli_options import (
    MODELS,
    SETTINGS,
    AsJson,
    Config,
    Model,
    Models,
    StoreConfig,
    in_words,
    list_findings,
    print_json,
    store_url,
)
from predictor.cli_store import app as store_app
from predictor.config import load_settings
from predictor.errors import ScoringError, SettingsError, TrackingError, count

if TYPE_CHECKING:
    from predictor.study import Study

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The probability that a marketing qualified lead becomes a sales qualified lead, learned from your own history.",
)
app.add_typer(models_app, name="models")
app.add_typer(keys_app, name="keys")
app.add_typer(store_app, name="store")


@app.command()
@in_words
def simulate(
    leads: Annotated[int, typer.Option(min=1, help="How many leads.")],
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same firm.")] = 0,
    *,
    as_json: AsJson = False,
) -> None:
    """Write the leads and events of a made-up firm whose true probabilities are known, and settings to go with them."""
    from predictor.simulate import save_firm, simulate_firm

    with console.show_progress() as progress:
        progress(f"Simulating {count(leads, 'lead')}")
        firm = simulate_firm(leads, seed)
        save_firm(firm, out)
    if as_json:
        print_json({"folder": str(out), "episodes": len(firm.leads), "events": len(firm.events)})
        return
    console.out.print(
        f"{count(len(firm.leads), 'episode')} of {count(leads, 'lead')} and {count(len(firm.events), 'event')} are in {out}."
    )
    console.out.print(f"Next: predictor train -c {out / SETTINGS}")


@app.command()
@in_words
def check(config: Config = SETTINGS, *, as_json: AsJson = False) -> None:
    """Look through the export: what is wrong, what looks like a leak, what was left out."""
    from predictor.study import load_study

    study = load_study(load_settings(config))
    findings = (*study.findings, *study.fit_features(study.teaching)[1])
    if as_json:
        print_json(list_findings(findings))
    else:
        console.show_every_finding(findings)
        console.out.print(f"{count(len(findings), 'finding')}; nothing that refuses training.")
    if any(finding.severity != "tip" for finding in findings):
        raise typer.Exit(1)


@app.command()
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


@app.command()
@in_words
def score(
    leads: Annotated[Path, typer.Option(help="CSV or Parquet, one row a lead.")],
    out: Annotated[Path, typer.Option(help="CSV or Parquet to write.")],
    model: Model = MODELS,
    events: Annotated[str | None, typer.Option(help="CSV or Parquet, one row an event; a folder, a glob, or URL#TABLE.")] = None,
    reasons: Annotated[int, typer.Option(min=0, max=20, help="How many reasons to give for each lead.")] = 3,
    *,
    as_json: AsJson = False,
) -> None:
    """Score a file of leads."""
    import pandas as pd

    from predictor.batch import score_leads
    from predictor.bundle import find_bundle
    from predictor.intake.read import read_table, write_table
    from predictor.intake.sources import open_events
    from predictor.score import Scorer

    if out.resolve() in {Path(where).resolve() for where in (leads, events) if where is not None}:
        raise ScoringError(f"--out names '{out}', which is read: the export would be lost. Name another file.")
    scorer = Scorer.load(find_bundle(model))
    rows = read_table(leads, "leads")
    acts = None if events is None else open_events(events, Path())
    answers, findings = score_leads(scorer, rows, acts, now=pd.Timestamp(datetime.now(UTC)), reasons=reasons)
    write_table(answers, out)
    failed = int(answers["probability"].isna().sum())
    routed = int((answers["decision"] == "route_to_sales").sum())
    if as_json:
        told = {"out": str(out), "leads": len(answers), "routed": routed, "failed": failed, "model": scorer.version}
        print_json(told | {"findings": list_findings(findings)})
    else:
        console.show_findings(findings)
        console.out.print(f"{count(len(answers), 'lead')} scored by {scorer.version}: {routed:,} to sales. They are in {out}.")
    if failed:
        console.err.print(f"[red]{count(failed, 'lead')} could not be scored; the column 'warnings' says why.[/]")
        raise typer.Exit(1)


@app.command()
@in_words
def compare(
    out: Annotated[Path, typer.Option(help="The Markdown summary to write, as report.md.")],
    model: Model = MODELS,
    leads: Annotated[str, typer.Option(help="Leads with outcomes, as training takes them; without it, the forward test.")] = "",
    events: Annotated[str, typer.Option(help="Their events; a file, a folder, a glob, or URL#TABLE.")] = "",
    tables: Annotated[Path | None, typer.Option(help="A folder for every table as CSV.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Compare points, learned points and model on the same leads: of the forward test, or any with outcomes."""
    from predictor.bundle import find_bundle, load_bundle
    from predictor.compare import compare_bundle
    from predictor.intake.read import write_table
    from predictor.report.summary import write_summary

    if out.suffix != ".md" or out.resolve() in {Path(where).resolve() for where in (leads, events) if where}:
        raise ScoringError(f"--out must name a Markdown file to write, but is '{out}'. Name it as report.md.")
    bundle = load_bundle(find_bundle(model))
    comparison, note = compare_bundle(bundle, leads=leads, events=events)
    which = "the leads given" if leads else "the forward test"
    out.write_text(write_summary(comparison, title=f"Points against {bundle.version}, on {which}", note=note), encoding="utf-8")
    if tables is not None:
        tables.mkdir(parents=True, exist_ok=True)
        for name, table in comparison.tables.items():
            write_table(table, tables / f"{name}.csv")
    if as_json:
        print_json({"out": str(out), "note": note, **comparison.to_json()})
        return
    for sentence in (*comparison.sentences, *comparison.untold):
        console.out.print(console.escape(sentence))
    if note:
        console.err.print(f"[yellow]{console.escape(note)}[/]")
    console.out.print(f"The summary is in {out}.")


@app.command()
@in_words
def threshold(
    model: Model = MODELS,
    policy: Annotated[str | None, typer.Option(help="band, capacity, value or precision; without it, the bundle's own.")] = None,
    leads_per_week: Annotated[float | None, typer.Option(help="capacity: leads that sales can work in a week.")] = None,
    amount: Annotated[float | None, typer.Option(help="value: what an accepted lead brings.")] = None,
    cost: Annotated[float | None, typer.Option(help="value: what working one lead costs.")] = None,
    precision: Annotated[float | None, typer.Option(help="precision: conversion at least, from 0 to 1.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Recommend a threshold by another policy or capacity, without training again."""
    from predictor.bundle import find_bundle
    from predictor.score import Scorer

    scorer = Scorer.load(find_bundle(model))
    asked = {"policy": policy, "leads_per_week": leads_per_week, "amount": amount, "cost": cost, "precision": precision}
    advice, columns = scorer.advise({name: value for name, value in asked.items() if value is not None})
    if as_json:
        print_json({"recommended": asdict(advice), "table": columns})
        return
    console.show_findings([] if scorer.doubt is None else [scorer.doubt])
    console.show_thresholds(columns, advice.threshold)
    console.show_threshold(advice)


@app.command()
@in_words
def serve(
    model: Model = MODELS,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    config: StoreConfig = None,
) -> None:
    """Serve the API."""
    import uvicorn

    from predictor.bundle import is_bundle
    from predictor.log_lines import make_log_config

    os.environ["PREDICTOR_MODEL"] = str(model)
    if config is not None:
        load_settings(config)  # refused here, in words, rather than in the server
        os.environ["PREDICTOR_CONFIG"] = str(config.resolve())
    _check_keys(host, find_keys(model.absolute().parent if is_bundle(model) else model, config))
    _check_free(host, port)
    uvicorn.run(
        "api.app:create_from_environment", factory=True, host=host, port=port, access_log=False, log_config=make_log_config(),
        server_header=False,
    )  # fmt: skip


def _check_keys(host: str, path: Path) -> None:
    """Refuse to answer others than this machine without keys."""
    from predictor.keys import is_loopback, read_keys

    if not read_keys(path) and not is_loopback(host):
        raise SettingsError(
            f"Without keys the API is served on loopback only, but --host is {host}. Make a key with `predictor keys add NAME "
            f"--scope score` (it is kept in '{path}'), or serve on 127.0.0.1."
        )


def _check_free(host: str, port: int) -> None:
    """Refuse in words where somebody else listens."""
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise SettingsError(f"Port {port} of {host} cannot be used: {error.strerror}. Name another with --port.") from None


@app.command()
@in_words
def monitor(model: Model = MODELS, config: StoreConfig = None, *, as_json: AsJson = False) -> None:
    """Tell how the served scores did: the funnel by week, what was promised and what came, and drift."""
    from predictor.bundle import find_bundle, load_bundle
    from predictor.monitor import monitor_store
    from predictor.store import Database

    bundle = load_bundle(find_bundle(model))
    url = store_url(config)
    store = Database(url) if url else Database.beside(model if find_bundle(model) != model else model.absolute().parent)
    tables = monitor_store(store, bundle, now=datetime.now(UTC))
    if as_json:
        print_json({name: json.loads(table.to_json(orient="records", date_format="iso")) for name, table in tables.items()})
        return
    for name, table in tables.items():
        console.show_table(name.capitalize(), table)


if __name__ == "__main__":
    app()
