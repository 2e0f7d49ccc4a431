"""A first look at an export: its columns, their meanings, what is missing or wrong, as a proposal of settings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from predictor.audit.propose.check import audit_proposal
from predictor.audit.propose.column_roles import TIMES, guess_meanings, read_names
from predictor.audit.propose.profile import Column, find_placeholders, profile_columns
from predictor.audit.propose.sample import FirstLook, read_first_look
from predictor.audit.propose.settings_file import Proposal
from predictor.core.errors import Finding, TableError, count, list_names
from predictor.core.settings import Settings, make_settings
from predictor.data.crm.export_maps import Export
from predictor.data.crm.field_maps import Names
from predictor.data.events.contract import RawEvents
from predictor.data.parse import blank_missing
from predictor.data.read.csv_header import read_header
from predictor.data.read.database import is_url
from predictor.data.read.event_sources import open_events
from predictor.data.read.table_files import CSV


def propose_settings(
    exports: Sequence[str], *, out: Path, events: str = "", crm: Export | None = None, now: pd.Timestamp | None = None
) -> Proposal:
    """What the columns of an export are taken for, with findings; nothing is written.

    Args:
        exports: The leads, a file or a table of a database as URL#TABLE; of a CRM all files, or their folder.
        out: The settings file that is to be written, from whose folder paths start.
        events: The events, a file, a folder, a glob or a table; empty: none beside the CRM's.
        crm: Whose export it is; None: anybody's.
        now: The moment after which nothing can have happened yet; None: the clock's.

    Raises:
        TableError: The export cannot be read at all.
    """
    look = read_first_look(exports, crm)
    raw, first = look.leads, look.files[0]
    _check_shape(raw, first)
    defaults = make_settings()
    known = [*defaults.data.missing_values, *read_names()["texts"]["placeholders"]]
    placeholders = find_placeholders(raw, known)
    data = _propose_data(look, events, out, defaults, tuple(placeholders))
    settings = make_settings({"data": {name: value for name, (value, _) in data.items()}})
    columns = profile_columns(blank_missing(raw, settings.data.missing_values), settings, times=_list_times(raw))
    meanings = guess_meanings(columns)
    forms = {c.name: (c.form.format, c.form.reason) for c in columns if c.form is not None and c.form.format is not None}
    source = (
        f"'{Path(first).name}': {'' if look.whole else 'the first '}{count(len(raw), 'row')}, {count(len(columns), 'column')}"
    )
    own = (open_events(events, Path()),) if events else ()
    proposal = Proposal(source, data, meanings, {} if crm else forms, _propose_event_columns(own))
    proposal = replace(proposal, label=_propose_label(proposal, columns))
    told = (
        *_tell_gaps(proposal, columns),
        *_tell_blank(proposal),
        *_tell_undated(proposal, columns),
        *_tell_placeholders(placeholders),
        *look.notes,
    )
    now = pd.Timestamp.now("UTC") if now is None else now
    return audit_proposal(replace(proposal, findings=told), raw, now, (*look.events, *own), whole=look.whole)


def _check_shape(raw: pd.DataFrame, leads: str) -> None:
    again = raw.columns.duplicated()
    if again.any():
        what = f"Two columns bear the same name: {list_names(sorted(set(raw.columns[again])))}."
        raise TableError("leads", [Finding("LEAD012", "error", what, "Rename or remove one of each.")])
    if len(raw.columns) < 2:
        what = f"'{Path(leads).name}' has one column only, {list_names(raw.columns)}."
        raise TableError(
            "leads",
            [Finding("LEAD000", "error", what, "Export a table: a row a lead, a column a fact, no line above the header.")],
        )


def _propose_data(
    look: FirstLook, events: str, out: Path, defaults: Settings, placeholders: tuple[str, ...]
) -> dict[str, tuple[Any, str]]:
    leads, *files = look.files
    data: dict[str, tuple[Any, str]] = {"leads": (_place(leads, out), "one row a lead")}
    if look.crm:
        data["crm"] = (look.crm, "whose names of columns are known")
    if files:
        data["files"] = ([_place(name, out) for name in files], "its other files, told apart by their headers")
    if events:
        data["events"] = (_place(events, out), "one row an event")
    if not is_url(leads) and Path(leads).suffix.casefold() in CSV:
        encoding = read_header(Path(leads), "leads").encoding
        if not encoding.startswith("utf-8"):
            data["encoding"] = (encoding, "it is not UTF-8; name another where letters look wrong")
    known = {word.casefold() for word in defaults.data.missing_values}
    words = [word for word in placeholders if word.casefold() not in known]
    if words:
        data["missing_values"] = ([*defaults.data.missing_values, *words], f"beside real values: {list_names(words)}")
    return data


def _place(where: str, out: Path) -> str:
    """A place as the settings name it: files from the folder of the settings."""
    return where if is_url(where) else Path(os.path.relpath(where, out.parent)).as_posix()


def _list_times(raw: pd.DataFrame) -> list[str]:
    """Columns that are called as dates of the contract are, and hold digits: a date in any spelling."""
    names = Names([name for ours in TIMES for name in read_names()["columns"][ours]])
    held = [str(name) for name in raw if str(name) in names]
    return [
        name for name in held if raw[name].dropna().astype("str").str.contains(r"\d.*\d.*\d.*\d.*\d", regex=True).mean() > 0.5
    ]


def _propose_event_columns(events: Sequence[RawEvents]) -> dict[str, str]:
    if not events:
        return {}
    names, taken = events[0].columns, dict[str, str]()
    for ours, called in read_names()["event_columns"].items():
        free = [name for name in names if name not in taken.values()]
        found = next((name for word in (ours, *called) for name in free if name in Names([word])), None)
        if found is not None:
            taken[ours] = found
    return taken


def _propose_label(proposal: Proposal, columns: list[Column]) -> dict[str, tuple[Any, str]]:
    """How an outcome is read that says yes, or nothing."""
    alone = next((column.alone for column in columns if column.name == proposal.columns.get("outcome")), "")
    if not alone:
        return {}
    return {"outcome_yes": ([alone], "the one text that it holds"), "outcome_no": ([""], "blank: not accepted")}


def _tell_blank(proposal: Proposal) -> tuple[Finding, ...]:
    if not proposal.label:
        return ()
    what = f"Column '{proposal.columns['outcome']}' says yes or nothing: blank is taken for no, of young leads too."
    do = "Leave out leads that sales has not decided on yet, or map the date of acceptance as sql_at."
    return (Finding("INIT005", "warning", what, do),)


def _tell_placeholders(placeholders: dict[str, tuple[int, tuple[str, ...]]]) -> tuple[Finding, ...]:
    return tuple(
        Finding("INIT001", "tip", f"'{word}' is taken as not known: {count(held, 'cell')} of {list_names(names, most=4)}.", "")
        for word, (held, names) in placeholders.items()
    )


def _tell_gaps(proposal: Proposal, columns: list[Column]) -> tuple[Finding, ...]:
    """What training needs, or would be better for, and the export does not show."""
    ours, found, dates = proposal.columns, [], _say_dates(proposal, columns)
    if "lead_id" not in ours:
        found.append(("error", "No column looks like the key of a lead.", 'Name it in [columns], as lead_id = "Record ID".'))
    if "sql_at" not in ours and "outcome" not in ours:
        what = f"No column looks like an outcome: neither the moment of acceptance (sql_at) nor a yes and no (outcome).{dates}"
        found.append(("error", what, 'Name it in [columns], as sql_at = "Became SQL" or outcome = "Converted".'))
    outcome = next((column for column in columns if column.name == ours.get("outcome")), None)
    if outcome is not None and outcome.neither:
        beside = f" beside {outcome.says}" if outcome.says else ", which are neither yes nor no"
        what = f"Column '{outcome.name}' holds {list_names(outcome.neither)}{beside}."
        found.append(
            (
                "error",
                what,
                "Add them to label.outcome_yes, label.outcome_no, or data.missing_values where the outcome is pending.",
            )
        )
    if "mql_at" not in ours and "order_by" not in ours:
        what = f"No column says when a lead came: the test would be on leads drawn by lot, and flatter the model.{dates}"
        found.append(("warning", what, "Export the date, or name any column that grows with time as order_by."))
    return tuple(Finding("INIT002", severity, what, do) for severity, what, do in found)  # type: ignore[arg-type]


def _say_dates(proposal: Proposal, columns: list[Column]) -> str:
    """The columns that hold dates and are taken for none of the contract's; empty where there are none."""
    free = set(proposal.meanings) - set(proposal.columns.values())
    dates = [column.name for column in columns if column.name in free and (column.kind == "date" or column.mostly_dates)]
    return f" Columns that hold dates: {list_names(dates)}." if dates else ""


def _tell_undated(proposal: Proposal, columns: list[Column]) -> tuple[Finding, ...]:
    """Columns that are called dates and cannot be read as such; those that are taken for dates, the contract tells of."""
    free = [column for column in columns if column.undated and proposal.meanings[column.name].role not in TIMES]
    do = "Write all of its dates as 2026-03-31, or name how they are spelled in [forms]; until then they are no dates."
    return tuple(
        Finding(
            "INIT004", "warning", f"Column '{c.name}' is called a date, but {_say_undated(c)} hold none that can be read.", do
        )
        for c in free
    )


def _say_undated(column: Column) -> str:
    return f"{count(column.undated, 'row')} of {column.filled:,}"
