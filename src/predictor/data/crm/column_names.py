"""The columns of a CRM's leads under our names; columns that are never attributes are left out, unknown ones kept."""

from __future__ import annotations

import pandas as pd

from predictor.core.errors import Finding, list_names
from predictor.core.settings import Settings
from predictor.data.columns import base_name
from predictor.data.crm.export_maps import ExportMap, find_columns
from predictor.data.crm.field_maps import Names, normal_name
from predictor.data.crm.warehouse import list_own_names
from predictor.data.denied_columns import deny_reason


def name_columns(
    raw: pd.DataFrame, export_map: ExportMap, settings: Settings, *, dated: bool = False
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The leads under our names; columns that the settings name stay as they are.

    Args:
        raw: As exported, with short names.
        export_map: The map of the CRM.
        settings: Sections columns, roles and forms are used.
        dated: Whether other files say when leads became MQLs and were accepted, or nobody has to know.

    Returns:
        The leads, and findings about left-out and unknown columns.
    """
    own = list_own_names(settings)
    names = [str(name) for name in raw if str(name) not in own]
    left, unknown = list[str](), list[str]()
    columns, used = {name: _translate_codes(raw[name], name, export_map) for name in map(str, raw) if name in own}, set[str]()
    for ours, theirs in export_map.facts.items():
        sources = [name for name in find_columns(names, theirs) if name not in used]
        used |= set(sources)
        if sources and ours not in settings.columns and ours not in columns:
            columns[ours] = _fill_gaps([raw[name] for name in sources])
        else:
            left += sources
    rest = [name for name in names if name not in used]
    facts = Names(theirs for names in export_map.facts.values() for theirs in names)
    known = {*columns, *settings.columns}
    decided = dated or bool(known & {"mql_at", "order_by"} and known & {"sql_at", "outcome"})
    for name in rest:
        label = base_name(name)  # the second column of a label stays a column of its own, unless the first is none
        attribute = export_map.attributes.get(normal_name(name)) if label == name else None
        is_kept = label in export_map.kept
        late = is_kept or export_map.is_left_out(label) or (label != name and label in facts)
        if is_kept and not decided:
            columns[name] = _translate_codes(raw[name], label, export_map)
        elif (attribute is None and late) or (attribute or name) in columns:
            left.append(name)
        elif attribute is None:
            columns[name] = raw[name]  # columns with denied names are removed later, with the reason
            unknown += [] if deny_reason(name) else [name]
        else:
            columns[attribute] = _translate_values(raw[name], attribute, export_map)
    return pd.DataFrame(columns, index=raw.index), _check_columns(export_map.name, left, unknown)


def _fill_gaps(columns: list[pd.Series]) -> pd.Series:
    """The first column, with its gaps filled from the next ones."""
    filled = columns[0]
    for other in columns[1:]:
        filled = filled.where(filled.notna(), other)
    return filled


def _translate_codes(column: pd.Series, name: str, export_map: ExportMap) -> pd.Series:
    """Codes of a status as people read them."""
    codes = export_map.codes.get(normal_name(name), {})
    return column.map(lambda cell: codes.get(str(cell).removesuffix(".0"), cell), na_action="ignore") if codes else column


def _translate_values(column: pd.Series, ours: str, export_map: ExportMap) -> pd.Series:
    """Internal values as people read them, as in a live record."""
    values, words = export_map.values.get(ours, {}), ours in export_map.words
    if not values and not words:
        return column

    def translate(cell: object) -> object:
        text = values.get(cell, cell) if isinstance(cell, str) else cell
        return text.replace("_", " ") if words and isinstance(text, str) and text == cell and text.isupper() else text

    return column.map(translate, na_action="ignore")


def _check_columns(name: str, left: list[str], unknown: list[str]) -> tuple[Finding, ...]:
    findings = []
    if left:
        what = f"Left out of {name}'s export as state at export, set by sales, or personal: {list_names(left, most=40)}."
        findings.append(
            Finding("LEAD037", "tip", what, do="Name columns in roles.allow that were set before the lead became an MQL.")
        )
    if unknown:
        what = f"Columns that are not standard in {name} are kept: {list_names(unknown, most=40)}."
        findings.append(Finding("LEAD038", "tip", what, do="Name those that are no attributes in [columns] or [roles]."))
    return tuple(findings)
