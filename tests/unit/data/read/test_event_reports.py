"""Reports of events: titles, totals, blank rows, sheets and columns of one label, told in findings."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from unit.data.read.event_files import EXPECTED, HEAD, ROWS, list_events, load, make_frame, refuse, write_csv

SALESFORCE = ["", "", '"Grand Totals (4 records)"', "", '"Confidential Information - Do Not Distribute"', '"Copyright (c) 2026"']
ENDS = {
    "salesforce": (SALESFORCE, 3),
    "filled up": ([",,,", "Summe,,,3.5", "Vertraulich,,,"], 2),
    "without a blank line": (["Total: 4", "Généré le 04/05/2026"], 2),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_end_of_a_report_is_left_out_and_counted(tmp_path, end, encoding):
    lines, n = ENDS[end]
    (tmp_path / "events.csv").write_bytes((HEAD + "\n".join([*ROWS, *lines])).encode(encoding))
    events = load("events.csv", tmp_path)
    assert list_events(events) == EXPECTED
    note = next(finding for finding in events.findings if finding.code == "EVENT039")
    assert note.severity == "tip"
    assert note.what.startswith(f"{n} rows of 'events.csv' that are no records were left out")


def test_the_key_may_stand_anywhere(tmp_path):
    frame = make_frame()[["event_type", "value", "occurred_at", "lead_id"]]
    text = frame.to_csv(index=False) + "\nGrand Totals (4 records)\nCopyright (c) 2026 Acme\n"
    (tmp_path / "events.csv").write_text(text)
    assert list_events(load("events.csv", tmp_path)) == EXPECTED


def test_a_broken_last_line_is_no_closing_line(tmp_path):
    write_csv(tmp_path / "events.csv", [*ROWS, "C,2026-01-0"])
    refuse("events.csv", tmp_path, r"EVENT002 1 line holds fewer cells .* \(first in line 6 of 'events.csv'\)")
    write_csv(tmp_path / "events.csv", [*ROWS, ",2026-01-05,call,"])
    refuse("events.csv", tmp_path, r"EVENT006 Column 'lead_id' is empty in 1 row \(first in row 5\)")


def test_lines_above_the_header_and_blank_rows(tmp_path):
    rows = [ROWS[0], ",,,", *ROWS[1:]]
    (tmp_path / "events.csv").write_text("Events of May\n\n" + HEAD + "\n".join(rows))
    events = load("events.csv", tmp_path)
    assert list_events(events) == EXPECTED
    texts = {finding.code: finding.what for finding in events.findings}
    assert texts["EVENT060"] == "1 line above the header of 'events.csv' was left out."
    assert texts["EVENT039"] == "1 blank row was left out."


def test_rows_keep_their_numbers_where_blank_ones_are_left_out(tmp_path):
    write_csv(tmp_path / "events.csv", [ROWS[0], ",,,", "B,soon,call,"])
    refuse("events.csv", tmp_path, r"EVENT003 Column 'occurred_at' holds no date in 1 row \(first in row 3\)")


def test_a_sheet_of_a_workbook(tmp_path):
    book = Workbook()
    book.active.append(["Leads, not events"])
    page = book.create_sheet("Events")
    for row in [HEAD.strip().split(","), *(row.split(",") for row in ROWS), [], ["Total: 4 events"]]:
        page.append([cell or None for cell in row])
    book.save(tmp_path / "all.xlsx")
    for where in ("all.xlsx", "all.xlsx#Events"):
        events = load(where, tmp_path)
        assert list_events(events) == EXPECTED
        assert "EVENT039" in {finding.code for finding in events.findings}
    refuse("all.xlsx#Event", tmp_path, r"EVENT000 'all\.xlsx' has no sheet 'Event'; it has 'Sheet', 'Events'")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_columns_of_one_label_stay_apart(tmp_path, kind):
    names = ["lead_id", "occurred_at", "event_type", "value", "lead_id"]
    cells = [[*row.split(","), "other"] for row in ROWS]
    if kind == "csv":
        (tmp_path / "events.csv").write_text("\n".join(",".join(row) for row in [names, *cells]))
    else:
        columns = [pa.array([cell or None for cell in column]) for column in zip(*cells, strict=True)]
        pq.write_table(pa.table(columns, names=names), tmp_path / "events.parquet")
    events = load(f"events.{kind}", tmp_path)
    assert list_events(events) == EXPECTED
    note = next(finding for finding in events.findings if finding.code == "EVENT062")
    assert f"'events.{kind}' has columns of one label: 'lead_id'. The later ones are read as 'lead_id (2)'." in note.what
    second = load(f"events.{kind}", tmp_path, event_columns={"lead_id": "lead_id (2)"})
    assert second.findings[-1].code == "EVENT015"


def test_names_that_differ_in_case_only_are_two_columns_of_parquet(tmp_path):
    pd.DataFrame([["A", "B", "2026-01-01", "call"]], columns=["Lead", "LEAD", "occurred_at", "event_type"]).to_parquet(
        tmp_path / "e.parquet"
    )
    for name in ("Lead", "LEAD"):
        (event,) = list_events(load("e.parquet", tmp_path, event_columns={"lead_id": name}))
        assert event["lead_id"] == {"Lead": "A", "LEAD": "B"}[name]
