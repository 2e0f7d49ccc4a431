"""The paths of the API: each asks the scorer or the store once, and says the same in JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

from api.answers import (
    AnswerOut,
    BatchOut,
    ErasureOut,
    ErrorOut,
    FeatureOut,
    LiveOut,
    ModelOut,
    OutcomeOut,
    ReadyOut,
    RecommendedOut,
    RefusedOut,
    ThresholdOut,
    ThresholdRow,
    WarningOut,
)
from api.batch import BatchIn
from api.crm import CrmLeadIn
from api.errors import NO_REPORT, RefusalError, describe_error
from api.metrics import CONTENT_TYPE, Metrics
from api.pages import show_page
from api.safe_route import SafeRoute
from api.schemas import Key, LeadIn, OutcomeIn, ScoreQuery, ThresholdQuery
from api.service import Served, Service
from predictor.crm import write_properties
from predictor.errors import Finding, ScoringError
from predictor.parse import to_moment
from predictor.routing import Routing, tell_routing
from predictor.store import Answered

WRONG: dict[int | str, dict[str, Any]] = {422: {"model": ErrorOut, "description": "The request is wrong; the text says where."}}
UNREADY: dict[int | str, dict[str, Any]] = {
    503: {"model": ErrorOut, "description": "No model serves, or what came cannot be kept."}
}
ERROR_JSON = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}}  # a page else makes its errors pages too
NO_PAGE: dict[int | str, dict[str, Any]] = {
    404: {"content": ERROR_JSON, "description": "This bundle has no report."},
    503: {"content": ERROR_JSON, "description": "No model serves."},
}
METRICS = {"description": "The figures.", "content": {"text/plain": {"schema": {"type": "string"}}}}
Asked = Annotated[ScoreQuery, Query()]

router = APIRouter(route_class=SafeRoute)


@router.post("/v1/score", summary="Score one lead", tags=["scoring"], responses=WRONG | UNREADY, response_model=AnswerOut)
async def score(lead: LeadIn, service: Served, request: Request, asked: Asked) -> AnswerOut | Response:
    """Score one lead: the probability that sales accepts it, what to do with it, and why."""
    now = datetime.now(UTC)
    given = _answer(lead, service, now, asked.reasons)
    service.keep([given.answered], now)
    request.app.state.metrics.note_score(given.answered.answer.decision)
    return _tell(given, service) if asked.answer == "contract" else JSONResponse(_tell_properties(given, service, asked, now))


@router.post("/v1/score/batch", summary="Score many leads", tags=["scoring"], responses=WRONG | UNREADY, response_model=BatchOut)
def score_batch(batch: BatchIn, service: Served, request: Request, asked: Asked) -> BatchOut | Response:
    """Score many leads, at most 10,000: one answer or one error each, in their order."""
    now = datetime.now(UTC)
    every = [_answer_one_of_many(lead, service, now, asked.reasons) for lead in batch.leads]
    service.keep([given.answered for given in every if not isinstance(given, RefusedOut)], now)
    _count(every, request.app.state.metrics)
    if asked.answer == "contract":
        return BatchOut(answers=[given if isinstance(given, RefusedOut) else _tell(given, service) for given in every])
    told = [
        given.model_dump() if isinstance(given, RefusedOut) else _tell_properties(given, service, asked, now) for given in every
    ]
    return JSONResponse({"answers": told})


@router.post("/v1/outcomes", summary="Tell what came of a lead", tags=["outcomes"], responses=WRONG | UNREADY)
def save_outcome(outcome: OutcomeIn, service: Served) -> OutcomeOut:
    """Tell what came of a lead, so that promises can be checked and the next model learns."""
    moment = datetime.now(UTC) if outcome.occurred_at is None else to_moment(outcome.occurred_at, service.timezone)
    lead_id, kind, reason, amount = outcome.lead_id, outcome.kind, outcome.reason, outcome.amount
    service.store.save_outcome(lead_id, kind, occurred_at=moment, reason=reason, amount=amount)
    warnings = _tell_warnings(outcome.report_unread("the outcome"))
    return OutcomeOut(lead_id=lead_id, kind=kind, occurred_at=moment, reason=reason, amount=amount, warnings=warnings)


@router.delete("/v1/leads/{lead_id:path}", summary="Erase a lead", tags=["outcomes"], responses=WRONG | UNREADY)
def erase_lead(lead_id: Key, service: Served) -> ErasureOut:
    """Delete every score and every outcome of a lead; one that is not known is erased already."""
    return ErasureOut(lead_id=lead_id, **asdict(service.store.erase(lead_id)))


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
    advice, columns = service.scorer.advise(query.model_dump(exclude_none=True))
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
        return Response(metrics.show(None, waiting=0, away=False), media_type=CONTENT_TYPE)
    scorer = service.scorer
    through = scorer.metrics["fit"]["through"] or ""
    model = {"version": scorer.version, "candidate": scorer.metrics["champion"], "trained_through": through}
    content = metrics.show(model, waiting=service.store.waiting, away=service.store.away is not None)
    return Response(content, media_type=CONTENT_TYPE)


@router.get("/health/live", summary="Is the server up", tags=["health"])
def check_live() -> LiveOut:
    """Whether the server runs."""
    return LiveOut()


@router.get("/health/ready", summary="Can the server score", tags=["health"], responses=UNREADY)
def check_ready(service: Served) -> ReadyOut:
    """Whether the server can score; where it cannot, why."""
    store = {"waiting": service.store.waiting, "away": service.store.away is not None}
    return ReadyOut.model_validate({"model": service.scorer.describe(), "store": store, **service.describe()})


@dataclass(frozen=True, slots=True)
class _Given:
    """One answer, and what it is told with."""

    answered: Answered
    routing: Routing
    record_type: str = ""


def _answer(lead: LeadIn, service: Service, now: datetime, reasons: int) -> _Given:
    """The scorer's answer, with warnings about what was left aside."""
    asked = lead.to_lead(service.timezone, now)
    answered = service.answer(asked, reasons=reasons, noticed=lead.list_unread())
    record_type = lead.record_type if isinstance(lead, CrmLeadIn) else ""
    return _Given(answered, tell_routing(asked, answered.answer.points), record_type)


def _answer_one_of_many(lead: LeadIn | RefusedOut, service: Service, now: datetime, reasons: int) -> _Given | RefusedOut:
    if isinstance(lead, RefusedOut):
        return lead
    try:
        return _answer(lead, service, now, reasons)
    except ScoringError as error:
        return RefusedOut(lead_id=lead.lead_id, error=describe_error(error))


def _tell(given: _Given, service: Service) -> AnswerOut:
    model = service.scorer.describe()
    return AnswerOut.model_validate({**given.answered.answer.to_json(), "routing": asdict(given.routing), "model": model})


def _tell_properties(given: _Given, service: Service, asked: ScoreQuery, now: datetime) -> dict[str, Any]:
    assert asked.crm is not None  # noqa: S101  the query holds both or neither
    return write_properties(
        asked.crm,
        given.answered.answer,
        given.routing,
        model=service.scorer.version,
        scored_at=now,
        record_type=given.record_type,
    )


def _count(every: Sequence[_Given | RefusedOut], metrics: Metrics) -> None:
    for given in every:
        if isinstance(given, RefusedOut):
            metrics.note_refusal(given.error.code)
        else:
            metrics.note_score(given.answered.answer.decision)


def _tell_warnings(findings: Sequence[Finding]) -> list[WarningOut]:
    return [WarningOut(code=finding.code, text=f"{finding.what} {finding.do}".strip()) for finding in findings]
