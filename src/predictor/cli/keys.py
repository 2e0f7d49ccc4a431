"""The commands about API keys: add, list, revoke."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from predictor.cli import console
from predictor.cli.options import MODELS, AsJson, Models, in_words, print_json
from predictor.core.settings import load_settings
from predictor.store.api_keys import FILE, add_key, read_keys, revoke_key

app = typer.Typer(no_args_is_help=True, help="The API keys: add, list, revoke.")
Name = Annotated[str, typer.Argument(help="The key's name, as logs will tell it.")]
KeysConfig = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The settings file that names serve.keys; without it, keys.toml beside the bundles."),
]


@app.command("add")
@in_words
def add(
    name: Name,
    scope: Annotated[list[str], typer.Option("--scope", help="What it opens: score, outcomes or admin; give it more than once.")],
    models: Models = MODELS,
    config: KeysConfig = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make an API key and print it, once: only its hash is kept."""
    path = find_keys(models, config)
    token = add_key(path, name, scope, now=datetime.now(UTC))
    if as_json:
        print_json({"name": name, "key": token, "file": str(path)})
        return
    typer.echo(token)
    console.err.print(f"This is the key '{name}'. It is shown once; {console.escape(str(path))} keeps only its hash.")


@app.command("list")
@in_words
def list_keys(models: Models = MODELS, config: KeysConfig = None, *, as_json: AsJson = False) -> None:
    """List the API keys: name, scopes, when each was made."""
    path = find_keys(models, config)
    keys = read_keys(path)
    if as_json:
        print_json([{"name": key.name, "scopes": list(key.scopes), "made_at": key.made_at} for key in keys])
        return
    for key in keys:
        console.out.print(f"{key.name:30} {', '.join(key.scopes):24} {key.made_at}")
    if not keys:
        console.out.print(f"There is no key in {console.escape(str(path))}.")


@app.command("revoke")
@in_words
def revoke(name: Name, models: Models = MODELS, config: KeysConfig = None) -> None:
    """Revoke an API key; a running server refuses it from its next request on."""
    revoke_key(find_keys(models, config), name)
    console.out.print(f"'{name}' is revoked.")


def find_keys(models: Path, config: Path | None) -> Path:
    """The file of keys that the settings name; or that beside the bundles."""
    if config is not None:
        settings = load_settings(config)
        if settings.serve.keys:
            return settings.folder / settings.serve.keys
    return models / FILE
