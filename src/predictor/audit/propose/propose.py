"""Proposed settings for an export: its columns, their roles, and what is missing or wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from predictor.audit.propose.audit_proposal import audit_proposal
from predictor.audit.propose.column_role import ColumnRole
from predictor.audit.propose.column_roles import choose_roles
from predictor.audit.propose.date_columns import TIMES, holds_dates
from predictor.audit.propose.find_outcome import describe_values
from predictor.audit.propose.gaps import check_gaps, list_placeholders
from predictor.audit.propose.names import read_names
from predictor.audit.propose.profile import ColumnProfile, count_placeholders, profile_columns
from predictor.audit.propose.refusal_names import is_refusal, is_refusal_name, read_answers
from predictor.audit.propose.sample import ExportSample, NoCrm, load_export_sample
from predictor.audit.propose.settings_file import Proposal
from predictor.core.cell_formats import YES_NO_FORMATS, Export
from predictor.core.errors import Finding, SettingsError, TableError, count, list_names, name_nearest
from predictor.core.settings import Settings, make_settings
from predictor.data.crm.field_maps import Names
from predictor.data.crm.warehouse import find_prefix, remove_prefix
from predictor.data.missing import MissingValues, blank_missing, read_missing
from predictor.data.read.csv_header import DELIMITERS, read_header
from predictor.data.read.file_kinds import detect_kind, is_url, split_sheet

if TYPE_CHECKING:
    from predictor.data.events.contract import RawEvents

_LOOKED_AT = 20  # cells of a column in which words are looked for
_ENCODINGS = {
    "cp1252": "Windows-1252 (Western European)", "cp1251": "Windows-1251 (Cyrillic)", "koi8-r": "KOI8-R (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
}  # fmt: skip
_ODD_WORD = re.compile("[À-ÖØ-öø-ÿ]{3}|[a-z][ÈØÌÒÙ]")  # as Äàòà, which is Cyrillic in Windows-1251
_MOST_UNDATED, _OFTEN = 3, 0.1  # texts of a column of dates that stand for no date; share of rows that each has at least
_DATED = r"\d{1,4}[-/. ]\w{1,9}[-/. ]\d{2,4}"
_DAY_0 = "1970-01-01"  # of computers, which write it for 'no date'


def propose_settings(  # noqa: PLR0913  each is a thing that a user may say
    exports: Sequence[str],
    *,
    out: Path,
    events: str = "",
    outcome: str = "",
    crm: Export | NoCrm | None = None,
    encoding: str = "auto",
    now: pd.Timestamp | None = None,
) -> Proposal:
    """The roles of the columns of an export, with findings; nothing is written.

    Args:
        exports: The leads, a file or a table of a database as URL#TABLE, and files that share a column with them; for a CRM all
            files, or their folder.
        out: The settings file to write later; paths are relative to its folder.
        events: The events, a file, a folder, a glob or a table; empty: none besides those of the CRM.
        outcome: The column that says what became of a lead: yes and no, or the date of acceptance; empty: it is found.
        crm: The CRM of the export; None: found by its columns, where they are clear.
        encoding: Of CSV files; auto: found by their bytes.
        now: The current time, as nothing can be dated later; None: that of the clock.

    Raises:
        SettingsError: The outcome is no column of the export, or holds neither dates nor yes and no; the encoding is none.
        TableError: The export cannot be read at all.
    """
    sample = load_export_sample(exports, crm, encoding)
    raw, first = sample.leads, sample.files[0]
    _check_shape(raw, first)
    defaults = make_settings()
    missing = read_missing(defaults.data.missing_values)
    placeholders = count_placeholders(raw, [*(missing.words - missing.days), *read_names()["texts"]["placeholders"]])
    placeholders |= _count_undated(raw, outcome, missing)
    data = _propose_data(sample, events, out) | ({"encoding": (encoding, "as named")} if encoding != "auto" else {})
    data |= _propose_missing(placeholders, defaults)
    columns = _profile(raw, data, outcome)
    if any(column.starts for column in columns):
        data |= _propose_missing([*placeholders, _DAY_0], defaults)
        columns = _profile(raw, data, outcome)
    _check_named_outcome(outcome, columns)
    roles = _name_sources(choose_roles(columns, outcome, events=bool(events or sample.events)), sample)
    if not any(role.role == "lead_id" for role in roles.values()):
        data["number_rows"] = (True, "no column is the key of a lead")
    formats = {
        c.name: (c.format.format, c.format.reason)
        for c in columns
        if c.format is not None and c.format.format is not None and c.format.format not in YES_NO_FORMATS
    }
    source = (
        f"'{Path(first).name}': {'' if sample.whole else 'the first '}{count(len(raw), 'row')}, {count(len(columns), 'column')}"
    )
    own = _open_events(events, encoding)
    proposal = Proposal(
        source=source,
        data=data,
        roles=roles,
        formats={} if sample.crm else formats,
        event_columns=_propose_event_columns(own, roles),
    )
    proposal = replace(proposal, label=_propose_label(proposal, columns, named=bool(outcome)))
    encoding_notes = _check_encoding(raw, first, data) if encoding == "auto" else ()
    findings = (
        *encoding_notes,
        *check_gaps(proposal, columns, named=bool(outcome)),
        *list_placeholders(placeholders),
        *sample.notes,
    )
    now = pd.Timestamp.now("UTC") if now is None else now
    return audit_proposal(replace(proposal, findings=findings), raw, now, (*sample.events, *own), whole=sample.whole)


def _name_sources(roles: Mapping[str, ColumnRole], sample: ExportSample) -> dict[str, ColumnRole]:
    """The roles, with the CRM's own columns as the reason for our names; left out is what else says what became of a lead."""
    named = {name: replace(role, why=sample.sources.get(name, role.why)) for name, role in roles.items()}
    if not {role.role for role in roles.values()} & {"sql_at", "outcome"}:
        return named
    unused = [name for name in sample.kept if named[name].role == "attribute"]
    return named | dict.fromkeys(unused, ColumnRole("ignore", "state at export: when the lead came, or what became of it"))


