"""A simulated firm as HubSpot and Salesforce would export it: by their headers, dates and ids, with columns nobody asked for."""

import numpy as np
import pandas as pd

HUBSPOT_LABELS = {
    "lead_id": "Record ID", "account_id": "Associated Company ID", "email_domain": "Email Domain", "industry": "Industry",
    "employees": "Number of Employees", "annual_revenue": "Annual Revenue", "country": "Country/Region", "seniority": "Seniority",
    "department": "Job Function", "source": "Original Source", "mql_at": "Became a Marketing Qualified Lead Date",
    "sql_at": "Became a Sales Qualified Lead Date", "opportunity_at": "Became an Opportunity Date",
    "competitor": "competitor", "handed_over_by": "handed_over_by",
}  # fmt: skip
HUBSPOT_NAMES = {
    "lead_id": "hs_object_id", "account_id": "associatedcompanyid", "email_domain": "hs_email_domain", "industry": "industry",
    "employees": "numemployees", "annual_revenue": "annualrevenue", "country": "country", "seniority": "seniority",
    "department": "job_function", "source": "hs_analytics_source",
    "mql_at": "hs_lifecyclestage_marketingqualifiedlead_date", "sql_at": "hs_lifecyclestage_salesqualifiedlead_date",
    "opportunity_at": "hs_lifecyclestage_opportunity_date", "competitor": "competitor", "handed_over_by": "handed_over_by",
}  # fmt: skip
SALESFORCE_NAMES = {
    "lead_id": "Id", "industry": "Industry", "employees": "NumberOfEmployees", "annual_revenue": "AnnualRevenue",
    "country": "Country", "department": "Department", "source": "LeadSource", "seniority": "Seniority__c",
    "account_id": "Account_Key__c", "competitor": "Competitor__c",
}  # fmt: skip
IN_CAMPAIGNS = {"webinar_attended": "Webinar", "trade_show_attended": "Trade Show"}
TIMES = ("mql_at", "sql_at", "recycled_at", "opportunity_at")
HUBSPOT_TYPES = {"page_view": "e_visited_page", "form_submitted": "e_submitted_form"}


def take_last_episodes(leads):
    """What a contact can carry: one row a lead, its last episode; recycling, its reason and amounts are in no property."""
    last = leads.sort_values(["lead_id", "mql_at"]).drop_duplicates("lead_id", keep="last")
    return last.drop(columns=["recycled_at", "recycle_reason", "amount"]).reset_index(drop=True)


def number_leads(leads):
    """Each lead's id in HubSpot's way, a number."""
    return leads["lead_id"].map(lambda key: str(80_000_000 + int(key[1:])))


