"""Whose export it is, by the names of its columns."""

import pytest

from predictor.data.crm.detect import find_crms

HEADERS = {
    "hubspot": [
        "Record ID,First Name,Email,Lifecycle Stage,Became a Marketing Qualified Lead Date,Original Source,Number of Employees",
        "hs_object_id,email,createdate,lifecyclestage,hs_analytics_source,numemployees",
        "id,property_email,property_hs_analytics_source,property_lifecyclestage,property_industry,_fivetran_synced",
        'Record ID,Email,"Date entered ""Sales Qualified Lead (Lifecycle Stage Pipeline)""",Original Traffic Source,Job Title',
    ],
    "salesforce": [
        "Id,IsDeleted,MasterRecordId,LastName,Company,LeadSource,Status,IsConverted,ConvertedDate,SystemModstamp,Segment__c",
        "Lead ID,Lead Owner Alias,Company / Account,Lead Source,Create Date,Converted Date",
        "id,is_deleted,lead_source,custom_a__c,custom_b__c,status,_fivetran_synced",
    ],
    "marketo": [
        "id,email,leadScore,leadSource,originalSourceType,leadPartitionId,mqlDate,sqlDate,relativeScore",
        "Marketo ID,Email Address,Person Source,Person Score,Person Status,MQL Date",
    ],
    "dynamics": [
        "(Do Not Modify) Lead,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Topic,Status,Status Reason,Created On",
        "leadid,subject,companyname,emailaddress1,statecode,statuscode,leadsourcecode,industrycode,createdon,modifiedon",
    ],
    "zoho": [
        "Record Id,Lead Owner.id,Lead Owner,Company,Last Name,Created Time,Modified Time,Converted Date Time,Unsubscribed Mode",
        "id,Company,Lead_Source,Created_Time,Modified_Time,Converted_Date_Time,Lead_Conversion_Time,No_of_Employees",
    ],
    "pipedrive": [
        "Lead - ID,Lead - Title,Lead - Owner,Lead - Lead created,Person - Name,Organization - Name",
        "Deal - ID,Deal - Title,Deal - Status,Deal - Won time,Deal - Deal created",
        "id,title,org_name,person_name,add_time,update_time,won_time,lost_time,status,stage_change_time",
    ],
    "odoo": [
        "id,name,contact_name,email_from,partner_name,stage_id,team_id,create_date,date_conversion,probability,active",
        "External ID,Opportunity,Email,Salesperson,Sales Team,Stage,Expected Revenue,Created on,Last Stage Update",
    ],
    "mautic": [
        "id,title,firstname,lastname,company,position,email,points,preferred_locale,attribution,last_active,stage,dateAdded",
        "id,email,points,date_added,date_identified,last_active,timezone,country",
    ],
    "suitecrm": [
        "id,date_entered,date_modified,assigned_user_id,first_name,title,account_name,lead_source,status,converted,phone_work",
        "ID,Date Created,Date Modified,Assigned User,Lead Source,Lead Source Description,Primary Address City,Status,Converted",
    ],
    "freshsales": [
        "Id,First name,Job title,Lifecycle stage,Status,Sales owner,Created at,Last contacted time,Last contacted mode,Score",
        "id,first_name,job_title,created_at,lead_score,last_contacted,open_deals_amount,lifecycle_stage_id,contact_status_id",
    ],
    "close": [
        "id,display_name,status_label,status_id,date_created,date_updated,primary_contact_name,num_calls,custom.Industry",
        "lead_id,lead_name,status_label,primary_contact_primary_email,num_emails,date_created,custom.Source",
    ],
}  # fmt: skip
PLAIN = [
    "Lead ID,MQL Date,SQL Date,Industry,Employees,Lead Source,Country,Level,Annual Revenue,Lead Score",
    "Prospect ID,Lead Number,Lead Origin,Lead Source,Do Not Email,Converted,TotalVisits,Last Activity,Country,Tags,Lead Quality",
    "mql_id,first_contact_date,landing_page_id,origin,won_date,seller_id,sdr_id",
    "id,created_at,updated_at,email,status,owner,source,score,country",
    "Id,Created Date,Status,Lead Source,Owner,Converted,Rating,Last Modified Date",
    "lead_id,mql_at,sql_at,industry,employees,seniority,source",
    "age,job,marital,education,default,balance,housing,loan,contact,day,month,duration,campaign,pdays,previous,poutcome,y",
]


def split(header):
    return [name.strip('"').replace('""', '"') for name in header.split(",")]


@pytest.mark.parametrize(("crm", "header"), [(crm, header) for crm, headers in HEADERS.items() for header in headers])
def test_each_crm_by_labels_and_by_internal_names(crm, header):
    assert list(find_crms([split(header)])) == [crm]


@pytest.mark.parametrize("header", PLAIN)
def test_other_exports_are_of_no_crm(header):
    assert find_crms([split(header)]) == {}


def test_two_that_fit_are_both_named():
    both = split(HEADERS["zoho"][0]) + split(HEADERS["hubspot"][0])
    assert set(find_crms([both])) == {"zoho", "hubspot"}


def test_one_column_of_another_crm_changes_nothing():
    header = [*split(HEADERS["hubspot"][0]), "hs_analytics_num_visits", "hs_email_open", "Score__c", "Unsubscribed Mode"]
    assert list(find_crms([header])) == ["hubspot"]


def test_files_of_one_export_are_taken_together():
    history = ["LeadId", "CreatedDate", "Field", "OldValue", "NewValue"]
    tasks = ["Id", "WhoId", "TaskSubtype", "CompletedDateTime"]
    assert list(find_crms([["Id", "Title", "Company", "CreatedDate"], history, tasks])) == ["salesforce"]


def test_without_a_key_of_the_crm_nothing_is_said():
    assert find_crms([["Lead Conversion Time", "Converted Date Time", "Unsubscribed Mode"]]) == {}
