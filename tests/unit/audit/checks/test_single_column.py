"""Columns that rank the leads alone: the bound decides, and what is printed agrees with it."""

import numpy as np
import pandas as pd
import pytest

from predictor.audit.columns import audit_columns

N = 3000


def audit(values, outcome, **options):
    found = audit_columns(pd.DataFrame({"x": values}), outcome, **options)
    return [(finding.code, finding.severity) for finding in found if finding.code == "AUDIT002"]


def draw(seed, rate=0.2, n=N):
    rng = np.random.default_rng(seed)
    return rng, (rng.random(n) < rate).astype(float)


def test_a_number_that_is_mostly_0_is_ranked_as_finely_as_another():
    """Amounts of leads that bought, of 80 % who did not 0, as an analytics tool counts them."""
    rng, outcome = draw(1, n=8000)
    spent = rng.random(8000) < np.where(outcome == 1, 0.86, 0.07)
    value = np.where(spent, rng.lognormal(2 + outcome, 0.7), 0)
    assert audit(value, outcome) == [("AUDIT002", "error")]


@pytest.mark.parametrize(("accepted", "expected"), [(40, [("AUDIT002", "error")]), (6, [])])
def test_a_perfect_number_of_few_accepted_leads(accepted, expected):
    outcome = np.zeros(300)
    outcome[:: 300 // accepted] = 1
    rank = np.random.default_rng(2).random(300) + 5 * outcome
    assert audit(rank, outcome) == expected


def test_categories_in_any_order_and_numbers_without_one():
    rng, outcome = draw(3)
    stage = np.where(rng.random(N) < 0.95, np.where(outcome == 1, rng.choice([2, 5], N), rng.choice([1, 3, 4], N)), 9)
    assert audit(stage, outcome) == [("AUDIT002", "error")]
    assert audit([f"stage {number}" for number in stage], outcome) == [("AUDIT002", "error")]


def test_dates_are_ranked_by_their_age():
    """The date itself says nothing where leads came in evenly; how old it is at the moment of decision does."""
    rng, outcome = draw(4)
    moments = pd.Series(pd.date_range("2025-01-01", periods=N, freq="3h", tz="UTC"))
    touched = moments - pd.to_timedelta(np.where(outcome == 1, rng.uniform(0, 2, N), rng.uniform(1, 60, N)), unit="D")
    assert audit(touched, outcome, mql_at=moments) == [("AUDIT002", "error")]
    assert audit(touched, outcome, order=np.arange(N)) == [], "no age is known without the moment"


def test_an_honest_score_is_no_finding():
    rng, outcome = draw(5)
    assert audit(outcome + rng.normal(0, 1.0, N), outcome) == [], "AUC 0.76"


def test_what_is_printed_is_not_above_the_bound():
    rng, outcome = draw(6)
    for spread in (0.3, 0.5, 0.6, 0.65, 0.7):
        for found in audit_columns(pd.DataFrame({"x": outcome + rng.normal(0, spread, N)}), outcome):
            at_least = float(found.what.split("at least ")[1].split(",")[0])
            assert (at_least >= 0.85) == (found.severity == "error")
