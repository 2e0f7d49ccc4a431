"""The contract of the table of leads: our names, roles, types, and every fault at once."""

import numpy as np
import pandas as pd
import pytest

from predictor.core.errors import TableError
from predictor.core.row_faults import check_refused
from predictor.core.settings import make_settings
from predictor.core.wording import format_percent
from predictor.data.leads import check_leads

LEADS = pd.DataFrame({
    "lead_id": ["a", "b", "c"],
    "mql_at": ["2026-01-01", "2026-01-02T10:00+02:00", "2026-01-03"],
    "sql_at": ["2026-01-11", None, None],
    "industry": ["Software", "Retail", "Select"],
})  # fmt: skip


def check(leads=LEADS, **sections):
    return check_leads(leads, make_settings(sections))


def refuse(leads, match, **sections):
    with pytest.raises(TableError, match=match) as caught:
        check(leads, **sections)
    return [finding.code for finding in caught.value.findings]


def test_leads_in_their_types():
    leads = check()
    assert leads.attributes == {"industry": "category"}
    assert leads.frame["mql_at"].dt.strftime("%d %H:%M").tolist() == ["01 00:00", "02 08:00", "03 00:00"]
    assert leads.frame["industry"].isna().tolist() == [False, False, True]
    assert leads.dated
    assert leads.observed_until == pd.Timestamp("2026-01-11", tz="UTC")
    assert leads.findings == ()


def test_times_follow_the_zone_and_the_end_that_the_settings_name():
    leads = check(data={"timezone": "Europe/Berlin", "observed_until": "2026-02-01"})
    assert leads.frame["mql_at"].iloc[0] == pd.Timestamp("2025-12-31 23:00", tz="UTC")
    assert leads.observed_until == pd.Timestamp("2026-01-31 23:00", tz="UTC")


def test_firm_names_become_ours():
    leads = check(LEADS.rename(columns={"lead_id": "Prospect ID", "mql_at": "Became MQL"}),
                  columns={"lead_id": "Prospect ID", "mql_at": "Became MQL"})  # fmt: skip
    assert leads.frame["lead_id"].tolist() == ["a", "b", "c"]
    assert leads.attributes == {"industry": "category"}


def test_mapped_column_replaces_one_that_has_our_name():
    leads = check(LEADS.assign(key=["x", "y", "z"]), columns={"lead_id": "key"})
    assert leads.frame["lead_id"].tolist() == ["x", "y", "z"]


def test_columns_may_swap_names():
    swapped = LEADS.rename(columns={"lead_id": "account_id"}).assign(lead_id=["f", "f", "g"])
    leads = check(swapped, columns={"lead_id": "account_id", "account_id": "lead_id"})
    assert leads.frame["lead_id"].tolist() == ["a", "b", "c"]
    assert leads.frame["account_id"].tolist() == ["f", "f", "g"]


def test_roles():
    raw = LEADS.assign(score=["1", "2", None], gender=["f", "m", "f"], owner=["x", "y", "z"], junk="j", Tags=["t", "u", "v"])
    leads = check(raw, roles={"points": ["score"], "protected": ["gender"], "ignore": ["junk"], "allow": ["Tags"]})
    assert leads.frame["score"].tolist()[:2] == [1.0, 2.0]
    assert (leads.points, leads.protected) == (("score",), ("gender",))
    assert leads.attributes == {"industry": "category", "Tags": "category"}
    assert not {"owner", "junk"} & set(leads.frame.columns)
    assert [(finding.code, finding.what) for finding in leads.findings] == [
        ("LEAD030", "Column 'owner' is no feature: it is set by sales.")
    ]


def test_email_becomes_a_kind_of_mailbox_and_is_kept_nowhere():
    raw = LEADS.assign(email=["a@gmail.com", "b@siemens.de", None], email_domain=[None, "mit.edu", None])
    leads = check(raw)
    assert leads.frame["email_domain_kind"].tolist()[:2] == ["free", "student"]
    assert leads.frame["email_domain_kind"].isna().iloc[2]
    assert not {"email", "email_domain"} & set(leads.frame.columns)
    assert "gmail" not in leads.frame.to_csv()


def test_recycled_lead_is_another_episode_and_a_lead_that_never_was_mql_is_left_out():
    raw = pd.concat([LEADS, LEADS.iloc[[0]].assign(mql_at="2026-03-01", sql_at=None), LEADS.iloc[[1]].assign(mql_at=None)])
    leads = check(raw)
    assert leads.frame["lead_id"].tolist() == ["a", "b", "c", "a"]
    assert [finding.code for finding in leads.findings] == ["LEAD007"]


@pytest.mark.parametrize("keys", [[17, 18, 19], [17.0, 18.0, 19.0], ["17", " 18", "19 "], np.array([17, 18, 19], dtype=object)])
def test_keys_are_texts_whatever_their_type(keys):
    assert check(LEADS.assign(lead_id=keys)).frame["lead_id"].tolist() == ["17", "18", "19"]


def test_outcome_without_dates():
    leads = check(pd.DataFrame({"lead_id": ["a", "b", "c"], "outcome": ["Yes", "0", None], "n": [1, 2, 3]}))
    assert leads.frame["outcome"].tolist()[:2] == [1.0, 0.0]
    assert (leads.dated, leads.observed_until) == (False, None)
    assert [finding.code for finding in leads.findings] == ["LEAD014"]


def test_order_by():
    leads = check(pd.DataFrame({"lead_id": ["a", "b"], "outcome": [1, 0], "Created": ["2026-01-01", "2026-01-02"]}),
                  columns={"order_by": "Created"})  # fmt: skip
    assert leads.frame["order_by"].diff().iloc[1] == 1.0
    assert leads.findings == ()


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


def test_order_of_rows_changes_nothing():
    raw = pd.concat([LEADS.assign(lead_id=LEADS["lead_id"] + str(number)) for number in range(5)], ignore_index=True)
    one, other = check(raw), check(raw.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(one.frame, other.frame.sort_values(["lead_id"], ignore_index=True).reindex(
        one.frame.sort_values("lead_id").index.argsort()).reset_index(drop=True))  # fmt: skip
    assert one.attributes == other.attributes


def test_a_few_cells_that_are_no_numbers_do_not_make_a_category():
    raw = pd.DataFrame({
        "lead_id": range(60), "mql_at": "2026-01-01", "sql_at": None, "employees": ["about 1200", *map(str, range(59))],
    })  # fmt: skip
    leads = check_leads(raw, make_settings())
    assert leads.attributes["employees"] == "number"
    assert leads.frame["employees"].isna().sum() == 1
    found = [finding.what for finding in leads.findings if finding.code == "LEAD033"]
    assert found == ["Column 'employees' holds no number in 1 row of 60."]


def test_an_amount_without_opportunities_is_an_attribute_like_any_other():
    leads = check(LEADS.assign(amount=["1", "2", None]))
    assert leads.attributes == {"industry": "category", "amount": "number"}
    assert leads.frame["amount"].tolist()[:2] == [1.0, 2.0]
    assert check(LEADS.assign(amount=["low", "high", "low"])).attributes["amount"] == "category"
    opportunities = check(LEADS.assign(amount=["1", "2", None], opportunity_at=["2026-01-12", None, None]))
    assert opportunities.attributes == {"industry": "category"}


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
