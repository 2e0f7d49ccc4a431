"""A route that asks for a key, reads JSON strictly, and tells of a fault of our own without quoting what came."""

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
from .auth import ACCESS, check_access
from .errors import answer_error, note_fault

_OF_RECORDS = {"/v1/score": False, "/v1/score/batch": True}  # paths that take a CRM's records -> whether many


class _StrictRequest(Request):
    """A request whose JSON is JSON: no NaN, no Infinity, no half of a character, no nesting without end."""

    leads: Any = None  # the body with a CRM's records made leads, once that is done

    async def json(self) -> Any:  # noqa: ANN401  JSON
        if self.leads is not None:
            return self.leads
        try:
            return from_json(await self.body(), allow_inf_nan=False)
        except ValueError as error:
            raise json.JSONDecodeError(str(error), "", 0) from None


async def _read_leads(request: _StrictRequest, crm: Crm, *, many: bool) -> None:
    try:
        content = await request.json()
    except json.JSONDecodeError:
        return  # which is refused where every body is
    request.leads = await read_records(request, content, crm, many=many)


class GuardedRoute(APIRoute):
    """A route of `ACCESS`: one that is not listed there cannot be made."""

    def make_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What is guarded."""
        return super().get_route_handler()

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the route, guarded."""
        handle, access, path = self.make_handler(), ACCESS[self.path], self.path_format

        async def guard(request: Request) -> Response:
            try:
                check_access(request, access)
                asked = _StrictRequest(request.scope, request.receive)
                crm = find_crm(asked) if path in _OF_RECORDS else None
                if crm is not None:
                    await _read_leads(asked, crm, many=_OF_RECORDS[path])
                return await handle(asked)
            except (PredictorError, RequestValidationError, HTTPException):
                raise
            except Exception as error:  # noqa: BLE001  whatever it is
                return answer_error(500, note_fault(error, path, getattr(request.state, "request_id", None)))

        return guard
