"""The commands about serving: the API, and how its scores did."""

from __future__ import annotations

import json
import os
import resource
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from predictor.cli import console
from predictor.cli.keys import find_keys
from predictor.cli.options import MODELS, AsJson, Model, StoreConfig, in_words, print_json, store_url
from predictor.core.errors import SettingsError
from predictor.core.settings import load_settings


@in_words
def serve(
    model: Model = MODELS,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    config: StoreConfig = None,
) -> None:
    """Serve the API."""
    import uvicorn

    from predictor.cli.json_logs import make_log_config, spare_unread
    from predictor.scoring.bundle.files import is_bundle

    os.environ["PREDICTOR_MODEL"] = str(model)
    if config is not None:
        load_settings(config)  # refused here, in words, rather than in the server
        os.environ["PREDICTOR_CONFIG"] = str(config.resolve())
    _check_keys(host, find_keys(model.absolute().parent if is_bundle(model) else model, config))
    _check_free(host, port)
    spare_unread()
    _open_many()
    uvicorn.run(
        "api.app:create_from_environment", factory=True, host=host, port=port, access_log=False, log_config=make_log_config(),
        server_header=False, http="api.http.header_timeout:PromptHeads",
    )  # fmt: skip


def _open_many() -> None:
    """Have as many connections and files open as the system lets a process that asks."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(ValueError, OSError):  # some systems name more than they give
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _check_keys(host: str, path: Path) -> None:
    """Refuse to answer others than this machine without keys."""
    from predictor.store.api_keys import is_loopback, read_keys

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


@in_words
def monitor(model: Model = MODELS, config: StoreConfig = None, *, as_json: AsJson = False) -> None:
    """Tell how the served scores did: the funnel by week, what was promised and what came, and drift."""
    from predictor.scoring.bundle.files import load_bundle
    from predictor.scoring.bundle.registry import find_bundle
    from predictor.store.database import Database
    from predictor.store.monitor.monitor import monitor_store

    bundle = load_bundle(find_bundle(model))
    url = store_url(config)
    store = Database(url) if url else Database.beside(model if find_bundle(model) != model else model.absolute().parent)
    tables = monitor_store(store, bundle, now=datetime.now(UTC))
    if as_json:
        print_json({name: json.loads(table.to_json(orient="records", date_format="iso")) for name, table in tables.items()})
        return
    for name, table in tables.items():
        console.show_table(name.capitalize(), table)
