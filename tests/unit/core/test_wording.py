"""How figures are written."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.core.wording import (
    DASH,
    format_band,
    format_days,
    format_exact_percent,
    format_number,
    format_percent,
    format_percent_range,
    format_range,
    format_share,
    format_threshold,
    format_weekly,
    is_missing,
)


@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_what_cannot_be_told_is_a_dash(missing):
    assert is_missing(missing)
    assert {format_number(missing), format_weekly(missing), format_percent(missing), format_days(missing)} == {DASH}
    assert {format_range(missing, 1.0), format_percent_range(0.1, missing), format_share(missing, 0.1, 0.2)} == {DASH}


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (0.0001, "under 0.1 %"),
        (0.0346, "3.5 %"),
        (0.0996, "10 %"),
        (0.267, "27 %"),
        (0.9972, "99.7 %"),
        (0.9996, "over 99.9 %"),
        (1, "100 %"),
        (-0.0003, "over -0.1 %"),
        (-0.034, "-3.4 %"),
        (-0.9972, "-99.7 %"),
        (-0.9999, "under -99.9 %"),
    ],
)
def test_percentages_have_sensible_digits(share, text):
    assert format_percent(share) == text


SHARES = st.floats(-1, 1) | st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.0005, 0.00049999, 0.9995, 0.99949999, 0.0995, 0.99])


@given(SHARES, SHARES)
def test_only_0_and_1_are_written_as_0_and_100_percent(one, other):
    low, high = sorted((one, other))
    ends = format_percent_range(low, high).removesuffix(" %").split(" to ")
    for share, text in [(one, format_percent(one).removesuffix(" %")), (low, ends[0]), (high, ends[-1])]:
        figure = abs(float(re.sub("under |over ", "", text)))
        assert (figure == 0) == (share == 0)
        assert (figure == 100) == (abs(share) == 1)
        assert text.startswith(("under ", "over ")) or abs(figure - 100 * abs(share)) <= 0.5
        assert ("-" in text) == (share < 0)


def test_ranges():
    assert format_percent_range(0.2412, 0.3066) == "24 to 31 %"
    assert format_percent_range(0.0299, 0.1042) == "3.0 to 10.4 %"
    assert format_percent_range(0, 0.037) == "0.0 to 3.7 %"
    assert format_percent_range(0, 0.37) == "0 to 37 %"
    assert format_percent_range(0, 0.995) == "0.0 to 99.5 %"
    assert format_percent_range(0, 1) == "0 to 100 %"
    assert format_percent_range(0.0001, 0.02) == "under 0.1 to 2.0 %"
    assert format_percent_range(0, 0.0004) == "0.0 to under 0.1 %"
    assert format_percent_range(0.0001, 0.0004) == "under 0.1 %"
    assert format_percent_range(-0.05, 0.008) == "-5.0 to 0.8 %"
    assert format_share(0.27, 0.24, 0.31) == "27 % (24 to 31 %)"
    assert format_share(0.9972, 0.97, 0.9996) == "99.7 % (97.0 to over 99.9 %)"
    assert format_band((0.2, 0.99999)) == "20 to 99.999 %"
    assert format_exact_percent(0.29) == "29 %"
    assert format_range(-0.05, 0.05, 2, sign=True) == "-0.05 to +0.05"


def test_numbers():
    assert format_number(-0.0001, 2) == "0.00"
    assert format_number(1234.5, 1, sign=True) == "+1,234.5"
    assert format_weekly(41.26) == "41.3"
    assert (format_days(1), format_days(30.0)) == ("1 day", "30 days")
    assert (format_threshold(0), format_threshold(0.2387)) == ("0 % (every lead)", "23.9 %")
