"""What must hold for any export: no traceback, no row or column that vanishes, messages that say where and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from predictor.audit.propose.propose import propose_settings
from predictor.audit.propose.settings_file import Proposal
from predictor.core.errors import Finding, PredictorError, TableError
from predictor.core.settings import make_settings
from predictor.data.lead_keys import as_keys
from predictor.data.leads import Leads
from predictor.data.load import load_tables
from predictor.data.read.table_files import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _made_exports import MadeExport

_ROWS = re.compile(r"([\d,]+) (?:rows?|leads?|contacts?|records?)\b")
_LEFT_OUT = re.compile(r"left out|Left out")
_ROW_FAULTS = {"LEAD003", "LEAD004", "LEAD005", "LEAD006", "LEAD011"}


def list_problems(made: MadeExport, now: pd.Timestamp) -> list[str]:
    """What does not hold for an export; a traceback is one of them."""
    try:
        return list(_list_problems(made, now))
    except Exception as error:  # noqa: BLE001  whatever it is, a user would see it
        return [f"traceback: {type(error).__name__}: {error}"]


def _list_problems(made: MadeExport, now: pd.Timestamp) -> Iterable[str]:
    try:
        proposal = propose_settings([str(made.path)], out=made.path.with_name("predictor.toml"), now=now)
    except PredictorError as error:
        findings = error.findings if isinstance(error, TableError) else ()
        yield from ([] if made.harmed else [f"refused: {error}"])
        yield from _list_poor(findings, made)
        return
    if made.harmed:
        return
    yield from _list_poor(proposal.findings, made)
    yield from _list_lost_columns(made, proposal)
    yield from _list_lost_records(made)
    yield from _list_untold_faults(made, proposal)
    yield from _list_lost_rows(made, proposal, now)


def _list_poor(findings: Sequence[Finding], made: MadeExport) -> Iterable[str]:
    """Messages that do not say where or what to do."""
    for finding in findings:
        text = str(finding)
        places = [made.path.name, *made.columns, "lead_id", "mql_at", "sql_at", "outcome", "row"]
        if finding.severity == "error" and not any(place in text for place in places):
            yield f"no place: {finding}"
        if finding.severity != "tip" and not finding.do.strip():
            yield f"nothing to do: {finding}"


def _list_lost_columns(made: MadeExport, proposal: Proposal) -> Iterable[str]:
    """Columns that the settings do not name, as a role or as an attribute."""
    text = proposal.to_toml()
    for name in made.columns:
        if name not in proposal.roles or name not in text:
            yield f"lost column: {name}"


def _list_lost_records(made: MadeExport) -> Iterable[str]:
    """Leads that the reader does not give, and rows that it gives although they are no leads."""
    keys = read_table(made.path, "leads").frame[made.roles["lead_id"]]
    found = keys.astype("str").where(keys.notna(), "").tolist()
    if found != made.keys:
        lost, extra = set(made.keys) - set(found), set(found) - set(made.keys)
        yield f"records: {len(made.keys)} written, {len(found)} read; lost {sorted(lost)[:3]}, extra {sorted(extra)[:3]}"


def _list_untold_faults(made: MadeExport, proposal: Proposal) -> Iterable[str]:
    """Faults that no finding names with their first row."""
    if any(proposal.columns.get(role) != name for role, name in made.roles.items() if role in {"lead_id", "mql_at", "sql_at"}):
        return
    texts = {finding.code: finding.what for finding in proposal.findings}
    if any(code.startswith("INIT") and finding.severity == "error" for code, finding in _by_code(proposal.findings).items()):
        return
    for code, row in made.faults.items():
        if code not in texts:
            yield f"untold {code} in row {row}"
        elif not re.search(rf"row {row:,}\b", texts[code]):
            yield f"wrong row: {texts[code]} (row {row})"


def _by_code(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {finding.code: finding for finding in findings}


def _list_lost_rows(made: MadeExport, proposal: Proposal, now: pd.Timestamp) -> Iterable[str]:
    """Whether all records are read, or told as left out; counted by the checks of a training, without faulty rows."""
    differences = proposal.to_differences()
    differences["data"] |= {"leads": made.path.name, "faulty_rows": "drop"}
    try:
        leads, _, findings = load_tables(make_settings(differences, folder=made.path.parent), now)
    except TableError as error:
        yield from _list_poor(error.findings, made)
        return
    lost, reported = len(made.keys) - len(leads.frame), _count_left_out(findings)
    if lost > reported or (reported and not lost) or lost < 0:
        yield f"rows: {len(made.keys)} written, {len(leads.frame)} kept, {reported} told"
    if set(as_keys(leads.frame["lead_id"])) - set(as_keys(pd.Series(made.keys))) and not proposal.data.get("number_rows"):
        yield f"strange keys: {sorted(set(leads.frame['lead_id']) - set(made.keys))[:3]}"
    yield from _list_lost_attributes(made, proposal, leads)


def _count_left_out(findings: Sequence[Finding]) -> int:
    """How many records the findings say are left out; a record may break several rules."""
    texts = [it.what for it in findings if _LEFT_OUT.search(it.what) and it.code not in {"LEAD039", "LEAD060"}]
    return sum(int(found[1].replace(",", "")) for text in texts if (found := _ROWS.search(text)))


def _list_lost_attributes(made: MadeExport, proposal: Proposal, leads: Leads) -> Iterable[str]:
    """Columns proposed as attributes that neither are read as such nor named by a finding."""
    texts = " ".join(map(str, leads.findings))
    for name in proposal.list_role("attribute"):
        if name not in leads.attributes and f"'{name}'" not in texts and name in made.columns:
            yield f"lost attribute: {name}"
