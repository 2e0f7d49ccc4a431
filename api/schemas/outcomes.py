"""Outcomes as JSON: the requests that send them, and the answers. The examples are synthetic."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, WrapValidator, model_validator
from pydantic_core import PydanticCustomError

from predictor.data.crm.field_maps import Crm
from predictor.store.schema import OutcomeKind, ReportKind

from .answers import ErrorOut, RefusedOut, ResponseModel, Responses, WarningOut
from .fields import Key, Moment, Number, RequestModel, accept_unchecked, is_ahead

_CURRENCY, _OUTCOME_ID = "^[A-Z]{3}$", "^[0-9a-f-]{32,36}$"
NO_OUTCOME: Responses = {404: {"model": ErrorOut, "description": "There is no such outcome."}}


def _check_past(moment: datetime) -> datetime:
    if is_ahead(moment):
        raise PydanticCustomError("future", "must not be more than a day in the future. Send the outcome once it is there")
    return moment


def _read_currency(value: object) -> object:
    text = value.strip().upper() if isinstance(value, str) else ""
    if not re.fullmatch(_CURRENCY, text):
        raise PydanticCustomError("currency", "must be three letters, as EUR. Send the code of the currency, or leave it out")
    return text


def _check_outcome_id(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(_OUTCOME_ID, value):
        raise PydanticCustomError("outcome_id", "must be the 'outcome_id' of an earlier answer. Send that, or leave it out")
    return value


def _check_amount(amount: float | None) -> float | None:
    if amount is not None and amount < 0:
        raise PydanticCustomError("amount", "must be 0 or more. Send the amount, or leave it out if unknown")
    return amount


OutcomeKey = Annotated[str, Field(pattern=_OUTCOME_ID), BeforeValidator(_check_outcome_id)]


class OutcomeIn(RequestModel):
    """The outcome of a lead. Every outcome is kept. A second one of the same kind about the same score corrects the first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lead_id": "A17", "kind": "recycled", "occurred_at": "2026-04-09", "reason": "timing"}]}
    )

    lead_id: Key
    """The CRM's key of the lead, as in the request that scored it."""
    kind: ReportKind
    """`contacted`: sales got in touch for the first time. `accepted`: sales accepted the lead as an SQL. `recycled`: sales sent
    it back. `opportunity`: an opportunity was opened. `withdrawn`: an outcome that was sent before is taken back."""
    occurred_at: Annotated[Moment, AfterValidator(_check_past)] | None = None
    """When it happened, at most a day from now. The default is the moment sent earlier for this outcome, otherwise now."""
    reason: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")] | None = None
    """Why it was recycled: timing, budget, need, authority, fit, unreachable, duplicate or other, unless the settings name
    others. A text that names one of them means it; any other is stored as `other`. Required if `kind` is `recycled`."""
    amount: Annotated[Number, AfterValidator(_check_amount)] = None
    """Amount of the opportunity, 0 or more."""
    currency: Annotated[str, Field(pattern=_CURRENCY, examples=["EUR"]), BeforeValidator(_read_currency)] | None = None
    """Currency of the amount: three letters, as ISO 4217 has them."""
    episode: Moment | None = None
    """The `as_of` of the score that it is about. The default is the latest score at or before `occurred_at`."""
    outcome_id: OutcomeKey | None = None
    """The `outcome_id` of an earlier answer, to correct that outcome or, with `kind` `withdrawn`, to take it back."""
    withdraws: OutcomeKind | None = None
    """With `kind` `withdrawn`: take back the latest outcome of this kind. The default is the latest of any kind."""

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.kind == "recycled" and self.reason is None:
            raise PydanticCustomError("reason", "must have a 'reason' if 'kind' is 'recycled'. Send one, as timing or other")
        if self.kind != "withdrawn" and self.withdraws is not None:
            raise PydanticCustomError(
                "withdraws", "must have 'withdraws' only if 'kind' is 'withdrawn'. Leave one of them out, or send kind=withdrawn"
            )
        return self


class OutcomesIn(BaseModel):
    """Outcomes, at most 10,000. A faulty outcome gets an error; the others are stored."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    outcomes: Annotated[list[Annotated[OutcomeIn, WrapValidator(accept_unchecked)]], Field(max_length=10_000)]
    """Outcomes as for `POST /v1/outcomes`; the answers come in the same order."""


class OutcomeQuery(BaseModel):
    """The format of outcomes."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    crm: Crm | None = None
    """The CRM whose own records the body holds instead of outcomes. Dates of stages, a status, or our own fields beside the CRM's
    id say what became of the lead."""


class CountingOut(ResponseModel):
    """An outcome that counts, after corrections and withdrawals."""

    outcome_id: str
    """Identifies the report from which it has its values."""
    kind: OutcomeKind
    occurred_at: datetime
    reason: str | None
    amount: FiniteFloat | None
    currency: str | None


class OutcomeOut(ResponseModel):
    """What was stored, and what counts now."""

    lead_id: str
    """The id from the request."""
    outcome_id: str
    """Identifies this outcome, to correct it or take it back."""
    kind: ReportKind
    occurred_at: datetime
    """The moment from the request. Without one it is now, unless an earlier request gave a moment, which is kept."""
    episode: datetime | None
    """The `as_of` of the score that it is about; null without a score at or before it, or while the database is away."""
    reason: str | None
    amount: FiniteFloat | None
    currency: str | None
    repeated: bool
    """True if the same was known already, so nothing was added."""
    counting: list[CountingOut] | None
    """Every outcome of the lead that counts now; null while the database is away. The outcome is then on disk and not lost."""
    warnings: list[WarningOut]


class OutcomesOut(ResponseModel):
    """An answer or an error for each outcome, in the order of the request."""

    answers: list[OutcomeOut | RefusedOut]
