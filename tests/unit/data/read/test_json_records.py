"""Records in JSON: however a database or an API writes them, the table that a CSV of the same leads gives."""

import json

import pandas as pd
import pytest

from predictor.core.errors import TableError
from predictor.data.read.event_sources import open_events
from predictor.data.read.table_files import read_column_names, read_sample, read_table

RECORDS = [
    {
        "lead_id": "L1",
        "size": 12345678901234567890,
        "firm": {"city": "Köln", "geo": {"zip": "01067"}},
        "tags": ["b", "a"],
        "won": True,
    },
    {"lead_id": "L2", "size": 1.50, "firm": {"city": None}, "tags": [], "won": False, "late": "x"},
    {"lead_id": "L3", "size": None, "won": None, "tags": [{"id": 1}]},
]
TABLE = pd.DataFrame(
    {
        "lead_id": ["L1", "L2", "L3"],
        "size": ["12345678901234567890", "1.5", None],
        "firm.city": ["Köln", None, None],
        "firm.geo.zip": ["01067", None, None],
        "tags": ['["b", "a"]', None, '[{"id": "1"}]'],
        "won": ["true", "false", None],
        "late": [None, "x", None],
    }
)
LINES = "\n".join(map(json.dumps, RECORDS))
WRITTEN = {
    "a record a line": ("leads.jsonl", LINES),
    "lines, called a CSV, with blanks and a mark": ("leads.csv", "\ufeff\n" + LINES.replace("\n", "\r\n\r\n") + "\n"),
    "a list": ("leads.json", json.dumps(RECORDS)),
    "a list over many lines": ("leads.json", json.dumps(RECORDS, indent=2)),
    "a list with a record a line": ("leads.json", "[\n" + ",\n".join(map(json.dumps, RECORDS)) + "\n]\n"),
    "the answer of an API": ("leads.json", json.dumps({"totalSize": 3, "done": True, "records": RECORDS})),
    "within objects": ("leads.json", json.dumps({"data": {"leads": {"nodes": RECORDS, "count": 3}}})),
    "letters as they are": ("leads.ndjson", "\n".join(json.dumps(record, ensure_ascii=False) for record in RECORDS)),
}
BROKEN = {
    "half a line": (
        "leads.jsonl",
        LINES[:-9],
        r"'leads.jsonl' is broken: line 3 is no JSON, as where a file was written by half",
    ),
    "half a list": ("leads.json", json.dumps(RECORDS, indent=0)[:-30], r"'leads.json' is broken: line \d+ is no JSON"),
    "nothing": ("leads.json", "", "'leads.json' is broken|'leads.json' is empty"),
    "no record": ("leads.json", '{"results": []}', "'leads.json' holds no record"),
    "records without a name": ("leads.jsonl", "{}\n{}\n", "'leads.jsonl' holds no record"),
    "values": ("leads.json", "[1, 2]", "'leads.json' is JSON, but no list of records"),
    "a line that is no object": ("leads.jsonl", LINES + "\n[1]\n", "Record 4 of 'leads.jsonl' is no JSON object"),
    "two lists": (
        "leads.json",
        '{"leads": [{"a": 1}], "events": [{"a": 1}]}',
        "no list of records: it holds several, 'leads', 'events'",
    ),
    "without end": ("leads.json", "[" * 200_000, "objects within objects without end"),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_records_are_the_rows_of_a_table(tmp_path, kind):
    name, text = WRITTEN[kind]
    (tmp_path / name).write_text(text, encoding="utf-8")
    frame, notes, whole = read_table(tmp_path / name, "leads")
    pd.testing.assert_frame_equal(frame, TABLE, check_dtype=False, check_index_type=False)
    assert (notes, whole) == ((), True)
    assert read_column_names(tmp_path / name, "leads") == list(TABLE)
    first = read_sample(str(tmp_path / name), "leads", 2)
    assert (first.frame["lead_id"].tolist(), first.whole) == (["L1", "L2"], False)


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_refused(tmp_path, kind):
    name, text, match = BROKEN[kind]
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=match):
        read_table(tmp_path / name, "leads")


def test_another_encoding_is_refused_with_its_line(tmp_path):
    (tmp_path / "leads.jsonl").write_bytes(b'{"a": "x"}\n{"a": "K\xf6ln"}\n')
    with pytest.raises(TableError, match=r"'leads.jsonl' is not UTF-8 \(line 2, byte 9\), as JSON is"):
        read_table(tmp_path / "leads.jsonl", "leads")


@pytest.mark.parametrize(
    "more",
    [
        {"done": False},
        {"nextRecordsUrl": "/q-2"},
        {"paging": {"next": {"after": "7"}}},
        {"has_more": True},
        {"@odata.nextLink": "u"},
    ],
)
def test_one_page_of_several_is_said(tmp_path, more):
    (tmp_path / "leads.json").write_text(json.dumps({"results": RECORDS} | more))
    frame, (note,), _ = read_table(tmp_path / "leads.json", "leads")
    assert (len(frame), note.code) == (3, "LEAD065")


def test_of_too_many_lines_a_part_is_read(tmp_path):
    (tmp_path / "leads.jsonl").write_text("\n".join(f'{{"lead_id": {n}, "won": 1}}' for n in range(10)))
    frame, (note,), _ = read_table(tmp_path / "leads.jsonl", "leads", most=4)
    assert (frame["lead_id"].tolist(), list(frame.index), note.code) == (["0", "3", "6", "9"], [0, 3, 6, 9], "LEAD040")


def test_events_in_a_folder_of_json_lines(tmp_path):
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "1.jsonl").write_text('{"lead_id": "L1", "meta": {"kind": "demo"}}\n{"lead_id": "L2"}\n')
    events = open_events("events", tmp_path)
    read = events.read({"lead_id": "lead_id", "event_type": "meta.kind"}).table.order_by("row").to_pyarrow().to_pylist()
    assert [(row["lead_id"], row["event_type"]) for row in read] == [("L1", "demo"), ("L2", None)]
