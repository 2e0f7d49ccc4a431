"""The paths about served scores: the monitor as a page for people, and as tables for programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from .http.pages import make_page_response
from .schemas.answers import NO_MONITOR_PAGE, UNREADY, WRONG
from .schemas.model import MonitorOut, QueueOut, QueueQuery, WaitingOut
from .serving.kept_monitor import KeptMonitor
from .serving.service import Served, Service

if TYPE_CHECKING:
    from predictor.store.monitor.monitor import Monitored


def read_monitor_page(service: Served, request: Request) -> HTMLResponse:
    """What came of the served scores, as a page for people: promised and realised, what to expect, drift, and advice."""
    from predictor.store.monitor.page import render_monitor  # noqa: PLC0415  a server that nobody asks needs none of it

    return make_page_response(render_monitor(_monitor(service, request)))


def read_monitor(service: Served, request: Request) -> MonitorOut:
    """What came of the served scores, as tables, and whether to train again. Of a large store the answer is some minutes old."""
    monitored = _monitor(service, request)
    tables = {name: json.loads(table.to_json(orient="records", date_format="iso")) for name, table in monitored.tables.items()}
    advice = monitored.advice
    return MonitorOut(model=monitored.bundle, until=monitored.until, advice=advice.advice, reasons=advice.reasons, tables=tables)


def read_queue(service: Served, request: Request, query: Annotated[QueueQuery, Query()]) -> QueueOut:
    """The leads that sales got and has not touched yet, those worth most first; late ones, and those due soon, are marked."""
    from predictor.store.monitor.response import list_queue  # noqa: PLC0415  likewise

    now, agreement = datetime.now(UTC), request.app.state.agreement
    horizon = service.scorer.metrics["horizon_days"]
    waiting = list_queue(service.store.database, timezone=service.timezone, agreement=agreement, now=now, horizon_days=horizon)
    rows = waiting.head(query.limit).astype(object).where(waiting.notna(), None).to_dict("records")
    leads = [WaitingOut.model_validate(row) for row in rows]
    due_soon, overdue = int(waiting["due_soon"].sum()), int(waiting["overdue"].sum())
    sorted_by: Literal["probability", "value"] = "value" if waiting["value"].notna().any() else "probability"
    return QueueOut(leads=leads, sorted_by=sorted_by, waiting=len(waiting), due_soon=due_soon, overdue=overdue)


def add_monitor_routes(router: APIRouter) -> None:
    """Add the paths to a router."""
    router.add_api_route(
        "/monitor", read_monitor_page, summary="Show what came of the scores", tags=["model"], response_class=HTMLResponse,
        responses=NO_MONITOR_PAGE,
    )  # fmt: skip
    router.add_api_route("/v1/monitor", read_monitor, summary="Say what came of the scores", tags=["model"], responses=UNREADY)
    router.add_api_route(
        "/v1/queue", read_queue, summary="List the leads that wait for sales", tags=["leads"], responses=WRONG | UNREADY
    )


def _monitor(service: Service, request: Request) -> Monitored:
    """What the database said when it was read last; what waits in the spool is not in it yet."""
    kept: KeptMonitor = request.app.state.monitor
    return kept.read(service)
