"""What the API takes, as JSON; what it gives is in `answers`. The examples are synthetic."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from predictor.core.errors import Finding, list_names, name_nearest
from predictor.core.settings_sections import Policy
from predictor.data.crm.field_maps import Crm
from predictor.data.parse import ISO_HINT, to_moment
from predictor.data.values import Event, to_number
from predictor.scoring.answer import Lead
from predictor.store.schema import OutcomeKind

_LARGEST = 1e15  # beyond it no fact about a lead lies, and sums would overflow
_YEARS = range(1900, 2200)
_SLACK = timedelta(days=1)  # by which clocks and zones may differ
_AHEAD = Finding("LEAD041", "warning", "'as_of' lies ahead by more than a day.", "Send the moment that the score speaks of.")


def _read_moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value.strip().upper() if isinstance(value, str) else "")
    except ValueError:
        raise PydanticCustomError("moment", f"must be a date. {ISO_HINT}") from None
    if moment.year not in _YEARS:
        raise PydanticCustomError("year", f"must lie between {_YEARS.start} and {_YEARS.stop}. Leave it out where unknown")
    return moment


def _read_number(value: object) -> float | None:
    try:
        number = to_number(value)
    except (ValueError, OverflowError):
        raise PydanticCustomError("number", "must be a number. Send a number, or null where unknown") from None
    _check_size(number)
    return None if math.isnan(number) else number


def _check_value(value: object) -> object:
    if isinstance(value, (list, dict)):
        raise PydanticCustomError("value", "must be one text, number, true, false or null. Send one value, or leave it out")
    if isinstance(value, (int, float)):
        _check_size(value)
    return value


def _check_size(number: float) -> None:
    if abs(number) > _LARGEST:
        raise PydanticCustomError("size", f"must lie within {_LARGEST:g} of 0. Send it in another unit, or leave it out")


def _or_empty_dict(value: object) -> object:
    return {} if value is None else value  # as clients send what they do not have


def _or_empty_list(value: object) -> object:
    return [] if value is None else value


def _is_ahead(moment: datetime) -> bool:
    at = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return at > datetime.now(UTC) + _SLACK


def _check_past(moment: datetime) -> datetime:
    if _is_ahead(moment):
        raise PydanticCustomError("future", "must not lie ahead by more than a day. Send it once it has come about")
    return moment


def _check_amount(amount: float | None) -> float | None:
    if amount is not None and amount < 0:
        raise PydanticCustomError("amount", "must be 0 or more. Send what it is worth, or leave it out where unknown")
    return amount


Moment = Annotated[datetime, BeforeValidator(_read_moment), Field(examples=["2026-03-31T14:05:00Z"])]
Number = Annotated[float | None, BeforeValidator(_read_number)]
Value = Annotated[str | bool | int | float | None, BeforeValidator(_check_value)]
Key = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
Text = Annotated[str, Field(max_length=2000)]  # addresses of pages are long


class _Taken(BaseModel):
    """What comes in. A field that is not known is left aside and reported, never guessed."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    def report_unread(self, where: str) -> list[Finding]:
        """A warning about fields that nobody reads; none where there are none."""
        if not self.model_extra:
            return []
        known = list(type(self).model_fields)
        unread = [name[:60] for name in self.model_extra]
        hint = next((near for name in unread if (near := name_nearest(name, known))), "")
        return [Finding("LEAD024", "warning", f"Fields of {where} that are not read: {list_names(unread)}.{hint}", "")]


class EventIn(_Taken):
    """A dated act of the lead."""

    occurred_at: Moment
    """When, in ISO 8601; without a zone it is taken in the zone of the training data."""
    event_type: Annotated[str, Field(min_length=1, max_length=200)]
    """What the lead did; the rule book's types are known to the model, others are taken as they come."""
    asset: Text | None = None
    """What was read, attended or filled in."""
    campaign: Text | None = None
    """The campaign it came by."""
    value: Number = None
    """A number that belongs to the act, as seconds or an amount."""

    def to_event(self, timezone: str) -> Event:
        """The event as scoring takes it."""
        at = self.occurred_at
        moment = at if at.tzinfo is UTC else to_moment(at, timezone)  # as most are
        return Event(moment, self.event_type, self.asset, self.campaign, self.value)


_LEAD: JsonDict = {
    "lead_id": "A17",
    "as_of": "2026-03-31T14:05:00Z",
    "attributes": {"industry": "Software", "employees": 250, "country": "Germany", "seniority": "VP"},
    "points": 65,
    "events": [{"occurred_at": "2026-03-30T09:12:00Z", "event_type": "pricing_page_view"}],
}


