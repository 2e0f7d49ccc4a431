"""Events of one file: any CSV, Parquet of any types, and errors for broken ones."""

import pandas as pd
import pytest
from unit.data.read.event_files import EXPECTED, HEAD, ROWS, list_events, load, make_frame, refuse, write_csv


def test_a_csv_of_any_delimiter_with_blank_lines_quotes_and_a_byte_order_mark(tmp_path):
    (tmp_path / "events.csv").write_text("\ufeff" + HEAD + "\n" + "\n\n".join(ROWS), encoding="utf-8")
    assert list_events(load("events.csv", tmp_path)) == EXPECTED
    for delimiter in ";\t|":
        quoted = [delimiter.join(f'"{cell}"' for cell in line.split(",")) for line in [HEAD.strip(), *ROWS]]
        (tmp_path / "events.tsv").write_text("\r\n".join(quoted) + "\r\n", encoding="utf-8", newline="")
        assert list_events(load("events.tsv", tmp_path)) == EXPECTED


def test_blank_lines_before_the_header_are_skipped(tmp_path):
    (tmp_path / "events.csv").write_text("\n\n" + HEAD + "\n".join(ROWS), encoding="utf-8")
    assert list_events(load("events.csv", tmp_path)) == EXPECTED


def test_parquet_in_texts_and_in_types(tmp_path):
    make_frame().to_parquet(tmp_path / "texts.parquet")
    assert list_events(load("texts.parquet", tmp_path)) == EXPECTED
    times = pd.to_datetime(make_frame()["occurred_at"], format="ISO8601", utc=True)
    typed = make_frame().assign(occurred_at=times, value=[1.0, None, 2.5, None])
    typed.to_parquet(tmp_path / "typed.parquet")
    assert list_events(load("typed.parquet", tmp_path)) == EXPECTED
    typed.rename(columns={"lead_id": ' Lead "ID" '}).to_parquet(tmp_path / "named.pq")
    assert list_events(load("named.pq", tmp_path, event_columns={"lead_id": 'Lead "ID"'})) == EXPECTED


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (
            [*ROWS, "C,2026-01-0"],
            r"EVENT002 1 line holds fewer cells than the header has names \(first in line 6 of 'events.csv'\)",
        ),
        ([ROWS[0], "B,2026-01-02", "B", *ROWS], r"EVENT002 2 lines hold fewer cells .* \(first in line 3 of 'events.csv'\)"),
        ([*ROWS, "C,2026-01-04,call,3,4"], r"EVENT002 1 line holds more cells than the header has names \(first in line 6"),
        ([*ROWS, 'C,2026-01-04,"cal'], r"EVENT002 A quote is opened and not closed \(first in line 6 of 'events.csv'\)"),
        (
            [ROWS[0] + "\r", *ROWS],
            r"EVENT000 'events.csv' cannot be read: it mixes two kinds of line ends, or a quote",
        ),
    ],
)
def test_broken_lines_are_counted_with_the_first_of_them(tmp_path, rows, match):
    (tmp_path / "events.csv").write_text(HEAD + "\n".join(rows), encoding="utf-8", newline="")
    refuse("events.csv", tmp_path, match)


def test_broken_lines_can_be_left_out(tmp_path):
    write_csv(tmp_path / "events.csv", [*ROWS, "C,2026-01-0"])
    events = load("events.csv", tmp_path, data={"faulty_rows": "drop"})
    assert list_events(events) == EXPECTED
    assert [(finding.code, finding.severity) for finding in events.findings] == [("EVENT002", "warning")]
    assert events.findings[0].what.endswith("(first in line 6 of 'events.csv'). Left out.")


def test_bytes_that_are_not_utf8(tmp_path):
    lines = [*(ROWS * 5000), "C,2026-01-04,café,1"]
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        (tmp_path / "events.csv").write_bytes((HEAD + "\n".join(lines)).encode(encoding))
        assert "café" in load("events.csv", tmp_path).types, encoding
    (tmp_path / "events.csv").write_bytes((HEAD + "\n".join(lines)).encode() + b"\nC,2026-01-04,caf\xe9,1")
    refuse(
        "events.csv",
        tmp_path,
        r"EVENT000 'events.csv' mixes encodings: the lines before line 20,003 are UTF-8, and that line \(byte [\d,]+\) is not",
    )


def test_files_that_hold_no_events(tmp_path):
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "empty.parquet").write_bytes(b"")
    (tmp_path / "events.xlsx").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    refuse("empty.csv", tmp_path, r"EVENT000 'empty.csv' is empty\. Export it again\.")
    refuse("empty.parquet", tmp_path, "EVENT000 'empty.parquet' is no readable Parquet file")
    refuse("events.xlsx", tmp_path, r"EVENT000 'events.xlsx' is no readable Excel file\. In Excel choose File, Save As")
    (tmp_path / "events.dat").write_bytes(b"x")
    refuse("events.dat", tmp_path, r"EVENT000 'events.dat' is in a format that is not read\. Save it as CSV")
    refuse("folder", tmp_path, r"EVENT000 The folder 'folder' holds no CSV, no Parquet and no JSON lines\. Fix the path")
    refuse(
        "no.csv",
        tmp_path,
        "EVENT000 There is no file 'no.csv' in .* Fix the path; it is relative to the settings file",
    )
    refuse("folder/*.csv", tmp_path, r"EVENT000 There is no file '\*.csv' in ")
    whole = tmp_path / "whole.parquet"
    make_frame().to_parquet(whole)
    (tmp_path / "cut.parquet").write_bytes(whole.read_bytes()[:-100])
    refuse("cut.parquet", tmp_path, "EVENT000 'cut.parquet' is no readable Parquet file")
    damaged = bytearray(whole.read_bytes())
    damaged[4:60] = bytes(56)
    (tmp_path / "harmed.parquet").write_bytes(damaged)
    refuse("harmed.parquet", tmp_path, r"EVENT000 'harmed.parquet' cannot be read: .* Export it again\.")


def test_names(tmp_path):
    write_csv(tmp_path / "events.csv", head="lead_id,when,event_type,value\n")
    refuse("events.csv", tmp_path, "EVENT001 There is no column 'occurred_at'; the table has 'lead_id', 'when'")
    write_csv(tmp_path / "export/1.csv")
    write_csv(tmp_path / "export/2.csv", head="lead_id,when,event_type,value\n")
    refuse("export", tmp_path, "EVENT001 '2.csv' has no column 'occurred_at'; it has 'lead_id', 'when'")
    write_csv(tmp_path / "events.csv", head="Lead_ID,LEAD_ID,occurred_at,event_type\n", rows=["A,B,2026-01-01,x"])
    found = load("events.csv", tmp_path, event_columns={"lead_id": "LEAD_ID"})
    assert [event["lead_id"] for event in list_events(found)] == ["B"]
