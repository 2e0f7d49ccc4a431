"""Many leads in one request, of which each is right or wrong for itself."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from ..http.errors import describe_faults
from .answers import RefusedOut
from .requests import LeadIn


def _leave(value: Any, _: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401  JSON
    """As it came: each lead is read when its turn comes, so that a large batch is not in memory twice."""
    return value


class BatchIn(BaseModel):
    """Leads to score, at most 10,000; one that is faulty fails alone."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    leads: Annotated[list[Annotated[LeadIn, WrapValidator(_leave)]], Field(max_length=10_000)]
    """Leads as `POST /v1/score` takes them; the answers come in the same order."""


def read_one_of_many(value: Any) -> LeadIn | RefusedOut:  # noqa: ANN401  JSON
    """A lead of a batch; what is wrong with it where it is none."""
    if isinstance(value, RefusedOut):  # a CRM's record that is none
        return value
    try:
        return LeadIn.model_validate(value)
    except ValidationError as error:
        lead_id = value.get("lead_id") if isinstance(value, dict) else None
        return RefusedOut(lead_id=lead_id if isinstance(lead_id, str) else None, error=describe_faults(error.errors()))
