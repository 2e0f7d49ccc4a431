"""Files of an export that no CRM wrote, as one table of leads: each is joined by the one column that all of them share."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from predictor.core.errors import Finding, TableError, count, list_names
from predictor.data.crm.field_maps import normal_name
from predictor.data.lead_keys import as_keys

_ADVICE = (
    "Name one file of leads, or files of which each shares only the key with it; for a CRM's export, name the CRM with --crm."
)


def choose_leads(tables: Mapping[str, pd.DataFrame]) -> str:
    """The file that holds the leads: the longest, since not every lead has a deal.

    Args:
        tables: File -> its rows, one or more.

    >>> choose_leads({"deals.csv": pd.DataFrame({"id": [2]}), "leads.csv": pd.DataFrame({"id": [1, 2]})})
    'leads.csv'
    """
    return max(tables, key=lambda name: len(tables[name]))


def join_files(leads: pd.DataFrame, others: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The leads with the columns of the other files, empty where a lead has no row there, and a finding for each file.

    Args:
        leads: One row a lead.
        others: File -> its rows, at most one for each lead.

    Raises:
        TableError: A file shares no column with the leads or several, or has several rows of a lead.

    >>> deals = pd.DataFrame({"mql_id": ["b"], "won": ["2026-01-31"]})
    >>> joined, findings = join_files(pd.DataFrame({"mql_id": ["a", "b"]}), {"deals.csv": deals})
    >>> joined["won"].tolist(), findings[0].what
    ([nan, '2026-01-31'], "'deals.csv' is joined to the leads by 'mql_id': 1 of 2 leads has a row in it.")
    """
    joined, findings = leads, list[Finding]()
    for file, table in others.items():
        key, theirs = _find_shared(leads, table, file)
        keys, known = as_keys(table[theirs]), as_keys(leads[key])
        _check_single(keys, file)
        columns = table.drop(columns=[theirs]).set_index(keys)[keys.notna().to_numpy()]
        taken = [name for name in columns if name in joined]
        columns = columns.rename(columns={name: f"{name} ({file})" for name in taken})
        joined = pd.concat([joined, columns.reindex(known).set_axis(leads.index)], axis=1)
        findings.append(_describe_join(key, keys, known, file))
    return joined, tuple(findings)


def _find_shared(leads: pd.DataFrame, table: pd.DataFrame, file: str) -> tuple[str, str]:
    """The only column that a file shares with the leads: its name in the leads and in the file."""
    ours = {normal_name(str(name)): str(name) for name in leads}
    shared = [(ours[normal], str(name)) for name in table if (normal := normal_name(str(name))) in ours]
    if len(shared) == 1:
        return shared[0]
    which = f"{count(len(shared), 'column')} with the leads: {list_names(name for _, name in shared)}" if shared else "no column"
    what = f"'{file}' cannot be joined to the leads: it shares {which}{'' if shared else ' with them'}."
    raise TableError("leads", [Finding("LEAD053", "error", what, do=_ADVICE)])


def _check_single(keys: pd.Series, file: str) -> None:
    repeated = keys.duplicated(keep=False) & keys.notna()
    if repeated.any():
        first = int(repeated.to_numpy().argmax()) + 1
        what = f"'{file}' has several rows for {count(keys[repeated].nunique(), 'lead')} (first in row {first:,})."
        do = "Keep one row for each lead, as its first deal; rows of activities belong into --events."
        raise TableError("leads", [Finding("LEAD053", "error", what, do=do)])


def _describe_join(key: str, keys: pd.Series, known: pd.Series, file: str) -> Finding:
    matched, strange = int(known.isin(keys.dropna()).sum()), int((~keys.isin(known)).sum())
    have = "has" if matched == 1 else "have"
    what = f"'{file}' is joined to the leads by '{key}': {matched:,} of {count(len(known), 'lead')} {have} a row in it."
    if strange:
        what += f" Left out, as of no lead: {count(strange, 'row')} of it."
    if strange or not matched:
        return Finding("LEAD052", "warning", what, do="Export both files at the same time.")
    return Finding("LEAD052", "tip", what, do="Nothing, if that is about as many as you expect.")
