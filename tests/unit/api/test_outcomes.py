"""Outcomes over HTTP: what is kept, sent again, corrected, taken back, and in batches."""

import pytest

from predictor.core.settings import make_settings
from predictor.store.store import Store

SCORED = "2026-03-31T14:05:00Z"  # `as_of` of the lead of these tests


def send(client, expected=200, headers=None, **outcome):
    response = client.post("/v1/outcomes", json={"lead_id": "A17", **outcome}, headers=headers)
    assert response.status_code == expected, response.text
    return response.json()


def list_counting(answer):
    return [(outcome["kind"], outcome["occurred_at"]) for outcome in answer["counting"]]


def test_the_answer_says_what_is_kept_and_about_which_score(client, lead):
    client.post("/v1/score", json=lead)
    first = send(client, kind="opportunity", occurred_at="2026-04-02T09:00:00Z", amount=100, currency="eur")
    assert (first["episode"], first["currency"], first["repeated"], first["warnings"]) == (SCORED, "EUR", False, [])
    corrected = send(client, kind="opportunity", amount=250)
    assert (corrected["occurred_at"], corrected["amount"], corrected["currency"]) == ("2026-04-02T09:00:00Z", 250, "EUR")
    [counting] = corrected["counting"]
    assert (counting["outcome_id"], counting["amount"]) == (corrected["outcome_id"], 250)
    again = send(client, kind="opportunity", amount=250)
    assert (again["repeated"], again["outcome_id"]) == (True, corrected["outcome_id"])
    assert len(client.app.state.watch.store.load_outcome_history()) == 2


def test_a_second_acceptance_is_kept_beside_the_first(client, lead):
    client.post("/v1/score", json=lead)
    send(client, kind="accepted", occurred_at="2026-04-02T09:00:00Z")
    send(client, kind="recycled", occurred_at="2026-04-20T09:00:00Z", reason="timing")
    client.post("/v1/score", json=lead | {"as_of": "2026-05-01T00:00:00Z"})
    answer = send(client, kind="accepted", occurred_at="2026-05-04T09:00:00Z")
    assert answer["episode"] == "2026-05-01T00:00:00Z"
    assert [kind for kind, _ in list_counting(answer)] == ["accepted", "recycled", "accepted"]


def test_an_outcome_is_taken_back_by_its_id_or_by_a_report(client, lead):
    client.post("/v1/score", json=lead)
    accepted = send(client, kind="accepted", occurred_at="2026-04-02T09:00:00Z")
    opportunity = send(client, kind="opportunity", occurred_at="2026-04-03T09:00:00Z")
    gone = client.delete(f"/v1/outcomes/{opportunity['outcome_id']}").json()
    assert (gone["lead_id"], gone["kind"], list_counting(gone)) == ("A17", "withdrawn", [("accepted", "2026-04-02T09:00:00Z")])
    assert send(client, kind="withdrawn", withdraws="accepted")["counting"] == []
    back = send(client, kind="accepted", occurred_at="2026-04-05T09:00:00Z")
    assert list_counting(back) == [("accepted", "2026-04-05T09:00:00Z")]
    fixed = send(client, kind="accepted", occurred_at="2026-04-06T09:00:00Z", outcome_id=back["outcome_id"])
    assert list_counting(fixed) == [("accepted", "2026-04-06T09:00:00Z")]
    assert client.delete(f"/v1/outcomes/{accepted['outcome_id']}").json()["counting"] == fixed["counting"]
    assert len(client.app.state.watch.store.load_outcome_history()) == 7


def test_an_unknown_outcome_cannot_be_taken_back(client):
    response = client.delete(f"/v1/outcomes/{'0' * 32}")
    assert (response.status_code, response.json()["error"]["text"][:36]) == (404, "There is no outcome with this id. Se")
    assert client.delete("/v1/outcomes/no-id").status_code == 422


def test_a_request_sent_again_with_its_key_stores_nothing_new(client, lead):
    client.post("/v1/score", json=lead)
    key = {"Idempotency-Key": "call 1"}
    first = send(client, kind="accepted", occurred_at="2026-04-02", headers=key)
    send(client, kind="withdrawn")
    again = send(client, kind="accepted", occurred_at="2026-04-02", headers=key)
    assert (again["outcome_id"], again["counting"]) == (first["outcome_id"], [])
    assert (first["repeated"], again["repeated"]) == (False, True)
    twice = {"outcomes": [{"lead_id": "B2", "kind": "accepted", "occurred_at": "2026-04-02"}] * 2}
    for known in (False, True):
        answers = client.post("/v1/outcomes/batch", json=twice, headers=key).json()["answers"]
        assert [answer["repeated"] for answer in answers] == [known, True]
    other = send(client, 422, kind="recycled", reason="fit", headers=key)
    assert other["error"]["code"] == "API013"
    assert other["error"]["text"].startswith("This idempotency key was used for another outcome of the lead.")


