"""The header of a CSV file: its encoding, its delimiter, the lines above it and the names of its columns."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from predictor.data.read.table_errors import make_encoding_error, make_table_error
from predictor.data.read.table_shape import MOST_LINES, locate_table

DELIMITERS = ",;\t|"
_SNIFFED = 1 << 16
_STUDIED = 1 << 18  # characters in which the delimiter is looked for
_LONGEST_HEADER = 1 << 21  # characters that are read to find the header and the rows below it
_CHUNK_BYTES = 1 << 22
_BYTE_ORDER_MARKS = {  # of UTF-32 first, since that of UTF-16 is its beginning
    codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # bytes that Windows-1252 does not define
_QUOTED = re.compile(r'(?:^|(?<=[,;\t|]))"(?:[^"]|"")*+"(?=[,;\t|]|\r?$)', re.MULTILINE)  # a cell in quotes
_SCRIPTS = {"cp1251": "CYRILLIC", "koi8-r": "CYRILLIC", "cp1253": "GREEK"}  # encoding -> its script, as Unicode names it
_PLAIN, _SIZED, _FEWEST = 0.9, 0.1, 4  # shares of the words, and different words
_WRONG_SIGMA = re.compile(r"ς\w|σ\b")
_LIKELY = ("cp1250", "cp1251", "koi8-r", "cp932", "gb18030")  # beside Windows-1252: Central Europe, Cyrillic, Japan, China
_SHOWN_BYTES = 200
_SEP_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # as Excel writes and reads it


class Header(NamedTuple):
    """The header of a CSV file.

    Attributes:
        encoding: Its name in Python.
        delimiter: The character between two cells.
        names: The names of the columns.
        skip: The number of lines before the header.
        titles: How many of these hold something, as the title of a report does.
        row_length: The mean number of characters of the first rows.
    """

    encoding: str
    delimiter: str
    names: list[str]
    skip: int = 0
    titles: int = 0
    row_length: int = 1


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
            text = lines.read(_LONGEST_HEADER)
    except UnicodeDecodeError as error:
        raise make_encoding_error(table, path, encoding) from error
    except OSError as error:
        what = f"'{path.name}' cannot be read: {error.strerror or error}."
        raise make_table_error(table, what, "Check the file and its permissions.") from error
    if len(text) == _LONGEST_HEADER:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
        if not text:
            what = f"The first line of '{path.name}' has more than {_LONGEST_HEADER:,} characters."
            raise make_table_error(table, what, "Export it again: one line for each row.")
    try:
        return _locate_header(text, path, table, known)
    except csv.Error as error:
        raise make_table_error(table, f"'{path.name}' is broken: {error}.", "Export it again, or fix that line.") from error


def _locate_header(text: str, path: Path, table: str, encoding: str) -> Header:
    """The header in the first lines; a `sep=` line above it names the delimiter."""
    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    match = _SEP_LINE.fullmatch(first)
    delimiter = match[1] if match else detect_delimiter(text)
    rows, starts = _parse_rows(text, delimiter)
    if match:
        sep = next(place for place, row in enumerate(rows) if row)
        rows[sep] = []
    shape = locate_table(rows)
    if shape is None:
        raise make_table_error(table, f"'{path.name}' is empty.", "Export it again.")
    titles = sum(any(cell.strip() for cell in row) for row in rows[: shape.header])
    row_length = len(text) // max(text.count("\n"), text.count("\r"), 1)
    return Header(
        encoding, delimiter=delimiter, names=shape.names, skip=starts[shape.header], titles=titles, row_length=max(row_length, 1)
    )


def _parse_rows(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The first rows of a text, and the number of lines before each; rows after one that cannot be read are left out."""
    reader, rows, starts, start = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [], [], 0
    try:
        for row in islice(reader, 2 * MOST_LINES):
            rows.append(row)
            starts.append(start)
            start = reader.line_num
    except csv.Error:
        if not rows:
            raise
    return rows, starts


