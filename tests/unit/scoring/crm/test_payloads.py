"""Records as the CRMs send them are scored, with the right warnings, one by one and many at a time."""

import importlib.util
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app

_SPEC = importlib.util.spec_from_file_location("payloads", Path(__file__).with_name("payloads.py"))
payloads = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(payloads)
CASES = [
    pytest.param(crm, record, warnings, id=f"{crm}: {what}")
    for crm, listed in (("hubspot", payloads.HUBSPOT), ("salesforce", payloads.SALESFORCE))
    for what, record, warnings in listed
]


@pytest.fixture(scope="module")
def client(models, tmp_path_factory):
    store = tmp_path_factory.mktemp("store") / "scores.db"
    with TestClient(create_app(models, store_url=f"sqlite:///{store}")) as client:
        yield client


def test_there_are_ten_records_of_each_crm():
    assert (len(payloads.HUBSPOT), len(payloads.SALESFORCE)) == (10, 10)


@pytest.mark.parametrize(("crm", "record", "warnings"), CASES)
def test_a_record_is_scored_with_the_right_warnings(client, crm, record, warnings):
    response = client.post("/v1/score", params={"crm": crm}, json=record)
    assert response.status_code == 200, response.text
    answer = response.json()
    said = [(warning["code"], warning["text"]) for warning in answer["warnings"]]
    assert sorted(one for one in said if one[0] != "MODEL003") == sorted(warnings)
    unlike = [text for code, text in said if code == "MODEL003"]
    assert all(text.startswith("Unlike the leads of the training: ") for text in unlike)
    no_events = [text for text in unlike if "it has no events, and 100 % of them had some" in text]
    assert len(no_events) == ("events" not in record), "the leads of the training all had events"
    assert 0 < answer["probability"] < 1


@pytest.mark.parametrize("crm", ["hubspot", "salesforce"])
def test_many_at_a_time_are_answered_as_one_by_one(client, crm):
    records = [record for _, record, _ in getattr(payloads, crm.upper())]
    records = [{**record, "as_of": "2026-07-01T09:00:00Z"} for record in records]
    single = [client.post("/v1/score", params={"crm": crm}, json=record).json() for record in records]
    for name in ("leads", "results" if crm == "hubspot" else "records"):
        body = {name: records} | ({"paging": {}} if name != "leads" else {})
        many = client.post("/v1/score/batch", params={"crm": crm}, json=body)
        assert many.json() == {"answers": single}


def test_a_record_gives_what_the_same_lead_gives(client):
    moment = {"as_of": "2026-07-01T09:00:00Z"}
    lead = {
        "lead_id": "51",
        "attributes": {
            "industry": "software", "employees": 420, "annual_revenue": 52000000, "country": "Germany", "seniority": "VP",
            "source": "organic_search", "email_domain": "engine.example",
        },
    }  # fmt: skip
    ours = client.post("/v1/score", json=lead | moment).json()
    theirs = client.post("/v1/score", params={"crm": "hubspot"}, json=payloads.HUBSPOT[0][1] | moment).json()
    warnings = [theirs.pop("warnings"), ours.pop("warnings")]
    assert [len(listed) for listed in warnings] == [2, 1]
    assert warnings[1] == [one for one in warnings[0] if one["code"] == "MODEL003"], "both are without events"
    assert theirs.pop("routing") == ours.pop("routing") | {"source": "ORGANIC_SEARCH"}
    assert theirs == ours


def test_personal_data_are_neither_returned_nor_stored(client):
    before = client.app.state.service.store.load_scores().shape[0]
    for crm, listed in (("hubspot", payloads.HUBSPOT), ("salesforce", payloads.SALESFORCE)):
        for _, record, _ in listed[:3]:
            text = client.post("/v1/score", params={"crm": crm}, json=record).text
            assert not [word for word in ("byron", "Byron", "Deniz", "@", "+49", "(0) 000") if word in text]
    rows = client.app.state.service.store.load_scores(features=True)
    assert len(rows) == before + 6
    stored = str(rows["features"].tolist())
    assert not [word for word in ("byron", "Byron", "Deniz", "@", "+49", "(0) 000") if word in stored]


@pytest.mark.parametrize("crm", ["hubspot", "salesforce"])
@pytest.mark.parametrize("record", [[], "x", 7, {}, {"id": ""}, {"Id": None}, {"id": True}, {"Id": {"x": 1}}])
def test_what_is_no_record_is_refused_and_among_many_it_alone(client, crm, record):
    response = client.post("/v1/score", params={"crm": crm}, json=record)
    assert response.status_code == 422
    assert response.json()["error"]["text"].startswith("The record must ")
    good = {"id": "1", "Id": "1"}
    [bad, scored] = client.post("/v1/score/batch", params={"crm": crm}, json={"leads": [record, good]}).json()["answers"]
    assert bad == {"lead_id": None, "error": response.json()["error"]}
    assert scored["lead_id"] == "1"


