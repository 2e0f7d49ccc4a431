"""What the contract and the audit say of an export as it was taken: leaks leave, and everything is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from predictor.audit.columns import audit_columns
from predictor.audit.propose.settings_file import Proposal
from predictor.core.errors import Finding, TableError, TrainingError
from predictor.core.row_faults import check_refused, read_past_faults
from predictor.core.settings import Settings, make_settings
from predictor.data.crm.activity_files import join_events
from predictor.data.denied_columns import deny_reason
from predictor.data.events.contract import RawEvents, check_events
from predictor.data.leads import Leads, check_leads
from predictor.model.outcomes import check_outcomes, compute_horizon, label_leads

_TOLD = {"LEAD008", "LEAD014", "LEAD030"}  # what is told already, in words that fit a first look, or by the audit
_LEFT = "It is named in roles.ignore; take it out, into roles.allow, if its value was known before the lead became an MQL."


def audit_proposal(
    proposal: Proposal, raw: pd.DataFrame, now: pd.Timestamp, events: Sequence[RawEvents] = (), *, whole: bool = True
) -> Proposal:
    """The proposal with what was found: an attribute that must be a leak is left out, with the evidence beside it.

    Args:
        proposal: What the columns were taken for.
        raw: The export as read.
        now: The moment after which nothing can have happened yet.
        events: Sources of events.
        whole: Whether those are all of its rows.
    """
    differences = proposal.to_differences()
    differences["roles"]["ignore"] = [name for name in differences["roles"]["ignore"] if deny_reason(name) is None]
    settings = make_settings(differences)
    try:
        leads, refused = read_past_faults(lambda asked: check_leads(raw, asked, now=now), settings)
    except TableError as error:
        hidden = _TOLD | ({"LEAD001"} if proposal.refusals else set())
        return replace(proposal, findings=(*proposal.findings, *(fault for fault in error.findings if fault.code not in hidden)))
    taught = () if proposal.refusals else _check_taught(leads, settings, whole=whole)
    acts = _check_acts(events, settings, leads, now)
    proposal = replace(proposal, findings=(*taught, *proposal.findings, *acts))
    audited = _audit(leads)
    worst = [finding for finding in audited if finding.column is not None and finding.severity == "error"]
    found = proposal.leave_out({str(finding.column): f"{finding.code}: {finding.what}" for finding in worst})
    left = found.list_role("ignore")
    told = tuple(replace(finding, do=_LEFT) if finding.column in left else finding for finding in audited)
    noticed = [check_refused(finding) if refused else finding for finding in leads.findings if finding.code not in _TOLD]
    faults = [finding for finding in noticed if finding.severity == "error"]
    return replace(found, findings=(*faults, *told, *proposal.findings, *(each for each in noticed if each not in faults)))


def _check_taught(leads: Leads, settings: Settings, *, whole: bool) -> tuple[Finding, ...]:
    """Why training would refuse the outcomes as a whole; the first rows of a file may be alike where the others are not."""
    try:
        horizon, _ = compute_horizon(leads, settings)
        outcome, mature = label_leads(leads, horizon)
        check_outcomes(outcome[mature], len(outcome), horizon)
    except TrainingError as error:
        return (Finding("INIT006", "error" if whole else "warning", str(error), ""),)
    return ()


def _check_acts(events: Sequence[RawEvents], settings: Settings, leads: Leads, now: pd.Timestamp) -> tuple[Finding, ...]:
    """The faults of the events for which they would be refused."""
    if not events:
        return ()
    try:
        check_events(join_events(events), settings, leads.frame["lead_id"], now=now)
    except TableError as error:
        return tuple(error.findings)
    return ()


def _audit(leads: Leads) -> tuple[Finding, ...]:
    """What the audit says of the columns, those that are denied by name among them."""
    frame = leads.frame
    outcome = frame["sql_at"].notna().astype("float64") if "sql_at" in frame else frame["outcome"]
    named = [*leads.attributes, *(name for name in leads.points if name in frame)]
    columns = pd.concat([frame[named], leads.left_out.drop(columns=["email"], errors="ignore")], axis=1)
    mql_at = frame["mql_at"] if leads.dated else None
    return audit_columns(columns, outcome, order=frame.get("order_by"), mql_at=mql_at)
