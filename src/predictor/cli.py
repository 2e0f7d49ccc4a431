"""The command line: a skin over the library, with texts for people and JSON for machines.

Each command imports what it needs when it runs, so that help comes at once and a serving process stays small.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer

from predictor import console
from predictor.config import load_settings
from predictor.errors import Finding, PredictorError, TrackingError, count

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The probability that a marketing qualified lead becomes a sales qualified lead, learned from your own history.",
)
models_app = typer.Typer(no_args_is_help=True, help="The bundles: list, promote, roll back.")
app.add_typer(models_app, name="models")

Config = Annotated[Path, typer.Option("--config", "-c", help="The settings file.")]
Models = Annotated[Path, typer.Option("--models", help="The folder of bundles.")]
Model = Annotated[Path, typer.Option("--model", help="A bundle, or a folder of bundles whose champion is meant.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of text for people.")]
StoreConfig = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The settings file that names store.url; without it, scores.db beside the bundles."),
]
AliasConfig = Annotated[
    Path | None, typer.Option("--config", "-c", help="The settings file; with it, MLflow's alias champion is moved too.")
]
_SETTINGS, _MODELS = Path("predictor.toml"), Path("models")
P = ParamSpec("P")


def _in_words(command: Callable[P, None]) -> Callable[P, None]:
    """A refusal is a text on standard error and exit code 1, never a traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except PredictorError as error:
            console.err.print(f"[bold red]Refused.[/] {console.escape(str(error))}")
            raise typer.Exit(1) from None

    return run


def _print_json(content: object) -> None:
    typer.echo(json.dumps(content, indent=1, allow_nan=False))


