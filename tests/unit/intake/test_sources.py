"""Events from where firms keep them: files of two kinds, folders, globs, databases; and what is broken there is told."""

import gc
import sqlite3
import tempfile
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from predictor.config import make_settings
from predictor.errors import TableError
from predictor.events import check_events
from predictor.intake.database import load_frame
from predictor.intake.load import load_tables
from predictor.intake.sources import open_events, open_frame

HEAD = "lead_id,occurred_at,event_type,value\n"
ROWS = [
    "A,2026-01-01T10:00:00Z,page_view,1",
    "B,2026-01-02,chat_started,",
    "A,2026-01-03 09:30,page_view,2.5",
    "C,2026-01-04,call,",
]
NOW = pd.Timestamp("2026-07-01", tz="UTC")
LEADS = pd.Series(["A", "B", "C"])


def write_csv(path, rows=ROWS, head=HEAD, end="\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + end.join(rows), encoding="utf-8")


def make_frame(rows=ROWS):
    frame = pd.DataFrame([row.split(",") for row in rows], columns=HEAD.strip().split(","))
    return frame.replace("", None)


def load(where, folder, **sections):
    return check_events(open_events(where, folder), make_settings(sections), LEADS)


def list_events(events):
    return events.table.order_by("lead_id", "at_us").to_pyarrow().to_pylist()


EXPECTED = list_events(check_events(open_frame(make_frame()), make_settings(), LEADS))


def refuse(where, folder, match, **sections):
    with pytest.raises(TableError, match=match) as caught:
        load(where, folder, **sections)
    return str(caught.value)


def test_a_csv_of_any_delimiter_with_blank_lines_quotes_and_a_mark_of_order(tmp_path):
    (tmp_path / "events.csv").write_text("\ufeff" + HEAD + "\n" + "\n\n".join(ROWS), encoding="utf-8")
    assert list_events(load("events.csv", tmp_path)) == EXPECTED
    for delimiter in ";\t|":
        quoted = [delimiter.join(f'"{cell}"' for cell in line.split(",")) for line in [HEAD.strip(), *ROWS]]
        (tmp_path / "events.tsv").write_text("\r\n".join(quoted) + "\r\n", encoding="utf-8", newline="")
        assert list_events(load("events.tsv", tmp_path)) == EXPECTED


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
    "where", ["export", "export/", "export/**/*.csv", "export/2026/*.csv", "{tmp_path}/export", "{tmp_path}/export/*/*"]
)
def test_folders_and_globs(tmp_path, where):
    write_csv(tmp_path / "export/2026/02.csv", ROWS[2:])
    write_csv(tmp_path / "export/2026/01.csv", [row + ",x" for row in ROWS[:2]], HEAD.strip() + ",page\n")
    write_csv(tmp_path / "export/2026/.hidden.csv", ["broken"])
    write_csv(tmp_path / "export/2026/_SUCCESS.csv", [])
    assert list_events(load(where.format(tmp_path=tmp_path), tmp_path)) == EXPECTED


