"""How a CSV file is written: its encoding, its delimiter, and the names in its header."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path
from typing import NamedTuple

from predictor.core.errors import Finding, TableError

DELIMITERS = ",;\t|"
_SNIFFED = 1 << 16
_AT_ONCE = 1 << 22
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_OTHERS = {  # what a file begins with that is no CSV, whatever its name says
    b"PK\x03\x04": "an Excel or ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls)",
    b"%PDF": "a PDF",
    b"PAR1": "Parquet",
    b"\x1f\x8b": "compressed (gzip)",
    b"<": "HTML or XML",
    b"{": "JSON",
    b"[": "JSON",
}
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # bytes that stand for nothing in Windows-1252
_TOLD = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # as Excel writes and reads it


class Header(NamedTuple):
    """How a CSV file begins.

    Attributes:
        encoding: As Python calls it.
        delimiter: Between two cells.
        names: The columns.
        skip: Lines before the header.
    """

    encoding: str
    delimiter: str
    names: list[str]
    skip: int = 0


def refuse(table: str, what: str, do: str) -> TableError:
    """The error that a table cannot be read or written."""
    return TableError(table, [Finding("LEAD000" if table == "leads" else "EVENT000", "error", what, do)])


def read_header(path: Path, table: str, encoding: str = "auto") -> Header:
    """How a CSV file is written.

    Args:
        path: The file.
        table: What it should hold, for messages.
        encoding: As the settings say; auto: told from its bytes.

    Raises:
        TableError: The file is empty, no CSV, in an encoding that nobody knows, or the disk refuses.
    """
    try:
        found = find_encoding(path, table) if encoding == "auto" else encoding
        with path.open(encoding=found, newline="") as lines:
            return _read_names(lines, path, table, found)
    except UnicodeDecodeError as error:
        raise refuse(table, f"'{path.name}' is not {encoding}.", "Mend data.encoding, or save it as CSV UTF-8.") from error
    except csv.Error as error:
        raise refuse(table, f"'{path.name}' is broken: {error}.", "Export it again, or mend that line.") from error
    except OSError as error:
        what = f"'{path.name}' cannot be read: {error.strerror or error}."
        raise refuse(table, what, "Mend the file or its permissions.") from error


def _read_names(lines: io.TextIOBase, path: Path, table: str, encoding: str) -> Header:
    """The header: the first line that is not blank, or that after one which tells the delimiter."""
    start, skip, delimiter = lines.tell(), 0, ""
    line = lines.readline(_SNIFFED)
    while line and (not line.strip() or _TOLD.fullmatch(line)):
        told = _TOLD.fullmatch(line)
        delimiter = told[1] if told else delimiter
        start, skip = lines.tell(), skip + 1
        line = lines.readline(_SNIFFED)
    lines.seek(start)
    delimiter = delimiter or find_delimiter(line)
    names = next(filter(None, csv.reader(lines, delimiter=delimiter)), [])
    if not names:
        raise refuse(table, f"'{path.name}' is empty.", "Export it again.")
    return Header(encoding, delimiter, [name.strip() for name in names], skip)


def find_delimiter(line: str) -> str:
    """The delimiter that a header holds most of, outside quotes.

    >>> find_delimiter('lead_id;"name, first";city'), find_delimiter("lead_id")
    (';', ',')
    """
    bare = re.sub(r'"[^"]*"', "", line)
    return max(DELIMITERS, key=bare.count)


def find_encoding(path: Path, table: str) -> str:
    """The encoding of a file: UTF-8, UTF-16 by its mark, or Windows-1252 where no character is written as UTF-8 would.

    Raises:
        TableError: The file is no text, or mixes encodings.
    """
    with path.open("rb") as file:
        start = file.read(_SNIFFED)
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding
    kind = next((kind for begins, kind in _OTHERS.items() if start.lstrip().startswith(begins)), None)
    if kind is not None or b"\0" in start:
        raise refuse(
            table, f"'{path.name}' is {kind or 'no text'}, no CSV.", "Open it where it was made and save it as CSV UTF-8."
        )
    bad = _find_undecodable(path)
    if bad is None:
        return "utf-8"
    if _is_western(path):
        return "cp1252"
    do = "Save it as CSV UTF-8, or name its encoding in data.encoding."
    raise refuse(table, f"'{path.name}' is not UTF-8 ({bad}).", do)


def _find_undecodable(path: Path) -> str | None:
    """The place of the first byte that is not UTF-8; None where all are."""
    decoder, line, before = codecs.getincrementaldecoder("utf-8")(), 1, 0
    with path.open("rb") as file:
        while part := file.read(_AT_ONCE):
            held = decoder.getstate()[0]
            try:
                decoder.decode(part)
            except UnicodeDecodeError as error:
                at = error.start - len(held)
                lines = part[: max(at, 0)].count(b"\n")
                return f"line {line + lines:,}, byte {before + at + 1:,}"
            line, before = line + part.count(b"\n"), before + len(part)
    return None if not decoder.getstate()[0] else f"line {line:,}, byte {before:,}"


def _is_western(path: Path) -> bool:
    """Whether every byte is a letter of Windows-1252, and none of the pairs by which UTF-8 writes letters is there."""
    with path.open("rb") as file:
        return not any(_MULTIBYTE.search(line) or _UNDEFINED.search(line) for line in file)
