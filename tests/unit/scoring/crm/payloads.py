"""Twenty records as HubSpot and Salesforce send them, of made-up people, each with the warnings that it must bring."""

PERSONAL = "Left out and not stored, since they identify a person: "
UNUSED = "Not used by this model: "
UNREAD = "Parts of the {} record that are not used: "
UNREADABLE = "Scored as not known, since this model needs a number or a date: "

HUBSPOT = [
    (
        "a contact as the CRM API gives it",
        {
            "id": "51",
            "properties": {
                "createdate": "2026-06-24T08:12:00.000Z", "lastmodifieddate": "2026-06-30T15:40:00.000Z", "hs_object_id": "51",
                "email": "ada.byron@engine.example", "firstname": "Ada", "lastname": "Byron", "phone": "+49 30 0000000",
                "industry": "SOFTWARE", "numemployees": "420", "annualrevenue": "52000000", "country": "Germany",
                "seniority": "vp", "hs_analytics_source": "ORGANIC_SEARCH", "lifecyclestage": "marketingqualifiedlead",
            },
            "createdAt": "2026-06-24T08:12:00.000Z", "updatedAt": "2026-06-30T15:40:00.000Z", "archived": False,
        },
        [("LEAD028", PERSONAL + "'firstname', 'lastname', 'phone'.")],
    ),
    (
        "blanks and nulls warn of nothing",
        {
            "id": "52",
            "properties": {
                "email": "", "firstname": None, "lastname": "", "industry": None, "numemployees": "", "country": "",
                "hs_analytics_source": None, "jobtitle": None, "some_custom_field": "",
            },
        },
        [],
    ),
    (
        "a workflow wraps each value",
        {
            "vid": 53, "portal-id": 1000000, "is-contact": True,
            "properties": {
                "email": {"value": "b.lind@lager.example", "versions": [{"value": "x", "timestamp": 1782834000000}]},
                "firstname": {"value": "Bo"}, "industry": {"value": "Logistics"}, "numemployees": {"value": "85"},
                "lifecyclestage": {"value": "marketingqualifiedlead"},
            },
        },
        [("LEAD028", PERSONAL + "'firstname'.")],
    ),
    (
        "sizes as ranges, where the model learned numbers",
        {"id": "54", "properties": {"numemployees": "25-50", "industry": "FINANCIAL_SERVICES", "country": "Austria"}},
        [("LEAD029", UNREADABLE + "'employees'.")],
    ),
    (
        "an industry that nobody knew",
        {"id": "55", "properties": {"industry": "COMPUTER_GAMES", "country": "Sweden", "seniority": "director"}},
        [("LEAD021", "Unknown industry 'COMPUTER GAMES': scored as other.")],
    ),
    (
        "fields of the firm's own",
        {"id": "56", "properties": {"industry": "Retail", "favourite_colour": "red", "nps_2025": "9", "department": "IT"}},
        [("LEAD020", UNUSED + "'favourite_colour', 'nps_2025'.")],
    ),
    (
        "what sales fills in, and totals of today, are not looked at",
        {
            "id": "57",
            "properties": {
                "hs_lead_status": "OPEN", "hubspot_owner_id": "9", "num_contacted_notes": "3",
                "hs_analytics_num_page_views": "41", "hs_email_open": "7", "recent_conversion_date": "1782834000000",
                "notes_last_contacted": "1782834000000",
                "hs_lifecyclestage_marketingqualifiedlead_date": "1782834000000", "country": "France",
                "closedate": "1790000000000",
            },
        },
        [],
    ),
    (
        "a flat record with events of ours, a free mailbox, and dates in milliseconds",
        {
            "hs_object_id": "58", "email": "c.duval@gmail.com", "createdate": "1782288720000", "country": "France",
            "events": [
                {"occurred_at": "2026-06-30T15:40:00Z", "event_type": "pricing_page_view"},
                {"occurred_at": "2026-06-30T16:00:00Z", "event_type": "juggled"},
            ],
            "as_of": "2026-07-01T09:00:00Z",
        },
        [("EVENT010", "Events of types never seen in training: 'juggled'.")],
    ),
    (
        "names as an export writes them",
        {
            "Record ID": "59", "Email": "d.ito@kiln.example", "Number of Employees": "1200", "Annual Revenue": "90000000",
            "Country/Region": "Japan", "Original Traffic Source": "Referral", "Mobile Phone Number": "000", "Industry": "Energy",
        },
        [("LEAD028", PERSONAL + "'Mobile Phone Number'.")],
    ),
    (
        "more than a contact",
        {
            "id": "60", "associations": {"companies": {"results": [{"id": "7", "type": "contact_to_company"}]}},
            "properties": {"industry": "Media", "hs_buying_role": "BUDGET_HOLDER", "hs_all_accessible_team_ids": "1;2"},
            "propertiesWithHistory": {"industry": [{"value": "Media"}]}, "enrichment": {"source": "x"},
        },
        [
            ("LEAD020", UNUSED + "'hs_buying_role'."),
            ("LEAD024", UNREAD.format("HubSpot") + "'enrichment'."),
        ],
    ),
]  # fmt: skip