def _check_shape(raw: pd.DataFrame, leads: str) -> None:
    if len(raw.columns) < 2:
        what = f"'{Path(leads).name}' has one column only, {list_names(raw.columns)}."
        do = "Export a table: one row per lead, one column per fact, with a comma, semicolon, tab or bar between two cells."
        if any(sign in str(raw.columns[0]) for sign in DELIMITERS):
            do = "Each line stands in quotes as a whole: export the table again, or remove these quotes."
        raise TableError("leads", [Finding("LEAD000", "error", what, do=do)])
    if raw.empty:
        what, do = f"'{Path(leads).name}' has names of columns, but no lead below them.", "Export the leads, accepted or not."
        raise TableError("leads", [Finding("LEAD002", "error", what, do=do)])


def _check_named_outcome(outcome: str, columns: Sequence[ColumnProfile]) -> None:
    """Refuse a named outcome that is no column, or that cannot be one."""
    names = [column.name for column in columns]
    if not outcome:
        return
    if outcome not in names:
        hint = name_nearest(outcome, names) or f" It has {list_names(names)}."
        raise SettingsError(f"--outcome names '{outcome}', which is no column of the export.{hint}")
    column = columns[names.index(outcome)]
    if not (holds_dates(column) or column.outcome.yes is not None or column.outcome.single):
        what = f"--outcome names '{outcome}', which holds neither dates nor yes and no ({column.describe()})."
        raise SettingsError(f"{what} Name the column that says which leads were accepted, or when.")
    if is_refusal_name(outcome) and (holds_dates(column) or column.outcome.single):
        holds = "dates" if holds_dates(column) else f"only '{column.outcome.single}' or nothing"
        what = f"--outcome names '{outcome}', which by its name says which leads were not accepted, and holds {holds}."
        raise SettingsError(f"{what} Export a column that says which leads were accepted, or when.")


