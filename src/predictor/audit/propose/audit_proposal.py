"""The contract and the audit applied to a proposal: leaks become columns to ignore, and everything found is listed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from predictor.audit.columns import audit_columns
from predictor.audit.propose.settings_file import Proposal
from predictor.core.errors import Finding, TableError, TrainingError, count
from predictor.core.row_faults import check_refused, read_past_faults
from predictor.core.settings import Settings, make_settings
from predictor.core.shared_facts import BIASED
from predictor.data.denied_columns import deny_reason
from predictor.data.leads import Leads, check_leads
from predictor.model.outcomes import check_outcomes, compute_horizon, label_leads

if TYPE_CHECKING:
    from predictor.data.events.contract import RawEvents

_SAID = {"EVENT007", "EVENT015", "EVENT016", "EVENT039", "EVENT060", "EVENT061", "EVENT062"}  # what of the events is not read
_KNOWN = {"LEAD014", "LEAD030", "LEAD051"}  # what the proposal or the audit says already
_REFUSED = {"LEAD001", "LEAD008"}  # what the proposal says already where it has errors
_DOUBTS = {"AUDIT001", "AUDIT002", "AUDIT003"}  # warnings that are errors where the evidence is stronger
_FEW = 0.001  # share of rows that may be faulty without a refusal
_IGNORED = "It is named in roles.ignore. If its value was known before the lead became an MQL, take it out"
_EVIDENCE = '{} and write the reason under [audit.accept]: "{}:{}" = "why".'


def audit_proposal(
    proposal: Proposal, raw: pd.DataFrame, now: pd.Timestamp, events: Sequence[RawEvents] = (), *, whole: bool = True
) -> Proposal:
    """The proposal with findings; an attribute that must be a leak is left out, with the evidence as the reason.

    Args:
        proposal: The roles of the columns.
        raw: The export as read.
        now: The current time; nothing can be dated later.
        events: Sources of events.
        whole: Whether `raw` has all rows of the export.
    """
    differences = proposal.to_differences()
    differences["roles"]["ignore"] = [name for name in differences["roles"]["ignore"] if deny_reason(name) is None]
    settings = make_settings(differences)
    try:
        leads, refused = read_past_faults(lambda read_settings: check_leads(raw, read_settings, now=now), settings)
    except TableError as error:
        hidden = _KNOWN | (_REFUSED if proposal.refusals else set())
        return replace(proposal, findings=(*proposal.findings, *(fault for fault in error.findings if fault.code not in hidden)))
    outcome_faults = () if proposal.refusals else _check_outcomes(leads, settings, whole=whole)
    event_faults = _check_event_faults(events, settings, leads, now)
    audited = _audit_as_trained(leads)
    leaks = [finding for finding in audited if finding.column is not None and finding.severity == "error"]
    clean = proposal.leave_out({str(finding.column): f"{finding.code}: {finding.what}" for finding in leaks})
    ignored = clean.list_role("ignore")
    by_name = set(proposal.list_role("ignore"))
    audited = tuple(
        _settle(finding, by_name=finding.column in by_name) if finding.column in ignored else finding for finding in audited
    )
    hidden = _KNOWN | (_REFUSED if proposal.refusals else set())
    read = [finding for finding in leads.findings if finding.code not in hidden]
    if refused and _are_few(leads):
        rows = (
            f"{count(leads.faulty, 'row')} of {len(raw):,} {'breaks' if leads.faulty == 1 else 'break'} the contract, see below"
        )
        clean = replace(clean, data={**clean.data, "faulty_rows": ("drop", rows)})
    elif refused:
        read = [check_refused(finding) for finding in read]
    faults = [finding for finding in read if finding.severity == "error"]
    others = [finding for finding in read if finding not in faults]
    return replace(clean, findings=(*faults, *audited, *outcome_faults, *proposal.findings, *event_faults, *others))


def _settle(finding: Finding, *, by_name: bool) -> Finding:
    """A finding about a column that is left out: no error where its name was reason enough, since it never was to be used."""
    severity = "warning" if by_name and finding.severity == "error" else finding.severity
    return replace(finding, do=_advise_ignored(finding), severity=severity)


def _advise_ignored(finding: Finding) -> str:
    """What to do about a column that is left out: a name in roles.allow takes back a rule about names, not evidence."""
    name = str(finding.column)
    if finding.severity != "error":
        return f"{_IGNORED}{', and name it in roles.allow' if deny_reason(name) else ''}."
    return _EVIDENCE.format(f"{_IGNORED}{', name it in roles.allow' if deny_reason(name) else ''}", finding.code, name)


def _are_few(leads: Leads) -> bool:
    """Whether so few rows are faulty, and nothing that they have in common, that they can be left out with a warning."""
    is_biased = any(BIASED in finding.do for finding in leads.findings)
    return not is_biased and leads.faulty <= _FEW * (len(leads.frame) + leads.faulty)


def _check_outcomes(leads: Leads, settings: Settings, *, whole: bool) -> tuple[Finding, ...]:
    """Why training would refuse the outcomes as a whole; a warning where only the first rows of a file are known."""
    try:
        horizon, _ = compute_horizon(leads, settings)
        outcome, mature = label_leads(leads, horizon)
        check_outcomes(outcome[mature], len(outcome), horizon)
    except TrainingError as error:
        why, _, do = str(error).rpartition(". ")
        return (Finding("INIT006", "error" if whole else "warning", f"{why}.", do=do),)
    return ()


def _check_event_faults(events: Sequence[RawEvents], settings: Settings, leads: Leads, now: pd.Timestamp) -> tuple[Finding, ...]:
    """The faults for which the events would be refused, and why they would not be used."""
    if not events:
        return ()
    from predictor.data.crm.activity_files import join_events  # noqa: PLC0415  leads without events need no history backend
    from predictor.data.events.contract import check_events  # noqa: PLC0415

    try:
        checked = check_events(join_events(events), settings, leads.frame["lead_id"], now=now)
    except TableError as error:
        return tuple(error.findings)
    unread = tuple(finding for finding in checked.findings if finding.code in _SAID)
    if leads.dated:
        return unread
    what = "The events are not used: no column says when a lead became an MQL, so no event is known to come before that."
    do = "Export that date, or the date when a lead was created, and map it as mql_at."
    return (Finding("EVENT008", "warning", what, do=do), *unread)


def _audit_as_trained(leads: Leads) -> tuple[Finding, ...]:
    """The findings about all columns, and those that a training would add.

    The audit allows for the number of columns that it tests. A training tests only the columns that are left, and calls some
    evidence an error that was short of one among all columns.
    """
    found = _audit(leads)
    while any(finding.code in _DOUBTS and finding.severity == "warning" for finding in found):
        left_out = {finding.column for finding in found if finding.severity == "error"}
        worse = [finding for finding in _audit(leads, left_out=left_out) if finding.severity == "error"]
        if not worse:
            break
        names = {finding.column for finding in worse}
        found = (*worse, *(finding for finding in found if finding.column not in names))
    return found


def _audit(leads: Leads, *, left_out: Collection[str | None] | None = None) -> tuple[Finding, ...]:
    """The findings of the audit about columns: all, including those that are denied by name, or those but what is left out."""
    frame = leads.frame
    outcome = frame["sql_at"].notna().astype("float64") if "sql_at" in frame else frame["outcome"]
    named = [*leads.attributes, *(name for name in leads.points if name in frame)]
    denied = leads.left_out.drop(columns=["email"], errors="ignore") if left_out is None else leads.left_out[[]]
    columns = pd.concat([frame[[name for name in named if name not in (left_out or ())]], denied], axis=1)
    mql_at = frame["mql_at"] if leads.dated else None
    return audit_columns(columns, outcome, order=frame.get("order_by"), mql_at=mql_at)
