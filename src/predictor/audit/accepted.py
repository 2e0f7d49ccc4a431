"""Findings that a firm accepts in its settings, each with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from predictor.core.errors import Finding


def accept_findings(findings: Iterable[Finding], accepted: Mapping[str, str]) -> tuple[Finding, ...]:
    """The findings; those that the settings accept become tips with the reason.

    Args:
        findings: The findings of the audit and of other checks.
        accepted: `CODE` or `CODE:column` -> reason; the latter is looked up first.

    >>> finding = Finding("AUDIT002", "error", "Too good.", do="", column="Tags")
    >>> (tip,) = accept_findings([finding], {"AUDIT002:Tags": "set by the form"})
    >>> tip.severity, tip.accepted
    ('tip', 'set by the form')
    """
    return tuple(_accept(finding, accepted) for finding in findings)


def _accept(finding: Finding, accepted: Mapping[str, str]) -> Finding:
    reason = accepted.get(f"{finding.code}:{finding.column}", accepted.get(finding.code))
    return finding if reason is None else replace(finding, severity="tip", do=f"Accepted: {reason}", accepted=reason)
