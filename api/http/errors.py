"""Every error of the API as one JSON shape, and unexpected ones in the log."""

from __future__ import annotations

import traceback
from collections.abc import Mapping

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from predictor.core.errors import PredictorError, ScoringError, SettingsError, StoreError

from ..error_codes import (
    LOG,
    NO_JSON,
    NO_PATH,
    NO_STORE,
    TOO_LARGE,
    TOO_SLOW,
    UNEXPECTED,
    RefusalError,
    describe_error,
    describe_faults,
)
from ..schemas.answers import FaultOut

_STATUS_CODES = {404: NO_PATH, 405: NO_PATH, 408: TOO_SLOW, 413: TOO_LARGE}


def log_fault(error: Exception, path: str, request_id: str | None = None) -> FaultOut:
    """The answer to an unexpected error of the server; its type and place are logged, its message may quote a person."""
    trace = "".join(traceback.format_tb(error.__traceback__))
    LOG.error("%s at %s\n%s", type(error).__name__, path, trace, extra={"fields": {"request_id": request_id}})
    text = "The server failed, not the request. Its log says where; tell the server's operator."
    return FaultOut(code=UNEXPECTED, text=text)


def make_error_response(status: int, fault: FaultOut, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error in the shape of every error of this API."""
    return JSONResponse({"error": fault.model_dump()}, status_code=status, headers=headers)


def _answer_package_error(_: Request, error: Exception) -> Response:
    if isinstance(error, RefusalError):
        return make_error_response(error.status, FaultOut(code=error.code, text=str(error)), error.headers)
    if isinstance(error, StoreError):
        return make_error_response(503, FaultOut(code=NO_STORE, text=f"{error} Then send it again."))
    status = 422 if isinstance(error, (ScoringError, SettingsError)) else 500
    return make_error_response(status, describe_error(error))  # type: ignore[arg-type]


def _answer_request_error(_: Request, error: Exception) -> Response:
    return make_error_response(422, describe_faults(error.errors()))  # type: ignore[attr-defined]


def _answer_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code  # type: ignore[attr-defined]
    code, text = _STATUS_CODES.get(status, NO_JSON), f"{error.detail}."  # type: ignore[attr-defined]
    if code == NO_PATH:
        text = f"{request.method} on this path does not exist. See /docs for every path."  # a path may name a lead
    return make_error_response(status, FaultOut(code=code, text=text), getattr(error, "headers", None))


def add_error_handlers(app: FastAPI) -> None:
    """Make every error of an app look the same."""
    app.add_exception_handler(PredictorError, _answer_package_error)
    app.add_exception_handler(RequestValidationError, _answer_request_error)
    app.add_exception_handler(HTTPException, _answer_http_error)
