"""Seniority and function of a lead from its job title, by lists of words."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection
from functools import cache, lru_cache
from importlib.resources import files

import pandas as pd

from predictor.data.values import normal_texts

TITLES = ("title", "job_title", "jobtitle", "Title", "Job Title", "JobTitle")
PARTS = {"title_seniority": "seniority", "title_function": "function"}
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def list_title_words(part: str) -> dict[str, list[str]]:
    """Each seniority or function, and the words of a title that say it; the first that holds a word decides.

    Args:
        part: seniority or function.

    >>> list_title_words("seniority")["partner"]
    ['partner', 'managing partner', 'associe']
    """
    content = tomllib.loads(files("predictor.data").joinpath("job_titles.toml").read_text(encoding="utf-8"))
    lists: dict[str, list[str]] = content[part]
    return lists


@cache
def _read_words() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    return {part: [(name, _compile_words(words)) for name, words in list_title_words(part).items()] for part in PARTS.values()}


def _compile_words(words: list[str]) -> re.Pattern[str]:
    ends = "|".join(re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in words)
    return re.compile(rf"(?<![\w&])(?:{ends})(?![\w&])")


@lru_cache(maxsize=65_536)
def read_title(title: str | None, part: str) -> str | None:
    """The seniority or the function in a title; None where it names none.

    Args:
        title: As the lead or its firm writes it; may be None.
        part: seniority or function.

    >>> [read_title(text, "seniority") for text in ("SVP, Sales", "Assistant to the CEO", "Geschäftsführer", "Wizard")]
    ['vp', 'entry', 'c_level', None]
    >>> [read_title(text, "function") for text in ("Head of Marketing", "IT Manager", "CFO", None)]
    ['marketing', 'it', 'finance', None]
    """
    if title is None:
        return None
    plain = _simplify(title)
    return next((name for name, words in _read_words()[part] if words.search(plain)), None)


def _simplify(text: str) -> str:
    """The text in lower case, without accents and punctuation."""
    letters = unicodedata.normalize("NFKD", text.casefold().translate(_UMLAUTS))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w&]+", " ", bare).split())


def find_title(names: Collection[str]) -> str | None:
    """The name that is a job title's; None for none.

    >>> find_title(["Job Title", "title"]), find_title(["industry"])
    ('title', None)
    """
    return next((name for name in TITLES if name in names), None)


def add_title_parts(frame: pd.DataFrame, known: Collection[str] | None = None) -> pd.DataFrame:
    """The frame with `title_seniority` and `title_function` where it has a job title; columns that exist stay.

    Args:
        frame: Leads with their attributes.
        known: Attributes that a model knows; None: those of the frame.

    >>> add_title_parts(pd.DataFrame({"title": ["VP Sales", None]}))["title_seniority"].tolist()
    ['vp', nan]
    """
    name = find_title(frame.columns if known is None else known)
    if name is None or name not in frame:
        return frame
    texts = normal_texts(frame[name])
    parts = {column: texts.map(lambda text, part=part: read_title(text, part)) for column, part in PARTS.items()}
    return frame.assign(**{column: cells.astype("str") for column, cells in parts.items() if column not in frame})
