"""Proposed settings of a firm: the differences from the defaults, and a file with the reason for each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from predictor.audit.propose.column_role import ColumnRole
from predictor.audit.propose.column_roles import HAS_NAME
from predictor.core.errors import Finding
from predictor.data.lead_facts import LEAD_FACTS

_WIDTH = 32  # columns of a setting before its comment
_ROLES = ("points", "ignore", "protected")


@dataclass(frozen=True)
class Proposal:
    """What is proposed.

    Attributes:
        source: The export, in words.
        data: Section data: what differs from the defaults -> value and reason.
        roles: Column -> its role.
        formats: Column -> format and reason.
        event_columns: Our name -> the firm's column of the events.
        label: Section label: what differs from the defaults -> value and reason.
        findings: What was found.
    """

    source: str
    data: Mapping[str, tuple[Any, str]]
    roles: dict[str, ColumnRole]
    formats: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    event_columns: Mapping[str, str] = field(default_factory=dict)
    label: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def columns(self) -> dict[str, str]:
        """Our name -> the firm's column."""
        return {column.role: name for name, column in self.roles.items() if column.role in LEAD_FACTS}

    def list_role(self, role: str) -> list[str]:
        """The columns of a role."""
        return [name for name, column in self.roles.items() if column.role == role]

    @property
    def weight(self) -> str:
        """The column that says how many leads a row represents; empty for none."""
        return next(iter(self.list_role("weight")), "")

    def to_differences(self) -> dict[str, Any]:
        """What `make_settings` takes."""
        return {
            "data": {name: value for name, (value, _) in self.data.items()},
            "columns": {ours: name for ours, name in self.columns.items() if ours != name},
            "event_columns": {ours: name for ours, name in self.event_columns.items() if ours != name},
            "label": {name: value for name, (value, _) in self.label.items()},
            "forms": {name: form for name, (form, _) in self.formats.items() if name not in self.list_role("ignore")},
            "roles": {role: self.list_role(role) for role in _ROLES} | ({"weight": self.weight} if self.weight else {}),
        }

    def leave_out(self, reasons: Mapping[str, str]) -> Proposal:
        """The same without some attributes.

        Args:
            reasons: Column -> why it is left out.
        """
        attributes = {name: reason for name, reason in reasons.items() if name in self.list_role("attribute")}
        return replace(self, roles=self.roles | {name: ColumnRole("ignore", reason) for name, reason in attributes.items()})

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The findings that refuse a training: errors about columns that are used."""
        left = self.list_role("ignore")
        return tuple(finding for finding in self.findings if finding.severity == "error" and finding.column not in left)

    def to_toml(self) -> str:
        """The settings file."""
        named = self.to_differences()
        attributes = self.list_role("attribute")
        wide = min(50, max(map(len, attributes), default=0))
        own = [name for name in self.columns.values() if name in LEAD_FACTS]
        lines = [
            f"# Written by `predictor init` from {self.source}.",
            "# Change what is wrong; docs/reference/settings.md lists every setting. Columns without a line are attributes.",
            "", "[data]",
            *(_write(name, value, why) for name, (value, why) in self.data.items()),
            "", _pad("[columns]", "our name = your column"),
            *(_pad(f"# {name} has our name already", self._describe_source(name)) for name in own),
            *(_write(ours, name, self.roles[name].why) for ours, name in named["columns"].items()),
            *self._write_map("event_columns", named["event_columns"], {}),
            *self._write_map("label", named["label"], {name: why for name, (_, why) in self.label.items()}),
            *self._write_map("forms", named["forms"], {name: why for name, (_, why) in self.formats.items()}),
            "", "[roles]",
            *(line for role in _ROLES for line in self._write_list(role)),
            *([_write("weight", self.weight, self.roles[self.weight].why)] if self.weight else []),
            "", "# Attributes, as they are read",
            *(f"#   {_one_line(name):{wide}}  {self.roles[name].why}" for name in attributes),
        ]  # fmt: skip
        if self.findings:
            lines += ["", "# Findings", *(f"#   {finding.severity:8}{_one_line(str(finding))}" for finding in self.findings)]
        return "\n".join(lines) + "\n"

    def _describe_source(self, name: str) -> str:
        """The CRM's own columns behind one of our names; empty where it is in the export as it is."""
        why = self.roles[name].why
        return "" if why == HAS_NAME else why

    def _write_list(self, role: str) -> Iterable[str]:
        names = self.list_role(role)
        if not names:
            return [f"{role} = []"]
        return [f"{role} = [", *(_pad(f"  {_quote(name)},", self.roles[name].why) for name in names), "]"]

    def _write_map(self, section: str, values: Mapping[str, Any], why: Mapping[str, str]) -> Sequence[str]:
        return ["", f"[{section}]", *(_write(name, value, why.get(name, "")) for name, value in values.items())] if values else []


def _write(name: str, value: object, why: str) -> str:
    r"""A setting and its comment.

    >>> _write("lead_id", "Record ID", "by its name")
    'lead_id = "Record ID"             # by its name'
    >>> _write("Größe\n", "range 1-10", "")
    '"Größe\\n" = "range 1-10"'
    """
    key = name if name.isascii() and name.replace("_", "").isalnum() else _quote(name)
    return _pad(f"{key} = {_quote(value)}", why)


def _pad(text: str, why: str) -> str:
    return f"{text:{_WIDTH}}  # {_one_line(why)}" if why else text


def _quote(value: object) -> str:
    """A text or a list of texts as TOML writes it."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    return " ".join(text.split())
