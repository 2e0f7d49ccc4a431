"""The paths of outcomes: send one, send many, take one back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import ValidationError

from predictor.core.errors import Finding
from predictor.data.parse import to_moment
from predictor.data.recycle_reasons import OTHER, find_reason
from predictor.store.outcome_history import WITHDRAWN, OutcomeReport
from predictor.store.store import Store

from .error_codes import NO_PATH, NO_STORE, RefusalError, refuse_entry
from .schemas.answers import UNREADY, WRONG, RefusedOut
from .schemas.outcomes import NO_OUTCOME, OutcomeIn, OutcomeKey, OutcomeOut, OutcomeQuery, OutcomesIn, OutcomesOut
from .serving.reporting import Incoming, store_outcomes
from .serving.service import Service, find_service

_NO_REASON = Finding(
    "STORE012",
    "warning",
    "The reason is none of the list, so it is stored as 'other'.",
    do="Send one of the list (serve.reasons of the server's settings).",
)
OutcomeOptions = Annotated[OutcomeQuery, Query()]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Any text of the client. A request that is sent again with the same key stores nothing new.",
    ),
]


def save_outcome(
    outcome: OutcomeIn, request: Request, query: OutcomeOptions, idempotency_key: IdempotencyKey = None
) -> OutcomeOut:
    """Store the outcome of a lead, so that probabilities can be checked and the next training can use it.

    Outcomes are never overwritten. What counts is computed from all of them: of the reports of one kind about one score, the
    latest; a later score begins again.
    """
    del query  # the guard of the route has converted the record
    incoming = _read_outcome(outcome, request, idempotency_key)
    (answer,) = store_outcomes([incoming], find_store(request), timezone=find_timezone(request))
    if isinstance(answer, RefusedOut):
        raise RefusalError(422, answer.error.code, answer.error.text)
    return answer


def save_outcomes(
    batch: OutcomesIn, request: Request, query: OutcomeOptions, idempotency_key: IdempotencyKey = None
) -> OutcomesOut:
    """Store up to 10,000 outcomes: an answer or an error for each, in the order of the request.

    With `crm`, the body is a record of the CRM, or many of them. A record can tell of several outcomes, with an answer each.
    """
    del query  # the guard of the route has converted the records
    entries = [_read_one_of_many(value, request, idempotency_key) for value in batch.outcomes]
    incoming = [entry for entry in entries if isinstance(entry, Incoming)]
    answers = iter(store_outcomes(incoming, find_store(request), timezone=find_timezone(request)))
    return OutcomesOut(answers=[entry if isinstance(entry, RefusedOut) else next(answers) for entry in entries])


def withdraw_outcome(outcome_id: Annotated[OutcomeKey, Path()], request: Request) -> OutcomeOut:
    """Take an outcome back, as if it had never been sent. It stays in the history of the lead."""
    store = find_store(request)
    lead_id = store.find_lead(outcome_id)
    if lead_id is None:
        raise RefusalError(404, NO_PATH, "There is no outcome with this id. Send the 'outcome_id' of an answer.")
    report = OutcomeReport(lead_id=lead_id, kind=WITHDRAWN, replaces=outcome_id)
    (answer,) = store_outcomes([Incoming(report)], store, timezone=find_timezone(request))
    if isinstance(answer, RefusedOut):  # only reports with a key are refused
        raise RefusalError(503, NO_STORE, answer.error.text)
    return answer


def find_store(request: Request) -> Store:
    """The store, which is there even if no model serves."""
    store: Store = request.app.state.watch.store
    return store


def find_timezone(request: Request) -> str:
    """The timezone of the firm; UTC while no model serves, which alone knows it."""
    service: Service | str = request.app.state.service
    return "UTC" if isinstance(service, str) else service.timezone


def _read_one_of_many(value: Any, request: Request, key: str | None) -> Incoming | RefusedOut:  # noqa: ANN401  JSON
    """An outcome of a batch, or what is wrong with it."""
    if isinstance(value, RefusedOut):  # a faulty record of a CRM
        return value
    try:
        return _read_outcome(OutcomeIn.model_validate(value), request, key)
    except ValidationError as error:
        return refuse_entry(value, error)


def _read_outcome(outcome: OutcomeIn, request: Request, key: str | None) -> Incoming:
    findings = outcome.check_unknown_fields("the outcome")
    reason = None if outcome.reason is None else find_reason(outcome.reason, request.app.state.reasons)
    if outcome.reason is not None and reason is None:
        reason, findings = OTHER, [*findings, _NO_REASON]
    report = OutcomeReport(
        lead_id=outcome.lead_id,
        kind=outcome.kind,
        occurred_at=_to_utc(outcome.occurred_at, request),
        reason=reason,
        amount=outcome.amount,
        currency=outcome.currency,
        episode=_to_utc(outcome.episode, request),
        replaces=outcome.outcome_id,
        withdraws=outcome.withdraws,
        key=key,
    )
    return Incoming(report, findings)


def _to_utc(moment: datetime | None, request: Request) -> datetime | None:
    """A moment in UTC; one without a zone needs the model, which knows the zone of the training data."""
    if moment is None:
        return None
    return to_moment(moment, "UTC" if moment.tzinfo is not None else find_service(request).timezone)


def add_outcome_routes(router: APIRouter) -> None:
    """Add the paths to a router."""
    for method, path, endpoint, summary, responses in (
        ("POST", "/v1/outcomes", save_outcome, "Send an outcome", WRONG | UNREADY),
        ("POST", "/v1/outcomes/batch", save_outcomes, "Send many outcomes", WRONG | UNREADY),
        ("DELETE", "/v1/outcomes/{outcome_id}", withdraw_outcome, "Take an outcome back", WRONG | UNREADY | NO_OUTCOME),
    ):
        router.add_api_route(path, endpoint, methods=[method], summary=summary, tags=["outcomes"], responses=responses)
