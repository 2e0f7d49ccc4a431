"""The key of a lead: one text, whatever type or length an export gives it.

Salesforce writes an id with 15 characters in reports and with 18 in its API and Data Loader. The last three are a checksum of
which letters are capital. So the first 15 are the key of the record, wherever an id comes from.
"""

from __future__ import annotations

import pandas as pd

_SHORT_ID, LONG_ID = 15, 18  # characters of a Salesforce id
_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"  # by the five bits of a part: which of its characters are capital letters
_PART = 5


def to_key(lead_id: str) -> str:
    """The key of a lead: its id, of which a Salesforce id of 18 characters loses its checksum if that is right.

    Any other text stays as it is. One of 32,768 texts of 18 letters and digits happens to end in its own checksum.

    >>> to_key("00Q5g000000XyzAEAS"), to_key("00Q5g000000XyzA"), to_key("00Q5g000000XyzAEAX"), to_key("A17")
    ('00Q5g000000XyzA', '00Q5g000000XyzA', '00Q5g000000XyzAEAX', 'A17')
    """
    if len(lead_id) != LONG_ID or not (lead_id.isascii() and lead_id.isalnum()):
        return lead_id
    short = lead_id[:_SHORT_ID]
    return short if lead_id[_SHORT_ID:] == _compute_checksum(short) else lead_id


def list_spellings(lead_id: str) -> tuple[str, ...]:
    """Every text that an export may write for one lead: its key, and with a checksum what may be a Salesforce id.

    >>> list_spellings("00Q5g000000XyzAEAS"), list_spellings("A17")
    (('00Q5g000000XyzA', '00Q5g000000XyzAEAS'), ('A17',))
    """
    key = to_key(lead_id)
    is_short = len(key) == _SHORT_ID and key.isascii() and key.isalnum()
    return (key, key + _compute_checksum(key)) if is_short else (key,)


def _compute_checksum(short: str) -> str:
    """The three characters after an id of 15: each says which of five characters are capital letters, the first counting 1."""
    parts = [short[start : start + _PART] for start in range(0, _SHORT_ID, _PART)]
    return "".join(_CHECKSUM[sum(1 << place for place, letter in enumerate(part) if "A" <= letter <= "Z")] for part in parts)


def as_texts(column: pd.Series) -> pd.Series:
    """Ids as texts, whatever type the file gave them, as an answer about a lead shows them.

    >>> as_texts(pd.Series([17, 18])).tolist(), as_texts(pd.Series([17.0, None])).tolist(), as_texts(pd.Series([" 17"])).tolist()
    (['17', '18'], ['17', nan], ['17'])
    """
    if column.dtype == "str":
        return column.str.strip()
    return column.map(as_text, na_action="ignore").astype("str")


def as_keys(column: pd.Series) -> pd.Series:
    """Ids as keys, so that the leads of two files match: texts, and one key for both lengths of a Salesforce id.

    >>> as_keys(pd.Series(["00Q5g000000XyzAEAS", "00Q5g000000XyzA", " 17", None])).tolist()
    ['00Q5g000000XyzA', '00Q5g000000XyzA', '17', nan]
    """
    texts = as_texts(column)
    long = texts.str.len() == LONG_ID
    return texts.mask(long, texts[long].map(to_key)) if long.any() else texts


def as_text(cell: object) -> str:
    """An id as text; pandas makes whole numbers floats where one is missing.

    >>> as_text(17.0), as_text(" 17")
    ('17', '17')
    """
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
