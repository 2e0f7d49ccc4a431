"""Columns in which yes means that a lead was not accepted, as Disqualified, Lost or Not accepted; by the words of names.toml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from predictor.audit.propose.names import read_names, split_words
from predictor.audit.propose.profile import ColumnProfile

_MOST_WORDS = 4  # of a text that says yes by its first word
_VAGUE = {"interested", "geeignet"}  # at the beginning of a text they say yes to a call, not to a lead


def list_refusals(columns: Sequence[ColumnProfile], taken: Sequence[str] = ()) -> list[ColumnProfile]:
    """The columns in which yes means not accepted.

    Args:
        columns: All columns of the export.
        taken: Columns that have another role.
    """
    return [column for column in columns if column.name not in taken and is_refusal(column)]


def is_refusal(column: ColumnProfile) -> bool:
    """Whether it says yes for leads that were not accepted; values such as 'Lost' and 'Won' speak for themselves.

    >>> from predictor.audit.propose.profile import YesNo
    >>> plain, worded = YesNo(0.6, (("Yes",), ("No",))), YesNo(0.6, (("Won",), ("Lost",)))
    >>> [is_refusal(ColumnProfile("Lost", "category", rows=9, filled=9, distinct=2, outcome=held)) for held in (plain, worded)]
    [True, False]
    """
    words, outcome = read_names()["outcome_words"], column.outcome
    values = {text.casefold() for texts in outcome.texts for text in texts}
    is_marked = len(outcome.single) == 1 or outcome.single.casefold() in words["plain"]  # as x or yes, and blank elsewhere
    is_plain = is_marked or (all(outcome.texts) and values <= set(words["plain"]))
    return is_plain and is_refusal_name(column.name) and not set(split_words(column.name)) & set(words["unlikely"])


def is_refusal_name(name: str) -> bool:
    """Whether a name is one of leads that were not accepted.

    >>> [is_refusal_name(name) for name in ("Rejected by sales", "Is not yet qualified", "Abgelehnt", "isClosedLost")]
    [True, True, True, True]
    >>> [is_refusal_name(name) for name in ("Accepted", "Won/Lost", "Not rejected", "Lead No", "Deadline")]
    [False, False, False, False, False]
    """
    known = read_names()["refusal_words"]
    words = [word for word in split_words(name) if word not in known["joining"]]
    for place, word in enumerate(words):
        negated = bool(set(words[max(0, place - 2) : place]) & set(known["negations"]))
        if _is_among(word, known["refused"]):
            return not negated and not (place and _is_among(words[place - 1], known["accepted"]))
        if negated and _is_among(word, known["accepted"]):
            return True
    return any(f" {phrase} " in f" {' '.join(words)} " for phrase in known["phrases"])


def read_answers(column: ColumnProfile, cells: pd.Series) -> ColumnProfile:
    """The column, with texts that say no or yes by their words among its answers, as 'Non qualificato' beside 'Qualificato'.

    A text is read so only where another one of the column says the contrary.

    Args:
        column: A column of the export.
        cells: Its cells.

    >>> from predictor.audit.propose.profile import YesNo
    >>> texts = ["Zakwalifikowany", "Niezakwalifikowany", "Nowy", "Niezakwalifikowany"]
    >>> held = YesNo(None, others=("Niezakwalifikowany", "Nowy", "Zakwalifikowany"))
    >>> status = ColumnProfile("Status", "category", rows=4, filled=4, distinct=3, outcome=held)
    >>> read = read_answers(status, pd.Series(texts)).outcome
    >>> read.texts, read.others, round(read.yes, 2), read.answers_share
    ((('Zakwalifikowany',), ('Niezakwalifikowany',)), ('Nowy',), 0.33, 0.75)
    """
    (yes, no), others = column.outcome.texts, column.outcome.others
    if not others or column.kind != "category":
        return column
    stems = read_names()["refusal_words"]["accepted"]
    refusing = tuple(text for text in others if is_refusal_name(text))
    accepting = tuple(
        text for text in others
        if not yes and text not in refusing and _begins_accepted(split_words(text), stems)
    )  # fmt: skip
    accepted, refused = (*yes, *accepting), (*no, *refusing)
    if not (accepted and refused) or not (accepting or refusing):
        return column
    counts = cells.astype("str").value_counts()
    n_accepted, n_refused = (int(counts.reindex(texts).fillna(0).sum()) for texts in (accepted, refused))
    rest = tuple(text for text in others if text not in {*accepting, *refusing})
    answers = n_accepted + n_refused
    outcome = replace(
        column.outcome, yes=n_accepted / answers, texts=(accepted, refused), others=rest, answers_share=answers / len(cells)
    )
    return replace(column, outcome=outcome)


def _begins_accepted(words: Sequence[str], stems: Sequence[str]) -> bool:
    """Whether a text says yes by its only word, or by its first, as 'Accepted by AE', and is not about marketing."""
    is_alone = len(words) == 1 or (
        1 < len(words) <= _MOST_WORDS and words[0] not in _VAGUE and not {"mql", "marketing"} & set(words)
    )
    return is_alone and _is_among(words[0], stems)


def _is_among(word: str, stems: Sequence[str]) -> bool:
    """Whether a word is one of these; one that ends in * stands for all words that begin so."""
    short = word.removeprefix("is")
    return any(short.startswith(stem[:-1]) if stem.endswith("*") else short == stem for stem in stems)
