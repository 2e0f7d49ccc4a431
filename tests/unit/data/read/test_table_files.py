"""Tables in files: cells stay texts, and errors say why a file cannot be read."""

import csv
import errno
import os
import re
import shutil
import subprocess
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from predictor.core.errors import TableError
from predictor.data.read.csv_header import DELIMITERS
from predictor.data.read.table_files import read_table, write_table


def read(folder, content, name="leads.csv"):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(folder / name, "leads").frame


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path, delimiter):
    frame = read(tmp_path, f"lead_id{delimiter}city\nA{delimiter}Rome\n")
    assert frame.to_dict("list") == {"lead_id": ["A"], "city": ["Rome"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    frame = read(tmp_path, "lead_id;stadt\nA;Köln – Süd\n".encode(encoding))
    assert frame.to_dict("list") == {"lead_id": ["A"], "stadt": ["Köln – Süd"]}


def test_an_encoding_that_the_settings_name(tmp_path):
    (tmp_path / "leads.csv").write_bytes("lead_id,miasto\nA,Łódź\n".encode("cp1250"))
    assert read_table(tmp_path / "leads.csv", "leads", encoding="cp1250").frame["miasto"].tolist() == ["Łódź"]
    with pytest.raises(TableError, match=r"LEAD000 'leads.csv' is not ascii\. Fix data\.encoding, or save the file as CSV UTF-8"):
        read_table(tmp_path / "leads.csv", "leads", encoding="ascii")


def test_the_delimiter_of_a_sep_line_and_one_in_quotes(tmp_path):
    assert read(tmp_path, "sep=;\nlead_id;city\nA;Rome, Italy\n").to_dict("list") == {"lead_id": ["A"], "city": ["Rome, Italy"]}
    frame = read(tmp_path, 'lead_id;"a, b, c";city\nA;1;Rome\n')
    assert list(frame.columns) == ["lead_id", "a, b, c", "city"]


def test_thousands_of_columns(tmp_path):
    names = [f"c{number}" for number in range(5000)]
    frame = read(tmp_path, "\n".join([",".join(names), *[",".join("x" * 5000)] * 3]))
    assert frame.shape == (3, 5000)


def test_cells_stay_texts(tmp_path):
    frame = read(tmp_path, "lead_id,plz,city,n\n007,01067,NA,\n1e3,,null,nan\n")
    assert frame["lead_id"].tolist() == ["007", "1e3"]
    assert frame["plz"].tolist()[0] == "01067"
    assert frame["city"].tolist() == ["NA", "null"]
    assert frame["plz"].isna().tolist() == [False, True]
    assert frame["n"].tolist()[1] == "nan"


@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        ("\ufefflead_id,city\nA,Rome\n", ["lead_id", "city"], 1),  # Excel's mark
        ("\n\nlead_id;city\nA;Rome\n\nB;Bonn\n", ["lead_id", "city"], 2),
        (" lead_id , city \r\nA,Rome\r\n", ["lead_id", "city"], 1),
        ('lead_id,"a, b"\nA,"x\ny"\n', ["lead_id", "a, b"], 1),
        ("lead_id,city\nA\n", ["lead_id", "city"], 1),
        ("lead_id,city\nA,Rome,\n", ["lead_id", "city"], 1),  # a delimiter at the end of each row
        ("lead_id,city\n", ["lead_id", "city"], 0),
        ("lead_id\nA\n", ["lead_id"], 1),
        ("lead_id,city,city\nA,x,y\n", ["lead_id", "city", "city (2)"], 1),
    ],
)
def test_shapes(tmp_path, content, columns, rows):
    frame = read(tmp_path, content)
    assert list(frame.columns) == columns
    assert len(frame) == rows
    assert frame["lead_id"].tolist() == ["A", "B"][:rows]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("", "'leads.csv' is empty. Export it again."),
        ("\n\n", "'leads.csv' is empty"),
        ("\ufeff", "'leads.csv' is empty"),
        (
            "a,b\n1,2\n3,4,5\n",
            r"Line 3 of 'leads.csv' has 3 cells, more than its header in line 1 has names \(2: 'a', 'b'\)\. Remove lines above",
        ),
        ("\nid, May\nx,b,c\ny,d,e\n", r"Line 3 of 'leads.csv' has 3 cells, .* in line 2 .* \(2: 'id', 'May'\)"),
        ('sep=;\na;b\n"1\n1";2\n"3\n3";4;5\n', r"Line 5 of 'leads.csv' has 3 cells"),
        (
            'a,b\n1,"2\n3,4\n',
            "'leads.csv' is broken: a quote is opened in line 2 and not closed, so the end of its row is unknown",
        ),
        ("a,b\n1,2,3\n4,5,6\n", r"Line 2 of 'leads.csv' has 3 cells, more than its header in line 1 has names \(2: 'a', 'b'\)"),
        (b"a,b\n" + b"x,y\n" * 30_000 + b"\xe4\x8f,\xc3\xa4\n", r"'leads.csv' is not UTF-8 \(line 30,002, byte 120,005\)"),
        (
            "a,b\nä,1\n".encode() + "é,1\n".encode("cp1252"),
            r"'leads.csv' mixes encodings: the lines before line 3 are UTF-8, and that line \(byte 10\) is not\. Save the parts",
        ),
        ("a,b\n1,2\n".encode("utf-16")[:-1], "'leads.csv' is not complete, or damaged: further down it is not in the encoding"),
        (b"a,b\n\0\x01,\x02\n", r"'leads.csv' is no text, no CSV: it holds a NUL byte in line 2, byte 5\. Save it as CSV UTF-8"),
        (b"PK\x03\x04abc", "'leads.csv' is an Excel or ZIP file, no CSV"),
        ("<html><table>", "'leads.csv' is HTML or XML, no CSV"),
        ('{"results": []}', "'leads.csv' holds no record"),
    ],
)
def test_broken_csv(tmp_path, content, match):
    with pytest.raises(TableError, match=f"LEAD000 {match}"):
        read(tmp_path, content)


