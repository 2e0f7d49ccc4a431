"""Dates in the spellings of people, spreadsheets and databases: each read by hand, and nothing guessed."""

from collections import defaultdict

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.data.column_format import detect_format
from predictor.data.date_formats import (
    _read_file,
    _simplify,
    list_months,
    list_orders,
    read_date,
    read_day_number,
    read_epoch,
    read_numeric_date,
)
from predictor.data.detect_formats import to_plain_column
from predictor.data.formats import to_plain_format
from predictor.data.parse import parse_moment, parse_times

DAYS = [
    "3. Juni 2024", "Montag, 3. Juni 2024", "3.Jun.2024", "03 June 2024", "June 3rd, 2024", "Jun 3, 2024", "3 Jun 24",
    "3-jun-2024",
    "3 de junio de 2024", "lunes 3 de junio del 2024", "3 juin 2024", "3 giugno 2024", "3 giu 2024", "3 de junho de 2024",
    "segunda-feira, 3 de junho de 2024", "3 juni 2024", "3 czerwca 2024 r.", "3 cze 2024", "den 3. juni 2024", "3:e juni 2024",
    "3. června 2024", "3 Haziran 2024", "3 haz 2024", "3. kesäkuuta 2024", "2024. június 3.", "3 iunie 2024", "3 Ιουνίου 2024",
    "3 июня 2024 г.", "3 червня 2024", "3. júna 2024", "3 de juny de 2024", "2024-Jun-03", "03JUN2024", "2024/6/3", "2024. 6. 3.",
    "2024年6月3日", "2024년 6월 3일", "３ June ２０２４",
]  # fmt: skip
EVENINGS = [
    "03-JUN-24 07.17.00.000000 PM", "Jun  3 2024  7:17PM", "03 Jun 2024 19:17:00:000", "2024-06-03-19.17.00.000000",
    "20240603191700",
    "03JUN2024:19:17:00.000", "2024-06-03 7:17 p. m.", "3 juin 2024 à 19h17", "3. Juni 2024 um 19:17 Uhr",
    "3 de junio de 2024 a las 19:17",
    "3. juni 2024 kl. 19.17", "2024-06-03 19:17:00,000", "Jun 3, 2024 at 7:17 pm", "Mon Jun  3 19:17:00 2024",
]  # fmt: skip
ZONED = [
    "2024-06-03 19:17:00 CEST", "2024-06-03T19:17:00+02:00[Europe/Berlin]", "Mon, 03 Jun 2024 17:17:00 GMT",
    "3 June 2024 1:17 PM EDT",
    "Mon Jun 03 2024 19:17:00 GMT+0200 (Central European Summer Time)", "Mon Jun  3 19:17:00 MESZ 2024", "/Date(1717435020000)/",
    "2024-06-03 13:17:00 America/New_York", "03-JUN-24 07.17.00.000000 PM EUROPE/BERLIN", "2024/06/03 19:17 +2",
    "2024-06-03 17:17:00Z",
]  # fmt: skip


@pytest.mark.parametrize("text", DAYS)
def test_a_day_in_words_is_read(text):
    assert read_date(text) == "2024-06-03"


@pytest.mark.parametrize("text", EVENINGS)
def test_a_time_of_day_is_read(text):
    assert read_date(text) == "2024-06-03T19:17:00"


@pytest.mark.parametrize("text", ZONED)
def test_a_zone_is_read(text):
    assert parse_moment(text, "Asia/Kolkata").isoformat() == "2024-06-03T17:17:00+00:00"


@pytest.mark.parametrize(
    "text",
    [
        "03/06/2024", "3 June", "30 Feb 2024", "June 31, 2024", "3 June 2024 25:00", "3 June 2024 13:00 PM", "3 June 2024 7",
        "Marble 3, 2026", "before 3 June 2024", "3 June 2024 19:17 IST", "3 June 2024 19:17 BST", "3 June 2024 19:17 +2500",
        "Q2 2024",
        "2024", "soon", "", "20241303191700", "3 listopad", "x" * 100, "1 of 3 2024",
    ],
)  # fmt: skip
def test_what_is_no_clear_date_is_not_read(text):
    assert read_date(text) is None


def test_a_month_without_a_day_is_its_first():
    assert [read_date(text) for text in ("Juni 2024", "jun. 2024", "June-2024", "junho de 2024")] == ["2024-06-01"] * 4


def test_a_word_means_one_month_in_all_languages():
    months = defaultdict(set)
    for language, names in _read_file()["months"].items():
        assert len(names) == 12, language
        for month, words in enumerate(names, 1):
            for word in words.split():
                months[_simplify(word)].add(month)
    assert {word: found for word, found in months.items() if len(found) > 1} == {}
    assert list_months() == {word: found.pop() for word, found in months.items()}


