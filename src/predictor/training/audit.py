"""The audit of what a training learns from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from predictor.audit.accepted import accept_findings
from predictor.audit.run import COLUMNS, LEAKS, TABLES, keep_worst, run_checks
from predictor.audit.view import View, read_columns
from predictor.core.errors import Finding, TrainingError
from predictor.data.denied_columns import deny_reason
from predictor.data.leads import LEAD_FACTS
from predictor.data.parse import Kind

if TYPE_CHECKING:
    from predictor.training.dataset import Dataset

_TOLD_BETTER = ("LEAD030", "LEAD031", "LEAD032")  # what these say of a column, the audit says with evidence
_LATE = "its dates lie after 'mql_at'"


def audit_dataset(dataset: Dataset) -> tuple[Finding, ...]:
    """Findings about what a training would learn from: leaks, duplicates, gaps, drift, persons, outcomes.

    Columns that are left out by name are looked at too, since roles.allow takes them back; those to ignore are not.
    Outcomes are those of all mature leads, for the final model learns from them all; nothing is chosen by the audit.

    Args:
        dataset: The leads with their outcomes; its settings say which findings are accepted.
    """
    view, refusal = make_view(dataset)
    leaks = keep_worst(run_checks(view, LEAKS))
    told = {finding.column for finding in leaks}
    columns = [finding for finding in run_checks(view, COLUMNS) if finding.severity != "tip" or finding.column not in told]
    clean = replace(view, columns=tuple(column for column in view.columns if column.name not in told))
    return accept_findings((*leaks, *refusal, *run_checks(clean, TABLES), *columns), dataset.settings.audit.accept)


def collect_findings(dataset: Dataset, others: Iterable[Finding], audited: Iterable[Finding]) -> tuple[Finding, ...]:
    """Everything found about a study, once: where the audit speaks of a column, its evidence goes before what its name says.

    Args:
        dataset: Its settings say which findings are accepted.
        others: What reading the tables and choosing features told.
        audited: What `audit_dataset` told.
    """
    audited = tuple(audited)
    told = {finding.column for finding in audited if finding.column is not None}
    kept = [finding for finding in others if finding.code not in _TOLD_BETTER or finding.column not in told]
    return (*audited, *accept_findings(kept, dataset.settings.audit.accept))


def list_refusals(dataset: Dataset, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that refuse a training: errors about what would be a feature, or about the leads as a whole."""
    used = {*dataset.leads.attributes, *dataset.leads.points}
    return tuple(finding for finding in findings if finding.severity == "error" and finding.column in {None, *used})


def refuse_errors(dataset: Dataset, findings: Iterable[Finding]) -> None:
    """Refuse to learn from what the audit calls an error.

    Raises:
        TrainingError: With every such finding, and how to go on.
    """
    refused = list_refusals(dataset, findings)
    if refused:
        told = "\n".join(f"  {finding}" for finding in refused)
        first = refused[0]
        key = first.code if first.column is None else f"{first.code}:{first.column}"
        raise TrainingError(
            f"The audit found what must not be learned from:\n{told}\nWhere a finding is known and right as it is, accept it "
            f'with a reason, which the card will tell: write "{key}" = "why" under [audit.accept] in the settings.'
        )


def make_view(dataset: Dataset) -> tuple[View, tuple[Finding, ...]]:
    """The leads of a study as the audit sees them; with a finding where they cannot be split."""
    leads, settings = dataset.leads, dataset.settings
    late = [name for name in map(str, leads.frame) if _is_late(dataset, name)]
    named = [*leads.attributes, *(name for name in leads.points if name in leads.frame), *late]
    left = dict.fromkeys(late, _LATE) | {name: deny_reason(name) or "" for name in map(str, leads.left_out)}
    frame = pd.concat([leads.frame[named], leads.left_out.drop(columns=["email"], errors="ignore")], axis=1)
    kinds: dict[str, Kind] = {**leads.attributes, **dict.fromkeys(leads.points, "number"), **dict.fromkeys(late, "date")}
    columns = read_columns(frame, left=left, kinds=kinds, timezone=settings.data.timezone)
    persons = read_columns(leads.left_out, timezone=settings.data.timezone)
    fit, test, refusal = _split(dataset)
    view = View(
        columns,
        _find_outcome(dataset),
        order=dataset.outcomes.order if leads.dated or "order_by" in leads.frame else None,
        times=leads.frame[[name for name in ("mql_at", "sql_at") if name in leads.frame]] if leads.dated else None,
        until=leads.observed_until,
        fit=fit,
        test=test,
        keys=pd.factorize(leads.frame["lead_id"])[0].astype(np.intp),
        persons=persons,
        fewest=settings.model.min_outcomes,
    )
    return view, refusal


def _is_late(dataset: Dataset, name: str) -> bool:
    """Whether a column was left out for its dates: it is there, and is nothing that anybody asked for."""
    leads = dataset.leads
    return name not in {*LEAD_FACTS, *leads.attributes, *leads.points, *leads.protected}


def _find_outcome(dataset: Dataset) -> np.ndarray:
    """What came of each mature lead: accepted by the end of the export, where dates say it, since a leak knows no horizon."""
    leads = dataset.leads
    ever = leads.frame["sql_at"] <= leads.observed_until if "sql_at" in leads.frame and leads.observed_until is not None else None
    outcome = dataset.outcomes.outcome if ever is None else ever.to_numpy(dtype=float)
    return np.where(dataset.outcomes.mature, outcome, np.nan)


def _split(dataset: Dataset) -> tuple[np.ndarray | None, np.ndarray | None, tuple[Finding, ...]]:
    try:
        split = dataset.split()
    except TrainingError as error:
        return None, None, (Finding("AUDIT018", "error", str(error), ""),)
    return split.fit, split.test, ()
