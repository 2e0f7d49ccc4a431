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


def test_a_value_that_is_always_accepted_is_an_error_where_many_leads_have_it():
    outcome = draw_outcome()
    ((code, severity, what),) = audit(mark(outcome, 1, SETTLED), outcome)
    assert (code, severity) == ("AUDIT003", "error")
    assert what == (
        "Values of column 'flag' almost decide the outcome: of 71 leads with one value 100 % were accepted (at least 94 %); of "
        "all leads 16 % were accepted."
    )


def test_a_value_that_is_always_accepted_is_a_warning_where_few_leads_have_it():
    outcome = draw_outcome()
    assert [(code, severity) for code, severity, _ in audit(mark(outcome, 1, 23), outcome)] == [("AUDIT003", "warning")]


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


@pytest.mark.parametrize(("exceptions", "severity"), [(1, "error"), (4, "error"), (8, "warning"), (13, "warning")])
def test_a_value_that_was_nearly_always_accepted_is_suspect_and_an_error_where_that_is_sure(exceptions, severity):
    """70, 67, 63 or 58 of 71 accepted, where 17 of 100 leads are."""
    outcome = draw_outcome()
    marked = mark(outcome, 1, SETTLED - exceptions)
    marked[np.flatnonzero(outcome == 0)[:exceptions]] = "Y"
    assert [(code, found) for code, found, _ in audit(marked, outcome)] == [("AUDIT003", severity)]


@pytest.mark.parametrize(("accepted", "rate"), [(50, 0.17), (SETTLED, 0.42)])
def test_a_value_accepted_often_may_be_honest(accepted, rate):
    """70 % where 17 % are; 90 % where 42 % are: a referral, a demo that was asked for."""
    outcome = draw_outcome(rate)
    marked = mark(outcome, 1, accepted)
    marked[np.flatnonzero(outcome == 0)[: accepted // 9 if rate > 0.4 else 21]] = "Y"
    assert audit(marked, outcome) == []


@pytest.mark.parametrize(("rate", "leads"), [(0.1, 50), (0.2, 80)])
def test_a_value_of_86_percent_on_a_hundredth_of_the_leads_is_a_warning(rate, leads):
    draw = np.random.default_rng(3)
    outcome = (draw.random(100 * leads) < rate).astype(float)
    status = draw.choice(["new", "open", "idle"], len(outcome)).astype(object)
    for value, number in ((1, round(0.86 * leads)), (0, round(0.14 * leads))):
        status[draw.choice(np.flatnonzero(outcome == value), number, replace=False)] = "worked"
    ((code, severity, what),) = audit(status, outcome)
    assert (code, severity) == ("AUDIT003", "warning")
    assert f"of {leads} leads with one value 86 % were accepted (at least " in what


def test_where_most_are_accepted_the_value_of_a_refusal_is_found():
    outcome = 1 - draw_outcome()
    ((code, severity, what),) = audit(mark(outcome, 0, SETTLED), outcome)
    assert (code, severity) == ("AUDIT003", "error")
    assert "100 % were not accepted" in what


def test_numbers_that_stand_for_statuses_decide_as_texts_do():
    draw = np.random.default_rng(4)
    outcome = (draw.random(N) < 0.3).astype(float)
    status = np.where(draw.random(N) < 0.3, np.where(outcome == 1, 7, 3), draw.choice([1, 2, 4, 5, 6], N))
    assert [(code, severity) for code, severity, _ in audit(status, outcome)] == [("AUDIT003", "error")]


def test_the_ends_of_a_scale_may_rightly_be_certain():
    """An honest score: its lowest numbers are hardly ever accepted, its highest nearly always."""
    draw = np.random.default_rng(5)
    score = draw.integers(0, 30, 6000)
    outcome = (draw.random(6000) < 1 / (1 + np.exp(4.6 - 0.22 * score))).astype(float)
    assert [code for code, _, _ in audit(score, outcome) if code == "AUDIT003"] == []


def test_values_of_an_owner_are_not_quoted():
    outcome = draw_outcome()
    owner = np.where(mark(outcome, 1, SETTLED) == "Y", "Ann Smith", "Bob Jones")
    ((_, _, what),) = audit(owner, outcome)
    assert "Ann" not in what


@pytest.mark.parametrize("seed", range(10))
def test_many_random_values_determine_nothing(seed):
    outcome = draw_outcome(seed=seed)
    assert audit(np.random.default_rng(100 + seed).integers(0, 50, N).astype(str) + pd.Series(["x"] * N), outcome) == []


@pytest.mark.parametrize("value", ["APAC-won", "EMEA (closed)", "gewonnen 2024", "gagné"])
@pytest.mark.parametrize(("leads", "severity"), [(13, "warning"), (40, "error")])
def test_a_value_that_names_the_result_needs_few_leads(value, leads, severity):
    outcome = draw_outcome(0.34)
    regions = np.random.default_rng(1).choice(np.array(["EMEA", "LATAM", "APAC"], dtype=object), N)
    regions[np.flatnonzero(outcome == 1)[:leads]] = value
    found = audit(regions, outcome)
    assert [(code, level) for code, level, _ in found] == [("AUDIT003", severity)]


@pytest.mark.parametrize(("value", "leads", "kind"), [("APAC", 13, 1), ("APAC-won", 4, 1), ("Lost Valley", 13, 0)])
def test_few_leads_without_a_word_or_not_beyond_chance_are_no_evidence(value, leads, kind):
    outcome = draw_outcome(0.34)
    regions = np.random.default_rng(1).choice(np.array(["EMEA", "LATAM"], dtype=object), N)
    regions[np.flatnonzero(outcome == kind)[:leads]] = value
    assert audit(regions, outcome) == []
