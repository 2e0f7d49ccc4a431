"""The words that say in a report that a line is a total or a note, in many languages."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files


def is_total(text: str) -> bool:
    """Whether a text is a word for totals, maybe with a number or a remark behind it.

    >>> [is_total(text) for text in ("Grand Totals (900 records)", "Summe: 12", "TOTAL", "Totally Ltd", "Sum of Amount")]
    [True, True, True, False, True]
    """
    return _match_totals().match(text.casefold()) is not None


def names_total(text: str) -> bool:
    """Whether a text begins or ends with a word for totals, as the total of a group does; a firm may have such a name.

    >>> [names_total(text) for text in ("Total North", "Nord Ergebnis", "Totally Ltd", "Total")]
    [True, True, False, False]
    """
    return _match_group_totals().fullmatch(text.strip().casefold()) is not None


@cache
def _match_group_totals() -> re.Pattern[str]:
    return re.compile(rf"(?:{_list_totals()})\b.*\w.*|.*\w.*\b(?:{_list_totals()})", re.DOTALL)


def _list_totals() -> str:
    return "|".join(re.escape(word.casefold()) for word in sorted(_read_words()["totals"], key=len, reverse=True))


@cache
def _match_totals() -> re.Pattern[str]:
    words = _list_totals()
    return re.compile(rf"[\s*=#-]*(?:{words})(?:\s*[:=(\[–—-].*|\s+\d.*|\s+(?:of|de|von|di|van|av)\s.*|[.:\s]*)$", re.DOTALL)


def has_phrase(text: str) -> bool:
    """Whether a text says what reports say below their rows.

    >>> [has_phrase(text) for text in ("Copyright (c) 2026 Acme", "Généré le 04/05/2026", "(25 rows)", "Copywriter")]
    [True, True, True, False]
    """
    folded = text.casefold()
    return any(phrase in folded for phrase in _read_words()["phrases"]) or _match_counts().fullmatch(folded) is not None


@cache
def _match_counts() -> re.Pattern[str]:
    """A number of rows, as databases write it: "(25 rows)"."""
    return re.compile(rf"\(?\s*[\d.,\s]*\d\s*(?:{'|'.join(map(re.escape, _read_words()['units']))})\s*\)?\.?")


@cache
def _read_words() -> dict[str, list[str]]:
    words: dict[str, list[str]] = tomllib.loads(
        files("predictor.data.read").joinpath("report_words.toml").read_text(encoding="utf-8")
    )
    return words
