"""Requests to the API, as JSON; the answers are in `answers.py`. The examples are synthetic."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from predictor.core.errors import Finding, list_names, name_nearest
from predictor.core.settings_sections import Policy
from predictor.data.crm.field_maps import Crm
from predictor.data.parse import ISO_HINT, read_moment, to_moment
from predictor.data.values import Event, to_number
from predictor.scoring.answer import Lead
from predictor.scoring.lead_reader import LeadReader
from predictor.store.schema import OutcomeKind, ReportKind

_LARGEST = 1e15  # no fact about a lead is beyond it, and sums would overflow
_MOST_MEMBERS = 1_000  # values of one attribute
_CURRENCY, _OUTCOME_ID = "^[A-Z]{3}$", "^[0-9a-f-]{32,36}$"
_YEARS = range(1900, 2200)
_SLACK = timedelta(days=1)  # clocks and zones may differ
_AHEAD = Finding("LEAD041", "warning", "'as_of' is more than a day in the future.", do="Send the moment that the score is for.")


def _to_plain(value: object, info: ValidationInfo) -> object:
    """The value in the plain format, as training wrote this field; None where it means 'not known'."""
    reader: LeadReader | None = info.context
    return value if reader is None or info.field_name is None else reader.read_field(info.field_name, value)


def _read_moment(value: object, info: ValidationInfo) -> datetime:
    plain = _to_plain(value, info)
    moment = read_moment(plain) if isinstance(plain, str) else None
    if moment is None:
        raise PydanticCustomError("moment", f"must be a date. {ISO_HINT}")
    if moment.year not in _YEARS:
        raise PydanticCustomError("year", f"must be between {_YEARS.start} and {_YEARS.stop}. Leave it out if unknown")
    return moment


def _read_number(value: object, info: ValidationInfo) -> float | None:
    try:
        number = to_number(_to_plain(value, info))
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


def _blank_unknown(value: object, info: ValidationInfo) -> object:
    """None where a text means 'not known', as in a file; else the value as it came."""
    return None if _to_plain(value, info) is None else value


def _or_empty_dict(value: object) -> object:
    return {} if value is None else value  # some clients send null for what they do not have


def _or_empty_list(value: object) -> object:
    return [] if value is None else value


def _is_ahead(moment: datetime) -> bool:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware > datetime.now(UTC) + _SLACK


def _check_past(moment: datetime) -> datetime:
    if _is_ahead(moment):
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


Moment = Annotated[datetime, BeforeValidator(_read_moment), Field(examples=["2026-03-31T14:05:00Z"])]
Number = Annotated[float | None, BeforeValidator(_read_number)]
Single = str | bool | int | float | None
Value = Annotated[Single | list[Single], BeforeValidator(_check_value)]
OutcomeKey = Annotated[str, Field(pattern=_OUTCOME_ID), BeforeValidator(_check_outcome_id)]
Key = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
Text = Annotated[str, Field(max_length=2000)]  # page addresses are long


class _RequestModel(BaseModel):
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


class EventIn(_RequestModel):
    """Something the lead did, with its date."""

    occurred_at: Moment
    """When it happened, in ISO 8601 or as in the training data. Without a time zone, the zone of the training data applies."""
    event_type: Annotated[str, Field(min_length=1, max_length=200)]
    """Type of the event. `GET /v1/model` lists the types that the rule book uses; others are allowed."""
    asset: Text | None = None
    """The page, paper, webinar or form."""
    campaign: Text | None = None
    """The campaign that led to it."""
    value: Number = None
    """A number that belongs to the event, for example seconds or an amount."""

    def to_event(self, timezone: str) -> Event:
        """The event as scoring takes it."""
        moment = self.occurred_at
        if moment.tzinfo is not UTC:  # most are
            moment = to_moment(moment, timezone)
        return Event(occurred_at=moment, event_type=self.event_type, asset=self.asset, campaign=self.campaign, value=self.value)


_LEAD: JsonDict = {
    "lead_id": "A17",
    "as_of": "2026-03-31T14:05:00Z",
    "attributes": {"industry": "Software", "employees": 250, "country": "Germany", "seniority": "VP"},
    "points": 65,
    "events": [{"occurred_at": "2026-03-30T09:12:00Z", "event_type": "pricing_page_view"}],
}


class LeadIn(_RequestModel):
    """One lead to score. Send what the CRM knew at `as_of`. Leave out what is unknown; do not send a guess."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LEAD]})

    lead_id: Key
    """The CRM's key of the lead. The answer returns it, and outcomes are sent with it."""
    as_of: Annotated[Moment | None, BeforeValidator(_blank_unknown)] = None
    """The moment that the score is for, in ISO 8601 or as in the training data; events after it are ignored. Without a time
    zone, the zone of the training data applies. The default is now."""
    attributes: Annotated[dict[str, Value], BeforeValidator(_or_empty_dict)] = {}
    """Facts about the lead and its firm, with the names of the training data in any case; `GET /v1/model` lists the ones that are
    used. Yes and no may be `true` and `false`. An attribute with several values may be a list."""
    points: Number = None
    """The CRM's own hand-set score, if the model was trained with one."""
    events: Annotated[list[EventIn], BeforeValidator(_or_empty_list)] = []
    """The lead's events, in any order."""

    def to_lead(self, timezone: str, now: datetime) -> Lead:
        """The lead as scoring takes it.

        Args:
            timezone: The zone of moments without one.
            now: Used as `as_of` if that is left out.
        """
        as_of = now if self.as_of is None else to_moment(self.as_of, timezone)
        return Lead(
            lead_id=self.lead_id,
            as_of=as_of,
            attributes=self.attributes,
            points=self.points,
            events=[event.to_event(timezone) for event in self.events],
        )

    def check(self) -> list[Finding]:
        """Warnings about unknown fields of the lead and its events, and about an `as_of` in the future."""
        events = next((event.check_unknown_fields("events") for event in self.events if event.model_extra), [])
        ahead = [_AHEAD] if self.as_of is not None and _is_ahead(self.as_of) else []
        return [*self.check_unknown_fields("the lead"), *events, *ahead]


