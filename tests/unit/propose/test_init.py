"""`predictor init`: what an export is taken for, the settings that are written, and that training takes them as they are."""

import json
import tomllib

import numpy as np
import pandas as pd
import pytest
from exports import write_hubspot, write_salesforce
from helpers import draw_leads
from typer.testing import CliRunner

from predictor.cli import app
from predictor.config import load_settings
from predictor.errors import TableError, TrainingError
from predictor.propose.look import propose_settings
from predictor.simulate import simulate_firm
from predictor.table_study import load_study
from predictor.train import train

CLI = CliRunner()
NOW = pd.Timestamp("2026-06-01", tz="UTC")


def ask(*words):
    return CLI.invoke(app, ["init", *(str(word) for word in words)])


def look(folder, leads, **options):
    leads.to_csv(folder / "leads.csv", index=False)
    return propose_settings([str(folder / "leads.csv")], out=folder / "predictor.toml", now=NOW, **options)


def export(n=400):
    """A firm's export under its own names and in its own spelling."""
    leads = draw_leads(n)
    draw = np.random.default_rng(1)
    moments = {name: pd.to_datetime(leads[name], utc=True).dt.strftime("%m/%d/%Y %I:%M %p") for name in ("mql_at", "sql_at")}
    return pd.DataFrame({
        "Record ID": leads["lead_id"], "Became an MQL Date": moments["mql_at"], "Became SQL": moments["sql_at"],
        "Work E-mail": [f"x{number}@{'gmail.com' if number % 3 else 'firm.example'}" for number in range(n)],
        "Full Name": [f"Person {number}" for number in range(n)], "Gender": np.where(draw.random(n) < 0.5, "f", "m"),
        "Industry": leads["industry"].where(draw.random(n) < 0.9, "Please select"),
        "Annual Revenue": [f"${1000 * employees:,.2f}" for employees in leads["employees"]],
        "Company Size": pd.cut(leads["employees"], [0, 10, 50, 1e9], labels=["1-10", "11-50", "51+"]).astype(str),
        "Lead Score": leads["score"], "Lead Status": "x", "Row": range(n), "Session Key": [f"k{number}" for number in range(n)],
        "Notes on lead": [f"A long text about lead {number}, of which there is no other one anywhere." for number in range(n)],
    })  # fmt: skip


def test_a_column_is_taken_for_what_its_name_and_its_cells_say(tmp_path):
    proposal = look(tmp_path, export())
    wanted = {
        "Record ID": "lead_id", "Became an MQL Date": "mql_at", "Became SQL": "sql_at", "Work E-mail": "email",
        "Full Name": "ignore", "Gender": "protected", "Industry": "attribute", "Annual Revenue": "attribute",
        "Company Size": "attribute", "Lead Score": "points", "Lead Status": "attribute", "Row": "ignore", "Session Key": "ignore",
        "Notes on lead": "ignore",
    }  # fmt: skip
    assert {name: meaning.role for name, meaning in proposal.meanings.items()} == wanted
    assert {name: form for name, (form, _) in proposal.forms.items()} == {
        "Became an MQL Date": "date m/d/y",
        "Became SQL": "date m/d/y",
        "Annual Revenue": "amount 1,234.5",
        "Company Size": "range 1-10",
    }
    assert "Please select" in proposal.data["missing_values"][0]
    assert proposal.meanings["Full Name"].why.startswith("it holds who a person is")
    assert "prose" in proposal.meanings["Notes on lead"].why
    assert "a counter" in proposal.meanings["Row"].why


def test_the_settings_say_why_and_train_as_they_are(tmp_path):
    export().to_csv(tmp_path / "export.csv", index=False, sep=";", encoding="cp1252")
    out = tmp_path / "settings" / "firm.toml"
    asked = ask(tmp_path / "export.csv", "--out", out)
    assert asked.exit_code == 0, asked.output
    printed = " ".join(asked.output.split())
    for words in (
        "taken for",
        "Record ID",
        "Column 'Full Name' is no feature",
        "400 rows, 14 columns",
        "then predictor train",
    ):
        assert words in printed
    text = out.read_text(encoding="utf-8")
    assert 'lead_id = "Record ID"             # the name says so, and every row has another value' in text
    assert tomllib.loads(text)["data"]["leads"] == "../export.csv"
    quick = text + '\n[model]\ncandidates = ["constant", "points", "logistic"]\nresamples = 20\n'
    out.write_text(quick, encoding="utf-8")
    trained = train(load_settings(out))
    assert trained.verdict.test["logistic"]["auc"] > 0.55
    assert trained.study.leads.forms["Annual Revenue"] == "amount 1,234.5"


