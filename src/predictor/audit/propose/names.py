"""The usual names of columns in exports, from names.toml, and the words of a name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from predictor.audit.propose.profile import ColumnProfile
from predictor.data.crm.field_maps import Names


@cache
def read_names() -> dict[str, dict[str, list[str]]]:
    """The names of columns in exports, from names.toml."""
    content: dict[str, Any] = tomllib.loads(files("predictor.audit.propose").joinpath("names.toml").read_text(encoding="utf-8"))
    return content


def list_named(names: Iterable[str], columns: Sequence[ColumnProfile]) -> list[ColumnProfile]:
    """The columns that have one of these names, in the order of the names: that of trust."""
    return [column for known in (Names([name]) for name in names) for column in columns if column.name in known]


@cache
def split_words(name: str) -> tuple[str, ...]:
    """The words of a name, without case.

    >>> split_words("LeadID"), split_words("Kunden-Nr."), split_words("hs_lead_status")
    (('lead', 'id'), ('kunden', 'nr'), ('hs', 'lead', 'status'))
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[^\W_]+", spaced.casefold()))


def names_points(name: str) -> bool:
    """Whether a name is that of hand-set points.

    >>> [names_points(name) for name in ("HubSpot Score", "leadscore", "Credit score", "Core product")]
    [True, True, False, False]
    """
    known = read_names()["roles"]
    named = not set(split_words(name)).isdisjoint(known["points"])
    ends = name.casefold().endswith(("score", "points", "punkte", "scoring"))
    return (named or ends) and name not in Names(known["no_points"])
