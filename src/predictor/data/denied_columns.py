"""Names of columns that must not become features: filled in later, set by sales, counted at export."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

from predictor.data.columns import base_name

_REASONS = {
    "qualification": "it is filled in during qualification",
    "sales": "it is set by sales",
    "outcome": "it reveals the outcome",
    "personal": "it identifies a person, which says nothing about other leads and belongs in no model",
    "export_time": "it holds the state at export, not when the lead became an MQL",
    "connector": "it says how and when the row was copied, and nothing about the lead",
}

_HOW = re.compile(r"contact|e?mail\w*|workemail|\w*phone\w*|mobile\w*|fax|\w*address|linkedin\w*")  # they may name a way too
_WHO = re.compile(r"@|\d[\d\s()./-]{4,}")  # an address or a number
_MOST_WAYS, _FEWEST_LEADS = 4, 20  # values of a column of ways; leads for each, on average


@cache
def _denied_names() -> dict[str, str]:
    """Simplified name (with a star: the beginning of a name) -> category."""
    lists = tomllib.loads(files("predictor.data").joinpath("denied_columns.toml").read_text(encoding="utf-8"))
    return {_simplify(name) + "*" * name.endswith("*"): category for category, names in lists.items() for name in names}


def _simplify(name: str) -> str:
    """A name without case, accents, blanks and punctuation; letters of every script count."""
    letters = name.casefold() if name.isascii() else unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in letters if sign.isalnum())


def deny_category(name: str) -> str | None:
    """The category of `denied_columns.toml` that a column's name belongs to; None where it may become a feature.

    >>> deny_category("Lead Quality"), deny_category("First Name (2)"), deny_category("Industry")
    ('qualification', 'personal', None)
    """
    return _find_category(_simplify(base_name(name)))


@lru_cache(maxsize=1 << 16)
def _find_category(simple: str) -> str | None:
    """The category of the first denied name that a simplified name is, or begins with where that ends in a star."""
    for denied, category in _denied_names().items():
        if simple == denied or (denied.endswith("*") and simple.startswith(denied[:-1])):
            return category
    return None


def deny_reason(name: str) -> str | None:
    """The reason why a column with this name is no feature; None where it may be one.

    >>> deny_reason("Lead Quality"), deny_reason("Industry")
    ('it is filled in during qualification', None)
    """
    category = deny_category(name)
    return None if category is None else _REASONS[category]


def deny_column(name: str, cells: pd.Series) -> str | None:
    """The reason why a column is no feature by its name; None also where it holds a few ways to reach people, or yes and no.

    >>> import pandas as pd
    >>> channel = pd.Series(["cellular", "telephone"] * 50)
    >>> deny_column("contact", channel), deny_column("contact", pd.Series(["Ann", "Bob"]))
    (None, 'it identifies a person, which says nothing about other leads and belongs in no model')
    """
    reason = deny_reason(name)
    if reason is None or deny_category(name) != "personal" or not _HOW.fullmatch(_simplify(name)):
        return reason
    values = cells.dropna().astype("str").str.casefold().value_counts()
    is_way = 0 < len(values) <= _MOST_WAYS and values.sum() >= _FEWEST_LEADS * len(values)
    return None if is_way and not any(_WHO.search(value) for value in values.index) else reason
