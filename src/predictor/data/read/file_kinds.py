"""What a file holds by its first bytes, whatever its name says; an error for what is not read, which says what it is."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Literal

from predictor.core.errors import list_names
from predictor.data.read.table_errors import make_format_error, make_missing_file_error, make_table_error

FileKind = Literal["csv", "parquet", "excel", "json"]
CSV = frozenset({".csv", ".tsv", ".txt"})
PARQUET = frozenset({".parquet", ".pq"})
EXCEL = frozenset({".xlsx", ".xlsm"})
JSON_LINES = frozenset({".jsonl", ".ndjson"})
JSON = JSON_LINES | {".json"}
_OLD_EXCEL = ".xls"  # also the name that many programs give to texts with tabs
_READ = 1 << 16
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_OTHERS = {
    b"%PDF": "a PDF",
    b"{\\rtf": "a text of a word processor (RTF)",
    b"ARROW1": "an Arrow or Feather file",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x89HDF": "an HDF5 file",
}
_MARK = b"\xef\xbb\xbf"  # of UTF-8
_JSON = re.compile(rb'\{\s*["}]|\[\s*[\[{"\]]')
_SAVE = "Save it as CSV UTF-8 where it was made."
_UNPACK = "Unpack it, and name the file in it."


def is_url(where: str | Path) -> bool:
    """Whether a place is a database rather than a file.

    >>> is_url("sqlite:///crm.db#events"), is_url("export/events.csv")
    (True, False)
    """
    return "://" in str(where)


def detect_kind(path: Path, table: str) -> FileKind:
    """The kind of a file: by its first bytes, and by its name where these are those of a text.

    Args:
        path: The file.
        table: What it should hold, for messages.

    Raises:
        TableError: The file is missing, cannot be read, or is of a kind that is not read.
    """
    if not path.is_file():
        raise make_missing_file_error(table, path)
    try:
        with path.open("rb") as file:
            start = file.read(_READ)
    except OSError as error:
        what = f"'{path.name}' cannot be read: {error.strerror or error}."
        raise make_table_error(table, what, "Check the file and its permissions.") from error
    if start.startswith(_ZIP):
        return _detect_in_zip(path, table)
    if start.startswith(b"PAR1"):
        return "parquet"
    _refuse_others(path, table, start)
    if path.suffix.casefold() in JSON or _JSON.match(start.removeprefix(_MARK).lstrip()):
        return "json"
    suffix = path.suffix.casefold()
    if suffix in PARQUET:
        return "parquet"
    if suffix in EXCEL:
        return "excel"
    if suffix in CSV or (suffix == _OLD_EXCEL and _is_table(start)):
        return "csv"
    raise make_format_error(table, path)


def _detect_in_zip(path: Path, table: str) -> FileKind:
    """The kind of a file that begins as a ZIP archive does, as workbooks do."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        is_excel = path.suffix.casefold() in EXCEL
        kind = "no readable Excel file" if is_excel else "an Excel or ZIP file, no CSV, and cannot be opened"
        raise make_table_error(table, f"'{path.name}' is {kind}: it is broken, or not complete.", "Export it again.") from error
    if "xl/workbook.bin" in names:
        raise make_table_error(table, f"'{path.name}' is a binary Excel workbook (.xlsb).", "Save it as .xlsx or as CSV UTF-8.")
    if any(name.startswith("xl/") for name in names):
        return "excel"
    if "content.xml" in names:
        raise make_table_error(table, f"'{path.name}' is an OpenDocument file.", "Save it as .xlsx or as CSV UTF-8.")
    inside = [name for name in names if not name.endswith("/") and not name.startswith("__MACOSX")]
    raise make_table_error(table, f"'{path.name}' is a ZIP archive; it holds {list_names(inside, most=4) or 'nothing'}.", _UNPACK)


def _refuse_others(path: Path, table: str, start: bytes) -> None:
    """Raise for bytes that are neither a text nor a table."""
    if start.startswith(_OLE):
        if _is_encrypted(path, start):
            what, do = "protected with a password", "Save it without a password, or as CSV UTF-8."
        else:
            what, do = "an old Excel file (.xls)", "Save it as .xlsx or as CSV UTF-8."
        raise make_table_error(table, f"'{path.name}' is {what}.", do)
    text = start.removeprefix(_MARK).lstrip()
    if kind := next((kind for begins, kind in _COMPRESSED.items() if start.startswith(begins)), None):
        raise make_table_error(table, f"'{path.name}' is compressed ({kind}).", _UNPACK)
    if start.startswith(b"SQLite format 3\0"):
        do = f"Name it as a database, with the table: sqlite:///{path.name}#TABLE."
        raise make_table_error(table, f"'{path.name}' is an SQLite database.", do)
    if start[8:12] == b"DUCK":
        do = f"Name it as a database, with the table: duckdb:///{path.name}#TABLE."
        raise make_table_error(table, f"'{path.name}' is a DuckDB database.", do)
    if kind := next((kind for begins, kind in _OTHERS.items() if text.startswith(begins)), None):
        raise make_table_error(table, f"'{path.name}' is {kind}, no CSV.", _SAVE)
    if text.startswith(b"<"):
        raise make_table_error(table, f"'{path.name}' is HTML or XML, no CSV.", "Open it in Excel, and save it as CSV UTF-8.")


def _is_encrypted(path: Path, start: bytes) -> bool:
    """Whether an OLE file is a workbook with a password: its directory names an encrypted package."""
    size, sector = 1 << int.from_bytes(start[30:32], "little"), int.from_bytes(start[48:52], "little")
    with path.open("rb") as file:
        file.seek(min((sector + 1) * size, path.stat().st_size))
        return _ENCRYPTED in start or _ENCRYPTED in file.read(_READ)


def _is_table(start: bytes) -> bool:
    """Whether the first line of a text has more than one cell."""
    line = start.replace(b"\0", b"").lstrip().split(b"\n", 1)[0]
    return any(sign in line for sign in (b"\t", b";", b",", b"|"))


def split_sheet(path: Path) -> tuple[Path, str]:
    """A path as FILE#SHEET: the file, and the name of the sheet; empty where no sheet is named.

    >>> split_sheet(Path("no such/leads.xlsx#Open leads")) == (Path("no such/leads.xlsx"), "Open leads")
    True
    >>> split_sheet(Path("leads.csv"))[1]
    ''
    """
    place, mark, sheet = str(path).rpartition("#")
    return (path, "") if not mark or path.exists() or not Path(place).suffix else (Path(place), sheet)
