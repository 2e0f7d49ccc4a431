"""The audit of a training's data: its findings, and the refusal to train where one is an error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from predictor.audit.accepted import accept_findings
from predictor.audit.members import add_members
from predictor.audit.run import LEAK_CHECKS, TABLE_CHECKS, keep_worst, run_checks, run_column_checks
from predictor.audit.view import AuditSplit, View, read_columns
from predictor.core.errors import Finding, TrainingError
from predictor.data.accounts import ACCOUNT
from predictor.data.denied_columns import deny_reason
from predictor.data.lead_facts import LEAD_FACTS
from predictor.data.parse import Kind

if TYPE_CHECKING:
    from predictor.training.dataset import Dataset

_SAID_BETTER = ("LEAD030", "LEAD031", "LEAD032")  # the audit says the same of a column, with evidence
_LATE = "its dates lie after 'mql_at'"


def audit_dataset(dataset: Dataset) -> tuple[Finding, ...]:
    """Findings about the data of a training: leaks, duplicates, gaps, drift, personal data, outcomes.

    Columns that are left out by name are checked too, since roles.allow takes them back; ignored ones are not. Outcomes are those
    of all mature leads, which the final model is fitted on; nothing is chosen by the audit.

    Args:
        dataset: The leads with their outcomes; its settings say which findings are accepted.
    """
    view = make_view(dataset)
    leaks = keep_worst(run_checks(add_members(view), LEAK_CHECKS))
    leaking = {finding.column for finding in leaks}
    clean = replace(view, columns=tuple(column for column in view.columns if column.name not in leaking))
    findings = (*leaks, *run_checks(clean, TABLE_CHECKS), *run_column_checks(view, leaks))
    return accept_findings(findings, dataset.settings.audit.accept)


def collect_findings(dataset: Dataset, others: Iterable[Finding], audited: Iterable[Finding]) -> tuple[Finding, ...]:
    """All findings about a dataset, each once: evidence about a column replaces what its name suggests.

    Args:
        dataset: Its settings say which findings are accepted.
        others: The findings of reading the tables and choosing features.
        audited: The findings of `audit_dataset`.
    """
    audited = tuple(audited)
    columns = {finding.column for finding in audited if finding.column is not None}
    kept = [finding for finding in others if finding.code not in _SAID_BETTER or finding.column not in columns]
    return (*audited, *accept_findings(kept, dataset.settings.audit.accept))


def list_refusals(dataset: Dataset, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that refuse a training: errors about what would be a feature, or about the leads as a whole."""
    used = {*dataset.leads.attributes, *dataset.leads.points}
    return tuple(finding for finding in findings if finding.severity == "error" and finding.column in {None, *used})


def refuse_errors(dataset: Dataset, findings: Iterable[Finding]) -> None:
    """Refuse data that the audit calls an error.

    Raises:
        TrainingError: With every such finding, and how to go on.
    """
    errors = list_refusals(dataset, findings)
    if errors:
        texts = "\n".join(f"  {finding}" for finding in errors)
        first = errors[0]
        key = first.code if first.column is None else f"{first.code}:{first.column}"
        raise TrainingError(
            f"The audit found data that must not be used for training:\n{texts}\nWhere a finding is known and accepted, say so "
            f'with a reason, which the card will show: write "{key}" = "why" under [audit.accept] in the settings.'
        )


def make_view(dataset: Dataset) -> View:
    """The leads of a dataset as the audit sees them."""
    leads, settings = dataset.leads, dataset.settings
    late = [name for name in map(str, leads.frame) if _is_late(dataset, name)]
    named = [*leads.attributes, *(name for name in leads.points if name in leads.frame), *late]
    left = dict.fromkeys(late, _LATE) | {name: deny_reason(name) or "" for name in map(str, leads.left_out)}
    frame = pd.concat([leads.frame[named], leads.left_out.drop(columns=["email"], errors="ignore")], axis=1)
    kinds: dict[str, Kind] = {**leads.attributes, **dict.fromkeys(leads.points, "number"), **dict.fromkeys(late, "date")}
    columns = read_columns(frame, left_out=left, kinds=kinds, moments=dataset.as_of, timezone=settings.data.timezone)
    persons = read_columns(leads.left_out, timezone=settings.data.timezone)
    split, why_no_split = _split(dataset)
    return View(
        columns,
        _find_outcome(dataset),
        order=dataset.outcomes.order if leads.dated or "order_by" in leads.frame else None,
        times=leads.frame[[name for name in ("mql_at", "sql_at") if name in leads.frame]] if leads.dated else None,
        until=leads.observed_until,
        split=split,
        why_no_split=why_no_split,
        persons=persons,
    )


def _is_late(dataset: Dataset, name: str) -> bool:
    """Whether a column was left out for its dates: it is in the table, but has no role."""
    leads = dataset.leads
    return name not in {*LEAD_FACTS, ACCOUNT, *leads.attributes, *leads.points, *leads.protected, dataset.settings.roles.weight}


def _find_outcome(dataset: Dataset) -> np.ndarray:
    """What came of each mature lead: accepted by the end of the export, where dates say it, since a leak knows no horizon."""
    leads = dataset.leads
    ever = leads.frame["sql_at"] <= leads.observed_until if "sql_at" in leads.frame and leads.observed_until is not None else None
    outcome = dataset.outcomes.outcome if ever is None else ever.to_numpy(dtype=float)
    return np.where(dataset.outcomes.mature, outcome, np.nan)


def _split(dataset: Dataset) -> tuple[AuditSplit | None, str]:
    """The leads of the forward test, or why there is none."""
    try:
        split = dataset.split()
    except TrainingError as error:
        return None, str(error)
    keys = pd.factorize(dataset.leads.frame["lead_id"])[0].astype(np.intp)
    return AuditSplit(fit=split.fit, test=split.test, keys=keys, fewest=dataset.settings.model.min_outcomes), ""
