"""What the commands share: options, error messages, JSON output, the database of scores."""

from __future__ import annotations

import functools
import json
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, ParamSpec

import typer

from predictor.cli import console
from predictor.core.errors import Finding, PredictorError, ReportError, StoreError
from predictor.core.settings import load_settings, make_settings

if TYPE_CHECKING:
    from predictor.store.database import Database
    from predictor.store.schema import AuditAction
    from predictor.store.store import Store
    from predictor.training.dataset import Dataset

Config = Annotated[Path, typer.Option("--config", "-c", help="The settings file.")]
Models = Annotated[Path, typer.Option("--models", help="The folder of bundles.")]
Model = Annotated[Path, typer.Option("--model", "--models", help="A bundle, or a folder of bundles whose champion is used.")]
Excel = Annotated[
    Literal["comma", "point"] | None,
    typer.Option(help="Write CSVs for a double click in Excel: comma where it writes 0,5, point where it writes 0.5."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of text for people.")]
StoreConfig = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The settings file with store.url; without it, scores.db beside the bundles."),
]
OwnConfig = Annotated[
    Path | None, typer.Option("--config", "-c", help="The settings file; needed for a bundle with functions of features.own.")
]
AliasConfig = Annotated[
    Path | None, typer.Option("--config", "-c", help="The settings file; with it, MLflow's alias champion moves too.")
]
ACTOR = "command line"  # in the audit log
SETTINGS, MODELS = Path("predictor.toml"), Path("models")
P = ParamSpec("P")
_SERVE = {"alembic", "fastapi", "fastapi_offline", "orjson", "prometheus_client", "sqlalchemy", "urllib3", "uvicorn"}
_EXTRA = {"openpyxl": "excel", "psycopg": "postgres", "pyspark": "spark"}


def print_errors(command: Callable[P, None]) -> Callable[P, None]:
    """A command whose errors become a text on standard error and exit code 1, never a traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that temporary files are deleted
        try:
            command(*args, **kwargs)
        except ModuleNotFoundError as error:
            if (text := describe_missing_package(error.name or "")) is None:
                raise
            console.err.print(f"[bold red]Refused.[/] {console.escape(text)}")
            raise typer.Exit(1) from None
        except PredictorError as error:
            console.err.print(f"[bold red]Refused.[/] {console.escape(str(error))}")
            raise typer.Exit(1) from None

    return run


def describe_missing_package(name: str) -> str | None:
    """What to install where a package is missing; None for one of this program's own modules.

    >>> print(describe_missing_package("uvicorn.config"))
    The package 'uvicorn' is not installed. It comes with an extra: pip install 'lead-conversion-predictor[serve]'.
    >>> describe_missing_package("predictor.nowhere") is None
    True
    """
    package = name.partition(".")[0]
    if not package or package in {"predictor", "api"}:
        return None
    extra = _EXTRA.get(package, "serve" if package in _SERVE else "full")
    text = f"The package '{package}' is not installed."
    return f"{text} It comes with an extra: pip install 'lead-conversion-predictor[{extra}]'."


def check_output_file(option: str, out: Path, kinds: Mapping[str, str]) -> None:
    """Raise before anything is computed if an output file cannot be written.

    Args:
        option: The option that names the file, such as '--out'.
        out: The file.
        kinds: Suffix -> kind of file, such as '.html' -> 'page'.

    Raises:
        ReportError: The file has another suffix, is a folder, or its folder does not exist.
    """
    if out.suffix not in kinds or out.is_dir():
        names = " or ".join(f"report{ending}" for ending in kinds)
        raise ReportError(f"{option} must name a {' or a '.join(kinds.values())} to write, but is '{out}'. Name it {names}.")
    if not out.parent.is_dir():
        raise ReportError(f"{option} names '{out}', but there is no folder '{out.parent}'. Create it, or name another file.")


def print_json(content: object) -> None:
    """Print content as JSON on standard output."""
    typer.echo(json.dumps(content, indent=1, allow_nan=False))


def list_findings(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Findings as JSON content."""
    return [asdict(finding) for finding in findings]


def open_database(config: Path | None, models: Path) -> Database:
    """The database that the settings name, otherwise the file beside the bundles."""
    from predictor.store.database import Database

    settings = None if config is None else load_settings(config)
    url = settings.store.start_from(settings.folder).url if settings is not None else ""
    return Database(url) if url else Database.beside(models)


def load_stored(config: Path, models: Path) -> Dataset:
    """The dataset of stored scores and outcomes."""
    from predictor.training.from_store import load_stored_dataset

    database = open_database(config, models)
    try:
        return load_stored_dataset(load_settings(config), database)
    finally:
        database.close()


def open_store(models: Path, config: Path | None = None) -> Store:
    """The store that the settings name, otherwise the one beside the bundles. Nothing is opened yet."""
    from predictor.store.store import Store

    settings = load_settings(config) if config is not None else make_settings()
    section = settings.store.start_from(settings.folder) if config is not None else settings.store
    return Store.open(section, models)


def note_action(action: AuditAction, models: Path, config: Path | None = None, **details: Any) -> None:  # noqa: ANN401  JSON
    """Write an entry of the audit log. What was done is done, so a failure is only a warning."""
    try:
        store = open_store(models, config)
        try:
            store.note(action, actor=ACTOR, **details)
        finally:
            store.close()
    except StoreError as error:
        console.err.print(f"[yellow]The audit log has no entry about this.[/] {console.escape(str(error))}")


def load_own_functions(config: Path | None) -> None:
    """Make the functions known that the settings name in `features.own`; a bundle that needs them can then be loaded."""
    if config is not None:
        from predictor.features.own_features import load_functions

        settings = load_settings(config)
        load_functions(settings.features.own, settings.folder)
