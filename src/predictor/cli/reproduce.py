"""The command that does the training of a bundle again and compares."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from predictor.cli import console
from predictor.cli.options import MODELS, SETTINGS, AsJson, Config, Models, load_stored, print_errors, print_json
from predictor.core.settings import load_settings

if TYPE_CHECKING:
    from predictor.scoring.bundle.files import Bundle
    from predictor.training.reproduce import Reproduction

_SHORT = 12  # characters of a fingerprint that are shown


@print_errors
def reproduce(
    bundle: Annotated[str, typer.Argument(help="A bundle's folder, its name in --models, or the id of a run in MLflow.")],
    config: Config = SETTINGS,
    models: Models = MODELS,
    *,
    data: Annotated[
        Path | None, typer.Option(help="The folder where the paths of the bundle's settings start. Default: that of --config.")
    ] = None,
    from_store: Annotated[
        bool, typer.Option("--from-store", help="The bundle was trained on stored scores and outcomes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train once more with the settings of a bundle, and say what differs: data, versions, files, figures.

    Nothing is written. The exit code is 0 where data and files are equal, and 1 where they are not.
    """
    from predictor.training.reproduce import read_settings
    from predictor.training.reproduce import reproduce as train_again

    found = _find_bundle(bundle, config, models)
    settings = read_settings(found, config.parent if data is None else data)
    with console.show_progress() as progress:
        dataset = load_stored(config, models) if from_store else None
        outcome = train_again(found, settings, dataset=dataset, progress=progress, advance=progress.advance)
    if as_json:
        print_json(outcome.to_json())
    else:
        _show(outcome)
    if not outcome.equal:
        raise typer.Exit(1)


def _find_bundle(name: str, config: Path, models: Path) -> Bundle:
    """The bundle of that folder, of that name, or of that run in MLflow."""
    from predictor.scoring.bundle.files import is_bundle, load_bundle
    from predictor.scoring.bundle.registry import find_bundle

    for folder in (Path(name), models / name):
        if is_bundle(folder) or folder.is_dir():
            return load_bundle(find_bundle(folder))
    from predictor.training.tracking.track import fetch_bundle

    with TemporaryDirectory() as folder_name:
        return load_bundle(fetch_bundle(name, Path(folder_name), load_settings(config)))


def _show(outcome: Reproduction) -> None:
    """Print what differs, and the conclusion."""
    rows = [("data", table, _shorten(then), _shorten(now)) for table, (then, now) in outcome.data.items()]
    rows += [("version", package, str(then), str(now)) for package, (then, now) in outcome.versions.items()]
    rows += [("code", name, _shorten(then), _shorten(now)) for name, (then, now) in outcome.code.items()]
    rows += [("commit", "", _shorten(outcome.commit[0]), _shorten(outcome.commit[1]))] if outcome.commit else []
    rows += [("figure", name, _format(then), _format_change(then, now)) for name, (then, now) in outcome.metrics.items()]
    rows += [("file", name, "", "differs") for name in outcome.files]
    if rows:
        console.show_rows("", ["what", "name", "then", "now"], rows)
    console.out.print(console.escape(outcome.describe()))


def _shorten(text: str | None) -> str:
    return "none" if text is None else text[:_SHORT]


def _format(figure: float | None) -> str:
    return "none" if figure is None else f"{figure:.6g}"


def _format_change(then: float | None, now: float | None) -> str:
    change = "" if then is None or now is None else f" ({now - then:+.6g})"
    return f"{_format(now)}{change}"
