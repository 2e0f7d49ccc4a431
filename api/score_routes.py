"""The two paths that score: one lead, and many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from predictor.core.errors import ScoringError

from .error_codes import describe_error, refuse_entry
from .http.errors import log_fault
from .http.fast_route import FastRoute
from .http.metrics import Metrics
from .schemas.answers import UNREADY, WRONG, AnswerOut, BatchOut, RefusedOut
from .schemas.requests import BatchIn, LeadIn, ScoreQuery
from .serving.answering import LeadAnswer, answer_each, answer_leads, make_content, write_json
from .serving.service import Served, Service

ScoreOptions = Annotated[ScoreQuery, Query()]
_AT_ONCE = 200  # leads of a batch that are in memory with everything that belongs to them
_MANY_EVENTS = 500  # events of a lead from which it is read in a thread, so that others are answered meanwhile; as with the store


async def score(service: Served, lead: LeadIn, query: ScoreOptions, request: Request) -> Response:
    """Score one lead: the probability that sales accepts it, what to do with it, and why."""
    if len(lead.events) > _MANY_EVENTS or (service.uses_past and None in (lead.earlier_episodes, lead.account_episodes)):
        (answer,) = await run_in_threadpool(answer_leads, [lead], service, datetime.now(UTC), query.reasons)
        if isinstance(answer, ScoringError):
            raise answer
    else:
        answer = await request.app.state.micro_batch.answer(lead, service, query.reasons)
    request.app.state.metrics.count_score(answer.scored.answer.decision)
    return Response(write_json(make_content(answer, service, query)), media_type="application/json")


def score_batch(service: Served, batch: BatchIn, query: ScoreOptions, request: Request) -> Response:
    """Score up to 10,000 leads: an answer or an error for each, in the order of the request."""
    now, parts, refused = datetime.now(UTC), list[bytes](), list[bytes]()
    metrics: Metrics = request.app.state.metrics
    with service.store.quiet():
        for start in range(0, len(batch.leads), _AT_ONCE):
            for answer in _answer_part(batch.leads[start : start + _AT_ONCE], service, now, query.reasons):
                if isinstance(answer, RefusedOut):
                    metrics.count_refusal(answer.error.code)
                    (refused if query.answer == "inputs" else parts).append(write_json(answer.model_dump()))
                else:
                    metrics.count_score(answer.scored.answer.decision)
                    parts.append(write_json(make_content(answer, service, query)))
    if query.answer == "inputs":
        body = b'{"inputs":[' + b",".join(parts) + b'],"refused":[' + b",".join(refused) + b"]}"
    else:
        body = b'{"answers":[' + b",".join(parts) + b"]}"
    return Response(body, media_type="application/json")


def _answer_part(values: Sequence[Any], service: Service, now: datetime, reasons: int) -> Iterator[LeadAnswer | RefusedOut]:
    """An answer or an error for each of some leads of a batch, in their order."""
    leads = [_read_lead(value, service) for value in values]
    answers = iter(answer_each([lead for lead in leads if isinstance(lead, LeadIn)], service, now, reasons))
    for lead in leads:
        answer = lead if isinstance(lead, RefusedOut) else next(answers)
        if isinstance(answer, Exception):
            fault = describe_error(answer) if isinstance(answer, ScoringError) else log_fault(answer, "/v1/score/batch")
            yield RefusedOut(lead_id=lead.lead_id, error=fault)
        else:
            yield answer


def _read_lead(value: Any, service: Service) -> LeadIn | RefusedOut:  # noqa: ANN401  JSON
    """A lead of a batch, or what is wrong with it."""
    if isinstance(value, RefusedOut):  # a faulty record of a CRM
        return value
    try:
        return LeadIn.model_validate(value, context=service.scorer.reader)
    except ValidationError as error:
        return refuse_entry(value, error)


def add_score_routes(router: APIRouter) -> None:
    """Add both paths to a router."""
    for path, endpoint, summary, response_model in (
        ("/v1/score", score, "Score one lead", AnswerOut),
        ("/v1/score/batch", score_batch, "Score many leads", BatchOut),
    ):
        router.add_api_route(
            path, endpoint, methods=["POST"], summary=summary, tags=["scoring"], responses=WRONG | UNREADY,
            response_model=response_model, route_class_override=FastRoute,
        )  # fmt: skip
