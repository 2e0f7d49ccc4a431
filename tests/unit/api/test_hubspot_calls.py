"""What HubSpot itself sends and takes: custom workflow actions, webhooks, and the body of a batch update."""

ACTION = {
    "callbackId": "ap-102670506-56776413549-7-0",
    "origin": {"portalId": 102670506, "actionDefinitionId": 10860211, "actionDefinitionVersion": 1},
    "context": {"source": "WORKFLOWS", "workflowId": 192814114},
    "object": {"objectId": 904, "objectType": "CONTACT", "properties": {"industry": "SOFTWARE", "firstname": "Tim"}},
    "inputFields": {"numemployees": "250"},
}


def test_the_body_of_a_workflow_action_is_scored_and_answered_with_output_fields(client):
    response = client.post("/v1/score?crm=hubspot&answer=action", json=ACTION)
    assert response.status_code == 200, response.text
    fields = response.json()["outputFields"]
    assert fields["hs_execution_state"] == "SUCCESS"
    record = {"id": "904", "properties": {"industry": "SOFTWARE", "numemployees": "250"}}
    plain = client.post("/v1/score?crm=hubspot&answer=properties", json=record).json()["properties"]
    assert {name: fields[name] for name in ("predictor_probability", "predictor_decision")} == {
        name: plain[name] for name in ("predictor_probability", "predictor_decision")
    }
    assert "firstname" in fields["predictor_warnings"]  # left out, and said so


def test_many_records_become_the_body_of_a_batch_update(client):
    records = [{"id": str(number), "properties": {"industry": "SOFTWARE"}} for number in range(3)] + [{"properties": {}}]
    content = client.post("/v1/score/batch?crm=hubspot&answer=inputs", json={"results": records}).json()
    assert [entry["id"] for entry in content["inputs"]] == ["0", "1", "2"]
    assert all(isinstance(value, str) for entry in content["inputs"] for value in entry["properties"].values())
    assert len(content["refused"]) == 1


def test_only_hubspot_has_actions_and_inputs(client):
    for answer in ("action", "inputs"):
        response = client.post(f"/v1/score?crm=salesforce&answer={answer}", json={"Id": "1"})
        assert (response.status_code, "only for HubSpot" in response.text) == (422, True)


def test_changes_that_webhooks_report_become_outcomes(client):
    client.post("/v1/score?crm=hubspot", json={"id": "51", "properties": {}, "as_of": "2026-01-01T00:00:00Z"})
    change = {"objectId": 51, "subscriptionType": "contact.propertyChange", "occurredAt": 1782834000000, "eventId": 1}
    changes = [
        change | {"propertyName": "lifecyclestage", "propertyValue": "salesqualifiedlead"},
        change | {"propertyName": "hs_lead_status", "propertyValue": "UNQUALIFIED"},
        change | {"propertyName": "lifecyclestage", "propertyValue": "customer"},
    ]
    response = client.post("/v1/outcomes/batch?crm=hubspot", json=changes)
    assert response.status_code == 200, response.text
    accepted, recycled, other = response.json()["answers"]
    assert (accepted["kind"], recycled["kind"]) == ("accepted", "recycled")
    assert accepted["occurred_at"] == recycled["occurred_at"] == "2026-06-30T15:40:00Z"
    assert "holds no outcome" in other["error"]["text"]
