"""The paths of the API: each asks the scorer or the store once, and says the same in JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from predictor.core.errors import Finding, list_names
from predictor.data.parse import to_moment
from predictor.store.store import Store

from .http.error_codes import WRONG_FIELD
from .http.errors import NO_REPORT, RefusalError
from .http.guarded_route import GuardedRoute
from .http.metrics import CONTENT_TYPE, Metrics
from .http.pages import show_page
from .schemas.answers import ErasureOut, OutcomeOut, WarningOut
from .schemas.model import FeatureOut, LiveOut, ModelOut, ReadyOut, RecommendedOut, ThresholdOut, ThresholdRow
from .schemas.requests import Key, OutcomeIn, ThresholdQuery
from .schemas.responses import METRICS, NO_LEAD, NO_PAGE, UNREADY, WRONG
from .score_routes import add_score_routes
from .serving.service import Served, Service, find_service

router = APIRouter(route_class=GuardedRoute, generate_unique_id_function=lambda route: route.name)
add_score_routes(router)


@router.post("/v1/outcomes", summary="Tell what came of a lead", tags=["outcomes"], responses=WRONG | UNREADY)
def save_outcome(outcome: OutcomeIn, request: Request) -> OutcomeOut:
    """Tell what came of a lead, so that promises can be checked and the next model learns."""
    said = None if outcome.occurred_at is None else _read_moment(outcome.occurred_at, request)
    lead_id, kind, reason, amount = outcome.lead_id, outcome.kind, outcome.reason, outcome.amount
    store: Store = request.app.state.watch.store  # which is there whether or not a model serves
    store.save_outcome(lead_id, kind, occurred_at=said, reason=reason, amount=amount)
    warnings = _tell_warnings(outcome.report_unread("the outcome"))
    moment = said or datetime.now(UTC)
    return OutcomeOut(lead_id=lead_id, kind=kind, occurred_at=moment, reason=reason, amount=amount, warnings=warnings)


@router.delete("/v1/leads/{lead_id:path}", summary="Erase a lead", tags=["outcomes"], responses=WRONG | UNREADY | NO_LEAD)
def erase_lead(lead_id: Key, request: Request) -> ErasureOut:
    """Delete every score and every outcome of a lead; one that is not known is erased already."""
    store: Store = request.app.state.watch.store  # which is there whether or not a model serves
    return ErasureOut(lead_id=lead_id, **asdict(store.erase(lead_id)))


@router.get("/v1/model", summary="Describe the model", tags=["model"], responses=UNREADY)
def read_model(service: Served) -> ModelOut:
    """What serves: its version, what it looks at, and how good it was on the forward test."""
    scorer = service.scorer
    rules = scorer.book.rules if scorer.book is not None else ()
    return ModelOut(
        **scorer.describe(),
        candidate=scorer.metrics["champion"],
        attributes=scorer.attributes,
        event_types=sorted({kind for rule in rules for kind in getattr(rule.condition, "types", ())}),
        features=[FeatureOut.model_validate(asdict(feature)) for feature in scorer.features.features],
        calibration=scorer.metrics.get("calibration"),
        metrics=scorer.metrics,
    )


@router.get("/v1/threshold", summary="Try another policy", tags=["model"], responses=WRONG | UNREADY)
def read_threshold(service: Served, query: Annotated[ThresholdQuery, Query()]) -> ThresholdOut:
    """Which threshold another policy would choose, from the table of the training; what serves is not changed."""
    asked = query.model_dump(exclude_none=True)
    _check_policy(service.scorer.settings.threshold.model_dump() | asked)
    advice, columns = service.scorer.advise(asked)
    rows = [ThresholdRow.model_validate(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    return ThresholdOut(serving=service.scorer.cut, recommended=RecommendedOut(**asdict(advice)), table=rows)


@router.get("/report", summary="Show the report", tags=["model"], response_class=HTMLResponse, responses=NO_PAGE)
def read_report(service: Served) -> HTMLResponse:
    """Learned scores beside points, as a page for people."""
    if service.scorer.report is None:
        raise RefusalError(404, NO_REPORT, f"Bundle '{service.scorer.version}' has no report. Train again to get one.")
    return show_page(service.scorer.report)


@router.get(
    "/metrics", summary="Figures for a monitor", tags=["health"], response_class=PlainTextResponse, responses={200: METRICS}
)
def read_metrics(request: Request) -> Response:
    """What the server counted since it started, as Prometheus reads it; nothing of a lead is in it."""
    service: Service | str = request.app.state.service
    metrics: Metrics = request.app.state.metrics
    if isinstance(service, str):
        return Response(metrics.show(None, waiting=0, away=False, lost=0), media_type=CONTENT_TYPE)
    scorer = service.scorer
    through = scorer.metrics["fit"]["through"] or ""
    model = {"version": scorer.version, "candidate": scorer.metrics["champion"], "trained_through": through}
    store = service.store
    content = metrics.show(model, waiting=store.waiting, away=store.away is not None, lost=store.lost)
    return Response(content, media_type=CONTENT_TYPE)


@router.get("/health/live", summary="Is the server up", tags=["health"])
async def check_live() -> LiveOut:  # a coroutine: it waits for no thread
    """Whether the server runs."""
    return LiveOut()


@router.get("/health/ready", summary="Can the server score", tags=["health"], responses=UNREADY)
async def check_ready(service: Served) -> ReadyOut:
    """Whether the server can score; where it cannot, why."""
    store = {"waiting": service.store.waiting, "away": service.store.away is not None, "lost": service.store.lost}
    return ReadyOut.model_validate({"model": service.scorer.describe(), "store": store, **service.describe()})


def _check_policy(asked: Mapping[str, Any]) -> None:
    """Refuse a policy whose numbers neither the question nor the training names, in words of this API."""
    for policy, names, what in (
        ("capacity", ("leads_per_week",), "the leads that sales can work in a week"),
        ("value", ("amount", "cost"), "what an accepted lead brings, and what working one costs"),
    ):
        if asked["policy"] == policy and any(asked[name] <= 0 for name in names):
            text = f"Policy '{policy}' needs {list_names(names)} above 0. Send {what}."
            raise RefusalError(422, WRONG_FIELD, text)


def _read_moment(value: datetime, request: Request) -> datetime:
    """A moment in UTC; one without a zone needs the model, which knows that of the training data."""
    return to_moment(value, "UTC" if value.tzinfo is not None else find_service(request).timezone)


def _tell_warnings(findings: Sequence[Finding]) -> list[WarningOut]:
    return [WarningOut(code=finding.code, text=f"{finding.what} {finding.do}".strip()) for finding in findings]


router.head("/health/live", include_in_schema=False)(check_live)  # as some monitors ask
router.head("/health/ready", include_in_schema=False)(check_ready)
