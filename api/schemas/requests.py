"""Requests to score leads and to choose the threshold, as JSON; the answers are in `answers.py`. The examples are synthetic."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, Self, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, ValidationInfo, WrapValidator, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from predictor.core.errors import Finding
from predictor.core.settings_sections import Policy
from predictor.data.crm.field_maps import Crm
from predictor.data.parse import to_moment
from predictor.data.values import Event
from predictor.features.accounts import AccountEpisode
from predictor.features.earlier_episodes import Episode
from predictor.scoring.answer import Lead

from .fields import Key, Moment, Number, RequestModel, Text, Value, accept_unchecked, is_ahead, read_plain

_MOST_ATTRIBUTES, _MOST_EVENTS, _MOST_EPISODES, _MOST_ACCOUNT = 5_000, 100_000, 1_000, 10_000
_AHEAD = Finding("LEAD041", "warning", "'as_of' is more than a day in the future.", do="Send the moment that the score is for.")


def _blank_unknown(value: object, info: ValidationInfo) -> object:
    """None where a text means 'not known', as in a file; else the value as it came."""
    return None if read_plain(value, info) is None else value


def _check_number(value: object) -> object:
    """The attributes, refused before they are looked at where they are too many: each fault of one would take memory."""
    if value is None:
        return {}  # some clients send null for what they do not have
    if isinstance(value, dict) and len(value) > _MOST_ATTRIBUTES:
        rule = "must have at most {most} attributes, but has {number}. Send those that GET /v1/model lists"
        raise PydanticCustomError("too_long", rule, {"most": f"{_MOST_ATTRIBUTES:,}", "number": f"{len(value):,}"})
    return value


def _or_empty_list(value: object) -> object:
    """The events, refused before they are looked at where they are too many, likewise."""
    if isinstance(value, list) and len(value) > _MOST_EVENTS:
        rule = "must have at most {most} events, but has {number}. Send the newest"
        raise PydanticCustomError("too_long", rule, {"most": f"{_MOST_EVENTS:,}", "number": f"{len(value):,}"})
    return [] if value is None else value


class EventIn(RequestModel):
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


class EpisodeIn(RequestModel):
    """What sales decided in an earlier episode of the lead. An episode that sales has not decided is left out."""

    sql_at: Annotated[Moment | None, BeforeValidator(_blank_unknown)] = None
    """When sales accepted the lead; left out if it did not."""
    recycled_at: Annotated[Moment | None, BeforeValidator(_blank_unknown)] = None
    """When sales sent the lead back; left out if it did not."""
    recycle_reason: Annotated[str, Field(max_length=200)] | None = None
    """Why: a word of the list of reasons, as `timing`. Any other text counts as `other`."""

    def to_episode(self, timezone: str) -> Episode:
        """The episode as scoring takes it."""
        sql_at, recycled_at = (
            None if moment is None else to_moment(moment, timezone) for moment in (self.sql_at, self.recycled_at)
        )
        return Episode(sql_at=sql_at, recycled_at=recycled_at, recycle_reason=self.recycle_reason)


class AccountEpisodeIn(RequestModel):
    """An episode of another lead of the same account."""

    mql_at: Moment
    """When the other lead became an MQL."""
    sql_at: Annotated[Moment | None, BeforeValidator(_blank_unknown)] = None
    """When sales accepted it; left out if it did not."""
    recycled_at: Annotated[Moment | None, BeforeValidator(_blank_unknown)] = None
    """When sales sent it back; left out if it did not."""
    opportunity_at: Annotated[Moment | None, BeforeValidator(_blank_unknown)] = None
    """When sales opened an opportunity for it; left out if it did not."""

    def to_episode(self, timezone: str) -> AccountEpisode:
        """The episode as scoring takes it."""
        others = {name: getattr(self, name) for name in ("sql_at", "recycled_at", "opportunity_at")}
        known = {name: to_moment(moment, timezone) for name, moment in others.items() if moment is not None}
        return AccountEpisode(mql_at=to_moment(self.mql_at, timezone), **known)


_LEAD: JsonDict = {
    "lead_id": "A17",
    "as_of": "2026-03-31T14:05:00Z",
    "attributes": {"industry": "Software", "employees": 250, "country": "Germany", "seniority": "VP"},
    "points": 65,
    "events": [{"occurred_at": "2026-03-30T09:12:00Z", "event_type": "pricing_page_view"}],
}


class LeadIn(RequestModel):
    """One lead to score. Send what the CRM knew at `as_of`. Leave out what is unknown; do not send a guess."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LEAD]})

    lead_id: Key
    """The CRM's key of the lead. The answer returns it, and outcomes are sent with it."""
    as_of: Annotated[Moment | None, BeforeValidator(_blank_unknown)] = None
    """The moment that the score is for, in ISO 8601 or as in the training data; events after it are ignored. Without a time
    zone, the zone of the training data applies. The default is now."""
    attributes: Annotated[dict[str, Value], Field(max_length=_MOST_ATTRIBUTES), BeforeValidator(_check_number)] = {}  # noqa: RUF012  pydantic copies it
    """Facts about the lead and its firm, with the names of the training data in any case; `GET /v1/model` lists the ones that are
    used. Yes and no may be `true` and `false`. An attribute with several values may be a list."""
    points: Number = None
    """The CRM's own hand-set score, if the model was trained with one."""
    events: Annotated[list[EventIn], BeforeValidator(_or_empty_list)] = []  # noqa: RUF012  likewise
    """The lead's events, in any order."""
    earlier_episodes: Annotated[list[EpisodeIn], Field(max_length=_MOST_EPISODES)] | None = None
    """The lead's episodes before this one, if the model uses them: `[]` for none. If they are left out, the server takes them
    from the outcomes that it has stored."""
    account_episodes: Annotated[list[AccountEpisodeIn], Field(max_length=_MOST_ACCOUNT)] | None = None
    """The episodes of the other leads of its account, if the model uses them: `[]` for none. If they are left out, the server
    takes them from the scores and outcomes that it has stored. The account is the attribute `account_id`, or the domain of
    `email` or `email_domain`."""

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
            earlier_episodes=None
            if self.earlier_episodes is None
            else [episode.to_episode(timezone) for episode in self.earlier_episodes],
            account_episodes=None
            if self.account_episodes is None
            else [episode.to_episode(timezone) for episode in self.account_episodes],
        )

    def check(self) -> list[Finding]:
        """Warnings about unknown fields of the lead and its events, and about an `as_of` in the future."""
        events = next((event.check_unknown_fields("events") for event in self.events if event.model_extra), [])
        lists = {"earlier_episodes": self.earlier_episodes, "account_episodes": self.account_episodes}
        episodes = (episode.check_unknown_fields(name) for name, listed in lists.items() for episode in listed or ())
        unknown = next((found for found in episodes if found), [])
        ahead = [_AHEAD] if self.as_of is not None and is_ahead(self.as_of) else []
        return [*self.check_unknown_fields("the lead"), *events, *unknown, *ahead]


