"""Tables as a warehouse connector writes them: a prefix before the names of columns, and rows that are marked as deleted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import pandas as pd

from predictor.core.cell_formats import EXPORTS
from predictor.core.errors import Finding, count, list_names
from predictor.core.settings import Settings
from predictor.data.crm.export_maps import ExportMap, find_columns, read_export_map
from predictor.data.crm.field_maps import Names
from predictor.data.denied_columns import deny_category
from predictor.data.lead_facts import LEAD_FACTS

_SEPARATOR = re.compile(r"__|[_.:/]| - ")
_FEWEST, _SHARE = 3, 0.8  # columns that share a prefix: how many at least, and of those that a connector did not add
_CONNECTORS = ("property_", "properties_", "properties__", "properties.", "property.")
_CONNECTOR_SHARE = 0.5  # for these, whose meaning is clear
_VALUE = "__value"  # the end of such a name where the connector stores a value with its source and time
_UNSHARED = Names(["id", "vid", "created at", "updated at", "companies", "contacts", "deals", "associations", "merge audits"])
_MANY = 0.5  # share of deleted rows above which they are hardly what is meant
_YES = frozenset({"true", "t", "1", "1.0", "yes", "y"})
_BLANK = frozenset({"", "nan", "none", "null", "nat", "0", "false"})
_NO_DATES = ("0000-", "0001-01-01", "1900-01-01", "1970-01-01", "9999-")  # how dates that mean 'never' begin
MARKS = ("_fivetran_deleted", "is_deleted", "deleted", "_deleted", "__deleted", "archived")  # yes: the row is deleted
_MARK_NAMES = Names(MARKS)
MOMENTS = ("_ab_cdc_deleted_at", "_sdc_deleted_at", "deleted_at", "date_deleted")  # filled: likewise


@lru_cache(maxsize=4096)
def is_known(name: str) -> bool:
    """Whether a column has a name that some CRM uses, or that is never an attribute."""
    return deny_category(name) is not None or any(read_export_map(crm).knows(name) for crm in EXPORTS)


def find_prefix(names: Iterable[str], usual: Sequence[str] = (), known: Callable[[str], bool] = is_known) -> str:
    """The prefix that all or nearly all columns share, if more names are known without it; empty for none.

    Columns that a connector adds do not count, nor do keys and our own names.

    Args:
        names: The names of the columns.
        usual: Prefixes of a CRM, of which the most frequent is taken where no other is found.
        known: Whether a name is known, of columns of leads where it is not given.

    >>> find_prefix(["_fivetran_synced", "id", "property_email", "property_industry", "property_hs_analytics_source"])
    'property_'
    >>> find_prefix(["lead_id", "feature_1", "feature_2", "feature_3"])
    ''
    """
    found, counts = _count_prefixes(tuple(names), known)
    frequent = max(usual, key=lambda prefix: counts[prefix], default="")
    return found or (frequent if counts[frequent] else "")


@lru_cache(maxsize=64)
def _count_prefixes(names: tuple[str, ...], known: Callable[[str], bool]) -> tuple[str, Counter[str]]:
    """The prefix that leaves most known names, and how many columns have each prefix."""
    shared = [name for name in names if not _is_unshared(name)]
    counts = Counter(name[: end.end()] for name in shared for end in _SEPARATOR.finditer(name) if end.end() < len(name))
    gains = {}
    for prefix, number in counts.items():
        share = _CONNECTOR_SHARE if prefix.casefold() in _CONNECTORS else _SHARE
        if number >= max(_FEWEST, share * len(shared)):
            having = [name for name in shared if name.startswith(prefix)]
            gains[prefix] = sum(known(_shorten(name, prefix)) - known(name) for name in having)
    best = max(gains, key=lambda prefix: (gains[prefix], -len(prefix)), default="")
    return best if gains.get(best, 0) > 0 else "", counts


def _is_unshared(name: str) -> bool:
    return name in LEAD_FACTS or name in _UNSHARED or deny_category(name) == "connector" or name in _MARK_NAMES


def remove_prefix(names: Sequence[str], prefix: str, kept: Iterable[str] = ()) -> list[str]:
    """The names without a prefix; as they are where that would give two columns one name.

    Args:
        names: The names.
        prefix: The prefix; empty for none.
        kept: Names that stay as they are.

    >>> remove_prefix(["id", "property_city", "property_id", "property_title__value"], "property_")
    ['id', 'city', 'property_id', 'title']
    """
    if not prefix:
        return list(names)
    stay = {*kept, *LEAD_FACTS}
    short = [name if name in stay else _shorten(name, prefix) for name in names]
    times = Counter(name.casefold() for name in (*short, *(name for name in names if name not in short)))
    return [new if times[new.casefold()] == 1 else old for old, new in zip(names, short, strict=True)]


def _shorten(name: str, prefix: str) -> str:
    rest = name.removeprefix(prefix)
    return name if rest == name or not rest else rest.removesuffix(_VALUE) or rest


def shorten_names(
    raw: pd.DataFrame, settings: Settings, export_map: ExportMap | None = None
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The table with the names of its columns without the prefix of a connector, and a finding that says so.

    Args:
        raw: The table as read.
        settings: The prefix of section data; columns that the settings name stay as they are.
        export_map: The CRM, for whose export the prefix is found where the settings have none and name no column with it.
    """
    names, own = [str(name) for name in raw], list_own_names(settings)
    found = "" if export_map is None else find_prefix(names, export_map.prefixes)
    prefix = settings.data.prefix or ("" if any(name.startswith(found) for name in own) else found)
    short = remove_prefix(names, prefix, own)
    changed = [(old, new) for old, new in zip(names, short, strict=True) if old != new]
    if not changed:
        return raw, ()
    shown = ", ".join(f"'{old}' as '{new}'" for old, new in changed[:2])
    are = "is" if len(changed) == 1 else "are"
    what = f"{count(len(changed), 'column')} {are} read without the prefix '{prefix}' that they share: {shown}."
    finding = Finding("LEAD080", "tip", what, do="Use the short names in the settings, and where a lead is scored.")
    return raw.set_axis(short, axis=1), (finding,)


