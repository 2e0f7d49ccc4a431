"""Settings: frozen, complete, and refused when they hold a word that nobody reads."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import PrivateAttr, ValidationError, model_validator

from predictor.core.cell_formats import Format
from predictor.core.errors import SettingsError
from predictor.core.settings_errors import describe_faults
from predictor.core.settings_sections import (
    AgreementSettings,
    AuditSettings,
    DataSettings,
    FeatureSettings,
    GradeSettings,
    LabelSettings,
    ModelSettings,
    PointSettings,
    ReportSettings,
    RoleSettings,
    Section,
    SegmentSettings,
    SplitSettings,
    StageSettings,
    ThresholdSettings,
    TrackingSettings,
)
from predictor.core.settings_serving import ServeSettings, StoreSettings, WebhookSettings

__all__ = ["Settings", "StageSettings", "load_settings", "make_settings"]


class Settings(Section):
    """All settings of a firm, complete; made by `load_settings`."""

    data: DataSettings
    columns: dict[str, str]
    event_columns: dict[str, str]
    forms: dict[str, Format]
    roles: RoleSettings
    stages: StageSettings
    label: LabelSettings
    split: SplitSettings
    audit: AuditSettings
    features: FeatureSettings
    points: PointSettings
    model: ModelSettings
    threshold: ThresholdSettings
    segments: SegmentSettings
    agreement: AgreementSettings
    report: ReportSettings
    grades: GradeSettings
    tracking: TrackingSettings
    serve: ServeSettings
    store: StoreSettings
    webhooks: WebhookSettings
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

    @model_validator(mode="after")
    def _check_segments(self) -> Settings:
        """The column of segments is an attribute, and has no other role."""
        named = [role for role in ("points", "ignore", "protected") if self.segments.column in getattr(self.roles, role)]
        if self.segments.column and named:
            why = "must not decide" if named == ["protected"] else "is not looked at as an attribute"
            raise ValueError(f"segments.column '{self.segments.column}' is named in roles.{named[0]} too, so it {why}")
        return self

    def to_toml(self) -> str:
        """The resolved settings as a bundle keeps them: without how it is served and where runs and scores are."""
        left_out = {"agreement", "tracking", "store", "serve", "webhooks", *(() if self.segments.column else ("segments",))}
        return tomli_w.dumps(self.model_dump(mode="json", exclude=left_out))


def _list_meanings(columns: Mapping[str, str], section: str) -> dict[str, list[str]]:
    """Firm's column -> the settings that name it."""
    meanings: dict[str, list[str]] = {}
    for ours, theirs in columns.items():
        meanings.setdefault(theirs, []).append(f"{section}.{ours}")
    return meanings


@cache
def _read_defaults() -> str:
    return files("predictor.core").joinpath("defaults.toml").read_text(encoding="utf-8")


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
    predictor.core.errors.SettingsError: settings cannot be used:
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


def load_settings(path: Path | str, differences: Mapping[str, Mapping[str, Any]] | None = None) -> Settings:
    """The settings of a firm's `predictor.toml`.

    Args:
        path: The file; relative paths in it start at its folder.
        differences: Section -> setting -> value, in place of what the file says; None means as the file is.

    Raises:
        SettingsError: The file is missing, is no TOML, or holds an unknown or impossible setting.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(
            f"There is no settings file '{path}'. Name one with -c, or let `predictor simulate` write an example."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"'{path}' cannot be read as TOML: {error}. Compare it with docs/reference/settings.md.") from error
    for section, values in (differences or {}).items():
        content[section] = {**content.get(section, {}), **values}
    return make_settings(content, folder=path.parent, source=f"'{path}'")


def _name_settings() -> list[str]:
    defaults = tomllib.loads(_read_defaults())
    return [f"{section}.{name}" for section, values in defaults.items() for name in values] + list(defaults)
