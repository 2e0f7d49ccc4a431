"""Whatever JSON is sent, the API answers it or refuses it with a text, and never fails."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
ANY = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12)
DATES = st.datetimes().map(lambda moment: moment.isoformat()) | TEXTS
OFTEN = st.sampled_from(["industry", "employees", "founded_on", "email", "points/total"])
NEARLY = st.fixed_dictionaries(
    {"lead_id": TEXTS | SCALARS},
    optional={
        "as_of": DATES | SCALARS,
        "attributes": st.dictionaries(OFTEN | TEXTS, SCALARS | DATES, max_size=5) | ANY,
        "points": SCALARS,
        "events": st.lists(st.fixed_dictionaries({"occurred_at": DATES, "event_type": TEXTS}) | ANY, max_size=3) | ANY,
        "other": ANY,
    },
)
KINDS = st.sampled_from(["accepted", "recycled", "opportunity"])
OUTCOMES = st.fixed_dictionaries(
    {"lead_id": TEXTS, "kind": KINDS}, optional={"amount": SCALARS, "reason": TEXTS, "occurred_at": DATES}
)
CHECK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def post(client):
    def send(path, content):
        body = json.dumps(content, ensure_ascii=False).encode()
        return client.post(path, content=body, headers={"content-type": "application/json"})

    return send


@CHECK
@given(ANY | NEARLY)
def test_any_json_is_answered_or_refused(post, content):
    response = post("/v1/score", content)
    assert response.status_code in {200, 422}
    if response.status_code == 200:
        assert response.json()["lead_id"] == content["lead_id"]
        assert 0 <= response.json()["probability"] <= 1
    else:
        assert response.json()["error"]["text"]


@CHECK
@given(st.lists(ANY | NEARLY, max_size=4))
def test_any_batch_is_answered_lead_by_lead(post, contents):
    response = post("/v1/score/batch", {"leads": contents})
    assert response.status_code == 200
    assert ["error" in answer for answer in response.json()["answers"]] == [
        post("/v1/score", content).status_code == 422 for content in contents
    ]


@CHECK
@given(ANY | OUTCOMES)
def test_any_outcome_is_stored_or_refused(post, content):
    response = post("/v1/outcomes", content)
    assert response.status_code in {200, 422}
    assert response.status_code == 200 or response.json()["error"]["text"]


@CHECK
@given(st.binary(max_size=50))
def test_any_bytes_are_refused_with_a_text(client, body):
    response = client.post("/v1/score", content=body, headers={"content-type": "application/json"})
    assert response.status_code in {400, 422}
    assert response.json()["error"]["text"]


RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "id": TEXTS | SCALARS,
        "Id": TEXTS | SCALARS,
        "properties": st.dictionaries(
            OFTEN | st.sampled_from(["numemployees", "createdate", "firstname"]) | TEXTS, SCALARS | ANY, max_size=6
        )
        | ANY,
        "NumberOfEmployees": SCALARS,
        "Industry": SCALARS | ANY,
        "attributes": ANY,
        "as_of": DATES | SCALARS,
        "points": SCALARS,
        "events": ANY,
    },
)


@CHECK
@given(st.sampled_from(["hubspot", "salesforce"]), st.sampled_from(["contract", "properties"]), ANY | RECORDS)
def test_any_record_of_a_crm_is_answered_or_refused_alone_and_in_a_batch(post, crm, answer, content):
    query = f"?crm={crm}&answer={answer}"
    response = post(f"/v1/score{query}", content)
    assert response.status_code in {200, 422}
    assert response.status_code == 200 or response.json()["error"]["text"]
    many = post(f"/v1/score/batch{query}", {"leads": [content]})
    assert many.status_code == 200
    assert ("error" in many.json()["answers"][0]) == (response.status_code == 422)