def test_a_settings_file_is_not_written_over(tmp_path):
    export(60).to_csv(tmp_path / "export.csv", index=False)
    (tmp_path / "predictor.toml").write_text("# mine\n")
    asked = ask(tmp_path / "export.csv", "--out", tmp_path / "predictor.toml")
    assert asked.exit_code == 1
    assert "is there already and may hold your changes" in " ".join(asked.stderr.split())
    assert (tmp_path / "predictor.toml").read_text() == "# mine\n"
    assert ask(tmp_path / "export.csv", "--out", tmp_path / "predictor.toml", "--force").exit_code == 0
    assert "Record ID" in (tmp_path / "predictor.toml").read_text()


def test_machines_get_json(tmp_path):
    export(60).to_csv(tmp_path / "export.csv", index=False)
    asked = ask(tmp_path / "export.csv", "--out", tmp_path / "predictor.toml", "--json")
    told = json.loads(asked.stdout)
    assert told["columns"]["Record ID"]["role"] == "lead_id"
    assert {finding["code"] for finding in told["findings"]} >= {"INIT001", "LEAD030"}


def test_without_dates_a_counter_orders_the_leads_whichever_way_it_runs(tmp_path):
    n = 300
    table = pd.DataFrame(
        {"Prospect": [f"p{k}" for k in range(n)], "No": range(9 * n, 8 * n, -1), "Won": [k % 3 == 0 for k in range(n)]}
    )
    meanings = look(tmp_path, table).meanings
    assert {name: meaning.role for name, meaning in meanings.items()} == {
        "Prospect": "lead_id",
        "No": "order_by",
        "Won": "outcome",
    }
    assert "falls with the rows (rank correlation -1.000)" in meanings["No"].why
    assert "33.3 % yes" in meanings["Won"].why


def test_an_outcome_of_three_values_is_named_with_what_is_neither(tmp_path):
    table = draw_leads(90).drop(columns="sql_at").assign(Outcome=["Won", "Lost", "Open"] * 30)
    proposal = look(tmp_path, table)
    assert proposal.meanings["Outcome"].role == "outcome"
    (told,) = proposal.refusals
    assert str(told) == (
        "INIT002 Column 'Outcome' holds 'Open' beside yes and no. Add them to label.outcome_yes, label.outcome_no, or "
        "data.missing_values where the outcome is pending."
    )


@pytest.mark.parametrize("yes", ["1", "x", "TRUE"])
def test_an_outcome_that_says_yes_or_nothing_takes_blank_for_no(tmp_path, yes):
    leads = draw_leads(300)
    table = leads.drop(columns="sql_at").assign(Converted=leads["sql_at"].notna().map({True: yes, False: ""}))
    proposal = look(tmp_path, table)
    assert proposal.meanings["Converted"].role == "outcome"
    assert f"it holds '{yes}' or nothing" in proposal.meanings["Converted"].why
    assert proposal.to_differences()["label"] == {"outcome_yes": [yes], "outcome_no": [""]}
    assert any(finding.code == "INIT005" and "of young leads too" in finding.what for finding in proposal.findings)
    (tmp_path / "predictor.toml").write_text(proposal.to_toml())
    study = load_study(load_settings(tmp_path / "predictor.toml"))
    assert study.outcome.sum() == leads["sql_at"].notna().sum() > 0
    assert study.mature.all()


def test_a_column_that_only_ever_says_no_is_no_outcome(tmp_path):
    table = draw_leads(90).drop(columns="sql_at").assign(Converted=["No", ""] * 45)
    assert look(tmp_path, table).meanings["Converted"].role != "outcome"


