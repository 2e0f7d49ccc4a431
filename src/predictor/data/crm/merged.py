"""Leads that were merged into another one of the same table: the CRM itself says that they are one."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from predictor.core.errors import Finding, count, list_names
from predictor.core.settings import Settings
from predictor.data.crm.export_maps import find_columns
from predictor.data.lead_keys import as_keys, to_key

_LISTS = ("hs_merged_object_ids", "Merged record IDs", "Merged object IDs", "hs_calculated_merged_vids", "merged-vids")
_MASTERS = ("MasterRecordId", "Master Record ID", "masterid", "Master ID", "_masterid_value")
_KEYS = ("lead_id", "hs_object_id", "Record ID", "Contact ID", "Lead ID", "vid", "id", "leadid")  # where no settings name it


def drop_merged(
    raw: pd.DataFrame, settings: Settings, keys: Sequence[str] = _KEYS, *, crm: str = ""
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The leads that were not merged into another one of the table, and a finding that counts the others.

    Either the lead that is left lists the keys of the others, as in HubSpot, or these name it as their master, as in Salesforce.

    Args:
        raw: The table as read, with short names.
        settings: The key of section columns. A column of merged leads that is named in `roles.allow` is not used.
        keys: Names of the key, the most trusted first.
        crm: The name of the CRM, for the finding; empty for none.

    >>> from predictor.core.settings import make_settings
    >>> raw = pd.DataFrame({"Record ID": ["1", "2", "3"], "Merged record IDs": ["3; 9", None, None]})
    >>> kept, findings = drop_merged(raw, make_settings())
    >>> kept["Record ID"].tolist(), findings[0].what
    (['1', '2'], "1 row left out: merged into another lead of the table, by 'Merged record IDs'.")
    """
    names = [name for name in map(str, raw) if name not in settings.roles.allow]
    lists, masters = find_columns(names, _LISTS), find_columns(names, _MASTERS)
    key = next(iter(find_columns(names, [name for name in (settings.columns.get("lead_id"), *keys) if name])), None)
    if key is None or not (lists or masters):
        return raw, ()
    ids = as_keys(raw[key])
    merged = {name: ids.isin(_list_merged(ids, raw[name])) for name in dict.fromkeys(lists)}
    merged |= {name: as_keys(raw[name]).isin(ids.dropna()) & (as_keys(raw[name]) != ids) for name in dict.fromkeys(masters)}
    by = [name for name, rows in merged.items() if rows.any()]
    if not by:
        return raw, ()
    rows = pd.DataFrame({name: merged[name] for name in by}).any(axis=1)
    of = f" of {crm}'s leads" if crm else ""
    what = f"{count(int(rows.sum()), 'row')}{of} left out: merged into another lead of the table, by {list_names(by)}."
    do = f"Nothing: the lead that is left has their facts. To keep them, name {list_names(by)} in roles.allow."
    return raw[~rows], (Finding("LEAD082", "warning", what, do=do),)


def _list_merged(ids: pd.Series, lists: pd.Series) -> set[str]:
    """The keys that another row lists as merged into it; not those of two rows that list each other."""
    listed = {key: _read_keys(str(cell)) - {key} for key, cell in zip(ids, lists, strict=True) if not pd.isna(cell)}
    return {key for master, keys in listed.items() for key in keys if master not in listed.get(key, ())}


def _read_keys(cell: str) -> set[str]:
    """The keys in a list, which may hold a date after each: `17;18`, `[17, 18]`, `17:1700000000000;18:1700000000000`."""
    return {to_key(key) for part in re.split(r"[;,|\s]+", cell.strip("[]() ")) if (key := part.split(":")[0].strip("\"'"))}
