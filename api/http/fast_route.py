"""A route that reads its body and query itself, because FastAPI would need as long for that as scoring does."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from functools import lru_cache
from inspect import iscoroutinefunction
from typing import Any, cast

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import QueryParams

from ..error_codes import locate_faults
from ..serving.service import Service, find_service
from .guarded_route import GuardedRoute

_LARGE = 500_000  # bytes of a body from which it is read in a thread, so that other requests are answered meanwhile


class FastRoute(GuardedRoute):
    """A route whose endpoint takes the service, its body, its query and the request, and returns a response.

    An endpoint that is not a coroutine runs in a thread, and its body is validated there.
    """

    def make_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The function that reads a request and calls the endpoint."""
        (body,), (query,) = self.dependant.body_params, self.dependant.query_params
        endpoint = self.endpoint
        body_type, query_type = (cast("type[BaseModel]", part.field_info.annotation) for part in (body, query))
        parse_query = lru_cache(maxsize=256)(lambda text: query_type.model_validate(dict(QueryParams(text))))

        def validate(content: Any, service: Service, request: Request) -> tuple[BaseModel, BaseModel]:  # noqa: ANN401  JSON
            faults, valid_query, valid_body = list[Any](), None, None
            try:
                valid_query = parse_query(request.scope["query_string"])
            except ValidationError as error:
                faults += locate_faults(error, "query")
            try:
                valid_body = body_type.model_validate(content, context=service.scorer.reader)
            except ValidationError as error:
                faults += locate_faults(error, "body")
            if valid_query is None or valid_body is None:
                raise RequestValidationError(faults)
            return valid_body, valid_query

        async def answer(request: Request) -> Response:
            content = await _read_body(request)
            service = find_service(request)
            large = len(await request.body()) > _LARGE
            parts = content, service, request
            arguments = await run_in_threadpool(validate, *parts) if large else validate(*parts)
            response: Response = await endpoint(service, *arguments, request)
            return response

        def validate_and_answer(content: Any, service: Service, request: Request) -> Response:  # noqa: ANN401  JSON
            response: Response = endpoint(service, *validate(content, service, request), request)
            return response

        async def answer_in_thread(request: Request) -> Response:
            content = await _read_body(request)
            return await run_in_threadpool(validate_and_answer, content, find_service(request), request)

        return answer if iscoroutinefunction(endpoint) else answer_in_thread


async def _read_body(request: Request) -> Any:  # noqa: ANN401  JSON
    """The JSON of a body, whose type the guard of the route has checked.

    Raises:
        RequestValidationError: The body is empty, or not valid JSON.
    """
    body = await request.body()
    if not body:
        raise RequestValidationError([{"type": "missing", "loc": ("body",), "msg": "", "input": None}])
    try:
        return await request.json()
    except json.JSONDecodeError as error:
        fault = {"type": "json_invalid", "loc": ("body", error.pos), "msg": "", "input": {}, "ctx": {"error": error.msg}}
        raise RequestValidationError([fault]) from None
