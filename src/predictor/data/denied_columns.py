"""Columns that are no features, by their names: filled in during qualification, set by sales, or counted at export."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files


@cache
def _denied_names() -> dict[str, str]:
    lists = tomllib.loads(files("predictor.data").joinpath("denied_columns.toml").read_text(encoding="utf-8"))
    why = {
        "qualification": "it is filled in during qualification",
        "sales": "it is set by sales",
        "outcome": "it tells the outcome",
        "personal": "it holds who a person is, which says nothing of other leads and belongs in no model",
        "export_time": "it holds the state at export, not when the lead became an MQL",
    }
    return {_plain(name) + ("*" if name.endswith("*") else ""): why[key] for key, names in lists.items() for name in names}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def deny_reason(name: str) -> str | None:
    """Why a column of that name is no feature; None where nothing speaks against it.

    >>> deny_reason("Lead Quality"), deny_reason("Industry")
    ('it is filled in during qualification', None)
    """
    plain = _plain(name)
    for denied, why in _denied_names().items():
        if plain == denied or (denied.endswith("*") and plain.startswith(denied[:-1])):
            return why
    return None
