"""The header of a CSV file: its encoding, its delimiter and the names of its columns."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path
from typing import NamedTuple

from predictor.data.read.table_errors import make_encoding_error, make_table_error

DELIMITERS = ",;\t|"
_SNIFFED = 1 << 16
_CHUNK_BYTES = 1 << 22
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_OTHER_KINDS = {  # first bytes of files that are no CSV, whatever their names say
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
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # bytes that Windows-1252 does not define
_SEP_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # as Excel writes and reads it


class Header(NamedTuple):
    """The header of a CSV file.

    Attributes:
        encoding: Its name in Python.
        delimiter: The character between two cells.
        names: The names of the columns.
        skip: The number of lines before the header.
    """

    encoding: str
    delimiter: str
    names: list[str]
    skip: int = 0


def read_header(path: Path, table: str, encoding: str = "auto") -> Header:
    """The header of a CSV file.

    Args:
        path: The file.
        table: What it should hold, for messages.
        encoding: An encoding, or auto to detect it from the bytes.

    Raises:
        TableError: The file is empty, no CSV, in an unknown encoding, or cannot be read.
    """
    try:
        known = detect_encoding(path, table) if encoding == "auto" else encoding
        with path.open(encoding=known, newline="") as lines:
            return _read_names(lines, path, table, known)
    except UnicodeDecodeError as error:
        raise make_encoding_error(table, path, encoding) from error
    except csv.Error as error:
        raise make_table_error(table, f"'{path.name}' is broken: {error}.", "Export it again, or fix that line.") from error
    except OSError as error:
        what = f"'{path.name}' cannot be read: {error.strerror or error}."
        raise make_table_error(table, what, "Check the file and its permissions.") from error


def _read_names(lines: io.TextIOBase, path: Path, table: str, encoding: str) -> Header:
    """The header: the first line that is neither blank nor a `sep=` line, which names the delimiter."""
    start, skip, delimiter = lines.tell(), 0, ""
    line = lines.readline(_SNIFFED)
    while line and (not line.strip() or _SEP_LINE.fullmatch(line)):
        match = _SEP_LINE.fullmatch(line)
        delimiter = match[1] if match else delimiter
        start, skip = lines.tell(), skip + 1
        line = lines.readline(_SNIFFED)
    lines.seek(start)
    delimiter = delimiter or detect_delimiter(line)
    names = next(filter(None, csv.reader(lines, delimiter=delimiter)), [])
    if not names:
        raise make_table_error(table, f"'{path.name}' is empty.", "Export it again.")
    return Header(encoding=encoding, delimiter=delimiter, names=[name.strip() for name in names], skip=skip)


def detect_delimiter(line: str) -> str:
    """The most frequent delimiter of a header, outside quotes.

    >>> detect_delimiter('lead_id;"name, first";city'), detect_delimiter("lead_id")
    (';', ',')
    """
    bare = re.sub(r'"[^"]*"', "", line)
    return max(DELIMITERS, key=bare.count)


def detect_encoding(path: Path, table: str) -> str:
    """The encoding of a file: UTF-8, UTF-16 by its byte order mark, or Windows-1252 where no bytes look like UTF-8.

    Raises:
        TableError: The file is no text, or mixes encodings.
    """
    with path.open("rb") as file:
        start = file.read(_SNIFFED)
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return encoding
    kind = next((kind for begins, kind in _OTHER_KINDS.items() if start.lstrip().startswith(begins)), None)
    if kind is not None or b"\0" in start:
        do = "Save it as CSV UTF-8 where it was made."
        raise make_table_error(table, f"'{path.name}' is {kind or 'no text'}, no CSV.", do)
    bad = _find_undecodable(path)
    if bad is None:
        return "utf-8"
    if _is_western(path):
        return "cp1252"
    do = "Save it as CSV UTF-8, or name its encoding in data.encoding."
    raise make_table_error(table, f"'{path.name}' is not UTF-8 ({bad}).", do)


def _find_undecodable(path: Path) -> str | None:
    """The place of the first byte that is not UTF-8; None where all are."""
    decoder, line, before = codecs.getincrementaldecoder("utf-8")(), 1, 0
    with path.open("rb") as file:
        while part := file.read(_CHUNK_BYTES):
            pending = decoder.getstate()[0]
            try:
                decoder.decode(part)
            except UnicodeDecodeError as error:
                at = error.start - len(pending)
                lines = part[: max(at, 0)].count(b"\n")
                return f"line {line + lines:,}, byte {before + at + 1:,}"
            line, before = line + part.count(b"\n"), before + len(part)
    return None if not decoder.getstate()[0] else f"line {line:,}, byte {before:,}"


def _is_western(path: Path) -> bool:
    """Whether every byte is defined in Windows-1252, and none of the byte sequences of UTF-8 occurs."""
    with path.open("rb") as file:
        return not any(_MULTIBYTE.search(line) or _UNDEFINED.search(line) for line in file)