def test_dates_in_the_future_are_told_before_training_refuses_them(tmp_path):
    leads = draw_leads(60)
    leads["mql_at"] = leads["mql_at"].str.replace("2025", "2035")
    leads["sql_at"] = leads["sql_at"].str.replace("2025", "2035")
    proposal = look(tmp_path, leads)
    assert "LEAD011" in {finding.code for finding in proposal.refusals}
    asked = ask(tmp_path / "leads.csv", "--out", tmp_path / "other.toml")
    assert asked.exit_code == 1
    assert "LEAD011 Column 'mql_at' lies in the future in" in " ".join(asked.output.split())
    assert (tmp_path / "other.toml").is_file(), "what was found is written all the same, to be mended"


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("just some words\nand more of them\n", "has one column only, 'just some words'. Export a table"),
        ("a,b,a\n1,2,3\n", "Two columns bear the same name: 'a'"),
        ("%PDF-1.7", "'leads.csv' is a PDF, no CSV"),
    ],
)
def test_files_that_are_no_table_are_refused(tmp_path, content, match):
    (tmp_path / "leads.csv").write_text(content)
    with pytest.raises(TableError, match=match):
        propose_settings([str(tmp_path / "leads.csv")], out=tmp_path / "predictor.toml")


def test_nothing_is_guessed_where_nothing_is_there(tmp_path):
    proposal = look(tmp_path, pd.DataFrame({"city": ["Rome", "Bonn"] * 30, "size": [1, 2, 3] * 20}))
    assert proposal.columns == {}
    told = [finding.what for finding in proposal.findings if finding.code == "INIT002"]
    assert told[0] == "No column looks like the key of a lead."
    assert told[1].startswith("No column looks like an outcome")
    assert told[2].startswith("No column says when a lead came")


def test_the_columns_of_events_are_found_by_name(tmp_path):
    leads = draw_leads(60)
    events = pd.DataFrame({"Contact ID": leads["lead_id"], "Event Time": leads["mql_at"], "Event": "page_view", "URL": "/a"})
    events.to_csv(tmp_path / "events.csv", index=False)
    proposal = look(tmp_path, leads, events=str(tmp_path / "events.csv"))
    wanted = {"lead_id": "Contact ID", "occurred_at": "Event Time", "event_type": "Event", "asset": "URL"}
    assert proposal.event_columns == wanted
    assert tomllib.loads(proposal.to_toml())["event_columns"] == wanted


def test_a_leak_that_no_name_betrays_is_left_out_with_its_evidence(tmp_path):
    leads = draw_leads(600).assign(remark=lambda table: table["sql_at"].notna().map({True: "went well", False: None}))
    proposal = look(tmp_path, leads)
    assert proposal.meanings["remark"].role == "ignore"
    assert proposal.meanings["remark"].why.startswith("AUDIT001: Column 'remark' is filled")
    assert proposal.refusals == ()
    assert '"remark",' in proposal.to_toml()


@pytest.mark.parametrize("crm", ["hubspot", "salesforce"])
def test_the_export_of_a_crm_needs_no_names(tmp_path, crm):
    firm = simulate_firm(1500, 5)
    folder = tmp_path / "export"
    folder.mkdir()
    if crm == "hubspot":
        write_hubspot(folder, firm, labels=True)
    else:
        write_salesforce(folder, firm)
    out = tmp_path / "predictor.toml"
    asked = ask(folder, "--crm", crm, "--out", out)
    assert asked.exit_code == 0, asked.output
    settings = load_settings(out)
    assert settings.data.crm == crm
    assert settings.columns == {}
    assert settings.data.leads == {"hubspot": "export/contacts.csv", "salesforce": "export/Lead.csv"}[crm]
    quick = out.read_text() + '\n[model]\ncandidates = ["constant", "logistic"]\nresamples = 20\n'
    out.write_text(quick, encoding="utf-8")
    trained = train(load_settings(out))
    assert trained.verdict.test["logistic"]["auc"] > 0.6
    assert trained.study.events is not None


def test_a_protected_column_of_a_crm_is_kept_to_compare_groups(tmp_path):
    named = "Became a Marketing Qualified Lead Date,Became a Sales Qualified Lead Date"
    days = [f"2026-01-{1 + number % 28:02}" for number in range(40)]
    rows = [f"{k},{day},{'' if k % 3 else day},{'fm'[k % 2]},Person {k}" for k, day in enumerate(days)]
    (tmp_path / "contacts.csv").write_text(f"Record ID,{named},Gender,First Name\n" + "\n".join(rows), encoding="utf-8")
    assert ask(tmp_path / "contacts.csv", "--crm", "HubSpot", "--out", tmp_path / "capital.toml").exit_code == 0
    assert 'crm = "hubspot"' in (tmp_path / "capital.toml").read_text(encoding="utf-8")
    found = propose_settings([str(tmp_path / "contacts.csv")], out=tmp_path / "predictor.toml", crm="hubspot", now=NOW)
    assert found.list_role("protected") == ["Gender"]
    assert found.list_role("ignore") == ["First Name"]
    assert not [finding for finding in found.findings if finding.code == "LEAD038"], "no firm's own column is there"


