"""The commands about bundles: list, promote, roll back, challenge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from predictor.cli import console
from predictor.cli.options import MODELS, AliasConfig, AsJson, Models, note_action, print_errors, print_json
from predictor.core.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The bundles: list, promote, roll back, challenge.")


@app.command("list")
@print_errors
def list_models(models: Models = MODELS, *, as_json: AsJson = False) -> None:
    """List the bundles: the champion (*) serves, the challenger (+) scores in its shadow."""
    from predictor.scoring.bundle.files import list_bundles
    from predictor.scoring.bundle.registry import read_challenger, read_champions

    champion, challenger = next(iter(read_champions(models)), None), read_challenger(models)
    names = list_bundles(models)
    if as_json:
        print_json({"champion": champion, "challenger": challenger, "bundles": names})
        return
    for name in names:
        console.out.print(f"{'* ' if name == champion else '+ ' if name == challenger else '  '}{name}")
    if not names:
        console.out.print(f"There is no bundle in {models}.")


@app.command("promote")
@print_errors
def promote_model(
    name: Annotated[str, typer.Argument(help="The bundle's name.")], models: Models = MODELS, config: AliasConfig = None
) -> None:
    """Make a bundle champion, whatever training decided."""
    from predictor.scoring.bundle.registry import promote

    promote(models, name)
    note_action("model promoted", models, config, model=name)
    _announce(f"{name} is champion now.", name, config)


@app.command("rollback")
@print_errors
def roll_back(models: Models = MODELS, config: AliasConfig = None) -> None:
    """Make the previous champion serve again."""
    from predictor.scoring.bundle.registry import rollback

    name = rollback(models)
    note_action("model rolled back", models, config, model=name)
    _announce(f"{name} is champion again.", name, config)


@app.command("challenge")
@print_errors
def challenge_champion(
    name: Annotated[str | None, typer.Argument(help="The bundle's name; without it, the challenger is removed.")] = None,
    models: Models = MODELS,
) -> None:
    """Let a bundle score in the shadow of the champion: both probabilities are stored, the champion's decides."""
    from predictor.scoring.bundle.registry import challenge

    challenge(models, name)
    note_action("challenger set", models, model=name)
    console.out.print(
        "There is no challenger now." if name is None else f"{name} is challenger now: it scores in the shadow of the champion."
    )


def _announce(text: str, name: str, config: Path | None) -> None:
    """Print who is champion; with settings, move MLflow's alias to it."""
    console.out.print(f"{text} A running server switches at its next check (serve.watch_s).")
    if config is None:
        return
    from predictor.training.tracking.track import move_alias

    moved = move_alias(name, load_settings(config))
    console.out.print(f"MLflow: alias champion is on version {moved.model_version} in {console.escape(moved.uri)}.")
