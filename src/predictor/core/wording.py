"""Figures as people read them: the one place that formats a share, an interval, a number, and the headings of metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

DASH = "\u2013"


class MetricWording(NamedTuple):
    """How a metric is printed: its heading, a shorter one for a terminal, and its decimals."""

    heading: str
    short: str
    digits: int


METRICS = {  # in the order in which they are shown
    "log_loss": MetricWording("Log loss", "log loss", 4),
    "auc": MetricWording("AUC", "AUC", 3),
    "brier": MetricWording("Brier score", "Brier", 4),
    "calibration_slope": MetricWording("Calibration slope", "slope", 2),
    "ece": MetricWording("Calibration error", "calib. error", 3),
    "lift_at_10": MetricWording("Lift of the top 10 %", "lift 10 %", 2),
}


class WordsOfTest(NamedTuple):
    """How the test of a training is spoken of.

    Attributes:
        name: What it is called.
        leads: Its leads, `{}` standing for their number.
        lead: One of them.
        tested: Its leads, beside those that the choices were made on.
        others: Those.
        meaning: What it is, in a sentence.
    """

    name: str
    leads: str
    lead: str
    tested: str
    others: str
    meaning: str


FORWARD_TEST = WordsOfTest(
    name="forward test",
    leads="the newest {}",
    lead="newer lead",
    tested="the newer ones",
    others="earlier leads",
    meaning="Training on older leads and testing on newer ones, as in use.",
)
HELD_OUT_TEST = WordsOfTest(
    name="held-out test",
    leads="{} held out at random",
    lead="held-out lead",
    tested="the held-out leads",
    others="the other leads",
    meaning="Testing on leads held out at random, because nothing says which lead came first.",
)


def choose_test_words(metrics: Mapping[str, Any]) -> WordsOfTest:
    """The words for the test whose `metrics.json` this is.

    >>> choose_test_words({}).name, choose_test_words({"held_out": True}).name
    ('forward test', 'held-out test')
    """
    return HELD_OUT_TEST if metrics.get("held_out") else FORWARD_TEST


def is_missing(figure: float | None) -> bool:
    """Whether a figure is not known: None, NaN or infinite.

    >>> is_missing(None), is_missing(float("nan")), is_missing(0.0)
    (True, True, False)
    """
    return figure is None or not math.isfinite(figure)


def format_number(figure: float | None, digits: int = 0, *, sign: bool = False) -> str:
    """A number with so many decimals; a dash where it is not known.

    Args:
        figure: The number.
        digits: Decimals.
        sign: Whether to write the plus too.

    >>> format_number(1234.56, 1), format_number(None) == DASH, format_number(-0.0123, 3, sign=True), format_number(-0.00001, 2)
    ('1,234.6', True, '-0.012', '0.00')
    """
    if figure is None or is_missing(figure):
        return DASH
    rounded = round(float(figure), digits) + 0.0  # NumPy rounds halves otherwise; a zero without its minus
    return f"{rounded:{'+' if sign and rounded else ''},.{digits}f}"


def format_weekly(figure: float | None) -> str:
    """Leads a week, with one decimal.

    >>> format_weekly(41.26), format_weekly(None) == DASH
    ('41.3', True)
    """
    return format_number(figure, 1)


def format_percent(share: float | None) -> str:
    """A share as a percentage, with one decimal below 10 % and above 99 %; only 0 and 1 are 0 % and 100 %.

    Args:
        share: The share, or a difference of two shares.

    >>> [format_percent(share) for share in (0.2671, 0.0346, 0.9972, 0.0001, 0.9999)]
    ['27 %', '3.5 %', '99.7 %', 'under 0.1 %', 'over 99.9 %']
    >>> [format_percent(share) for share in (0, 1, -0.034, -0.0003)], format_percent(None) == DASH
    (['0 %', '100 %', '-3.4 %', 'over -0.1 %'], True)
    """
    if share is None or is_missing(share):
        return DASH
    return f"{_format_end(share, _count_decimals(share))} %"


def format_range(low: float | None, high: float | None, digits: int = 3, *, sign: bool = False) -> str:
    """The two ends of an interval of plain numbers.

    >>> format_range(0.4211, 0.4533), format_range(None, None) == DASH
    ('0.421 to 0.453', True)
    """
    if is_missing(low) or is_missing(high):
        return DASH
    return f"{format_number(low, digits, sign=sign)} to {format_number(high, digits, sign=sign)}"


def format_percent_range(low: float | None, high: float | None) -> str:
    """The two ends of an interval of shares, with equally many decimals.

    >>> format_percent_range(0.2412, 0.3066), format_percent_range(0.0299, 0.1042), format_percent_range(None, None) == DASH
    ('24 to 31 %', '3.0 to 10.4 %', True)
    >>> format_percent_range(0, 1), format_percent_range(0.97, 0.9996), format_percent_range(0.0001, 0.0004)
    ('0 to 100 %', '97.0 to over 99.9 %', 'under 0.1 %')
    """
    if low is None or high is None or is_missing(low) or is_missing(high):
        return DASH
    decimals = max(_count_decimals(low), _count_decimals(high))
    first, last = _format_end(low, decimals), _format_end(high, decimals)
    bound = first == last and " " in first
    return f"{first} %" if bound else f"{first} to {last} %"


def format_share(share: float | None, low: float | None, high: float | None) -> str:
    """A share with its interval in brackets.

    >>> format_share(0.27, 0.24, 0.31), format_share(0.27, None, None), format_share(None, None, None) == DASH
    ('27 % (24 to 31 %)', '27 %', True)
    """
    if is_missing(low) or is_missing(high) or is_missing(share):
        return format_percent(share)
    return f"{format_percent(share)} ({format_percent_range(low, high)})"


def format_exact_percent(share: float) -> str:
    """A share that the settings name, with the digits that it was given with.

    >>> format_exact_percent(0.29), format_exact_percent(0.125)
    ('29 %', '12.5 %')
    """
    return f"{100 * share:.10g} %"


def format_band(band: tuple[float, float]) -> str:
    """A band that the settings name, in percent, with the digits that it was given with.

    >>> format_band((0.2, 0.3)), format_band((0.125, 0.3))
    ('20 to 30 %', '12.5 to 30 %')
    """
    return f"{format_exact_percent(band[0]).removesuffix(' %')} to {format_exact_percent(band[1])}"


def format_rounded(number: float) -> str:
    """A number with the digits that matter in a sentence.

    >>> format_rounded(1234.5), format_rounded(4.56), format_rounded(0.456)
    ('1,234', '4.6', '0.46')
    """
    if abs(number) < 1:
        return f"{number:.2g}"
    return f"{number:,.0f}" if abs(number) >= 10 or number == round(number) else f"{number:.1f}"


def format_value(number: float) -> str:
    """A value of a lead: four digits, or whole thousands in groups.

    >>> format_value(2.0), format_value(0.12345), format_value(12345.6), format_value(-4917000.0), format_value(1e20)
    ('2', '0.1235', '12,346', '-4,917,000', '1e+20')
    """
    return f"{number:,.0f}" if 1000 <= abs(number) < 1e15 else f"{number:.4g}"


def format_threshold(threshold: float) -> str:
    """A threshold of probability as a percentage, with three digits; 0 hands over every lead.

    >>> format_threshold(0.2387), format_threshold(0.09382), format_threshold(0.0)
    ('23.9 %', '9.38 %', '0 % (every lead)')
    """
    return f"{100 * threshold:.3g} %" if threshold else "0 % (every lead)"


def format_days(days: float | None) -> str:
    """A length in days.

    >>> format_days(30.0), format_days(1), format_days(None) == DASH
    ('30 days', '1 day', True)
    """
    return DASH if days is None or is_missing(days) else f"{days:g} day{'' if days == 1 else 's'}"


def _count_decimals(share: float) -> int:
    return int(0 < abs(share) < 0.0995 or 0.99 < abs(share) < 1)


def _format_end(share: float, decimals: int) -> str:
    """A share in percent, without the percent sign; what would round to 0 or 100 is under or over the nearest that is shown."""
    size, (below, above) = abs(share), ("under", "over") if share > 0 else ("over", "under")
    sign = "-" if share < 0 else ""
    if 0 < size < 0.0005:
        return f"{below} {sign}0.1"
    if 0.9995 <= size < 1:
        return f"{above} {sign}99.9"
    return f"{100 * share + 0.0:.{decimals}f}"  # a zero without its minus
