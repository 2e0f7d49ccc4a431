"""Start and end of something, whose length is known only when it is over."""

import numpy as np
import pandas as pd
import pytest

from predictor.audit.columns import audit_columns

N = 2000


def draw_calls(seed=1):
    """Outcomes, the second at which a call began, and its seconds: those of accepted leads are longer."""
    draw = np.random.default_rng(seed)
    outcome = (draw.random(N) < 0.35).astype(float)
    return outcome, draw.integers(9 * 3600, 17 * 3600, N), draw.lognormal(4.5 + 1.5 * outcome, 0.7).astype(int) + 1


def write_clock(seconds, form):
    return pd.Series(pd.Timestamp("2026-01-01") + pd.to_timedelta(seconds, unit="s")).dt.strftime(form)


def audit(frame, outcome, **options):
    found = audit_columns(pd.DataFrame(frame), outcome, **options)
    return {finding.column: finding.severity for finding in found if finding.code == "AUDIT021"}


@pytest.mark.parametrize("form", ["%H:%M:%S", "%I:%M:%S %p"])
def test_start_and_end_of_a_call_by_the_clock(form):
    outcome, start, length = draw_calls()
    frame = {"CallStart": write_clock(start, form), "CallEnd": write_clock(start + length, form)}
    assert audit(frame, outcome) == {"CallStart": "error", "CallEnd": "error"}


def test_whichever_column_comes_first_and_the_evidence_is_told():
    outcome, start, length = draw_calls()
    frame = pd.DataFrame({"fin": write_clock(start + length, "%H:%M:%S"), "début": write_clock(start, "%H:%M:%S")})
    found = [finding for finding in audit_columns(frame, outcome) if finding.code == "AUDIT021"]
    assert "from column 'début' to column 'fin' ranks the leads by outcome at AUC 0.9" in found[0].what
    assert "(at least 0." in found[0].what


def test_of_dates_only_the_end_is_accused():
    outcome, _, length = draw_calls()
    created = pd.Series(pd.date_range("2025-01-01", periods=N, freq="4h"))
    closed = created + pd.to_timedelta(length, unit="h")
    assert audit({"created": created, "closed": closed}, outcome) == {"closed": "error"}


def test_lengths_that_say_nothing_and_moments_in_no_order_are_none():
    outcome, start, length = draw_calls()
    other = np.random.default_rng(9).permutation(length)
    assert audit({"a": write_clock(start, "%H:%M:%S"), "b": write_clock(start + other, "%H:%M:%S")}, outcome) == {}
    shuffled = np.random.default_rng(8).permutation(start)
    assert audit({"a": write_clock(start, "%H:%M"), "b": write_clock(shuffled, "%H:%M")}, outcome) == {}


def test_texts_that_are_no_times_of_day_are_no_moments():
    outcome, _, _ = draw_calls()
    assert audit({"ratio": np.where(outcome == 1, "16:9", "25:61"), "size": ["4:3"] * N}, outcome) == {}
