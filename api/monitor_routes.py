"""The paths about served scores: the monitor as a page for people, and as tables for programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from .http.pages import make_page_response
from .schemas.answers import NO_MONITOR_PAGE, UNREADY
from .schemas.model import MonitorOut
from .serving.service import Served, Service

if TYPE_CHECKING:
    from predictor.store.monitor.monitor import Monitored


def read_monitor_page(service: Served) -> HTMLResponse:
    """What came of the served scores, as a page for people: promised and realised, what to expect, drift, and advice."""
    from predictor.store.monitor.page import render_monitor  # noqa: PLC0415  a server that nobody asks needs none of it

    return make_page_response(render_monitor(_monitor(service)))


def read_monitor(service: Served) -> MonitorOut:
    """What came of the served scores, as tables, and whether to train again. It reads every stored score: ask once a day."""
    monitored = _monitor(service)
    tables = {name: json.loads(table.to_json(orient="records", date_format="iso")) for name, table in monitored.tables.items()}
    advice = monitored.advice
    return MonitorOut(model=monitored.bundle, until=monitored.until, advice=advice.advice, reasons=advice.reasons, tables=tables)


def add_monitor_routes(router: APIRouter) -> None:
    """Add the paths to a router."""
    router.add_api_route(
        "/monitor", read_monitor_page, summary="Show what came of the scores", tags=["model"], response_class=HTMLResponse,
        responses=NO_MONITOR_PAGE,
    )  # fmt: skip
    router.add_api_route("/v1/monitor", read_monitor, summary="Say what came of the scores", tags=["model"], responses=UNREADY)


def _monitor(service: Service) -> Monitored:
    """What the database says now; what waits in the spool is not in it yet."""
    from predictor.store.monitor.monitor import monitor_store  # noqa: PLC0415  a server that nobody asks needs none of it

    return monitor_store(service.store.database, service.scorer, now=datetime.now(UTC))
