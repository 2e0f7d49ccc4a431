"""The commands about API keys: add, list, revoke."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from predictor.cli import console
from predictor.cli.options import MODELS, AsJson, Models, note_action, print_errors, print_json
from predictor.core.settings import load_settings
from predictor.store.api_keys import FILE, add_key, read_keys, revoke_key
from predictor.store.key_uses import read_use

app = typer.Typer(no_args_is_help=True, help="The API keys: add, list, revoke.")
Name = Annotated[str, typer.Argument(help="The key's name, as it appears in logs.")]
KeysConfig = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The settings file with serve.keys; without it, keys.toml beside the bundles."),
]


@app.command("add")
@print_errors
def add(
    name: Name,
    scope: Annotated[list[str], typer.Option("--scope", help="What the key opens: score, outcomes or admin; can be repeated.")],
    models: Models = MODELS,
    config: KeysConfig = None,
    *,
    days: Annotated[float | None, typer.Option(min=0, help="Days after which it opens nothing; without it, never.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key and print it once; only its hash is stored."""
    path = locate_keys(models, config)
    token = add_key(path, name, scope, now=datetime.now(UTC), days=days)
    note_action("key added", models, config, key=name, scopes=scope)
    if as_json:
        print_json({"name": name, "key": token, "file": str(path)})
        return
    typer.echo(token)
    console.err.print(f"This is the key '{name}'. It is shown once; {console.escape(str(path))} stores only its hash.")


@app.command("list")
@print_errors
def list_keys(models: Models = MODELS, config: KeysConfig = None, *, as_json: AsJson = False) -> None:
    """List the API keys: name, scopes, when each was made, when it expires, and when it was last used."""
    path = locate_keys(models, config)
    keys = read_keys(path)
    uses = {key.name: read_use(path, key.sha256) for key in keys}
    if as_json:
        names = ("name", "scopes", "made_at", "expires_at", "last_used_at")
        facts = [(key.name, list(key.scopes), key.made_at, key.expires_at or None, _format_use(uses[key.name])) for key in keys]
        print_json([dict(zip(names, values, strict=True)) for values in facts])
        return
    for key in keys:
        used = f"last used {_format_use(uses[key.name])}" if uses[key.name] else "not used yet"
        expires = f"  expires {key.expires_at}" if key.expires_at else ""
        console.out.print(f"{key.name:30} {', '.join(key.scopes):24} {key.made_at}  {used}{expires}", soft_wrap=True)
    if not keys:
        console.out.print(f"There is no key in {console.escape(str(path))}.")


@app.command("revoke")
@print_errors
def revoke(name: Name, models: Models = MODELS, config: KeysConfig = None) -> None:
    """Revoke an API key; a running server refuses it from the next request on."""
    revoke_key(locate_keys(models, config), name)
    note_action("key revoked", models, config, key=name)
    console.out.print(f"'{name}' is revoked.")


def _format_use(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def locate_keys(models: Path, config: Path | None) -> Path:
    """The file of keys that the settings name, otherwise the one beside the bundles."""
    if config is not None:
        settings = load_settings(config)
        if settings.serve.keys:
            return settings.folder / settings.serve.keys
    return models / FILE