def list_own_names(settings: Settings) -> set[str]:
    """The columns that the settings name, which are read as these say."""
    roles = settings.roles
    return {*settings.columns.values(), *roles.points, *roles.ignore, *roles.protected, *roles.allow, *settings.forms}


def drop_deleted(raw: pd.DataFrame, settings: Settings, *, crm: str = "") -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The rows that are not marked as deleted, without the marks and a connector's own columns, and what was left out.

    Args:
        raw: The table, with short names.
        settings: A mark that is named in `columns` or in `roles.allow` deletes no row, and stays.
        crm: The name of the CRM, for the finding; empty for none.

    >>> from predictor.core.settings import make_settings
    >>> marks = {"is_deleted": ["FALSE", "TRUE", None], "_sdc_deleted_at": [None, None, "2026-01-02"]}
    >>> kept, findings = drop_deleted(pd.DataFrame({"id": ["a", "b", "c"], **marks}), make_settings())
    >>> list(kept), [finding.code for finding in findings]
    (['id'], ['LEAD039', 'LEAD081'])
    >>> findings[0].what
    "2 rows left out: deleted, by 'is_deleted', '_sdc_deleted_at'."
    """
    names = [name for name in map(str, raw) if name not in {*settings.columns.values(), *settings.roles.allow}]
    marked = {name: _is_marked(raw[name], _YES) for name in find_columns(names, MARKS)}
    marked |= {name: _is_dated(raw[name]) for name in find_columns(names, MOMENTS)}
    without = [name for name in names if name in marked or deny_category(name) == "connector"]
    if not without:
        return raw, ()
    deleted = pd.DataFrame(marked, index=raw.index).any(axis=1)
    kept = raw[~deleted].drop(columns=without)
    return kept, (*_check_deleted(deleted, [name for name, rows in marked.items() if rows.any()], crm), *_check_columns(without))


def _is_marked(column: pd.Series, texts: frozenset[str]) -> pd.Series:
    return column.astype("str").str.strip().str.casefold().isin(texts)


def _is_dated(column: pd.Series) -> pd.Series:
    texts = column.astype("str").str.strip().str.casefold()
    return column.notna() & ~texts.isin(_BLANK) & ~texts.str.startswith(_NO_DATES).fillna(value=False).astype(bool)


def _check_deleted(deleted: pd.Series, marks: Sequence[str], crm: str) -> tuple[Finding, ...]:
    if not marks:
        return ()
    of = f" of {crm}'s leads" if crm else ""
    what = f"{count(int(deleted.sum()), 'row')}{of} left out: deleted, by {list_names(marks)}."
    do = f"Nothing, if that is about as many as you expect; else name {list_names(marks)} in roles.allow to keep these rows."
    return (Finding("LEAD039", "warning" if deleted.mean() > _MANY else "tip", what, do=do),)


def _check_columns(names: Sequence[str]) -> tuple[Finding, ...]:
    what = f"Columns that say how a row was copied, or whether it is deleted, are left out: {list_names(names, most=20)}."
    return (Finding("LEAD081", "tip", what, do="Nothing; they say nothing about a lead."),)