SALESFORCE = [
    (
        "a lead as the REST API gives it",
        {
            "attributes": {"type": "Lead", "url": "/services/data/v62.0/sobjects/Lead/00Q000000000061AAA"},
            "Id": "00Q000000000061AAA", "LastName": "Kaya", "FirstName": "Deniz", "Name": "Deniz Kaya", "Title": "Head of IT",
            "Company": "Werk Example", "Email": "d.kaya@werk.example", "Phone": "(0) 000", "LeadSource": "Webinar",
            "Status": "Open - Not Contacted", "Rating": None, "Industry": "Manufacturing", "NumberOfEmployees": 640,
            "AnnualRevenue": 88000000.0, "Country": "Germany", "OwnerId": "005000000000001AAA", "IsConverted": False,
            "CreatedDate": "2026-06-30T15:40:00.000+0000", "SystemModstamp": "2026-06-30T15:41:00.000+0000", "IsDeleted": False,
        },
        [
            ("LEAD020", UNUSED + "'Title', 'Company'."),
            ("LEAD028", PERSONAL + "'LastName', 'FirstName', 'Name', 'Phone'."),
        ],
    ),
    (
        "nulls for all that is not known",
        {
            "attributes": {"type": "Lead"}, "Id": "00Q000000000062AAA", "Title": None, "Industry": None,
            "NumberOfEmployees": None, "AnnualRevenue": None, "Country": None, "LeadSource": None, "Email": None,
            "Score__c": None,
        },
        [],
    ),
    (
        "custom fields, of which the model knows two",
        {
            "attributes": {"type": "Lead"}, "Id": "00Q000000000063AAA", "Seniority__c": "C-Level", "Department__c": "Finance",
            "Region_Tier__c": "A", "Country": "Netherlands",
        },
        [("LEAD020", UNUSED + "'Region_Tier__c'.")],
    ),
    (
        "a compound address",
        {
            "attributes": {"type": "Lead"}, "Id": "00Q000000000064AAA", "Country": "Italy", "City": "Milano",
            "Address": {"city": "Milano", "country": "Italy", "street": "Via 1", "postalCode": "00000", "state": None},
            "Street": "Via 1", "PostalCode": "00000",
        },
        [
            ("LEAD020", UNUSED + "'City'."),
            ("LEAD028", PERSONAL + "'Address', 'Street', 'PostalCode'."),
        ],
    ),
    (
        "a contact with the facts of its account",
        {
            "attributes": {"type": "Contact"}, "Id": "003000000000065AAA", "Email": "e.moss@bank.example",
            "Department": "Marketing",
            "Account": {
                "attributes": {"type": "Account"}, "Id": "001000000000001AAA", "Industry": "Insurance", "NumberOfEmployees": 5200,
                "BillingCountry": "Belgium",
            },
        },
        [],
    ),
    (
        "who owns it and who made it",
        {
            "attributes": {"type": "Lead"}, "Id": "00Q000000000066AAA", "Industry": "Education",
            "Owner": {"attributes": {"type": "User"}, "Name": "Sam Rep"}, "CreatedBy": {"Name": "Sam Rep"},
            "LastActivityDate": "2026-06-30", "ConvertedDate": None, "HasOptedOutOfEmail": False,
        },
        [],
    ),
    (
        "a member of a campaign who did not respond did nothing",
        {
            "attributes": {"type": "Lead"}, "Id": "00Q000000000067AAA", "Industry": "Healthcare",
            "CampaignMembers": {"totalSize": 1, "done": True, "records": [{"CampaignId": "701000000000001AAA"}]},
        },
        [("LEAD024", UNREAD.format("Salesforce") + "'1 of CampaignMembers'.")],
    ),
    (
        "texts where numbers are needed",
        {
            "attributes": {"type": "Lead"}, "Id": "00Q000000000068AAA", "NumberOfEmployees": "about 200",
            "AnnualRevenue": "3,5 M", "Country": "Spain",
        },
        [("LEAD029", UNREADABLE + "'employees', 'annual_revenue'.")],
    ),
    (
        "a report's labels, a student, and a country that nobody knew",
        {
            "Lead ID": "00Q000000000069AAA", "Email": "f.ng@college.edu", "Lead Source": "Podcast", "No. of Employees": "15",
            "Country": "Iceland", "Lead Owner": "Sam Rep", "Birthdate": "1999-01-01",
        },
        [
            ("LEAD028", PERSONAL + "'Birthdate'."),
            ("LEAD021", "Unknown country 'Iceland': scored as other."),
        ],
    ),
    (
        "points and events beside, one of them after the moment",
        {
            "attributes": {"type": "Lead"}, "Id": "00Q000000000070AAA", "Industry": "Retail", "points": 65,
            "as_of": "2026-06-30T15:40:00.000+0000",
            "events": [
                {"occurred_at": "2026-06-30T15:00:00.000+0000", "event_type": "webinar_attended", "asset": "roadmap"},
                {"occurred_at": "2026-06-30T16:00:00.000+0000", "event_type": "page_view"},
            ],
        },
        [
            ("LEAD026", UNUSED + "points; its points come from the rule book."),
            ("LEAD023", "Not used: 1 event dated after as_of."),
        ],
    ),
]  # fmt: skip
