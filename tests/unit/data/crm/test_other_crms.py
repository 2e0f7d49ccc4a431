"""Exports of eight more CRMs by their default names: what they become, and what is never an attribute."""

import pandas as pd
import pytest
from exports import write_hubspot, write_salesforce

from predictor.audit.propose.propose import propose_settings
from predictor.core.cell_formats import EXPORTS
from predictor.core.settings import make_settings
from predictor.data.crm.detect import find_crms
from predictor.data.crm.export_maps import read_export_map
from predictor.data.load import load_tables
from predictor.simulate.firm import simulate_firm

NOW = pd.Timestamp("2026-07-02", tz="UTC")
N = 120
DAYS = pd.date_range("2025-01-01 08:00", periods=N, freq="3D", tz="UTC")
WON = [at % 4 == 0 for at in range(N)]
ID, DAY, LATER = "id", "day", "later"  # cells: a key, the day when a lead came, a later day
DECIDED, TEXT, SIZE, MAIL, PERSON = "decided", "text", "size", "mail", "person"
YES_NO = {"yes": "true", "no": "false"}

# CRM and kind of export -> header with the kind of its cells, our name of the date and of the outcome, attributes
CASES = {
    "dynamics, a view": (
        {"(Do Not Modify) Lead": ID, "(Do Not Modify) Row Checksum": PERSON, "(Do Not Modify) Modified On": LATER,
         "Topic": PERSON,
         "Status": {"yes": "Qualified", "no": "Disqualified"}, "Status Reason": {"yes": "Qualified", "no": "Lost"},
         "Created On": DAY, "Job Title": TEXT, "Industry": TEXT, "No. of Employees": SIZE, "Rating": TEXT, "Owner": TEXT,
         "Est. Close Date": LATER, "Modified On": LATER, "Last Activity Date": LATER, "Email": MAIL},
        ("order_by", "Created On"), ("outcome", "Status"), {"title", "industry", "employees"}),
    "dynamics, the table": (
        {"leadid": ID, "subject": PERSON, "emailaddress1": MAIL, "jobtitle": TEXT, "industrycode": TEXT, "leadsourcecode": TEXT,
         "statecode": {"yes": "1", "no": "2"}, "statuscode": {"yes": "3", "no": "4"}, "createdon": DAY, "modifiedon": LATER,
         "numberofemployees": SIZE, "estimatedclosedate": LATER, "msdyn_leadscore": SIZE, "_ownerid_value": TEXT,
         "budgetamount": SIZE, "address1_country": TEXT},
        ("order_by", "createdon"), ("outcome", "statecode"), {"title", "industry", "source", "employees", "country"}),
    "zoho, labels": (
        {"Record Id": ID, "Company": TEXT, "Lead Source": TEXT, "Industry": TEXT, "No. of Employees": SIZE, "Created Time": DAY,
         "Modified Time": LATER, "Is Converted": YES_NO, "Converted Date Time": DECIDED, "Lead Conversion Time": DECIDED,
         "Last Activity Time": LATER, "Unsubscribed Mode": TEXT, "Lead Owner": TEXT, "Rating": TEXT, "Lead Status": TEXT,
         "Last Name": PERSON, "Email": MAIL, "Created By": TEXT, "Change Log Time": LATER, "Visitor Score": SIZE},
        ("mql_at", "Created Time"), ("sql_at", "Converted Date Time"), {"company", "source", "industry", "employees"}),
    "zoho, API": (
        {"id": ID, "Lead_Source": TEXT, "Designation": TEXT, "No_of_Employees": SIZE, "Created_Time": DAY,
         "Modified_Time": LATER,
         "Converted__s": YES_NO, "Converted_Date_Time": DECIDED, "Lead_Conversion_Time": DECIDED, "Last_Activity_Time": LATER,
         "Owner": TEXT, "Email_Opt_Out": TEXT},
        ("mql_at", "Created_Time"), ("sql_at", "Converted_Date_Time"), {"source", "title", "employees"}),
    "pipedrive, leads": (
        {"Lead - ID": ID, "Lead - Title": PERSON, "Lead - Owner": TEXT, "Lead - Source": TEXT, "Lead - Label": TEXT,
         "Lead - Value": SIZE,
         "Lead - Lead created": DAY, "Lead - Update time": LATER, "Lead - Expected close date": LATER, "Person - Name": PERSON,
         "Person - Email - Work": MAIL, "Organization - Number of employees": SIZE, "Lead - SQL date": DECIDED,
         "Lead - Region": TEXT},
        ("mql_at", "Lead created"), ("sql_at", "SQL date"), {"source", "employees", "Region"}),
    "pipedrive, deals": (
        {"Deal - ID": ID, "Deal - Title": PERSON, "Deal - Status": {"yes": "Won", "no": "Lost"}, "Deal - Stage": TEXT,
         "Deal - Owner": TEXT,
         "Deal - Probability": SIZE, "Deal - Deal created": DAY, "Deal - Update time": LATER, "Deal - Last stage change": LATER,
         "Deal - Won time": DECIDED, "Deal - Lost reason": TEXT, "Deal - Source channel": TEXT, "Organization - Industry": TEXT,
         "Deal - Total activities": SIZE, "Deal - Last activity date": LATER, "Person - Won deals": SIZE},
        ("mql_at", "Deal created"), ("sql_at", "Won time"), {"source", "industry"}),
    "odoo, technical names": (
        {"id": ID, "name": PERSON, "email_from": MAIL, "function": TEXT, "country_id": TEXT, "source_id": TEXT,
         "stage_id": TEXT,
         "team_id": TEXT, "user_id": TEXT, "active": YES_NO, "probability": SIZE, "automated_probability": SIZE,
         "create_date": DAY,
         "write_date": LATER, "date_conversion": DECIDED, "date_closed": DECIDED, "date_last_stage_update": LATER,
         "day_close": SIZE,
         "expected_revenue": SIZE, "message_attachment_count": SIZE},
        ("mql_at", "create_date"), ("sql_at", "date_conversion"), {"title", "country", "source"}),
    "odoo, labels": (
        {"External ID": ID, "Opportunity": PERSON, "Job Position": TEXT, "Country": TEXT, "Medium": TEXT, "Salesperson": TEXT,
         "Stage": TEXT, "Probability": SIZE, "Expected Revenue": SIZE, "Created on": DAY, "Last Updated on": LATER,
         "Conversion Date": DECIDED, "Days to Close": SIZE, "Expected Closing": LATER, "Last Stage Update": LATER},
        ("mql_at", "Created on"), ("sql_at", "Conversion Date"), {"title", "country", "medium"}),
    "mautic": (
        {"id": ID, "title": TEXT, "firstname": PERSON, "position": TEXT, "email": MAIL, "points": SIZE, "country": TEXT,
         "preferred_locale": TEXT, "last_active": LATER, "dateIdentified": LATER, "date_added": DAY, "stage": TEXT,
         "sql_date": DECIDED,
         "attribution": SIZE, "companyindustry": TEXT, "owner": TEXT},
        ("mql_at", "date_added"), ("sql_at", "sql_date"), {"title", "country", "language", "industry"}),
    "mautic, API": (
        {"id": ID, "position": TEXT, "dateAdded": DAY, "dateModified": LATER, "lastActive": LATER, "dateIdentified": LATER,
         "MQL Date": DAY, "SQL Date": DECIDED, "ownerByUser": TEXT, "city": TEXT},
        ("mql_at", "MQL Date"), ("sql_at", "SQL Date"), {"title", "city", "ownerByUser"}),
    "suitecrm": (
        {"id": ID, "date_entered": DAY, "date_modified": LATER, "assigned_user_id": TEXT, "last_name": PERSON, "title": TEXT,
         "department": TEXT, "primary_address_country": TEXT, "lead_source": TEXT, "status": {"yes": "Converted", "no": "Dead"},
         "converted": {"yes": "1", "no": "0"}, "opportunity_amount": SIZE, "phone_work": PERSON, "email1": MAIL,
         "deleted": "0"},
        ("order_by", "date_entered"), ("outcome", "converted"), {"title", "department", "country", "source"}),
    "suitecrm, labels": (
        {"ID": ID, "Date Created": DAY, "Date Modified": LATER, "Assigned User": TEXT, "Title": TEXT, "Lead Source": TEXT,
         "Lead Source Description": PERSON, "Primary Address City": TEXT, "Status": TEXT, "Converted": YES_NO},
        ("order_by", "Date Created"), ("outcome", "Converted"), {"title", "city", "source"}),
    "freshsales": (
        {"Id": ID, "First name": PERSON, "Job title": TEXT, "Email": MAIL, "Industry type": TEXT, "Lead source": TEXT,
         "Lifecycle stage": TEXT, "Status": {"yes": "Qualified", "no": "Unqualified"}, "Sales owner": TEXT, "Score": SIZE,
         "Created at": DAY, "Updated at": LATER, "Last contacted time": LATER, "Last contacted mode": TEXT,
         "Last activity date": LATER,
         "Won deals amount": SIZE},
        ("order_by", "Created at"), ("outcome", "Status"), {"title", "industry", "source"}),
    "freshsales, API": (
        {"id": ID, "job_title": TEXT, "created_at": DAY, "updated_at": LATER, "lead_score": SIZE, "last_contacted": LATER,
         "last_seen": LATER,
         "open_deals_amount": SIZE, "lifecycle_stage_id": TEXT, "contact_status_id": TEXT, "sql_at": DECIDED, "country": TEXT,
         "is_deleted": "false", "owner_id": TEXT},
        ("mql_at", "created_at"), ("sql_at", "sql_at"), {"title", "country"}),
    "close": (
        {"id": ID, "display_name": PERSON, "status_label": TEXT, "status_id": TEXT, "date_created": DAY, "date_updated": LATER,
         "primary_contact_name": PERSON, "primary_contact_title": TEXT, "primary_contact_primary_email": MAIL,
         "num_calls": SIZE,
         "last_call_date": LATER, "custom.Industry": TEXT, "custom.Employees": SIZE, "custom.SQL Date": DECIDED,
         "custom.Region": TEXT,
         "primary_opportunity_status_label": TEXT, "custom.Lead Owner": TEXT},
        ("mql_at", "date_created"), ("sql_at", "SQL Date"), {"title", "industry", "employees", "Region", "company"}),
    "close, contacts": (
        {"lead_id": ID, "lead_name": PERSON, "status_label": {"yes": "Qualified", "no": "Bad Fit"}, "date_created": DAY,
         "date_updated": LATER,
         "num_emails": SIZE, "custom.Lead Source": TEXT, "last_lead_status_change_date": LATER},
        ("order_by", "date_created"), ("outcome", "status_label"), {"source", "company"}),
}  # fmt: skip


