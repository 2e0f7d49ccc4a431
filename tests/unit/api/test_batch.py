"""Batches: an answer or an error for each lead, in order, and the same answers as one by one."""

import json

from api.serving import answering


def test_a_faulty_lead_does_not_affect_the_others(client, lead):
    leads = [
        lead,
        {"lead_id": 7},
        lead | {"lead_id": "A18", "attributes": {"employees": "many"}},
        "no lead",
        lead | {"lead_id": "A19", "industry": "Retail"},
    ]
    response = client.post("/v1/score/batch", json={"leads": leads})
    assert response.status_code == 200
    answers = response.json()["answers"]
    assert [answer["lead_id"] for answer in answers] == ["A17", None, "A18", None, "A19"]
    assert [answer.get("error", {}).get("code") for answer in answers] == [None, "API002", "LEAD022", "API002", None]
    assert answers[1]["error"]["text"].startswith("'lead_id' must be a text, but a number came.")
    assert answers[3]["error"]["text"].startswith("The request must be an object, but a text came.")
    for position in (0, 4):
        assert answers[position] == client.post("/v1/score", json=leads[position]).json()


def test_only_scored_leads_are_stored(client, lead):
    leads = [lead | {"lead_id": f"A{number}"} for number in range(3)] + [{"lead_id": 7}]
    client.post("/v1/score/batch", json={"leads": leads})
    assert client.app.state.service.store.load_scores()["lead_id"].tolist() == ["A0", "A1", "A2"]


def test_an_empty_batch_is_answered(client):
    assert client.post("/v1/score/batch", json={"leads": []}).json() == {"answers": []}


def test_too_many_leads_are_refused_as_a_whole(client):
    response = client.post("/v1/score/batch", json={"leads": [{"lead_id": "A"}] * 10_001})
    assert response.status_code == 422
    assert response.json()["error"]["text"].startswith("'leads' must have at most 10000 items")


def test_a_misspelt_batch_is_refused(client):
    response = client.post("/v1/score/batch", json={"lead": []})
    assert response.status_code == 422
    assert "'leads' is missing. Send it. 'lead' is not known." in response.json()["error"]["text"]


def test_nan_in_one_lead_makes_the_whole_body_invalid(client, lead):
    body = json.dumps({"leads": [lead, lead | {"points": float("nan")}]})
    response = client.post("/v1/score/batch", content=body, headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "API001")


def test_an_unexpected_error_with_one_lead_is_its_answer(client, lead, monkeypatch, caplog):
    compute_sales_context = answering.compute_sales_context

    def fail_once(lead, points):
        if lead.lead_id == "A4":
            raise KeyError(lead.attributes["name"])
        return compute_sales_context(lead, points)

    monkeypatch.setattr(answering, "compute_sales_context", fail_once)
    lead["attributes"]["name"] = "jane"
    leads = [lead | {"lead_id": f"A{number}"} for number in range(9)]
    answers = client.post("/v1/score/batch", json={"leads": leads}).json()["answers"]
    assert [answer["lead_id"] for answer in answers] == [lead["lead_id"] for lead in leads]
    assert [answer.get("error", {}).get("code") for answer in answers] == [None] * 4 + ["API007"] + [None] * 4
    assert answers[4]["error"]["text"].startswith("The server failed, not the request.")
    assert client.app.state.service.store.load_scores()["lead_id"].tolist() == [
        f"A{number}" for number in range(9) if number != 4
    ]
    assert "KeyError at /v1/score/batch" in caplog.text
    assert "jane" not in caplog.text
