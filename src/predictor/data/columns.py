"""A firm's columns under our names, and the faults of the settings that name them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import count

import pandas as pd

from predictor.core.errors import list_names, name_nearest
from predictor.core.row_faults import Faults


def make_names(labels: Sequence[str]) -> list[str]:
    """A name for each column: its label, with a number where a column before has the same; an empty label stays empty.

    >>> make_names(["Id", "Status", "Status", "", "Status (2)", "Status"])
    ['Id', 'Status', 'Status (3)', '', 'Status (2)', 'Status (4)']
    """
    taken, seen, names = set(labels), set[str](), list[str]()
    for label in labels:
        name, numbers = label, count(2)
        while label and name in (seen if name == label else taken):
            name = f"{label} ({next(numbers)})"
        names.append(name)
        seen.add(label)
        taken.add(name)
    return names


def base_name(name: str) -> str:
    """The label of a column whose name got a number, because another column has the same label.

    >>> base_name("Lead Status (2)"), base_name("Employees (2024)"), base_name("City")
    ('Lead Status', 'Employees (2024)', 'City')
    """
    return re.sub(r" \((?:[2-9]|[1-9]\d)\)$", "", name)


def rename_to_ours(
    raw: pd.DataFrame, names: Mapping[str, str], allowed: Sequence[str], *, section: str, faults: Faults
) -> pd.DataFrame:
    """The table under our names; a mapped column replaces one that already has our name.

    Args:
        raw: The table as read.
        names: Our name -> the firm's column.
        allowed: All names that we have for this table.
        section: The section of the settings that maps the names, for messages.
        faults: Faults are added here: two columns of the same name, a name that is none of ours.

    >>> raw = pd.DataFrame({"Record ID": ["a"], "lead_id": ["x"], "city": ["Rome"]})
    >>> rename_to_ours(raw, {"lead_id": "Record ID"}, ["lead_id"], section="columns", faults=Faults()).to_dict("list")
    {'lead_id': ['a'], 'city': ['Rome']}
    """
    code = "EVENT012" if section == "event_columns" else "LEAD012"
    frame = raw.set_axis([str(name) for name in raw.columns], axis=1)
    repeated = frame.columns.duplicated()
    if repeated.any():
        duplicates = list_names(sorted(set(frame.columns[repeated])))
        faults.add(code, f"Two columns have the same name: {duplicates}.", "Rename or remove one of each.")
        frame = frame.loc[:, ~repeated]
    for ours in names:
        if ours not in allowed:
            hint = name_nearest(ours, allowed) or f" The names are {list_names(allowed, most=20)}."
            faults.add(code, f"[{section}] maps '{ours}', which is no column of the contract.{hint}", f"Fix [{section}].")
    ours_by_theirs = {theirs: ours for ours, theirs in names.items() if theirs in frame}
    replaced = [ours for ours in ours_by_theirs.values() if ours in frame and ours not in ours_by_theirs]
    return frame.drop(columns=replaced).rename(columns=ours_by_theirs)


def check_named(required: Sequence[str], raw: pd.DataFrame, *, section: str, faults: Faults) -> None:
    """A fault for each column that the settings name and the table does not have."""
    code = "EVENT012" if section == "[event_columns]" else "LEAD012"
    names = [str(name) for name in raw.columns]
    for name in dict.fromkeys(required):
        if name not in names:
            hint = name_nearest(name, names) or f" It has {list_names(names)}."
            faults.add(code, f"The settings name a column '{name}', which is missing in the export.{hint}", f"Fix {section}.")