class LeadIn(_Taken):
    """One lead to score. Send what the CRM knew at `as_of`; what is unknown is left out, and never sent as a guess."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LEAD]})

    lead_id: Key
    """The CRM's key. It comes back in the answer and names the lead when its outcome is sent."""
    as_of: Moment | None = None
    """The moment the score speaks of, in ISO 8601; events after it are not looked at. Without a zone it is taken in the zone of
    the training data; left out, it is now."""
    attributes: Annotated[dict[str, Value], BeforeValidator(_or_empty_dict)] = {}
    """Facts about lead and firm, under the names of the training data: `GET /v1/model` lists those that the model looks at."""
    points: Number = None
    """The hand-set score that the CRM holds, where the model was trained with one."""
    events: Annotated[list[EventIn], BeforeValidator(_or_empty_list)] = []
    """The lead's dated acts, in any order."""

    def to_lead(self, timezone: str, now: datetime) -> Lead:
        """The lead as scoring takes it.

        Args:
            timezone: The zone of moments that carry none.
            now: Stands for `as_of` where that is left out.
        """
        as_of = now if self.as_of is None else to_moment(self.as_of, timezone)
        return Lead(self.lead_id, as_of, self.attributes, self.points, [event.to_event(timezone) for event in self.events])

    def list_unread(self) -> list[Finding]:
        """Warnings about fields of the lead and of its events that nobody reads, and about a moment that is yet to come."""
        events = next((event.report_unread("events") for event in self.events if event.model_extra), [])
        ahead = [_AHEAD] if self.as_of is not None and _is_ahead(self.as_of) else []
        return [*self.report_unread("the lead"), *events, *ahead]


class OutcomeIn(_Taken):
    """What came of a lead. Sent again for the same lead and kind, the latest stands."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lead_id": "A17", "kind": "recycled", "occurred_at": "2026-04-09", "reason": "timing"}]}
    )

    lead_id: Key
    """The CRM's key, as it was scored."""
    kind: OutcomeKind
    """`accepted`: sales took it over as an SQL. `recycled`: sales sent it back. `opportunity`: one was opened for it."""
    occurred_at: Annotated[Moment, AfterValidator(_check_past)] | None = None
    """When, a day from now at most; left out, it is what was told before, or else now."""
    reason: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")] | None = None
    """Why it was recycled: timing, budget, need, authority, fit, unreachable, duplicate, other; a word, no remark about a person.
    Needed where `kind` is `recycled`."""
    amount: Annotated[Number, AfterValidator(_check_amount)] = None
    """Of the opportunity, 0 or more."""

    @model_validator(mode="after")
    def _check_reason(self) -> Self:
        if self.kind == "recycled" and self.reason is None:
            raise PydanticCustomError("reason", "must hold a 'reason' where 'kind' is 'recycled'. Send one, as timing or other")
        return self


class ScoreQuery(BaseModel):
    """How leads come, and how the answer goes."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    reasons: Annotated[int, Field(ge=0, le=20)] = 5
    """How many of the strongest reasons up to give, and how many down."""
    crm: Crm | None = None
    """Whose own records the body holds, in place of leads: a HubSpot contact, or a Salesforce lead, as its API gives it."""
    answer: Literal["contract", "properties"] = "contract"
    """`properties`: with `crm`, the answer as a record of that CRM, to be written back."""

    @model_validator(mode="after")
    def _check_answer(self) -> Self:
        if self.answer == "properties" and self.crm is None:
            raise PydanticCustomError(
                "answer", "must name a 'crm' where 'answer' is 'properties'. Send crm=hubspot or crm=salesforce"
            )
        return self


class ThresholdQuery(BaseModel):
    """Another policy than the one trained with; what is left out stays as it was trained."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    policy: Policy | None = None
    """`band`: most leads whose conversion stays in the band. `capacity`: what sales can work. `value`: what brings most.
    `precision`: at least this conversion."""
    leads_per_week: Annotated[FiniteFloat, Field(ge=0, le=1e9)] | None = None
    """For `capacity`, which it names by itself: leads that sales can work in a week."""
    amount: Annotated[FiniteFloat, Field(ge=0, le=1e12)] | None = None
    """For `value`: what an accepted lead brings."""
    cost: Annotated[FiniteFloat, Field(ge=0, le=1e12)] | None = None
    """For `value`: what working a lead costs."""
    precision: Annotated[FiniteFloat, Field(ge=0, le=1)] | None = None
    """For `precision`, which it names by itself: the conversion, from 0 to 1."""

    @model_validator(mode="after")
    def _find_policy(self) -> Self:
        """A number that only one policy looks at names it; beside another it would be left aside in silence."""
        for name, policy in (("leads_per_week", "capacity"), ("precision", "precision")):
            if getattr(self, name) is None:
                continue
            self.policy = self.policy or cast("Policy", policy)
            if self.policy != policy:
                raise PydanticCustomError(
                    "policy",
                    f"must hold '{name}' only where 'policy' is '{policy}'. Leave one of them out, or send policy={policy}",
                )
        return self