class BatchIn(BaseModel):
    """Leads to score, at most 10,000. A faulty lead gets an error; the others get their answers."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    leads: Annotated[list[Annotated[LeadIn, WrapValidator(accept_unchecked)]], Field(max_length=10_000)]
    """Leads as for `POST /v1/score`; the answers come in the same order."""


class ScoreQuery(BaseModel):
    """The format of leads and answers."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    reasons: Annotated[int, Field(ge=0, le=20)] = 5
    """Number of reasons to give in each direction: the strongest that raise the probability, and the strongest that lower it."""
    crm: Crm | None = None
    """The CRM whose own records the body holds instead of leads: HubSpot contacts or Salesforce leads, as its API sends them."""
    answer: Literal["contract", "properties", "action", "inputs"] = "contract"
    """`properties`: the answer is a record of the CRM in `crm`, ready to be written back. For HubSpot also `action`: the answer
    to a custom workflow action, with `outputFields`; and for many leads `inputs`: the body of HubSpot's batch update."""

    @model_validator(mode="after")
    def _check_answer(self) -> Self:
        if self.answer in {"action", "inputs"} and self.crm != "hubspot":
            raise PydanticCustomError(
                "answer", "must be 'action' or 'inputs' only for HubSpot. Send crm=hubspot, or another 'answer'"
            )
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
