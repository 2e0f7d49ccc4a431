"""The document of the serving model for Salesforce: two validators, the strictness of Apex, and answers as it says."""

import re
from datetime import UTC, datetime

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from api.openapi.salesforce import _name_field, make_salesforce_document
from predictor.data.crm.field_maps import read_map
from predictor.store.api_keys import add_key

APEX = re.compile(r"[A-Za-z](?!.*__(?!c$))[A-Za-z0-9_]*")  # two underscores only before the c of a custom field
NOW = "2026-03-31T14:05:00Z"


@pytest.fixture
def document(client):
    response = client.get("/openapi-3.0.json?crm=salesforce")
    assert response.status_code == 200, response.text
    return response.json()


def walk(node, path=()):
    yield path, node
    for key, part in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from walk(part, (*path, key))


def test_it_is_valid_and_every_name_is_one_of_apex(document):
    OpenAPIV30SpecValidator(document).validate()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations] + list(document["components"]["schemas"])
    for schema in document["components"]["schemas"].values():
        names += schema["properties"]
    assert all(APEX.fullmatch(name) for name in names), names
    keywords = {key for path, node in walk(document) if isinstance(node, dict) for key in node}
    assert not keywords & {"anyOf", "oneOf", "allOf", "prefixItems", "const", "additionalProperties"}
    assert all(
        len(node["description"]) < 1333
        for _, node in walk(document)
        if isinstance(node, dict) and "description" in node and isinstance(node["description"], str)
    )
    assert document["servers"] == [{"url": "http://testserver"}]
    assert document["openapi"] == "3.0.3"


def test_every_field_that_the_model_reads_and_every_answer_is_there(document):
    schemas = document["components"]["schemas"]
    lead, score = schemas["Lead"]["properties"], schemas["Score"]["properties"]
    kinds = {name: (lead[name]["type"], lead[name].get("format")) for name in ("Industry", "NumberOfEmployees", "founded_on")}
    assert kinds == {
        "Industry": ("string", None), "NumberOfEmployees": ("number", "double"), "founded_on": ("string", "date-time"),
    }  # fmt: skip
    assert "events" in lead
    assert set(score) == {"Id", "attributes", *read_map("salesforce").answer.values()}


def test_a_lead_as_described_is_answered_as_described(client, document):
    record = {
        "Id": "00Q000000000061AAA", "attributes": {"type": "Lead"}, "as_of": NOW,
        "Industry": "Software", "NumberOfEmployees": 250,
        "founded_on": "2001-05-01T00:00:00Z", "events": [{"occurred_at": NOW, "event_type": "pricing_page_view"}],
    }  # fmt: skip
    answer = client.post("/v1/score?crm=salesforce&answer=properties", json=record).json()
    plain = {"lead_id": "00Q000000000061AAA", "as_of": NOW, "events": record["events"]}
    plain["attributes"] = {"industry": "Software", "employees": 250, "founded_on": "2001-05-01"}
    expected = client.post("/v1/score", json=plain).json()
    assert answer["Predictor_Probability__c"] == round(expected["probability"], 6)
    assert answer["Predictor_Warnings__c"] == ""
    schema = {**document["components"]["schemas"]["Score"], "components": document["components"]}
    OAS30Validator(schema).validate(answer)
    assert set(answer) == set(document["components"]["schemas"]["Score"]["properties"])


def test_requests_made_from_the_document_are_answered(client, document):
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        assert 200 in send_examples(client, result.ok())


def send_examples(client, operation):
    """The statuses of the answers to requests that are made from the description of a path."""
    statuses = set()

    @settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy())
    def send(case):
        response = client.post(operation.path, params=case.query, json=case.body)
        statuses.add(response.status_code)
        assert response.status_code in {200, 422}, response.text

    send()
    return statuses


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Lead Source", "LeadSource"),
        ("employees", "NumberOfEmployees"),
        ("Buying Intent", "Buying_Intent"),
        ("Score__c", "Score__c"),
        ("email_domain", "Email"),
    ],
)
def test_an_attribute_has_the_name_of_the_crm_or_one_that_is_read_as_the_same(name, field):
    assert _name_field(name) == field


def test_a_name_that_apex_cannot_have_is_left_out_and_named(client, monkeypatch):
    scorer = client.app.state.service.scorer
    monkeypatch.setattr("api.openapi.salesforce._list_attributes", lambda _: ["industry", "Größe", "2nd choice"])
    document = make_salesforce_document(scorer, version="1", server="https://example.com")
    assert set(document["components"]["schemas"]["Lead"]["properties"]) == {"Id", "attributes", "as_of", "Industry", "events"}
    assert "Left out, because Apex has no such names: 'Größe', '2nd choice'." in document["info"]["description"]


def test_it_needs_a_key_and_one_crm(serve, models, client):
    assert client.get("/openapi-3.0.json?crm=hubspot").status_code == 422
    add_key(models / "keys.toml", "crm", ["score"], now=datetime.now(UTC))
    assert serve(models).get("/openapi-3.0.json?crm=salesforce").status_code == 401
    assert serve(models).get("/openapi-3.0.json").status_code == 200
