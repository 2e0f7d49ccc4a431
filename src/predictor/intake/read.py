"""Files as they are: CSV cells stay texts, Parquet columns keep their types, and what cannot be read says why."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pandas as pd

from predictor.config import Settings
from predictor.errors import Finding, TableError
from predictor.tables import Leads, check_events, check_leads

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
        raise _refuse(table, f"There is no file '{path.name}' in '{path.parent}'.", "Mend the path; it starts at the settings file.")
    if path.suffix.casefold() in {".parquet", ".pq"}:
        return _read_parquet(path, table)
    if path.suffix.casefold() in {".csv", ".tsv", ".txt"}:
        return _read_csv(path, table)
    raise _refuse(table, f"'{path.name}' is of a kind that is not read.", "Save it as CSV (UTF-8) or Parquet.")


def _read_parquet(path: Path, table: str) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise _refuse(table, f"'{path.name}' is no readable Parquet file: {error}.", "Export it again.") from error


def _read_csv(path: Path, table: str) -> pd.DataFrame:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            names = next(csv.reader(lines, delimiter=_find_delimiter(path)), [])
        frame = pd.read_csv(
            path, sep=_find_delimiter(path), dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig"
        )
    except UnicodeDecodeError as error:
        raise _refuse(table, f"'{path.name}' is not UTF-8 (byte {error.start:,}).", "Save it as CSV UTF-8.") from error
    except pd.errors.EmptyDataError as error:
        raise _refuse(table, f"'{path.name}' is empty.", "Export it again.") from error
    except (pd.errors.ParserError, csv.Error) as error:
        raise _refuse(table, f"'{path.name}' is broken: {error}.", "Export it again, or mend that line.") from error
    if len(frame.columns) == len(names):
        frame.columns = pd.Index([name.strip() for name in names])
    return frame


def _find_delimiter(path: Path) -> str:
    """The delimiter that the header line holds most of."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        header = lines.readline(_SNIFFED)
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
            raise _refuse("leads", f"'{path.name}' is of a kind that is not written.", "Name a file that ends in .csv or .parquet.")
        writing.replace(path)
    except OSError as error:
        raise _refuse("leads", f"'{path}' could not be written: {error.strerror}.", "Make room, or name another place.") from error
    finally:
        writing.unlink(missing_ok=True)


def load_tables(settings: Settings) -> tuple[Leads, pd.DataFrame | None, tuple[Finding, ...]]:
    """The leads and events that the settings name, under the contract; None for no events; findings of both.

    Raises:
        TableError: A file or a table that cannot be used, with all its faults.
    """
    if not settings.data.leads:
        raise _refuse("leads", "The settings name no table of leads.", "Set data.leads in predictor.toml.")
    leads = check_leads(read_table(settings.folder / settings.data.leads, "leads"), settings)
    if not settings.data.events:
        return leads, None, leads.findings
    raw = read_table(settings.folder / settings.data.events, "events")
    events, findings = check_events(raw, settings, leads.frame["lead_id"])
    return leads, events, (*leads.findings, *findings)
