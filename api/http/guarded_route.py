"""A route that checks the key, reads JSON strictly and converts a CRM's records to leads."""

from __future__ import annotations

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

from ..serving.crm import find_crm, read_records
from .auth import check_access, find_access
from .errors import log_fault, make_error_response

_MANY_RECORDS = {"/v1/score": False, "/v1/score/batch": True}  # paths that take a CRM's records -> whether many at once


class _StrictRequest(Request):
    """A request that accepts strict JSON only: no NaN, no Infinity, no half a character, no endless nesting."""

    leads: Any = None  # the body after a CRM's records were converted to leads

    async def json(self) -> Any:  # noqa: ANN401  JSON
        if self.leads is not None:
            return self.leads
        try:
            return from_json(await self.body(), allow_inf_nan=False)
        except ValueError as error:
            raise json.JSONDecodeError(str(error), "", 0) from None


async def _convert_records(request: _StrictRequest, crm: Crm, *, many: bool) -> None:
    try:
        content = await request.json()
    except json.JSONDecodeError:
        return  # refused later, like every body that is not JSON
    request.leads = await read_records(request, content, crm, many=many)


class GuardedRoute(APIRoute):
    """A route whose access is listed in `ACCESS`; without an entry there it cannot be made."""

    def make_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler without its guard."""
        return super().get_route_handler()

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the route behind its guard."""
        handle, path = self.make_handler(), self.path_format
        access = find_access(self.path, min(self.methods or {"GET"}))

        async def guard(request: Request) -> Response:
            try:
                check_access(request, access)
                strict = _StrictRequest(request.scope, request.receive)
                crm = find_crm(strict) if path in _MANY_RECORDS else None
                if crm is not None:
                    await _convert_records(strict, crm, many=_MANY_RECORDS[path])
                return await handle(strict)
            except (PredictorError, RequestValidationError, HTTPException):
                raise
            except Exception as error:  # noqa: BLE001  any error becomes a 500
                return make_error_response(500, log_fault(error, path, getattr(request.state, "request_id", None)))

        return guard
