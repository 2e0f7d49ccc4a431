"""The columns of a CRM's leads under our names; what never becomes an attribute is left out, and what nobody knows is kept."""

from __future__ import annotations

import pandas as pd

from predictor.core.errors import Finding, list_names
from predictor.core.settings import Settings
from predictor.data.crm.export_maps import ExportMap, find_columns
from predictor.data.crm.field_maps import plain
from predictor.data.denied_columns import deny_reason


def name_columns(raw: pd.DataFrame, known: ExportMap, settings: Settings) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The leads under our names; what the settings name stays as it is.

    Args:
        raw: As exported.
        known: The map of the CRM.
        settings: Sections columns, roles and forms are looked at.

    Returns:
        The leads, and what was left out or is not known.
    """
    roles = settings.roles
    own = {*settings.columns.values(), *roles.points, *roles.ignore, *roles.protected, *roles.allow, *settings.forms}
    names = [str(name) for name in raw if str(name) not in own]
    columns, used = {name: raw[name] for name in map(str, raw) if name in own}, set[str]()
    for ours, called in known.facts.items():
        found = [name for name in find_columns(names, called) if name not in used]
        used |= set(found)
        if found and ours not in settings.columns and ours not in columns:
            columns[ours] = _first_filled([raw[name] for name in found])
    rest = [name for name in names if name not in used]
    left, unknown = list[str](), list[str]()
    for name in rest:
        attribute = known.attributes.get(plain(name))
        if (attribute is None and known.is_left_out(name)) or (attribute or name) in columns:
            left.append(name)
        elif attribute is None:
            columns[name] = raw[name]  # those that are denied by name leave later, with their reason
            unknown += [] if deny_reason(name) else [name]
        else:
            columns[attribute] = _say_values(raw[name], attribute, known)
    return pd.DataFrame(columns, index=raw.index), _tell(known.name, left, unknown)


def _first_filled(columns: list[pd.Series]) -> pd.Series:
    """The first column, with the gaps filled from those after it."""
    filled = columns[0]
    for other in columns[1:]:
        filled = filled.where(filled.notna(), other)
    return filled


def _say_values(column: pd.Series, ours: str, known: ExportMap) -> pd.Series:
    """Internal values as people read them, as a live record's are."""
    values, words = known.values.get(ours, {}), ours in known.words
    if not values and not words:
        return column

    def say(cell: object) -> object:
        text = values.get(cell, cell) if isinstance(cell, str) else cell
        return text.replace("_", " ") if words and isinstance(text, str) and text == cell and text.isupper() else text

    return column.map(say, na_action="ignore")


def _tell(name: str, left: list[str], unknown: list[str]) -> tuple[Finding, ...]:
    told = []
    if left:
        what = f"Left out of {name}'s export, as state at export, set by sales, or who a person is: {list_names(left)}."
        told.append(Finding("LEAD037", "tip", what, "Name in roles.allow what was there before the lead became an MQL."))
    if unknown:
        what = f"Columns that {name} does not have by itself are kept: {list_names(unknown)}."
        told.append(Finding("LEAD038", "tip", what, "Name them in [columns] or [roles] where they are no attributes."))
    return tuple(told)