def _profile(raw: pd.DataFrame, data: Mapping[str, tuple[Any, str]], outcome: str) -> list[ColumnProfile]:
    """The columns of the export, read with the proposed section data."""
    settings = make_settings({"data": {name: value for name, (value, _) in data.items()}})
    cells = blank_missing(raw, settings.data.missing_values)
    columns = profile_columns(cells, settings, times=_list_times(raw, outcome))
    return [read_answers(column, cells[column.name]) for column in columns]


def _propose_data(sample: ExportSample, events: str, out: Path) -> dict[str, tuple[Any, str]]:
    leads, *files = sample.files
    data: dict[str, tuple[Any, str]] = {"leads": (_format_place(leads, out), "one row a lead")}
    if sample.crm:
        data["crm"] = (sample.crm, "its column names are known")
    if files:
        how = (
            "its other files, recognised by their headers" if sample.crm else "joined to the leads by the column that they share"
        )
        data["files"] = ([_format_place(name, out) for name in files], how)
    if sample.prefix:
        data["prefix"] = (sample.prefix, "shared by the names of the columns, and left off")
    if events:
        data["events"] = (_format_place(events, out), "one row an event")
    if sample.encoding == "auto" and not is_url(leads) and detect_kind(split_sheet(Path(leads))[0], "leads") == "csv":
        encoding = read_header(Path(leads), "leads").encoding
        if not encoding.startswith("utf-8"):
            data["encoding"] = (encoding, "it is not UTF-8; name another encoding where letters look wrong")
    return data


def _check_encoding(raw: pd.DataFrame, leads: str, data: Mapping[str, tuple[Any, str]]) -> tuple[Finding, ...]:
    """What a file that is not UTF-8 was read as, with words to look at; a warning where hardly any language has such words."""
    encoding = data.get("encoding", ("",))[0]
    if encoding not in _ENCODINGS:
        return ()
    texts = [*map(str, raw), *(str(cell) for name in raw for cell in raw[name].dropna().head(_LOOKED_AT))]
    words = list(dict.fromkeys(word for text in texts for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()))
    odd = [word for word in words if _ODD_WORD.search(word)] if encoding == "cp1252" else []
    shown = list_names((odd or words)[:3])
    what = f"'{Path(leads).name}' is not UTF-8, and is read as {_ENCODINGS[encoding]}{f', as in {shown}' if shown else ''}."
    do = "If letters look wrong, name its encoding: init --encoding cp1250 (Central European), cp1251 (Cyrillic), or another."
    return (Finding("INIT013", "warning" if odd else "tip", what, do=do),)


def _propose_missing(placeholders: Iterable[str], defaults: Settings) -> dict[str, tuple[Any, str]]:
    """The texts that mean 'not known', where the export has others than the defaults."""
    known = read_missing(defaults.data.missing_values)
    words = [word for word in placeholders if word not in known]
    found = f"found among real values: {list_names(words)}"
    return {"missing_values": ([*defaults.data.missing_values, *words], found)} if words else {}


def _format_place(place: str, out: Path) -> str:
    """A file or table as the settings name it: files relative to the folder of the settings."""
    return place if is_url(place) else Path(os.path.relpath(place, out.parent)).as_posix()


