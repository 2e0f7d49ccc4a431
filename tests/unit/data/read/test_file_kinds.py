"""Files of any kind under any name: read right, or refused in words that say what they are and what to do."""

import bz2
import gzip
import io
import lzma
import sqlite3
import zipfile

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pytest
from openpyxl import Workbook

from predictor.core.errors import TableError
from predictor.data.read.file_kinds import detect_kind
from predictor.data.read.table_files import read_sample, read_table

LEADS = pd.DataFrame({"lead_id": ["L1", "L2", "L3", "L4"], "city": ["Rome", "Köln", "Łódź", None]})
CSV = LEADS.to_csv(index=False)
SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def make_ole(*names):
    """An OLE file with a directory of these names, as old workbooks and those with a password are."""
    header = bytearray(512)
    header[:8], header[30:32], header[48:52] = SIGNATURE, (9).to_bytes(2, "little"), (200).to_bytes(4, "little")
    directory = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in names)
    return bytes(header) + bytes(512 * 200) + directory


def make_workbook():
    book = Workbook()
    for row in [LEADS.columns, *LEADS.itertuples(index=False)]:
        book.active.append(list(row))
    return save(book.save)


def make_zip(**parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", ".").replace("_", "/"), content)
    return buffer.getvalue()


def save(write):
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


READ = {
    "JSON, called a text": ("leads.csv", LEADS.to_json(orient="records").encode()),
    "text with tabs, called a workbook": ("leads.xls", CSV.replace(",", "\t").encode()),
    "workbook, called a text": ("leads.csv", make_workbook()),
    "workbook, called an old one": ("leads.xls", make_workbook()),
    "Parquet, called a text": ("leads.txt", save(LEADS.to_parquet)),
    "Parquet, called a workbook": ("leads.xlsx", save(LEADS.to_parquet)),
    "UTF-8": ("leads.csv", CSV.encode()),
    "UTF-8 with a mark": ("leads.csv", CSV.encode("utf-8-sig")),
    "UTF-16 with a mark": ("leads.csv", CSV.encode("utf-16")),
    "UTF-32 with a mark": ("leads.csv", CSV.encode("utf-32")),
    "UTF-16 without a mark": ("leads.csv", CSV.encode("utf-16-le")),
    "UTF-16, the other way round": ("leads.csv", CSV.encode("utf-16-be")),
    "UTF-16 of Excel's 'Unicode Text'": ("leads.txt", CSV.replace(",", "\t").replace("\n", "\r\n").encode("utf-16")),
    "lines that end as on an old Mac": ("leads.csv", CSV.replace("\n", "\r").encode()),
    "lines that end in two ways": ("leads.csv", CSV.replace("\n", "\r\n", 2).encode()),
    "no end of the last line": ("leads.csv", CSV.rstrip("\n").rstrip(",").encode() + b","),
    "a name in capitals": ("LEADS.CSV", CSV.encode()),
}


@pytest.mark.parametrize("kind", READ)
def test_what_is_read(tmp_path, kind):
    name, content = READ[kind]
    (tmp_path / name).write_bytes(content)
    frame, notes, _ = read_table(tmp_path / name, "leads")
    pd.testing.assert_frame_equal(frame, LEADS, check_dtype=False)
    assert notes == ()


REFUSED = {
    "password": (
        "leads.xlsx",
        make_ole("Root Entry", "EncryptedPackage"),
        r"is protected with a password\. Save it without a password",
    ),
    "password, in another place": (
        "leads.xlsx",
        SIGNATURE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600),
        r"is protected with a password\.",
    ),
    "old Excel": (
        "leads.xls",
        make_ole("Root Entry", "Workbook"),
        r"is an old Excel file \(\.xls\)\. Save it as \.xlsx or as CSV",
    ),
    "web page": (
        "leads.xls",
        b"\xef\xbb\xbf\n<html><table>",
        r"is HTML or XML, no CSV\. Open it in Excel, and save it as CSV UTF-8",
    ),
    "XML": ("leads.csv", b'<?xml version="1.0"?><Workbook/>', "is HTML or XML, no CSV"),
    "ZIP": (
        "leads.csv",
        make_zip(a__csv="x", b__csv="y"),
        r"is a ZIP archive; it holds 'a\.csv', 'b\.csv'\. Unpack it, and name",
    ),
    "ZIP, called so": ("leads.zip", make_zip(leads__csv="x"), r"is a ZIP archive; it holds 'leads\.csv'\. Unpack it"),
    "half a ZIP": (
        "leads.csv",
        make_zip(a__csv="x" * 500)[:300],
        r"is an Excel or ZIP file, no CSV, and cannot be opened: it is broken",
    ),
    "OpenDocument": ("leads.ods", make_zip(content__xml="<x/>", mimetype="x"), r"is an OpenDocument file\. Save it as \.xlsx"),
    "binary workbook": (
        "leads.xlsb",
        make_zip(xl_workbook__bin="x"),
        r"is a binary Excel workbook \(\.xlsb\)\. Save it as \.xlsx",
    ),
    "gzip": ("leads.csv.gz", gzip.compress(CSV.encode()), r"is compressed \(gzip\)\. Unpack it, and name the file in it"),
    "half a gzip": ("leads.csv", gzip.compress(CSV.encode())[:20], r"is compressed \(gzip\)"),
    "bzip2": ("leads.csv", bz2.compress(b"x"), r"is compressed \(bzip2\)"),
    "xz": ("leads.csv", lzma.compress(b"x"), r"is compressed \(xz\)"),
    "PDF": ("leads.csv", b"%PDF-1.7", "is a PDF, no CSV"),
    "word processor": ("leads.csv", rb"{\rtf1", "is a text of a word processor"),
    "picture": ("leads.csv", b"\x89PNG\r\n\x1a\n", "is a picture, no CSV"),
    "Arrow": (
        "leads.csv",
        save(lambda out: pyarrow.feather.write_feather(pa.table({"a": [1]}), out)),
        "is an Arrow or Feather file",
    ),
    "noise": ("leads.csv", bytes(range(256)) * 40, r"is no text, no CSV: it holds a NUL byte in line 1, byte 1\."),
    "zeros": ("leads.csv", bytes(5000), r"is no text, no CSV: it holds a NUL byte in line 1, byte 1\."),
    "zeros after half of the file": (
        "leads.csv",
        CSV.encode() * 9000 + bytes(5000),
        r"is damaged: it holds a NUL byte in line 45,001",
    ),
    "half a Parquet": ("leads.parquet", save(LEADS.to_parquet)[:-100], "is no readable Parquet file"),
    "text, called Parquet": ("leads.parquet", CSV.encode(), "is no readable Parquet file"),
    "text, called a workbook": ("leads.xlsx", CSV.encode(), "is no readable Excel file"),
    "empty workbook": ("leads.xlsx", b"", "is no readable Excel file"),
    "no bytes": ("leads.csv", b"", r"is empty\. Export it again"),
    "blank lines": ("leads.csv", b"\n\n\r\n", "is empty"),
    "a quote that is never closed": (
        "leads.csv",
        CSV.encode() + b'L5,"Bonn\nL6,Rome\n',
        "is broken: a quote is opened in line 6 and not closed",
    ),
    "a last line that is cut off": (
        "leads.csv",
        b"lead_id,city,size\n" + b"L1,Rome,3\n" * 5 + b"L2,Ro",
        r"is not complete: its last line has 2 of 3 cells, and no line end\. Export it again",
    ),
    "one in UTF-16": (
        "leads.csv",
        ("lead_id;city;size\n" + "L1;Rome;3\n" * 5 + "L2;Ro").encode("utf-16"),
        "is not complete: its last line has 2 of 3",
    ),
    "another suffix": ("leads.dat", CSV.encode(), r"is in a format that is not read\. Save it as CSV"),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("table", ["leads", "events"])
def test_what_is_refused(tmp_path, kind, table):
    name, content, match = REFUSED[kind]
    (tmp_path / name).write_bytes(content)
    code = "LEAD000" if table == "leads" else "EVENT000"
    with pytest.raises(TableError, match=rf"{code} '{name}' {match}"):
        read_table(tmp_path / name, table)


def test_databases_are_named_as_such(tmp_path):
    sqlite3.connect(tmp_path / "crm.csv").execute("CREATE TABLE leads (a)").connection.close()
    with pytest.raises(TableError, match=r"'crm\.csv' is an SQLite database\. Name it as .*: sqlite:///crm\.csv#TABLE"):
        detect_kind(tmp_path / "crm.csv", "leads")
    duckdb.connect(str(tmp_path / "crm.db")).execute("CREATE TABLE leads (a INT)").close()
    with pytest.raises(TableError, match=r"'crm\.db' is a DuckDB database\. Name it as .*: duckdb:///crm\.db#TABLE"):
        detect_kind(tmp_path / "crm.db", "leads")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b,c\n1,2,3\n4,5\n6,7,8\n9,1", 4),  # others are short too
        ("a,b,c\nL1,2,3\nL2,5,6\nL3,7,8\nTotal: 3 records", 3),
        ("a,b,c\n1,2,3\n4,5,6\n7,8,9\n1,2\n", 4),  # the line has its end
        ("a,b,c\n1,2,3\n4", 2),  # too few lines to tell
    ],
)
def test_a_last_line_may_be_short(tmp_path, text, rows):
    (tmp_path / "leads.csv").write_text(text)
    assert len(read_table(tmp_path / "leads.csv", "leads").frame) == rows


