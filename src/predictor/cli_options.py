"""What the commands share: their options, how they refuse, how they print for machines."""

from __future__ import annotations

import functools
import json
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer

from predictor import console
from predictor.config import load_settings
from predictor.errors import Finding, PredictorError

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
SETTINGS, MODELS = Path("predictor.toml"), Path("models")
P = ParamSpec("P")


def in_words(command: Callable[P, None]) -> Callable[P, None]:
    """A refusal is a text on standard error and exit code 1, never a traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what is kept on disk for a while goes
        try:
            command(*args, **kwargs)
        except PredictorError as error:
            console.err.print(f"[bold red]Refused.[/] {console.escape(str(error))}")
            raise typer.Exit(1) from None

    return run


def print_json(content: object) -> None:
    """Content as JSON on standard output."""
    typer.echo(json.dumps(content, indent=1, allow_nan=False))


def list_findings(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Findings as JSON holds them."""
    return [asdict(finding) for finding in findings]


def store_url(config: Path | None) -> str:
    """The store that the settings name; empty where they name none, which means the file beside the bundles."""
    if config is None:
        return ""
    settings = load_settings(config)
    return settings.store.start_from(settings.folder).url