def make_export(header):
    cells = {
        ID: [f"k{at:06}" for at in range(N)],
        DAY: DAYS.strftime("%Y-%m-%d %H:%M:%S"),
        LATER: (DAYS + pd.Timedelta(days=40)).strftime("%Y-%m-%d %H:%M:%S"),
        DECIDED: [f"{day + pd.Timedelta(days=5):%Y-%m-%d %H:%M:%S}" if won else None for day, won in zip(DAYS, WON, strict=True)],
        TEXT: [("red", "green", "blue")[at % 3] for at in range(N)],
        SIZE: [10 + at * 7 % 23 for at in range(N)],
        MAIL: [f"p{at}@f{at % 9}.example" for at in range(N)],
        PERSON: [f"Ann {at}" for at in range(N)],
    }
    columns = {
        name: [kind["yes" if won else "no"] for won in WON] if isinstance(kind, dict) else cells.get(kind, kind)
        for name, kind in header.items()
    }
    return pd.DataFrame(columns)


@pytest.fixture(params=CASES)
def case(request, tmp_path):
    header, date, outcome, attributes = CASES[request.param]
    make_export(header).to_csv(tmp_path / "leads.csv", index=False)
    found = propose_settings([str(tmp_path / "leads.csv")], out=tmp_path / "predictor.toml", now=NOW)
    return request.param.split(",")[0], found, date, outcome, attributes, tmp_path