@pytest.mark.parametrize(
    ("outcome", "codes"),
    [
        ({"lead_id": "nobody", "kind": "accepted"}, ["STORE006"]),
        ({"kind": "accepted", "occurred_at": "2026-03-30"}, ["STORE007"]),
        ({"kind": "accepted", "occurred_at": "1999-04-02"}, ["STORE007", "STORE008"]),
        ({"kind": "withdrawn"}, ["STORE009"]),
        ({"kind": "accepted", "occurred_at": "2026-03-31"}, []),
    ],
)
def test_what_looks_wrong_is_a_warning(client, lead, outcome, codes):
    client.post("/v1/score", json=lead)
    assert [warning["code"] for warning in send(client, **outcome)["warnings"]] == codes


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        ({"kind": "accepted", "withdraws": "accepted"}, "The request must have 'withdraws' only if 'kind' is 'withdrawn'."),
        ({"kind": "opportunity", "currency": "euro"}, "'currency' must be three letters, as EUR."),
        ({"kind": "accepted", "outcome_id": "first"}, "'outcome_id' must be the 'outcome_id' of an earlier answer."),
        ({"kind": "accepted", "episode": "soon"}, "'episode' must be a date, but a text came."),
    ],
)
def test_wrong_fields_are_refused(client, outcome, text):
    assert send(client, 422, **outcome)["error"]["text"].startswith(text)


def test_many_outcomes_have_an_answer_or_an_error_each(client, lead):
    client.post("/v1/score", json=lead)
    outcomes = [
        {"lead_id": "A17", "kind": "accepted", "occurred_at": "2026-04-02T09:00:00Z"},
        {"lead_id": "A18", "kind": "won"},
        {"lead_id": "A17", "kind": "opportunity", "occurred_at": "2026-04-03T09:00:00Z"},
        7,
    ]
    answers = client.post("/v1/outcomes/batch", json={"outcomes": outcomes}).json()["answers"]
    assert [list_counting(answers[number])[-1][0] for number in (0, 2)] == ["opportunity", "opportunity"]
    assert answers[1]["lead_id"] == "A18"
    assert answers[1]["error"]["text"].startswith("'kind' must be 'contacted', 'accepted'")
    assert (answers[3]["lead_id"], answers[3]["error"]["code"]) == (None, "API002")
    again = client.post("/v1/outcomes/batch", json={"outcomes": outcomes}).json()["answers"]
    assert [again[number]["repeated"] for number in (0, 2)] == [True, True]


def test_ten_thousand_outcomes_are_one_request(client):
    outcomes = [{"lead_id": f"A{number}", "kind": "accepted", "occurred_at": "2026-04-02"} for number in range(10_000)]
    answers = client.post("/v1/outcomes/batch", json={"outcomes": outcomes}).json()["answers"]
    assert len({answer["outcome_id"] for answer in answers}) == 10_000
    assert len(client.app.state.watch.store.load_outcomes()) == 10_000
    response = client.post("/v1/outcomes/batch", json={"outcomes": [*outcomes, outcomes[0]]})
    assert response.status_code == 422


def test_while_the_database_is_away_the_answer_says_what_was_stored(client, monkeypatch):
    monkeypatch.setattr(Store, "away", property(lambda _: "It is away."))
    answer = send(client, kind="accepted", occurred_at="2026-04-02T09:00:00Z")
    assert (answer["counting"], answer["episode"], answer["occurred_at"]) == (None, None, "2026-04-02T09:00:00Z")


HUBSPOT = {
    "id": "51",
    "properties": {
        "hs_lifecyclestage_salesqualifiedlead_date": "1775120400000",
        "hs_lifecyclestage_opportunity_date": {"value": "2026-04-10"},
        "recent_deal_amount": "1200.50", "deal_currency_code": "usd", "hs_lead_status": "IN_PROGRESS", "email": "jane@x.example",
    },
}  # fmt: skip
SALESFORCE = {
    "attributes": {"type": "Lead"},
    "Id": "00Q5g000000XyzAEAS",
    "Status": "Unqualified",
    "Unqualified_Reason__c": "budget",
}


