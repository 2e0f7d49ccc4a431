"""Fields of requests: keys, moments, numbers and values, read as training wrote them, with the rule that each must keep."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
)
from pydantic_core import PydanticCustomError

from predictor.core.errors import Finding, list_names, name_nearest
from predictor.data.parse import ISO_HINT, read_moment
from predictor.data.values import to_number
from predictor.scoring.lead_reader import LeadReader

_LARGEST = 1e15  # no fact about a lead is beyond it, and sums would overflow
_MOST_MEMBERS = 1_000  # values of one attribute
_YEARS = range(1900, 2200)
_SLACK = timedelta(days=1)  # clocks and zones may differ


def read_plain(value: object, info: ValidationInfo) -> object:
    """The value in the plain format, as training wrote this field; None where it means 'not known'."""
    reader: LeadReader | None = info.context
    return value if reader is None or info.field_name is None else reader.read_field(info.field_name, value)


def _read_moment(value: object, info: ValidationInfo) -> datetime:
    plain = read_plain(value, info)
    moment = read_moment(plain) if isinstance(plain, str) else None
    if moment is None:
        raise PydanticCustomError("moment", f"must be a date. {ISO_HINT}")
    if moment.year not in _YEARS:
        raise PydanticCustomError("year", f"must be between {_YEARS.start} and {_YEARS.stop}. Leave it out if unknown")
    return moment


def _read_number(value: object, info: ValidationInfo) -> float | None:
    try:
        number = to_number(read_plain(value, info))
    except (ValueError, OverflowError):
        raise PydanticCustomError("number", "must be a number. Send a number, or null if unknown") from None
    _check_size(number)
    return None if math.isnan(number) else number


def _check_value(value: object) -> object:
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(member, (list, dict)) for member in value)):
        rule = "must be one text, number, true, false or null, or a list of these. Send one of them, or leave it out"
        raise PydanticCustomError("value", rule)
    if isinstance(value, list) and len(value) > _MOST_MEMBERS:
        raise PydanticCustomError("members", f"must have {_MOST_MEMBERS:,} values at most. Leave the others out")
    if isinstance(value, (int, float)):
        _check_size(value)
    return value


def _check_size(number: float) -> None:
    if abs(number) > _LARGEST:
        raise PydanticCustomError("size", f"must be within {_LARGEST:g} of 0. Send it in another unit, or leave it out")


def is_ahead(moment: datetime) -> bool:
    """Whether a moment is more than a day in the future."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware > datetime.now(UTC) + _SLACK


def accept_unchecked(value: Any, _: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401  JSON
    """The value unchecked: each entry is validated when its turn comes, so that a large batch is not in memory twice."""
    return value


Moment = Annotated[datetime, BeforeValidator(_read_moment), Field(examples=["2026-03-31T14:05:00Z"])]
Number = Annotated[float | None, BeforeValidator(_read_number)]
Single = str | bool | int | float | None
Value = Annotated[Single | list[Single], BeforeValidator(_check_value)]
Key = Annotated[  # without blanks around it, as files are read; a blank text is no key
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*[^\x00-\x20\s][^\x00-\x1f]*$"),
]
Text = Annotated[str, Field(max_length=2000)]  # page addresses are long


class RequestModel(BaseModel):
    """A part of a request. An unknown field is ignored with a warning."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    def check_unknown_fields(self, name: str) -> list[Finding]:
        """A warning about unknown fields of what is called `name`; empty if there are none."""
        if not self.model_extra:
            return []
        known = list(type(self).model_fields)
        unknown = [field[:60] for field in self.model_extra]
        hint = next((text for field in unknown if (text := name_nearest(field, known))), "")
        return [Finding("LEAD024", "warning", f"Unknown fields of {name}: {list_names(unknown)}.{hint}", do="")]
