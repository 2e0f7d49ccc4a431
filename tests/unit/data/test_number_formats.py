"""Amounts and ranges in the spellings of people and spreadsheets, as plain numbers."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.data.column_format import detect_format
from predictor.data.formats import to_plain_format
from predictor.data.number_formats import fits_amount, looks_like_range, read_amount, read_range

POINT, COMMA = "amount 1,234.5", "amount 1.234,5"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.5", 1234.5), ("1 234.5", 1234.5), ("1'234.5", 1234.5), ("1’234.5", 1234.5), ("1\u00a0234.5", 1234.5),
        ("1\u202f234.5", 1234.5), ("12,34,567", 1234567), ("１,２３４", 1234), ("+1,234", 1234), ("1,234-", -1234),
        ("1,234.50 -", -1234.5),
        ("(1,234)", -1234), ("($1,234.00)", -1234), ("-1,234", -1234), ("−1,234", -1234), ("$-1,234", -1234), ("US$ 1,234", 1234),
        ("R$1,234", 1234), ("EUR 1,234", 1234), ("1,234 EUR", 1234), ("USD5", 5), ("kr 5", 5), ("5 zł", 5), ("₺5", 5),
        ("£5.50", 5.5),
        ("5k", 5e3), ("5K", 5e3), ("5 T€", 5e3), ("5 TEUR", 5e3), ("5 Tsd. €", 5e3), ("5 thousand", 5e3), ("2 lakh", 2e5),
        ("5M", 5e6), ("5 Mio. €", 5e6), ("€5m", 5e6), ("5 million", 5e6), ("2 crore", 2e7), ("5bn", 5e9), ("5 Mrd. €", 5e9),
        ("12 %", 12), ("12%", 12), ("12.5 %", 12.5),
    ],
)  # fmt: skip
def test_an_amount_with_a_decimal_point(text, number):
    assert fits_amount(text, POINT)
    assert float(read_amount(text, POINT)) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.234,5", 1234.5), ("1 234,5", 1234.5), ("1'234,5", 1234.5), ("1\u00a0234,5 €", 1234.5), ("1.234,50-", -1234.5),
        ("5,5 Mio. €", 5.5e6), ("1.234.567", 1234567), ("12,5 %", 12.5), ("1,5E+06", 1.5e6), ("(1.234,50 EUR)", -1234.5),
        ("1.234 Kč", 1234), ("２,５", 2.5),
    ],
)  # fmt: skip
def test_an_amount_with_a_decimal_comma(text, number):
    assert fits_amount(text, COMMA)
    assert float(read_amount(text, COMMA)) == number


@pytest.mark.parametrize(
    ("text", "column_format", "number"),
    [
        ("1.000,50", POINT, "1000.50"),
        ("€ 1.234.567,8", POINT, "1234567.8"),
        ("1,000.50", COMMA, "1000.50"),
        ("$1,234,567.8", COMMA, "1234567.8"),
    ],
)
def test_an_amount_whose_signs_are_clear_is_read_in_either_format(text, column_format, number):
    assert read_amount(text, column_format) == number
    assert not fits_amount(text, column_format)


@pytest.mark.parametrize(
    "text", ["1,23", "(1,234", "1,234)", "5 t", "5 apples", "5 EURO5", "abc", "", "1.2.3", "--5", "5 km", "1 2 3"]
)
def test_what_is_no_amount(text):
    assert read_amount(text, POINT) is None
    assert not fits_amount(text, POINT)


@given(st.integers(-(10**12), 10**12), st.integers(0, 99), st.sampled_from([" ", "\u00a0", "\u202f", "'", ","]))
def test_grouped_and_plain_are_one_number(whole, cents, separator):
    grouped = f"{whole:,}".replace(",", separator) + f".{cents:02}"
    assert float(read_amount(grouped, POINT)) == float(f"{whole}.{cents:02}")
    comma = f"{whole:,}".replace(",", "." if separator == "," else separator) + f",{cents:02}"
    assert float(read_amount(comma, COMMA)) == float(f"{whole}.{cents:02}")


@pytest.mark.parametrize(
    ("cells", "column_format"),
    [
        (["1\u00a0234", "12\u00a0345"], POINT),
        (["1\u202f234,50", "2,5"], COMMA),
        (["１２", "３４"], POINT),
        (["1,234.00-", "5.00"], POINT),
        (["5 Mio. €", "1,5 Mio. €"], COMMA),
        (["1,5E+06", "2,5"], COMMA),
        (["12 %", "3 %"], POINT),
        (["5 km", "7 km"], None),
    ],
)
def test_a_column_of_amounts_is_detected(cells, column_format):
    found = detect_format(pd.Series(cells))
    assert (None if found is None else found.format) == column_format


def test_a_plain_number_stays_what_it_is_in_every_format():
    for text in ("1234", "12.5", "-3", "1e5"):
        assert float(to_plain_format(text, POINT)) == float(text)
    assert to_plain_format(12.5, COMMA) == 12.5
    assert float(to_plain_format("12.5", COMMA)) == 12.5


def test_a_form_of_a_range_is_seen_whatever_its_ends_are():
    assert [looks_like_range(text) for text in ("0-0", "00+", "000", "0 and 0", "Software")] == [True, True, True, False, False]
    assert [read_range(text) for text in ("51–200", "５１-２００", "1,001+")] == ["101", "101", "1001"]
