"""Checks of single columns: leaks, values of later, personal data; and noise, which is no finding."""

import numpy as np
import pandas as pd
import pytest

from predictor.audit.columns import audit_columns

N = 2000


@pytest.fixture
def draw():
    return np.random.default_rng(1)


@pytest.fixture
def outcome(draw):
    return (draw.random(N) < 0.2).astype(float)


def audit(frame, outcome, **options):
    """Column -> code and severity."""
    return {
        finding.column: (finding.code, finding.severity) for finding in audit_columns(pd.DataFrame(frame), outcome, **options)
    }


def test_noise_is_no_finding():
    """Fifty columns of noise, of all kinds and with blanks, in twenty tables: not one warning."""
    warned = 0
    for seed in range(20):
        draw = np.random.default_rng(seed)
        outcome = (draw.random(N) < 0.15).astype(float)
        texts = {
            f"text {at}": pd.Series(draw.choice(list("abcdefghij")[: 2 + at % 9], N)).where(draw.random(N) > at / 40)
            for at in range(25)
        }
        numbers = {
            f"number {at}": pd.Series(draw.poisson(1 + at, N).astype(float)).where(draw.random(N) > at / 40) for at in range(25)
        }
        found = audit_columns(pd.DataFrame(texts | numbers), outcome, order=np.arange(N))
        warned += sum(finding.severity != "tip" for finding in found)
    assert warned == 0


def test_a_column_filled_for_one_outcome_only_is_an_error_and_mostly_a_warning(draw, outcome):
    accepted = outcome == 1
    frame = {
        "won": pd.Series("x", range(N)).where(accepted),
        "few won": pd.Series("x", range(N)).where(accepted & (draw.random(N) < 0.15)),
        "lost": pd.Series("x", range(N)).where(~accepted & (draw.random(N) < 0.8)),
        "mostly": pd.Series("x", range(N)).where(draw.random(N) < np.where(accepted, 0.6, 0.2)),
        "rarely": pd.Series("x", range(N)).where(draw.random(N) < np.where(accepted, 0.6, 0.45)),
    }
    error, warning = ("AUDIT001", "error"), ("AUDIT001", "warning")
    assert audit(frame, outcome) == {"won": error, "few won": error, "lost": error, "mostly": warning}


def test_the_text_holds_the_counts_worked_by_hand():
    outcome = np.array([1.0] * 40 + [0.0] * 60)
    filled = pd.Series(["x"] * 40 + [None] * 60)
    (found,) = audit_columns(pd.DataFrame({"won": filled}), outcome)
    assert found.what == (
        "Column 'won' is filled almost only for accepted leads: for 100 % of the accepted, 0 % of the others. Of 40 leads with a "
        "value 100 % were accepted, of 60 without 0 %. The odds differ by a factor of at least 81."
    )


def test_a_column_that_ranks_too_well_alone_whether_number_or_category(draw, outcome):
    frame = {
        "number": outcome + draw.normal(0, 0.3, N),
        "suspect": outcome + draw.normal(0, 0.75, N),
        "honest": outcome + draw.normal(0, 2, N),
    }
    assert audit(frame, outcome) == {"number": ("AUDIT002", "error"), "suspect": ("AUDIT002", "warning")}


def test_values_that_determine_the_outcome_of_a_few_leads(draw):
    outcome = (draw.random(N) < 0.4).astype(float)
    chosen = draw.random(N) < 0.2
    kind = np.where(chosen, np.where(outcome == 1, "high", "worst"), "might be")
    campaign = np.where((outcome == 1) & (draw.random(N) < 0.3), "Customers 2026", draw.choice(["A", "B"], N))
    assert audit({"Relevance": kind}, outcome) == {"Relevance": ("AUDIT003", "error")}
    campaign[np.flatnonzero(outcome == 0)[:2]] = "Customers 2026"
    error = ("AUDIT003", "error")
    assert audit({"Campaign": campaign, "Colour": campaign}, outcome) == {"Campaign": error, "Colour": error}
    campaign[np.flatnonzero(outcome == 0)[:9]] = "Customers 2026"  # so many exceptions prove nothing without such a name
    assert audit({"Campaign": campaign, "Colour": campaign}, outcome) == {"Campaign": error}


def test_dates_after_the_moment_of_decision(outcome):
    moment = pd.Series(pd.date_range("2026-01-01", periods=N, freq="h", tz="UTC"))
    frame = {"created": moment - pd.Timedelta(days=3), "last seen": moment + pd.Timedelta(days=3)}
    assert audit(frame, outcome, mql_at=moment) == {"last seen": ("AUDIT004", "warning")}


def test_a_counter_is_distinguished_from_a_constant_number(draw, outcome):
    age = np.arange(N)[::-1]
    frame = {"to date": draw.poisson(3 + age / 100), "until then": draw.poisson(8, N), "share": draw.random(N) + age / N}
    found = audit(frame, outcome, order=-age)
    assert found == {"to date": ("AUDIT005", "warning")}


