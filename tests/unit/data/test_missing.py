"""What means 'not known': texts in any case, and days that systems write for 'no date', in a table as in one lead."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.core.settings import make_settings
from predictor.data.leads import check_leads
from predictor.data.missing import MissingValues, blank_missing, read_missing
from predictor.data.no_dates import advise_no_date, check_far_dates
from predictor.data.unread_dates import describe_unread

DEFAULTS = make_settings().data.missing_values
NOW = pd.Timestamp("2026-01-01", tz="UTC")


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "-", "--", "N/A", "n/a", "null", "NULL", "None", "NaN", "nan", "(No value)", "(none)", "[blank]", "n.v.", "k.A.",
        "#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NV", "#BEZUG!", "\\N", "<NA>", "0000-00-00", "0000-00-00 00:00:00",
        "1900-01-01", "1900-01-01 00:00", "1900-01-01T00:00:00.000Z", "9999-12-31", "9999-12-31 23:59:59", "0001-01-01T00:00:00",
        "1753-01-01", "2099-12-31", "1900/01/01",
    ],
)  # fmt: skip
def test_a_clear_marker_means_not_known_without_a_setting(text):
    assert text in read_missing(DEFAULTS)
    assert blank_missing(pd.DataFrame({"a": [text, "x"]}), DEFAULTS)["a"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "unknown",
        "unbekannt",
        "Other",
        "0",
        "no",
        "none of these",
        "1900",
        "1900-01-02",
        "1970-01-01",
        "19000101",
        "2024-06-03",
        "1900-01-01x",
    ],
)
def test_what_may_mean_something_stays(text):
    assert text not in read_missing(DEFAULTS)
    assert blank_missing(pd.DataFrame({"a": [text, "x"]}), DEFAULTS)["a"].tolist() == [text, "x"]


def test_typed_dates_of_such_days_are_missing():
    cells = [datetime(1900, 1, 1), datetime(2024, 6, 3), None]  # noqa: DTZ001  as Parquet files hold them
    for unit in ("s", "ms", "us"):
        column = pd.Series(cells).astype(f"datetime64[{unit}]")
        assert blank_missing(column.to_frame("a"), DEFAULTS)["a"].isna().tolist() == [True, False, True]
    far = pd.Series(np.array(["9999-12-31", "0001-01-01", "2024-06-03"], dtype="datetime64[us]"))
    assert blank_missing(far.to_frame("a"), DEFAULTS)["a"].isna().tolist() == [True, True, False]
    zoned = pd.Series(cells).dt.tz_localize("Europe/Berlin")
    assert blank_missing(zoned.to_frame("a"), DEFAULTS)["a"].isna().tolist() == [True, False, True]
    objects = pd.Series([date(1900, 1, 1), date(2024, 6, 3)], dtype=object)
    assert blank_missing(objects.to_frame("a"), DEFAULTS)["a"].isna().tolist() == [True, False]
    missing = read_missing(DEFAULTS)
    assert [value in missing for value in (*cells, date(1900, 1, 1), pd.NaT)] == [True, False, True, True, True]


@given(st.sampled_from([*DEFAULTS, "Software", "12", "2024-06-03", " n/a "]), st.sampled_from(["", "T00:00:00", " 12:30"]))
def test_a_cell_and_a_value_of_a_request_mean_the_same(word, clock):
    text = word + clock
    cell = blank_missing(pd.DataFrame({"a": [text, "x"]}), DEFAULTS)["a"].iloc[0]
    assert pd.isna(cell) == (text in MissingValues(DEFAULTS))


def make_raw(**sql):
    """Thirty leads; every third was accepted, the others hold what stands for 'no date'."""
    days = pd.date_range("2024-05-01", periods=30, freq="19h")
    accepted = np.arange(30) % 3 == 0
    given_dates = np.where(accepted, (days + pd.Timedelta(days=3)).strftime(sql.get("form", "%Y-%m-%d")), sql["none"])
    return pd.DataFrame({
        "lead_id": [f"L{n}" for n in range(30)], "mql_at": days.strftime(sql.get("form", "%Y-%m-%d")), "sql_at": given_dates,
        "size": np.arange(30) % 4,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "day"),
    [
        ({"none": "1900-01-01"}, "1900-01-01"),
        ({"none": "1900-01-01 00:00"}, "1900-01-01"),
        ({"none": "31.12.9999", "form": "%d.%m.%Y"}, "9999-12-31"),
        ({"none": "01/01/1900 00:00", "form": "%m/%d/%Y"}, "1900-01-01"),
        ({"none": "01-JAN-1753", "form": "%d-%b-%Y"}, "1753-01-01"),
        ({"none": "0001-01-01T00:00:00Z"}, "0001-01-01"),
        ({"none": "99991231", "form": "%Y%m%d"}, "9999-12-31"),
    ],
)
@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_a_day_that_stands_for_no_date_is_none_and_counted(sql, day, timezone):
    leads = check_leads(make_raw(**sql), make_settings({"data": {"timezone": timezone}}), now=NOW)
    assert leads.frame["sql_at"].notna().sum() == 10
    (tip,) = (finding for finding in leads.findings if finding.code == "LEAD090")
    assert (tip.severity, tip.what) == ("tip", f"The date {day} is read as not known: 20 rows of 'sql_at'.")


def test_a_day_number_that_stands_for_no_date_is_none():
    raw = make_raw(none="x")
    serial = {
        name: (pd.to_datetime(raw[name], errors="coerce") - pd.Timestamp("1899-12-30")) / pd.Timedelta(days=1)
        for name in ("mql_at", "sql_at")
    }
    raw = raw.assign(mql_at=serial["mql_at"].astype(int).astype(str), sql_at=serial["sql_at"].fillna(1).astype(int).astype(str))
    leads = check_leads(raw, make_settings(), now=NOW)
    assert leads.frame["sql_at"].notna().sum() == 10
    assert leads.formats["sql_at"] == "excel 1900"
    assert [finding.what for finding in leads.findings if finding.code == "LEAD090"] == [
        "The date 1900-01-01 is read as not known: 20 rows of 'sql_at'."
    ]


def test_a_day_of_the_firm_is_added_by_a_setting_in_any_format():
    raw = make_raw(none="01.01.2000 00:00", form="%d.%m.%Y")
    with pytest.raises(Exception, match=r"LEAD005 .* It is 2000-01-01|LEAD005 .*It is 2000-01-01 in 20 of them") as refusal:
        check_leads(raw, make_settings(), now=NOW)
    assert "If that means 'no date', add '2000-01-01' to data.missing_values." in str(refusal.value)
    assert "faulty_rows" not in str(refusal.value)
    leads = check_leads(raw, make_settings({"data": {"missing_values": [*DEFAULTS, "2000-01-01"]}}), now=NOW)
    assert leads.frame["sql_at"].notna().sum() == 10


def test_a_later_day_is_pointed_out_too():
    with pytest.raises(Exception, match=r"LEAD011 .*It is 2050-01-01 in 20 of them\. If that means 'no date', add"):
        check_leads(make_raw(none="2050-01-01"), make_settings(), now=NOW)


def test_one_date_far_from_all_others_is_a_warning():
    raw = make_raw(none="")
    raw["renewal"] = raw["mql_at"].where(np.arange(30) % 4 == 0, "1980-01-01")
    leads = check_leads(raw, make_settings(), now=NOW)
    (warning,) = (finding for finding in leads.findings if finding.code == "LEAD091")
    assert warning.what == "Column 'renewal' is 1980-01-01 in 22 of 30 rows, far from its other dates."
    assert warning.do == "If that means 'no date', add '1980-01-01' to data.missing_values."


@pytest.mark.parametrize(
    "days", [["2024-06-01"] * 25 + ["2024-07-01"] * 5, ["2024-06-01"] * 30, ["1980-01-01"] * 2 + ["2024-06-01"] * 28]
)
def test_a_usual_date_is_no_warning(days):
    assert check_far_dates(pd.DataFrame({"a": pd.to_datetime(days, utc=True)}), ["a"], "UTC") == ()


def test_faulty_rows_of_different_dates_get_no_such_advice():
    dates = pd.Series(pd.date_range("2024-01-01", periods=10, tz="UTC"))
    assert advise_no_date(dates, dates < "2024-01-09", "UTC") == ""


@pytest.mark.parametrize(
    ("cell", "looks", "is_date"),
    [
        ("31.02.2024", "one is '31.02.2024', which is no day of the calendar", False),
        ("2024-02-31", "one is '2024-02-31', which is no day of the calendar", False),
        ("12/31/2024", "one is '12/31/2024', which has another order of day, month and year than the rest", True),
        ("45446", "one is '45446', which looks like a day number of a spreadsheet: then set 'excel 1900' in [forms]", True),
        ("1717442220", "one is '1717442220', which looks like seconds since 1970: then set 'epoch s' in [forms]", True),
        ("2024", "one is '2024', which looks like a year without month and day", True),
        ("17", "one is '17', which looks like a number, not a date", False),
        ("Q2 2024", "one is 'Q2 2024', which looks like a quarter or a week, not a day", True),
        ("2024-W23", "one is '2024-W23', which looks like a quarter or a week, not a day", True),
        ("3 lipnja 2024", "one is '3 lipnja 2024', which looks like a date with the name of a month that is not known", True),
        (
            "2024-06-03 19:17 IST",
            "one is '2024-06-03 19:17 IST', which has a time zone that is not known, or has several meanings",
            True,
        ),
        ("19:17", "one is '19:17', which looks like a time without a day", False),
        ("soon", "one is a text without digits", False),
        ("ann3@example.com", "one is a text that is more than a date", False),
        ("call her again in 3 months, she said", "one is a text that is more than a date", False),
    ],
)
def test_a_cell_that_is_no_date_is_described(cell, looks, is_date):
    unread = describe_unread(pd.Series([cell]))
    assert (unread.looks, unread.is_date) == (looks, is_date)


def test_most_cells_decide_what_is_shown():
    assert describe_unread(pd.Series(["soon", "3 lipnja 2024", "4 srpnja 2024"])).looks.startswith("one is '3 lipnja 2024'")


def test_months_in_an_unknown_language_are_not_to_be_dropped():
    days = pd.date_range("2024-01-01", periods=60, freq="3D")
    raw = pd.DataFrame({"lead_id": [f"L{n}" for n in range(60)], "outcome": [n % 2 for n in range(60)], "size": range(60)})
    croatian = days.strftime("%d. %b %Y").str.replace("Jun", "lipnja").str.replace("May", "svibnja")
    with pytest.raises(Exception, match="LEAD003") as refusal:
        check_leads(raw.assign(mql_at=croatian), make_settings(), now=NOW)
    assert "which looks like a date with the name of a month that is not known" in str(refusal.value)
    assert "they are dates" in str(refusal.value)
    assert "faulty_rows" not in str(refusal.value)
    slip = raw.assign(mql_at=days.strftime("%Y-%m-%d").where(np.arange(60) != 7, "soon"))
    with pytest.raises(
        Exception, match=r"LEAD003 Column 'mql_at' holds no date in 1 row \(first in row 8\): one is a text .* 'drop'"
    ):
        check_leads(slip, make_settings(), now=NOW)
