"""Cells of events mean what the same cells mean in a table of leads."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from predictor.data.events.event_cells import parse_event_cells
from predictor.data.parse import compute_offsets, parse_numbers, parse_times
from predictor.data.read.event_sources import open_frame

WORDS = ("", "-", "N/A")
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu"]
TIMES = [
    "2026-05-01", "2026-05-01T10:00", "2026-05-01 10:00", "2026-05-01 10:00:00", " 2026-05-01T10:00:00.5 ",
    "2026-05-01T10:00:00.123456", "2026-05-01T10:00:00Z", "2026-05-01T10:00:00z", "2026-05-01 10:00 UTC",
    "2026-05-01 10:00:00 GMT", "2026-05-01T10:00:00UTC", "2026-05-01T10:00:00+02:00", "2026-05-01T10:00:00+0200",
    "2026-05-01T10:00:00+02", "2026-05-01T10:00:00 +02:00", "2026-05-01T10:00:00-05:30", "20260501", "2026-05", "2026/05/01",
    "2026-03-29 02:30", "2026-10-25 02:30", "2026-10-25 02:30:00.000001", "2026-03-08T02:00:00", "2026-11-01T01:59:59.999999",
    "2026-10-04 02:15", "2026-04-05 01:45", "0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59", "2026-02-30", "2026-13-01", "2026-05-01T24:00:00", "2026-05-01T23:59:60", "2026-05-01T25:00",
    "2026-05-01T10", "2026-05-01+02:00", "now", "today", "soon", "-", "", "n/a", "N/A ", "1.5.2026", "05/01/2026", "45000",
    "1777629600", "epoch", "infinity", "2026-05-01Z", "2026-05-01T10:00:00+25:00", "2026-05-01T10:00:00+02:60",
    "2026-05-01T10:00:00 Europe/Berlin", "2026-05-01 10:00 PM", "２０２６-05-01",
]  # fmt: skip
NUMBERS = [
    "1", " 2.5 ", "-3", "+4", "1e3", ".5", "5.", "1,200", "12 %", "nan", "inf", "-inf", "1e400", "0x10", "1_000", "", "-", "١",
    "True",
]  # fmt: skip
moments = st.datetimes(datetime(1969, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001  clocks on the wall


def parse(timezone="UTC", **columns):
    frame = pd.DataFrame({"lead_id": "a", "event_type": "x", "occurred_at": "2026-01-01", **columns})
    raw = open_frame(frame).read({name: name for name in frame})
    cells = parse_event_cells(raw.table, timezone=timezone, missing_values=WORDS)
    return cells.table.order_by("row").to_pyarrow().to_pandas()


def to_us(times):
    return [None if pd.isna(time) else time.value // 1000 if time.unit == "ns" else time.as_unit("us")._value for time in times]


def assert_same_moments(cells, timezone):
    """Moments and unreadable cells are the same as in a table of leads."""
    found = parse(timezone, occurred_at=cells)
    held = pd.Series(
        [None if cell is None or cell.strip().casefold() in {"", "-", "n/a"} else cell for cell in cells], dtype="str"
    )
    times, bad = parse_times(held, timezone)
    far = times.dt.year.lt(1900) | times.dt.year.gt(2199)
    times, bad = times.where(~far), bad | far
    got = [None if pd.isna(cell) else int(cell) for cell in found["at_us"].astype("Int64")]
    assert dict(zip(cells, got, strict=True)) == dict(zip(cells, to_us(times), strict=True))
    assert found["bad_at"].tolist() == bad.tolist()


@pytest.mark.parametrize("timezone", ZONES)
def test_dates_mean_what_they_mean_in_leads(timezone):
    assert_same_moments(TIMES, timezone)


def test_more_digits_than_microseconds_are_cut():
    assert_same_moments(["2026-05-01T10:00:00.1234567Z", "2026-05-01T10:00:00.123456789"], "Europe/Berlin")


@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(st.lists(moments, min_size=40, max_size=80), st.sampled_from(ZONES), st.sampled_from(["", "Z", "+05:45", "-0330"]))
def test_any_local_time_in_any_zone(drawn, timezone, offset):
    assert_same_moments([moment.isoformat(sep=" ") + offset for moment in drawn], timezone)


@pytest.mark.parametrize("timezone", ZONES)
def test_every_quarter_of_an_hour_of_the_days_when_clocks_change(timezone):
    days = ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"]
    assert_same_moments(
        [f"{day} {hour:02}:{minute:02}" for day in days for hour in range(24) for minute in (0, 15, 30, 45)], timezone
    )


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([datetime(2026, 3, 29, 2, 30)]),  # noqa: DTZ001
        pd.Series([date(2026, 3, 29)]),
        pd.Series([pd.Timestamp("2026-03-29T02:30+05:00")]),
        pd.Series(np.array(["2026-03-29T02:30:00.123456789"], "datetime64[ns]")),
        pd.Series(np.array(["2026-03-29T02:30:00"], "datetime64[s]")),
        pd.Series([datetime(1960, 1, 1, 0, 0, 0, 1)]),  # noqa: DTZ001
        pd.Series([20260329]),
    ],
)
def test_typed_dates(column):
    found = parse("Europe/Berlin", occurred_at=column)
    times, _ = parse_times(column.astype("datetime64[us]") if type(column.iloc[0]) is date else column, "Europe/Berlin")
    assert found["at_us"].tolist() == to_us(times)
    assert not found["bad_at"].any()


def test_values_mean_what_they_mean_in_leads():
    found = parse(value=NUMBERS)
    held = pd.Series([None if text.strip() in {"", "-"} else text for text in NUMBERS], dtype="str")
    numbers, bad = parse_numbers(held)
    assert found["value"].fillna(-99).tolist() == numbers.fillna(-99).tolist()
    assert found["bad_value"].tolist() == bad.tolist()


@pytest.mark.parametrize("kind", [pa.int8(), pa.int64(), pa.float32(), pa.float64(), pa.decimal128(5, 2)])
def test_typed_values(kind):
    assert parse(value=pd.Series([3], dtype=pd.ArrowDtype(kind)))["value"].tolist() == [3.0]


def test_texts_are_normal_whatever_their_type():
    found = parse(event_type=[3.0], asset=["GRÖSSE "], campaign=[True])
    assert found[["event_type", "asset", "campaign"]].iloc[0].tolist() == ["3", "grösse", "true"]


def test_a_day_when_the_clocks_change_has_no_offset():
    days = pd.to_datetime(["2026-10-24", "2026-10-25", "2026-10-26"]).as_unit("us").astype("int64").to_numpy()
    np.testing.assert_array_equal(compute_offsets(days, "Europe/Berlin") / 3.6e9, [2.0, np.nan, 1.0])
    np.testing.assert_array_equal(compute_offsets(days[:0], "Europe/Berlin"), [])
