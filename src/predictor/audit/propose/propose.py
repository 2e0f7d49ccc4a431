"""Proposed settings for an export: its columns, their roles, and what is missing or wrong."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from predictor.audit.propose.audit_proposal import audit_proposal
from predictor.audit.propose.column_roles import TIMES, choose_roles, read_names
from predictor.audit.propose.profile import ColumnProfile, count_placeholders, profile_columns
from predictor.audit.propose.sample import ExportSample, load_export_sample
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
    """The roles of the columns of an export, with findings; nothing is written.

    Args:
        exports: The leads, a file or a table of a database as URL#TABLE; for a CRM all files, or their folder.
        out: The settings file to write later; paths are relative to its folder.
        events: The events, a file, a folder, a glob or a table; empty: none besides those of the CRM.
        crm: The CRM of the export; None for any other.
        now: The current time, as nothing can be dated later; None: that of the clock.

    Raises:
        TableError: The export cannot be read at all.
    """
    sample = load_export_sample(exports, crm)
    raw, first = sample.leads, sample.files[0]
    _check_shape(raw, first)
    defaults = make_settings()
    words = [*defaults.data.missing_values, *read_names()["texts"]["placeholders"]]
    placeholders = count_placeholders(raw, words)
    data = _propose_data(sample, events, out, defaults, tuple(placeholders))
    settings = make_settings({"data": {name: value for name, (value, _) in data.items()}})
    columns = profile_columns(blank_missing(raw, settings.data.missing_values), settings, times=_list_times(raw))
    roles = choose_roles(columns)
    formats = {
        c.name: (c.format.format, c.format.reason) for c in columns if c.format is not None and c.format.format is not None
    }
    source = (
        f"'{Path(first).name}': {'' if sample.whole else 'the first '}{count(len(raw), 'row')}, {count(len(columns), 'column')}"
    )
    own = (open_events(events, Path()),) if events else ()
    proposal = Proposal(
        source=source, data=data, roles=roles, formats={} if crm else formats, event_columns=_propose_event_columns(own)
    )
    proposal = replace(proposal, label=_propose_label(proposal, columns))
    findings = (
        *_check_gaps(proposal, columns),
        *_check_blank(proposal),
        *_check_undated(proposal, columns),
        *_list_placeholders(placeholders),
        *sample.notes,
    )
    now = pd.Timestamp.now("UTC") if now is None else now
    return audit_proposal(replace(proposal, findings=findings), raw, now, (*sample.events, *own), whole=sample.whole)


def _check_shape(raw: pd.DataFrame, leads: str) -> None:
    repeated = raw.columns.duplicated()
    if repeated.any():
        what = f"Two columns have the same name: {list_names(sorted(set(raw.columns[repeated])))}."
        raise TableError("leads", [Finding("LEAD012", "error", what, do="Rename or remove one of each.")])
    if len(raw.columns) < 2:
        what = f"'{Path(leads).name}' has one column only, {list_names(raw.columns)}."
        raise TableError(
            "leads",
            [
                Finding(
                    "LEAD000",
                    "error",
                    what,
                    do="Export a table: one row per lead, one column per fact, no line above the header.",
                )
            ],
        )


def _propose_data(
    sample: ExportSample, events: str, out: Path, defaults: Settings, placeholders: tuple[str, ...]
) -> dict[str, tuple[Any, str]]:
    leads, *files = sample.files
    data: dict[str, tuple[Any, str]] = {"leads": (_format_place(leads, out), "one row a lead")}
    if sample.crm:
        data["crm"] = (sample.crm, "its column names are known")
    if files:
        data["files"] = ([_format_place(name, out) for name in files], "its other files, recognised by their headers")
    if events:
        data["events"] = (_format_place(events, out), "one row an event")
    if not is_url(leads) and Path(leads).suffix.casefold() in CSV:
        encoding = read_header(Path(leads), "leads").encoding
        if not encoding.startswith("utf-8"):
            data["encoding"] = (encoding, "it is not UTF-8; name another encoding where letters look wrong")
    known = {word.casefold() for word in defaults.data.missing_values}
    words = [word for word in placeholders if word.casefold() not in known]
    if words:
        data["missing_values"] = ([*defaults.data.missing_values, *words], f"found among real values: {list_names(words)}")
    return data


def _format_place(place: str, out: Path) -> str:
    """A file or table as the settings name it: files relative to the folder of the settings."""
    return place if is_url(place) else Path(os.path.relpath(place, out.parent)).as_posix()


def _list_times(raw: pd.DataFrame) -> list[str]:
    """Columns that have the name of a date of the contract and hold digits: dates in any format."""
    names = Names([name for ours in TIMES for name in read_names()["columns"][ours]])
    named = [str(name) for name in raw if str(name) in names]
    return [
        name for name in named if raw[name].dropna().astype("str").str.contains(r"\d.*\d.*\d.*\d.*\d", regex=True).mean() > 0.5
    ]


def _propose_event_columns(events: Sequence[RawEvents]) -> dict[str, str]:
    if not events:
        return {}
    names, taken = events[0].columns, dict[str, str]()
    for ours, usual_names in read_names()["event_columns"].items():
        free = [name for name in names if name not in taken.values()]
        column = next((name for word in (ours, *usual_names) for name in free if name in Names([word])), None)
        if column is not None:
            taken[ours] = column
    return taken


def _propose_label(proposal: Proposal, columns: list[ColumnProfile]) -> dict[str, tuple[Any, str]]:
    """How to read an outcome that is yes or blank."""
    single = next((column.outcome.single for column in columns if column.name == proposal.columns.get("outcome")), "")
    if not single:
        return {}
    return {"outcome_yes": ([single], "its only text"), "outcome_no": ([""], "blank: not accepted")}


def _check_blank(proposal: Proposal) -> tuple[Finding, ...]:
    if not proposal.label:
        return ()
    what = f"Column '{proposal.columns['outcome']}' is yes or blank: blank is read as no, for young leads too."
    do = "Leave out leads that sales has not decided on yet, or map the date of acceptance as sql_at."
    return (Finding("INIT005", "warning", what, do=do),)


def _list_placeholders(placeholders: dict[str, tuple[int, tuple[str, ...]]]) -> tuple[Finding, ...]:
    return tuple(
        Finding("INIT001", "tip", f"'{word}' is read as not known: {count(cells, 'cell')} of {list_names(names, most=4)}.", do="")
        for word, (cells, names) in placeholders.items()
    )


def _check_gaps(proposal: Proposal, columns: list[ColumnProfile]) -> tuple[Finding, ...]:
    """What training needs, or would profit from, and the export does not have."""
    ours, gaps, dates = proposal.columns, [], _describe_dates(proposal, columns)
    if "lead_id" not in ours:
        gaps.append(("error", "No column looks like the key of a lead.", 'Name it in [columns], as lead_id = "Record ID".'))
    if "sql_at" not in ours and "outcome" not in ours:
        what = f"No column looks like an outcome: neither the moment of acceptance (sql_at) nor a yes and no (outcome).{dates}"
        gaps.append(("error", what, 'Name it in [columns], as sql_at = "Became SQL" or outcome = "Converted".'))
    outcome = next((column for column in columns if column.name == ours.get("outcome")), None)
    if outcome is not None and outcome.outcome.others:
        beside = f" besides {outcome.outcome.answers}" if outcome.outcome.answers else ", which are neither yes nor no"
        what = f"Column '{outcome.name}' holds {list_names(outcome.outcome.others)}{beside}."
        gaps.append(
            (
                "error",
                what,
                "Add them to label.outcome_yes, label.outcome_no, or data.missing_values where the outcome is pending.",
            )
        )
    if "mql_at" not in ours and "order_by" not in ours:
        what = f"No column says when a lead came: the test would be on leads drawn at random, which flatters the model.{dates}"
        gaps.append(("warning", what, "Export the date, or name any column that grows with time as order_by."))
    return tuple(Finding("INIT002", severity, what, do=do) for severity, what, do in gaps)  # type: ignore[arg-type]


def _describe_dates(proposal: Proposal, columns: list[ColumnProfile]) -> str:
    """The columns of dates that have no role in the contract, as a sentence; empty where there are none."""
    free = set(proposal.roles) - set(proposal.columns.values())
    dates = [column.name for column in columns if column.name in free and (column.kind == "date" or column.mostly_dates)]
    return f" Columns that hold dates: {list_names(dates)}." if dates else ""


def _check_undated(proposal: Proposal, columns: list[ColumnProfile]) -> tuple[Finding, ...]:
    """Columns that are named as dates and cannot be read as dates; the contract reports those with the role of a date."""
    free = [column for column in columns if column.undated and proposal.roles[column.name].role not in TIMES]
    do = "Write all of its dates as 2026-03-31, or set their format in [forms]; until then they are no dates."
    return tuple(
        Finding(
            "INIT004",
            "warning",
            f"Column '{c.name}' has the name of a date, but {_describe_undated(c)} hold none that can be read.",
            do=do,
        )
        for c in free
    )


def _describe_undated(column: ColumnProfile) -> str:
    return f"{count(column.undated, 'row')} of {column.filled:,}"
