"""Events of folders and globs: which files are read, how errors name them, and when temporary files are deleted."""

import gc
import tempfile

import pandas as pd
import pytest
from unit.data.read.event_files import EXPECTED, HEAD, ROWS, list_events, load, make_frame, refuse, write_csv

from predictor.core.settings import make_settings
from predictor.data.events.contract import check_events
from predictor.data.read.event_sources import open_events


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


def test_an_empty_file_among_others_is_an_error(tmp_path):
    write_csv(tmp_path / "export/1.csv")
    (tmp_path / "export/2.csv").write_bytes(b"")
    refuse("export", tmp_path, "EVENT000 '2.csv' is empty")


def test_the_first_example_names_its_file(tmp_path):
    write_csv(tmp_path / "export/1.csv")
    write_csv(tmp_path / "export/2.csv", [ROWS[0], "B,soon,x,1"])
    refuse("export", tmp_path, r"EVENT003 Column 'occurred_at' holds no date in 1 row \(first in row 2 of '2.csv'\)")


def test_files_of_the_same_name_in_two_folders_are_named_with_their_folder(tmp_path):
    write_csv(tmp_path / "export/m=01/part-0.csv")
    write_csv(tmp_path / "export/m=02/part-0.csv", [ROWS[0], "B,soon,x,1"])
    refuse("export", tmp_path, r"EVENT003 .* in 1 row \(first in row 2 of 'm=02/part-0.csv'\)")


def test_a_file_name_with_characters_of_a_glob_is_read(tmp_path):
    for name, asset in (("e[1].csv", "bracket"), ("e1.csv", "plain"), ("k*.csv", "star"), ("kx.csv", "other")):
        write_csv(tmp_path / "export" / name, [f"A,2026-01-01,x,,{asset}"], "lead_id,occurred_at,event_type,value,asset\n")
    assert [event["asset"] for event in list_events(load("export/e[1].csv", tmp_path))] == ["bracket"]
    assert [event["asset"] for event in list_events(load("export/k*.csv", tmp_path))] == ["star"]
    assert {event["asset"] for event in list_events(load("export", tmp_path))} == {"bracket", "plain", "star", "other"}


def test_parquet_files_may_differ_in_their_zones(tmp_path):
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


def test_files_of_other_formats_in_a_folder_are_reported(tmp_path):
    write_csv(tmp_path / "export/1.csv")
    (tmp_path / "export/2.csv.gz").write_bytes(b"x")
    (tmp_path / "export/3.xlsx").write_bytes(b"x")
    events = load("export", tmp_path)
    assert list_events(events) == EXPECTED
    assert events.findings[0].what == "2 files of 'export' left out: neither CSV, Parquet nor JSON lines (first '2.csv.gz')."


def test_temporary_files_are_deleted_with_their_last_user(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    write_csv(tmp_path / "events.csv")
    events = load("events.csv", tmp_path)
    assert list((tmp_path / "temporary").iterdir())
    assert list_events(events) == EXPECTED
    del events
    gc.collect()
    assert not list((tmp_path / "temporary").iterdir())
