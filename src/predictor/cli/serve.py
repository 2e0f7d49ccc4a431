"""The commands about serving: run the API, and monitor its scores."""

from __future__ import annotations

import json
import os
from contextlib import closing, suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from predictor.cli import console
from predictor.cli.keys import locate_keys
from predictor.cli.options import MODELS, AsJson, Model, StoreConfig, check_output_file, open_database, print_errors, print_json
from predictor.core.errors import SettingsError, count
from predictor.core.settings import load_settings, make_settings

if TYPE_CHECKING:
    from predictor.core.settings_serving import WebhookSettings
    from predictor.store.database import Database
    from predictor.store.monitor.monitor import Monitored

_SEND_S = 30.0  # for which the command waits for the receivers of webhooks


@print_errors
def serve(
    model: Model = MODELS,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer; each holds the model in memory.")] = 1,
    config: StoreConfig = None,
) -> None:
    """Serve the API."""
    import uvicorn

    from predictor.cli.json_logs import make_log_config
    from predictor.cli.workers import run_workers
    from predictor.scoring.bundle.files import is_bundle

    os.environ["PREDICTOR_MODEL"] = str(model)
    if config is not None:
        load_settings(config)  # errors are printed here rather than raised in the server
        os.environ["PREDICTOR_CONFIG"] = str(config.resolve())
    _check_keys(host, locate_keys(model.absolute().parent if is_bundle(model) else model, config))
    _check_free(host, port)
    _raise_file_limit()
    api = locate_api()
    arguments: dict[str, Any] = {
        "app": f"{api}.app:{'create_from_environment' if workers == 1 else 'create_worker'}", "factory": True, "host": host,
        "port": port, "workers": workers, "access_log": False, "log_config": make_log_config(), "server_header": False,
        "http": f"{api}.http.header_timeout:HeaderTimeout",
    }  # fmt: skip
    if workers == 1:
        uvicorn.run(**arguments)
    else:
        run_workers(arguments)


def locate_api() -> str:
    """The name of the API's package: a wheel holds it inside this package, a checkout beside it.

    >>> locate_api() in {"api", "predictor.api"}
    True
    """
    return "predictor.api" if find_spec("predictor.api") else "api"


def _raise_file_limit() -> None:
    """Raise the limit of open connections and files to the most that the system allows."""
    import resource  # not on Windows, where the other commands run

    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(ValueError, OSError):  # some systems name a higher limit than they grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _check_keys(host: str, path: Path) -> None:
    """Raise if the API would answer other machines without keys."""
    from predictor.store.api_keys import is_loopback, read_keys

    if not read_keys(path) and not is_loopback(host):
        raise SettingsError(
            f"Without keys the API is served on loopback only, but --host is {host}. Make a key with `predictor keys add NAME "
            f"--scope score` (stored in '{path}'), or serve on 127.0.0.1."
        )


def _check_free(host: str, port: int) -> None:
    """Raise if the port is taken."""
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise SettingsError(f"Port {port} of {host} cannot be used: {error.strerror}. Name another with --port.") from None


@print_errors
def monitor(
    model: Model = MODELS,
    config: StoreConfig = None,
    page: Annotated[Path | None, typer.Option(help="Write the page here: one HTML file, with pictures.")] = None,
    *,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 3 where the advice is to act, for a schedule.", show_default=False)
    ] = False,
    notify: Annotated[
        bool, typer.Option("--notify", help="Send a webhook, once, when the advice becomes to act.", show_default=False)
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Report on the served scores: what came of them, whether promises were kept, drift, and whether to train again."""
    from predictor.scoring.bundle.registry import find_bundle
    from predictor.scoring.scorer import Scorer
    from predictor.store.monitor.monitor import monitor_store

    if page is not None:
        check_output_file("--page", page, {".html": "a page"})
    folder = find_bundle(model)
    place = model if folder != model else model.absolute().parent
    settings = load_settings(config) if config is not None else make_settings()
    if notify and not settings.webhooks.urls:
        raise SettingsError("--notify has nobody to notify: name receivers in webhooks.urls, and the settings with --config.")
    with closing(open_database(config, place)) as database:
        monitored = monitor_store(database, Scorer.load(folder), now=datetime.now(UTC), agreement=settings.agreement)
        if notify:
            _notify(database, settings.webhooks.start_from(settings.folder), place, monitored)
    if page is not None:
        from predictor.store.monitor.page import render_monitor

        page.write_text(render_monitor(monitored), encoding="utf-8")
    if as_json:
        tables = {
            name: json.loads(table.to_json(orient="records", date_format="iso")) for name, table in monitored.tables.items()
        }
        print_json({"advice": monitored.advice.advice, "reasons": monitored.advice.reasons, **tables})
    else:
        console.out.print(console.escape(str(monitored.advice)), soft_wrap=True)
        for name in ("funnel", "realised", "expected", "drift"):
            if name in monitored.tables:
                console.show_table(name.capitalize(), monitored.tables[name])
        if page is not None:
            console.out.print(f"Page: {console.escape(str(page))}", soft_wrap=True)
    if exit_code and monitored.advice.moved:
        raise typer.Exit(3)


def _notify(database: Database, webhooks: WebhookSettings, folder: Path, monitored: Monitored) -> None:
    """Send what the monitor advises to the receivers, if it is new; what cannot be sent now waits for a running server."""
    from predictor.store.webhooks.moved import News, write_news
    from predictor.store.webhooks.sender import WebhookSender

    sender, advice = WebhookSender.open(database, webhooks, folder), monitored.advice
    if sender is None:
        return
    news = News(
        model=monitored.bundle, advice=advice.advice, reasons=advice.reasons, moved=advice.moved, until=monitored.until
    )  # fmt: skip
    if not write_news(database, [receiver.key for receiver in sender.receivers], news):
        return
    sender.start()
    try:
        waiting = sender.finish(_SEND_S)
    finally:
        sender.stop()
    if waiting:
        console.err.print(f"[yellow]{count(waiting, 'webhook')} could not be sent yet. A running server sends them.[/]")
