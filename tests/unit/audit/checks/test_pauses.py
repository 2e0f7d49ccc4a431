"""Weeks without a lead: each of a few is named, many are one finding."""

import numpy as np
import pandas as pd
import pytest

from predictor.audit.checks.pauses import check_pauses
from predictor.audit.view import View


def find(days):
    moments = pd.Series(pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(np.sort(days), unit="D"))
    view = View((), np.zeros(len(moments)), times=pd.DataFrame({"mql_at": moments}))
    return [finding.what for finding in check_pauses(view)]


def draw_days(pauses):
    """Leads on 600 days, but for two weeks and more from each of some days."""
    days = np.random.default_rng(0).uniform(0, 600, 6000)
    return days[~np.any([(days > start) & (days < start + 16) for start in pauses], axis=0)] if pauses else days


@pytest.mark.parametrize("pauses", [(), (100,), (100, 300), (50, 150, 250)])
def test_a_few_pauses_are_named_one_by_one(pauses):
    found = find(draw_days(pauses))
    assert len(found) == len(pauses)
    assert all(what.startswith("No lead became an MQL from 2025-") for what in found)


def test_days_that_were_read_as_months_are_one_finding():
    """Leads of twelve days a month each, as where 05/04 is read as the fourth of May."""
    days = np.concatenate([30.4 * month + np.random.default_rng(month).uniform(0, 12, 200) for month in range(14)])
    (what,) = find(days)
    assert what.startswith("13 times no lead became an MQL for two weeks or more, the longest time from 2025-")
