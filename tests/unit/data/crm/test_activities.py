"""Activities inside a Salesforce record become events of the lead."""

from predictor.features.encode import FeatureSet
from predictor.scoring.crm.record import CrmReader

MEMBERS = {
    "totalSize": 3,
    "done": True,
    "records": [
        {"Campaign": {"Name": "Spring", "Type": "Webinar"}, "FirstRespondedDate": "2026-06-01", "Status": "Attended"},
        {"CampaignId": "701A", "Campaign": {"Type": "Radio"}, "FirstRespondedDate": "2026-06-02"},
        {"CampaignId": "701B", "Campaign": {"Type": "Webinar"}, "FirstRespondedDate": None, "Status": "Sent"},
    ],
}
TASKS = {
    "records": [
        {"TaskSubtype": "Call", "Subject": "Call Jane Doe", "CompletedDateTime": "2026-06-03T09:30:00.000+0000"},
        {"TaskSubtype": "Call", "CompletedDateTime": "soon"},
        {"TaskSubtype": "Email", "CompletedDateTime": "2026-06-03T09:30:00.000+0000"},
        "no record",
    ]
}
EVENTS = [
    {"occurred_at": "2026-06-01", "event_type": "webinar_attended", "campaign": "Spring"},
    {"occurred_at": "2026-06-02", "event_type": "campaign_response", "campaign": "701A"},
    {"occurred_at": "2026-06-03T09:30:00Z", "event_type": "phone_call"},
]


def read(**record):
    return CrmReader("salesforce", FeatureSet((), ()), ()).read({"Id": "00Q1", **record})


def test_responding_members_and_completed_calls_are_events():
    found = read(CampaignMembers=MEMBERS, Tasks=TASKS)
    assert found.lead["events"] == EVENTS
    assert found.lead["attributes"] == {}
    assert [warning.what for warning in found.warnings] == [
        "Parts of the Salesforce record that are not used: '1 of CampaignMembers', '3 of Tasks'."
    ]


def test_activities_are_added_to_events_of_the_request():
    sent = {"occurred_at": "2026-05-01", "event_type": "page_view"}
    assert read(Tasks=TASKS, events=[sent]).lead["events"] == [sent, EVENTS[2]]


def test_what_is_no_sub_query_gives_no_events():
    assert "events" not in read(CampaignMembers=None, Tasks="many").lead
    assert "events" not in read(CampaignMembers={"records": None}).lead
