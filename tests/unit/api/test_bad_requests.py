"""Requests that no proper client sends: the right status and text, and the server goes on."""

import json
import threading

import pytest

from api.schemas.requests import LeadIn
from predictor.core.errors import count

JSON = {"content-type": "application/json"}


def send(client, path, text):
    return client.post(path, content=text.encode(), headers=JSON)


def check_alive(client, lead):
    assert client.post("/v1/score", json=lead).status_code == 200


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize("place", ['"attributes": {"employees": %s}', '"points": %s', '"attributes": {"industry": %s}'])
def test_numbers_that_json_does_not_have(client, lead, value, place):
    response = send(client, "/v1/score", '{"lead_id": "A17", %s}' % (place % value))
    fault = response.json()["error"]
    assert response.status_code == (400 if fault["code"] == "API001" else 422)
    assert fault["code"] in ({"API001"} if value.strip("-") in {"NaN", "Infinity"} else {"API002", "LEAD022"})
    assert fault["text"]
    check_alive(client, lead)


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_dates_at_the_ends_of_the_calendar(client, lead, year):
    moment = f"{year}-12-31T23:59:59-12:00"
    for change, where in (
        ({"as_of": moment}, "'as_of'"),
        ({"events": [{"occurred_at": moment, "event_type": "x"}]}, "'events[0].occurred_at'"),
    ):
        response = client.post("/v1/score", json=lead | change)
        assert response.status_code == 422
        assert response.json()["error"]["text"].startswith(f"{where} must be between 1900 and 2200.")
    odd = client.post("/v1/score", json=lead | {"attributes": {"founded_on": moment}})
    assert odd.status_code in {200, 422}
    outcome = client.post("/v1/outcomes", json={"lead_id": "A17", "kind": "accepted", "occurred_at": moment})
    assert outcome.status_code == 422
    check_alive(client, lead)


def test_a_hundred_thousand_events_of_one_lead(client, lead):
    minutes = [
        f"2026-03-{day:02}T{hour:02}:{minute:02}:00Z" for day in range(1, 31) for hour in range(24) for minute in range(60)
    ]
    events = [
        {"occurred_at": moment, "event_type": kind, "asset": "x"}
        for moment in minutes
        for kind in ("page_view", "pricing_page_view", "blog_view")
    ][:100_000]
    assert len(events) == 100_000, count(len(events), "event")
    answer = client.post("/v1/score", json=lead | {"events": events})
    assert answer.status_code == 200
    assert answer.json()["points"]["total"] == 65  # 20 for the industry, and 15 a visit up to the cap of 45
    assert [activity["asset"] for activity in answer.json()["routing"]["activities"]] == ["x", "x", "x"]
    check_alive(client, lead)


@pytest.mark.parametrize(
    ("lead_id", "text"),
    [
        (7, "'lead_id' must be a text, but a number came."),
        (None, "'lead_id' must be a text, but null came."),
        ([], "'lead_id' must be a text"),
    ],
)
def test_wrong_types(client, lead, lead_id, text):
    response = client.post("/v1/score", json=lead | {"lead_id": lead_id})
    assert response.status_code == 422
    assert response.json()["error"]["text"].startswith(text)


def test_endless_nesting(client, lead):
    for text in ("[" * 100_000, '{"a":' * 100_000, json.dumps({"lead_id": "x"})[:-1] + ', "x": ' + "[" * 50_000):
        assert send(client, "/v1/score", text).status_code == 400
        assert send(client, "/v1/score?crm=hubspot", text).status_code == 400
    check_alive(client, lead)


def test_a_body_with_another_content_type(client, lead):
    response = client.post("/v1/score", content=json.dumps(lead).encode(), headers={"content-type": "text/plain"})
    assert response.status_code == 415
    assert response.headers["accept"] == "application/json"
    assert "application/json" in response.json()["error"]["text"]


def test_an_opportunity_keeps_its_amount_and_is_stored_once(client):
    outcome = {"lead_id": "A17", "kind": "opportunity", "occurred_at": "2026-04-09T00:00:00Z"}
    for amount in (9000, "12000.50"):
        response = client.post("/v1/outcomes", json=outcome | {"amount": amount})
        assert response.status_code == 200
    assert response.json()["amount"] == 12000.5
    [row] = client.app.state.service.store.load_outcomes().to_dict("records")
    assert (row["kind"], row["amount"]) == ("opportunity", 12000.5)


@pytest.mark.parametrize("reasons", [-1, 21, "all"])
def test_reasons_out_of_range_are_refused(client, lead, reasons):
    response = client.post("/v1/score", json=lead, params={"reasons": reasons})
    assert response.status_code == 422
    assert response.json()["error"]["text"].startswith("Query parameter 'reasons' must be ")


@pytest.mark.parametrize("path", ["/v1/score", "/v1/score/batch"])
def test_an_unknown_query_parameter_is_refused_and_not_ignored(client, lead, path):
    response = client.post(path, params={"reason": 0}, json=lead if path == "/v1/score" else {"leads": [lead]})
    assert response.status_code == 422
    assert response.json()["error"]["text"].startswith(
        "Query parameter 'reason' is not known. Leave it out, or correct its name."
    )