def _list_findings(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    return [asdict(finding) for finding in findings]


@app.command()
@_in_words
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
        _print_json({"folder": str(out), "episodes": len(firm.leads), "events": len(firm.events)})
        return
    console.out.print(
        f"{count(len(firm.leads), 'episode')} of {count(leads, 'lead')} and {count(len(firm.events), 'event')} are in {out}."
    )
    console.out.print(f"Next: predictor train -c {out / _SETTINGS}")


@app.command()
@_in_words
def check(config: Config = _SETTINGS, *, as_json: AsJson = False) -> None:
    """Look through the export: what is wrong, what looks like a leak, what was left out."""
    from predictor.study import load_study

    findings = load_study(load_settings(config)).findings
    if as_json:
        _print_json(_list_findings(findings))
    else:
        console.show_every_finding(findings)
        console.out.print(f"{count(len(findings), 'finding')}; nothing that refuses training.")
    if any(finding.severity != "tip" for finding in findings):
        raise typer.Exit(1)


@app.command()
@_in_words
def train(
    config: Config = _SETTINGS,
    models: Models = _MODELS,
    *,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Keep the run in MLflow.")] = True,
    as_json: AsJson = False,
) -> None:
    """Learn from the leads, test forward in time, and write a bundle; it becomes champion only if it earned that."""
    from predictor.train import save_trained, track_trained
    from predictor.train import train as run_training

    settings = load_settings(config)
    with console.show_progress() as progress:
        trained = run_training(settings, progress=progress)
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
        _print_json({"bundle": bundle, "run": run, "metrics": metrics, "findings": _list_findings(trained.findings)})
    else:
        console.show_findings(trained.findings)
        console.show_verdict(trained.verdict)
        console.show_threshold(trained.advice, trained.verdict.realised, trained.verdict.gate)
        console.out.print(saved.reason)
        console.show_places(saved.folder, tracked)
    if refusal is not None:
        raise refusal


@app.command()
@_in_words
def score(
    leads: Annotated[Path, typer.Option(help="CSV or Parquet, one row a lead.")],
    out: Annotated[Path, typer.Option(help="CSV or Parquet to write.")],
    model: Model = _MODELS,
    events: Annotated[Path | None, typer.Option(help="CSV or Parquet, one row an event.")] = None,
    reasons: Annotated[int, typer.Option(min=0, max=20, help="How many reasons to give for each lead.")] = 3,
    *,
    as_json: AsJson = False,
) -> None:
    """Score a file of leads."""
    import pandas as pd

    from predictor.batch import score_leads
    from predictor.bundle import find_bundle
    from predictor.intake.read import read_table, write_table
    from predictor.score import Scorer

    scorer = Scorer.load(find_bundle(model))
    rows = read_table(leads, "leads")
    acts = None if events is None else read_table(events, "events")
    answers, findings = score_leads(scorer, rows, acts, now=pd.Timestamp(datetime.now(UTC)), reasons=reasons)
    write_table(answers, out)
    failed = int(answers["probability"].isna().sum())
    routed = int((answers["decision"] == "route_to_sales").sum())
    if as_json:
        told = {"out": str(out), "leads": len(answers), "routed": routed, "failed": failed, "model": scorer.version}
        _print_json(told | {"findings": _list_findings(findings)})
    else:
        console.show_findings(findings)
        console.out.print(f"{count(len(answers), 'lead')} scored by {scorer.version}: {routed:,} to sales. They are in {out}.")
    if failed:
        console.err.print(f"[red]{count(failed, 'lead')} could not be scored; the column 'warnings' says why.[/]")
        raise typer.Exit(1)


@app.command()
@_in_words
def threshold(
    model: Model = _MODELS,
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
        _print_json({"recommended": asdict(advice), "table": columns})
        return
    console.show_thresholds(columns, advice.threshold)
    console.show_threshold(advice)


@app.command()
@_in_words
def serve(
    model: Model = _MODELS,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    config: StoreConfig = None,
) -> None:
    """Serve the API."""
    import uvicorn

    os.environ["PREDICTOR_MODEL"] = str(model)
    if url := _store_url(config):
        os.environ["PREDICTOR_STORE"] = url
    uvicorn.run("api.app:create_from_environment", factory=True, host=host, port=port, log_level="warning")


@app.command()
@_in_words
def monitor(model: Model = _MODELS, config: StoreConfig = None, *, as_json: AsJson = False) -> None:
    """Tell how the served scores did: the funnel by week, what was promised and what came, and drift."""
    from predictor.bundle import find_bundle, load_bundle
    from predictor.monitor import monitor_store
    from predictor.store import Store

    bundle = load_bundle(find_bundle(model))
    url = _store_url(config)
    store = Store(url) if url else Store.beside(model if find_bundle(model) != model else model.absolute().parent)
    tables = monitor_store(store, bundle, now=datetime.now(UTC))
    if as_json:
        _print_json({name: json.loads(table.to_json(orient="records", date_format="iso")) for name, table in tables.items()})
        return
    for name, table in tables.items():
        console.show_table(name.capitalize(), table)


def _store_url(config: Path | None) -> str:
    """The store that the settings name; empty where they name none, which means the file beside the bundles."""
    if config is None:
        return ""
    settings = load_settings(config)
    url = settings.store.url
    if not url.startswith("sqlite:///"):
        return url
    return f"sqlite:///{settings.folder.resolve() / url.removeprefix('sqlite:///')}"


@models_app.command("list")
@_in_words
def list_models(models: Models = _MODELS, *, as_json: AsJson = False) -> None:
    """List the bundles; the champion serves."""
    from predictor.bundle import list_bundles, read_champions

    champion = next(iter(read_champions(models)), None)
    names = list_bundles(models)
    if as_json:
        _print_json({"champion": champion, "bundles": names})
        return
    for name in names:
        console.out.print(f"{'* ' if name == champion else '  '}{name}")
    if not names:
        console.out.print(f"There is no bundle in {models}.")


@models_app.command("promote")
@_in_words
def promote_model(
    name: Annotated[str, typer.Argument(help="The bundle's name.")], models: Models = _MODELS, config: AliasConfig = None
) -> None:
    """Let a bundle serve, whether or not training found that it earned it."""
    from predictor.bundle import promote

    promote(models, name)
    console.out.print(f"{name} serves now.")
    _move_alias(name, config)


@models_app.command("rollback")
@_in_words
def roll_back(models: Models = _MODELS, config: AliasConfig = None) -> None:
    """Let the champion before the present one serve again."""
    from predictor.bundle import rollback

    name = rollback(models)
    console.out.print(f"{name} serves again.")
    _move_alias(name, config)


def _move_alias(name: str, config: Path | None) -> None:
    """MLflow's alias follows where the settings are named."""
    if config is None:
        return
    from predictor.tracking import move_alias

    moved = move_alias(name, load_settings(config))
    console.out.print(f"MLflow: alias champion is on version {moved.model_version} in {console.escape(moved.uri)}.")


if __name__ == "__main__":
    app()
