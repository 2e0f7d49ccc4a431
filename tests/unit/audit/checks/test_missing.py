"""Columns filled for one outcome: leaks, and fields that one form alone asks for."""

import numpy as np
import pandas as pd
import pytest

from predictor.audit.columns import audit_columns

N = 2000


def draw_form(draw):
    """A form, and an outcome that depends on it."""
    form = draw.choice(["newsletter", "download", "webinar", "contact", "demo"], N, p=[0.35, 0.3, 0.15, 0.12, 0.08])
    rate = pd.Series(form).map({"newsletter": 0.05, "download": 0.08, "webinar": 0.15, "contact": 0.4, "demo": 0.5}).to_numpy()
    return form, (draw.random(N) < rate).astype(float)


def audit(frame, outcome):
    return {finding.column: finding.code for finding in audit_columns(pd.DataFrame(frame), outcome) if finding.severity != "tip"}


@pytest.mark.parametrize("share", [1.0, 0.9, 0.6])
def test_a_field_that_one_form_asks_for_is_no_leak(share):
    draw = np.random.default_rng(1)
    form, outcome = draw_form(draw)
    is_asked = np.isin(form, ["contact", "demo"]) & (draw.random(N) < share)
    start = pd.Series(draw.choice(["soon", "later"], N)).where(is_asked)
    assert audit({"start": start}, outcome) == {"start": "AUDIT001"}, "without the form nothing explains it"
    assert audit({"start": start, "form": form}, outcome) == {}


def test_a_field_that_sales_fills_is_a_leak_beside_the_form_too():
    draw = np.random.default_rng(2)
    form, outcome = draw_form(draw)
    filled = draw.random(N) < np.where(outcome == 1, 0.8, 0.3)
    assert audit({"size": pd.Series("x", range(N)).where(filled), "form": form}, outcome) == {"size": "AUDIT001"}


def test_a_flag_that_equals_being_filled_explains_nothing():
    draw = np.random.default_rng(3)
    _, outcome = draw_form(draw)
    filled = draw.random(N) < np.where(outcome == 1, 0.8, 0.3)
    found = audit({"size": pd.Series("x", range(N)).where(filled), "is worked on": np.where(filled, "yes", "no")}, outcome)
    assert found["size"] == "AUDIT001"


def test_dates_that_are_mostly_later_leak_by_those_that_are_not():
    """A date is a feature up to the moment of decision only: filled in the same day for accepted leads, later for others."""
    draw = np.random.default_rng(4)
    _, outcome = draw_form(draw)
    moments = pd.Series(pd.date_range("2026-01-01", periods=N, freq="h", tz="UTC"))
    late = draw.random(N) < np.where(outcome == 1, 0.1, 0.9)
    closed = moments + pd.to_timedelta(np.where(late, 3, -1), unit="D")
    (found,) = [f for f in audit_columns(pd.DataFrame({"closed": closed}), outcome, mql_at=moments) if f.severity == "error"]
    assert found.code == "AUDIT001"


def test_the_bound_is_told():
    outcome = np.array([1.0] * 300 + [0.0] * 700)
    filled = pd.Series(["x"] * 240 + [None] * 60 + ["x"] * 210 + [None] * 490)
    (found,) = audit_columns(pd.DataFrame({"size": filled}), outcome)
    assert found.what.endswith("of 550 without 11 %. It is filled at least 2.2 times as often.")


@pytest.mark.parametrize(("rate", "share"), [(0.34, 0.46), (0.5, 0.4), (0.25, 0.6)])
@pytest.mark.parametrize("column", ["free text", "few texts"])
def test_a_note_on_refused_leads_alone_is_an_error_though_most_have_none(rate, share, column):
    draw = np.random.default_rng(5)
    outcome = (draw.random(N) < rate).astype(float)
    texts = [f"no budget in {row}" for row in range(N)] if column == "free text" else draw.choice(["no budget", "too small"], N)
    notes = pd.Series(texts).where((outcome == 0) & (draw.random(N) < share))
    found = audit_columns(pd.DataFrame({"note": notes}), outcome)
    assert [(f.column, f.severity) for f in found if f.severity != "tip"] == [("note", "error")]


@pytest.mark.parametrize(("rate", "share", "accepted"), [(0.34, 0.3, 0.1), (0.05, 0.4, 0.0), (0.2, 0.02, 0.0)])
def test_a_field_that_few_of_the_accepted_fill_is_no_error(rate, share, accepted):
    """Filled for some of the accepted, or hardly less often accepted than all, or for few leads."""
    draw = np.random.default_rng(6)
    outcome = (draw.random(N) < rate).astype(float)
    filled = draw.random(N) < np.where(outcome == 1, accepted, share)
    found = audit_columns(pd.DataFrame({"note": pd.Series("x", range(N)).where(filled)}), outcome)
    assert not [f for f in found if f.severity == "error"]
