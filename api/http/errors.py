"""Errors of the API: one shape for all of them, whoever noticed, and no value of a lead in any that is made here."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from predictor.core.errors import PredictorError, ScoringError, SettingsError, StoreError, count

from ..schemas.answers import FaultOut
from .error_codes import (
    NO_JSON,
    NO_MODEL,
    NO_PATH,
    NO_REPORT,
    NO_STORE,
    TOO_LARGE,
    TOO_SLOW,
    UNEXPECTED,
    WRONG_FIELD,
    RefusalError,
)

__all__ = [
    "LOG",
    "NO_MODEL",
    "NO_REPORT",
    "UNEXPECTED",
    "RefusalError",
    "add_handlers",
    "answer_error",
    "describe_error",
    "describe_faults",
    "note_fault",
]
LOG = logging.getLogger("api")
_OF_STATUS = {404: NO_PATH, 405: NO_PATH, 408: TOO_SLOW, 413: TOO_LARGE}
_MOST = 5  # faults told of one request
_CODED = re.compile(r"([A-Z]+\d{3}) (.*)", re.DOTALL)
_CAME = {
    str: "a text", bool: "a yes or no", int: "a number", float: "a number", list: "a list", dict: "an object",
    bytes: "a body of another type",
}  # fmt: skip
_OF_KIND = ("_type", "_parsing", "moment", "number", "value")  # faults of which it helps to know what kind of value came
_WORDS = {
    "string_type": "must be a text",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "float_parsing": "must be a number",
    "int_parsing": "must be a whole number",
    "string_pattern_mismatch": "must hold no line breaks or other control characters",
}


def describe_error(error: PredictorError) -> FaultOut:
    """An error of the package as code and text.

    >>> describe_error(ScoringError("LEAD022 Attribute 'employees' must be a number.")).model_dump()
    {'code': 'LEAD022', 'text': "Attribute 'employees' must be a number."}
    """
    text = " ".join(str(error).split())
    coded = _CODED.fullmatch(text)
    return FaultOut(code=coded[1], text=coded[2]) if coded else FaultOut(code=WRONG_FIELD, text=text)


def describe_faults(faults: Sequence[Any]) -> FaultOut:
    """What pydantic found in a request, as code and text; kinds of values are told, values never.

    >>> fault = {"type": "string_type", "loc": ("body", "lead_id"), "msg": "Input should be a valid string", "input": 7}
    >>> describe_faults([fault]).text
    "'lead_id' must be a text, but a number came. See /docs for every field."
    """
    if any(fault["type"] == "json_invalid" for fault in faults):
        reason = faults[0]["ctx"]["error"]
        return FaultOut(code=NO_JSON, text=f"The body is no JSON: {reason}. Send JSON in UTF-8; NaN and Infinity are none.")
    told = [_describe_fault(fault) for fault in faults[:_MOST]]
    more = [f"And {count(len(faults) - _MOST, 'fault')} more."] if len(faults) > _MOST else []
    return FaultOut(code=WRONG_FIELD, text=" ".join([*told, *more, "See /docs for every field."]))


def _describe_fault(fault: Any) -> str:  # noqa: ANN401  pydantic's own ErrorDetails, a loose dict
    first, *rest = fault["loc"] or ("",)
    place = {"query": "Query parameter ", "body": ""}.get(first)
    parts = rest if place is not None else [first, *rest]
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{str(part)[:60]}" for part in parts).lstrip(".")
    where = f"{place or ''}'{name}'" if name else "The request"
    if fault["type"] == "missing":
        return f"{where} is missing. Send it{'' if name else ' as JSON with Content-Type: application/json'}."
    if fault["type"] == "extra_forbidden":
        return f"{where} is not known. Leave it out, or mend its name."
    rule = _WORDS.get(fault["type"]) or re.sub(r"^(?:\w+ )?should", "must", fault["msg"])
    rule, _, do = rule.partition(". ")
    if fault["type"] in {"model_type", "model_attributes_type"} and not name:
        do = "Send it as JSON with Content-Type: application/json"
    of_kind = fault["type"].endswith(_OF_KIND) and fault["type"] != "finite_number"
    came = f", but {_CAME.get(type(fault['input']), 'null')} came" if of_kind else ""
    return f"{where} {rule}{came}. {do + '.' if do else ''}".rstrip()


def note_fault(error: Exception, path: str, request_id: str | None = None) -> FaultOut:
    """Log a fault of ours by its kind and place, since its message may quote a person; gives what is told of it."""
    trace = "".join(traceback.format_tb(error.__traceback__))
    LOG.error("%s at %s\n%s", type(error).__name__, path, trace, extra={"fields": {"request_id": request_id}})
    text = "A fault of this server, not of the request. Its log names the place; tell whoever runs it."
    return FaultOut(code=UNEXPECTED, text=text)


def answer_error(status: int, fault: FaultOut) -> JSONResponse:
    """An error as every error of this API looks."""
    return JSONResponse({"error": fault.model_dump()}, status_code=status)


def _answer_package(_: Request, error: Exception) -> Response:
    if isinstance(error, RefusalError):
        response = answer_error(error.status, FaultOut(code=error.code, text=str(error)))
        response.headers.update(error.headers)
        return response
    if isinstance(error, StoreError):
        return answer_error(503, FaultOut(code=NO_STORE, text=f"{error} Then send it again."))
    return answer_error(422 if isinstance(error, (ScoringError, SettingsError)) else 500, describe_error(error))  # type: ignore[arg-type]


def _answer_request(_: Request, error: Exception) -> Response:
    return answer_error(422, describe_faults(error.errors()))  # type: ignore[attr-defined]


def _answer_http(request: Request, error: Exception) -> Response:
    status = error.status_code  # type: ignore[attr-defined]
    code, text = _OF_STATUS.get(status, NO_JSON), f"{error.detail}."  # type: ignore[attr-defined]
    if code == NO_PATH:
        text = f"{request.method} on this path is not there. See /docs for every path."  # a path may name a lead
    response = answer_error(status, FaultOut(code=code, text=text))
    response.headers.update(getattr(error, "headers", None) or {})
    return response


def add_handlers(app: FastAPI) -> None:
    """Let every error of an app look the same."""
    app.add_exception_handler(PredictorError, _answer_package)
    app.add_exception_handler(RequestValidationError, _answer_request)
    app.add_exception_handler(HTTPException, _answer_http)