def test_a_crm_is_found_in_an_encoded_query(client):
    contact = {"id": "7", "properties": {"industry": "Software"}}
    plain, encoded = (client.post(f"/v1/score?{name}=hubspot", json=contact).json() for name in ("crm", "%63rm"))
    assert plain["lead_id"] == encoded["lead_id"] == "7"


def test_a_large_body_is_read_in_a_thread(client, lead, monkeypatch):
    threads, validate = set(), LeadIn.model_validate
    monkeypatch.setattr(
        LeadIn, "model_validate", lambda *args, **more: threads.add(threading.current_thread().name) or validate(*args, **more)
    )
    lead["attributes"]["note"] = "x" * 600_000
    assert client.post("/v1/score", json=lead).status_code == 200
    [name] = threads
    assert name.startswith("AnyIO worker")
    assert client.post("/v1/score", json=lead | {"points": "many"}).status_code == 422


def test_an_error_is_problem_details_and_for_one_version_the_old_shape(client):
    response = client.post("/v1/score", json={"lead_id": 7})
    problem = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert (problem["type"], problem["title"], problem["status"]) == ("about:blank", "Unprocessable Content", 422)
    assert (problem["code"], problem["detail"]) == (problem["error"]["code"], problem["error"]["text"])
    old = client.post("/v1/score", params={"errors": "v1"}, json={"lead_id": 7})
    assert old.headers["content-type"] == "application/json"
    assert old.json() == {"error": problem["error"]}
    assert client.get("/nowhere?errors=v1").json().keys() == {"error"}
    assert client.get("/v1/threshold?policy=band&errors=v1").status_code == 200
    assert client.get("/v1/threshold?errors=v2").status_code == 422


def test_a_method_that_a_path_does_not_have_is_answered_with_those_it_has(client):
    for path, methods in (("/v1/threshold", "DELETE, GET, PUT"), ("/v1/score", "POST"), ("/v1/leads/A17", "DELETE, GET")):
        response = client.patch(path, json={})
        assert (response.status_code, response.headers["allow"]) == (405, methods)


def test_a_byte_order_mark_is_skipped_and_of_equal_names_the_last_counts(client, lead):
    body = json.dumps(lead)
    marked = client.post("/v1/score", content=b"\xef\xbb\xbf" + body.encode(), headers=JSON)
    assert marked.status_code == 200
    twice = send(client, "/v1/score", body[:-1] + ', "lead_id": "B1"}')
    assert twice.json()["lead_id"] == "B1"


@pytest.mark.parametrize("path", ["/v1/model", "/v1/leads/A17", "/report"])
def test_a_path_without_a_query_refuses_one(client, path):
    response = client.get(path, params={"detial": "full"})
    assert (response.status_code, response.json()["detail"]) == (422, "Query parameter 'detial' is not known. Leave it out.")
    assert client.get("/health/live", params={"probe": 1}).status_code == 200


@pytest.mark.parametrize("path", ["/v1/model", "/v1/threshold"])
def test_a_client_that_has_the_current_answer_gets_a_304(client, path):
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_tag_of_the_threshold_changes_with_the_rule(client):
    first = client.get("/v1/threshold").headers["etag"]
    client.put("/v1/threshold", json={"policy": "capacity", "leads_per_week": 3})
    assert client.get("/v1/threshold", headers={"If-None-Match": first}).status_code == 200


@pytest.mark.parametrize("blank", [" ", "   ", "\u00a0", "\u3000"])
def test_a_blank_text_is_no_id_of_a_lead(client, lead, blank):
    for path, body in (
        ("/v1/score", lead | {"lead_id": blank}),
        ("/v1/outcomes", {"lead_id": blank, "kind": "accepted", "occurred_at": "2026-06-01"}),
    ):
        response = client.post(path, json=body)
        assert response.status_code == 422, path
        assert response.json()["detail"].startswith("'lead_id' must ")
    answers = client.post("/v1/score/batch", json={"leads": [lead | {"lead_id": blank}, lead]}).json()["answers"]
    assert ["error" in answer for answer in answers] == [True, False]
    assert client.get(f"/v1/leads/{blank}").status_code == 422


def test_blanks_around_an_id_are_no_part_of_it(client, lead):
    assert client.post("/v1/score", json=lead | {"lead_id": " A17\u00a0"}).json()["lead_id"] == "A17"


@pytest.mark.parametrize("path", ["/v1/score", "/v1/threshold", "/v1/queue", "/v1/leads/A17/history", "/v1/model"])
def test_a_query_parameter_given_twice_is_refused(client, lead, path):
    query = "?reasons=1&reasons=2"
    response = client.post(path + query, json=lead) if path == "/v1/score" else client.get(path + query)
    assert response.status_code == 422
    assert "'reasons' is " in response.json()["detail"]
    check_alive(client, lead)


def test_two_policies_are_refused(client):
    twice = client.get("/v1/threshold?policy=capacity&policy=capacity&leads_per_week=5")
    assert twice.status_code == 422
    assert "'policy' is given more than once" in twice.json()["detail"]
