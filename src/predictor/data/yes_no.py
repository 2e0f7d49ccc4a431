"""Yes and no, however they are spelled: as numbers, as JSON's true and false, or in the languages of spreadsheets."""

from __future__ import annotations

import unicodedata

import pandas as pd

from predictor.core.cell_formats import YesNoFormat
from predictor.data.values import factorize_column, normal_text

# What a yes and a no become in a column of each format; None is a blank.
PLAIN: dict[YesNoFormat, tuple[str, str | None]] = {
    "yes/no": ("yes", "no"), "1/0": ("1", "0"), "yes/blank": ("yes", None), "1/blank": ("1", None),
}  # fmt: skip
# What spreadsheets and CRMs write in each language: yes and no, then their TRUE and FALSE.
_YES = """
    1 true yes y t x ✓ ✔ ☑ checked on  wahr ja j  vrai oui o  verdadero sí s  vero  verdadeiro sim  waar  prawda tak
    sann  sand  pravda ano  tosi kyllä  igaz igen  adevărat da  istina  doğru evet  истина да  істина так  вярно
    αληθής ναι  tiesa taip  tõene jah  patiess jā  是 真  はい  예  네  نعم  כן
"""
_NO = """
    0 false no n f ✗ ✘ ✕ ☐ unchecked off  falsch nein  faux non  falso  não  onwaar nee  fałsz nie  falskt nej  falsk nei usann
    nepravda ne  epätosi ei  hamis nem  fals nu  neistina laž  yanlış hayır  ложь нет  хибність ні  невярно не  ψευδής όχι
    netiesa  väär  nepatiess nē  否 假  いいえ  아니오  아니요  لا  לא
"""
_NUMBERS = {"1", "0", "1.0", "0.0"}
_AMBIGUOUS = {"t", "j", "o", "s", "n", "f", "sand", "on", "off", "da", "nu", "ne"}  # alone in a column they mean other things
_FIRST, _MOST_SPELLINGS = 1000, 12  # cells that rule most columns out; ways to write yes and no that one column may mix


def _strip_accents(text: str) -> str:
    """A normal text without accents, which capitals and old files often lack."""
    letters = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("ı", "i"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


_MEANINGS = {_strip_accents(word): True for word in _YES.split()} | {_strip_accents(word): False for word in _NO.split()}


def list_spellings(*, meaning: bool) -> frozenset[str]:
    """Every normal text that means yes, or every one that means no, with and without accents.

    >>> "wahr" in list_spellings(meaning=True), "no" in list_spellings(meaning=False)
    (True, True)
    """
    words = frozenset((_YES if meaning else _NO).split())
    return words | frozenset(map(_strip_accents, words)) | ({"1.0"} if meaning else {"0.0"})


def read_yes_no(value: object) -> bool | None:
    """The meaning of a value that says yes or no; None for any other.

    >>> [read_yes_no(value) for value in (True, 1.0, "WAHR", " Nein", 0, "false", "perhaps", 2, None, [1])]
    [True, True, True, False, False, False, None, None, None, None]
    """
    if not isinstance(value, (str, bool, int, float)):
        return None
    text = normal_text(value)
    return _MEANINGS.get(text.removesuffix(".0") if text in _NUMBERS else _strip_accents(text)) if text else None


def to_plain_yes_no(value: object, format_name: YesNoFormat) -> object:
    """A yes or no as columns of this format hold it; anything else unchanged.

    >>> [to_plain_yes_no(value, "yes/no") for value in (True, "0", "Perhaps")], to_plain_yes_no("ja", "1/0")
    (['yes', 'no', 'Perhaps'], '1')
    >>> to_plain_yes_no("x", "yes/blank"), to_plain_yes_no(False, "yes/blank")
    ('yes', None)
    """
    meaning = read_yes_no(value)
    return value if meaning is None else PLAIN[format_name][0 if meaning else 1]


def detect_yes_no(column: pd.Series) -> YesNoFormat | None:
    """The format of a column whose cells all say yes or no, or yes or nothing; None for any other column.

    One that always says the same, without a blank, has a format too: it may be a few rows of a column that says both.

    >>> columns = (["Yes", "No"], [1, 0], ["x", None], ["NO", "SE", "FI"], ["yes", "no", "perhaps"])
    >>> [detect_yes_no(pd.Series(cells)) for cells in columns]
    ['yes/no', '1/0', 'yes/blank', None, None]
    """
    cells, values = column.dropna(), list[object]()
    for part in (cells.iloc[:_FIRST], cells):
        values = factorize_column(part)[1]
        if len(values) > _MOST_SPELLINGS or None in map(read_yes_no, values):
            return None
    texts, meanings = {normal_text(value) or "" for value in values}, set(map(read_yes_no, values))
    if not meanings or (len(meanings) == 1 and texts & _AMBIGUOUS) or any(_is_code(text, texts) for text in texts):
        return None
    if meanings == {True} and len(cells) < len(column):
        return "1/blank" if texts <= _NUMBERS else "yes/blank"
    return "1/0" if texts <= _NUMBERS else "yes/no"


def _is_code(letter: str, texts: set[str]) -> bool:
    """Whether a text is a letter beside another text of the same meaning that does not begin with it, as S beside Y: a code."""
    if len(letter) > 1 or not letter.isalpha():
        return False
    same = [text for text in texts - {letter} if read_yes_no(text) is read_yes_no(letter)]
    return bool(same) and not any(text.startswith(letter) for text in same)