def test_records_of_hubspot_are_outcomes(client):
    batch = client.post("/v1/outcomes/batch", params={"crm": "hubspot"}, json={"results": [HUBSPOT, {"id": "52"}, []]})
    accepted, opportunity, nothing, no_record = batch.json()["answers"]
    assert (accepted["lead_id"], accepted["kind"], accepted["occurred_at"]) == ("51", "accepted", "2026-04-02T09:00:00Z")
    assert (opportunity["amount"], opportunity["currency"], opportunity["occurred_at"][:10]) == (1200.5, "USD", "2026-04-09")
    assert nothing["error"]["text"].startswith("The record holds no outcome. Send 'kind', or one of 'hs_lifecycle")
    assert no_record["error"]["text"].startswith("The record must be an object, but a list came.")
    single = client.post("/v1/outcomes", params={"crm": "hubspot"}, json=HUBSPOT)
    assert (single.status_code, single.json()["error"]["code"]) == (422, "LEAD022")
    assert "holds 2 outcomes. Send it to /v1/outcomes/batch" in single.json()["error"]["text"]
    one = client.post("/v1/outcomes/batch", params={"crm": "hubspot"}, json=HUBSPOT).json()["answers"]
    assert [answer["repeated"] for answer in one] == [True, True]


def test_records_of_salesforce_are_outcomes_of_the_lead_under_both_ids(client, lead):
    client.post("/v1/score", json=lead | {"lead_id": "00Q5g000000XyzA"})
    answer = client.post("/v1/outcomes", params={"crm": "salesforce"}, json=SALESFORCE).json()
    assert (answer["lead_id"], answer["kind"], answer["reason"]) == ("00Q5g000000XyzAEAS", "recycled", "budget")
    assert (answer["episode"], answer["warnings"]) == (SCORED, [])
    converted = {"Id": "00Q5g000000XyzA", "ConvertedDate": "2026-04-03", "ConvertedOpportunity": {
        "Amount": 900, "CreatedDate": "2026-04-03T15:40:00.000+0000", "CurrencyIsoCode": "EUR"}}  # fmt: skip
    answers = client.post("/v1/outcomes/batch", params={"crm": "salesforce"}, json={"records": [converted]}).json()["answers"]
    assert [(one["kind"], one["amount"], one["currency"]) for one in answers] == [
        ("accepted", None, None),
        ("opportunity", 900, "EUR"),
    ]


def test_our_own_fields_beside_the_id_of_a_crm_come_first(client):
    record = HUBSPOT | {"kind": "recycled", "reason": "timing", "occurred_at": 1775120400000}
    answer = client.post("/v1/outcomes", params={"crm": "hubspot"}, json=record).json()
    assert (answer["kind"], answer["reason"], answer["occurred_at"]) == ("recycled", "timing", "2026-04-02T09:00:00Z")


def test_an_unknown_query_parameter_is_refused(client):
    response = client.post("/v1/outcomes", params={"cmr": "hubspot"}, json={"lead_id": "A17", "kind": "accepted"})
    assert (response.status_code, response.json()["error"]["text"][:38]) == (422, "Query parameter 'cmr' is not known. Le")


@pytest.mark.parametrize(
    ("sent", "stored", "codes"),
    [
        ("Timing", "timing", []),
        ("BAD_TIMING", "timing", []),
        ("not a fit for us", "fit", []),
        ("Jane Doe has left, 0171 2345", "other", ["STORE012"]),
        ("no budget, no need", "other", ["STORE012"]),
    ],
)
def test_a_reason_is_a_word_of_the_list_and_a_free_text_is_not_kept(client, sent, stored, codes):
    client.post("/v1/score", json={"lead_id": "A17", "as_of": "2026-03-31T14:05:00Z"})
    outcome = {"lead_id": "A17", "kind": "recycled", "occurred_at": "2026-04-09T00:00:00Z", "reason": sent}
    answer = client.post("/v1/outcomes", json=outcome).json()
    assert (answer["reason"], [warning["code"] for warning in answer["warnings"]]) == (stored, codes)
    assert "Doe" not in str(answer)


def test_a_firm_may_have_reasons_of_its_own_or_keep_every_text(serve, models):
    outcome = {"lead_id": "A17", "kind": "recycled", "reason": "Wrong region"}
    for reasons, stored in ((["wrong region"], "wrong region"), (["timing"], "other"), ([], "Wrong region")):
        client = serve(models, serve=make_settings({"serve": {"reasons": reasons}}).serve)
        assert client.post("/v1/outcomes", json=outcome).json()["reason"] == stored
