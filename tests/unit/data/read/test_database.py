"""Events and leads from databases; errors never show a password."""

import sqlite3
from pathlib import Path

import duckdb
import pandas as pd
from unit.data.read.event_files import EXPECTED, NOW, list_events, load, make_frame, refuse

from predictor.core.settings import make_settings
from predictor.data.load import load_tables
from predictor.data.read.database import load_frame


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


def test_a_table_of_a_database_is_read_in_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("predictor.data.read.database._CHUNK_ROWS", 3)
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
    refuse("sqlite:///no.db#events", tmp_path, r"There is no file 'sqlite:///.*/no.db#events'. Fix the path")
    refuse("nosuch://host/crm#events", tmp_path, r"'nosuch://host/crm#events' cannot be opened: .* Install the driver")
    (tmp_path / "text.db").write_text("no database " * 100)
    refuse("sqlite:///text.db#events", tmp_path, r"text.db#events' cannot be read: file is not a database")


def test_no_password_is_shown(tmp_path):
    text = refuse("nosuch://reader:secret@host/crm#events", tmp_path, "cannot be opened")
    assert "secret" not in text