def detect_delimiter(text: str) -> str:
    r"""The delimiter by which most of the first lines have equally many cells; of several, the most frequent in the first.

    What stands in quotes, line breaks too, is one cell.

    >>> detect_delimiter('lead_id;"name, first";city'), detect_delimiter("lead_id")
    (';', ',')
    >>> detect_delimiter("Leads, May\nid;size\na;1,5\nb;2,5\nc;3")
    ';'
    >>> detect_delimiter('"id"|"notes"\n"a"|"x; y\nz; z"\n"b"|"u; v\nw; w"')
    '|'
    """
    lines = list(islice(io.StringIO(_QUOTED.sub("x", text[:_STUDIED])), 2 * MOST_LINES))

    def count_alike(delimiter: str) -> tuple[int, int]:
        cuts = [line.count(delimiter) for line in lines]
        first = next((line.count(delimiter) for line in lines if any(sign in line for sign in DELIMITERS)), 0)
        return max((cuts.count(number) for number in set(cuts) - {0}), default=0), first

    return max(DELIMITERS, key=count_alike)


def detect_encoding(path: Path, table: str) -> str:
    """The encoding of a file: UTF-8, UTF-16, or where no bytes look like UTF-8, Windows-1252 or one of Cyrillic or Greek.

    Raises:
        TableError: The file is no text, or mixes encodings.
    """
    state = path.stat()
    encoding, bad = _scan(path, state.st_size, state.st_mtime_ns)
    if encoding:
        return encoding
    line, byte = _count_lines(path, bad.at), bad.at + 1
    if bad.is_nul:
        what = f"'{path.name}' is {'no text, no CSV' if bad.at < _SNIFFED else 'damaged'}"
        do = "Save it as CSV UTF-8 where it was made."
        raise make_table_error(table, f"{what}: it holds a NUL byte in line {line:,}, byte {byte:,}.", do)
    do = "Save it as CSV UTF-8, or name the right one: predictor init --encoding NAME, or data.encoding in the settings."
    what = f"'{path.name}' is not UTF-8 (line {line:,}, byte {byte:,}).{_show_readings(path, bad.at)}"
    if _is_mixed(path, bad.at):
        what = f"'{path.name}' mixes encodings: the lines before line {line:,} are UTF-8, and that line (byte {byte:,}) is not."
        do = "Save the parts that were put together as CSV UTF-8, and join them again."
    raise make_table_error(table, what, do)


def _is_mixed(path: Path, at: int) -> bool:
    """Whether letters in UTF-8 stand before a byte that is none."""
    with path.open("rb") as file:
        file.seek(max(0, at - _CHUNK_BYTES))
        return _MULTIBYTE.search(file.read(min(at, _CHUNK_BYTES))) is not None


def _show_readings(path: Path, at: int) -> str:
    """The first words that are not ASCII as the likeliest encodings read them, as a sentence; empty where none can."""
    with path.open("rb") as file:
        file.seek(max(0, at - _SHOWN_BYTES))
        before, after = file.read(min(at, _SHOWN_BYTES)), file.read(_SHOWN_BYTES)
    line = before.rpartition(b"\n")[2] + after.partition(b"\n")[0]
    readings = []
    for encoding in _LIKELY:
        words = re.findall(r"[^\W\d_]+", codecs.decode(line, encoding, errors="replace"))
        shown = [word for word in words if not word.isascii() and "\ufffd" not in word][:2]
        if shown:
            readings.append(f"{encoding}: '{' '.join(shown)}'")
    return f" Read as {', as '.join(readings)}." if readings else ""


class _BadByte(NamedTuple):
    """The first byte that is no text: its place, from 0, and whether it is a NUL."""

    at: int
    is_nul: bool = False


