"""Stored scores and outcomes, and a failing store that does not affect the answers."""

import logging
import threading

import pytest

from predictor.core.settings import make_settings
from predictor.store import writer
from predictor.store.database import Database
from predictor.store.store import Store


@pytest.fixture
def broken(serve, models, tmp_path):
    (tmp_path / "broken.db").write_bytes(b"no database" * 100)
    return serve(models, store_url=f"sqlite:///{tmp_path / 'broken.db'}")


def test_a_score_is_stored_beside_the_bundles(client, lead, models):
    answer = client.post("/v1/score", json=lead).json()
    [row] = client.app.state.service.store.load_scores(features=True).to_dict("records")
    assert (models / "scores.db").is_file()
    assert row["probability"] == answer["probability"]
    assert (row["low"], row["high"]) == tuple(answer["interval"])
    assert row["as_of"].isoformat() == "2026-03-31T14:05:00+00:00"
    assert (row["decision"], row["points"], row["model"], row["explore"]) == (answer["decision"], 35, "small", False)
    assert row["features"] == {
        "industry": "Software", "employees": 250.0, "founded_on": "2001-05-01", "points/website": 15.0, "points/total": 35.0,
    }  # fmt: skip


def test_personal_values_are_neither_in_the_database_nor_in_the_spool(client, lead, models):
    lead["attributes"] |= {"email": "jane.doe@example.com", "name": "jane", "industry": "ask jane.doe@example.com"}
    client.post("/v1/score", json=lead)
    store = client.app.state.service.store
    [row] = store.load_scores(features=True).to_dict("records")
    assert row["features"]["industry"] == "(not kept)"
    client.post("/v1/score", json=lead)
    for file in [*models.glob("scores.db*"), *models.glob("scores.spool/*")]:
        assert b"jane" not in file.read_bytes()


def test_a_failing_database_loses_no_answer_and_no_record(broken, lead, tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "predictor.store"), broken:
        assert broken.post("/v1/score", json=lead).status_code == 200
        assert broken.post("/v1/outcomes", json={"lead_id": "A17", "kind": "accepted"}).status_code == 200
        ready = broken.get("/health/ready")
        assert (ready.status_code, ready.json()["store"]["waiting"]) == (200, 2)
    assert (
        "2 records wait in the spool for the next start. The store of scores and outcomes cannot be used: file is" in caplog.text
    )
    assert "A17" not in caplog.text
    (tmp_path / "broken.db").unlink()
    store = Store.open(make_settings({"store": {"url": f"sqlite:///{tmp_path / 'broken.db'}"}}).store, tmp_path)
    assert store.load_scores()["lead_id"].tolist() == store.load_outcomes()["lead_id"].tolist() == ["A17"]
    store.close()


def test_a_failing_spool_loses_no_answer(serve, models, lead, tmp_path, caplog):
    (tmp_path / "spool").write_text("a file")
    client = serve(models, store=make_settings({"store": {"spool": str(tmp_path / "spool")}}).store)
    with caplog.at_level(logging.ERROR, "api"):
        assert client.post("/v1/score", json=lead).status_code == 200
    assert (
        "1 score kept in memory until it can be written. The spool of scores and outcomes cannot be used: File exists."
        in caplog.text
    )
    assert "A17" not in caplog.text
    response = client.post("/v1/outcomes", json={"lead_id": "A17", "kind": "accepted"})
    assert (response.status_code, response.json()["error"]["code"]) == (503, "API006")
    assert response.json()["error"]["text"].endswith("Then send it again.")


def test_a_lead_is_erased_by_its_id(client, lead):
    for lead_id in ("A17", "A/18 ü", "A19"):
        client.post("/v1/score", json=lead | {"lead_id": lead_id})
    client.post("/v1/outcomes", json={"lead_id": "A/18 ü", "kind": "accepted"})
    store = client.app.state.service.store
    store.drain()
    response = client.delete("/v1/leads/A%2F18%20%C3%BC").json()
    assert response == {"lead_id": "A/18 ü", "scores": 1, "outcomes": 1, "waiting": 0, "done": True}
    assert store.load_scores()["lead_id"].tolist() == ["A17", "A19"]
    assert store.load_outcomes().empty
    assert client.delete("/v1/leads/A%2F18%20%C3%BC").json() == response | {"scores": 0, "outcomes": 0}


def test_a_lead_is_erased_while_the_database_is_away(broken, lead, tmp_path):
    broken.post("/v1/score", json=lead)
    response = broken.delete("/v1/leads/A17")
    assert (response.status_code, response.json()) == (
        202,
        {"lead_id": "A17", "scores": 0, "outcomes": 0, "waiting": 1, "done": False},
    )
    assert b'"score"' not in b"".join(file.read_bytes() for file in (tmp_path / "broken.spool").iterdir())


def test_an_impossible_id_is_refused(client):
    response = client.delete("/v1/leads/" + "x" * 201)
    assert response.status_code == 422
    assert "must have at most 200 characters" in response.json()["error"]["text"]


def test_an_outcome_is_stored_once(client):
    outcome = {"lead_id": "A17", "kind": "recycled", "occurred_at": "2026-04-09", "reason": "timing"}
    for reason in ("budget", "timing"):
        response = client.post("/v1/outcomes", json=outcome | {"reason": reason})
        assert response.status_code == 200
    # midnight in Berlin, the zone of the training data
    answer = response.json()
    assert {name: answer[name] for name in outcome} == outcome | {"occurred_at": "2026-04-08T22:00:00Z"}
    assert (answer["amount"], answer["episode"], answer["repeated"]) == (None, None, False)
    [counting] = answer["counting"]
    assert (counting["reason"], counting["outcome_id"]) == ("timing", answer["outcome_id"])
    [row] = client.app.state.service.store.load_outcomes().to_dict("records")
    assert (row["kind"], row["reason"], row["occurred_at"].isoformat()) == ("recycled", "timing", "2026-04-08T22:00:00+00:00")