def test_init_proposes_what_the_default_names_say(case):
    crm, found, date, outcome, _, _ = case
    assert found.data["crm"][0] == crm
    assert not found.refusals
    assert (found.columns[date[0]], found.columns[outcome[0]]) == (date[1], outcome[1])
    assert found.columns["lead_id"] == "lead_id"
    assert "INIT020" in {finding.code for finding in found.findings}


def test_only_attributes_of_the_lead_and_its_firm_are_read(case):
    _, found, _, _, attributes, folder = case
    for _ in range(2):
        leads, _, findings = load_tables(make_settings(found.to_differences(), folder=folder), NOW)
        made_here = {"email_domain_kind", "title_seniority", "title_function"}
        ours = {name for name in attributes if name in found.list_role("attribute")}
        assert set(leads.attributes) - made_here == ours
        found = found.leave_out({})
    assert attributes - ours <= {"company"}, "the name of a firm is as good as a key where every lead has another"
    assert len(leads.frame) == N
    if "outcome" in leads.frame:
        assert leads.frame["outcome"].sum() == sum(WON)
    else:
        assert leads.frame["sql_at"].notna().sum() == sum(WON)
    assert not [finding for finding in findings if finding.severity == "error"]


def test_a_date_of_mql_goes_before_the_date_of_creation(tmp_path):
    header = CASES["zoho, labels"][0] | {"MQL Date": DAY}
    make_export(header).to_csv(tmp_path / "leads.csv", index=False)
    found = propose_settings([str(tmp_path / "leads.csv")], out=tmp_path / "predictor.toml", now=NOW)
    assert found.columns["mql_at"] == "MQL Date"
    assert "Created Time" in found.list_role("ignore")
    by_hand = make_settings({"data": {"leads": "leads.csv", "crm": "zoho"}, "columns": {
        "mql_at": "MQL Date", "sql_at": "Converted Date Time"}}, folder=tmp_path)  # fmt: skip
    leads, _, findings = load_tables(by_hand, NOW)
    assert "Created Time" not in leads.frame
    assert "'Created Time'" in next(finding.what for finding in findings if finding.code == "LEAD037")


