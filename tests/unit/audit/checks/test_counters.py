"""Counts that went on until the export, and numbers that do not."""

import numpy as np
import pandas as pd
import pytest

from predictor.audit.columns import audit_columns

N = 2500
DRAW = np.random.default_rng(1)
OUTCOME = (DRAW.random(N) < 0.2).astype(float)
AGE = np.linspace(600, 0, N)  # days up to the export, oldest leads first


def audit(name, values):
    found = audit_columns(pd.DataFrame({name: values}), OUTCOME, order=-AGE)
    return [(finding.code, finding.severity) for finding in found if finding.code == "AUDIT005"]


FOUND = [("AUDIT005", "warning")]


@pytest.mark.parametrize("name", ["page views", "E-Mails geöffnet", "visites", "field 7"])
def test_totals_at_export(name):
    assert audit(name, DRAW.poisson(2 + AGE / 60)) == FOUND


def test_totals_that_are_mostly_0():
    assert audit("clicks", np.where(DRAW.random(N) < 0.1 + AGE / 900, DRAW.poisson(1 + AGE / 40), 0)) == FOUND


@pytest.mark.parametrize("name", ["days since last activity", "recency", "pdays", "Tage seit Kontakt", "DaysPassed"])
def test_days_up_to_the_export(name):
    """The last activity was soon after the lead came."""
    assert audit(name, np.floor(np.maximum(AGE - DRAW.exponential(30, N), 0))) == FOUND


@pytest.mark.parametrize("name", ["days since last campaign", "pdays", "field 7"])
def test_days_with_a_number_for_never_that_became_rarer(name):
    """999 means that a lead was in no campaign before: so most older ones, and half of the newer."""
    assert audit(name, np.where(DRAW.random(N) < 0.4 + AGE / 1200, 999, DRAW.integers(1, 60, N))) == []


@pytest.mark.parametrize("name", ["days since first visit", "jours depuis la dernière visite", "daysSinceLastCampaign"])
def test_days_up_to_the_decision_that_became_fewer(name):
    """The firm became faster: the number falls, though it stands still when the lead becomes an MQL."""
    assert audit(name, DRAW.poisson(20 + AGE / 60)) == []
    moments = pd.Series(pd.Timestamp("2026-05-01T00:00Z") - pd.to_timedelta(AGE, unit="D"))
    found = audit_columns(pd.DataFrame({name: DRAW.poisson(20 + AGE / 20)}), OUTCOME, mql_at=moments)
    assert [finding.code for finding in found] == [], "a twentieth of a day for each day of age"
    found = audit_columns(pd.DataFrame({name: np.floor(AGE)}), OUTCOME, mql_at=moments)
    assert [finding.code for finding in found] == ["AUDIT005"]


def test_numbers_of_the_lead_itself():
    assert audit("employees", DRAW.lognormal(4, 1.3, N).round()) == []


def test_the_bound_is_told():
    (found,) = audit_columns(pd.DataFrame({"views": DRAW.poisson(2 + AGE / 60)}), OUTCOME, order=-AGE)
    correlation = float(found.what.split("rank correlation ")[1].split(",")[0])
    at_least = float(found.what.split("at least ")[1].split(";")[0])
    assert 0.1 <= at_least < correlation
