"""Settings: frozen, complete, and refused when they hold a word that nobody reads."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import tomli_w
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from predictor.config_faults import describe_faults
from predictor.errors import SettingsError


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"'{name}' is no time zone; write one as 'Europe/Berlin'") from error
    return name


def _hide_password(where: str) -> str:
    """A place as bundles and trackers may hold it: a URL without its password."""
    return re.sub(r"(://[^/#@]*?):[^/#]*@", r"\1:***@", where)


_Place = Annotated[str, PlainSerializer(_hide_password)]


class DataSettings(_Section):
    """Where the tables are and how they are read."""

    leads: _Place
    events: _Place
    observed_until: Annotated[str, BeforeValidator(lambda came: came.isoformat() if isinstance(came, date) else came)]
    timezone: Annotated[str, AfterValidator(_check_zone)]
    missing_values: tuple[str, ...]
    faulty_rows: Literal["refuse", "drop"]


class RoleSettings(_Section):
    """What columns are for; a column that is named nowhere is an attribute."""

    points: tuple[str, ...]
    ignore: tuple[str, ...]
    protected: tuple[str, ...]
    allow: tuple[str, ...]


class LabelSettings(_Section):
    """What counts as an outcome."""

    horizon_days: Annotated[float, Field(gt=0)] | Literal["auto"]
    pending: Literal["auto", "drop", "weight", "odds"]
    outcome_yes: tuple[str, ...]
    outcome_no: tuple[str, ...]


class SplitSettings(_Section):
    """How the leads are divided forward in time."""

    test_share: Annotated[float, Field(gt=0, lt=1)]
    gap_days: Annotated[float, Field(ge=0)] | Literal["horizon"]
    folds: Annotated[int, Field(ge=2, le=20)]


class FeatureSettings(_Section):
    """How attributes become features."""

    min_support: Annotated[int, Field(ge=1)]
    windows_days: tuple[Annotated[int, Field(ge=1)], ...]
    event_types: tuple[str, ...]


class PointSettings(_Section):
    """The hand-set points: the rule book and its gate."""

    rule_book: str
    gate: float | Literal["rule_book"]


CandidateName = Literal["constant", "points", "odoo_pls", "logistic", "lightgbm"]


class ModelSettings(_Section):
    """What is tried, and how sure one wants to be."""

    candidates: Annotated[tuple[CandidateName, ...], Field(min_length=1)]
    budget_s: Annotated[float, Field(ge=0)]
    monotone: tuple[str, ...]
    min_outcomes: Annotated[int, Field(ge=1)]
    recalibrate: Literal["never", "newest"]
    resamples: Annotated[int, Field(ge=20)]
    seed: Annotated[int, Field(ge=0, lt=2**31)]


Policy = Literal["band", "capacity", "value", "precision"]
Share = Annotated[float, Field(ge=0, le=1)]


class ThresholdSettings(_Section):
    """The policy that turns a probability into a decision."""

    policy: Policy
    band: tuple[Share, Share]
    leads_per_week: Annotated[float, Field(ge=0)]
    amount: Annotated[float, Field(ge=0)]
    cost: Annotated[float, Field(ge=0)]
    precision: Share

    @model_validator(mode="after")
    def _check_policy(self) -> ThresholdSettings:
        if self.band[0] >= self.band[1]:
            raise ValueError(f"the band must rise, but goes from {self.band[0]} to {self.band[1]}")
        if self.policy == "capacity" and self.leads_per_week <= 0:
            raise ValueError("policy 'capacity' needs leads_per_week above 0: the leads that sales can work in a week")
        if self.policy == "value" and (self.amount <= 0 or self.cost <= 0):
            raise ValueError("policy 'value' needs amount and cost above 0: what an accepted lead brings, what working one costs")
        return self


class GradeSettings(_Section):
    """The lowest probability of each grade; below C it is D."""

    A: Share
    B: Share
    C: Share

    @model_validator(mode="after")
    def _check_order(self) -> GradeSettings:
        if not self.A > self.B > self.C:
            raise ValueError(f"grades must fall from A to C, but are A = {self.A}, B = {self.B}, C = {self.C}")
        return self


class TrackingSettings(_Section):
    """Where MLflow keeps the runs."""

    uri: str
    experiment: str
    registered_model: str


class StoreSettings(_Section):
    """Where scores and outcomes are kept, and for how long."""

    url: str
    spool: str
    sync_s: Annotated[float, Field(gt=0, le=60)]
    retention_days: Annotated[float, Field(ge=0)]

    def start_from(self, folder: Path) -> StoreSettings:
        """The same with relative paths, of a SQLite file and of the spool, made to start from a folder."""
        file = self.url.removeprefix("sqlite:///")
        url = f"sqlite:///{folder.resolve() / file}" if file != self.url else self.url
        return self.model_copy(update={"url": url, "spool": str(folder.resolve() / self.spool) if self.spool else ""})


class Settings(_Section):
    """All settings of a firm, complete; made by `load_settings`."""

    data: DataSettings
    columns: dict[str, str]
    event_columns: dict[str, str]
    roles: RoleSettings
    label: LabelSettings
    split: SplitSettings
    features: FeatureSettings
    points: PointSettings
    model: ModelSettings
    threshold: ThresholdSettings
    grades: GradeSettings
    tracking: TrackingSettings
    store: StoreSettings
    _folder: Path = PrivateAttr(default_factory=Path)

    @property
    def folder(self) -> Path:
        """The folder that relative paths start from: where the settings file is."""
        return self._folder

    @model_validator(mode="after")
    def _check_columns(self) -> Settings:
        """A column has one meaning: one of our names, or one role."""
        meanings = _list_meanings(self.columns, "columns")
        for role in ("points", "ignore", "protected", "allow"):
            for column in dict.fromkeys(getattr(self.roles, role)):
                meanings.setdefault(column, []).append(f"roles.{role}")
        for event_meanings in (_list_meanings(self.event_columns, "event_columns"), meanings):
            for column, named in event_meanings.items():
                if len(named) > 1:
                    raise ValueError(f"column '{column}' is named in {' and in '.join(named)}; it can be one of these")
        return self

    def to_toml(self) -> str:
        """The resolved settings as a bundle keeps them: without where runs and scores are kept, which may hold a password."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude={"tracking", "store"}))


