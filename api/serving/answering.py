"""Leads answered and stored, and the answers as JSON in the scoring contract or as CRM properties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from predictor.core.errors import ScoringError
from predictor.scoring.crm.properties import write_properties
from predictor.scoring.sales_context import SalesContext, compute_sales_context
from predictor.store.records import Answered

from ..schemas.requests import LeadIn, ScoreQuery
from .crm import CrmLeadIn
from .service import Service, try_each


@dataclass(frozen=True, slots=True)
class LeadAnswer:
    """The answer about a lead, and what else its JSON needs.

    Attributes:
        scored: The answer as it is stored.
        sales_context: Points, activities, source and campaign for the sales person.
        scored_at: When it was scored.
        record_type: The CRM's type of the record; empty if the lead did not come as a record that names one.
    """

    scored: Answered
    sales_context: SalesContext
    scored_at: datetime
    record_type: str = ""


def answer_leads(leads: Sequence[LeadIn], service: Service, now: datetime, reasons: int) -> list[LeadAnswer | ScoringError]:
    """The answers about leads, with warnings about ignored fields; they are stored before they are returned.

    Args:
        leads: The leads of a request.
        service: The service that answers.
        now: The moment of a lead without one.
        reasons: Number of reasons to give in each direction.

    Raises:
        ScoringError: A lead has a list where the training data have one value.
    """
    for lead in leads:
        _check_lists(lead, service)
    plain_leads = [lead.to_lead(service.timezone, now) for lead in leads]
    results = service.answer(plain_leads, reasons=reasons, warnings=[lead.check() for lead in leads])
    answers = [
        result
        if isinstance(result, ScoringError)
        else LeadAnswer(
            scored=result,
            sales_context=compute_sales_context(plain_lead, result.answer.points),
            scored_at=now,
            record_type=lead.record_type if isinstance(lead, CrmLeadIn) else "",
        )
        for lead, plain_lead, result in zip(leads, plain_leads, results, strict=True)
    ]
    service.save_scores([answer.scored for answer in answers if isinstance(answer, LeadAnswer)], now)
    return answers


def _check_lists(lead: LeadIn, service: Service) -> None:
    """Refuse a list where the training data have one value; only the model knows which attributes have several."""
    for name, value in lead.attributes.items():
        if isinstance(value, list) and not service.scorer.reader.takes_list(name):
            rule = f"'attributes.{name[:60]}' must be one text, number, true, false or null, but a list came."
            raise ScoringError(f"{rule} Send one value, or leave it out.")


def answer_each(leads: Sequence[LeadIn], service: Service, now: datetime, reasons: int) -> Sequence[LeadAnswer | Exception]:
    """The answers of `answer_leads`; an unexpected error with one lead becomes its answer and does not affect the others."""
    return try_each(lambda batch: answer_leads(batch, service, now, reasons), leads)


def make_content(answer: LeadAnswer, service: Service, query: ScoreQuery) -> dict[str, Any]:
    """The JSON content of an answer, in the scoring contract or as a CRM's own record."""
    if query.answer == "contract" or query.crm is None:  # a query has both or neither
        content = answer.scored.answer.to_json()
        warnings = content.pop("warnings")
        routing = answer.sales_context.to_json()
        return content | {"decided_by": service.decided_by, "routing": routing, "warnings": warnings, "model": service.model}
    record = write_properties(
        query.crm,
        answer.scored.answer,
        answer.sales_context,
        model=service.scorer.version,
        scored_at=answer.scored_at,
        record_type=answer.record_type,
    )
    if query.answer == "action":  # HubSpot goes on in the workflow at once
        return {"outputFields": record["properties"] | {"hs_execution_state": "SUCCESS"}}
    return record


def write_json(content: dict[str, Any]) -> bytes:
    """Content as JSON, without validation: it was made here, and tests compare it with its description."""
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)