@lru_cache(maxsize=64)
def _scan(path: Path, size: int, changed: int) -> tuple[str, _BadByte]:  # noqa: ARG001  a file that has changed is read again
    """The encoding of a file, or where it is no text; each file is read once."""
    with path.open("rb") as file:
        start = file.read(_SNIFFED)
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return encoding, _BadByte(-1)
    if wide := _detect_utf16(start):
        return wide, _BadByte(-1)
    bad = _find_bad_byte(path)
    if bad is None:
        return "utf-8", _BadByte(-1)
    if bad.is_nul:
        return "", bad
    return _detect_script(path, bad.at) or ("cp1252" if _is_western(path) else ""), bad


def _detect_script(path: Path, at: int) -> str:
    """The encoding in which nearly all words from a byte on are plain words of its script; empty for none, or where two do."""
    with path.open("rb") as file:
        file.seek(max(0, at - _SNIFFED))
        sample = file.read(_STUDIED)
    if _MULTIBYTE.search(sample):
        return ""
    found = [encoding for encoding, script in _SCRIPTS.items() if _is_written_in(sample.decode(encoding, "replace"), script)]
    return found[0] if len(found) == 1 else ""


def _is_written_in(text: str, script: str) -> bool:
    """Whether nearly all words with letters that are not ASCII are plain words of one script, with and without capitals.

    In the wrong encoding, letters of two scripts or sizes stand within a word, or a Greek sigma in its wrong form. A script
    without small letters cannot be known by this, and neither can a few words.

    >>> _is_written_in("Москва, Казань, ООО, отказ", "CYRILLIC"), _is_written_in("мОСКВА кАЗАНЬ ооо ОТКАЗ", "CYRILLIC")
    (True, False)
    """
    words = [word for word in re.findall(r"[^\W\d_]{2,}|\ufffd", text) if not word.isascii()]
    plain = [word for word in words if word.istitle() or word.islower() or word.isupper()]
    own = [word for word in plain if all(unicodedata.name(letter, "").startswith(script) for letter in word)]
    own = [word for word in own if not _WRONG_SIGMA.search(word)]
    large, small = (sum(map(check, own)) for check in (lambda word: word[0].isupper(), lambda word: word[1:].islower()))
    return len(own) >= _PLAIN * len(words) and min(large, small) >= _SIZED * len(own) and len(set(own)) >= _FEWEST


def _detect_utf16(start: bytes) -> str:
    """UTF-16 without a byte order mark, by its zeros: every second byte of ASCII letters; empty for any other encoding."""
    even, odd = start[::2], start[1::2]
    for encoding, zeros, letters in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if len(zeros) > 1 and 2 * zeros.count(0) > len(zeros) and 10 * letters.count(0) < len(letters):
            return encoding
    return ""


def _find_bad_byte(path: Path) -> _BadByte | None:
    """The first byte that is not UTF-8, or the first NUL; None where all are text."""
    decoder, before = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as file:
        while part := file.read(_CHUNK_BYTES):
            pending, nul = decoder.getstate()[0], part.find(b"\0")
            if nul >= 0:
                return _BadByte(before + nul, is_nul=True)
            try:
                decoder.decode(part)
            except UnicodeDecodeError as error:
                return _BadByte(before + error.start - len(pending))
            before += len(part)
    return None if not decoder.getstate()[0] else _BadByte(before - 1)


def _count_lines(path: Path, end: int) -> int:
    """The number of the line in which a byte is, from 1."""
    lines = 1
    with path.open("rb") as file:
        while end > 0 and (part := file.read(min(end, _CHUNK_BYTES))):
            lines, end = lines + part.count(b"\n"), end - len(part)
    return lines


def _is_western(path: Path) -> bool:
    """Whether every byte is defined in Windows-1252, and none of the byte sequences of UTF-8 occurs."""
    end = b""
    with path.open("rb") as file:
        while part := file.read(_CHUNK_BYTES):
            if _MULTIBYTE.search(end + part) or _UNDEFINED.search(part):
                return False
            end = part[-3:]  # a sequence may go on in the next part
    return True
