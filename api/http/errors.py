"""Every error of the API as problem details (RFC 9457), and unexpected ones in the log."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from predictor.core.errors import BundleError, PredictorError, ScoringError, SettingsError, StoreError

from ..error_codes import (
    LOG,
    NO_JSON,
    NO_MODEL,
    NO_PATH,
    NO_STORE,
    NO_TYPE,
    TOO_LARGE,
    TOO_SLOW,
    UNEXPECTED,
    RefusalError,
    describe_error,
    describe_faults,
)
from ..schemas.answers import FaultOut

PROBLEM_JSON = "application/problem+json"
OLD_ERRORS = "v1"
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
_STATUS_CODES = {404: NO_PATH, 405: NO_PATH, 408: TOO_SLOW, 413: TOO_LARGE, 415: NO_TYPE}


def log_fault(error: Exception, path: str, request_id: str | None = None) -> FaultOut:
    """The answer to an unexpected error of the server; its type and place are logged, its message may quote a person."""
    trace = "".join(traceback.format_tb(error.__traceback__))
    LOG.error("%s at %s\n%s", type(error).__name__, path, trace, extra={"fields": {"request_id": request_id}})
    text = "The server failed, not the request. Its log says where; tell the server's operator."
    return FaultOut(code=UNEXPECTED, text=text)


def make_error_response(request: Request, status: int, fault: FaultOut, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error as problem details; with `?errors=v1` in the shape of the first version, without them."""
    content: dict[str, Any] = {"error": fault.model_dump()}
    if request.scope.get("state", {}).get("errors") == OLD_ERRORS:
        return JSONResponse(content, status_code=status, headers=headers)
    content |= {"type": "about:blank", "title": find_title(status), "status": status, "detail": fault.text, "code": fault.code}
    return JSONResponse(content, status_code=status, headers=headers, media_type=PROBLEM_JSON)


def find_title(status: int) -> str:
    """The name of a status as RFC 9110 has it, in every version of Python.

    >>> find_title(422), find_title(404), find_title(499)
    ('Unprocessable Content', 'Not Found', 'Error')
    """
    return _TITLES.get(status) or next((known.phrase for known in HTTPStatus if known == status), "Error")


def _answer_package_error(request: Request, error: PredictorError) -> Response:
    if isinstance(error, RefusalError):
        return make_error_response(request, error.status, FaultOut(code=error.code, text=str(error)), error.headers)
    if isinstance(error, StoreError):
        return make_error_response(request, 503, FaultOut(code=NO_STORE, text=f"{error} Then send it again."))
    if isinstance(error, BundleError):
        return make_error_response(request, 503, FaultOut(code=NO_MODEL, text=str(error)))
    status = 422 if isinstance(error, (ScoringError, SettingsError)) else 500
    return make_error_response(request, status, describe_error(error))


def _answer_request_error(request: Request, error: RequestValidationError) -> Response:
    fault = describe_faults(error.errors())
    return make_error_response(request, 400 if fault.code == NO_JSON else 422, fault)


def _answer_http_error(request: Request, error: HTTPException) -> Response:
    status = error.status_code
    code, text = _STATUS_CODES.get(status, NO_JSON), f"{error.detail}."
    headers = error.headers
    if code == NO_PATH:
        text = f"{request.method} on this path does not exist. See /docs for every path."  # a path may name a lead
    if status == 405:
        headers = {"Allow": ", ".join(sorted(_list_methods(request)))}
    return make_error_response(request, status, FaultOut(code=code, text=text), headers)


def _list_methods(request: Request) -> set[str]:
    """The methods that a path has."""
    paths = [route for route in request.app.router.routes if route.matches(request.scope)[0] != Match.NONE]
    return {method for route in paths for method in getattr(route, "methods", None) or ()}


def add_error_handlers(app: FastAPI) -> None:
    """Make every error of an app look the same."""
    app.exception_handler(PredictorError)(_answer_package_error)
    app.exception_handler(RequestValidationError)(_answer_request_error)
    app.exception_handler(HTTPException)(_answer_http_error)