def test_an_outcome_sent_again_without_a_moment_keeps_the_earlier_one(client):
    outcome = {"lead_id": "A17", "kind": "recycled"}
    for more in ({"reason": "timing"}, {"reason": "budget", "occurred_at": "2026-04-09T00:00:00Z"}, {"reason": "need"}):
        assert client.post("/v1/outcomes", json=outcome | more).status_code == 200
    [row] = client.app.state.service.store.load_outcomes().to_dict("records")
    assert (row["reason"], row["occurred_at"].isoformat()) == ("need", "2026-04-09T00:00:00+00:00")


def test_unknown_fields_of_an_outcome_are_warnings(client):
    response = client.post("/v1/outcomes", json={"lead_id": "A17", "kind": "accepted", "reasn": "x"})
    assert response.json()["warnings"][0] == {
        "code": "LEAD024",
        "text": "Unknown fields of the outcome: 'reasn'. Did you mean 'reason'?",
    }


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        ({"lead_id": "A17", "kind": "won"}, "'kind' must be 'contacted', 'accepted', 'recycled', 'opportunity' or 'withdrawn'."),
        ({"lead_id": "A17", "kind": "recycled"}, "The request must have a 'reason' if 'kind' is 'recycled'. Send one"),
        ({"kind": "accepted"}, "'lead_id' is missing."),
        ({"lead_id": "A17", "kind": "opportunity", "amount": "much"}, "'amount' must be a number, but a text came."),
        ({"lead_id": "A17", "kind": "opportunity", "amount": -1}, "'amount' must be 0 or more. Send the amount"),
        (
            {"lead_id": "A17", "kind": "accepted", "occurred_at": "2199-01-01"},
            "'occurred_at' must not be more than a day in the future",
        ),
    ],
)
def test_wrong_outcomes_are_refused(client, outcome, text):
    response = client.post("/v1/outcomes", json=outcome)
    assert response.status_code == 422
    assert response.json()["error"]["text"].startswith(text)


def test_a_hanging_database_stops_no_request(client, lead, monkeypatch):
    begun, go_on, ended, write = threading.Event(), threading.Event(), threading.Event(), Database.write

    def hang(database, records):
        begun.set()
        go_on.wait(60)
        ended.set()
        return write(database, records)

    monkeypatch.setattr(Database, "write", hang)
    monkeypatch.setattr(writer, "_PATIENCE_S", 0.01)
    client.post("/v1/score", json=lead)
    assert begun.wait(60)
    assert client.post("/v1/score/batch", json={"leads": [lead, lead | {"lead_id": "A18"}]}).status_code == 200
    assert client.post("/v1/outcomes", json={"lead_id": "A17", "kind": "accepted"}).status_code == 200
    response = client.delete("/v1/leads/A17").json()
    assert response == {"lead_id": "A17", "scores": 0, "outcomes": 0, "waiting": 0, "done": False}
    assert [client.get(f"/health/{path}").status_code for path in ("live", "ready")] == [200, 200]
    assert not ended.is_set()
    go_on.set()
    store = client.app.state.service.store
    assert store.load_scores()["lead_id"].tolist() == ["A18"]
    assert store.load_outcomes().empty


SHORT, LONG = "00Q5g000000XyzA", "00Q5g000000XyzAEAS"  # one Salesforce lead, as reports and as the API name it


@pytest.mark.parametrize(("scored", "reported"), [(SHORT, LONG), (LONG, SHORT)])
@pytest.mark.parametrize("path", ["/v1/score", "/v1/score?crm=salesforce"])
def test_an_outcome_under_the_other_length_of_a_salesforce_id_belongs_to_the_score(client, lead, path, scored, reported):
    record = {"Id": scored, "Industry": "Software"} if "crm" in path else lead | {"lead_id": scored}
    assert client.post(path, json=record).json()["lead_id"] == scored, "an answer has the id that was sent"
    outcome = {"lead_id": reported, "kind": "accepted", "occurred_at": "2026-04-02T09:00:00Z"}
    assert client.post("/v1/outcomes", json=outcome).json()["lead_id"] == reported
    store = client.app.state.service.store
    assert store.load_scores()["lead_id"].tolist() == store.load_outcomes()["lead_id"].tolist() == [SHORT]
    client.post("/v1/outcomes", json=outcome | {"lead_id": scored, "occurred_at": "2026-04-03T09:00:00Z"})
    assert store.load_outcomes()["occurred_at"].dt.day.tolist() == [3], "the latest report of a lead wins"
    erased = client.delete(f"/v1/leads/{reported}").json()
    assert (erased["lead_id"], erased["scores"] + erased["outcomes"] + erased["waiting"]) == (reported, 3)
    assert store.load_scores().empty


def test_leads_whose_ids_differ_otherwise_stay_apart(client, lead):
    others = [SHORT, SHORT.lower(), LONG[:-1] + "X", "00Q5g000000xYzA"]
    for key in others:
        client.post("/v1/score", json=lead | {"lead_id": key})
    assert sorted(client.app.state.service.store.load_scores()["lead_id"]) == sorted(others)
