"""The commands about bundles: list, promote, roll back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from predictor import console
from predictor.cli_options import MODELS, AliasConfig, AsJson, Models, in_words, print_json
from predictor.config import load_settings

app = typer.Typer(no_args_is_help=True, help="The bundles: list, promote, roll back.")


@app.command("list")
@in_words
def list_models(models: Models = MODELS, *, as_json: AsJson = False) -> None:
    """List the bundles; the champion serves."""
    from predictor.bundle import list_bundles, read_champions

    champion = next(iter(read_champions(models)), None)
    names = list_bundles(models)
    if as_json:
        print_json({"champion": champion, "bundles": names})
        return
    for name in names:
        console.out.print(f"{'* ' if name == champion else '  '}{name}")
    if not names:
        console.out.print(f"There is no bundle in {models}.")


@app.command("promote")
@in_words
def promote_model(
    name: Annotated[str, typer.Argument(help="The bundle's name.")], models: Models = MODELS, config: AliasConfig = None
) -> None:
    """Let a bundle serve, whether or not training found that it earned it."""
    from predictor.bundle import promote

    promote(models, name)
    console.out.print(f"{name} is champion now. A server that runs takes it at its next start.")
    _move_alias(name, config)


@app.command("rollback")
@in_words
def roll_back(models: Models = MODELS, config: AliasConfig = None) -> None:
    """Let the champion before the present one serve again."""
    from predictor.bundle import rollback

    name = rollback(models)
    console.out.print(f"{name} is champion again. A server that runs takes it at its next start.")
    _move_alias(name, config)


def _move_alias(name: str, config: Path | None) -> None:
    """MLflow's alias follows where the settings are named."""
    if config is None:
        return
    from predictor.tracking import move_alias

    moved = move_alias(name, load_settings(config))
    console.out.print(f"MLflow: alias champion is on version {moved.model_version} in {console.escape(moved.uri)}.")
