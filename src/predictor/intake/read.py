"""Files as they are: CSV cells stay texts, Parquet columns keep their types, and what cannot be read says why."""

from __future__ import annotations

import csv
import os
import warnings
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from predictor.config import Settings
from predictor.errors import Finding, TableError, list_names
from predictor.events import check_events
from predictor.tables import Leads, check_leads

_SNIFFED = 1 << 16


def read_table(path: Path, table: str) -> pd.DataFrame:
    """The rows of a CSV (comma, semicolon, tab or bar; UTF-8) or Parquet file.

    Args:
        path: The file; its ending tells the format.
        table: What the file should hold, for messages.

    Raises:
        TableError: The file is missing, empty, of another format, or broken somewhere.
    """
    if not path.is_file():
        what = f"There is no file '{path.name}' in '{path.parent}'."
        raise _refuse(table, what, "Mend the path; it starts at the settings file.")
    if path.suffix.casefold() in {".parquet", ".pq"}:
        return _read_parquet(path, table)
    if path.suffix.casefold() in {".csv", ".tsv", ".txt"}:
        return _read_csv(path, table)
    raise _refuse(table, f"'{path.name}' is of a kind that is not read.", "Save it as CSV (UTF-8) or Parquet.")


def _read_parquet(path: Path, table: str) -> pd.DataFrame:
    try:
        twice = _find_repeated(pq.read_schema(path).names)
        frame = None if twice else pd.read_parquet(path)
    except (OSError, ValueError, NotImplementedError) as error:
        why = str(error).strip().rstrip(".")
        raise _refuse(table, f"'{path.name}' is no readable Parquet file: {why}.", "Export it again.") from error
    if frame is None:
        what = f"Two columns of '{path.name}' bear the same name: {list_names(twice)}."
        raise _refuse(table, what, "Rename or remove one of each.")
    kept = [name for name in frame.index.names if name is not None]  # pandas keeps a key there
    whole = (frame.reset_index(level=kept) if kept else frame).reset_index(drop=True)
    return whole.rename(columns=lambda name: str(name).strip())


def _find_repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _read_csv(path: Path, table: str) -> pd.DataFrame:
    try:
        delimiter = _find_delimiter(path)
        with path.open(encoding="utf-8-sig", newline="") as lines:
            names = next(filter(None, csv.reader(lines, delimiter=delimiter)), [])
        frame = _parse_csv(path, delimiter)
    except UnicodeDecodeError as error:
        raise _refuse(table, f"'{path.name}' is not UTF-8 ({_find_undecodable(path)}).", "Save it as CSV UTF-8.") from error
    except pd.errors.EmptyDataError as error:
        raise _refuse(table, f"'{path.name}' is empty.", "Export it again.") from error
    except pd.errors.ParserWarning as error:
        what = f"The rows of '{path.name}' have more cells than its header has names ({len(names)})."
        raise _refuse(table, what, "Export it again, or name every column.") from error
    except (pd.errors.ParserError, csv.Error) as error:
        why = str(error).strip().rstrip(".")
        raise _refuse(table, f"'{path.name}' is broken: {why}.", "Export it again, or mend that line.") from error
    except OSError as error:
        what = f"'{path.name}' cannot be read: {error.strerror or error}."
        raise _refuse(table, what, "Mend the file or its permissions.") from error
    if len(frame.columns) == len(names):
        frame.columns = pd.Index([name.strip() for name in names])
    return frame


def _parse_csv(path: Path, delimiter: str) -> pd.DataFrame:
    """Every cell as text; rows that are longer than the header are refused, since pandas would shift them under other names."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            path, sep=delimiter, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig", index_col=False
        )


def _find_undecodable(path: Path) -> str:
    """The place of the first byte that is not UTF-8."""
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f"line {line:,}, byte {error.start + 1:,}"
    return "it changed while it was read"


def _find_delimiter(path: Path) -> str:
    """The delimiter that the header line, the first that is not blank, holds most of."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        header = next((line for line in iter(lambda: lines.readline(_SNIFFED), "") if line.strip()), "")
    return max(",;\t|", key=header.count)


def _refuse(table: str, what: str, do: str) -> TableError:
    return TableError(table, [Finding("LEAD000" if table == "leads" else "EVENT000", "error", what, do)])


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV or Parquet, by the ending; whole, or the file is as it was.

    Raises:
        TableError: The ending is of another kind, or the disk refuses.
    """
    writing = path.with_name(f".writing-{os.getpid()}-{path.name}")
    try:
        if path.suffix.casefold() in {".parquet", ".pq"}:
            frame.to_parquet(writing, index=False)
        elif path.suffix.casefold() == ".csv":
            frame.to_csv(writing, index=False)
        else:
            what = f"'{path.name}' is of a kind that is not written."
            raise _refuse("leads", what, "Name a file that ends in .csv or .parquet.")
        writing.replace(path)
    except OSError as error:
        what = f"'{path}' could not be written: {error.strerror or error}."
        raise _refuse("leads", what, "Make room, or name another place.") from error
    finally:
        writing.unlink(missing_ok=True)


def load_tables(settings: Settings, now: pd.Timestamp) -> tuple[Leads, pd.DataFrame | None, tuple[Finding, ...]]:
    """The leads and events that the settings name, under the contract; None for no events; findings of both.

    Args:
        settings: A firm's settings.
        now: The moment after which nothing can have happened yet.

    Raises:
        TableError: A file or a table that cannot be used, with all its faults.
    """
    if not settings.data.leads:
        raise _refuse("leads", "The settings name no table of leads.", "Set data.leads in predictor.toml.")
    leads = check_leads(read_table(settings.folder / settings.data.leads, "leads"), settings, now=now)
    if not settings.data.events:
        return leads, None, leads.findings
    raw = read_table(settings.folder / settings.data.events, "events")
    events, findings = check_events(raw, settings, leads.frame["lead_id"])
    return _watch_longer(leads, events, now, settings), events, (*leads.findings, *findings)


def _watch_longer(leads: Leads, events: pd.DataFrame, now: pd.Timestamp, settings: Settings) -> Leads:
    """The leads, observed as long as their events are where the settings do not say how long."""
    if leads.observed_until is None or settings.data.observed_until or events.empty:
        return leads
    latest: pd.Timestamp = events["occurred_at"].max()
    return replace(leads, observed_until=max(leads.observed_until, latest)) if latest <= now else leads
