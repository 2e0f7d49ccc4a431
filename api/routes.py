"""The paths of the API: each asks the scorer or the store once, and says the same in JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

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
from api.errors import NO_REPORT, RefusalError, SafeRoute, describe_error
from api.schemas import Key, LeadIn, OutcomeIn, ThresholdQuery
from api.service import Served, Service
from predictor.answer import Answer
from predictor.errors import Finding, ScoringError
from predictor.parse import to_moment
from predictor.store import Answered

WRONG: dict[int | str, dict[str, Any]] = {422: {"model": ErrorOut, "description": "The request is wrong; the text says where."}}
UNREADY: dict[int | str, dict[str, Any]] = {503: {"model": ErrorOut, "description": "No model serves, or the store is away."}}
ERROR_JSON = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}}  # a page else makes its errors pages too
NO_PAGE: dict[int | str, dict[str, Any]] = {
    404: {"content": ERROR_JSON, "description": "This bundle has no report."},
    503: {"content": ERROR_JSON, "description": "No model serves."},
}
Reasons = Annotated[int, Query(ge=0, le=20, description="How many of the strongest reasons up to give, and how many down.")]

router = APIRouter(route_class=SafeRoute)


@router.post("/v1/score", summary="Score one lead", tags=["scoring"], responses=WRONG | UNREADY)
async def score(lead: LeadIn, service: Served, reasons: Reasons = 5) -> AnswerOut:
    """Score one lead: the probability that sales accepts it, what to do with it, and why."""
    now = datetime.now(UTC)
    given = _answer(lead, service, now, reasons)
    service.keep([given], now)
    return _tell(given.answer, service)


@router.post("/v1/score/batch", summary="Score many leads", tags=["scoring"], responses=WRONG | UNREADY)
def score_batch(batch: BatchIn, service: Served, reasons: Reasons = 5) -> BatchOut:
    """Score many leads, at most 10,000: one answer or one error each, in their order."""
    now = datetime.now(UTC)
    told: list[AnswerOut | RefusedOut] = []
    given: list[Answered] = []
    for lead in batch.leads:
        if isinstance(lead, RefusedOut):
            told.append(lead)
            continue
        try:
            given.append(_answer(lead, service, now, reasons))
        except ScoringError as error:
            told.append(RefusedOut(lead_id=lead.lead_id, error=describe_error(error)))
        else:
            told.append(_tell(given[-1].answer, service))
    service.keep(given, now)
    return BatchOut(answers=told)


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
    return HTMLResponse(service.scorer.report)


@router.get("/health/live", summary="Is the server up", tags=["health"])
def check_live() -> LiveOut:
    """Whether the server runs."""
    return LiveOut()


@router.get("/health/ready", summary="Can the server score", tags=["health"], responses=UNREADY)
def check_ready(service: Served) -> ReadyOut:
    """Whether the server can score; where it cannot, why."""
    store = {"waiting": service.store.waiting, "away": service.store.away is not None}
    return ReadyOut.model_validate({"model": service.scorer.describe(), "store": store, **service.describe()})


def _answer(lead: LeadIn, service: Service, now: datetime, reasons: int) -> Answered:
    """The scorer's answer, with warnings about what was left aside, and the moment it speaks of."""
    return service.answer(lead.to_lead(service.timezone, now), reasons=reasons, noticed=lead.list_unread())


def _tell(answer: Answer, service: Service) -> AnswerOut:
    return AnswerOut.model_validate({**answer.to_json(), "model": service.scorer.describe()})


def _tell_warnings(findings: Sequence[Finding]) -> list[WarningOut]:
    return [WarningOut(code=finding.code, text=f"{finding.what} {finding.do}".strip()) for finding in findings]