@pytest.mark.parametrize("crm", EXPORTS)
def test_every_map_names_a_key_and_what_is_never_an_attribute(crm):
    export_map = read_export_map(crm)
    assert export_map.facts["lead_id"]
    assert len(export_map.marks) >= 10
    assert all(mark == mark.casefold() for mark in export_map.marks)
    assert not any(export_map.is_left_out(name) for name in ("Industry", "My own field", "Number of offices", "Owned since", "x"))
    assert not any(name in {"", "*"} for names in export_map.facts.values() for name in names)


def test_a_crm_can_be_named_or_ruled_out(tmp_path):
    make_export(CASES["zoho, labels"][0]).to_csv(tmp_path / "leads.csv", index=False)
    plain = propose_settings([str(tmp_path / "leads.csv")], out=tmp_path / "predictor.toml", crm="none", now=NOW)
    assert "crm" not in plain.data
    assert (plain.columns["mql_at"], plain.columns["sql_at"]) == ("Created Time", "Converted Date Time")
    assert not {"Modified Time", "Last Activity Time", "Lead Conversion Time", "Change Log Time"} & set(
        plain.list_role("attribute")
    )
    named = propose_settings([str(tmp_path / "leads.csv")], out=tmp_path / "predictor.toml", crm="zoho", now=NOW)
    assert named.columns["mql_at"] == "Created Time"
    assert "INIT020" not in {finding.code for finding in named.findings}


def test_where_two_crms_fit_neither_is_assumed(tmp_path):
    both = CASES["zoho, labels"][0] | {f"hs_{name}": TEXT for name in "abcdef"}
    make_export(both).to_csv(tmp_path / "leads.csv", index=False)
    found = propose_settings([str(tmp_path / "leads.csv")], out=tmp_path / "predictor.toml", now=NOW)
    (finding,) = (finding for finding in found.findings if finding.code == "INIT020")
    assert "crm" not in found.data
    assert (finding.severity, finding.what) == (
        "warning",
        "The columns fit exports of HubSpot and Zoho CRM, so none of these is assumed.",
    )


@pytest.mark.parametrize(("crm", "leads", "others"), [("hubspot", "contacts.csv", 1), ("salesforce", "Lead.csv", 3)])
def test_a_folder_of_files_needs_no_crm(tmp_path, crm, leads, others):
    folder = tmp_path / "export"
    folder.mkdir()
    firm = simulate_firm(200, 3)
    if crm == "hubspot":
        write_hubspot(folder, firm, labels=False)
    else:
        write_salesforce(folder, firm)
    found = propose_settings([str(folder)], out=tmp_path / "predictor.toml", now=NOW)
    assert (found.data["crm"][0], found.data["leads"][0], len(found.data["files"][0])) == (crm, f"export/{leads}", others)
    assert {"lead_id", "mql_at", "sql_at"} <= set(found.columns)
    assert f"in {'HubSpot' if crm == 'hubspot' else 'Salesforce'}" in found.roles["lead_id"].why


LABELS = {
    "zoho": "Record Id,Company,Lead Owner,No. of Employees,Lead Source,Lead Status,Created Time,Modified Time,Is Converted",
    "hubspot": "Record ID - Contact,Email,Lifecycle Stage,Industry,Create Date,Last Modified Date,Number of Pageviews",
    "salesforce": "Lead ID,First Name,Company / Account,Industry,Lead Source,Lead Status,Create Date,Converted Date",
    "marketo": "Id,Email Address,Created At,MQL Date,Updated At,Person Score,Acquisition Program,Industry,Is SQL",
    "dynamics": "(Do Not Modify) Lead,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Name,Topic,Status Reason",
    "pipedrive": "Deal - ID,Deal - Title,Deal - Status,Deal - Value,Deal - Won time",
}


@pytest.mark.parametrize("crm", LABELS)
def test_exports_by_labels_are_recognised(crm):
    assert list(find_crms([LABELS[crm].split(",")])) == [crm]


@pytest.mark.parametrize(
    "names",
    [
        "Lead ID,Industry,Lead Source,Lead Status,Created Date,Accepted", "id,name,created_at,updated_at,status,source",
        "Record ID,Company,Stage,Owner,Won", "Lead-Nr.,Erstellt am,Quelle,Branche,Mitarbeiter,Angenommen",
    ],
)  # fmt: skip
def test_usual_names_alone_are_those_of_no_crm(names):
    assert find_crms([names.split(",")]) == {}