def test_other_formats_and_missing_files(tmp_path):
    with pytest.raises(TableError, match=r"'leads.xls' is in a format that is not read. Save it as CSV"):
        read(tmp_path, b"PK", "leads.xls")
    with pytest.raises(TableError, match=r"EVENT000 There is no file 'no.csv' in .* Fix the path"):
        read_table(tmp_path / "no.csv", "events")
    (tmp_path / "dir.csv").mkdir()
    with pytest.raises(TableError, match=r"There is no file 'dir.csv'"):
        read_table(tmp_path / "dir.csv", "leads")


def test_file_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("predictor.data.read.csv_header.detect_encoding", refuse)
    with pytest.raises(TableError, match=r"'leads.csv' cannot be read: Permission denied. Check the file and its permissions."):
        read(tmp_path, "a,b\n")


def test_parquet_keeps_its_types(tmp_path):
    frame = pd.DataFrame({"lead_id": [1, 2], "at": pd.to_datetime(["2026-01-01", None], utc=True), "yes": [True, False]})
    frame.to_parquet(tmp_path / "leads.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "leads.parquet", "leads").frame, frame)


def test_parquet_with_the_key_as_index(tmp_path):
    frame = pd.DataFrame({"lead_id": ["b", "a"], "n": [1, 2]})
    frame.set_index("lead_id").to_parquet(tmp_path / "leads.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "leads.parquet", "leads").frame, frame)
    frame.set_axis([7, 9]).to_parquet(tmp_path / "leads.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "leads.parquet", "leads").frame, frame)


def test_parquet_that_cannot_be_read(tmp_path):
    with pytest.raises(TableError, match=r"'leads.parquet' is no readable Parquet file: .* Export it again."):
        read(tmp_path, b"lead_id,city\n", "leads.parquet")
    whole = tmp_path / "whole.parquet"
    pd.DataFrame({"a": range(1000)}).to_parquet(whole)
    with pytest.raises(TableError, match="is no readable Parquet file"):
        read(tmp_path, whole.read_bytes()[:-200], "leads.parquet")
    pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), tmp_path / "twice.parquet")
    frame, notes, _ = read_table(tmp_path / "twice.parquet", "leads")
    assert frame.to_dict("list") == {"a": [1], "a (2)": [2]}
    assert [note.code for note in notes] == ["LEAD062"]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_written_tables_read_back(tmp_path, name):
    frame = pd.DataFrame({"lead_id": ["a", "b"], "text": ["x,y", 'say "no"\nor yes']})
    write_table(frame, tmp_path / name)
    pd.testing.assert_frame_equal(read_table(tmp_path / name, "leads").frame, frame, check_dtype=False)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "out.csv").write_text("old")

    def half(_, path, **__):
        path.write_text("ha")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pd.DataFrame, "to_csv", half)
    with pytest.raises(
        TableError, match=r"out.csv' could not be written: No space left on device. Free some space, or name another place."
    ):
        write_table(pd.DataFrame({"a": [1]}), tmp_path / "out.csv")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.csv", "old")]


def test_other_formats_are_not_written(tmp_path):
    names = r"'out.ods' is neither CSV, Parquet nor Excel. Name a file that ends in .csv, .parquet or .xlsx."
    with pytest.raises(TableError, match=names):
        write_table(pd.DataFrame({"a": [1]}), tmp_path / "out.ods")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("other", DELIMITERS)
