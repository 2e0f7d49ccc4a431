"""Leads that were read, answered and kept; and the answers as JSON, of the contract or as the properties of a CRM."""

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
from .each import try_each
from .service import Service


@dataclass(frozen=True, slots=True)
class Given:
    """One answer, and what it is told with."""

    answered: Answered
    routing: SalesContext
    scored_at: datetime
    record_type: str = ""


def answer_leads(leads: Sequence[LeadIn], service: Service, now: datetime, reasons: int) -> list[Given | ScoringError]:
    """The answers about some leads, with warnings about what was left aside; they are kept before they go out.

    Args:
        leads: As they came.
        service: What answers.
        now: Stands for the moment of a lead that names none.
        reasons: How many of the strongest reasons up to give, and how many down.
    """
    asked = [lead.to_lead(service.timezone, now) for lead in leads]
    answers = service.answer(asked, reasons=reasons, noticed=[lead.list_unread() for lead in leads])
    given = [
        answer
        if isinstance(answer, ScoringError)
        else Given(
            answer,
            compute_sales_context(lead, answer.answer.points),
            now,
            sent.record_type if isinstance(sent, CrmLeadIn) else "",
        )
        for sent, lead, answer in zip(leads, asked, answers, strict=True)
    ]
    service.keep([one.answered for one in given if isinstance(one, Given)], now)  # last: what fails is not kept
    return given


def answer_each(leads: Sequence[LeadIn], service: Service, now: datetime, reasons: int) -> Sequence[Given | Exception]:
    """The same, where a fault of ours with one lead is told in its place, and costs the others nothing."""
    return try_each(lambda some: answer_leads(some, service, now, reasons), leads)


def tell(given: Given, service: Service, asked: ScoreQuery) -> dict[str, Any]:
    """An answer in the words of the contract, or as a CRM's own record."""
    if asked.answer == "contract" or asked.crm is None:  # the query holds both or neither
        told = given.answered.answer.to_json()
        warnings = told.pop("warnings")
        return told | {"routing": given.routing.to_json(), "warnings": warnings, "model": service.model}
    return write_properties(
        asked.crm,
        given.answered.answer,
        given.routing,
        model=service.scorer.version,
        scored_at=given.scored_at,
        record_type=given.record_type,
    )


def write(content: dict[str, Any]) -> bytes:
    """An answer as JSON, right as it stands: what it holds was made here, and tests hold it against its description."""
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)
