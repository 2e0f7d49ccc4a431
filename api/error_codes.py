"""The errors of the API: their codes, and texts that never quote a value of a lead."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from predictor.core.errors import PredictorError, count

from .schemas.answers import FaultOut, RefusedOut

LOG = logging.getLogger("api")
_CODES = tuple(f"API{number:03}" for number in range(1, 18))
(
    NO_JSON,
    WRONG_FIELD,
    NO_PATH,
    NO_MODEL,
    NO_REPORT,
    NO_STORE,
    UNEXPECTED,
    NO_KEY,
    NO_SCOPE,
    NO_KEYS,
    TOO_LARGE,
    TOO_SLOW,
    USED_KEY,
    NO_RULE,
    NO_TYPE,
    TOO_MANY,
    CHANGED,
) = _CODES
_MOST = 5  # faults listed for one request
_CODED = re.compile(r"([A-Z]+\d{3}) (.*)", re.DOTALL)
_TYPE_NAMES = {
    str: "a text", bool: "a yes or no", int: "a number", float: "a number", list: "a list", dict: "an object",
    bytes: "a body of another type",
}  # fmt: skip
_TYPED = ("_type", "_parsing", "moment", "number", "value")  # endings of faults where the type that came helps to find them
_RULES = {
    "string_type": "must be a text",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "float_parsing": "must be a number",
    "int_parsing": "must be a whole number",
    "string_pattern_mismatch": "must not be blank, and must not contain line breaks or other control characters",
}


class RefusalError(PredictorError):
    """A request that cannot be answered now, with its status, code and headers."""

    def __init__(self, status: int, code: str, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.code, self.headers = status, code, dict(headers or {})


def describe_error(error: PredictorError) -> FaultOut:
    """An error of the package as code and text.

    >>> from predictor.core.errors import ScoringError
    >>> describe_error(ScoringError("LEAD022 Attribute 'employees' must be a number.")).model_dump()
    {'code': 'LEAD022', 'text': "Attribute 'employees' must be a number."}
    """
    text = " ".join(str(error).split())
    coded = _CODED.fullmatch(text)
    return FaultOut(code=coded[1], text=coded[2]) if coded else FaultOut(code=WRONG_FIELD, text=text)


def describe_faults(faults: Sequence[Any]) -> FaultOut:
    """The faults that pydantic found in a request as code and text, which names types of values and never a value.

    >>> fault = {"type": "string_type", "loc": ("body", "lead_id"), "msg": "Input should be a valid string", "input": 7}
    >>> describe_faults([fault]).text
    "'lead_id' must be a text, but a number came. See /docs for every field."
    """
    if any(fault["type"] == "json_invalid" for fault in faults):
        reason = faults[0]["ctx"]["error"]
        return FaultOut(code=NO_JSON, text=f"The body is not valid JSON: {reason}. Send JSON in UTF-8, without NaN and Infinity.")
    texts = [_describe_fault(fault) for fault in faults[:_MOST]]
    more = [f"And {count(len(faults) - _MOST, 'fault')} more."] if len(faults) > _MOST else []
    return FaultOut(code=WRONG_FIELD, text=" ".join([*texts, *more, "See /docs for every field."]))


def refuse_entry(entry: object, error: ValidationError) -> RefusedOut:
    """The answer about an entry of a batch that cannot be read, with its lead where it names one.

    Args:
        entry: The entry as it came.
        error: What pydantic found in it.
    """
    lead_id = entry.get("lead_id") if isinstance(entry, dict) else None
    return RefusedOut(lead_id=lead_id if isinstance(lead_id, str) else None, error=describe_faults(error.errors()))


def _describe_fault(fault: Any) -> str:  # noqa: ANN401  pydantic's own ErrorDetails, a loose dict
    first, *rest = fault["loc"] or ("",)
    place = {"query": "Query parameter ", "body": ""}.get(first)
    parts = rest if place is not None else [first, *rest]
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{str(part)[:60]}" for part in parts).lstrip(".")
    where = f"{place or ''}'{name}'" if name else "The request"
    if fault["type"] == "missing":
        return f"{where} is missing. Send it{'' if name else ' as JSON with Content-Type: application/json'}."
    if fault["type"] == "extra_forbidden":
        return f"{where} is not known. Leave it out, or correct its name."
    rule = _RULES.get(fault["type"]) or re.sub(r"^(?:\w+ )?should", "must", fault["msg"])
    rule, _, advice = rule.partition(". ")
    if fault["type"] in {"model_type", "model_attributes_type"} and not name:
        advice = "Send it as JSON with Content-Type: application/json"
    typed = fault["type"].endswith(_TYPED) and fault["type"] != "finite_number"
    type_name = f", but {_TYPE_NAMES.get(type(fault['input']), 'null')} came" if typed else ""
    return f"{where} {rule}{type_name}. {advice + '.' if advice else ''}".rstrip()


def locate_faults(error: ValidationError, place: str) -> list[Any]:
    """The faults of a pydantic error, located in a part of the request, `body` or `query`."""
    return [{**fault, "loc": (place, *fault["loc"])} for fault in error.errors()]
