"""All checks of the audit, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from predictor.audit.checks.constants import check_constants
from predictor.audit.checks.counters import check_counters
from predictor.audit.checks.drift import check_drift
from predictor.audit.checks.duplicates import check_duplicates
from predictor.audit.checks.durations import check_durations
from predictor.audit.checks.encoded_outcomes import check_encoded_outcomes
from predictor.audit.checks.few_outcomes import check_few_outcomes
from predictor.audit.checks.identifiers import check_identifiers
from predictor.audit.checks.late_dates import check_late_dates
from predictor.audit.checks.missing import check_missing
from predictor.audit.checks.near_certain import check_near_certain
from predictor.audit.checks.pauses import check_pauses
from predictor.audit.checks.personal_data import check_personal_data
from predictor.audit.checks.placeholders import check_placeholders
from predictor.audit.checks.protected import check_protected
from predictor.audit.checks.sales_words import check_sales_words
from predictor.audit.checks.single_column import check_single_column
from predictor.audit.checks.sorted_outcomes import check_sorted_outcomes
from predictor.audit.checks.truncation import check_truncation
from predictor.audit.checks.unseen_values import check_unseen_values
from predictor.audit.view import View
from predictor.core.errors import Finding

Check = Callable[[View], Iterator[Finding]]

# A column has one finding about leaks, the worst.
LEAK_CHECKS: tuple[Check, ...] = (
    check_missing, check_single_column, check_near_certain, check_encoded_outcomes, check_durations, check_counters,
    check_late_dates, check_sales_words,
)  # fmt: skip
COLUMN_CHECKS: tuple[Check, ...] = (
    check_personal_data, check_protected, check_identifiers, check_constants, check_placeholders,
)  # fmt: skip
# These need a split, or the table as a whole.
TABLE_CHECKS: tuple[Check, ...] = (
    check_truncation, check_pauses, check_sorted_outcomes, check_few_outcomes, check_duplicates, check_drift, check_unseen_values,
)  # fmt: skip
_SEVERITIES = ("error", "warning", "tip")


def run_checks(view: View, checks: tuple[Check, ...]) -> tuple[Finding, ...]:
    """The findings of some checks, in their order."""
    return tuple(finding for check in checks for finding in check(view))


def run_column_checks(view: View, leaks: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings about single columns besides leaks; a column that leaks has no tips."""
    leaking = {finding.column for finding in leaks}
    return tuple(
        finding for finding in run_checks(view, COLUMN_CHECKS) if finding.severity != "tip" or finding.column not in leaking
    )


def keep_worst(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The worst finding of each column, the first of equal ones, and all findings about no column.

    >>> findings = [Finding(code, severity, "", do="", column="x") for code, severity in (("B", "warning"), ("A", "error"))]
    >>> [finding.code for finding in keep_worst(tuple(findings))]
    ['A']
    """
    worst: dict[str | None, Finding] = {}
    for finding in findings:
        other = worst.get(finding.column)
        if other is None or _SEVERITIES.index(finding.severity) < _SEVERITIES.index(other.severity):
            worst[finding.column] = finding
    return tuple(finding for finding in findings if finding.column is None or worst[finding.column] is finding)