def _count_undated(raw: pd.DataFrame, outcome: str, missing: MissingValues) -> dict[str, tuple[int, tuple[str, ...]]]:
    """A text that stands for 'no date' in a column named as that of an outcome -> its number of cells, and that column.

    As 'Not accepted' where others have the date of acceptance; not where few rows or another column hold the text too.

    >>> raw = pd.DataFrame({"SQL Date": ["2026-01-31", "Not accepted", "Not accepted"], "City": ["Rome", "Bonn", "Rome"]})
    >>> _count_undated(raw, "", read_missing(()))
    {'Not accepted': (2, ('SQL Date',))}
    """
    names = Names([name for ours in TIMES if ours != "mql_at" for name in read_names()["columns"][ours]])
    found = dict[str, tuple[int, tuple[str, ...]]]()
    for name in (str(name) for name in raw if (str(name) in names or name == outcome) and raw[name].dtype == "str"):
        counts = raw[name].str.strip().value_counts()
        frequent = counts.index[counts >= _OFTEN * len(raw)]
        plain = [str(text) for text in frequent if not re.search(r"\d", str(text)) and str(text) not in missing]
        if not 0 < len(plain) <= _MOST_UNDATED or not counts.index.str.contains(_DATED).any():
            continue
        others: pd.DataFrame = raw.drop(columns=name).select_dtypes("str")
        unique = [text for text in plain if not others.isin([text]).to_numpy().any()]
        found |= {text: (int(counts[text]), (name,)) for text in unique}
    return found


def _list_times(raw: pd.DataFrame, outcome: str) -> list[str]:
    """Columns that have the name of a date of the contract, or are named as the outcome, and hold digits: dates in any format."""
    names = Names([name for ours in TIMES for name in read_names()["columns"][ours]])
    named = [str(name) for name in raw if str(name) in names or name == outcome]
    return [name for name in named if raw[name].dropna().astype("str").str.contains(r"\d.*\d.*\d", regex=True).mean() > 0.5]


def _open_events(where: str, encoding: str) -> tuple[RawEvents, ...]:
    if not where:
        return ()
    from predictor.data.read.event_sources import open_events  # noqa: PLC0415  leads without events need no history backend

    return (open_events(where, Path(), encoding=encoding),)


def _propose_event_columns(events: Sequence[RawEvents], roles: Mapping[str, ColumnRole]) -> dict[str, str]:
    """Our name -> theirs: the key of the leads under the name that it has there, the rest by usual names."""
    if not events:
        return {}
    key = [name for name, role in roles.items() if role.role == "lead_id"]
    names, taken = events[0].columns, dict[str, str]()
    short = dict(zip(names, remove_prefix(names, find_prefix(names, known=_is_event_name)), strict=True))
    for ours, usual_names in read_names()["event_columns"].items():
        free = [name for name in names if name not in taken.values()]
        known = (ours, *(key if ours == "lead_id" else ()), *usual_names)
        column = next((name for word in known for name in free if short[name] in Names([word])), None)
        if column is not None:
            taken[ours] = column
    return taken


def _is_event_name(name: str) -> bool:
    return any(name in Names([ours, *usual]) for ours, usual in read_names()["event_columns"].items())


def _propose_label(proposal: Proposal, columns: list[ColumnProfile], *, named: bool) -> dict[str, tuple[Any, str]]:
    """How to read an outcome that is yes or blank, or, where the user named it, one with texts that are neither yes nor no."""
    column = next((column for column in columns if column.name == proposal.columns.get("outcome")), None)
    if column is None:
        return {}
    if is_refusal(column):
        accepted, refused = reversed(column.outcome.texts)
        pending = {"outcome_pending": (list(column.outcome.others), "neither yes nor no")} if column.outcome.others else {}
        why = "by the name of the column, yes means not accepted; check it"
        return {"outcome_yes": (list(accepted), why), "outcome_no": (list(refused), why), **pending}
    if column.outcome.single:
        return {"outcome_yes": ([column.outcome.single], "its only text"), "outcome_no": ([""], "blank: not accepted")}
    label: dict[str, tuple[Any, str]] = {}
    if named and all(column.outcome.texts) and column.outcome.others:
        label["outcome_pending"] = (list(column.outcome.others), f"neither yes nor no; {describe_values(column.outcome)}")
    known = make_settings().label
    for name, texts, words in zip(
        ("outcome_yes", "outcome_no"), column.outcome.texts, (known.outcome_yes, known.outcome_no), strict=True
    ):
        if {text.casefold() for text in texts} - set(words):
            label[name] = (list(texts), f"by their words: {list_names(texts)}")
    return label
