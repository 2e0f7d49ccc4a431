"""`predictor init`: the roles of columns, the settings that are written, and training with them as they are."""

import json
import tomllib

import numpy as np
import pandas as pd
import pytest
from exports import write_hubspot, write_salesforce
from helpers import draw_leads
from unit.audit.propose.proposals import NOW, export, list_faults, plain_export, propose, run_init

from predictor.audit.columns import audit_columns
from predictor.audit.propose.propose import propose_settings
from predictor.core.cell_formats import EXPORTS
from predictor.core.errors import TableError
from predictor.core.settings import load_settings
from predictor.simulate.firm import simulate_firm
from predictor.training.audit import audit_dataset, list_refusals
from predictor.training.from_tables import load_dataset
from predictor.training.train import train


def test_the_role_of_a_column_follows_its_name_and_its_cells(tmp_path):
    proposal = propose(tmp_path, export())
    expected = {
        "Record ID": "lead_id", "Became an MQL Date": "mql_at", "Became SQL": "sql_at", "Work E-mail": "email",
        "Full Name": "ignore", "Gender": "protected", "Industry": "attribute", "Annual Revenue": "attribute",
        "Company Size": "attribute", "Lead Score": "points", "Lead Status": "attribute", "Row": "ignore", "Session Key": "ignore",
        "Notes on lead": "ignore",
    }  # fmt: skip
    assert {name: role.role for name, role in proposal.roles.items()} == expected
    assert {name: form for name, (form, _) in proposal.formats.items()} == {
        "Became an MQL Date": "date m/d/y",
        "Became SQL": "date m/d/y",
        "Annual Revenue": "amount 1,234.5",
        "Company Size": "range 1-10",
    }
    assert "Please select" in proposal.data["missing_values"][0]
    assert proposal.roles["Full Name"].why.startswith("it identifies a person")
    assert "prose" in proposal.roles["Notes on lead"].why
    assert "a counter" in proposal.roles["Row"].why


def test_the_settings_give_reasons_and_train_as_they_are(tmp_path):
    export().to_csv(tmp_path / "export.csv", index=False, sep=";", encoding="cp1252")
    out = tmp_path / "settings" / "firm.toml"
    result = run_init(tmp_path / "export.csv", "--out", out)
    assert result.exit_code == 0, result.output
    printed = " ".join(result.output.split())
    for words in (
        "role column reason",
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
    assert trained.dataset.leads.formats["Annual Revenue"] == "amount 1,234.5"


def test_a_settings_file_is_not_overwritten(tmp_path):
    export(60).to_csv(tmp_path / "export.csv", index=False)
    (tmp_path / "predictor.toml").write_text("# mine\n")
    result = run_init(tmp_path / "export.csv", "--out", tmp_path / "predictor.toml")
    assert result.exit_code == 1
    assert "already exists and may contain your changes" in " ".join(result.stderr.split())
    assert (tmp_path / "predictor.toml").read_text() == "# mine\n"
    assert run_init(tmp_path / "export.csv", "--out", tmp_path / "predictor.toml", "--force").exit_code == 0
    assert "Record ID" in (tmp_path / "predictor.toml").read_text()


def test_json_is_printed_on_request(tmp_path):
    export(60).to_csv(tmp_path / "export.csv", index=False)
    result = run_init(tmp_path / "export.csv", "--out", tmp_path / "predictor.toml", "--json")
    answer = json.loads(result.stdout)
    assert answer["columns"]["Record ID"]["role"] == "lead_id"
    assert {finding["code"] for finding in answer["findings"]} >= {"INIT001", "LEAD030"}


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("just some words\nand more of them\n", "has one column only, 'just some words'. Export a table"),
        ("%PDF-1.7", "'leads.csv' is a PDF, no CSV"),
    ],
)
def test_files_without_a_table_are_refused(tmp_path, content, match):
    (tmp_path / "leads.csv").write_text(content)
    with pytest.raises(TableError, match=match):
        propose_settings([str(tmp_path / "leads.csv")], out=tmp_path / "predictor.toml")


def test_nothing_is_guessed_where_nothing_is_there(tmp_path):
    proposal = propose(tmp_path, pd.DataFrame({"city": ["Rome", "Bonn"] * 30, "size": [1, 2, 3] * 20}))
    assert proposal.columns == {}
    texts = [finding.what for finding in proposal.findings if finding.code == "INIT002"]
    assert texts[0] == "No column looks like the key of a lead."
    assert texts[1].startswith("No column looks like an outcome")
    assert texts[2].startswith("No column says when a lead came")