def plain_export(n=40):
    days = pd.date_range("2026-01-01", periods=n, freq="D").strftime("%Y-%m-%d").astype(object)
    title = [f"T{number % 5}" for number in range(n)]
    return pd.DataFrame({"Lead ID": [f"L{number}" for number in range(n)], "MQL Date": days, "SQL Date": days, "Title": title})


def list_faults(proposal):
    return [finding.code for finding in proposal.refusals]


def test_what_training_would_refuse_is_told(tmp_path):
    leads = plain_export()
    leads["SQL Date"] = leads["SQL Date"].where(leads.index % 3 == 0)
    assert list_faults(look(tmp_path, leads)) == []
    assert list_faults(look(tmp_path, leads.drop(columns="MQL Date"))) == ["LEAD001"]
    footer = leads.copy()
    footer.loc[39, "MQL Date"] = "Grand Totals"
    found = look(tmp_path, footer)
    assert (found.meanings["MQL Date"].role, list_faults(found)) == ("mql_at", ["LEAD003"])
    assert "1 row" in found.refusals[0].what
    (tmp_path / "events.csv").write_text("Lead ID,when it was,Type\nL1,2026-01-01,page_view\n", encoding="utf-8")
    assert list_faults(look(tmp_path, leads, events=str(tmp_path / "events.csv"))) == ["EVENT001"]


def test_an_outcome_in_words_of_the_firm_has_no_share(tmp_path):
    leads = plain_export().drop(columns="SQL Date").assign(Converted=["gewonnen", "verloren"] * 20)
    found = look(tmp_path, leads)
    assert found.meanings["Converted"].role == "outcome"
    assert "nan" not in found.meanings["Converted"].why
    assert "or data.missing_values where the outcome is pending" in found.refusals[0].do


def test_a_column_that_is_called_a_date_and_is_none_is_told(tmp_path):
    leads = plain_export()
    mixed = leads["SQL Date"].where(leads.index % 2 == 0, "31/12/2025")
    found = look(tmp_path, leads.assign(**{"Contract date": mixed}))
    assert found.meanings["Contract date"].role == "attribute"
    (told,) = (finding.what for finding in found.findings if finding.code == "INIT004")
    assert told == "Column 'Contract date' is called a date, but 20 rows of 40 hold none that can be read."
    solid = look(tmp_path, leads.assign(**{"SQL Date": leads["SQL Date"].str.replace("-", "")}))
    assert solid.meanings["SQL Date"].role == "sql_at", "20260331 is a date under such a name"
    odd = look(tmp_path, leads.assign(**{"SQL Date": "week " + leads["SQL Date"]}))
    assert "'SQL Date' is called a date, but 40 rows of 40" in str([str(finding) for finding in odd.findings])


def test_several_files_need_a_crm_and_one_that_is_known(tmp_path):
    for name in ("a.csv", "b.csv"):
        export(60).to_csv(tmp_path / name, index=False)
    asked = ask(tmp_path, "--out", tmp_path / "x.toml")
    assert "The leads must be one file" in " ".join(asked.stderr.split())
    asked = ask(tmp_path / "a.csv", "--crm", "sap", "--out", tmp_path / "x.toml")
    assert "--crm must be one of hubspot, salesforce, marketo, but is 'sap'" in " ".join(asked.stderr.split())
    assert not (tmp_path / "x.toml").exists()


@pytest.mark.parametrize(("fault", "code"), [("date", "LEAD003"), ("copy", "LEAD004"), ("before", "LEAD005")])
def test_one_faulty_row_hides_no_leak(tmp_path, fault, code):
    leads = draw_leads(600).assign(remark=lambda table: table["sql_at"].notna().map({True: "went well", False: None}))
    if fault == "copy":
        leads = pd.concat([leads, leads.iloc[[7]]])
    else:
        leads.loc[7, ["mql_at", "sql_at"]] = ("yesterday", None) if fault == "date" else ("2026-02-01", "2026-01-01")
    proposal = look(tmp_path, leads)
    assert proposal.findings[0].code == code
    assert proposal.findings[0].do.endswith("Or set data.faulty_rows = 'drop' to leave these rows out.")
    assert list_faults(proposal) == [code]
    assert proposal.meanings["remark"].why.startswith("AUDIT001: Column 'remark' is filled")
    assert ask(tmp_path / "leads.csv", "--out", tmp_path / "other.toml").exit_code == 1


