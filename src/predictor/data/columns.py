"""A firm's columns under our names, and what is wrong with how the settings name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from predictor.core.errors import list_names, name_nearest
from predictor.core.row_faults import Faults


def rename_to_ours(
    raw: pd.DataFrame, names: Mapping[str, str], words: Sequence[str], *, section: str, faults: Faults
) -> pd.DataFrame:
    """The table under our names; a column that bears the name of one that is mapped to it makes way.

    Args:
        raw: The table as read.
        names: Our name -> the firm's column.
        words: Our names for such a table.
        section: Of the settings that the names come from, for messages.
        faults: Where faults are gathered: two columns of one name, a name that is no word of ours.

    >>> raw = pd.DataFrame({"Record ID": ["a"], "lead_id": ["x"], "city": ["Rome"]})
    >>> rename_to_ours(raw, {"lead_id": "Record ID"}, ["lead_id"], section="columns", faults=Faults()).to_dict("list")
    {'lead_id': ['a'], 'city': ['Rome']}
    """
    code = "EVENT012" if section == "event_columns" else "LEAD012"
    frame = raw.set_axis([str(name) for name in raw.columns], axis=1)
    again = frame.columns.duplicated()
    if again.any():
        twice = list_names(sorted(set(frame.columns[again])))
        faults.add(code, f"Two columns bear the same name: {twice}.", "Rename or remove one of each.")
        frame = frame.loc[:, ~again]
    for ours in names:
        if ours not in words:
            hint = name_nearest(ours, words) or f" The words are {list_names(words, most=20)}."
            faults.add(code, f"[{section}] names '{ours}', which is no word of the contract.{hint}", f"Mend [{section}].")
    ours_of = {theirs: ours for ours, theirs in names.items() if theirs in frame}
    covered = [ours for theirs, ours in ours_of.items() if ours in frame and ours not in ours_of]
    return frame.drop(columns=covered).rename(columns=ours_of)


def check_named(wanted: Sequence[str], raw: pd.DataFrame, *, section: str, faults: Faults) -> None:
    """A fault for each column that the settings name and the table lacks."""
    code = "EVENT012" if section == "[event_columns]" else "LEAD012"
    known = [str(name) for name in raw.columns]
    for name in dict.fromkeys(wanted):
        if name not in known:
            hint = name_nearest(name, known) or f" It has {list_names(known)}."
            faults.add(code, f"The settings name a column '{name}' that the export lacks.{hint}", f"Mend {section}.")


def as_keys(column: pd.Series) -> pd.Series:
    """Keys as texts, whichever type a file gave them, so that those of two files can be compared.

    >>> as_keys(pd.Series([17, 18])).tolist(), as_keys(pd.Series([17.0, None])).tolist(), as_keys(pd.Series([" 17"])).tolist()
    (['17', '18'], ['17', nan], ['17'])
    """
    if column.dtype == "str":
        return column.str.strip()
    return column.map(_as_key, na_action="ignore").astype("str")


def _as_key(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