def test_the_delimiter_is_none_of_those_in_notes_of_several_lines(tmp_path, quoting, delimiter, other):
    notes = [f'said{other}\nAda{other} "a, b"{other}\nAda{other} x', "one line", f"a{other} b\nc{other}"]
    leads = pd.DataFrame({"Lead ID": ["a1", "a2", "a3"], "Notes": notes, "City": ["Rome", "Bonn", "Oslo"]})
    leads.to_csv(tmp_path / "leads.csv", sep=delimiter, quoting=quoting, index=False)
    frame = read_table(tmp_path / "leads.csv", "leads").frame
    assert frame.to_numpy().tolist() == leads.to_numpy().tolist()


def test_a_workbook_holds_numbers_shares_and_texts_that_are_no_formulas(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    frame = pd.DataFrame({
        "lead_id": ["007", "=1+1"], "probability": [0.123456, np.nan], "points": [60.0, -5.0], "Company": ["Ä & Co", None],
        "at": pd.to_datetime(["2026-03-30T14:05:00Z", None], utc=True),
    })  # fmt: skip
    write_table(frame, tmp_path / "scored.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "scored.xlsx").active
    heads, first, second = ([cell.value for cell in row] for row in sheet.iter_rows())
    assert heads == ["Lead ID", "Probability", "Points", "Company", "At"]
    assert first == ["007", 0.123456, 60, "Ä & Co", datetime(2026, 3, 30, 14, 5)]  # noqa: DTZ001  Excel knows no zones
    assert second == ["=1+1", None, -5, None, None]
    assert [sheet["A3"].data_type, sheet["B2"].number_format, sheet.freeze_panes] == ["s", "0.0 %", "B2"]
    assert read_table(tmp_path / "scored.xlsx", "leads").frame["Lead ID"].tolist() == ["007", "=1+1"]


SCORED = pd.DataFrame({
    "lead_id": ["007", "A2", None], "Company": ["Bäckerei; Söhne", "=1+1", "Øl"], "size": ["2.5", None, "-3.25"],
    "probability": [0.123456789, np.nan, 0.5], "points": [65.0, 30, np.nan],
    "engagement_grade": pd.array([1, None, 4], dtype="Int64"),
})  # fmt: skip


@pytest.mark.parametrize(("decimal", "separator", "sign"), [("comma", ";", ","), ("point", ",", ".")])
def test_csv_for_a_spreadsheet(tmp_path, decimal, separator, sign):
    """Its mark tells Excel that it is UTF-8; sign and separator are those of the place; 2.5 is no date."""
    path = tmp_path / "scored.csv"
    write_table(SCORED, path, decimal=decimal)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    read = pd.read_csv(path, sep=separator, decimal=sign, encoding="utf-8-sig", dtype={"lead_id": "str"})
    assert read["Company"].tolist() == ["Bäckerei; Söhne", "'=1+1", "Øl"]
    assert read["size"].dropna().tolist() == [2.5, -3.25]
    np.testing.assert_allclose(read["probability"], SCORED["probability"], rtol=1e-5)
    assert read["engagement_grade"].dropna().tolist() == [1, 4]
    assert path.read_text(encoding="utf-8-sig").splitlines()[1].split(separator)[-3:] == [f"0{sign}123457", "65", "1"]
    assert read["lead_id"].iloc[0] == "007"


def test_csv_of_no_rows_for_a_spreadsheet(tmp_path):
    write_table(SCORED.iloc[:0], tmp_path / "none.csv", decimal="comma")
    assert (tmp_path / "none.csv").read_text(encoding="utf-8-sig") == "lead_id;Company;size;probability;points;engagement_grade\n"


@pytest.mark.skipif(
    shutil.which("soffice") is None and not os.environ.get("PREDICTOR_MUST_NOT_SKIP"), reason="LibreOffice is not on this machine"
)
@pytest.mark.parametrize(("name", "decimal"), [("scored.csv", "comma"), ("scored.csv", "point"), ("scored.xlsx", None)])
def test_a_spreadsheet_opens_it_as_it_is(tmp_path, name, decimal):
    write_table(SCORED, tmp_path / name, decimal=decimal)
    reader = {"comma": "CSV:59,34,76,1,,1031,false,true", "point": "CSV:44,34,76,1,,1033,false,true"}.get(decimal)
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "fods"]
    command += [f"--infilter={reader}"] if reader else []
    subprocess.run([*command, "--outdir", tmp_path / "out", tmp_path / name], check=True, capture_output=True, timeout=120)
    content = (tmp_path / "out" / "scored.fods").read_text(encoding="utf-8")
    numbers = [float(value) for value in re.findall(r'office:value="([^"]+)"', content)]
    assert 0.5 in numbers
    assert numbers.count(65) == 1
    assert any(abs(number - 0.123457) < 1e-6 for number in numbers)
    assert "Bäckerei; Söhne" in content
    assert "table:formula" not in content
    assert "office:date-value" not in content
