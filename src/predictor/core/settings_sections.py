"""The sections of the settings: what each may hold, and what is refused."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
    model_validator,
)

from predictor.core.cell_formats import Export
from predictor.core.finding_codes import list_codes


class Section(BaseModel):
    """Frozen, and without a word that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"'{name}' is no time zone; write one as 'Europe/Berlin'") from error
    return name


def _check_encoding(name: str) -> str:
    try:
        "".encode("utf-8" if name == "auto" else name)
    except LookupError as error:
        raise ValueError(f"'{name}' is no encoding; write one as 'utf-8', 'cp1252' or 'utf-16'") from error
    return name


def _hide_password(where: str) -> str:
    """A place as bundles and trackers may hold it: a URL without its password."""
    return re.sub(r"(://[^/#@]*?):[^/#]*@", r"\1:***@", where)


_Place = Annotated[str, PlainSerializer(_hide_password)]


class DataSettings(Section):
    """Where the tables are and how they are read."""

    leads: _Place
    events: _Place
    crm: Literal["", Export]
    files: tuple[str, ...]
    prefix: str
    observed_until: Annotated[str, BeforeValidator(lambda value: value.isoformat() if isinstance(value, date) else value)]
    timezone: Annotated[str, AfterValidator(_check_zone)]
    encoding: Annotated[str, AfterValidator(_check_encoding)]
    date_order: Literal["auto", "d/m/y", "m/d/y"]
    missing_values: tuple[str, ...]
    most_rows: Annotated[int, Field(ge=0)]
    number_rows: bool
    faulty_rows: Literal["refuse", "drop"]


class RoleSettings(Section):
    """What columns are for; a column that is named nowhere is an attribute."""

    points: tuple[str, ...]
    ignore: tuple[str, ...]
    protected: tuple[str, ...]
    allow: tuple[str, ...]
    weight: str


class StageSettings(Section):
    """What a CRM's statuses mean."""

    mql: tuple[str, ...]
    sql: tuple[str, ...]
    recycled: tuple[str, ...]
    reason: tuple[str, ...]


class LabelSettings(Section):
    """What counts as an outcome."""

    horizon_days: Annotated[float, Field(gt=0)] | Literal["auto"]
    pending: Literal["auto", "drop", "weight", "odds"]
    outcome_yes: tuple[str, ...]
    outcome_no: tuple[str, ...]
    outcome_pending: tuple[str, ...]
    base_rate: Annotated[float, Field(gt=0, lt=1)] | Literal["as exported"]


class SplitSettings(Section):
    """How the leads are divided forward in time."""

    test_share: Annotated[float, Field(gt=0, lt=1)]
    gap_days: Annotated[float, Field(ge=0)] | Literal["horizon"]
    folds: Annotated[int, Field(ge=2, le=20)]


class FeatureSettings(Section):
    """How attributes become features."""

    min_support: Annotated[int, Field(ge=1)]
    windows_days: tuple[Annotated[int, Field(ge=1)], ...]
    event_types: tuple[str, ...]
    own: tuple[str, ...]
    earlier_episodes: bool
    accounts: bool


class AuditSettings(Section):
    """Which findings the firm knows and lives with."""

    accept: dict[str, str]

    @field_validator("accept")
    @classmethod
    def _check_codes(cls, accept: dict[str, str]) -> dict[str, str]:
        for key, reason in accept.items():
            code = key.partition(":")[0]
            if code not in list_codes():
                raise ValueError(f"'{code}' is no code of a finding (docs/reference/findings.md holds them)")
            if not reason.strip():
                raise ValueError(f"'{key}' is accepted without a reason; write why; the card shows it")
        return accept


class PointSettings(Section):
    """The hand-set points: the rule book and its gate."""

    rule_book: str
    gate: float | Literal["rule_book"]
    signs: Literal["kept", "free"]


Recalibrate = Literal["auto", "newest", "never"]
CandidateName = Literal["constant", "points", "learned_points", "odoo_pls", "logistic", "lightgbm", "lightgbm_on_points", "blend"]


