"""A route that reads its body and its query itself: FastAPI, which describes it, would take as long for that as scoring takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from email.message import Message
from functools import lru_cache
from inspect import iscoroutinefunction
from typing import Any, cast

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import QueryParams

from ..serving.service import Service, find_service
from .guarded_route import GuardedRoute

_LARGE = 500_000  # bytes of a body; to read such takes so long that others are answered meanwhile


class FastRoute(GuardedRoute):
    """A route whose endpoint is given the service, its body, its query and the request, and gives a response.

    An endpoint that is no coroutine runs in a thread, and its body is validated there.
    """

    def make_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What reads a request and asks the endpoint."""
        (body,), (query,) = self.dependant.body_params, self.dependant.query_params
        endpoint = self.endpoint
        taken, asks = (cast("type[BaseModel]", part.field_info.annotation) for part in (body, query))
        read_query = lru_cache(maxsize=256)(lambda query: asks.model_validate(dict(QueryParams(query))))

        def read(content: Any, request: Request) -> tuple[BaseModel, BaseModel]:  # noqa: ANN401  JSON
            faults, asked, given = list[Any](), None, None
            try:
                asked = read_query(request.scope["query_string"])
            except ValidationError as error:
                faults += _place("query", error)
            try:
                given = taken.model_validate(content)
            except ValidationError as error:
                faults += _place("body", error)
            if asked is None or given is None:
                raise RequestValidationError(faults)
            return given, asked

        async def answer(request: Request) -> Response:
            content = await _read_body(request)
            service = find_service(request)
            large = len(await request.body()) > _LARGE
            asked = await run_in_threadpool(read, content, request) if large else read(content, request)
            response: Response = await endpoint(service, *asked, request)
            return response

        def answer_many(content: Any, service: Service, request: Request) -> Response:  # noqa: ANN401  JSON
            response: Response = endpoint(service, *read(content, request), request)
            return response

        async def answer_in_thread(request: Request) -> Response:
            content = await _read_body(request)
            return await run_in_threadpool(answer_many, content, find_service(request), request)

        return answer if iscoroutinefunction(endpoint) else answer_in_thread


async def _read_body(request: Request) -> Any:  # noqa: ANN401  JSON
    """The JSON of a body; the bytes of one that is not said to be JSON, which are refused like any other fault.

    Raises:
        RequestValidationError: It is no JSON, or there is none.
    """
    body = await request.body()
    if not body:
        raise RequestValidationError([{"type": "missing", "loc": ("body",), "msg": "", "input": None}])
    if not _is_json(request.headers.get("content-type", "")):
        return body
    try:
        return await request.json()
    except json.JSONDecodeError as error:
        fault = {"type": "json_invalid", "loc": ("body", error.pos), "msg": "", "input": {}, "ctx": {"error": error.msg}}
        raise RequestValidationError([fault]) from None


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    message = Message()
    message["content-type"] = content_type
    kind = message.get_content_subtype() if message.get_content_maintype() == "application" else ""
    return bool(content_type) and (kind == "json" or kind.endswith("+json"))


def _place(where: str, error: ValidationError) -> list[Any]:
    return [{**fault, "loc": (where, *fault["loc"])} for fault in error.errors()]
