"""Several values in one cell, as multi-select fields have them, read as a set.

The plain text of a set names each member once, in alphabetical order, with `;` between them. So it is the same text whatever the
order and the blanks of the cell, and it can be read again in any of the formats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import numpy as np

from predictor.core.cell_formats import SetFormat

SEPARATOR = ";"
# `;` as HubSpot, Salesforce and Dynamics write it, `|` as Mautic does, lines of a cell, `,` as Zoho, Pipedrive and forms do.
SEPARATORS: dict[SetFormat, str] = {"set ;": ";", "set |": "|", "set lines": "\n", "set ,": ","}
# As JSON, Python, NumPy or PostgreSQL write a list; what stands in round brackets must begin with a quotation mark.
_LIST = re.compile(r"""\[[^\[\]]*\]|\{[^{}]*\}|\(\s*["'][^()]*\)""")
_OBJECT = re.compile(r"""\[?\s*\{\s*["']\w+["']\s*:""")
_ITEM = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s,\[\](){}'"][^,\[\](){}]*)""")


def list_members(value: object, format_name: SetFormat) -> list[str] | None:
    r"""The members of a set, each once, in alphabetical order; None for a value that is no set, as an object.

    Args:
        value: A text, a list, or a single value, which is a set of one.
        format_name: A format of sets. Every format also reads lists and `;`.

    >>> list_members("Pricing; API;pricing;", "set ;"), list_members(["b", 2, None], "set ;"), list_members('["b","a"]', "set ,")
    (['API', 'Pricing'], ['2', 'b'], ['a', 'b'])
    >>> list_members("Oil, Gas; Steel", "set ;"), list_members("['A' \"B's\"]", "set |"), list_members({"a": 1}, "set ;")
    (['Oil, Gas', 'Steel'], ['A', "B's"], None)
    """
    parts = split_members(value, format_name)
    if parts is None:
        return None
    members = {member.casefold(): member for member in reversed(parts) if member}
    return [members[key] for key in sorted(members)]


def join_members(members: Iterable[str]) -> str | None:
    """The plain text of a set; None for none.

    >>> join_members(["API", "Pricing"]), join_members([])
    ('API;Pricing', None)
    """
    return SEPARATOR.join(members) or None


def to_plain_set(value: object, format_name: SetFormat) -> Any:  # noqa: ANN401  a cell is anything
    """The plain text of the set that a value holds, None for an empty set; a value that is no set is unchanged.

    >>> to_plain_set("Support, API", "set ,"), to_plain_set([], "set ,"), to_plain_set(7, "set ,")
    ('API;Support', None, '7')
    """
    members = list_members(value, format_name)
    return value if members is None else join_members(members)


def split_members(value: object, format_name: SetFormat) -> list[str] | None:
    """The members in the order and spelling of a cell or list, trimmed and with blanks among them; None for no set."""
    value = value.tolist() if isinstance(value, np.ndarray) else value
    if isinstance(value, (list, tuple, set, frozenset)):
        return _split_list(value)
    if isinstance(value, str):
        listed = _read_list(value.strip())
        return _split_text(value, SEPARATORS.get(format_name, "")) if listed is None else _split_list(listed)
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, (int, float)):
        return [] if value != value else [f"{value:.15g}"]  # noqa: PLR0124  NaN
    return None


def _split_text(text: str, separator: str) -> list[str]:
    """The parts of a text; the `^` around each, which SuiteCRM writes, is removed."""
    return [part.strip().strip("^").strip() for part in re.split(f"[{re.escape(SEPARATOR + separator)}]", text)]


def _split_list(values: Iterable[object]) -> list[str] | None:
    parts = list[str]()
    for value in values:
        if isinstance(value, (list, tuple, dict)):
            return None
        parts += _split_text(value, "") if isinstance(value, str) else split_members(value, "set ;") or []
    return parts


def _read_list(text: str) -> list[object] | None:
    """The members of a list that is written as text; None where it is none."""
    if not text.startswith(("[", "{", "(")):
        return None
    with suppress(ValueError, RecursionError):
        content = json.loads(text)
        return content if isinstance(content, list) else None
    if not _LIST.fullmatch(text) or _OBJECT.match(text):
        return None
    return [next(part for part in item if part).strip() for item in _ITEM.findall(text[1:-1]) if any(item)]


def is_list(text: str) -> bool:
    """Whether a text is a list, as JSON, Python, NumPy or PostgreSQL write it, and no object.

    >>> is_list('["a"]'), is_list("{a,b}"), is_list('{"a": 1}'), is_list("(North) America; (South)"), is_list("a")
    (True, True, False, False, False)
    """
    return _read_list(text) is not None
