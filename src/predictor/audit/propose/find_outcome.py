"""The outcome among the columns of an export: columns that a person would take for one, the likeliest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from predictor.audit.propose.names import list_named, read_names, split_words
from predictor.audit.propose.profile import ColumnProfile, YesNo
from predictor.audit.propose.refusal_names import is_refusal
from predictor.core.errors import count, list_names
from predictor.core.wording import format_percent
from predictor.data.crm.field_maps import Names
from predictor.data.denied_columns import deny_category
from predictor.data.yes_no import read_yes_no

_NAME_THEM = "name them in label.outcome_yes and label.outcome_no"
_FEW_TEXTS = 10  # of a column that may be an outcome in words of the firm
_ANSWERED = 0.5  # share of rows that say yes or no below which a column hardly holds the outcome of leads
_MOST_BY_PLACE = 0.7  # share of yes from which a column without the name of an outcome is hardly one: most MQLs are not accepted
SURE, CLEAR, STAGES, LAST, WORDED, ANY = range(6)  # ranks of candidates, the likeliest first


@dataclass(frozen=True)
class OutcomeCandidate:
    """A column that may hold the outcome.

    Attributes:
        column: The column.
        rank: SURE: a usual name, yes and no; CLEAR: a likely name or values that are outcomes; STAGES: outcomes and other
            texts; LAST: yes and no in the last column; WORDED: a usual name, other texts; ANY: yes and no.
        reason: What speaks for it, in words.
    """

    column: ColumnProfile
    rank: int
    reason: str

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name


def list_candidates(columns: Sequence[ColumnProfile], taken: Sequence[str] = ()) -> list[OutcomeCandidate]:
    """The candidates, the likeliest first; among equals in the order of trust of their names, then the last column first.

    Args:
        columns: All columns of the export.
        taken: Columns that have another role.

    >>> sizes = {"rows": 50, "filled": 50, "distinct": 2}
    >>> spouse = ColumnProfile("Is_Spouse", "category", **sizes, outcome=YesNo(0.2, (("Yes",), ("No",))))
    >>> response = ColumnProfile("Response", "number", **sizes, outcome=YesNo(0.24, (("1",), ("0",))))
    >>> [(candidate.name, candidate.reason) for candidate in list_candidates([spouse, response])]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('Response', "the name is like one of an outcome; the last column; it holds '1' and '0' (24 % yes)"),
     ('Is_Spouse', "it holds 'Yes' and 'No' (20 % yes)")]
    """
    free = [column for column in columns if column.name not in taken and _may_be_outcome(column)]
    sure = list(dict.fromkeys(column.name for column in list_named(read_names()["columns"]["outcome"], free)))
    last = next((column.name for column in reversed(columns) if column.filled), "")
    candidates = [_rank_column(column, sure=column.name in sure, last=column.name == last) for column in free]
    place = {column.name: number for number, column in enumerate(columns)}
    trust = {name: number for number, name in enumerate(sure)}
    found = [candidate for candidate in candidates if candidate is not None]
    return sorted(found, key=lambda c: (c.rank, trust.get(c.name, len(sure)), -place[c.name]))


def choose_candidate(candidates: Sequence[OutcomeCandidate], *, by_place: bool = True) -> OutcomeCandidate | None:
    """The one that is clearly the outcome; None where there are several, or none.

    A column with two values that is named like an outcome is clear where no other is; so is the only column that says yes or no,
    and the last column of the table where no name speaks for another.

    Args:
        candidates: The likeliest first.
        by_place: Whether a column may be taken for where it stands, or as the only one that says yes or no.
    """
    if not candidates:
        return None
    best, *others = candidates
    if others and others[0].rank == best.rank:
        return None
    is_placed = by_place and not _is_flag(best.column) and (best.column.outcome.yes or 0) <= _MOST_BY_PLACE
    is_clear = best.rank <= STAGES or ((is_placed or best.rank == WORDED) and all(other.rank == ANY for other in others))
    return best if is_clear else None


def list_statuses(columns: Sequence[ColumnProfile], taken: Sequence[str] = ()) -> list[OutcomeCandidate]:
    """The columns that hold how far a lead came in texts that are not known as yes and no: one of them may be the outcome.

    Args:
        columns: All columns of the export.
        taken: Columns that have another role.

    >>> held = YesNo(0.0, ((), ("Recycled",)), ("MQL", "SAL"), 0.2)
    >>> status = ColumnProfile("Lead Status", "category", rows=50, filled=50, distinct=3, outcome=held)
    >>> [candidate.reason for candidate in list_statuses([status])]
    ["the name is that of a status; it holds 'Recycled', and 'MQL', 'SAL'"]
    """
    words = read_names()["outcome_words"]
    found = []
    for column in columns:
        of_name = set(split_words(column.name))
        is_named = bool(of_name & set(words["stages"])) and not of_name & {*words["unlikely"], *words["never_words"]}
        texts = {text.casefold() for texts in column.outcome.texts for text in texts} - set(words["plain"])
        is_status = bool(texts) or deny_category(column.name) in {"qualification", "outcome"}
        if column.name not in taken and column.kind == "category" and column.outcome.others and is_named and is_status:
            reason = f"the name is that of a status; it holds {describe_values(column.outcome)}"
            found.append(OutcomeCandidate(column, WORDED, reason))
    return found


def list_few(columns: Sequence[ColumnProfile], taken: Sequence[str] = ()) -> list[ColumnProfile]:
    """Columns of few texts or codes, any of which may say what became of a lead in words of the firm; the likeliest first.

    Args:
        columns: All columns of the export.
        taken: Columns that have another role.

    >>> sizes = {"rows": 50, "filled": 50, "distinct": 2}
    >>> plan = ColumnProfile("Plan", "category", **sizes, outcome=YesNo(None, others=("A", "B")))
    >>> status = ColumnProfile("status_code", "number", **sizes, whole=True, outcome=YesNo(None, others=("3", "4")))
    >>> [column.name for column in list_few([plan, status])], list_few([plan], ["Plan"])
    (['status_code', 'Plan'], [])
    """
    free = [c for c in columns if c.name not in taken and 2 <= c.distinct <= _FEW_TEXTS and 2 * c.filled > c.rows]
    usual = [c for c in free if deny_category(c.name) not in {"personal", "export_time", "connector", "sales"}]
    few = [c for c in usual if c.kind == "category" or (c.whole and names_outcome(c.name))]
    return sorted(few, key=lambda column: (not names_outcome(column.name), column.distinct))


def names_outcome(name: str) -> bool:
    """Whether a name is one of a status or an outcome.

    >>> names_outcome("status_code"), names_outcome("Job Level")
    (True, False)
    """
    words = read_names()["outcome_words"]
    of_name = set(split_words(name))
    return bool(of_name & {*words["stages"], *words["likely"]}) and not of_name & {*words["unlikely"], *words["never_words"]}


def describe_outcome(outcome: YesNo) -> str:
    """The values of an outcome, in words.

    >>> describe_outcome(YesNo(0.3, others=("open",)))
    'yes and no (30 % yes), but also 1 other value: name them in label.outcome_yes and label.outcome_no'
    """
    others = len(outcome.others)
    if not outcome.answers:
        return f"{count(others, 'value')} that are neither yes nor no: {_NAME_THEM}"
    share = f" ({format_percent(outcome.yes)} yes)" if outcome.yes is not None and 0 < outcome.yes < 1 else ""
    return f"{outcome.answers}{share}" + (f", but also {count(others, 'other value')}: {_NAME_THEM}" if others else "")


def describe_values(outcome: YesNo) -> str:
    """What a column holds, as spelled.

    >>> describe_values(YesNo(0.62, (("Closed Won",), ("Closed Lost",)), ("Demo",)))
    "'Closed Won' and 'Closed Lost' (62 % yes), and 'Demo'"
    >>> describe_values(YesNo(None, single="x"))
    "'x' or nothing"
    """
    if outcome.single:
        return f"'{outcome.single}' or nothing"
    answers = [list_names(texts, most=2) for texts in outcome.texts if texts]
    share = f" ({format_percent(outcome.yes)} yes)" if len(answers) == 2 else ""
    others = [list_names(outcome.others, most=4)] if outcome.others else []
    return ", and ".join([f"{' and '.join(answers)}{share}"] * bool(answers) + others)


def _is_flag(column: ColumnProfile) -> bool:
    """Whether its name says how a system handled a record, or how a lead may be reached."""
    return bool(set(split_words(column.name)) & set(read_names()["outcome_words"]["flags"]))


def _may_be_outcome(column: ColumnProfile) -> bool:
    """Whether it has few values, and its name does not say that it is something else, or the contrary of the outcome."""
    names = read_names()
    has_answers = column.outcome.yes is not None or bool(column.outcome.single)
    if not has_answers or column.kind == "date" or column.shape.emails or is_refusal(column):
        return False
    words = names["outcome_words"]
    is_other = column.name in Names([*words["never"], *names["roles"]["protected"]])
    is_other |= bool(set(split_words(column.name)) & set(words["never_words"]))
    return not is_other and deny_category(column.name) not in {"personal", "export_time"}


def _rank_column(column: ColumnProfile, *, sure: bool, last: bool) -> OutcomeCandidate | None:
    """The candidate that a column is; None where nothing speaks for it."""
    outcome, (yes, no) = column.outcome, column.outcome.texts
    words = {kind: set(known) for kind, known in read_names()["outcome_words"].items()}
    of_name = set(split_words(column.name))
    is_likely = bool(of_name & words["likely"]) and not of_name & words["unlikely"]
    is_worded = bool(yes or no) and not {text.casefold() for text in (*yes, *no)} & words["plain"]
    has_both = bool(yes and no)
    ranks = (
        (sure and has_both and not outcome.others, SURE),
        (has_both and not outcome.others and (is_worded or is_likely), CLEAR),
        (has_both and outcome.answers_share >= _ANSWERED and (sure or is_worded), STAGES),
        (has_both and not outcome.others and last and not _is_flag(column), LAST),
        (sure or (is_worded and column.distinct == 2), WORDED),  # one of two texts is known: the other is the contrary
        (is_likely and read_yes_no(outcome.single) is True, WORDED),  # a mark, or nothing
        (has_both and not outcome.others, ANY),
    )
    rank = next((rank for holds, rank in ranks if holds), None)
    if rank is None:
        return None
    name = "the name says so" if sure else "the name is like one of an outcome" if is_likely else ""
    place = "the last column" if last else ""
    reasons = [text for text in (name, place, f"it holds {describe_values(outcome)}") if text]
    return OutcomeCandidate(column, rank, "; ".join(reasons))
