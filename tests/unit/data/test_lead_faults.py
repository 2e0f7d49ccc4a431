"""Faults of the table of leads: all at once, with their rows, and what they have in common."""

import numpy as np
import pandas as pd
import pytest
from unit.data.test_leads import LEADS, check

from predictor.core.errors import TableError
from predictor.core.row_faults import check_refused
from predictor.core.wording import format_percent


def refuse(leads, match, **sections):
    with pytest.raises(TableError, match=match) as caught:
        check(leads, **sections)
    return [finding.code for finding in caught.value.findings]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (
            lambda leads: leads.drop(columns="lead_id"),
            "LEAD001 There is no column 'lead_id'; the table has 'mql_at', 'sql_at', 'industry'",
        ),
        (lambda leads: leads.drop(columns="sql_at"), "LEAD001 There is neither 'sql_at' .* nor 'outcome'"),
        (lambda leads: leads.drop(columns="mql_at"), "LEAD001 'sql_at' needs 'mql_at' beside it"),
        (lambda leads: leads.iloc[:0], "LEAD002 The table of leads is empty. Export the leads that became MQLs"),
        (lambda leads: leads.assign(mql_at="soon"), r"LEAD003 Column 'mql_at' holds no date in 3 rows \(first in row 1\)"),
        (lambda leads: leads.assign(lead_id="a", mql_at="2026-01-01"), r"LEAD004 An episode .* in 2 rows \(first in row 2\)"),
        (lambda leads: leads.assign(sql_at="2025-12-31"), r"LEAD005 'sql_at' lies before 'mql_at' in 3 rows"),
        (lambda leads: leads.assign(lead_id=["a", None, " "]), r"LEAD006 There is no lead_id in 2 rows \(first in row 2\)"),
        (
            lambda leads: leads.assign(outcome=["yes", "no", "perhaps"]),
            r"LEAD008 Column 'outcome' holds neither yes nor no in 1 row",
        ),
        (
            lambda leads: leads.assign(amount=["1", "2 or so", "3"], opportunity_at=None),
            r"LEAD009 Column 'amount' holds no number in 1 row \(first in row 2\)",
        ),
        (
            lambda leads: leads.assign(order_by=["1", "x", "2"]),
            r"LEAD010 Column 'order_by' holds neither number nor date in 1 row \(first in row 2",
        ),
        (lambda leads: pd.concat([leads, leads[["industry"]]], axis=1), "LEAD012 Two columns have the same name: 'industry'"),
        (lambda leads: leads.assign(**{"points/x": 1}), "LEAD012 'points/x' must not begin with 'points/', 'attributes/'"),
    ],
)
def test_faults(change, match):
    refuse(change(LEADS), match)


@pytest.mark.parametrize(
    ("sections", "match"),
    [
        (
            {"columns": {"mql_at": "Became MQL"}},
            "LEAD012 The settings name a column 'Became MQL', which is missing in the export. It has 'lead_id'",
        ),
        (
            {"columns": {"mqlat": "mql_at"}},
            r"LEAD012 \[columns\] maps 'mqlat', which is no column of the contract. Did you mean 'mql_at'",
        ),
        ({"roles": {"points": ["industri"]}}, "'industri', which is missing in the export. Did you mean 'industry'"),
        ({"roles": {"protected": ["Gender"]}}, "'Gender', which is missing in the export"),
        ({"data": {"observed_until": "soon"}}, "LEAD003 data.observed_until is no date: 'soon'. Write dates as 2026-03-31"),
    ],
)
def test_faults_of_the_settings(sections, match):
    refuse(LEADS, match, **sections)


def test_faults_are_gathered():
    raw = LEADS.drop(columns="lead_id").assign(mql_at=["x", "2026-01-01", "2026-01-01"], amount="many", opportunity_at=None)
    codes = refuse(raw, r"\(4 faults\)", data={"observed_until": "soon"})
    assert codes == ["LEAD001", "LEAD003", "LEAD003", "LEAD009"]


def test_rows_are_counted_whatever_the_index_and_names_may_hold_braces():
    raw = LEADS.set_axis([5, 5, 5]).rename(columns={"industry": "S{n}{x}"})
    refuse(raw, r"LEAD009 Column 'S\{n\}\{x\}' holds no number in 2 rows \(first in row 1\)", roles={"points": ["S{n}{x}"]})


def test_points_in_letters_are_refused_with_what_to_do_instead():
    roles, fault = {"points": ["grade"]}, "LEAD009 Column 'grade' holds no number"
    refuse(LEADS.assign(grade=["A", "B", "C"]), rf"{fault} in 3 rows .* rule book with a rule for each of its texts", roles=roles)
    refuse(LEADS.assign(grade=["A", "2", "3"]), rf"{fault} in 1 row .*Write plain numbers", roles=roles)


def test_faulty_rows_are_dropped_and_counted():
    raw = LEADS.set_axis([5, 5, 5]).assign(mql_at=["soon", "2026-01-02", "2026-01-03"], lead_id=["a", "b", "b"])
    leads = check(raw, data={"faulty_rows": "drop"})
    assert leads.frame["lead_id"].tolist() == ["b", "b"]
    assert [(finding.code, finding.severity) for finding in leads.findings] == [("LEAD003", "warning")]


