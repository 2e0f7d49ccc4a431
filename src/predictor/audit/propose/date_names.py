"""Names of dates by their words, in the languages of exports: when a lead was created, last changed, or accepted."""

from __future__ import annotations

import unicodedata

from predictor.audit.propose.names import read_names, split_words
from predictor.audit.propose.refusal_names import is_refusal_name

_WITHIN = 6  # letters from which a stem is found within a word, as in Leadkonvertierung


def is_creation_name(name: str) -> bool:
    """Whether a date with this name says when a lead came.

    >>> [is_creation_name(name) for name in ("Erstellungszeit", "Creado en", "lead_created_utc", "Date d'inscription")]
    [True, True, True, True]
    >>> [is_creation_name(name) for name in ("Last task created", "Company created", "Umwandlungszeitpunkt")]
    [False, False, False]
    """
    return _has_word(name, "created") and not (_has_word(name, "changed") or _has_word(name, "others"))


def is_change_name(name: str) -> bool:
    """Whether a date with this name says when something last happened, which is as of the export.

    >>> [is_change_name(name) for name in ("Änderungszeit", "Última modificación el", "Last Contact", "Creado en")]
    [True, True, True, False]
    """
    return _has_word(name, "changed")


def is_acceptance_name(name: str) -> bool:
    """Whether a date with this name says when a lead was accepted.

    >>> [is_acceptance_name(name) for name in ("Umwandlungszeitpunkt", "Fecha de conversión", "Data qualificazione")]
    [True, True, True]
    >>> [is_acceptance_name(name) for name in ("First conversion date", "Terms accepted at", "Disqualified on", "MQL qualified")]
    [False, False, False, False]
    """
    is_other = _has_word(name, "changed") or _has_word(name, "others") or _has_word(name, "no_acceptance")
    return _has_word(name, "accepted") and not is_other and not is_refusal_name(name)


def _has_word(name: str, part: str) -> bool:
    """Whether a name has one of these words; a star stands for words that begin so, or hold it where it is long."""
    words = [_simplify(word) for word in split_words(name)]
    known = [_simplify(word) for word in read_names()["date_words"][part]]
    stems = [word[:-1] for word in known if word.endswith("*")]
    is_begun = any(word.startswith(stem) or (len(stem) >= _WITHIN and stem in word) for word in words for stem in stems)
    return is_begun or not set(words).isdisjoint(known)


def _simplify(word: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))
