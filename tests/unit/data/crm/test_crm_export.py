"""A CRM's export file by file: how each is recognised, and which are refused."""

import re

import pandas as pd
import pytest
from exports import write_salesforce

from predictor.core.errors import TableError
from predictor.core.settings import make_settings
from predictor.data.load import load_tables
from predictor.data.raw_tables import read_tables
from predictor.simulate.firm import simulate_firm

NOW = pd.Timestamp("2026-07-02", tz="UTC")


def write(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return name


def load(folder, crm, leads, *files, **sections):
    data = {"leads": leads, "crm": crm, "files": list(files)} | sections.pop("data", {})
    return load_tables(make_settings({"data": data, **sections}, folder=folder), NOW)


def list_rows(leads, *names):
    table = leads.frame.sort_values(["lead_id", "mql_at"])
    return [
        tuple(None if pd.isna(cell) else str(cell)[:10] for cell in row) for row in table[list(names)].itertuples(index=False)
    ]


LEAD = """Id,Title,CreatedDate,Status,Email
00Q1,CEO,2026-01-01T08:00:00.000Z,MQL,a@firm.example
00Q2,Buyer,2026-01-05T08:00:00.000Z,Open,
"""
HISTORY = "LeadId,CreatedDate,Field,OldValue,NewValue\n"


def test_changes_of_status_are_episodes(tmp_path):
    write(tmp_path, "Lead.csv", LEAD)
    rows = [
        "00Q2,2026-01-06T08:00:00.000Z,Status,Open,MQL",
        "00Q2,2026-01-07T08:00:00.000Z,Status,MQL,Working",
        "00Q2,2026-01-08T08:00:00.000Z,Status,Working,Nurturing",
        "00Q2,2026-02-06T08:00:00.000Z,Lead Status,Nurturing,Marketing Qualified Lead",
        "00Q2,2026-02-09T08:00:00.000Z,leadConverted,,",
        "00Q9,2026-02-09T08:00:00.000Z,Status,Open,MQL",
    ]
    write(tmp_path, "History.csv", HISTORY + "\n".join(rows))
    leads, events, _ = load(tmp_path, "salesforce", "Lead.csv", "History.csv")
    names = ("lead_id", "mql_at", "sql_at", "recycled_at", "opportunity_at")
    assert list_rows(leads, *names) == [
        ("00Q2", "2026-01-06", None, "2026-01-08", None),
        ("00Q2", "2026-02-06", "2026-02-09", None, "2026-02-09"),
    ], "00Q1 was made before the history begins, so that nobody knows when it became an MQL"
    assert events is None
    assert leads.frame["title_function"].tolist() == ["purchasing", "purchasing"]


def test_a_lead_that_was_created_as_an_mql_is_one_from_the_start(tmp_path):
    write(tmp_path, "Lead.csv", LEAD)
    rows = ["00Q2,2025-12-01T08:00:00.000Z,Company,A,B", "00Q1,2026-01-03T08:00:00.000Z,Status,MQL,SQL"]
    write(tmp_path, "History.csv", HISTORY + "\n".join(rows))
    leads, _, _ = load(tmp_path, "salesforce", "Lead.csv", "History.csv")
    assert list_rows(leads, "lead_id", "mql_at", "sql_at") == [("00Q1", "2026-01-01", "2026-01-03")]


def test_a_firm_names_its_own_statuses_and_columns(tmp_path):
    write(tmp_path, "Lead.csv", LEAD.replace("Title", "Titel"))
    rows = ["00Q2,06.01.2026 08:00,Status,Offen,Reif", "00Q2,13.01.2026 08:00,Status,Reif,Angenommen"]
    write(tmp_path, "History.csv", HISTORY + "\n".join(rows))
    stages = {"mql": ["Reif"], "sql": ["angenommen"]}
    leads, _, _ = load(tmp_path, "salesforce", "Lead.csv", "History.csv", stages=stages, columns={"account_id": "Titel"})
    assert list_rows(leads, "lead_id", "mql_at", "sql_at") == [("00Q2", "2026-01-06", "2026-01-13")]
    assert leads.frame["account_id"].tolist() == ["Buyer"]


def test_statuses_without_a_stage_are_listed(tmp_path):
    write(tmp_path, "Lead.csv", LEAD)
    rows = ["00Q2,2026-01-06T08:00:00.000Z,Status,Offen,Reif", "00Q2,2026-01-13T08:00:00.000Z,Status,Reif,Angenommen"]
    write(tmp_path, "History.csv", HISTORY + "\n".join([*rows, rows[0].replace("00Q2", "00Q1")]))
    text = "they change to 'Reif', 'Angenommen'. Name your own statuses in [stages], as"
    with pytest.raises(TableError, match=re.escape(f"LEAD043 No change of status makes a lead an MQL or an SQL; {text} mql =")):
        load(tmp_path, "salesforce", "Lead.csv", "History.csv")
    _, _, findings = load(tmp_path, "salesforce", "Lead.csv", "History.csv", stages={"mql": ["Reif"]})
    (unnamed,) = (finding for finding in findings if finding.code == "LEAD043")
    assert unnamed.what == "No change of status makes a lead an SQL; they change to 'Angenommen'."
    _, _, findings = load(tmp_path, "salesforce", "Lead.csv", "History.csv", stages={"mql": ["Reif"], "sql": ["Angenommen"]})
    assert "LEAD043" not in {finding.code for finding in findings}


def test_a_history_without_dates_is_refused(tmp_path):
    write(tmp_path, "Lead.csv", LEAD)
    write(tmp_path, "History.csv", HISTORY + "00Q2,soon,Status,Open,MQL\n")
    with pytest.raises(TableError, match=r"LEAD003 The history of leads holds no date in 1 row \(first in row 1\)"):
        load(tmp_path, "salesforce", "Lead.csv", "History.csv")


def test_files_that_do_not_belong_to_the_crm(tmp_path):
    write(tmp_path, "Lead.csv", LEAD)
    write(tmp_path, "other.csv", "a,b\n1,2\n")
    with pytest.raises(TableError, match=r"'other\.csv' is no known file of Salesforce's export; it has 'a', 'b'"):
        load(tmp_path, "salesforce", "Lead.csv", "other.csv")
    write(tmp_path, "History.csv", HISTORY + "00Q2,2026-01-06T08:00:00.000Z,Status,Open,MQL\n")
    with pytest.raises(TableError, match=r"None of the files holds Salesforce's leads\. Name their file in data.leads"):
        load(tmp_path, "salesforce", "History.csv")
    with pytest.raises(TableError, match=r"There is no file 'Task\.csv' in .* it is relative to the settings file"):
        load(tmp_path, "salesforce", "Lead.csv", "Task.csv")


def test_a_response_with_a_date_without_a_time_counts_from_the_end_of_the_day(tmp_path):
    write(tmp_path, "Lead.csv", LEAD)
    write(tmp_path, "History.csv", HISTORY + "00Q2,2026-01-06T08:00:00.000Z,Status,Open,MQL\n")
    head = "CampaignId,LeadId,HasResponded,FirstRespondedDate,CreatedDate,Campaign.Type\n"
    rows = [
        "701,00Q2,true,2026-01-06,2026-01-02T09:00:00.000Z,Webinar",
        "702,00Q2,true,2026-01-06,2026-01-06T09:00:00.000Z,Direct Mail",
        "703,00Q2,false,,2026-01-07T09:00:00.000Z,Webinar",
    ]
    write(tmp_path, "Members.csv", head + "\n".join(rows))
    _, events, _ = load(tmp_path, "salesforce", "Lead.csv", "History.csv", "Members.csv")
    found = events.table.order_by("at_us").to_pyarrow().to_pandas()
    assert found["event_type"].tolist() == ["campaign_response", "webinar_attended", "campaign_added"]
    moments = pd.to_datetime(found["at_us"], unit="us").dt.strftime("%d %H:%M:%S").tolist()
    assert moments == ["06 09:00:00", "06 23:59:59", "07 09:00:00"]


def test_activities_of_no_known_type_are_named_by_their_file(tmp_path):
    write(tmp_path, "Lead.csv", LEAD)
    write(tmp_path, "History.csv", HISTORY + "00Q2,2026-01-06T08:00:00.000Z,Status,Open,MQL\n")
    head = "Id,CampaignId,LeadId,Status,HasResponded,FirstRespondedDate,CreatedDate\n"
    rows = [
        "00v1,701,00Q2,Responded,true,2026-01-07,2026-01-07T09:00:00.000Z",
        "00v2,702,00Q2,Sent,false,,2026-01-06T09:00:00.000Z",
    ]
    write(tmp_path, "Members.csv", head + "\n".join(rows))
    head = "Id,WhoId,Status,IsClosed,ActivityDate,CompletedDateTime,CreatedDate\n"
    write(tmp_path, "Task.csv", head + "00T1,00Q2,Completed,true,2026-01-08,2026-01-08T07:00:00.000Z,2026-01-08T06:00:00.000Z\n")
    _, events, _ = load(tmp_path, "salesforce", "Lead.csv", "History.csv", "Members.csv", "Task.csv")
    found = events.table.order_by("at_us").to_pyarrow().to_pandas()
    assert found["event_type"].tolist() == ["campaign_added", "campaign_response", "task"]


def test_activities_without_a_date_are_refused(tmp_path):
    write(tmp_path, "Lead.csv", LEAD)
    write(tmp_path, "History.csv", HISTORY + "00Q2,2026-01-06T08:00:00.000Z,Status,Open,MQL\n")
    write(tmp_path, "Members.csv", "CampaignId,LeadId,HasResponded\n701,00Q2,true\n")
    with pytest.raises(TableError, match=r"A file of activities has no column 'CreatedDate'.* it has 'CampaignId', 'LeadId'"):
        load(tmp_path, "salesforce", "Lead.csv", "History.csv", "Members.csv")


def test_activities_of_a_crm_are_joined_with_events_of_a_tracker(tmp_path):
    write(tmp_path, "Lead.csv", LEAD)
    write(tmp_path, "History.csv", HISTORY + "00Q2,2026-01-06T08:00:00.000Z,Status,Open,MQL\n")
    write(tmp_path, "Task.csv", "WhoId,Type,CompletedDateTime,Subject\n00Q2,Call,2026-01-05T08:00:00.000Z,Ada\n00Q2,Call,,x\n")
    write(tmp_path, "web.csv", "person,when,what\n00Q2,1/15/2026 2:05 PM,page_view\n")
    names = {"lead_id": "person", "occurred_at": "when", "event_type": "what"}
    data = {"events": "web.csv"}
    _, events, _ = load(tmp_path, "salesforce", "Lead.csv", "History.csv", "Task.csv", data=data, event_columns=names)
    assert events.types == {"page_view": (1, 1), "phone_call": (1, 1)}
    assert events.table.to_pyarrow()["asset"].to_pylist() == [None, None], "what a call was about may name a person"


def test_marketo(tmp_path):
    leads = (
        "id,email,title,numberOfEmployees,MQL Date,SQL Date,leadStatus,Region\n7,x@gmail.com,CIO,51-200,2026-01-06,,Open,EMEA\n"
    )
    write(tmp_path, "leads.csv", leads)
    header = "marketoGUID,leadId,activityDate,activityTypeId,campaignId,primaryAttributeValueId,primaryAttributeValue,attributes"
    kinds = {1: "page_view", 2: "form_submitted", 3: "link_click", 6: "email_sent", 10: "email_open", 11: "email_click"}
    kinds |= {12: "lead_created", 13: "data_value_changed", 22: "score_changed", 46: "activity_46"}
    rows = [f"g{kind},7,2026-01-05T08:00:{kind:02}Z,{kind},,1,page {kind},{{}}" for kind in kinds]
    write(tmp_path, "activities.csv", "\n".join([header, *rows]))
    found, events, findings = load(tmp_path, "marketo", "leads.csv", "activities.csv")
    assert {"title", "employees", "Region", "title_seniority"} <= set(found.attributes)
    assert found.frame["employees"].tolist() == [101.0]
    assert "leadStatus" not in found.frame
    table = events.table.order_by("at_us").to_pyarrow().to_pandas()
    assert table["event_type"].tolist() == list(kinds.values())
    assert table["asset"].tolist()[0] == "page 1"
    assert "'Region'" in next(finding.what for finding in findings if finding.code == "LEAD038")


def test_the_state_at_export_of_hubspot_is_no_attribute(tmp_path):
    late = "Likelihood to close,Lead Rating,Unsubscribed from all email,First marketing email click date,Latest Traffic Source"
    head = f"Record ID,Job Title,Became a Marketing Qualified Lead Date,Became a Sales Qualified Lead Date,{late}"
    write(tmp_path, "contacts.csv", f"{head}\n1,CIO,2026-01-06,,0.5,Hot,true,2026-01-02,Email\n")
    raw = read_tables(make_settings({"data": {"leads": "contacts.csv", "crm": "hubspot"}}, folder=tmp_path))
    assert set(raw.leads) == {"lead_id", "title", "mql_at", "sql_at"}


def test_files_of_another_crm_are_not_parts_of_one_table(tmp_path):
    write(tmp_path, "Lead.csv", LEAD)
    write(tmp_path, "Task.csv", "Id,WhoId,Type,CompletedDateTime\n00T1,00Q2,Call,2026-01-05T08:00:00.000Z\n")
    with pytest.raises(TableError, match=r"'Task\.csv' and 'Lead\.csv' have different columns, so one holds no leads of HubSpot"):
        load(tmp_path, "hubspot", "Lead.csv", "Task.csv")


def test_leads_to_score_need_neither_history_nor_activities(tmp_path):
    write_salesforce(tmp_path, simulate_firm(300, 2))
    settings = make_settings({"data": {"leads": "nowhere.csv", "crm": "salesforce", "files": ["nowhere.csv"]}}, folder=tmp_path)
    raw = read_tables(settings, leads=str(tmp_path / "Lead.csv"))
    assert {"lead_id", "industry", "employees", "source"} <= set(raw.leads)
    assert "mql_at" not in raw.leads
    assert raw.events is None


def test_the_crms_own_date_is_told_where_the_settings_name_another(tmp_path):
    head = "Record ID,Became a Marketing Qualified Lead Date,Became a Sales Qualified Lead Date,Own MQL"
    write(tmp_path, "contacts.csv", f"{head}\n1,2026-01-06,,2026-01-07\n2,2026-01-06,2026-01-09,2026-01-08\n")
    leads, _, findings = load(tmp_path, "hubspot", "contacts.csv", columns={"mql_at": "Own MQL"})
    assert list_rows(leads, "lead_id", "mql_at") == [("1", "2026-01-07"), ("2", "2026-01-08")]
    left = next(finding.what for finding in findings if finding.code == "LEAD037")
    assert "'Became a Marketing Qualified Lead Date'" in left