def test_a_row_with_two_faults_is_dropped_once():
    raw = LEADS.assign(mql_at=["soon", "2026-01-02", "2026-01-03"], amount=["x", "1", "2"], opportunity_at=None)
    leads = check(raw, data={"faulty_rows": "drop"})
    assert leads.frame["amount"].tolist() == [1.0, 2.0]
    assert [finding.code for finding in leads.findings] == ["LEAD003", "LEAD009"]


def test_the_error_says_why_no_lead_is_left():
    codes = refuse(LEADS.assign(mql_at="soon"), "LEAD002 No lead is left", data={"faulty_rows": "drop"})
    assert codes == ["LEAD002", "LEAD003"]


def test_faults_of_the_whole_table_cannot_be_dropped():
    raw = LEADS.drop(columns="sql_at").assign(mql_at="soon")
    refuse(raw, r"LEAD001 .*\n  LEAD003 Column 'mql_at' holds no date in 3 rows .*:00Z\.$", data={"faulty_rows": "drop"})


OFFER = "Or set data.faulty_rows = 'drop' to leave these rows out."


def draw_many(n=400, seed=0):
    draw = np.random.default_rng(seed)
    mql_at = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.sort(draw.integers(0, 300, n)), unit="D")
    sql_at = pd.Series(mql_at + pd.Timedelta(days=9)).where(draw.random(n) < 0.25)
    leads = pd.DataFrame({"lead_id": [f"L{number}" for number in range(n)], "mql_at": mql_at.strftime("%Y-%m-%d")})
    return leads.assign(sql_at=sql_at.dt.strftime("%Y-%m-%d"), source=draw.choice(["Web", "Fair", "Mail"], n))


FAULTS = {
    "an outcome": (
        lambda leads: leads["sql_at"].notna(),
        {"mql_at": "soon"},
        r"\d+ of \d+ were accepted by sales, and 0 % of the",
    ),
    "the outcome itself": (
        lambda leads: leads["sql_at"].notna() & (leads.index < 40),
        {"sql_at": "done"},
        "were accepted by sales",
    ),
    "a month": (
        lambda leads: leads["mql_at"].str.startswith("2025-03"),
        {"lead_id": None},
        "have a 'mql_at' of 2025-03, and 0 %",
    ),
    "a source": (
        lambda leads: (leads["source"] == "Fair") & (leads.index % 4 == 0),
        {"mql_at": "soon"},
        "have 'Fair' in 'source'",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_rows_that_have_something_in_common_are_never_to_be_left_out(fault):
    choose, change, words = FAULTS[fault]
    leads = draw_many()
    rows = choose(leads)
    for name, value in change.items():
        leads.loc[rows, name] = value
    with pytest.raises(TableError, match=words) as caught:
        check(leads)
    assert OFFER not in str(caught.value)
    assert "Leaving them out would bias the model: " in str(caught.value)
    dropped = [finding for finding in check(leads, data={"faulty_rows": "drop"}).findings if finding.what.endswith("Left out.")]
    assert ["would bias" in finding.do for finding in dropped] == [True]
    assert OFFER not in check_refused(dropped[0]).do


def test_faulty_rows_that_have_nothing_in_common_may_be_left_out():
    leads = draw_many()
    leads.loc[np.random.default_rng(1).choice(400, 20, replace=False), "lead_id"] = None
    with pytest.raises(TableError, match=r"LEAD006 There is no lead_id in 20 rows") as caught:
        check(leads)
    assert OFFER in str(caught.value)


@pytest.mark.parametrize("outcome", ["dates", "yes and no"])
def test_accepted_leads_without_a_moment_are_a_warning_with_their_share(outcome):
    leads = draw_many()
    accepted = leads["sql_at"].notna()
    if outcome == "yes and no":
        leads = leads.assign(outcome=accepted.map({True: "yes", False: "no"})).drop(columns="sql_at")
    undated = (accepted & (leads.index % 3 == 0)) | (leads.index == leads.index[~accepted][0])
    leads.loc[undated, "mql_at"] = None
    findings = {finding.code: finding for finding in check(leads).findings}
    n, total = int((undated & accepted).sum()), int(accepted.sum())
    warning = findings["LEAD063"]
    assert warning.severity == "warning"
    assert warning.what == (
        f"{n} leads that sales accepted have no 'mql_at' and were left out: {format_percent(n / total)} of all acceptances."
    )
    assert "Map the date on which leads were created to mql_at" in warning.do
    assert "Or leave it so" in warning.do
    assert findings["LEAD007"].what.startswith("1 lead never became an MQL")


def test_no_warning_where_every_accepted_lead_has_its_moment():
    leads = draw_many()
    leads.loc[leads["sql_at"].isna() & (leads.index < 100), "mql_at"] = None
    assert [finding.code for finding in check(leads).findings] == ["LEAD007"]


def test_rows_are_numbered_as_in_the_file_where_some_were_left_out():
    leads = draw_many().drop(index=[3, 4, 5])
    leads.loc[9, "lead_id"] = None
    refuse(leads, r"LEAD006 There is no lead_id in 1 row \(first in row 10\)")
    refuse(leads.iloc[::-1], r"\(first in row 391\)")
    refuse(leads.set_axis([f"r{number}" for number in leads.index], axis=0), r"\(first in row 7\)")