def test_the_columns_of_events_are_found_by_name(tmp_path):
    leads = draw_leads(60)
    events = pd.DataFrame({"Contact ID": leads["lead_id"], "Event Time": leads["mql_at"], "Event": "page_view", "URL": "/a"})
    events.to_csv(tmp_path / "events.csv", index=False)
    proposal = propose(tmp_path, leads, events=str(tmp_path / "events.csv"))
    expected = {"lead_id": "Contact ID", "occurred_at": "Event Time", "event_type": "Event", "asset": "URL"}
    assert proposal.event_columns == expected
    assert tomllib.loads(proposal.to_toml())["event_columns"] == expected


@pytest.mark.parametrize(
    ("moment", "kind", "asset"),
    [
        ("Zeitpunkt", "Aktivität", "Seite"),
        ("Fecha y hora", "Tipo de actividad", "Asunto"),
        ("Date et heure", "Type d'événement", "URL"),
        ("Data attività", "Evento", "Pagina"),
        ("日時", "イベント", "ページ"),
    ],
)
def test_the_columns_of_events_are_found_in_other_languages(tmp_path, moment, kind, asset):
    """And the key by the name that it has in the leads."""
    leads = draw_leads(60).rename(columns={"lead_id": "Unser Zeichen ID"})
    events = pd.DataFrame(
        {"Unser Zeichen ID": leads["Unser Zeichen ID"], moment: leads["mql_at"], kind: "page_view", asset: "/a"}
    )
    events.to_csv(tmp_path / "events.csv", index=False)
    proposal = propose(tmp_path, leads, events=str(tmp_path / "events.csv"))
    expected = {"lead_id": "Unser Zeichen ID", "occurred_at": moment, "event_type": kind, "asset": asset}
    assert proposal.event_columns == expected
    assert not {"EVENT001"} & {finding.code for finding in proposal.findings}


@pytest.mark.parametrize(
    "name", ["Punkte", "Lead-Punktzahl", "Puntuación", "Punteggio", "Pontuação", "Poäng", "スコア", "leadScore"]
)
def test_points_are_known_in_other_languages(tmp_path, name):
    leads = draw_leads(60)
    assert propose(tmp_path, leads.rename(columns={"score": name})).list_role("points") == [name]


def test_a_leak_is_left_out_with_its_evidence_whatever_its_name(tmp_path):
    leads = draw_leads(600).assign(remark=lambda table: table["sql_at"].notna().map({True: "went well", False: None}))
    proposal = propose(tmp_path, leads)
    assert proposal.roles["remark"].role == "ignore"
    assert proposal.roles["remark"].why.startswith("AUDIT001: Column 'remark' is filled")
    assert proposal.refusals == ()
    assert '"remark",' in proposal.to_toml()
    (leak,) = [finding for finding in proposal.findings if finding.column == "remark" and finding.severity == "error"]
    assert leak.do.endswith('take it out and write the reason under [audit.accept]: "AUDIT001:remark" = "why".')


@pytest.mark.parametrize("name", ["Converted", "Lead Status", "Close Reason"])
def test_a_leak_that_its_name_leaves_out_is_no_error(tmp_path, name):
    leads = draw_leads(400).assign(**{name: lambda table: table["sql_at"].notna().map({True: "done", False: "open"})})
    proposal = propose(tmp_path, leads)
    assert proposal.roles[name].role == "ignore"
    (leak,) = (finding for finding in proposal.findings if finding.column == name)
    assert (leak.code, leak.severity) == ("AUDIT002", "warning")
    assert f'"AUDIT002:{name}" = "why"' in leak.do


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
    result = run_init(folder, "--crm", crm, "--out", out)
    assert result.exit_code == 0, result.output
    settings = load_settings(out)
    assert settings.data.crm == crm
    assert settings.columns == {}
    assert settings.data.leads == {"hubspot": "export/contacts.csv", "salesforce": "export/Lead.csv"}[crm]
    quick = out.read_text() + '\n[model]\ncandidates = ["constant", "logistic"]\nresamples = 20\n'
    out.write_text(quick, encoding="utf-8")
    trained = train(load_settings(out))
    assert trained.verdict.test["logistic"]["auc"] > 0.6
    assert trained.dataset.events is not None