def test_files_of_two_kinds_and_types_side_by_side(tmp_path):
    write_csv(tmp_path / "export/1.csv", ROWS[:1])
    frame = make_frame().assign(value=[1.0, None, 2.5, None])
    times = pd.to_datetime(frame["occurred_at"], format="ISO8601", utc=True)
    frame.assign(occurred_at=times).iloc[1:2].to_parquet(tmp_path / "export/2.parquet")
    frame.assign(occurred_at=times.dt.tz_convert(None)).iloc[2:].drop(columns="value").to_parquet(tmp_path / "export/3.parquet")
    found = list_events(load("export", tmp_path))
    assert found == [{**event, "value": None if event["value"] == 2.5 else event["value"]} for event in EXPECTED]


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
        ([ROWS[0] + "\r", *ROWS], r"EVENT000 'events.csv' cannot be read: it mixes two kinds of line ends, or a quote"),
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
    told = {
        4: r"EVENT000 'events.csv' is not UTF-8 \(line 6, byte 168\)",
        20_000: "EVENT002 1 line holds bytes that are not",
    }
    for rows, match in told.items():
        lines = [*(ROWS * (rows // 4)), "C,2026-01-04,café,1"]
        (tmp_path / "events.csv").write_bytes((HEAD + "\n".join(lines)).encode("latin-1"))
        refuse("events.csv", tmp_path, match)


def test_files_that_are_none(tmp_path):
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "empty.parquet").write_bytes(b"")
    (tmp_path / "events.xlsx").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    refuse("empty.csv", tmp_path, r"EVENT000 'empty.csv' is empty\. Export it again\.")
    refuse("empty.parquet", tmp_path, "EVENT000 'empty.parquet' is no readable Parquet file")
    refuse("events.xlsx", tmp_path, r"EVENT000 'events.xlsx' is of a kind that is not read\. Save it as CSV")
    refuse("folder", tmp_path, r"EVENT000 The folder 'folder' holds no CSV and no Parquet file\. Mend the path")
    refuse("no.csv", tmp_path, "EVENT000 There is no file 'no.csv' in .* Mend the path; it starts at the settings file")
    refuse("folder/*.csv", tmp_path, r"EVENT000 There is no file '\*.csv' in ")
    whole = tmp_path / "whole.parquet"
    make_frame().to_parquet(whole)
    (tmp_path / "cut.parquet").write_bytes(whole.read_bytes()[:-100])
    refuse("cut.parquet", tmp_path, "EVENT000 'cut.parquet' is no readable Parquet file")
    damaged = bytearray(whole.read_bytes())
    damaged[4:60] = bytes(56)
    (tmp_path / "harmed.parquet").write_bytes(damaged)
    refuse("harmed.parquet", tmp_path, r"EVENT000 'harmed.parquet' cannot be read: .* Export it again\.")


def test_an_empty_file_among_others_is_told(tmp_path):
    write_csv(tmp_path / "export/1.csv")
    (tmp_path / "export/2.csv").write_bytes(b"")
    refuse("export", tmp_path, "EVENT000 '2.csv' is empty")


def test_names(tmp_path):
    write_csv(tmp_path / "events.csv", head="lead_id,when,event_type,value\n")
    refuse("events.csv", tmp_path, "EVENT001 There is no column 'occurred_at'; the table has 'lead_id', 'when'")
    write_csv(tmp_path / "events.csv", head="lead_id,occurred_at,event_type,lead_id\n")
    refuse("events.csv", tmp_path, "EVENT012 Two columns bear the same name: 'lead_id'")
    pq.write_table(pa.table([["a"], ["b"]], names=["lead_id", "lead_id"]), tmp_path / "twice.parquet")
    refuse("twice.parquet", tmp_path, "EVENT012 Two columns bear the same name: 'lead_id'")
    write_csv(tmp_path / "export/1.csv")
    write_csv(tmp_path / "export/2.csv", head="lead_id,when,event_type,value\n")
    refuse("export", tmp_path, "EVENT001 '2.csv' has no column 'occurred_at'; it has 'lead_id', 'when'")
    write_csv(tmp_path / "events.csv", head="Lead_ID,LEAD_ID,occurred_at,event_type\n", rows=["A,B,2026-01-01,x"])
    found = load("events.csv", tmp_path, event_columns={"lead_id": "LEAD_ID"})
    assert [event["lead_id"] for event in list_events(found)] == ["B"]


def test_the_first_example_names_its_file(tmp_path):
    write_csv(tmp_path / "export/1.csv")
    write_csv(tmp_path / "export/2.csv", [ROWS[0], "B,soon,x,1"])
    refuse("export", tmp_path, r"EVENT003 Column 'occurred_at' holds no date in 1 row \(first in row 2 of '2.csv'\)")


def test_files_of_one_name_in_two_folders_are_told_apart(tmp_path):
    write_csv(tmp_path / "export/m=01/part-0.csv")
    write_csv(tmp_path / "export/m=02/part-0.csv", [ROWS[0], "B,soon,x,1"])
    refuse("export", tmp_path, r"EVENT003 .* in 1 row \(first in row 2 of 'm=02/part-0.csv'\)")


def test_a_name_that_looks_like_a_glob_is_that_very_file(tmp_path):
    for name, asset in (("e[1].csv", "bracket"), ("e1.csv", "plain"), ("k*.csv", "star"), ("kx.csv", "other")):
        write_csv(tmp_path / "export" / name, [f"A,2026-01-01,x,,{asset}"], "lead_id,occurred_at,event_type,value,asset\n")
    assert [event["asset"] for event in list_events(load("export/e[1].csv", tmp_path))] == ["bracket"]
    assert [event["asset"] for event in list_events(load("export/k*.csv", tmp_path))] == ["star"]
    assert {event["asset"] for event in list_events(load("export", tmp_path))} == {"bracket", "plain", "star", "other"}


def test_blank_lines_before_the_header_are_skipped(tmp_path):
    (tmp_path / "events.csv").write_text("\n\n" + HEAD + "\n".join(ROWS), encoding="utf-8")
    assert list_events(load("events.csv", tmp_path)) == EXPECTED


def test_clocks_of_one_parquet_file_are_not_those_of_another(tmp_path):
    (tmp_path / "export").mkdir()
    wall = pd.to_datetime(["2026-01-01 10:00"])
    for name, moments in (("a", wall), ("b", wall.tz_localize("UTC"))):
        frame = pd.DataFrame({"lead_id": [17.0], "occurred_at": moments, "event_type": name})
        frame.to_parquet(tmp_path / f"export/{name}.parquet")
    write_csv(tmp_path / "export/c.csv", ["17,2026-01-01 10:00,c,"])
    settings = make_settings({"data": {"timezone": "Europe/Berlin"}})
    events = check_events(open_events("export", tmp_path), settings, pd.Series(["17"]))
    hours = {event["event_type"]: event["at_us"] // 3_600_000_000 % 24 for event in list_events(events)}
    assert hours == {"a": 9, "b": 10, "c": 9}


def test_files_of_other_kinds_in_a_folder_are_told(tmp_path):
    write_csv(tmp_path / "export/1.csv")
    (tmp_path / "export/2.csv.gz").write_bytes(b"x")
    (tmp_path / "export/3.xlsx").write_bytes(b"x")
    events = load("export", tmp_path)
    assert list_events(events) == EXPECTED
    assert events.findings[0].what == "2 files of 'export' left out, being neither CSV nor Parquet (first '2.csv.gz')."


def make_sqlite(path):
    with sqlite3.connect(path) as connection:
        make_frame().to_sql("my events", connection, index=False)
        pd.DataFrame({"lead_id": ["A", "B", "C"], "mql_at": "2026-01-05", "sql_at": None}).to_sql(
            "leads", connection, index=False
        )
    connection.close()


def test_a_table_of_a_database(tmp_path):
    make_sqlite(tmp_path / "crm.db")
    assert list_events(load("sqlite:///crm.db#my events", tmp_path)) == EXPECTED
    assert list_events(load(f"sqlite:///{tmp_path}/crm.db#my events", Path())) == EXPECTED
    settings = make_settings(
        {"data": {"leads": "sqlite:///crm.db#leads", "events": "sqlite:///crm.db#my events"}}, folder=tmp_path
    )
    leads, events, _ = load_tables(settings, NOW)
    assert leads.frame["lead_id"].tolist() == ["A", "B", "C"]
    assert list_events(events) == EXPECTED


def test_a_table_of_a_database_is_read_a_part_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr("predictor.intake.database._ROWS_AT_ONCE", 3)
    make_sqlite(tmp_path / "crm.db")
    assert list_events(load("sqlite:///crm.db#my events", tmp_path)) == EXPECTED


def test_a_table_of_a_file_of_duckdb(tmp_path):
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as connection:
        frame = make_frame().assign(occurred_at=lambda e: pd.to_datetime(e["occurred_at"], format="ISO8601", utc=True))
        connection.execute("CREATE SCHEMA marketing")
        connection.execute("CREATE TABLE marketing.events AS SELECT * FROM frame")
    assert len(frame) == 4
    assert list_events(load("duckdb:///crm.duckdb#marketing.events", tmp_path)) == EXPECTED
    assert load_frame("duckdb:///crm.duckdb#marketing.events", tmp_path, "leads")["lead_id"].tolist() == ["A", "B", "A", "C"]
    refuse("duckdb:///crm.duckdb#events", tmp_path, r"crm.duckdb#events' cannot be read: .*events does not exist")


def test_databases_that_cannot_be_read(tmp_path):
    make_sqlite(tmp_path / "crm.db")
    refuse(
        "sqlite:///crm.db", tmp_path, r"The URL of a database names no table. Write it after a '#', as sqlite:///crm.db#events"
    )
    refuse("sqlite:///crm.db#no", tmp_path, r"crm.db#no' cannot be read: there is no table 'no'. Check the URL")
    refuse("sqlite:///no.db#events", tmp_path, r"There is no file 'sqlite:///.*/no.db#events'. Mend the path")
    refuse("nosuch://host/crm#events", tmp_path, r"'nosuch://host/crm#events' cannot be opened: .* Install the driver")
    (tmp_path / "text.db").write_text("no database " * 100)
    refuse("sqlite:///text.db#events", tmp_path, r"text.db#events' cannot be read: file is not a database")


def test_no_password_is_told(tmp_path):
    text = refuse("nosuch://reader:secret@host/crm#events", tmp_path, "cannot be opened")
    assert "secret" not in text


def test_tables_of_the_settings(tmp_path):
    (tmp_path / "leads.csv").write_text("lead_id,mql_at,sql_at\nA,2026-01-01,\nB,2026-01-02,2026-01-03\n")
    (tmp_path / "events.csv").write_text("lead_id;occurred_at;event_type\nA;2026-01-01;x\nC;2026-01-01;x\nB;2026-01-09;x\n")
    leads, events, findings = load_tables(make_settings({"data": {"leads": "leads.csv"}}, folder=tmp_path), NOW)
    assert (len(leads.frame), events, findings) == (2, None, ())
    both = make_settings({"data": {"leads": "leads.csv", "events": "events.csv"}}, folder=tmp_path)
    leads, events, findings = load_tables(both, NOW)
    assert [event["lead_id"] for event in list_events(events)] == ["A", "B"]
    assert [finding.code for finding in findings] == ["EVENT007"]
    assert leads.observed_until == pd.Timestamp("2026-01-09", tz="UTC"), "the firm was watched as long as its events are"
    with (tmp_path / "events.csv").open("a") as more:
        more.write("B;2026-02-09;x\n")
    leads, _, findings = load_tables(both, NOW)
    assert leads.observed_until == pd.Timestamp("2026-01-03", tz="UTC"), "but nobody knows of acceptances a month later"
    assert "EVENT014 Events go on for 37 days after the last date of the leads" in [str(f) for f in findings][-1]
    with pytest.raises(TableError, match=r"The settings name no table of leads. Set data.leads in predictor.toml."):
        load_tables(make_settings(), NOW)


def test_what_was_kept_on_disk_goes_with_its_last_user(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    write_csv(tmp_path / "events.csv")
    events = load("events.csv", tmp_path)
    assert list((tmp_path / "temporary").iterdir())
    assert list_events(events) == EXPECTED
    del events
    gc.collect()
    assert not list((tmp_path / "temporary").iterdir())
