"""The app: one bundle, one store, the paths of the API."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from predictor.core.settings import load_settings, make_settings
from predictor.core.settings_sections import ServeSettings, StoreSettings
from predictor.scoring.bundle.files import is_bundle
from predictor.store.api_keys import FILE, KeyRing
from predictor.store.store import Store

from .http.errors import add_handlers
from .http.metrics import Metrics
from .http.middleware import RequestMiddleware
from .openapi.describe import describe, to_30
from .openapi.docs_page import add_docs
from .routes import router
from .serving.micro_batch import MicroBatch
from .serving.model_watch import ModelWatch

_ABOUT = """
The probability that a marketing qualified lead (MQL) becomes a sales qualified lead (SQL).

1. Ask `GET /v1/model` which attributes and events are worth sending.
2. The moment a lead becomes an MQL, `POST /v1/score`; act on `decision`, show `probability` and `reasons`.
3. When sales has accepted or recycled it, `POST /v1/outcomes`.

Every error is `{"error": {"code", "text"}}`; its text says what is wrong, where, and what to do. A value that was never seen and
a field that is not known do not stop a score: they come back in `warnings`.
"""


def create_app(
    models: Path | None = None,
    *,
    bundle: Path | None = None,
    store_url: str | None = None,
    store: StoreSettings | None = None,
    serve: ServeSettings | None = None,
) -> FastAPI:
    """The API over a bundle; without one that can serve it starts all the same, is not ready, and says why.

    Args:
        models: The folder whose champion serves; None means `models`.
        bundle: A bundle that serves whatever the champion is; None means the champion.
        store_url: SQLAlchemy URL of scores and outcomes; None means that of `store`.
        store: Where and for how long they are kept; None means the file `scores.db` beside the bundles.
        serve: Keys and limits, how it follows the bundles, and which leads go to sales by lot; None means the defaults, with the
            keys in `keys.toml` beside the bundles.

    Raises:
        StoreError: The URL of the store cannot be read, or its driver is not installed.
        SettingsError: The file of keys cannot be read.
    """
    limits = serve or make_settings().serve
    asked = store or make_settings().store
    asked = asked.model_copy(update={"url": store_url}) if store_url else asked
    folder = models or (bundle.absolute().parent if bundle else Path("models"))

    @asynccontextmanager
    async def live(_: FastAPI) -> AsyncIterator[dict[str, float]]:
        watch.start()
        watch.store.start()
        yield {"receive_s": limits.receive_s}
        watch.stop()
        watch.store.close()

    app = FastAPI(
        title="Lead conversion predictor",
        version=_find_version(),
        description=_ABOUT,
        lifespan=live,
        docs_url=None,  # both would load scripts from a CDN
        redoc_url=None,
    )
    watch = ModelWatch(
        folder, Store.open(asked, folder), limits, bundle=bundle, swap=lambda service: setattr(app.state, "service", service)
    )
    app.state.watch = watch
    app.state.keys = KeyRing(Path(limits.keys) if limits.keys else folder / FILE)
    app.state.metrics = Metrics()
    app.state.gather = MicroBatch()
    app.add_middleware(RequestMiddleware, settings=limits, metrics=app.state.metrics)
    add_handlers(app)
    app.router.routes += router.routes  # as they are: a router in a router is asked twice
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    add_docs(app)
    app.add_route("/openapi-3.0.json", lambda _: JSONResponse(to_30(app.openapi())), include_in_schema=False)
    return app


def create_from_environment() -> FastAPI:
    """The API as `predictor serve` asks for it.

    `PREDICTOR_MODEL` is a bundle, or a folder of bundles whose champion serves (default: `models`); `PREDICTOR_CONFIG` is a
    settings file whose sections `store` and `serve` are meant; `PREDICTOR_STORE` is a SQLAlchemy URL that stands instead of its
    `store.url`.
    """
    folder = Path(os.environ.get("PREDICTOR_MODEL", "models"))
    store_url = os.environ.get("PREDICTOR_STORE") or None
    config = os.environ.get("PREDICTOR_CONFIG")
    settings = load_settings(config) if config else make_settings()
    store = settings.store.start_from(settings.folder)
    serve = settings.serve.start_from(settings.folder)
    bundle = folder if is_bundle(folder) else None
    app = create_app(None if bundle else folder, bundle=bundle, store_url=store_url, store=store, serve=serve)
    gc.freeze()  # what is there now stays, and is looked through for garbage no more; what requests make is hardly ever garbage
    gc.set_threshold(20_000, 20, 50)
    return app


def _find_version() -> str:
    try:
        return version("lead-conversion-predictor")
    except PackageNotFoundError:
        return "0"