def test_values_of_sales_are_found_under_any_column_name(draw, outcome):
    frame = {
        "Field 7": draw.choice(["Ringing", "Switched off", "Interested in a course", "Closed won"], N),
        "Field 8": draw.choice(["Contact us form", "Webinar", "Newsletter"], N),
    }
    assert audit(frame, outcome) == {"Field 7": ("AUDIT012", "warning")}


def test_a_denied_name_is_reported_where_there_is_no_evidence(draw, outcome):
    frame = {"Lead Status": draw.choice(["red", "blue"], N)}
    assert audit(frame, outcome) == {"Lead Status": ("LEAD030", "warning")}


def test_ids_row_numbers_and_constants(draw, outcome):
    frame = {
        "key": [f"k{at}" for at in range(N)],
        "row": np.arange(N) + 1000,
        "random id": draw.permutation(N),
        "same": ["x"] * N,
        "empty": [None] * N,
    }
    found = audit(frame, outcome, order=draw.random(N))
    assert found == {
        "key": ("AUDIT007", "tip"), "row": ("AUDIT008", "warning"), "same": ("AUDIT006", "tip"), "empty": ("AUDIT006", "tip"),
    }  # fmt: skip


def test_placeholders_that_the_settings_do_not_know(draw, outcome):
    frame = {
        "country": draw.choice(["France", "Spain", "unknown"], N),
        "area": draw.choice(["North", "South", "0000"], N, p=[0.5, 0.499, 0.001]),
        "employees": np.where(draw.random(N) < 0.1, 99999, draw.integers(1, 500, N)),
        "answer": draw.choice(["Yes", "No", "Other"], N),
    }
    found = audit(frame, outcome, missing_values=["Select"])
    assert found == {"country": ("AUDIT009", "warning"), "area": ("AUDIT009", "tip"), "employees": ("AUDIT009", "warning")}
    assert audit({"country": frame["country"]}, outcome, missing_values=["Unknown"]) == {}


def test_addresses_and_phone_numbers_are_found_and_not_quoted(draw, outcome):
    frame = pd.DataFrame({
        "reply to": [f"p{at % 700}@firm.example" for at in range(N)],
        "line": [f"+49 30 {1234000 + at % 700}" for at in range(N)],
        "size": draw.choice(["1-10", "11-50", "51-200", "1000+"], N),
        "day": draw.choice(["2026-01-05", "2026-02-06"], N),
        "slashes": [f"0{at % 9 + 1}/0{at % 8 + 1}/2024" for at in range(N)],
        "points": [f"0{at % 9 + 1}.0{at % 8 + 1}.24 10:15" for at in range(N)],
        "lines": [f"0{at % 9 + 1}-12-2024" for at in range(N)],
    })  # fmt: skip
    found = audit_columns(frame, outcome)
    assert {finding.column for finding in found if finding.code == "AUDIT010"} == {"reply to", "line"}
    assert not any("firm.example" in str(finding) or "1234" in str(finding) for finding in found)


@pytest.mark.parametrize("name", ["Gender", "contact_age", "AgeGroup", "Ethnicity", "marital-status", "Salutation"])
def test_protected_attributes_by_name(draw, outcome, name):
    found = audit({name: draw.choice(["a", "b", "c"], N)}, outcome)
    assert found.get(name) == (None if name == "contact_age" else ("AUDIT011", "warning"))


def test_protected_attributes_by_value_and_harmless_names(draw, outcome):
    frame = {
        "Field 3": draw.choice(["male", "female"], N),
        "language": draw.choice(["de", "fr"], N),
        "stage_page": draw.choice(["a", "b"], N),
    }
    assert audit(frame, outcome) == {"Field 3": ("AUDIT011", "warning")}


@pytest.mark.parametrize("outcome", [np.zeros(50), np.ones(50), np.full(50, np.nan)])
def test_constant_or_unknown_outcomes_give_no_fault(outcome):
    assert (
        audit_columns(pd.DataFrame({"a": ["x", None] * 25, "b": range(50, 100)}, dtype=object), outcome, order=np.zeros(50))
        is not None
    )


def test_an_empty_frame_has_no_finding():
    assert audit_columns(pd.DataFrame({"a": []}), []) != ()
    assert audit_columns(pd.DataFrame(), []) == ()


def test_addresses_are_looked_for_in_long_texts_in_time_that_grows_with_their_length():
    """A note of a megabyte without a blank: the pattern must not try every place as the beginning of an address."""
    notes = pd.Series(["x" * 1_000_000, "no"] * 10 + ["write to ada@firm.example, please"] * 20)
    found = audit_columns(pd.DataFrame({"Note": notes}), [0, 1] * 20)
    assert [finding.what for finding in found if finding.code == "AUDIT010"] == [
        "Column 'Note' holds e-mail addresses for 20 leads (50 % of those filled in)."
    ]