def test_values_that_no_lead_can_have_are_refused(client):
    record = {"id": "1", "properties": {"industry": "Retail"}, "events": [{"event_type": "page_view"}]}
    response = client.post("/v1/score", params={"crm": "hubspot"}, json=record)
    assert response.status_code == 422
    assert response.json()["error"]["text"].startswith("'events[0].occurred_at' is missing.")
    [refusal] = client.post("/v1/score/batch", params={"crm": "hubspot"}, json={"leads": [record]}).json()["answers"]
    assert (refusal["lead_id"], refusal["error"]["text"]) == ("1", response.json()["error"]["text"])
    wrong = client.post("/v1/score", params={"crm": "hubspot"}, json={"id": "1", "properties": "x"})
    assert "must hold an object 'properties', but this text came" in wrong.json()["error"]["text"]


@pytest.mark.parametrize("path", ["/v1/score", "/v1/score/batch"])
def test_an_unknown_crm_is_refused(client, path):
    response = client.post(path, params={"crm": "oracle"}, json={"id": "1", "properties": {}})
    assert response.status_code == 422
    assert "Query parameter 'crm' must be 'hubspot' or 'salesforce'." in response.json()["error"]["text"]


@pytest.mark.parametrize("body", [b"", b"{", b'{"id": NaN}', b"\xff"])
def test_what_is_no_json_is_refused_as_elsewhere(client, body):
    for path in ("/v1/score", "/v1/score/batch"):
        response = client.post(path, params={"crm": "hubspot"}, content=body, headers={"content-type": "application/json"})
        assert response.status_code in (400, 422)
        assert response.json()["error"]["text"]


def test_the_answer_as_properties_of_hubspot(client):
    _, record, _ = payloads.HUBSPOT[0]
    query = {"crm": "hubspot", "reasons": 1}
    answer = client.post("/v1/score", params=query, json=record).json()
    written = client.post("/v1/score", params=query | {"answer": "properties"}, json=record).json()
    assert set(written) == {"id", "properties"}
    assert written["id"] == "51"
    values = written["properties"]
    assert all(isinstance(value, str) for value in values.values())
    assert float(values["predictor_probability"]) == pytest.approx(answer["probability"], abs=1e-6)
    assert values["predictor_decision"] == answer["decision"]
    assert values["predictor_explore"] == "false"
    assert values["predictor_grade"] == answer["grade"]
    assert values["predictor_fit_grade"] == (answer["fit_grade"] or "")
    assert values["predictor_engagement_grade"] == str(answer["engagement_grade"] or "")
    assert values["predictor_points"] == f"{answer['points']['total']:g}"
    assert values["predictor_reasons"] == "\n".join(reason["text"] for reason in answer["reasons"])
    assert values["predictor_warnings"].startswith("MODEL003 Unlike the leads of the training: it has no events")
    assert "\nLEAD028 Left out" in values["predictor_warnings"]
    assert values["predictor_model"] == answer["model"]["version"]
    assert values["predictor_scored_at"].endswith("Z")


def test_the_answer_as_fields_of_salesforce(client):
    _, record, _ = payloads.SALESFORCE[4]
    query = {"crm": "salesforce", "answer": "properties"}
    fields = client.post("/v1/score", params=query, json=record).json()
    assert (fields["Id"], fields["attributes"]) == ("003000000000065AAA", {"type": "Contact"})
    assert 0 < fields["Predictor_Probability__c"] < 1
    assert fields["Predictor_Decision__c"] in {"route_to_sales", "nurture"}
    assert fields["Predictor_Warnings__c"].startswith("MODEL003 Unlike the leads of the training: it has no events")
    many = client.post("/v1/score/batch", params=query, json={"records": [record, {}]}).json()["answers"]
    assert {**many[0], "Predictor_Scored_At__c": ""} == {**fields, "Predictor_Scored_At__c": ""}
    assert many[1]["error"]["code"] == "LEAD022"


def test_properties_need_a_crm(client):
    response = client.post("/v1/score", params={"answer": "properties"}, json={"lead_id": "A17"})
    assert response.status_code == 422
    assert "must have a 'crm' if 'answer' is 'properties'. Send crm=hubspot or crm=salesforce" in response.json()["error"]["text"]
