"""Values that determine the outcome: one that is always accepted, though the others say nothing."""

import numpy as np
import pandas as pd
import pytest

from predictor.audit.columns import audit_columns

N, SETTLED = 1200, 71


def draw_outcome(rate=0.17, seed=0):
    return (np.random.default_rng(seed).random(N) < rate).astype(float)


def mark(outcome, value, leads):
    """Y for the first `leads` leads with that outcome, N for all others."""
    marked = np.full(N, "N", dtype=object)
    marked[np.flatnonzero(outcome == value)[:leads]] = "Y"
    return marked


def audit(values, outcome):
    return [(finding.code, finding.severity, finding.what) for finding in audit_columns(pd.DataFrame({"flag": values}), outcome)]


def test_a_value_that_is_always_accepted_gets_a_warning():
    outcome = draw_outcome()
    ((code, severity, what),) = audit(mark(outcome, 1, SETTLED), outcome)
    assert (code, severity) == ("AUDIT003", "warning")
    assert what.endswith("determine the outcome: of 71 leads with 1 value all accepted (100 %), of all leads 16 %.")


def test_a_flag_of_one_and_zero_is_the_same():
    outcome = draw_outcome()
    findings = audit((mark(outcome, 1, SETTLED) == "Y").astype(int).astype(str), outcome)
    assert [code for code, _, _ in findings] == ["AUDIT003"]


def test_a_value_that_was_never_accepted_may_be_honest():
    outcome = draw_outcome()
    assert audit(mark(outcome, 0, 150), outcome) == []


@pytest.mark.parametrize(("leads", "rate"), [(15, 0.17), (SETTLED, 0.9)])
def test_few_leads_or_a_high_base_rate_determine_nothing(leads, rate):
    outcome = draw_outcome(rate)
    assert audit(mark(outcome, 1, leads), outcome) == []


def test_a_value_that_was_nearly_always_accepted_may_be_honest():
    outcome = draw_outcome()
    marked = mark(outcome, 1, SETTLED)
    marked[np.flatnonzero(outcome == 0)[:4]] = "Y"
    assert audit(marked, outcome) == []


@pytest.mark.parametrize("seed", range(10))
def test_many_random_values_determine_nothing(seed):
    outcome = draw_outcome(seed=seed)
    assert audit(np.random.default_rng(100 + seed).integers(0, 50, N).astype(str) + pd.Series(["x"] * N), outcome) == []
