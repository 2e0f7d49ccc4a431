"""Reading back over HTTP: what is stored about a lead, why its probability changed, and what the audit log says."""

from itertools import pairwise

import pytest
import sqlalchemy as sa
from unit.api.conftest import refresh, score

from predictor.scoring.bundle.registry import promote
from predictor.store.schema import SCORES, hash_lead

LATER = "2026-04-20T14:05:00Z"


def list_audit(client):
    audit = client.app.state.watch.store.load_audit()
    return list(zip(audit["action"], audit["actor"], strict=True))


def test_what_is_stored_about_a_lead_can_be_read(client, lead):
    answer = score(client, lead)
    client.post("/v1/outcomes", json={"lead_id": "A17", "kind": "opportunity", "occurred_at": "2026-04-02", "amount": 5})
    client.post("/v1/outcomes", json={"lead_id": "A17", "kind": "withdrawn"})
    client.post("/v1/outcomes", json={"lead_id": "A17", "kind": "accepted", "occurred_at": "2026-04-03T09:00:00Z"})
    file = client.get("/v1/leads/A17").json()
    [row] = file["scores"]
    assert (row["probability"], row["decision"], row["model"]) == (answer["probability"], answer["decision"], "small")
    assert row["features"]["industry"] == "Software"
    assert [outcome["kind"] for outcome in file["outcomes"]] == ["accepted"]
    assert [report["kind"] for report in file["reports"]] == ["opportunity", "withdrawn", "accepted"]
    assert client.get("/v1/leads/nobody").status_code == 404
    assert client.get("/v1/leads/nobody/history").status_code == 404
    assert list_audit(client) == [("lead exported", "a request without a key")]


def test_each_score_says_why_it_differs_from_the_one_before(client, lead, models, files, save_files):
    first = score(client, lead)
    events = [*lead["events"], {"occurred_at": "2026-04-19T09:00:00Z", "event_type": "pricing_page_view"}]
    second = score(client, lead | {"as_of": LATER, "events": events})
    third = score(client, lead | {"as_of": LATER, "events": events, "attributes": {"industry": "Retail", "employees": 5}})
    save_files(models, "next", files)
    promote(models, "next")
    refresh(client)
    score(client, lead | {"as_of": "2026-05-20T14:05:00Z"})
    steps = client.get("/v1/leads/A17/history").json()["scores"]
    assert steps[0]["change"] is None
    assert [step["probability"] for step in steps[:3]] == [answer["probability"] for answer in (first, second, third)]
    for before, after in pairwise(steps):
        difference = after["probability"] - before["probability"]
        assert after["change"]["difference"] == pytest.approx(difference, abs=1e-12)
        assert sum(after["change"]["parts"].values()) == pytest.approx(difference, abs=1e-9)
    grown, moved = steps[1]["change"], steps[2]["change"]
    assert (grown["parts"]["attributes"], moved["parts"]["events"], moved["parts"]["time"]) == (0, 0, 0)
    assert grown["parts"]["points"] != 0
    assert moved["values"]["industry"] == ["Software", "Retail"]
    assert "changed attributes" in moved["text"]


def test_scores_of_a_model_that_is_gone_keep_their_difference(client, lead, models):
    first = score(client, lead)
    second = score(client, lead | {"as_of": LATER})
    store = client.app.state.watch.store
    store.drain()
    client.app.state.service.scorer.version = "gone"
    change = client.get("/v1/leads/A17/history").json()["scores"][1]["change"]
    assert change["parts"] is not None, "the bundle is still in the folder"
    for file in (models / "small").iterdir():
        file.unlink()
    change = client.get("/v1/leads/A17/history").json()["scores"][1]["change"]
    assert change["parts"] is None
    assert change["difference"] == second["probability"] - first["probability"]
    assert change["text"].startswith("The model of this score is not on this server")


def test_scores_whose_values_were_not_stored_or_have_other_types_say_so(client, lead):
    score(client, lead)
    score(client, lead | {"as_of": LATER})
    store = client.app.state.watch.store
    store.drain()
    for features, text in (({"employees": "many"}, "types"), (None, "were not stored")):
        with store.database.begin(writes=True) as connection:
            connection.execute(sa.update(SCORES).values(features=features))
        change = client.get("/v1/leads/A17/history").json()["scores"][1]["change"]
        assert change["parts"] is None
        assert text in change["text"]


def test_an_id_with_slashes_is_one_id(client, lead):
    score(client, lead | {"lead_id": "A/18 ü"})
    assert len(client.get("/v1/leads/A%2F18%20%C3%BC").json()["scores"]) == 1
    assert len(client.get("/v1/leads/A%2F18%20%C3%BC/history").json()["scores"]) == 1


def test_the_audit_log_names_no_lead(client, lead, models):
    score(client, lead)
    client.get("/v1/leads/A17")
    client.delete("/v1/leads/A17")
    client.put("/v1/threshold", json={"policy": "capacity", "leads_per_week": 3})
    client.delete("/v1/threshold")
    assert [action for action, _ in list_audit(client)] == ["lead exported", "lead erased", "rule set", "rule rolled back"]
    audit = client.app.state.watch.store.load_audit()
    assert audit["lead_key"].tolist()[:2] == [hash_lead("A17")] * 2
    erased = audit["details"][1]
    assert (erased["scores"] + erased["waiting"], erased["done"]) == (1, True)
    assert audit["details"][2]["rule"] == {"policy": "capacity", "leads_per_week": 3}
    client.app.state.watch.store.database.close()
    assert b"A17" not in b"".join(file.read_bytes() for file in models.glob("scores.db*"))
