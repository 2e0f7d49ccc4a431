"""Columns as exports write them: hand-worked moments, and one text read as a whole column is."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from predictor.data.missing import blank_missing
from predictor.data.parse import (
    infer_kind,
    parse_moment,
    parse_numbers,
    parse_order,
    parse_outcome,
    parse_times,
    to_days,
    to_moment,
)

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
moments = st.datetimes(datetime(1950, 1, 1), datetime(2060, 1, 1))  # noqa: DTZ001  a zone is given later
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def read(text, zone="Europe/Berlin"):
    times, bad = parse_times(pd.Series([text], dtype="str"), zone)
    return None if bad.iloc[0] else times.iloc[0].strftime("%Y-%m-%d %H:%M:%S.%f")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-31", "2026-01-30 23:00:00.000000"),
        ("2026-07-31", "2026-07-30 22:00:00.000000"),
        (" 2026-01-31 14:05 ", "2026-01-31 13:05:00.000000"),
        ("2026-01-31T14:05:00Z", "2026-01-31 14:05:00.000000"),
        ("2026-01-31 14:05:00 UTC", "2026-01-31 14:05:00.000000"),
        ("2026-01-31T14:05:00+02:00", "2026-01-31 12:05:00.000000"),
        ("2026-01-31T14:05:00.123+0200", "2026-01-31 12:05:00.123000"),
        ("2026-01-31 14:05:00.5+02", "2026-01-31 12:05:00.500000"),
        ("2026-01-31T14:05:00.123456Z", "2026-01-31 14:05:00.123456"),
        ("2026-01-31T14:05:00.1234567Z", "2026-01-31 14:05:00.123456"),
        ("2026-01-31T14:05:00.000001", "2026-01-31 13:05:00.000001"),
        ("20260131T140500+0100", "2026-01-31 13:05:00.000000"),
        ("2026/01/31", "2026-01-30 23:00:00.000000"),
        ("2026-03-29T02:30", "2026-03-29 01:00:00.000000"),  # skipped: 03:00 summer time, the next that exists
        ("2026-03-29T01:59:59", "2026-03-29 00:59:59.000000"),
        ("2026-10-25T02:30", "2026-10-25 01:30:00.000000"),  # twice: the later one, in standard time
        ("2026-10-25T02:30+02:00", "2026-10-25 00:30:00.000000"),
        ("1891-01-01", "1890-12-31 23:06:32.000000"),  # Berlin by its own sun
        ("9999-12-31T23:59:59.999999", "9999-12-31 22:59:59.999999"),
    ],
)
def test_moments_worked_by_hand(text, utc):
    assert read(text) == utc
    assert parse_moment(text, "Europe/Berlin").strftime("%Y-%m-%d %H:%M:%S.%f") == utc


@pytest.mark.parametrize(
    "text",
    [
        "now",
        "today",
        "soon",
        "31.01.2026",
        "01/31/2026",
        "2026",
        "2026-02-30",
        "2026-01-31T25:00",
        "1767225600",
        "NaT",
        "2026-01-31Z",
        "2026-01-31T14:05:00+25:00",
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00+10:00",
        "9999-12-31T23:59:59-12:00",
        "2026-W05",
        "",
        "-",
    ],
)
def test_texts_that_are_no_dates(text):
    assert read(text) is None
    with pytest.raises(ValueError, match=r"is no date|is out of range in UTC"):
        parse_moment(text, "Europe/Berlin")


def test_missing_cells_stay_missing_and_are_no_fault():
    times, bad = parse_times(pd.Series([None, "2026-01-31"]), "UTC")
    assert times.isna().tolist() == [True, False]
    assert not bad.any()
    for empty in (pd.Series([], dtype="str"), pd.Series([None, None], dtype=object)):
        times, bad = parse_times(empty, "UTC")
        assert (times.isna().all(), bad.any(), str(times.dtype)) == (True, False, "datetime64[us, UTC]")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_typed_columns(unit):
    local = pd.Series(pd.to_datetime(["2026-07-01 12:00", None])).astype(f"datetime64[{unit}]")
    expected = pd.Series(pd.to_datetime(["2026-07-01 10:00", None], utc=True)).astype("datetime64[us, UTC]")
    pd.testing.assert_series_equal(parse_times(local, "Europe/Berlin")[0], expected)
    pd.testing.assert_series_equal(parse_times(local.dt.tz_localize("Europe/Berlin"), "UTC")[0], expected)


def test_mixed_objects():
    cells = [date(2026, 1, 31), datetime(2026, 1, 31, 1, tzinfo=UTC), "2026-01-31T02:00Z"]
    times, bad = parse_times(pd.Series(cells, dtype=object), "UTC")
    assert times.dt.hour.tolist() == [0, 1, 2]
    assert not bad.any()


def test_repeated_index_does_not_matter():
    times, bad = parse_times(pd.Series(["2026-01-31", "x"], index=[7, 7]), "UTC")
    assert times.isna().tolist() == bad.tolist() == [False, True]


@given(moments, offsets)
def test_moment_with_a_zone_is_that_moment(naive, offset):
    moment = naive.replace(tzinfo=offset)
    assert parse_times(pd.Series([moment.isoformat()]), "Europe/Berlin")[0].iloc[0] == moment
    assert parse_moment(moment.isoformat()) == moment
    assert to_moment(moment, "Asia/Kolkata") == moment


@given(moments, st.sampled_from(ZONES), st.sampled_from(["T", " "]))
@example(datetime(2026, 3, 29, 2, 30), "Europe/Berlin", "T")  # noqa: DTZ001
@example(datetime(2026, 10, 25, 2, 30), "Europe/Berlin", "T")  # noqa: DTZ001
@example(datetime(2026, 4, 5, 1, 45), "Australia/Lord_Howe", " ")  # noqa: DTZ001  half an hour twice
def test_one_text_is_read_as_a_column_is(naive, zone, separator):
    text = naive.isoformat(sep=separator)
    moment = parse_times(pd.Series([text]), zone)[0].iloc[0].to_pydatetime()
    assert parse_moment(text, zone) == to_moment(naive, zone) == moment
    back = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    exists = naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == naive
    assert back == naive if exists else back > naive


@given(
    st.text(max_size=30)
    | st.from_regex(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2})?(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?", fullmatch=True)
)
def test_any_text_is_read_as_a_column_is(text):
    times, bad = parse_times(pd.Series([text], dtype="str"), "UTC")
    if bad.iloc[0]:
        with pytest.raises(ValueError, match=r"is no date|out of range"):
            parse_moment(text)
    else:
        assert parse_moment(text) == times.iloc[0]


def test_moment_outside_the_calendar():
    with pytest.raises(ValueError, match="year 0001 is out of range in UTC"):
        to_moment(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2))))


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3.0), (" -1.5 ", -1.5), ("1e3", 1000.0), (".5", 0.5), ("0.1", 0.1), ("12345678901234567", 12345678901234567.0)],
)
def test_numbers(text, number):
    numbers, bad = parse_numbers(pd.Series([text, None]))
    assert numbers.iloc[0] == number
    assert bad.tolist() == [False, False]
    assert np.isnan(numbers.iloc[1])


@pytest.mark.parametrize("text", ["x", "1,000", "1_000", "10-50", "inf", "-inf", "1e999", "0x10", "True", "12 %"])
def test_texts_that_are_no_numbers(text):
    numbers, bad = parse_numbers(pd.Series([text]))
    assert np.isnan(numbers.iloc[0])
    assert bad.all()


def test_integers_too_large_for_a_float_are_no_numbers():
    assert parse_numbers(pd.Series([10**400, 3], dtype=object))[1].tolist() == [True, False]


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "int8", "uint64", "float32"])
def test_typed_numbers(dtype):
    numbers, bad = parse_numbers(pd.Series([1, 2], dtype=dtype))
    assert (numbers.tolist(), numbers.dtype, bad.any()) == ([1.0, 2.0], "float64", False)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_to_the_last_bit(number):
    assert parse_numbers(pd.Series([repr(number)]))[0].iloc[0] == number


def test_missing_words_in_any_case_and_with_spaces():
    frame = pd.DataFrame({"a": [" select ", "SELECT", "Selected", "", "  ", None, " x "], "n": range(7)})
    blanked = blank_missing(frame, ["Select"])
    assert blanked["a"].isna().tolist() == [True, True, False, True, True, True, False]
    assert blanked["a"].iloc[-1] == "x"
    assert blanked["n"].tolist() == list(range(7))


def test_yes_no_columns_become_texts():
    frame = pd.DataFrame({"a": [True, False], "b": pd.array([True, None], dtype="boolean"), "c": pd.Categorical(["x", "-"])})
    blanked = blank_missing(frame, ["-"])
    assert blanked["a"].tolist() == ["true", "false"]
    assert blanked["b"].iloc[0] == "true"
    assert blanked[["b", "c"]].iloc[1].isna().all()


def test_outcomes():
    outcome, bad = parse_outcome(pd.Series([" Yes", "won", "NO", "maybe", None]), ["yes", "Won"], ["no"])
    assert outcome.tolist()[:3] == [1.0, 1.0, 0.0]
    assert outcome.isna().tolist() == [False, False, False, True, True]
    assert bad.tolist() == [False, False, False, True, False]


def test_outcomes_as_numbers_and_booleans():
    assert parse_outcome(pd.Series([1.0, 0.0]), ["1.0"], ["0.0"])[0].tolist() == [1.0, 0.0]
    assert parse_outcome(pd.Series([1, 0]), ["1"], ["0"])[0].tolist() == [1.0, 0.0]


def test_orders_are_numbers_or_days():
    assert parse_order(pd.Series(["10", "9"]), "UTC")[0].tolist() == [10.0, 9.0]
    days, bad = parse_order(pd.Series(["1970-01-02T12:00", "x", None]), "UTC")
    assert days.iloc[0] == 1.5
    assert bad.tolist() == [False, True, False]
    assert parse_order(pd.Series(pd.to_datetime(["1970-01-03", None])), "UTC")[0].iloc[0] == 2.0
    numbers, bad = parse_order(pd.Series(["1", "x", "3"]), "UTC")
    assert (numbers.iloc[2], bad.tolist()) == (3.0, [False, True, False])


def test_days_since_1970():
    assert to_days(pd.Series(pd.to_datetime(["1970-01-03 06:00"], utc=True))).tolist() == [2.25]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", None], "number"),
        (["2026-01-31", None, "2026-02-01T10:00Z"], "date"),
        (["2026-01-31", "unknown"], "category"),
        (["2026-13-31"], "category"),
        (["10-50", "51-200"], "category"),
        ([None, None], "number"),
        (["true", "false"], "category"),
        (["1", "A"], "category"),
    ],
)
def test_kinds(cells, kind):
    assert infer_kind(pd.Series(cells, dtype="str"))[0] == kind


def test_kind_of_typed_columns():
    assert infer_kind(pd.Series(pd.to_datetime(["2026-01-31"])))[0] == "date"
    assert infer_kind(pd.Series([1, 2], dtype="Int64"))[0] == "number"
