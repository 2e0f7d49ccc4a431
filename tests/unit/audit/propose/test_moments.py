"""`predictor init`: the dates of leads and their order, and findings about dates that are wrong."""

import pandas as pd
import pytest
from helpers import draw_leads
from unit.audit.propose.proposals import list_faults, plain_export, propose, run_init


def test_without_dates_a_counter_orders_the_leads_in_either_direction(tmp_path):
    n = 300
    table = pd.DataFrame(
        {"Prospect": [f"p{k}" for k in range(n)], "No": range(9 * n, 8 * n, -1), "Won": [k % 3 == 0 for k in range(n)]}
    )
    roles = propose(tmp_path, table).roles
    assert {name: role.role for name, role in roles.items()} == {
        "Prospect": "lead_id",
        "No": "order_by",
        "Won": "outcome",
    }
    assert "falls with the rows (rank correlation -1.000)" in roles["No"].why
    assert "33 % yes" in roles["Won"].why


@pytest.mark.parametrize(
    "name",
    [
        "Angelegt",
        "Submitted",
        "Eingegangen am",
        "Horodateur",
        "Fecha de ingreso",
        "Data inserimento",
        "Skapad",
        "作成日",
        "Создано",
    ],
)
def test_a_date_of_creation_orders_the_leads_in_every_language(tmp_path, name):
    leads = draw_leads(60).drop(columns="sql_at").rename(columns={"mql_at": name}).assign(Won=[k % 3 == 0 for k in range(60)])
    assert propose(tmp_path, leads).roles[name].role == "order_by"


def test_dates_in_the_future_are_found_before_training_refuses_them(tmp_path):
    leads = draw_leads(60)
    leads["mql_at"] = leads["mql_at"].str.replace("2025", "2035")
    leads["sql_at"] = leads["sql_at"].str.replace("2025", "2035")
    proposal = propose(tmp_path, leads)
    assert "LEAD011" in {finding.code for finding in proposal.refusals}
    result = run_init(tmp_path / "leads.csv", "--out", tmp_path / "other.toml")
    assert result.exit_code == 1
    assert "LEAD011 Column 'mql_at' lies in the future in" in " ".join(result.output.split())
    assert (tmp_path / "other.toml").is_file(), "the settings are written anyway, to be fixed"


def test_a_column_named_as_a_date_without_dates_is_reported(tmp_path):
    leads = plain_export()
    mixed = leads["SQL Date"].where(leads.index % 2 == 0, "31/12/2025")
    found = propose(tmp_path, leads.assign(**{"Contract date": mixed}))
    assert found.roles["Contract date"].role == "attribute"
    (text,) = (finding.what for finding in found.findings if finding.code == "INIT004")
    looks = "one is '31/12/2025', which has another order of day, month and year than the rest"
    assert text == f"Column 'Contract date' has the name of a date, but 20 rows of 40 hold none that can be read: {looks}."
    solid = propose(tmp_path, leads.assign(**{"SQL Date": leads["SQL Date"].str.replace("-", "")}))
    assert solid.roles["SQL Date"].role == "sql_at", "20260331 is a date under such a name"
    odd = propose(tmp_path, leads.assign(**{"SQL Date": "week " + leads["SQL Date"]}))
    assert "'SQL Date' has the name of a date, but 40 rows of 40" in str([str(finding) for finding in odd.findings])


@pytest.mark.parametrize("named", ["{} am", "{} Datum", "{}-Datum"])
def test_the_moments_are_known_by_their_german_names(tmp_path, named):
    leads = plain_export().rename(columns={f"{stage} Date": named.format(stage) for stage in ("MQL", "SQL")})
    assert propose(tmp_path, leads).columns == {
        "lead_id": "Lead ID",
        "mql_at": named.format("MQL"),
        "sql_at": named.format("SQL"),
    }