def test_a_protected_column_of_a_crm_is_kept_to_compare_groups(tmp_path):
    named = "Became a Marketing Qualified Lead Date,Became a Sales Qualified Lead Date"
    days = [f"2026-01-{1 + number % 28:02}" for number in range(40)]
    rows = [f"{k},{day},{'' if k % 3 else day},{'fm'[k % 2]},Person {k}" for k, day in enumerate(days)]
    (tmp_path / "contacts.csv").write_text(f"Record ID,{named},Gender,First Name\n" + "\n".join(rows), encoding="utf-8")
    assert run_init(tmp_path / "contacts.csv", "--crm", "HubSpot", "--out", tmp_path / "capital.toml").exit_code == 0
    assert 'crm = "hubspot"' in (tmp_path / "capital.toml").read_text(encoding="utf-8")
    found = propose_settings([str(tmp_path / "contacts.csv")], out=tmp_path / "predictor.toml", crm="hubspot", now=NOW)
    assert found.list_role("protected") == ["Gender"]
    assert found.list_role("ignore") == ["First Name"]
    assert not [finding for finding in found.findings if finding.code == "LEAD038"], "no firm's own column is there"


def test_what_training_refuses_is_found_before(tmp_path):
    leads = plain_export()
    leads["SQL Date"] = leads["SQL Date"].where(leads.index % 3 == 0)
    assert list_faults(propose(tmp_path, leads)) == []
    assert list_faults(propose(tmp_path, leads.drop(columns="MQL Date"))) == ["LEAD001"]
    footer = leads.copy()
    footer.loc[39, "MQL Date"] = "Grand Totals"
    found = propose(tmp_path, footer)
    assert (found.roles["MQL Date"].role, list_faults(found)) == ("mql_at", ["LEAD003"])
    assert "1 row" in found.refusals[0].what
    (tmp_path / "events.csv").write_text("Lead ID,when it was,Type\nL1,2026-01-01,page_view\n", encoding="utf-8")
    assert list_faults(propose(tmp_path, leads, events=str(tmp_path / "events.csv"))) == ["EVENT001"]


def test_several_files_need_a_crm_and_one_that_is_known(tmp_path):
    for name in ("a.csv", "b.csv"):
        export(60).to_csv(tmp_path / name, index=False)
    result = run_init(tmp_path, "--out", tmp_path / "x.toml")
    assert "The leads must be one file" in " ".join(result.stderr.split())
    result = run_init(tmp_path / "a.csv", "--crm", "sap", "--out", tmp_path / "x.toml")
    assert f"--crm must be one of {', '.join(EXPORTS)}, but is 'sap'. Write none for" in " ".join(result.stderr.split())
    assert not (tmp_path / "x.toml").exists()


def test_what_training_would_refuse_once_other_leaks_are_left_out_is_left_out_too(tmp_path):
    """The audit allows for the number of columns that it tests; a training tests those that are left."""
    leads = draw_leads(1200)
    accepted = leads["sql_at"].notna()
    for number in range(30):
        leads[f"Result {number}"] = accepted.map({True: f"won {number}", False: None})
    draw = np.random.default_rng(0)
    leads["form"] = np.where(accepted, draw.random(1200) < 0.97, draw.random(1200) < 0.6)
    leads["form"] = leads["form"].map({True: "long", False: None})
    first = {
        finding.column: finding.severity
        for finding in audit_columns(leads.drop(columns=["lead_id", "mql_at", "sql_at"]), accepted)
    }
    assert first["form"] == "warning"
    proposal = propose(tmp_path, leads)
    assert {proposal.roles[name].role for name in ("form", "Result 0", "Result 29")} == {"ignore"}
    (tmp_path / "predictor.toml").write_text(proposal.to_toml(), encoding="utf-8")
    dataset = load_dataset(load_settings(tmp_path / "predictor.toml"))
    assert list_refusals(dataset, audit_dataset(dataset)) == ()


def test_a_header_without_a_lead_is_refused_in_one_line(tmp_path):
    with pytest.raises(TableError, match=r"\(1 fault\):\n  LEAD002 'leads\.csv' has names of columns, but no lead below them\."):
        propose(tmp_path, plain_export().iloc[:0])


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (list("ABCD") * 100, True),
        (["hot", "warm", "cool", "cold"] * 100, True),
        ([10, 20, 30, 40] * 100, False),
        ([f"c{n}" for n in range(400)], False),
    ],
)
def test_a_score_in_letters_is_said_to_be_no_points(tmp_path, cells, said):
    proposal = propose(tmp_path, export().assign(**{"Lead Score": cells}))
    found = [finding for finding in proposal.findings if finding.code == "INIT014"]
    assert len(found) == said
    if said:
        assert "Column 'Lead Score' has the name of points, but holds 4 texts and no number" in found[0].what
        assert "rule book" in found[0].do
        assert "Lead Score" not in proposal.list_role("points")