def test_outcomes_that_teach_nothing_are_told_as_check_refuses_them(tmp_path):
    leads = draw_leads(300)
    nobody = look(tmp_path, leads.assign(sql_at=None))
    assert list_faults(nobody) == ["INIT006"]
    assert nobody.refusals[0].what.startswith("The horizon cannot be chosen: no lead was accepted")
    assert nobody.refusals[0].what.endswith("Check that 'sql_at' is filled in, or set label.horizon_days.")
    assert ask(tmp_path / "leads.csv", "--out", tmp_path / "predictor.toml").exit_code == 1
    with pytest.raises(TrainingError, match="The horizon cannot be chosen"):
        load_study(load_settings(tmp_path / "predictor.toml"))
    everybody = look(tmp_path, leads.assign(sql_at=leads["mql_at"]))
    assert list_faults(everybody) == ["INIT006"]
    assert "all were accepted, so there is nothing to tell apart" in everybody.refusals[0].what
    said = look(tmp_path, leads.drop(columns="sql_at").assign(outcome="no"))
    assert "none was accepted" in said.refusals[0].what


def test_of_a_large_export_the_first_rows_alone_refuse_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("predictor.propose.export.MOST_ROWS", 100)
    leads = draw_leads(300)
    proposal = look(tmp_path, leads.assign(sql_at=leads["sql_at"].where(leads.index > 150)))
    assert proposal.refusals == ()
    assert [finding.severity for finding in proposal.findings if finding.code == "INIT006"] == ["warning"]


@pytest.mark.parametrize(("yes", "no"), [("Ja", "Nein"), ("oui", "non"), ("Sí", "no"), ("SI", "No")])
def test_yes_and_no_are_known_in_other_languages(tmp_path, yes, no):
    leads = draw_leads(300)
    table = leads.drop(columns="sql_at").assign(Converted=leads["sql_at"].notna().map({True: yes, False: no}))
    found = look(tmp_path, table)
    assert found.refusals == ()
    assert found.to_differences()["label"] == {}
    assert "it holds yes and no (" in found.meanings["Converted"].why


@pytest.mark.parametrize(
    ("texts", "why", "what"),
    [
        (
            ["hot", "cold"],
            "it holds 2 values that are neither yes nor no",
            "holds 'cold', 'hot', which are neither yes nor no.",
        ),
        (["yes", "cold"], "it holds yes, but also 1 other value", "holds 'cold' beside yes."),
        (["no", "cold"], "it holds no, but also 1 other value", "holds 'cold' beside no."),
    ],
)
def test_an_outcome_in_words_of_the_firm_is_said_to_hold_what_it_holds(tmp_path, texts, why, what):
    found = look(tmp_path, plain_export().drop(columns="SQL Date").assign(Converted=texts * 20))
    assert why in found.meanings["Converted"].why
    assert found.meanings["Converted"].why.endswith(": name them in label.outcome_yes and label.outcome_no")
    assert found.refusals[0].what == f"Column 'Converted' {what}"


@pytest.mark.parametrize("named", ["{} am", "{} Datum", "{}-Datum"])
def test_the_moments_are_known_by_their_german_names(tmp_path, named):
    leads = plain_export().rename(columns={f"{stage} Date": named.format(stage) for stage in ("MQL", "SQL")})
    assert look(tmp_path, leads).columns == {
        "lead_id": "Lead ID",
        "mql_at": named.format("MQL"),
        "sql_at": named.format("SQL"),
    }


def test_columns_that_hold_dates_are_named_where_none_tells_an_outcome_or_a_moment(tmp_path):
    leads = plain_export().rename(columns={"MQL Date": "Handed over", "SQL Date": "Taken"})
    told = [finding for finding in look(tmp_path, leads).findings if finding.code == "INIT002"]
    assert len(told) == 2
    assert all(finding.what.endswith("Columns that hold dates: 'Handed over', 'Taken'.") for finding in told)
    many = leads.assign(**{f"Day {number}": leads["Taken"] for number in range(9)})
    told = [finding for finding in look(tmp_path, many).findings if finding.code == "INIT002"]
    assert "'Day 5' and 3 more." in told[0].what
    plain = leads.drop(columns=["Handed over", "Taken"])
    assert "hold dates" not in str([str(finding) for finding in look(tmp_path, plain).findings])
