"""A route that checks the key, reads JSON strictly and converts a CRM's records to leads or outcomes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.exceptions import HTTPException

from predictor.core.errors import PredictorError
from predictor.data.crm.field_maps import Crm

from ..error_codes import NO_TYPE, TOO_LARGE, WRONG_FIELD, RefusalError
from ..serving.crm import find_crm, read_outcome_records, read_records
from .auth import check_access, find_access
from .entity_tags import TAGGED, add_tag
from .errors import log_fault, make_error_response
from .media_types import is_json

_RECORDS = {  # paths that take a CRM's records -> how they are read, and whether many at once
    "/v1/score": (read_records, False),
    "/v1/score/batch": (read_records, True),
    "/v1/outcomes": (read_outcome_records, False),
    "/v1/outcomes/batch": (read_outcome_records, True),
}


_ANY_QUERY = {"/health/live", "/health/ready", "/metrics"}  # monitors send what they like
_BOM = b"\xef\xbb\xbf"
_SIGNS, _MOST_VALUES = (b",", b"[", b"{"), 2_500_000  # 10,000 leads with 20 events each hold 1.3 million
_LARGE = (
    1_000_000  # bytes of a body from which one request is read and answered at a time: several would need their memory at once
)


class _StrictRequest(Request):
    """A request that accepts strict JSON only: no NaN, no Infinity, no half a character, no endless nesting."""

    converted: Any = None  # the body after a CRM's records were converted

    async def json(self) -> Any:  # noqa: ANN401  JSON
        if self.converted is not None:
            return self.converted
        body = await self.body()
        _check_values(body)
        try:
            return from_json(body.removeprefix(_BOM), allow_inf_nan=False)
        except ValueError as error:
            raise json.JSONDecodeError(str(error), "", 0) from None


def _check_values(body: bytes) -> None:
    """Refuse a body of more values than any request needs, before they take many times its size in memory."""
    if len(body) > _MOST_VALUES and sum(map(body.count, _SIGNS)) > _MOST_VALUES:
        text = f"The body holds more than {_MOST_VALUES:,} values. Send fewer leads, or fewer events of each, at a time."
        raise RefusalError(413, TOO_LARGE, text, {"Connection": "close"})


def _check_query(request: Request, *, has_query: bool) -> None:
    """Refuse the query of a path that has none, and a parameter that is given twice; what a parameter may be, its model says."""
    if not request.scope["query_string"]:
        return
    names = [name for name, _ in request.query_params.multi_items()]
    if not has_query:
        raise RefusalError(422, WRONG_FIELD, f"Query parameter '{names[0][:60] if names else ''}' is not known. Leave it out.")
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise RefusalError(422, WRONG_FIELD, f"Query parameter '{repeated[:60]}' is given more than once. Send it once.")


async def _check_type(request: Request) -> None:
    """Refuse a body that does not say that it is JSON."""
    if request.method not in {"POST", "PUT"} or is_json(request.headers.get("content-type", "")):
        return
    if await request.body():
        text = "The body must be JSON. Send it as JSON with Content-Type: application/json."
        raise RefusalError(415, NO_TYPE, text, {"Accept": "application/json"})


async def _convert_records(request: _StrictRequest, crm: Crm, path: str) -> None:
    try:
        content = await request.json()
    except json.JSONDecodeError:
        return  # refused later, like every body that is not JSON
    read, many = _RECORDS[path]
    request.converted = await read(request, content, crm, many=many)


def _one_at_a_time(request: Request) -> asyncio.Semaphore:
    """The semaphore of an app for large bodies."""
    state = request.app.state
    if not hasattr(state, "large_bodies"):
        state.large_bodies = asyncio.Semaphore(1)
    gate: asyncio.Semaphore = state.large_bodies
    return gate


class GuardedRoute(APIRoute):
    """A route whose access is listed in `ACCESS`; without an entry there it cannot be made."""

    def make_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler without its guard."""
        return super().get_route_handler()

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the route behind its guard."""
        handle, path = self.make_handler(), self.path_format
        access = find_access(self.path, min(self.methods or {"GET"}))
        has_query = bool(self.dependant.query_params)

        async def answer(request: _StrictRequest) -> Response:
            crm = find_crm(request) if path in _RECORDS else None
            if crm is not None:
                await _convert_records(request, crm, path)
            return await handle(request)

        async def guard(request: Request) -> Response:
            try:
                check_access(request, access)
                if path not in _ANY_QUERY:
                    _check_query(request, has_query=has_query)
                strict = _StrictRequest(request.scope, request.receive)
                await _check_type(strict)
                if path in _RECORDS and len(await strict.body()) > _LARGE:
                    async with _one_at_a_time(request):
                        return await answer(strict)
                response = await answer(strict)
                return add_tag(request, response) if path in TAGGED else response
            except (PredictorError, RequestValidationError, HTTPException):
                raise
            except Exception as error:  # noqa: BLE001  any error becomes a 500
                return make_error_response(request, 500, log_fault(error, path, getattr(request.state, "request_id", None)))

        return guard
