"""Keys and what they open, limits of size, ids and lines in the log, headers of pages."""

import json
import logging
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from api.http.auth import ACCESS
from api.routes import router
from predictor.cli.json_logs import JsonLines
from predictor.core.settings import make_settings
from predictor.store.api_keys import add_key, revoke_key

NOW = datetime(2026, 7, 1, tzinfo=UTC)
OUTCOME_ID = "0" * 32  # of no outcome
MAY_BE_MISSING = {"/v1/outcomes/{outcome_id}", "/v1/leads/{lead_id:path}/history", "/v1/accounts/{account_id:path}"}
OUTCOME = {"lead_id": "A17", "kind": "accepted"}


@pytest.fixture
def keys(models):
    return {scope: add_key(models / "keys.toml", f"the {scope}", [scope], now=NOW) for scope in ("score", "outcomes", "admin")}


def call_all(client, headers):
    """Path -> the response to a request with these headers."""
    lead = {"lead_id": "A17"}
    responses = {
        "/v1/score": client.post("/v1/score", json=lead, headers=headers),
        "/v1/score/batch": client.post("/v1/score/batch", json={"leads": [lead]}, headers=headers),
        "/v1/outcomes": client.post("/v1/outcomes", json=OUTCOME, headers=headers),
        "/v1/outcomes/batch": client.post("/v1/outcomes/batch", json={"outcomes": [OUTCOME]}, headers=headers),
        "/v1/outcomes/{outcome_id}": client.delete(f"/v1/outcomes/{OUTCOME_ID}", headers=headers),
        "/v1/leads/{lead_id:path}/history": client.get("/v1/leads/A17/history", headers=headers),
        "/v1/leads/{lead_id:path}": client.delete("/v1/leads/A17", headers=headers),
    }
    responses |= {path: client.get(path, headers=headers) for path in ACCESS if path not in responses}
    return responses


def test_every_path_has_an_access():
    assert {route.path for route in router.routes} == set(ACCESS)


@pytest.mark.parametrize("scope", ["score", "outcomes", "admin"])
def test_a_key_opens_only_the_paths_of_its_scope(client, keys, scope):
    for path, response in call_all(client, {"Authorization": f"Bearer {keys[scope]}"}).items():
        opened = ACCESS[path] in {"open", "any", scope}
        expected = {200, 404} if path in MAY_BE_MISSING else {200}
        assert response.status_code in (expected if opened else {403}), path
        if not opened:
            fault = response.json()["error"]
            assert fault["code"] == "API009"
            assert fault["text"].startswith(f"The key 'the {scope}' opens '{scope}', but this needs '{ACCESS[path]}'.")


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "lcp_wrong"}, {"Authorization": "Bearer"}, {"Authorization": "Basic ?"}])
def test_without_a_known_key_only_health_is_open(client, keys, headers):
    del keys
    for path, response in call_all(client, headers).items():
        assert response.status_code == (200 if ACCESS[path] == "open" else 401), path
        if response.status_code == 401:
            assert response.json()["error"]["code"] == "API008"
            assert "lcp_wrong" not in response.text
            assert response.headers["www-authenticate"].startswith("Basic" if path in {"/report", "/monitor"} else "Bearer")


def test_a_key_can_be_in_either_header_or_as_a_browser_sends_it(client, keys):
    basic = b64encode(f"anyone:{keys['score']}".encode()).decode()
    for headers in (
        {"X-API-Key": keys["score"]},
        {"Authorization": f"bearer {keys['score']}"},
        {"Authorization": f"Basic {basic}"},
    ):
        assert client.get("/report", headers=headers).status_code == 200


def test_a_revoked_key_is_refused_from_the_next_request_on(client, keys, models):
    headers = {"X-API-Key": keys["score"]}
    assert client.get("/v1/model", headers=headers).status_code == 200
    revoke_key(models / "keys.toml", "the score")
    assert client.get("/v1/model", headers=headers).status_code == 401


def test_keys_that_can_no_longer_be_read_open_nothing(client, keys, models):
    (models / "keys.toml").write_text("broken")
    response = client.get("/v1/model", headers={"X-API-Key": keys["score"]})
    assert (response.status_code, response.json()["error"]["code"]) == (503, "API010")
    assert client.get("/health/live").status_code == 200


def test_without_keys_only_loopback_is_answered(client):
    outside = TestClient(client.app, base_url="http://192.0.2.7:8000")
    response = outside.get("/v1/model")
    assert (response.status_code, response.json()["error"]["code"]) == (401, "API008")
    assert "answers on loopback only" in response.json()["error"]["text"]
    assert outside.get("/health/live").status_code == 200
    for own in ("http://127.0.0.1:8000", "http://[::1]:8000", "http://localhost"):
        assert TestClient(client.app, base_url=own).get("/v1/model").status_code == 200
    for host in ("localhost.", "me.LOCALHOST:80", "LOCALHOST", "127.0.0.2:8000"):
        assert client.get("/v1/model", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "192.0.2.7", "[2001:db8::7]:8000"])
