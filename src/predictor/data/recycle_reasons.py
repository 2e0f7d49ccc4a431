"""Why sales sent a lead back: a word of the firm's list, never a free text, which may be about a person."""

from __future__ import annotations

import re
from collections.abc import Sequence

OTHER = "other"
_WORD = re.compile(r"[^\W_]+")


def find_reason(text: str, reasons: Sequence[str]) -> str | None:
    """The reason of a list that a text means; None if it means none of them, or several.

    Args:
        text: As it came: a reason in any case, or a text that names one of them.
        reasons: The list; empty if every text is kept.

    >>> reasons = ["timing", "budget", "no decision"]
    >>> [find_reason(text, reasons) for text in ("Timing", "BAD_TIMING", "No decision made", "timing, no budget", "Ms Doe left")]
    ['timing', 'timing', 'no decision', None, None]
    >>> find_reason("Ms Doe left", [])
    'Ms Doe left'
    """
    if not reasons:
        return text
    words = _spell(text)
    exact = [reason for reason in reasons if _spell(reason) == words]
    found = exact or [reason for reason in reasons if f" {_spell(reason)} " in f" {words} "]
    return found[0] if len(found) == 1 else None


def _spell(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
