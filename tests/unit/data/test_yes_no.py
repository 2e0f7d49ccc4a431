"""Yes and no are one thing, however they are spelled; other columns are left alone."""

import numpy as np
import pandas as pd
import pytest

from predictor.core.settings import make_settings
from predictor.data.detect_formats import detect_format, to_plain_column
from predictor.data.formats import to_plain_format
from predictor.data.leads import check_leads
from predictor.data.yes_no import detect_yes_no, read_yes_no

PAIRS = [
    ("1", "0"), ("true", "false"), ("Yes", "No"), ("TRUE", "FALSE"), ("y", "n"), ("t", "f"), ("WAHR", "FALSCH"), ("VRAI", "FAUX"),
    ("VERDADERO", "FALSO"), ("VERO", "FALSO"), ("VERDADEIRO", "FALSO"), ("WAAR", "ONWAAR"), ("PRAWDA", "FAŁSZ"),
    ("PRAWDA", "FALSZ"), ("ja", "nein"), ("oui", "non"), ("sí", "no"), ("si", "no"), ("sim", "não"), ("sim", "nao"),
    ("tak", "nie"), ("ano", "ne"), ("ja", "nee"), ("ja", "nej"), ("ИСТИНА", "ЛОЖЬ"), ("да", "нет"), ("evet", "hayır"),
    ("Kyllä", "Ei"), ("igen", "nem"), ("はい", "いいえ"), ("是", "否"),
]  # fmt: skip


@pytest.mark.parametrize(("yes", "no"), PAIRS)
def test_yes_and_no_are_read_in_the_languages_of_spreadsheets(yes, no):
    assert read_yes_no(f" {yes} ") is True
    assert read_yes_no(no.upper()) is False
    assert detect_yes_no(pd.Series([yes, no, None, yes])) == ("1/0" if yes == "1" else "yes/no")


@pytest.mark.parametrize("value", [None, "", "maybe", 2, 0.5, float("nan"), [True], {"a": 1}, "yes, please"])
def test_what_says_neither_has_no_meaning(value):
    assert read_yes_no(value) is None
    assert to_plain_format(value, "yes/no") is value


@pytest.mark.parametrize(
    ("cells", "column_format"),
    [
        ([True, False], "yes/no"),
        ([1, 0], "1/0"),
        ([1.0, 0.0, None], "1/0"),
        (["1.0", "0"], "1/0"),
        (["1", "0", "TRUE"], "yes/no"),
        (["ja", "FALSE", "Yes"], "yes/no"),
        (["x", None], "yes/blank"),
        (["Yes", None, "✓"], "yes/blank"),
        ([1.0, None], "1/blank"),
        (["No", None], "yes/no"),
        (["Yes", "Yes"], "yes/no"),
        (["Y", "N", "Yes"], "yes/no"),
        (["S", "N"], "yes/no"),
    ],
)
def test_a_column_of_yes_and_no_is_detected(cells, column_format):
    assert detect_yes_no(pd.Series(cells)) == column_format


@pytest.mark.parametrize(
    "cells",
    [
        ["NO", "SE", "DK", "FI"],  # countries
        ["no", "si", "at"],
        ["Yes", "No", "Partly"],
        ["No", "Gold", "Silver"],
        ["N", "S", "E", "W"],
        [0, 1, 2],
        ["0", "1", "-1"],
        ["S", None],
        ["T", "T"],
        ["X", "Y"],
        ["Y", "S", "N"],
        ["T", "F", "N"],
        ["sand", None],
        [None, None],
        pd.to_datetime(["2026-01-01", "2026-01-02"]),
    ],
)
def test_a_column_that_only_contains_such_a_word_is_no_yes_and_no(cells):
    assert detect_yes_no(pd.Series(cells)) is None


def test_each_type_of_column_becomes_the_same_plain_text():
    for cells in ([True, False, None], [1, 0, None], ["1", "0", None], ["WAHR", "nein", None], np.array([1.0, 0.0, np.nan])):
        assert to_plain_column(pd.Series(cells), "yes/no").fillna("-").tolist() == ["yes", "no", "-"]
        assert to_plain_column(pd.Series(cells), "1/blank").fillna("-").tolist() == ["1", "-", "-"]


def make_export(**columns):
    n = len(next(iter(columns.values())))
    days = pd.date_range("2025-01-01", periods=n).strftime("%Y-%m-%d")
    return pd.DataFrame({"lead_id": [f"L{number}" for number in range(n)], "mql_at": days, "sql_at": None} | columns)


def test_words_stay_words_numbers_stay_numbers_and_nothing_is_reported():
    leads = check_leads(make_export(news=["Yes", "ja", "FALSE", None], opted=["1", "0", "0", "1"]), make_settings())
    assert leads.attributes == {"news": "category", "opted": "number"}
    assert leads.frame["news"].fillna("-").tolist() == ["yes", "yes", "no", "-"]
    assert leads.frame["opted"].tolist() == [1.0, 0.0, 0.0, 1.0]
    assert leads.formats == {"news": "yes/no", "opted": "1/0"}
    assert not {"LEAD034", "LEAD070"} & {finding.code for finding in leads.findings}


def test_a_column_of_yes_or_nothing_is_told():
    leads = check_leads(make_export(asked=["x", None, "x", None]), make_settings())
    (tip,) = [finding for finding in leads.findings if finding.code == "LEAD034"]
    assert tip.what == "Read as 'yes/blank': 'asked' (reason: all 2 rows say yes, and all others nothing)."


def test_the_settings_overrule_what_is_detected():
    leads = check_leads(make_export(code=["Y", "N", "Y"]), make_settings({"forms": {"code": "text"}}))
    assert leads.frame["code"].tolist() == ["Y", "N", "Y"]
    assert detect_format(pd.Series(["Y", "N", "Y"])).format == "yes/no"


def test_a_column_of_digits_is_text_where_the_settings_say_so():
    leads = check_leads(make_export(zip_code=["03230", "10115", None]), make_settings({"forms": {"zip_code": "text"}}))
    assert leads.attributes == {"zip_code": "category"}
    assert leads.frame["zip_code"].fillna("-").tolist() == ["03230", "10115", "-"]