def test_names_that_begin_like_json_are_names(tmp_path):
    (tmp_path / "leads.csv").write_text("[lead id],[city]\nL1,Rome\n")
    assert list(read_table(tmp_path / "leads.csv", "leads").frame) == ["[lead id]", "[city]"]


def test_one_cell_may_be_as_long_as_a_mail(tmp_path):
    LEADS.assign(note=["x", "y " * 100_000, "z", "a"]).to_csv(tmp_path / "leads.csv", index=False)
    assert read_table(tmp_path / "leads.csv", "leads").frame["note"].str.len().tolist() == [1, 200_000, 1, 1]


@pytest.mark.parametrize("bounds", [{"_MOST_LENGTH": 2000}, {"_MOST_LENGTH": 2000, "_CHUNK_ROWS": 3}])
def test_a_quote_that_is_never_closed_fills_no_memory(tmp_path, monkeypatch, bounds):
    for name, value in bounds.items():
        monkeypatch.setattr(f"predictor.data.read.csv_rows.{name}", value)
    (tmp_path / "leads.csv").write_text("lead_id,city\n" + "L1,Rome\n" * 50 + 'L2,"Bonn\n' + "L3,Rome\n" * 5000)
    with pytest.raises(
        TableError, match=r"'leads\.csv' has rows of many million characters, as where a quote is opened and never"
    ):
        read_table(tmp_path / "leads.csv", "leads")