class ModelSettings(Section):
    """What is tried, and how sure one wants to be."""

    candidates: Annotated[tuple[CandidateName, ...], Field(min_length=1)]
    budget_s: Annotated[float, Field(ge=0)]
    own: dict[str, str]
    metrics: dict[str, str]
    monotone: tuple[str, ...]
    min_outcomes: Annotated[int, Field(ge=1)]
    recalibrate: Recalibrate
    promote: Literal["surely better", "better on average"]
    resamples: Annotated[int, Field(ge=20)]
    seed: Annotated[int, Field(ge=0, lt=2**31)]


MOST_DAYS = 36_500  # a century; beyond it no date can be reckoned
Policy = Literal["band", "capacity", "value", "precision"]
Share = Annotated[float, Field(ge=0, le=1)]


class ThresholdSettings(Section):
    """The policy that turns a probability into a decision."""

    policy: Policy
    band: tuple[Share, Share]
    leads_per_week: Annotated[float, Field(ge=0)]
    amount: Annotated[float, Field(ge=0)]
    cost: Annotated[float, Field(ge=0)]
    precision: Share
    unlike: Literal["model", "known", "points"]

    @model_validator(mode="after")
    def _check_policy(self) -> ThresholdSettings:
        if self.band[0] >= self.band[1]:
            raise ValueError(f"the band must rise, but goes from {self.band[0]} to {self.band[1]}")
        if self.policy == "capacity" and self.leads_per_week <= 0:
            raise ValueError("policy 'capacity' needs leads_per_week above 0: the leads that sales can work in a week")
        if self.policy == "value" and (self.amount <= 0 or self.cost <= 0):
            raise ValueError("policy 'value' needs amount and cost above 0: what an accepted lead brings, what working one costs")
        return self


MOST_SEGMENTS = 10


class SegmentSettings(Section):
    """Segments of leads that may have a calibrator or a threshold of their own."""

    column: str
    values: Annotated[tuple[str, ...], Field(max_length=MOST_SEGMENTS)]

    @model_validator(mode="after")
    def _check_values(self) -> SegmentSettings:
        if bool(self.column) != bool(self.values):
            raise ValueError("segments need both a column and its values, as column = 'region', values = ['EMEA', 'Americas']")
        spelled = [value.strip().casefold() for value in self.values]
        if "" in spelled:
            raise ValueError("a segment must have a value, but one is empty: leads of no segment get the single model anyway")
        if twice := [value for place, value in enumerate(self.values) if spelled[place] in spelled[:place]]:
            raise ValueError(f"'{twice[0]}' is named twice; case and blanks do not matter")
        return self


class GradeSettings(Section):
    """The lowest probability of each grade; below C it is D."""

    A: Share
    B: Share
    C: Share

    @model_validator(mode="after")
    def _check_order(self) -> GradeSettings:
        if not self.A > self.B > self.C:
            raise ValueError(f"grades must fall from A to C, but are A = {self.A}, B = {self.B}, C = {self.C}")
        return self


class TrackingSettings(Section):
    """Where MLflow keeps the runs."""

    uri: str
    experiment: str
    registered_model: str


class AgreementSettings(Section):
    """What sales and marketing have agreed on; 0 where they have not."""

    response_hours: Annotated[float, Field(ge=0, le=8760)]
    leads_per_week: Annotated[float, Field(ge=0)]
    acceptance: Share
    amount_column: str


class ReportSettings(Section):
    """What the page of the leads that points and model would swap says of each."""

    record_link: str
    columns: tuple[str, ...]

    @model_validator(mode="after")
    def _check_link(self) -> ReportSettings:
        parts = urlsplit(self.record_link)
        if self.record_link and (parts.scheme not in {"https", "http"} or not parts.hostname):
            raise ValueError("record_link must begin with https:// or http:// and name a host")
        if self.record_link and "{lead_id}" not in self.record_link:
            raise ValueError("record_link must hold {lead_id}, which stands for the key of the lead")
        return self