def write_hubspot(folder, firm, *, labels):
    """contacts.csv and events.csv: by labels as its user interface writes them, or by internal names as its API does."""
    last = take_last_episodes(firm.leads)
    names = HUBSPOT_LABELS if labels else HUBSPOT_NAMES
    contacts = last.assign(lead_id=number_leads(last))
    for name in TIMES:
        if name in contacts:
            contacts[name] = contacts[name].dt.strftime("%Y-%m-%d %H:%M") if labels else to_milliseconds(contacts[name])
    contacts = contacts.rename(columns=names)[list(names.values())]
    for name in ("Number of Employees", "Annual Revenue", "numemployees", "annualrevenue"):
        if name in contacts:
            contacts[name] = contacts[name].astype("Int64")
    nuisance = {"First Name": "Ada", "Last Name": "Byron", "Lead Status": "Open", "Number of Pageviews": 1, "Contact owner": "S.",
                "Last Activity Date": "2026-06-01 10:00", "Lifecycle Stage": "Lead"}  # fmt: skip
    contacts.assign(**nuisance).to_csv(folder / "contacts.csv", index=False)
    events = firm.events
    pd.DataFrame({
        "objectType": "CONTACT", "objectId": number_leads(events),
        "eventType": events["event_type"].map(lambda kind: HUBSPOT_TYPES.get(kind, f"pe20480_{kind}")),
        "occurredAt": events["occurred_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "id": range(len(events)),
        "properties.asset": events["asset"], "properties.campaign": events["campaign"], "properties.value": events["value"],
    }).to_csv(folder / "events.csv", index=False)  # fmt: skip


def to_milliseconds(column):
    return (column.astype("datetime64[ms, UTC]").astype("int64").where(column.notna())).astype("Int64")


def make_id(prefix, number):
    """An id of 18 letters, of which the last three only repeat what is capital in the others."""
    return f"{prefix}5e000{number:07d}AAQ"


def write_salesforce(folder, firm):
    """Lead.csv, LeadHistory.csv, CampaignMember.csv and Task.csv, as the data export service writes them."""
    leads = firm.leads
    people = leads.drop_duplicates("lead_id").sort_values("lead_id").reset_index(drop=True)
    ids = {key: make_id("00Q", int(key[1:])) for key in people["lead_id"]}
    table = people.assign(lead_id=people["lead_id"].map(ids)).rename(columns=SALESFORCE_NAMES)[list(SALESFORCE_NAMES.values())]
    table["Email"] = [f"person{number}@{domain}" for number, domain in enumerate(people["email_domain"])]
    table = table.assign(LastName="Byron", Status="Working", OwnerId="0055e000001", IsConverted="false", IsDeleted="false",
                         CreatedDate="2023-01-01T00:00:00.000Z", LastActivityDate="2026-06-01")  # fmt: skip
    gone = table.head(3).assign(Id=[make_id("00Q", 9_000_000 + k) for k in range(3)], IsDeleted="true")
    pd.concat([table, gone]).to_csv(folder / "Lead.csv", index=False)
    write_history(folder / "LeadHistory.csv", leads, ids)
    write_acts(folder, firm.events, ids)


def write_history(path, leads, ids):
    key = leads["lead_id"].map(ids)
    changes = [
        ("mql_at", "Status", "Open - Not Contacted", "MQL"), ("sql_at", "Status", "MQL", "Sales Qualified"),
        ("recycled_at", "Status", "MQL", "Recycled"), ("opportunity_at", "leadConverted", None, None),
    ]  # fmt: skip
    rows = [pd.DataFrame({"LeadId": key, "CreatedDate": leads[name], "Field": field, "OldValue": old, "NewValue": new})
            for name, field, old, new in changes]  # fmt: skip
    rows = [row[row["CreatedDate"].notna()] for row in rows]
    reasons = pd.DataFrame({"LeadId": key, "CreatedDate": leads["recycled_at"], "Field": "Recycle_Reason__c", "OldValue": None})
    rows.append(reasons.assign(NewValue=leads["recycle_reason"])[leads["recycled_at"].notna()])
    rows.append(rows[0].head(50).assign(Field="Owner", OldValue="A", NewValue="MQL"))
    table = pd.concat(rows).sort_values("CreatedDate", ascending=False, kind="stable")
    table["CreatedDate"] = table["CreatedDate"].dt.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    table.insert(0, "Id", [make_id("017", number) for number in range(len(table))])
    table.to_csv(path, index=False)


def write_acts(folder, events, ids):
    """Webinars and fairs as members of campaigns; all else as completed tasks, with ids of 15 letters."""
    at, key = events["occurred_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.000Z"), events["lead_id"].map(ids)
    joined = events["event_type"].isin(list(IN_CAMPAIGNS))
    pd.DataFrame({
        "Id": range(int(joined.sum())), "CampaignId": "701", "LeadId": key[joined], "Status": "Attended", "HasResponded": "true",
        "FirstRespondedDate": at[joined].str[:10], "CreatedDate": at[joined], "Campaign.Name": events["asset"][joined],
        "Campaign.Type": events["event_type"][joined].map(IN_CAMPAIGNS),
    }).to_csv(folder / "CampaignMember.csv", index=False)  # fmt: skip
    call = events["event_type"] == "phone_call"
    tasks = pd.DataFrame({
        "Id": range(len(events)), "WhoId": key.str[:15], "Subject": events["asset"].where(~call, "Call with Ada Byron"),
        "Type": events["event_type"].where(~call, "Call"), "TaskSubtype": np.where(call, "Call", "Task"), "Status": "Completed",
        "IsClosed": "true", "ActivityDate": at.str[:10], "CompletedDateTime": at, "CreatedDate": at,
        "CallDurationInSeconds": events["value"].where(call),
    })[~joined]  # fmt: skip
    waiting = tasks.head(20).assign(Id=-1, Status="Open", IsClosed="false", CompletedDateTime=None)
    pd.concat([tasks, waiting]).to_csv(folder / "Task.csv", index=False)