def _accept(value: Any, _: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401  JSON
    """The value unchecked: each lead is validated when its turn comes, so that a large batch is not in memory twice."""
    return value


class BatchIn(BaseModel):
    """Leads to score, at most 10,000. A faulty lead gets an error; the others get their answers."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    leads: Annotated[list[Annotated[LeadIn, WrapValidator(_accept)]], Field(max_length=10_000)]
    """Leads as for `POST /v1/score`; the answers come in the same order."""


class OutcomeIn(_RequestModel):
    """The outcome of a lead. Every outcome is kept. A second one of the same kind about the same score corrects the first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lead_id": "A17", "kind": "recycled", "occurred_at": "2026-04-09", "reason": "timing"}]}
    )

    lead_id: Key
    """The CRM's key of the lead, as in the request that scored it."""
    kind: ReportKind
    """`accepted`: sales accepted the lead as an SQL. `recycled`: sales sent it back. `opportunity`: an opportunity was opened.
    `withdrawn`: an outcome that was sent before is taken back."""
    occurred_at: Annotated[Moment, AfterValidator(_check_past)] | None = None
    """When it happened, at most a day from now. The default is the moment sent earlier for this outcome, otherwise now."""
    reason: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")] | None = None
    """Why it was recycled: timing, budget, need, authority, fit, unreachable, duplicate or other. One word, never a remark
    about a person. Required if `kind` is `recycled`."""
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

    outcomes: Annotated[list[Annotated[OutcomeIn, WrapValidator(_accept)]], Field(max_length=10_000)]
    """Outcomes as for `POST /v1/outcomes`; the answers come in the same order."""


class OutcomeQuery(BaseModel):
    """The format of outcomes."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    crm: Crm | None = None
    """The CRM whose own records the body holds instead of outcomes. Dates of stages, a status, or our own fields beside the CRM's
    id say what became of the lead."""


class ScoreQuery(BaseModel):
    """The format of leads and answers."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    reasons: Annotated[int, Field(ge=0, le=20)] = 5
    """Number of reasons to give in each direction: the strongest that raise the probability, and the strongest that lower it."""
    crm: Crm | None = None
    """The CRM whose own records the body holds instead of leads: HubSpot contacts or Salesforce leads, as its API sends them."""
    answer: Literal["contract", "properties"] = "contract"
    """`properties`: the answer is a record of the CRM in `crm`, ready to be written back."""

    @model_validator(mode="after")
    def _check_answer(self) -> Self:
        if self.answer == "properties" and self.crm is None:
            raise PydanticCustomError(
                "answer", "must have a 'crm' if 'answer' is 'properties'. Send crm=hubspot or crm=salesforce"
            )
        return self


class ThresholdQuery(BaseModel):
    """A policy to try; what is left out stays as it is in service."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    policy: Policy | None = None
    """`band`: as many leads as possible with a conversion in the band. `capacity`: as many as sales can work. `value`: the
    highest value. `precision`: at least this conversion."""
    leads_per_week: Annotated[FiniteFloat, Field(ge=0, le=1e9)] | None = None
    """For `capacity`, and implies it: leads that sales can work in a week."""
    amount: Annotated[FiniteFloat, Field(ge=0, le=1e12)] | None = None
    """For `value`: what an accepted lead is worth."""
    cost: Annotated[FiniteFloat, Field(ge=0, le=1e12)] | None = None
    """For `value`: what it costs to work a lead."""
    precision: Annotated[FiniteFloat, Field(ge=0, le=1)] | None = None
    """For `precision`, and implies it: the lowest conversion, from 0 to 1."""

    @model_validator(mode="after")
    def _imply_policy(self) -> Self:
        """A number that only one policy uses implies it; with another policy it would be silently ignored."""
        for name, policy in (("leads_per_week", "capacity"), ("precision", "precision")):
            if getattr(self, name) is None:
                continue
            self.policy = self.policy or cast("Policy", policy)
            if self.policy != policy:
                raise PydanticCustomError(
                    "policy",
                    f"must have '{name}' only if 'policy' is '{policy}'. Leave one of them out, or send policy={policy}",
                )
        return self


class GradesIn(BaseModel):
    """The lowest probability of each grade, falling; below C it is D."""

    model_config = ConfigDict(extra="forbid")

    A: Annotated[FiniteFloat, Field(ge=0, le=1)]
    B: Annotated[FiniteFloat, Field(ge=0, le=1)]
    C: Annotated[FiniteFloat, Field(ge=0, le=1)]


class RuleIn(ThresholdQuery):
    """A rule of decision to put into service; what is left out is as in training."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"policy": "capacity", "leads_per_week": 50}]})

    band: tuple[Annotated[FiniteFloat, Field(ge=0, le=1)], Annotated[FiniteFloat, Field(ge=0, le=1)]] | None = None
    """For `band`: the lowest and the highest conversion, from 0 to 1."""
    grades: GradesIn | None = None
    """The lowest probability of each grade, from 0 to 1. The default is that of the training."""
