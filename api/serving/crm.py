"""Requests with a CRM's own records (`?crm=`), which are converted to leads or outcomes first."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import PrivateAttr, ValidationError
from starlette.datastructures import QueryParams

from predictor.core.errors import Finding, ScoringError, count
from predictor.core.settings import make_settings
from predictor.core.settings_sections import StageSettings
from predictor.data.crm.dates import read_moment
from predictor.data.crm.field_maps import CRMS, Crm, read_map
from predictor.scoring.crm.hubspot_calls import open_action, open_change
from predictor.scoring.crm.outcome_record import read_outcomes
from predictor.scoring.crm.record import CrmLead, CrmReader
from predictor.scoring.scorer import Scorer

from ..error_codes import describe_error, describe_faults, locate_faults
from ..schemas.answers import RefusedOut
from ..schemas.requests import LeadIn
from .service import Service, find_service

_READERS: WeakKeyDictionary[Scorer, dict[Crm, CrmReader]] = WeakKeyDictionary()


class CrmLeadIn(LeadIn):
    """A lead converted from a CRM's record."""

    _warnings: list[Finding] = PrivateAttr(default_factory=list)
    _record_type: str = PrivateAttr(default="")

    @property
    def record_type(self) -> str:
        """The CRM's type of the record; empty if the record does not name one."""
        return self._record_type

    def check(self) -> list[Finding]:
        """Warnings about the record, and those about every lead."""
        return [*self._warnings, *super().check()]


def find_crm(request: Request) -> Crm | None:
    """The CRM whose records are in a request; None if it has plain leads, or names an unknown CRM."""
    return _read_crm(request.scope["query_string"])


@lru_cache(maxsize=256)
def _read_crm(query: bytes) -> Crm | None:
    name = QueryParams(query).get("crm")
    return next((crm for crm in CRMS if crm == name), None)


async def read_records(request: Request, content: object, crm: Crm, *, many: bool) -> object:
    """The body of a request with its records converted to leads; of many, a faulty record becomes its error.

    Raises:
        RefusalError: 503, there is no model.
        RequestValidationError: A single record has a value that no lead can have.
        ScoringError: A single record is not a record.
    """
    reader = _find_reader(find_service(request).scorer, crm)
    content = open_action(content) if crm == "hubspot" else content
    if not many:
        return _read_one(content, reader)
    records = _find_records(content, crm, "leads")
    if records is None:
        return content
    return {"leads": await run_in_threadpool(lambda: [_read_one_of_many(record, reader) for record in records])}


async def read_outcome_records(request: Request, content: object, crm: Crm, *, many: bool) -> object:
    """The body of a request with its records converted to outcomes; of many, a faulty record becomes its error.

    Raises:
        ScoringError: A single record holds no outcome, or several.
    """
    service: Service | str = request.app.state.service
    stages = (make_settings() if isinstance(service, str) else service.scorer.settings).stages
    content = open_action(content) if crm == "hubspot" else content
    if not many:
        outcomes = read_outcomes(content, crm, stages)
        if len(outcomes) > 1:
            text = f"The record holds {count(len(outcomes), 'outcome')}."
            raise ScoringError(f"LEAD022 {text} Send it to /v1/outcomes/batch, which answers about each.")
        return outcomes[0]
    records = content if isinstance(content, list) else _find_records(content, crm, "outcomes")
    if records is None:
        records = [content]
    return {"outcomes": await run_in_threadpool(lambda: [entry for one in records for entry in _read_each(one, crm, stages)])}


def _read_each(record: object, crm: Crm, stages: StageSettings) -> list[dict[str, Any]] | list[RefusedOut]:
    try:
        if crm != "hubspot":
            return read_outcomes(record, crm, stages)
        moment = read_moment(record["occurredAt"]) if isinstance(record, dict) and "occurredAt" in record else None
        dated = {} if moment is None else {"occurred_at": moment}  # a status has no date of its own
        return [dated | outcome for outcome in read_outcomes(open_change(record), crm, stages)]
    except ScoringError as error:
        return [RefusedOut(lead_id=None, error=describe_error(error))]


def _find_reader(scorer: Scorer, crm: Crm) -> CrmReader:
    readers = _READERS.setdefault(scorer, {})
    if crm not in readers:
        readers[crm] = CrmReader(crm, scorer.features, (*scorer.attributes, *scorer.settings.roles.points))
    return readers[crm]


def _find_records(content: object, crm: Crm, ours: str) -> list[Any] | None:
    """The list of records in a body, under our name or the CRM's own name for it; None without one, which is refused later."""
    if not isinstance(content, dict):
        return None
    records = next((content[name] for name in (ours, *read_map(crm).batches) if name in content), None)
    return records if isinstance(records, list) else None


def _read_one(record: object, reader: CrmReader) -> CrmLeadIn:
    try:
        return _to_lead(reader.read(record))
    except ValidationError as error:
        raise RequestValidationError(locate_faults(error, "body")) from None


def _read_one_of_many(record: object, reader: CrmReader) -> CrmLeadIn | RefusedOut:
    lead_id = None
    try:
        crm_lead = reader.read(record)
        lead_id = crm_lead.lead["lead_id"]
        return _to_lead(crm_lead)
    except ScoringError as error:
        return RefusedOut(lead_id=None, error=describe_error(error))
    except ValidationError as error:
        return RefusedOut(lead_id=lead_id, error=describe_faults(error.errors()))


def _to_lead(crm_lead: CrmLead) -> CrmLeadIn:
    lead = CrmLeadIn.model_validate(crm_lead.lead)
    lead._warnings, lead._record_type = crm_lead.warnings, crm_lead.record_type  # noqa: SLF001  our own class
    return lead
