"""What the commands share: their options, how they refuse, how they print for machines."""

from __future__ import annotations

import functools
import json
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer

from predictor.cli import console
from predictor.core.errors import Finding, PredictorError, ReportError
from predictor.core.settings import load_settings

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


def refuse_place(option: str, out: Path, kinds: Mapping[str, str]) -> None:
    """Refuse a file that cannot be written, before anything is computed.

    Args:
        option: What names it, as '--out'.
        out: The file.
        kinds: Ending -> what such a file is, as '.html' -> 'page'.

    Raises:
        ReportError: It has another ending, is a folder, or lies in none.
    """
    if out.suffix not in kinds or out.is_dir():
        names = " or ".join(f"report{ending}" for ending in kinds)
        raise ReportError(f"{option} must name a {' or a '.join(kinds.values())} to write, but is '{out}'. Name it as {names}.")
    if not out.parent.is_dir():
        raise ReportError(f"{option} names '{out}', but there is no folder '{out.parent}'. Make it, or name another place.")


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
