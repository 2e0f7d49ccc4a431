"""A file with more rows than the limit: rows are read evenly over the file, and a finding says so."""

import pandas as pd
import pytest

from predictor.core.settings import make_settings
from predictor.data.raw_tables import read_tables
from predictor.data.read.table_files import compute_row_step, read_sample


@pytest.fixture
def leads(tmp_path):
    table = pd.DataFrame({"lead_id": [f"L{number}" for number in range(1001)], "outcome": 1})
    table.to_csv(tmp_path / "leads.csv", index=False)
    return tmp_path / "leads.csv"


@pytest.mark.parametrize(("most", "step"), [(0, 1), (2000, 1), (1002, 1), (1001, 2), (500, 3), (100, 11)])
def test_the_step_keeps_the_rows_within_the_limit(leads, most, step):
    assert compute_row_step(leads, most) == step


@pytest.mark.parametrize(("most", "step"), [(2000, 1), (500, 3)])
def test_lines_that_end_in_a_carriage_return_are_counted(leads, most, step):
    leads.write_bytes(leads.read_bytes().replace(b"\n", b"\r"))
    assert compute_row_step(leads, most) == step


def test_training_reads_rows_evenly_and_says_so(leads):
    settings = make_settings({"data": {"leads": "leads.csv", "most_rows": 100}}, folder=leads.parent)
    raw = read_tables(settings)
    assert raw.leads["lead_id"].tolist() == [f"L{number}" for number in range(0, 1001, 11)]
    assert [str(note.code) for note in raw.notes] == ["LEAD040"]
    assert "holds more than 100 rows: one in 11 was read, 91 evenly over the file" in raw.notes[0].what


def test_leads_to_score_are_all_read(leads):
    settings = make_settings({"data": {"leads": "x.csv", "most_rows": 100}})
    raw = read_tables(settings, leads=str(leads))
    assert (len(raw.leads), raw.notes) == (1001, ())


def test_a_first_look_takes_the_first_rows(leads):
    frame, _, whole = read_sample(str(leads), "leads", 10)
    assert (frame["lead_id"].tolist(), whole) == ([f"L{number}" for number in range(10)], False)
    assert read_sample(str(leads), "leads", 1001).whole


def test_the_leads_of_a_crm_are_read_evenly_too(tmp_path):
    names = {"lead_id": "Record ID", "mql_at": "Became a Marketing Qualified Lead Date", "city": "City"}
    table = pd.DataFrame({"lead_id": [f"{number}" for number in range(1001)], "mql_at": "2026-01-01", "city": "Rome"})
    table.rename(columns=names).to_csv(tmp_path / "contacts.csv", index=False)
    settings = make_settings({"data": {"leads": "contacts.csv", "crm": "hubspot", "most_rows": 100}}, folder=tmp_path)
    raw = read_tables(settings)
    assert raw.leads["lead_id"].tolist() == [f"{number}" for number in range(0, 1001, 11)]
    assert "LEAD040" in {note.code for note in raw.notes}
    assert len(read_tables(settings, leads=str(tmp_path / "contacts.csv")).leads) == 1001


def test_the_end_of_a_report_is_known_where_rows_are_left_out(leads):
    with leads.open("a") as file:
        file.write("\nGrand Totals (1001 records)\n\nCopyright (c) 2026 Acme\n")
    raw = read_tables(make_settings({"data": {"leads": "leads.csv", "most_rows": 100}}, folder=leads.parent))
    assert raw.leads["lead_id"].tolist() == [f"L{number}" for number in range(0, 1001, 11)]
    (rows,) = (note.what for note in raw.notes if note.code == "LEAD039")
    assert rows.startswith("2 rows of 'leads.csv' that are no records were left out (first in row 1,003)")
