"""Excel workbooks: read as a CSV would hold them, or an error that says how to save them."""

import sys
from datetime import UTC, datetime

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
