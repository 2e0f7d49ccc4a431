"""Findings that a firm knows and lives with: accepted in the settings, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from predictor.core.errors import Finding


def accept_findings(findings: Iterable[Finding], accepted: Mapping[str, str]) -> tuple[Finding, ...]:
    """The findings, those that the settings accept as tips with the reason.

    Args:
        findings: What was found.
        accepted: `CODE` or `CODE:column` -> reason; the latter is looked up first.

    >>> found = accept_findings([Finding("AUDIT002", "error", "Too good.", "", "Tags")], {"AUDIT002:Tags": "set by the form"})
    >>> found[0].severity, found[0].accepted
    ('tip', 'set by the form')
    """
    return tuple(_accept(finding, accepted) for finding in findings)


def _accept(finding: Finding, accepted: Mapping[str, str]) -> Finding:
    reason = accepted.get(f"{finding.code}:{finding.column}", accepted.get(finding.code))
    return finding if reason is None else replace(finding, severity="tip", do=f"Accepted: {reason}", accepted=reason)
