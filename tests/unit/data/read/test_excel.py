"""Excel workbooks: read as a CSV would hold them, or an error that says how to save them."""

import re
import sys
import zipfile
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from openpyxl import Workbook

from predictor.core.errors import TableError
from predictor.data.read.table_files import read_table


def write(path, *rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("notes").append(["not read"])
    book.save(path)
    return path


def test_the_first_sheet_is_read_as_a_csv_would_hold_it(tmp_path):
    moment = datetime(2026, 1, 31, 9, 5, tzinfo=UTC).replace(tzinfo=None)
    rows = [
        ("Lead ID", "Became MQL", "Employees", "Opt-in", None),
        (17, moment, 420, True, None),
        (),
        ("x", None, 2.5, False, None),
    ]
    frame = read_table(write(tmp_path / "leads.xlsx", *rows), "leads").frame
    assert list(frame.columns) == ["Lead ID", "Became MQL", "Employees", "Opt-in"]
    assert frame.astype(object).where(frame.notna(), None).to_numpy().tolist() == [
        ["17", "2026-01-31T09:05:00", "420", "true"],
        ["x", None, "2.5", "false"],
    ]


def test_workbooks_that_cannot_be_read(tmp_path):
    (tmp_path / "leads.xlsx").write_bytes(b"lead_id,city\n")
    with pytest.raises(TableError, match=r"LEAD000 'leads\.xlsx' is no readable Excel file\. In Excel choose File, Save As"):
        read_table(tmp_path / "leads.xlsx", "leads")
    Workbook().save(tmp_path / "empty.xlsx")
    with pytest.raises(TableError, match=r"The sheet 'Sheet' of 'empty\.xlsx' is empty\. Export the table again"):
        read_table(tmp_path / "empty.xlsx", "leads")


def test_without_openpyxl_the_error_says_how_to_save_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (tmp_path / "leads.xlsx").write_bytes(b"PK")
    with pytest.raises(TableError, match=r"needs openpyxl to be read\. In Excel choose .* 'CSV UTF-8 .* or install openpyxl"):
        read_table(tmp_path / "leads.xlsx", "leads")


def test_a_workbook_holds_what_its_csv_holds(tmp_path):
    frame = pd.DataFrame({"lead_id": ["a", "b"], "n": ["1", "2"]})
    write(tmp_path / "leads.xlsx", tuple(frame), *frame.itertuples(index=False))
    frame.to_csv(tmp_path / "leads.csv", index=False)
    pd.testing.assert_frame_equal(
        read_table(tmp_path / "leads.xlsx", "leads").frame, read_table(tmp_path / "leads.csv", "leads").frame
    )


def save_sheets(path, sheets, *, hidden=()):
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        page.sheet_state = "hidden" if title in hidden else "visible"
        for row in rows:
            page.append(row)
    book.save(path)
    return path


def say_size(path, size):
    """Write another size into the sheets of a workbook, as some programs do."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, re.sub(rb"<dimension [^>]*/>", size, content))
    return path


LEADS = [("Lead ID", "Source", "Size"), ("L1", "Web", 3), ("L2", "Fair", None), ("L3", None, 5)]


@pytest.mark.parametrize("size", [b'<dimension ref="A1"/>', b'<dimension ref="A1:B2"/>', b'<dimension ref="A1:ZZ99999"/>', b""])
def test_what_a_sheet_says_about_its_size_is_not_believed(tmp_path, size):
    frame, notes, _ = read_table(say_size(save_sheets(tmp_path / "leads.xlsx", {"Leads": LEADS}), size), "leads")
    assert frame.shape == (3, 3)
    assert [note.code for note in notes] == []


@pytest.mark.parametrize(
    "others",
    [
        {"Cover": [("Leads of Acme",), (), ("Made by", "marketing")]},
        {"Summary": [("Source", "Leads"), ("Web", 1), ("Fair", 1)], "Notes": [("not read",)]},
        {"Leere Seite": []},
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_the_sheet_that_holds_the_table_is_read_and_said(tmp_path, others, is_first):
    sheets = {"Leads": LEADS} | others if is_first else others | {"Leads": LEADS}
    frame, notes, _ = read_table(save_sheets(tmp_path / "leads.xlsx", sheets), "leads")
    assert frame["Lead ID"].tolist() == ["L1", "L2", "L3"]
    (note,) = notes
    assert note.code == "LEAD060"
    assert "'Leads' was read" in note.what
    assert note.severity == ("warning" if "Summary" in others else "tip")


def test_a_sheet_is_read_by_its_name(tmp_path):
    sheets = {"Open leads": LEADS, "Events": [("lead", "when", "what", "value"), ("L1", date(2026, 1, 1), "call", 2)]}
    path = save_sheets(tmp_path / "all#1.xlsx", sheets)
    assert "all#1" in str(path)
    frame, notes, _ = read_table(tmp_path / "all#1.xlsx#open leads", "leads")
    assert (frame["Lead ID"].tolist(), notes) == (["L1", "L2", "L3"], ())
    assert read_table(tmp_path / "all#1.xlsx#Events", "events").frame["when"].tolist() == ["2026-01-01"]
    with pytest.raises(TableError, match=r"LEAD000 'all#1\.xlsx' has no sheet 'Lead'; it has 'Open leads', 'Events'\. Name one"):
        read_table(tmp_path / "all#1.xlsx#Lead", "leads")
    (tmp_path / "leads.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match=r"LEAD000 'leads\.csv' has no sheets\. Leave out '#Leads'"):
        read_table(tmp_path / "leads.csv#Leads", "leads")


def test_hidden_sheets_are_not_chosen(tmp_path):
    wide = [("Lead ID", "Source", "Size", "Old", "Older"), ("X1", "Web", 3, 4, 5)]
    path = save_sheets(tmp_path / "leads.xlsx", {"Old": wide, "Leads": LEADS}, hidden=["Old"])
    assert read_table(path, "leads").frame["Lead ID"].tolist() == ["L1", "L2", "L3"]
    assert read_table(tmp_path / "leads.xlsx#Old", "leads").frame["Lead ID"].tolist() == ["X1"]


def test_titles_filters_merged_cells_and_hidden_rows(tmp_path):
    book = Workbook()
    page = book.active
    for row in [("Leads of May",), (), *LEADS, (), ("Total", None, 8), (), ("Copyright (c) Acme",)]:
        page.append(row)
    page.merge_cells("A1:C1")
    page.auto_filter.ref = "A3:C6"
    page.row_dimensions[5].hidden = True
    page.column_dimensions["B"].hidden = True
    page.freeze_panes = "A4"
    book.save(tmp_path / "leads.xlsx")
    frame, notes, _ = read_table(tmp_path / "leads.xlsx", "leads")
    assert frame["Lead ID"].tolist() == ["L1", "L2", "L3"]
    assert frame["Size"].tolist()[::2] == ["3", "5"]
    assert [note.code for note in notes] == ["LEAD060", "LEAD039"]
    assert notes[1].what.startswith("2 rows of 'leads.xlsx' that are no records were left out (first in row 5)")


def test_cells_right_of_the_header_are_named(tmp_path):
    frame, (note,), _ = read_table(
        save_sheets(tmp_path / "leads.xlsx", {"Leads": [*LEADS[:2], (*LEADS[2], None, "call her")]}), "leads"
    )
    assert list(frame.columns) == ["Lead ID", "Source", "Size"]
    assert "column 5 (1 cell)" in note.what


def test_a_workbook_is_read_whatever_its_file_is_called(tmp_path):
    write(tmp_path / "leads.xlsx", *LEADS).rename(tmp_path / "leads.csv")
    assert read_table(tmp_path / "leads.csv", "leads").frame.shape == (3, 3)


@pytest.mark.parametrize("part", [200, 3000, -30])
def test_half_of_a_workbook(tmp_path, part):
    whole = write(tmp_path / "whole.xlsx", *LEADS).read_bytes()
    (tmp_path / "leads.xlsx").write_bytes(whole[:part])
    with pytest.raises(TableError, match=r"LEAD000 'leads\.xlsx' is no readable Excel file: it is broken, or not complete"):
        read_table(tmp_path / "leads.xlsx", "leads")


def test_a_workbook_of_which_a_sheet_is_damaged(tmp_path):
    write(tmp_path / "whole.xlsx", *LEADS)
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "leads.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content[: len(content) // 2] if "sheet1" in name else content)
    with pytest.raises(TableError, match=r"LEAD000 'leads\.xlsx' is no readable Excel file\. In Excel choose File"):
        read_table(tmp_path / "leads.xlsx", "leads")


def test_a_workbook_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("predictor.data.read.excel._MOST_BYTES", 1000)
    with pytest.raises(TableError, match=r"unpacks to 0\.0 GB, more than is read of an Excel file\. In Excel choose"):
        read_table(write(tmp_path / "leads.xlsx", *LEADS), "leads")


def test_the_sheet_with_the_largest_table_is_read(tmp_path):
    book = Workbook()
    pages = {
        "Notes": book.active,
        "Leads": book.create_sheet("Leads"),
        "Lists": book.create_sheet("Lists"),
        "Codes": book.create_sheet("Codes"),
    }
    rows = {
        "Notes": [["Made by marketing"], ["Owner:", "Ada"]],
        "Leads": [["id", "city", "won"], *([n, "Rome", n % 2] for n in range(30))],
        "Lists": [list("abcdefghi"), ["x"] * 4],  # more columns
        "Codes": [["zip", "place"], *([n, "Bonn"] for n in range(500))],  # more rows
    }
    for title, page in pages.items():
        page.title = title
        for row in rows[title]:
            page.append(row)
    book.save(tmp_path / "leads.xlsx")
    found = read_table(tmp_path / "leads.xlsx", "leads")
    assert (list(found.frame), len(found.frame)) == (["id", "city", "won"], 30)
    assert "'Leads' was read, which holds the largest table; 'Lists', 'Codes' hold one too" in found.notes[0].what
