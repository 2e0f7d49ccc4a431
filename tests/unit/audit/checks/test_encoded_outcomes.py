"""Shares accepted that were computed from the leads themselves, and shares that were known before."""

import numpy as np
import pandas as pd
import pytest

from predictor.audit.columns import audit_columns

N = 3000


def audit(values, outcome):
    return {finding.code: finding for finding in audit_columns(pd.DataFrame({"rate": values}), outcome)}


def draw_groups(seed, size):
    """Groups of about that size with rates of their own, and outcomes by these."""
    draw = np.random.default_rng(seed)
    group = draw.integers(0, N // size, N)
    rate = draw.beta(2, 6, N // size)[group]
    return draw, group, rate, pd.Series((draw.random(N) < rate).astype(float))


@pytest.mark.parametrize("size", [5, 12, 40])
@pytest.mark.parametrize("scale", [1, 100])
def test_the_share_of_the_leads_themselves_is_an_error(size, scale):
    _, group, _, outcome = draw_groups(1, size)
    found = audit((scale * outcome.groupby(group).transform("mean")).round(4), outcome)
    assert found["AUDIT020"].severity == "error"


def test_the_share_of_older_leads_is_none():
    draw, group, rate, outcome = draw_groups(2, 40)
    older = draw.binomial(40, rate) / 40
    assert "AUDIT020" not in audit(pd.Series(older).groupby(group).transform("first"), outcome)


def test_the_true_chance_of_each_lead_is_none():
    """A number as good as can be, known before: it misses as chance does."""
    _, _, rate, outcome = draw_groups(3, 40)
    assert "AUDIT020" not in audit(rate.round(2), outcome)


def test_other_numbers_between_0_and_1_are_none():
    draw, _, _, outcome = draw_groups(4, 40)
    assert audit(draw.choice([0, 0.1, 0.2, 0.5, 0.75, 1], N), outcome) == {}


def test_both_misses_are_told():
    _, group, _, outcome = draw_groups(1, 40)
    what = audit(outcome.groupby(group).transform("mean"), outcome)["AUDIT020"].what
    assert "it misses by 0.0 leads, where a share known beforehand misses by " in what
