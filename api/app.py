"""The app: one model, one store, and the paths of the API."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from predictor.core.errors import PredictorError
from predictor.core.settings import load_settings, make_settings
from predictor.core.settings_serving import ServeSettings, StoreSettings, WebhookSettings
from predictor.features.own_features import load_functions
from predictor.scoring.bundle.files import is_bundle
from predictor.store.api_keys import FILE, KeyRing
from predictor.store.store import Store

from .error_codes import LOG
from .http.errors import add_error_handlers
from .http.metrics import Metrics
from .http.middleware import RequestMiddleware
from .http.wrong_keys import WrongKeys
from .openapi.describe import make_openapi
from .openapi.docs_page import add_docs
from .openapi.openapi_30 import read_openapi_30
from .routes import router
from .serving.kept_monitor import KeptMonitor
from .serving.micro_batch import MicroBatch
from .serving.model_watch import ModelWatch
from .worker import run_worker

if TYPE_CHECKING:
    from predictor.store.webhooks.sender import WebhookSender

_GZIP_FROM = 10_000  # bytes of an answer: batches, documents and pages; for one lead it would cost more than it saves
_DESCRIPTION = """
The probability that a marketing qualified lead (MQL) becomes a sales qualified lead (SQL).

1. `GET /v1/model` lists the attributes and events that are worth sending.
2. When a lead becomes an MQL, send it to `POST /v1/score`. Follow `decision`, and show `probability` and `reasons`.
3. When sales has accepted or recycled the lead, send that to `POST /v1/outcomes`.

Every error is problem details (RFC 9457): `detail` says what is wrong, where, and what to do; programs read `code`. With
`?errors=v1` it is `{"error": {"code", "text"}}` alone, for one version more. Unknown fields and values that training never saw do
not stop a score: the answer lists them in `warnings`.
"""


def create_app(
    models: Path | None = None,
    *,
    bundle: Path | None = None,
    store_url: str | None = None,
    store: StoreSettings | None = None,
    serve: ServeSettings | None = None,
    webhooks: WebhookSettings | None = None,
) -> FastAPI:
    """The API over a bundle. If no bundle can serve, the app starts anyway, is not ready, and says why.

    Args:
        models: The folder whose champion serves; None for `models`.
        bundle: A bundle that serves whatever the champion is; None for the champion.
        store_url: SQLAlchemy URL of scores and outcomes; None for the one of `store`.
        store: Where and for how long they are stored; None for the file `scores.db` beside the bundles.
        serve: Keys, limits, how the app follows the champion, and the share of leads that go to sales at random; None for the
            defaults, with the keys in `keys.toml` beside the bundles.
        webhooks: Who is notified when a lead crosses the threshold; None for nobody.

    Raises:
        StoreError: The URL of the store cannot be read, or its driver is not installed.
        SettingsError: The file of keys, or of the secrets of webhooks, cannot be read.
    """
    serve_settings = serve or make_settings().serve
    store_settings = store or make_settings().store
    if store_url:
        store_settings = store_settings.model_copy(update={"url": store_url})
    folder = models or (bundle.absolute().parent if bundle else Path("models"))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, float]]:
        watch.start()
        watch.store.start()
        if sender is not None:
            sender.start()
        monitor.start()
        with run_worker(app):
            yield {"receive_s": serve_settings.receive_s}
        watch.stop()
        monitor.stop()
        if sender is not None:
            sender.stop()
        watch.store.close()

    app = FastAPI(
        title="Lead conversion predictor",
        version=_read_version(),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # both would load scripts from a CDN
        redoc_url=None,
    )
    score_store = Store.open(store_settings, folder)
    sender = _open_sender(score_store, webhooks, folder)
    watch = ModelWatch(
        folder, score_store, serve_settings, bundle=bundle, swap=lambda service: setattr(app.state, "service", service)
    )
    app.state.watch, app.state.sender = watch, sender
    app.state.agreement = make_settings().agreement
    app.state.keys = KeyRing(Path(serve_settings.keys) if serve_settings.keys else folder / FILE)
    app.state.reasons = serve_settings.reasons
    app.state.wrong_keys = WrongKeys()
    app.state.monitor = monitor = KeptMonitor(lambda: app.state.service, lambda: app.state.agreement)
    app.state.metrics = Metrics(monitor.list_figures)
    app.state.micro_batch = MicroBatch()
    app.add_middleware(RequestMiddleware, settings=serve_settings, metrics=app.state.metrics)
    app.add_middleware(GZipMiddleware, minimum_size=_GZIP_FROM, compresslevel=4)
    add_error_handlers(app)
    app.router.routes += router.routes  # include_router would match each request twice
    app.openapi = lambda: make_openapi(app)  # type: ignore[method-assign]
    add_docs(app)
    app.add_route("/openapi-3.0.json", read_openapi_30, include_in_schema=False)
    return app


def create_from_environment() -> FastAPI:
    """The API as `predictor serve` starts it, from environment variables.

    `PREDICTOR_MODEL` is a bundle, or a folder of bundles whose champion serves (default: `models`). `PREDICTOR_CONFIG` is a
    settings file, of which the sections `store`, `serve`, `webhooks` and `agreement` are used, and the functions of
    `features.own` are loaded. `PREDICTOR_STORE` is a SQLAlchemy URL that replaces its `store.url`.
    """
    folder = Path(os.environ.get("PREDICTOR_MODEL", "models"))
    store_url = os.environ.get("PREDICTOR_STORE") or None
    config = os.environ.get("PREDICTOR_CONFIG")
    settings = load_settings(config) if config else make_settings()
    load_functions(settings.features.own, settings.folder)
    store = settings.store.start_from(settings.folder)
    serve = settings.serve.start_from(settings.folder)
    webhooks = settings.webhooks.start_from(settings.folder)
    bundle = folder if is_bundle(folder) else None
    models = None if bundle else folder
    app = create_app(models, bundle=bundle, store_url=store_url, store=store, serve=serve, webhooks=webhooks)
    app.state.agreement = settings.agreement
    gc.freeze()  # what is loaded now stays: the garbage collector need not check it, and requests make hardly any garbage
    gc.set_threshold(20_000, 20, 50)
    return app


def create_worker() -> FastAPI:
    """The API as `predictor serve --workers` starts it in each process. Where it cannot start, the server ends."""
    try:
        return create_from_environment()
    except PredictorError as error:
        from uvicorn.config import STARTUP_FAILURE  # noqa: PLC0415  uvicorn's main process ends where a worker ends with it

        LOG.error("%s", error)
        raise SystemExit(STARTUP_FAILURE) from None


def _open_sender(store: Store, webhooks: WebhookSettings | None, folder: Path) -> WebhookSender | None:
    if webhooks is None or not webhooks.urls:
        return None
    from predictor.store.webhooks.sender import WebhookSender  # noqa: PLC0415  a server without webhooks loads no HTTP client

    return WebhookSender.open(store.database, webhooks, folder)


def _read_version() -> str:
    try:
        return version("lead-conversion-predictor")
    except PackageNotFoundError:
        return "0"
