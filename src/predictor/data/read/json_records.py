"""Records in JSON as texts: one a line, or a list of them, as databases and APIs give them; inner objects become columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from predictor.core.errors import Finding, list_names
from predictor.data.read.file_kinds import JSON_LINES
from predictor.data.read.table_errors import make_table_error
from predictor.data.read.table_shape import FileTable

_MOST_BYTES = 1 << 27  # of a file that is one value, or of a line: read, it takes about eight times as much memory
_CHUNK_ROWS = 10_000
_NAMED_ROWS = 1_000  # records whose names are those of the columns, where only the names are asked for
_NEXT = (
    "nextRecordsUrl",
    "@odata.nextLink",
    "nextPageToken",
    "next_cursor",
    "next_page",
    "nextPage",
    "next",
    "has_more",
    "hasMore",
)
_DO = "Export it again, as CSV UTF-8, Parquet, or JSON with one record a line."


def read_json(path: Path, table: str, *, step: int = 1, rows: int | None = None) -> FileTable:
    """The records as rows of texts, with a warning where the file says that it is one page of several.

    The value of an inner object is a column named by its path, as `company.size`. A list is a text in JSON, which is read as
    several values. Numbers keep the digits that they are written with.

    Args:
        path: The file: a record on each line, a list of records, or an object that holds one such list.
        table: What it should hold, for messages.
        step: Every `step`-th record is read.
        rows: Only the first records; None for all.

    Raises:
        TableError: The file is broken, holds no list of records, or is one value too large to be read at once.
    """
    records, notes = _open_records(path, table)
    texts = (_to_texts(record, path, table, number) for number, record in enumerate(records, start=1))
    kept = islice(texts, None, None if rows is None else rows + 1, step)
    parts = []
    while part := list(islice(kept, _CHUNK_ROWS)):
        names = list(dict.fromkeys(name for row in part for name in row))
        parts.append(pd.DataFrame({name: [row.get(name) for row in part] for name in names}, dtype="str"))
    if not any(len(part.columns) for part in parts):
        raise make_table_error(table, f"'{path.name}' holds no record.", "Export it again.")
    frame = pd.concat(parts, ignore_index=True)
    frame.index = pd.RangeIndex(0, len(frame) * step, step)
    whole = rows is None or len(frame) <= rows
    return FileTable(frame if rows is None else frame.head(rows), notes, whole=whole)


def read_json_names(path: Path, table: str) -> list[str]:
    """The names of the columns of its first records.

    Raises:
        TableError: As `read_json`.
    """
    return [str(name) for name in read_json(path, table, rows=_NAMED_ROWS).frame]


def _open_records(path: Path, table: str) -> tuple[Iterator[Any], tuple[Finding, ...]]:
    """The records, not read yet where each has a line, and what the file says about further ones."""
    with path.open("rb") as file:
        first = next((line for line in iter(lambda: file.readline(_MOST_BYTES), b"") if line.strip(b"\xef\xbb\xbf \t\r\n")), b"")
        has_more = any(line.strip() for line in iter(lambda: file.readline(_MOST_BYTES), b""))
    if path.suffix.casefold() in JSON_LINES or (has_more and isinstance(_try_object(first), dict)):
        return _iterate_lines(path, table), ()
    if path.stat().st_size > _MOST_BYTES:
        what = f"'{path.name}' is one JSON value of more than {_MOST_BYTES >> 20} MB."
        raise make_table_error(table, what, "Write it with one record a line (JSON lines), as CSV UTF-8, or as Parquet.")
    content = _parse(path.read_bytes(), path, table)
    records = _find_records(content)
    if records is None:
        what = f"'{path.name}' is JSON, but no list of records"
        lists = [key for key, value in content.items() if _is_records(value)] if isinstance(content, dict) else []
        raise make_table_error(table, f"{what}{f': it holds several, {list_names(lists)}' if lists else ''}.", _DO)
    return iter(records), _check_pages(content, path, table)


def _iterate_lines(path: Path, table: str) -> Iterator[Any]:
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(_MOST_BYTES), b""), start=1):
            if line.strip(b"\xef\xbb\xbf \t\r\n"):
                yield _parse(line, path, table, number)


def _parse(text: bytes, path: Path, table: str, line: int = 0) -> Any:  # noqa: ANN401  JSON is anything
    """A value with its numbers as written."""
    try:
        return json.loads(text.decode("utf-8-sig"), parse_int=str, parse_float=str, parse_constant=lambda _: None)
    except UnicodeDecodeError as error:
        where = f"line {line:,}, " if line else ""
        what = f"'{path.name}' is not UTF-8 ({where}byte {error.start + 1:,}), as JSON is."
        raise make_table_error(table, what, _DO) from error
    except RecursionError as error:
        raise make_table_error(table, f"'{path.name}' has objects within objects without end.", _DO) from error
    except ValueError as error:
        at = line or getattr(error, "lineno", 1)
        what = f"'{path.name}' is broken: line {at:,} is no JSON, as where a file was written by half."
        raise make_table_error(table, what, "Export it again, or fix that line.") from error


def _try_object(line: bytes) -> Any:  # noqa: ANN401  JSON is anything
    try:
        return json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def _find_records(content: Any) -> list[Any] | None:  # noqa: ANN401  JSON is anything
    """The list of records: the value itself, or the only such list in it or in its only object; None where there is none.

    >>> _find_records({"totalSize": "1", "records": [{"Id": "a"}]}), _find_records({"data": {"leads": {"nodes": [{"id": "a"}]}}})
    ([{'Id': 'a'}], [{'id': 'a'}])
    >>> _find_records({"leads": [{"id": "a"}], "events": [{"id": "b"}]}) is None
    True
    """
    if not isinstance(content, dict):
        return content if _is_records(content) else None
    lists = [value for value in content.values() if _is_records(value)]
    if len(lists) == 1:
        return list(lists[0])
    inner = [value for value in content.values() if isinstance(value, dict)]
    return _find_records(inner[0]) if not lists and len(inner) == 1 else None


def _is_records(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(record, dict) for record in value)


def _check_pages(content: Any, path: Path, table: str) -> tuple[Finding, ...]:  # noqa: ANN401  JSON is anything
    """A warning where the file says that more records follow."""
    if not isinstance(content, dict):
        return ()
    inner = [content, *(value for value in content.values() if isinstance(value, dict))]
    if content.get("done") is not False and not any(part.get(key) not in (None, False, "") for part in inner for key in _NEXT):
        return ()
    code = "LEAD065" if table == "leads" else "EVENT065"
    what = f"'{path.name}' says that more records follow: it is one page of an answer, and only that was read."
    return (Finding(code, "warning", what, do="Put the records of all pages into one file."),)


def _to_texts(record: object, path: Path, table: str, number: int) -> Mapping[str, str | None]:
    """Column -> text of a record."""
    if not isinstance(record, dict):
        raise make_table_error(table, f"Record {number:,} of '{path.name}' is no JSON object.", _DO)
    try:
        return dict(_iterate_cells(record, ""))
    except RecursionError as error:
        raise make_table_error(table, f"'{path.name}' has objects within objects without end.", _DO) from error


def _iterate_cells(record: Mapping[str, object], path: str) -> Iterator[tuple[str, str | None]]:
    """The cells of a record and of the objects in it.

    >>> dict(_iterate_cells({"id": "7", "firm": {"size": "12"}, "tags": ["a", "b"], "won": True, "city": None}, ""))
    {'id': '7', 'firm.size': '12', 'tags': '["a", "b"]', 'won': 'true', 'city': None}
    """
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _iterate_cells(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", _to_text(value)


def _to_text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)
    text = text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no letter
    return None if value == [] or not text.strip() else text