def test_columns_of_dates_are_named_where_outcome_or_moment_is_missing(tmp_path):
    leads = plain_export().rename(columns={"MQL Date": "Handed over", "SQL Date": "Taken"})
    gaps = [finding for finding in propose(tmp_path, leads).findings if finding.code == "INIT002"]
    assert len(gaps) == 2
    assert all(finding.what.endswith("Columns that hold dates: 'Handed over', 'Taken'.") for finding in gaps)
    many = leads.assign(**{f"Day {number}": leads["Taken"] for number in range(9)})
    gaps = [finding for finding in propose(tmp_path, many).findings if finding.code == "INIT002"]
    assert "'Day 5' and 3 more." in gaps[0].what
    plain = leads.drop(columns=["Handed over", "Taken"])
    assert "hold dates" not in str([str(finding) for finding in propose(tmp_path, plain).findings])


def test_of_several_dates_that_grow_the_first_orders_the_leads_where_the_outcome_is_no_date(tmp_path):
    leads = plain_export().rename(columns={"MQL Date": "StartDate", "SQL Date": "EndDate"}).assign(Won=["yes", "no"] * 20)
    assert propose(tmp_path, leads).roles["StartDate"].role == "order_by"


@pytest.mark.parametrize(("fault", "code"), [("date", "LEAD003"), ("copy", "LEAD004"), ("before", "LEAD005")])
def test_one_faulty_row_hides_no_leak(tmp_path, fault, code):
    leads = draw_leads(600).assign(remark=lambda table: table["sql_at"].notna().map({True: "went well", False: None}))
    if fault == "copy":
        leads = pd.concat([leads, leads.iloc[[7]]])
    else:
        leads.loc[7, ["mql_at", "sql_at"]] = ("yesterday", None) if fault == "date" else ("2026-02-01", "2026-01-01")
    proposal = propose(tmp_path, leads)
    assert proposal.findings[0].code == code
    assert proposal.findings[0].do.endswith("Or set data.faulty_rows = 'drop' to leave these rows out.")
    assert list_faults(proposal) == [code]
    assert proposal.roles["remark"].why.startswith("AUDIT001: Column 'remark' is filled")
    assert run_init(tmp_path / "leads.csv", "--out", tmp_path / "other.toml").exit_code == 1


def test_one_faulty_row_in_a_thousand_is_left_out_with_a_warning(tmp_path):
    leads = draw_leads(1200)
    leads.loc[7, ["mql_at", "sql_at"]] = ("2026-02-01", "2026-01-01")
    proposal = propose(tmp_path, leads)
    assert list_faults(proposal) == []
    assert proposal.data["faulty_rows"] == ("drop", "1 row of 1,200 breaks the contract, see below")
    (warning,) = (finding for finding in proposal.findings if finding.code == "LEAD005")
    assert (warning.severity, warning.what) == ("warning", "'sql_at' lies before 'mql_at' in 1 row (first in row 8). Left out.")


@pytest.mark.parametrize(
    ("blank", "what"),
    [(1, "1 row of 300 (first in row 121): that lead is"), (15, "15 rows of 300 (first in row 121): those leads are")],
)
def test_a_creation_that_a_few_rows_lack_still_orders_the_others(tmp_path, blank, what):
    leads = draw_leads(300)
    created = leads["mql_at"].where((leads.index < 120) | (leads.index >= 120 + blank))
    table = leads.drop(columns=["mql_at", "sql_at"]).assign(Created=created, Won=leads["sql_at"].notna())
    found = propose(tmp_path, table)
    assert (found.columns["mql_at"], "order_by" in found.columns) == ("Created", False)
    assert list_faults(found) == []
    (warning,) = (finding for finding in found.findings if finding.code == "INIT011")
    assert warning.what == f"Column 'Created' holds no date in {what} left out."
    entered = propose(tmp_path, table.assign(**{"Entry date": leads["mql_at"]}))
    assert (entered.columns["order_by"], "mql_at" in entered.columns) == ("Entry date", False), "it is filled in every row"


def test_a_creation_that_many_rows_lack_orders_nothing(tmp_path):
    leads = draw_leads(300)
    created = leads["mql_at"].where(leads.index >= 16)
    table = leads.drop(columns=["mql_at", "sql_at"]).assign(Created=created, Won=leads["sql_at"].notna())
    found = propose(tmp_path, table)
    assert not {"mql_at", "order_by"} & set(found.columns)
    assert "Columns that hold dates: 'Created'." in str([str(finding) for finding in found.findings])
