"""The decision set over HTTP: in service at once, said in every answer, kept for later champions, and taken back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from unit.api.conftest import refresh, score

from predictor.scoring.bundle.decision_rules import RULES
from predictor.scoring.bundle.registry import promote
from predictor.scoring.threshold_advice import load_scorer
from predictor.store.api_keys import add_key

CAPACITY = {"policy": "capacity", "leads_per_week": 3}


def put(client, expected=200, **rule):
    response = client.put("/v1/threshold", json=rule)
    assert response.status_code == expected, response.text
    return response.json()


def test_a_rule_is_in_service_at_once_and_answers_name_it(client, lead, models):
    before = score(client, lead)
    assert before["decided_by"] == {"policy": "band", "text": "Conversion of 20 to 30 %", "set_at": None, "set_by": None}
    answer = put(client, **CAPACITY)
    recommended = client.get("/v1/threshold").json()
    assert answer["serving"] == answer["recommended"]["threshold"] == recommended["serving"] != before["threshold"]
    after = score(client, lead)
    assert (after["probability"], after["threshold"]) == (before["probability"], answer["serving"])
    assert after["decision"] == ("route_to_sales" if after["probability"] >= answer["serving"] else "nurture")
    assert (after["decided_by"]["policy"], after["decided_by"]["text"]) == ("capacity", "At most 3 leads a week")
    assert after["decided_by"]["set_by"] == "a request without a key"
    assert load_scorer(models).threshold == answer["serving"], "files are scored by the same rule"


def test_leads_a_week_alone_mean_capacity(client):
    assert put(client, leads_per_week=3)["decided_by"]["policy"] == "capacity"


def test_grades_can_be_set_too(client, lead):
    answer = put(client, grades={"A": 0.9, "B": 0.8, "C": 0.7})
    assert answer["grades"] == {"A": 0.9, "B": 0.8, "C": 0.7}
    assert answer["decided_by"]["policy"] == "band"
    assert score(client, lead)["grade"] == "D"


def test_a_rule_stays_for_the_next_champion_and_a_restart(client, serve, models, files, save_files, lead):
    put(client, **CAPACITY)
    save_files(models, "next", files)
    promote(models, "next")
    refresh(client)
    answer = score(client, lead)
    assert (answer["model"]["version"], answer["decided_by"]["policy"]) == ("next", "capacity")
    assert score(serve(models), lead)["decided_by"]["policy"] == "capacity"


def test_rules_have_a_history_and_a_way_back(client, lead):
    trained = score(client, lead)["threshold"]
    put(client, **CAPACITY)
    second = put(client, policy="precision", precision=0.5)
    assert [rule["threshold"]["policy"] for rule in second["history"]] == ["precision", "capacity"]
    assert client.delete("/v1/threshold").json()["decided_by"]["policy"] == "capacity"
    back = client.delete("/v1/threshold").json()
    assert (back["serving"], back["decided_by"]["set_at"], back["history"]) == (trained, None, [])
    response = client.delete("/v1/threshold")
    assert (response.status_code, response.json()["error"]["code"]) == (409, "API014")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"policy": "capacity"}, "Policy 'capacity' needs 'leads_per_week' above 0."),
        ({"policy": "band", "leads_per_week": 3}, "must have 'leads_per_week' only if 'policy' is 'capacity'."),
        ({"policy": "band", "band": [0.5, 0.3]}, "the band must rise"),
        ({"grades": {"A": 0.1, "B": 0.2, "C": 0.3}}, "grades must fall from A to C"),
        ({"polcy": "band"}, "'polcy' is not known."),
    ],
)
def test_wrong_rules_are_refused_and_change_nothing(client, models, rule, text):
    before = client.get("/v1/threshold").json()["serving"]
    assert text in put(client, 422, **rule)["error"]["text"]
    assert not (models / RULES).exists()
    assert client.get("/v1/threshold").json()["serving"] == before


def test_only_an_admin_sets_the_rule_and_its_key_is_named(serve, models):
    now = datetime(2026, 3, 31, tzinfo=UTC)
    tokens = {scope: add_key(models / "keys.toml", f"the {scope}", [scope], now=now) for scope in ("score", "admin")}
    client = serve(models)
    headers = {scope: {"X-API-Key": token} for scope, token in tokens.items()}
    assert client.get("/v1/threshold", headers=headers["score"]).status_code == 200
    for method in ("PUT", "DELETE"):
        response = client.request(method, "/v1/threshold", json=CAPACITY, headers=headers["score"])
        assert (response.status_code, response.json()["error"]["code"]) == (403, "API009")
    answer = client.put("/v1/threshold", json=CAPACITY, headers=headers["admin"]).json()
    assert answer["decided_by"]["set_by"] == "the admin"


def test_a_rule_that_does_not_fit_is_refused_and_said(client, serve, models):
    (models / RULES).write_text('{"rules": [{"threshold": {"policy": "value"}}]}')
    ready = refresh(client)
    assert ready["refused"][0].startswith("The rule of decision does not fit bundle 'small': ")
    response = serve(models).get("/health/ready")
    assert response.status_code == 503
    (models / RULES).write_text("no rule")
    assert "which holds the rules of decision, cannot be read" in refresh(client)["refused"][0]


def test_rules_put_at_the_same_moment_by_two_servers_are_all_kept(serve, models):
    clients = [serve(models), serve(models)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda number: put(clients[number % 2], leads_per_week=number), range(1, 13)))
    history = clients[0].get("/v1/threshold").json()["history"]
    assert sorted(rule["threshold"]["leads_per_week"] for rule in history) == list(range(1, 13))
    assert all(answer["history"] for answer in answers)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_rule_is_changed_only_if_it_is_the_one_that_was_read(client, method):
    def send(tag):
        return client.request(method, "/v1/threshold", json={"leads_per_week": 7}, headers={"If-Match": tag})

    put(client, **CAPACITY)
    tag = client.get("/v1/threshold").headers["etag"]
    put(client, leads_per_week=5)
    response = send(tag)
    assert (response.status_code, response.json()["code"]) == (412, "API017")
    assert response.json()["detail"].endswith("Send GET /v1/threshold again, then decide.")
    assert client.get("/v1/threshold").json()["decided_by"]["text"] == "At most 5 leads a week"
    tag = client.get("/v1/threshold").headers["etag"]
    assert send(f'"other", W/{tag}').status_code == 200
    assert len(client.get("/v1/threshold").json()["history"]) == {"PUT": 3, "DELETE": 1}[method]
    assert send(tag).status_code == 412, "a tag is good for one change"
    assert send("*").status_code == 200


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rules": 3}', '{"rules": [{"limit": 3}]}', "\x00"])
def test_a_broken_file_of_rules_is_said_and_leads_are_scored_as_before(client, lead, models, text):
    put(client, **CAPACITY)
    before = score(client, lead)
    (models / RULES).write_text(text)
    refresh(client)
    answers = [
        client.get("/v1/threshold"), client.put("/v1/threshold", json=CAPACITY), client.delete("/v1/threshold"),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    for answer in answers:
        assert "'decision.json' of the folder of bundles" in answer.json()["detail"]
        assert answer.json()["code"] == "API004"
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert "'decision.json'" in ready.json()["refused"][0]
    assert str(models) not in ready.text + "".join(answer.text for answer in answers)
    assert score(client, lead) == before