def _list_meanings(columns: Mapping[str, str], section: str) -> dict[str, list[str]]:
    """Firm's column -> the settings that name it."""
    meanings: dict[str, list[str]] = {}
    for ours, theirs in columns.items():
        meanings.setdefault(theirs, []).append(f"{section}.{ours}")
    return meanings


@cache
def _read_defaults() -> str:
    return files("predictor").joinpath("defaults.toml").read_text(encoding="utf-8")


def make_settings(differences: dict[str, Any] | None = None, *, folder: Path | None = None, source: str = "settings") -> Settings:
    """Settings made of the defaults and what differs from them.

    Args:
        differences: Section -> setting -> value; None means the defaults as they are.
        folder: Where relative paths start; None means the working directory.
        source: What messages call the origin of the differences.

    Raises:
        SettingsError: An unknown section or setting, or a value out of range; all of them in one text.

    >>> make_settings({"split": {"test_share": 0.3}}).split.test_share
    0.3
    >>> make_settings({"split": {"test_shar": 0.3}})
    Traceback (most recent call last):
    predictor.errors.SettingsError: settings cannot be used:
      Unknown setting 'split.test_shar'. Did you mean 'split.test_share'?
    """
    merged: dict[str, Any] = tomllib.loads(_read_defaults())
    for section, values in (differences or {}).items():
        known = merged.get(section)
        merged[section] = {**known, **values} if isinstance(known, dict) and isinstance(values, dict) else values
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        faults = "\n".join(f"  {fault}" for fault in describe_faults(error, _name_settings()))
        raise SettingsError(f"{source} cannot be used:\n{faults}") from None
    settings._folder = folder or Path()  # noqa: SLF001  our own class
    return settings


def load_settings(path: Path | str) -> Settings:
    """The settings of a firm's `predictor.toml`.

    Raises:
        SettingsError: The file is missing, is no TOML, or holds an unknown or impossible setting.
    """
    path = Path(path)
    try:
        differences = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(
            f"There is no settings file '{path}'. Name one with -c, or let `predictor simulate` write an example."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"'{path}' cannot be read as TOML: {error}. Compare it with the settings in README.md.") from error
    return make_settings(differences, folder=path.parent, source=f"'{path}'")


def _name_settings() -> list[str]:
    defaults = tomllib.loads(_read_defaults())
    return [f"{section}.{name}" for section, values in defaults.items() for name in values] + list(defaults)