def test_without_keys_no_page_under_another_name_reaches_it(client, host):
    here = TestClient(client.app, base_url="http://127.0.0.1:8000")
    response = here.delete("/v1/leads/A17", headers={"host": host})
    assert (response.status_code, response.json()["error"]["code"]) == (401, "API008")


def test_a_body_over_the_limit_is_refused_and_the_server_goes_on(serve, models, lead):
    client = serve(models, serve=make_settings({"serve": {"max_body_mb": 0.01}}).serve)
    big = json.dumps(lead | {"note": "x" * 20_000}).encode()
    whole = client.post("/v1/score", content=big, headers={"content-type": "application/json"})
    parts = client.post(
        "/v1/score", content=iter([big[:9_000], big[9_000:15_000], big[15_000:]]), headers={"content-type": "application/json"}
    )
    for response in (whole, parts):
        assert (response.status_code, response.json()["error"]["code"]) == (413, "API011")
        assert response.json()["error"]["text"].startswith("The body must be at most 0.01 megabytes. Send fewer leads")
    assert client.post("/v1/score", json=lead).status_code == 200


def test_a_plain_request_id_is_returned_and_any_other_replaced(client):
    assert client.get("/health/live", headers={"X-Request-ID": "crm-17/a:b"}).headers["x-request-id"] == "crm-17/a:b"
    for value in ("a b", "x" * 101, '"{}"', ""):
        new_id = client.get("/health/live", headers={"X-Request-ID": value}).headers["x-request-id"]
        assert new_id != value
        assert len(new_id) == 16


def test_each_request_is_one_line_that_holds_no_value_of_a_lead(client, lead, keys, caplog):
    lead |= {"lead_id": "jane.doe@example.com", "attributes": {"industry": "jane.doe", "email": "jane.doe@example.com"}}
    headers = {"X-API-Key": keys["admin"], "X-Request-ID": "r1"}
    with caplog.at_level(logging.INFO, "api.requests"):
        client.post("/v1/score?reasons=jane.doe", json=lead, headers={"X-API-Key": keys["score"]})
        client.delete("/v1/leads/jane.doe@example.com", headers=headers)
        client.get("/jane.doe", headers=headers)
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "api.requests"]
    assert [(line["method"], line["route"], line["status"], line["key"]) for line in lines] == [
        ("POST", "/v1/score", 422, "the score"),
        ("DELETE", "/v1/leads/{lead_id}", 200, "the admin"),
        ("GET", "unknown", 404, None),
    ]
    assert lines[1]["request_id"] == "r1"
    assert all(line["ms"] >= 0 for line in lines)
    assert "jane" not in json.dumps(lines)
    assert not any(token in json.dumps(lines) for token in keys.values())


def test_the_log_line_of_an_exception_has_its_place_and_not_its_message(caplog):
    value = "jane.doe@example.com"
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int(value)
    with caplog.at_level(logging.ERROR, "uvicorn.error"):
        logging.getLogger("uvicorn.error").error("Failed", exc_info=caught.value)
    line = json.loads(JsonLines().format(caplog.records[0]))
    assert (line["text"], line["error"]) == ("Failed", "ValueError")
    assert "test_security" in line["trace"]
    assert "jane" not in json.dumps(line)


def test_every_answer_has_safe_headers(client, lead):
    for response in (
        client.post("/v1/score", json=lead),
        client.get("/nothing"),
        client.get("/report"),
        client.get("/health/live"),
    ):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert "default-src 'none'" in response.headers["content-security-policy"]


def test_the_report_runs_only_its_own_scripts(serve, tmp_path, save_files, files):
    page = "<!doctype html><style>p{}</style><p style='color:red'>x</p><script>let a = 1</script><svg><style>*{}</style></svg>"
    client = serve(bundle=save_files(tmp_path, "page", files | {"report.html": page}))
    rules = dict(rule.split(" ", 1) for rule in client.get("/report").headers["content-security-policy"].split("; "))
    assert rules["script-src"] == "'sha256-LAfYd7pbFUgwfQu8b4q135PeTG2z+/coPEUYCd74eCQ='"
    assert len(rules["style-src-elem"].split()) == 2
    assert (rules["connect-src"], rules["base-uri"], rules["form-action"]) == ("'none'", "'none'", "'none'")


@pytest.mark.parametrize("name", ["X-Forwarded-For", "x-forwarded-host", "Forwarded", "Via", "X-Real-IP", "CF-Connecting-IP"])
def test_without_keys_a_forwarded_request_is_refused(client, serve, models, lead, name):
    headers = {"Host": "localhost:8000", name: "127.0.0.1"}
    response = client.post("/v1/score", json=lead, headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "API008")
    assert "a proxy has forwarded this request" in response.json()["detail"]
    assert client.get("/health/live", headers=headers).status_code == 200
    token = add_key(models / "keys.toml", "crm", ["score"], now=datetime.now(UTC))
    response = serve(models).post("/v1/score", json=lead, headers=headers | {"X-API-Key": token})
    assert response.status_code == 200, "with a key it may come from anywhere"
