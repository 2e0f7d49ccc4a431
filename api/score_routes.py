"""The two paths that score: one lead, and many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from predictor.core.errors import ScoringError

from .http.errors import describe_error, note_fault
from .http.fast_route import FastRoute
from .http.metrics import Metrics
from .schemas.answers import AnswerOut, BatchOut, RefusedOut
from .schemas.batch import BatchIn, read_one_of_many
from .schemas.requests import LeadIn, ScoreQuery
from .schemas.responses import UNREADY, WRONG
from .serving.answering import Given, answer_each, answer_leads, tell, write
from .serving.service import Served, Service

Asked = Annotated[ScoreQuery, Query()]
_AT_ONCE = 200  # leads of a batch that are in memory with all that belongs to them
_MANY_EVENTS = 500  # of one lead: reading them takes so long that others are answered meanwhile


async def score(service: Served, lead: LeadIn, asked: Asked, request: Request) -> Response:
    """Score one lead: the probability that sales accepts it, what to do with it, and why."""
    if len(lead.events) > _MANY_EVENTS:
        (given,) = await run_in_threadpool(answer_leads, [lead], service, datetime.now(UTC), asked.reasons)
        if isinstance(given, ScoringError):
            raise given
    else:
        given = await request.app.state.gather.answer(lead, service, asked.reasons)
    request.app.state.metrics.note_score(given.answered.answer.decision)
    return Response(write(tell(given, service, asked)), media_type="application/json")


def score_batch(service: Served, batch: BatchIn, asked: Asked, request: Request) -> Response:
    """Score many leads, at most 10,000: one answer or one error each, in their order."""
    now, parts = datetime.now(UTC), list[bytes]()
    metrics: Metrics = request.app.state.metrics
    with service.store.quiet():
        for start in range(0, len(batch.leads), _AT_ONCE):
            for answer in _answer_some(batch.leads[start : start + _AT_ONCE], service, now, asked.reasons):
                if isinstance(answer, RefusedOut):
                    metrics.note_refusal(answer.error.code)
                    parts.append(write(answer.model_dump()))
                else:
                    metrics.note_score(answer.answered.answer.decision)
                    parts.append(write(tell(answer, service, asked)))
    return Response(b'{"answers":[' + b",".join(parts) + b"]}", media_type="application/json")


def _answer_some(values: Sequence[Any], service: Service, now: datetime, reasons: int) -> Iterator[Given | RefusedOut]:
    """One answer or one error for each of some leads of a batch, in their order."""
    read = [read_one_of_many(value) for value in values]
    leads = [lead for lead in read if isinstance(lead, LeadIn)]
    answers = iter(answer_each(leads, service, now, reasons))
    for lead in read:
        answer = lead if isinstance(lead, RefusedOut) else next(answers)
        if isinstance(answer, Exception):
            fault = describe_error(answer) if isinstance(answer, ScoringError) else note_fault(answer, "/v1/score/batch")
            yield RefusedOut(lead_id=lead.lead_id, error=fault)
        else:
            yield answer


def add_score_routes(router: APIRouter) -> None:
    """Let a router score."""
    for path, endpoint, summary, gives in (
        ("/v1/score", score, "Score one lead", AnswerOut),
        ("/v1/score/batch", score_batch, "Score many leads", BatchOut),
    ):
        router.add_api_route(
            path, endpoint, methods=["POST"], summary=summary, tags=["scoring"], responses=WRONG | UNREADY, response_model=gives,
            route_class_override=FastRoute,
        )  # fmt: skip
