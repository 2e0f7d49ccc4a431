"""What training needs, or would profit from, and an export does not have; and what was taken for it instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from predictor.audit.propose.date_columns import TIMES, list_open_dates
from predictor.audit.propose.find_key import check_unfilled_keys
from predictor.audit.propose.find_outcome import (
    ANY,
    CLEAR,
    LAST,
    SURE,
    OutcomeCandidate,
    describe_values,
    list_candidates,
    list_few,
    list_statuses,
    names_outcome,
)
from predictor.audit.propose.names import names_points
from predictor.audit.propose.profile import ColumnProfile
from predictor.audit.propose.refusal_names import is_refusal, list_refusals
from predictor.audit.propose.settings_file import Proposal
from predictor.core.errors import Finding, count, list_names
from predictor.data.table_keys import NUMBERED

_MOST = 5  # candidates that are shown
_MOST_GRADES = 12  # different texts of a score in letters
_REFUSAL = "By its name, column '{}' says yes for leads that were not accepted"
_EXPORT_ACCEPTED = "Export a column that says which leads were accepted"
_NAME_OUTCOME = 'Name it in [columns], as sql_at = "Became SQL" or outcome = "Converted".'


def check_gaps(proposal: Proposal, columns: Sequence[ColumnProfile], *, named: bool) -> tuple[Finding, ...]:
    """Findings about key, outcome and order: what is missing, and what was taken without a clear name.

    Args:
        proposal: The roles of the columns.
        columns: The columns of the export.
        named: Whether the user named the outcome.
    """
    return (
        *_check_key(proposal, columns),
        *_check_outcome(proposal, columns, named=named),
        *_check_order(proposal, columns),
        *_check_blank(proposal),
        *_check_weight(proposal),
        *_check_undated(proposal, columns),
        *_check_points(proposal, columns),
    )


def list_placeholders(placeholders: Mapping[str, tuple[int, tuple[str, ...]]]) -> tuple[Finding, ...]:
    """A tip for each text that is read as not known.

    Args:
        placeholders: Text -> the number of its cells, and their columns.
    """
    return tuple(
        Finding("INIT001", "tip", f"'{word}' is read as not known: {count(cells, 'cell')} of {list_names(names, most=4)}.", do="")
        for word, (cells, names) in placeholders.items()
    )


def _check_key(proposal: Proposal, columns: Sequence[ColumnProfile]) -> tuple[Finding, ...]:
    if "lead_id" in proposal.columns:
        return ()
    what = "No column looks like the key of a lead."
    return (
        Finding("INIT002", "tip", what, do=f"The rows are numbered. {NUMBERED}"),
        *check_unfilled_keys([column for column in columns if column.name not in proposal.columns.values()]),
    )


def _check_outcome(proposal: Proposal, columns: Sequence[ColumnProfile], *, named: bool) -> tuple[Finding, ...]:
    """What was taken as the outcome where the name leaves a doubt, what it holds besides, or what may be the outcome."""
    name = proposal.columns.get("outcome")
    if name is None:
        return _check_assumed(proposal) if "sql_at" in proposal.columns else _check_candidates(proposal, columns)
    column = next(column for column in columns if column.name == name)
    others = column.outcome.others
    inverted = (_describe_inverted(proposal, name),) if is_refusal(column) else ()
    if not others:
        return inverted if named else _check_taken(column, columns, proposal)
    beside = f" besides {column.outcome.answers}" if column.outcome.answers else ", which are neither yes nor no"
    what = f"Column '{name}' holds {list_names(others)}{beside}"
    rivals = [c for c in list_candidates(columns, list(proposal.columns.values())) if c.rank <= LAST]
    also = f" Other columns may be the outcome: {_describe(rivals)}." if rivals else ""
    if "outcome_pending" in proposal.label:
        do = "Move those that mean accepted or refused from label.outcome_pending to label.outcome_yes or label.outcome_no."
        what = f"{what}: such leads are taken as not decided yet, and left out."
        return (*inverted, Finding("INIT009", "warning", what, do=do))
    do = "Add them to label.outcome_yes or label.outcome_no, or to label.outcome_pending where the outcome is pending"
    settle = f"; init --outcome '{name}' does the last." if column.outcome.answers == "yes and no" else "."
    return (Finding("INIT002", "error", f"{what}.{also}", do=f"{do}{settle}"),)


def _check_assumed(proposal: Proposal) -> tuple[Finding, ...]:
    """A warning where the date of acceptance was found by the words of its name."""
    name = proposal.columns["sql_at"]
    if not proposal.roles[name].assumed:
        return ()
    what = f"Column '{name}' is taken as the moment at which sales accepted a lead (sql_at), by the words of its name."
    return (Finding("INIT002", "warning", what, do="If another column is the outcome, name it with init --outcome."),)


def _check_taken(column: ColumnProfile, columns: Sequence[ColumnProfile], proposal: Proposal) -> tuple[Finding, ...]:
    """A warning where the outcome was found by what the column holds or where it stands, and not by a sure name."""
    others = [name for ours, name in proposal.columns.items() if ours != "outcome"]
    candidates = list_candidates(columns, others)
    taken = next((candidate for candidate in candidates if candidate.name == column.name), None)
    if taken is None or taken.rank == SURE or column.outcome.single:
        return ()
    rest = [candidate.name for candidate in candidates if candidate is not taken]
    also = f" Other columns with two values: {list_names(rest, most=_MOST)}." if rest else ""
    what = f"Column '{column.name}' is taken as the outcome: {taken.reason}.{also}"
    return (Finding("INIT002", "warning", what, do="If another column is the outcome, name it with init --outcome."),)


def _describe_inverted(proposal: Proposal, name: str) -> Finding:
    """The warning that yes of the named outcome is read as not accepted."""
    accepted, refused = (list_names(proposal.label[text][0]) for text in ("outcome_yes", "outcome_no"))
    what = f"{_REFUSAL.format(name)}: {refused} is read as not accepted, {accepted} as accepted."
    do = "If yes means accepted, exchange label.outcome_yes and label.outcome_no."
    return Finding("INIT010", "warning", what, do=do)


def _check_candidates(proposal: Proposal, columns: Sequence[ColumnProfile]) -> tuple[Finding, ...]:
    """The errors where no column is clearly the outcome: those that may be it, and those in which yes means not accepted."""
    refusals = list_refusals(columns, list(proposal.columns.values()))
    inverted = tuple(
        Finding("INIT010", "error", f"{_REFUSAL.format(c.name)}, so it is not taken as the outcome by itself.",
                do=_EXPORT_ACCEPTED + ("." if c.outcome.single else f", or read this one inverted: init --outcome '{c.name}'."))
        for c in refusals
    )  # fmt: skip
    taken = list(proposal.columns.values())
    found = (*list_candidates(columns, taken), *list_statuses(columns, taken))
    return (*inverted, *(() if inverted and not found else (_name_candidates(proposal, columns),)))


def _name_candidates(proposal: Proposal, columns: Sequence[ColumnProfile]) -> Finding:
    """The error where no column is clearly the outcome, with those that may be it."""
    taken = list(proposal.columns.values())
    candidates = list_candidates(columns, taken)
    statuses = [c for c in list_statuses(columns, taken) if c.name not in {candidate.name for candidate in candidates}]
    likely = [
        *(c for c in candidates if c.rank <= CLEAR),
        *statuses,
        *(c for c in candidates if CLEAR < c.rank < ANY),
    ] or candidates
    if likely:
        what = f"{count(len(likely), 'column')} may be the outcome: {_describe(likely)}."
        do = f"Name the right one: init --outcome '{likely[0].name}'. Or name it in [columns]."
        return Finding("INIT002", "error", what, do=do)
    what = "No column looks like an outcome: neither the moment of acceptance (sql_at) nor a yes and no (outcome)."
    few, do = list_few(columns, taken), _NAME_OUTCOME
    if few:
        shown = ", ".join(f"'{column.name}' ({describe_values(column.outcome)})" for column in few[:_MOST])
        more = f" and {len(few) - _MOST} more" if len(few) > _MOST else ""
        what = f"{what} Columns of few values: {shown}{more}."
        example = f"'{few[0].name}'" if names_outcome(few[0].name) else "COLUMN"
        do = f"If one of them says what became of a lead, name it: init --outcome {example}. Else export such a column."
    return Finding("INIT002", "error", f"{what}{_describe_dates(proposal, columns)}", do=do)


def _describe(candidates: Sequence[OutcomeCandidate]) -> str:
    shown = [f"'{candidate.name}' ({candidate.reason})" for candidate in candidates[:_MOST]]
    more = f" and {len(candidates) - _MOST} more" if len(candidates) > _MOST else ""
    return ", ".join(shown) + more


def _check_order(proposal: Proposal, columns: Sequence[ColumnProfile]) -> tuple[Finding, ...]:
    ours = proposal.columns
    if "mql_at" not in ours and "order_by" not in ours:
        what = "No column says when a lead came: the test would be on leads drawn at random, which flatters the model."
        do = "Export the date, or name any column that grows with time as order_by."
        return (Finding("INIT002", "warning", f"{what}{_describe_dates(proposal, columns)}", do=do),)
    if "mql_at" in ours and proposal.roles[ours["mql_at"]].assumed:
        what = f"No column says when a lead became an MQL: '{ours['mql_at']}', when it was created, is taken as mql_at. "
        what += "The model then learns from what was known at that moment: later events are not used, nor are later dates."
        do = "If leads are scored later than that, export the date when they became MQLs and map it as mql_at."
        return (Finding("INIT007", "warning", what, do=do), *_check_blank_dates(ours["mql_at"], columns))
    return ()


def _check_blank_dates(name: str, columns: Sequence[ColumnProfile]) -> tuple[Finding, ...]:
    """A warning about the leads without the date of creation that is taken as mql_at: they are left out."""
    column = next(column for column in columns if column.name == name)
    blank = column.rows - column.filled
    if not blank:
        return ()
    what = f"Column '{name}' holds no date in {count(blank, 'row')} of {column.rows:,} (first in row {column.first_blank:,}): "
    what += f"{'that lead is' if blank == 1 else 'those leads are'} left out."
    return (Finding("INIT011", "warning", what, do="Fill in the dates, where they are known."),)


def _describe_dates(proposal: Proposal, columns: Sequence[ColumnProfile]) -> str:
    """The columns of dates that have no role in the contract, as a sentence; empty where there are none."""
    dates = [column.name for column in list_open_dates(columns, proposal.roles)]
    return f" Columns that hold dates: {list_names(dates)}." if dates else ""


def _check_blank(proposal: Proposal) -> tuple[Finding, ...]:
    if "" not in proposal.label.get("outcome_no", ((), ""))[0]:
        return ()
    what = f"Column '{proposal.columns['outcome']}' is yes or blank: blank is read as no, for young leads too."
    do = "Leave out leads that sales has not decided on yet, or map the date of acceptance as sql_at."
    return (Finding("INIT005", "warning", what, do=do),)


def _check_weight(proposal: Proposal) -> tuple[Finding, ...]:
    if not proposal.weight:
        return ()
    what = f"Column '{proposal.weight}' is taken as the number of leads that each row represents (roles.weight), by its name."
    do = "If it is something else, as the weight of a parcel, take it out of roles.weight."
    return (Finding("INIT012", "warning", what, do=do),)


def _check_undated(proposal: Proposal, columns: Sequence[ColumnProfile]) -> tuple[Finding, ...]:
    """Columns that are named as dates and cannot be read as dates; the contract reports those with the role of a date."""
    free = [column for column in columns if column.undated and proposal.roles[column.name].role not in TIMES]
    do = "Write all of its dates as 2026-03-31, or set their format in [forms]; until then they are no dates."
    return tuple(
        Finding("INIT004", "warning", f"Column '{c.name}' has the name of a date, but {_describe_undated(c)}.", do=do)
        for c in free
    )


def _describe_undated(column: ColumnProfile) -> str:
    return f"{count(column.undated, 'row')} of {column.filled:,} hold none that can be read: {column.looks}"


def _check_points(proposal: Proposal, columns: Sequence[ColumnProfile]) -> tuple[Finding, ...]:
    """A tip for each score in letters or words, which cannot be compared as points."""
    letters = [
        column
        for column in columns
        if column.kind == "category" and 1 < column.distinct <= _MOST_GRADES and names_points(column.name)
    ]
    return tuple(
        Finding(
            "INIT014",
            "tip",
            f"Column '{column.name}' has the name of points, but holds {count(column.distinct, 'text')} and no number, so it is "
            "an attribute, and nothing is compared with it.",
            do="For a comparison export its numbers, or write a rule book with a rule for each text (points.rule_book).",
            column=column.name,
        )
        for column in letters
        if proposal.roles[column.name].role == "attribute"
    )
