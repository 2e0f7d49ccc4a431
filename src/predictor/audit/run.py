"""Every check of the audit, in the order in which it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from predictor.audit.checks.after_decision import check_counters, check_late
from predictor.audit.checks.drift import check_drift
from predictor.audit.checks.duplicates import check_duplicates
from predictor.audit.checks.missing import check_missing
from predictor.audit.checks.near_certain import check_certain
from predictor.audit.checks.outcomes import check_few, check_sorted
from predictor.audit.checks.personal_data import check_personal, check_protected
from predictor.audit.checks.sales_words import check_sales_words
from predictor.audit.checks.single_column import check_alone
from predictor.audit.checks.time_gaps import check_pauses, check_truncation
from predictor.audit.checks.unseen_values import check_unseen
from predictor.audit.checks.useless_columns import check_constants, check_identifiers, check_placeholders
from predictor.audit.view import View
from predictor.core.errors import Finding

Check = Callable[[View], Iterator[Finding]]

# Of the leaks a column has one finding, the worst.
LEAKS: tuple[Check, ...] = (check_missing, check_alone, check_certain, check_counters, check_late, check_sales_words)
COLUMNS: tuple[Check, ...] = (check_personal, check_protected, check_identifiers, check_constants, check_placeholders)
# What takes a split, or the table as a whole.
TABLES: tuple[Check, ...] = (check_truncation, check_pauses, check_sorted, check_few, check_duplicates, check_drift, check_unseen)
SEVERITIES = ("error", "warning", "tip")


def run_checks(view: View, checks: tuple[Check, ...]) -> tuple[Finding, ...]:
    """What those checks find, in their order."""
    return tuple(finding for check in checks for finding in check(view))


def keep_worst(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """One finding a column: the worst, and of equals the first; what is about no column stays.

    >>> found = (Finding("B", "warning", "", "", "x"), Finding("A", "error", "", "", "x"))
    >>> [finding.code for finding in keep_worst(found)]
    ['A']
    """
    worst: dict[str | None, Finding] = {}
    for finding in findings:
        before = worst.get(finding.column)
        if before is None or SEVERITIES.index(finding.severity) < SEVERITIES.index(before.severity):
            worst[finding.column] = finding
    return tuple(finding for finding in findings if finding.column is None or worst[finding.column] is finding)
