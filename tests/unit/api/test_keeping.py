"""What is kept of scores and outcomes, and that a store which fails costs no answer."""

import logging

import pytest


@pytest.fixture
def broken(serve, models, tmp_path):
    (tmp_path / "broken.db").write_bytes(b"no database" * 100)
    return serve(models, store_url=f"sqlite:///{tmp_path / 'broken.db'}")


def test_a_score_is_stored_beside_the_bundles(client, lead, models):
    answer = client.post("/v1/score", json=lead).json()
    assert (models / "scores.db").is_file()
    [row] = client.app.state.service.store.load_scores().to_dict("records")
    assert row["probability"] == answer["probability"]
    assert (row["low"], row["high"]) == tuple(answer["interval"])
    assert row["as_of"].isoformat() == "2026-03-31T14:05:00+00:00"
    assert (row["decision"], row["points"], row["model"]) == (answer["decision"], 35, "small")


def test_nothing_of_the_attributes_is_stored(client, lead, models):
    lead["attributes"]["email"] = "jane.doe@example.com"
    client.post("/v1/score", json=lead)
    client.app.state.service.store.close()
    for file in models.glob("scores.db*"):
        assert b"jane" not in file.read_bytes()


def test_a_store_that_fails_costs_no_answer(broken, lead, caplog):
    with caplog.at_level(logging.ERROR, "api"):
        assert broken.post("/v1/score", json=lead).status_code == 200
    assert "1 score not stored. The store of scores and outcomes cannot be used: file is not a database." in caplog.text
    assert "A17" not in caplog.text


def test_an_outcome_is_stored_once(client):
    outcome = {"lead_id": "A17", "kind": "recycled", "occurred_at": "2026-04-09", "reason": "timing"}
    for reason in ("budget", "timing"):
        response = client.post("/v1/outcomes", json=outcome | {"reason": reason})
        assert response.status_code == 200
    # midnight in Berlin, where the training data are from
    assert response.json() == outcome | {"occurred_at": "2026-04-08T22:00:00Z", "amount": None, "warnings": []}
    [row] = client.app.state.service.store.load_outcomes().to_dict("records")
    assert (row["kind"], row["reason"], row["occurred_at"].isoformat()) == ("recycled", "timing", "2026-04-08T22:00:00+00:00")


def test_fields_of_an_outcome_that_are_not_read_are_reported(client):
    response = client.post("/v1/outcomes", json={"lead_id": "A17", "kind": "accepted", "reasn": "x"})
    assert response.json()["warnings"] == [
        {"code": "LEAD024", "text": "Fields of the outcome that are not read: 'reasn'. Did you mean 'reason'?"}
    ]


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        ({"lead_id": "A17", "kind": "won"}, "'kind' must be 'accepted', 'recycled' or 'opportunity'."),
        ({"lead_id": "A17", "kind": "recycled"}, "The request must hold a 'reason' where 'kind' is 'recycled'. Send one"),
        ({"kind": "accepted"}, "'lead_id' is missing."),
        ({"lead_id": "A17", "kind": "opportunity", "amount": "much"}, "'amount' must be a number, but a text came."),
    ],
)
def test_wrong_outcomes_are_refused(client, outcome, text):
    response = client.post("/v1/outcomes", json=outcome)
    assert response.status_code == 422
    assert response.json()["error"]["text"].startswith(text)


def test_an_outcome_that_cannot_be_stored_is_refused(broken):
    response = broken.post("/v1/outcomes", json={"lead_id": "A17", "kind": "accepted"})
    assert (response.status_code, response.json()["error"]["code"]) == (503, "API006")
    assert response.json()["error"]["text"].endswith("Then send it again.")