def test_a_file_of_one_line_fills_no_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("predictor.data.read.csv_header._LONGEST_HEADER", 1000)
    (tmp_path / "leads.csv").write_text("x" * 5000)
    with pytest.raises(
        TableError, match=r"The first line of 'leads\.csv' has more than 1,000 characters\. Export it again: one line"
    ):
        read_table(tmp_path / "leads.csv", "leads")


def test_a_first_look_at_long_rows_takes_fewer(tmp_path, monkeypatch):
    monkeypatch.setattr("predictor.data.read.csv_rows._SAMPLE_LENGTH", 10_000)
    LEADS.loc[[0] * 500].assign(note="x" * 990).to_csv(tmp_path / "leads.csv", index=False)
    frame, _, whole = read_sample(str(tmp_path / "leads.csv"), "leads", 200)
    assert (len(frame), whole) == (10, False)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx"])
def test_a_first_look_takes_the_first_rows_of_any_kind(tmp_path, suffix):
    path = tmp_path / f"leads.{suffix}"
    {"csv": LEADS.to_csv, "parquet": LEADS.to_parquet, "xlsx": LEADS.to_excel}[suffix](path, index=False)
    for rows, whole in ((2, False), (4, True), (9, True)):
        found = read_sample(str(path), "leads", rows)
        assert (found.frame["lead_id"].tolist(), found.whole) == (LEADS["lead_id"].tolist()[:rows], whole)
