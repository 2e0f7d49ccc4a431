"""Requests that bring a CRM's own records, `?crm=hubspot` or `?crm=salesforce`, made leads before anything else looks at them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal
from weakref import WeakKeyDictionary

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import PrivateAttr, ValidationError
from starlette.datastructures import QueryParams

from predictor.core.errors import Finding, ScoringError
from predictor.data.crm.field_maps import CRMS, Crm, read_map
from predictor.scoring.crm.record import CrmLead, CrmReader
from predictor.scoring.scorer import Scorer

from ..http.errors import describe_error, describe_faults
from ..schemas.answers import RefusedOut
from ..schemas.requests import LeadIn
from .service import find_service

AnswerShape = Literal["contract", "properties"]
_READERS: WeakKeyDictionary[Scorer, dict[Crm, CrmReader]] = WeakKeyDictionary()


class CrmLeadIn(LeadIn):
    """A lead that was a CRM's record."""

    _warnings: list[Finding] = PrivateAttr(default_factory=list)
    _record_type: str = PrivateAttr(default="")

    @property
    def record_type(self) -> str:
        """What the CRM calls such records; empty where it did not say."""
        return self._record_type

    def list_unread(self) -> list[Finding]:
        """Warnings about what the record held beside, and about events."""
        return [*self._warnings, *super().list_unread()]


def find_crm(request: Request) -> Crm | None:
    """The CRM whose records a request brings; None where it brings leads of ours, or names one that nobody knows."""
    return _read_crm(request.scope["query_string"])


@lru_cache(maxsize=256)
def _read_crm(query: bytes) -> Crm | None:
    asked = QueryParams(query).get("crm")
    return next((crm for crm in CRMS if crm == asked), None)


async def read_records(request: Request, content: object, crm: Crm, *, many: bool) -> object:
    """The body of a request with its records made leads; one that is none is refused, of many it alone.

    Raises:
        RefusalError: 503, there is no model.
        RequestValidationError: The one record holds a value that no lead can have.
        ScoringError: It is no record.
    """
    reader = _find_reader(find_service(request).scorer, crm)
    if not many:
        return _read_one(content, reader)
    records = _find_records(content, crm)
    if records is None:
        return content
    return {"leads": await run_in_threadpool(lambda: [_read_one_of_many(record, reader) for record in records])}


def _find_reader(scorer: Scorer, crm: Crm) -> CrmReader:
    readers = _READERS.setdefault(scorer, {})
    if crm not in readers:
        readers[crm] = CrmReader(crm, scorer.features, (*scorer.attributes, *scorer.settings.roles.points))
    return readers[crm]


def _find_records(content: object, crm: Crm) -> list[Any] | None:
    """The list of records in a body, as `leads` or as the CRM calls it; None where there is none, which is refused later."""
    if not isinstance(content, dict):
        return None
    found = next((content[name] for name in ("leads", *read_map(crm).batches) if name in content), None)
    return found if isinstance(found, list) else None


def _read_one(record: object, reader: CrmReader) -> CrmLeadIn:
    try:
        return _check(reader.read(record))
    except ValidationError as error:
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]) from None


def _read_one_of_many(record: object, reader: CrmReader) -> CrmLeadIn | RefusedOut:
    lead_id = None
    try:
        found = reader.read(record)
        lead_id = found.lead["lead_id"]
        return _check(found)
    except ScoringError as error:
        return RefusedOut(lead_id=None, error=describe_error(error))
    except ValidationError as error:
        return RefusedOut(lead_id=lead_id, error=describe_faults(error.errors()))


def _check(found: CrmLead) -> CrmLeadIn:
    lead = CrmLeadIn.model_validate(found.lead)
    lead._warnings, lead._record_type = found.warnings, found.record_type  # noqa: SLF001  our own class
    return lead
