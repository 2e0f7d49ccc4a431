"""The paths of the API: each calls the scorer or the store once and returns the result as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from predictor.store.store import Store

from .account_routes import add_account_routes
from .error_codes import NO_REPORT, RefusalError
from .http.guarded_route import GuardedRoute
from .http.metrics import CONTENT_TYPE, Metrics
from .http.pages import make_page_response
from .lead_routes import add_lead_routes
from .monitor_routes import add_monitor_routes
from .outcome_routes import add_outcome_routes
from .schemas.answers import METRICS_TEXT, NO_PAGE, UNREADY
from .schemas.model import FeatureOut, LiveOut, ModelOut, ReadyOut
from .score_routes import add_score_routes
from .serving.service import Served
from .threshold_routes import add_threshold_routes
from .worker import update_metrics

router = APIRouter(route_class=GuardedRoute, generate_unique_id_function=lambda route: route.name)
add_score_routes(router)
add_outcome_routes(router)
add_lead_routes(router)
add_account_routes(router)
add_threshold_routes(router)
add_monitor_routes(router)


@router.get("/v1/model", summary="Describe the model", tags=["model"], responses=UNREADY)
def read_model(service: Served) -> ModelOut:
    """The model that serves: its version, the attributes and events it uses, and its metrics on the forward test."""
    scorer = service.scorer
    rules = scorer.book.rules if scorer.book is not None else ()
    return ModelOut(
        **service.model,
        candidate=scorer.metrics["champion"],
        reasons="exact" if scorer.exact_reasons else "approximate",
        attributes=scorer.attributes,
        event_types=sorted({event_type for rule in rules for event_type in getattr(rule.condition, "types", ())}),
        features=[FeatureOut.model_validate(asdict(feature)) for feature in scorer.features.features],
        calibration=scorer.metrics.get("calibration"),
        metrics=scorer.metrics,
    )


@router.get("/report", summary="Show the report", tags=["model"], response_class=HTMLResponse, responses=NO_PAGE)
def read_report(service: Served) -> HTMLResponse:
    """The comparison of learned scores and points, as a page for people."""
    if service.scorer.report is None:
        raise RefusalError(404, NO_REPORT, f"Bundle '{service.scorer.version}' has no report. Train again to get one.")
    return make_page_response(service.scorer.report)


@router.get(
    "/metrics", summary="Metrics for Prometheus", tags=["health"], response_class=PlainTextResponse, responses=METRICS_TEXT
)
def read_metrics(request: Request) -> Response:
    """Counters since the server started, in the format of Prometheus. Nothing in them is about a lead."""
    metrics: Metrics = request.app.state.metrics
    update_metrics(request.app)
    return Response(metrics.format(), media_type=CONTENT_TYPE)


@router.get("/health/live", summary="Check that the server runs", tags=["health"])
async def check_live() -> LiveOut:  # a coroutine: it does not wait for a thread
    """Answers as long as the server runs."""
    return LiveOut()


@router.get("/health/ready", summary="Check that the server can score", tags=["health"], responses=UNREADY)
async def check_ready(service: Served) -> ReadyOut:
    """The model that serves and the state of the store; 503 with the reason if the server cannot score."""
    return ReadyOut.model_validate({
        "model": service.model,
        "challenger": service.challenger_version,
        "refused": list(service.refused),
        "store": _describe_store(service.store),
    })  # fmt: skip


def _describe_store(store: Store) -> dict[str, Any]:
    return {"waiting": store.waiting, "away": store.away is not None, "lost": store.lost}


router.head("/health/live", include_in_schema=False)(check_live)  # some monitors send HEAD
router.head("/health/ready", include_in_schema=False)(check_ready)