@given(st.dates(pd.Timestamp(1970, 1, 1).date(), pd.Timestamp(2068, 12, 31).date()), st.data())
def test_every_day_is_read_in_every_language(day, data):
    names = data.draw(st.sampled_from(sorted(_read_file()["months"].items())))[1]
    word = data.draw(st.sampled_from(names[day.month - 1].split()))
    spelled = data.draw(st.sampled_from([word, word.upper(), word.capitalize(), f"{word}."]))
    year = data.draw(st.sampled_from([f"{day.year}", f"{day.year % 100:02}"]))
    form = data.draw(
        st.sampled_from(["{day} {month} {year}", "{day}. {month} {year}", "{day}-{month}-{year}", "{day} de {month} de {year}"])
    )
    text = form.format(day=day.day, month=spelled, year=year)
    assert read_date(text) == day.isoformat()


def test_numbers_in_the_order_of_the_format():
    assert read_numeric_date("03.06.24", "date d/m/y") == "2024-06-03"
    assert read_numeric_date("6/3/2024 7:17 pm", "date m/d/y") == "2024-06-03T19:17:00"
    assert read_numeric_date("lun. 03/06/2024 19:17", "date d/m/y") == "2024-06-03T19:17:00"
    assert read_numeric_date("13/06/2024", "date m/d/y") is None
    assert list_orders("13/06/2024 24:30") == frozenset()


def test_moments_as_numbers():
    assert read_epoch("1717442220", "epoch s") == read_epoch("1717442220000.0", "epoch ms") == "2024-06-03T19:17:00Z"
    assert read_epoch("1717442220000000", "epoch us") == "2024-06-03T19:17:00Z"
    assert read_epoch("0", "epoch s") == "1970-01-01T00:00:00Z"
    assert read_epoch("9" * 18, "epoch s") is None
    assert (
        read_day_number("45446.803472222", "excel 1900") == read_day_number("43984.803472", "excel 1904") == "2024-06-03T19:17:00"
    )
    assert [read_day_number(text, "excel 1900") for text in ("1", "60", "61", "-1", "2958465")] == [
        "1900-01-01", "1900-02-28", "1900-03-01", None, "9999-12-31"
    ]  # fmt: skip


def read_column(cells, **how):
    """A column as the settings would have it read: its format, and its moments."""
    column = pd.Series(cells)
    detected = detect_format(column, **how)
    plain = column if detected is None or detected.format is None else to_plain_column(column, detected.format)
    times, bad = parse_times(plain, "UTC")
    assert not bad.any()
    return None if detected is None else detected.format, times.dt.strftime("%Y-%m-%d %H:%M").tolist()


@pytest.mark.parametrize(
    ("cells", "column_format", "first"),
    [
        (["45446.803472", "45447"], "excel 1900", "2024-06-03 19:17"),
        ([45446.803472, None, 45447.0], "excel 1900", "2024-06-03 19:17"),
        ([45446, 45447], "excel 1900", "2024-06-03 00:00"),
        (["45446", "1", "2958465"], "excel 1900", "2024-06-03 00:00"),
        (["1717442220000.0", "1717442221000.0"], "epoch ms", "2024-06-03 19:17"),
        ([1717442220.0, 1717442221.0], "epoch s", "2024-06-03 19:17"),
        (["1717442220123456"], "epoch us", "2024-06-03 19:17"),
        (["1717442220", "0"], "epoch s", "2024-06-03 19:17"),
        (["3. Juni 2024", "12. März 2024"], "date 31 Mar 2026", "2024-06-03 00:00"),
        (["3-jun-2024", "4-ene-2025", "5-ago-2024"], "date 31 Mar 2026", "2024-06-03 00:00"),
        (["3 juin 2024", "2024-06-04", "Jun 5, 2024"], "date 31 Mar 2026", "2024-06-03 00:00"),
        (["2024-06-03", "2024-06-04", "5 June 2024"], None, "2024-06-03 00:00"),
        (["24/06/03", "24/06/28", "24/07/19", "23/11/02"], "date y/m/d", "2024-06-03 00:00"),
        (["20240603", "20240604"], None, "2024-06-03 00:00"),
        (["2024-06"], None, "2024-06-01 00:00"),
    ],
)
def test_a_column_of_dates_is_read(cells, column_format, first):
    found, moments = read_column(cells, dated=True)
    assert (found, moments[0]) == (column_format, first)


@pytest.mark.parametrize("name", ["Employees", "Zip", "Phone", "Revenue"])
def test_numbers_are_no_dates_in_other_columns(name):
    assert detect_format(pd.Series(["45446", "45447", "39001"]), name=name) is None
    assert detect_format(pd.Series([45446.5, 45447.5]), name=name) is None
    assert detect_format(pd.Series(["120", "45446"]), name="Create Date") is None


def test_one_value_of_a_request_is_read_as_a_cell_is():
    assert to_plain_format(45446.803472, "excel 1900") == to_plain_format("45446.803472", "excel 1900")
    assert to_plain_format(1717442220000, "epoch ms") == to_plain_format("1717442220000.0", "epoch ms")
    assert to_plain_format(True, "excel 1900") is True
    assert to_plain_format(12.5, "amount 1,234.5") == 12.5
