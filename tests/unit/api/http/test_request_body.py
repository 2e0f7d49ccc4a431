"""Bodies: gzip up to the limit of size, a limit of values, and large ones one at a time; wrong keys by address."""

import gzip
import json
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from api.http.request_body import Gunzip
from predictor.core.settings import make_settings
from predictor.store.api_keys import add_key

JSON = {"content-type": "application/json"}
GZIP = JSON | {"content-encoding": "gzip"}


def test_a_body_may_be_gzip(client, lead):
    plain = client.post("/v1/score", json=lead).json()
    packed = client.post("/v1/score", content=gzip.compress(json.dumps(lead).encode()), headers=GZIP)
    assert (packed.status_code, packed.json()["probability"]) == (200, plain["probability"])


@pytest.mark.parametrize(
    ("content", "encoding", "status", "text"),
    [
        (gzip.compress(b" " * 10_000_000), "gzip", 413, "at most 0.1 megabytes"),
        (gzip.compress(b'{"lead_id": "A17"}')[:-4], "gzip", 400, "is gzip, but is not, or not complete"),
        (b'{"lead_id": "A17"}', "gzip", 400, "is gzip, but is not, or not complete"),
        (b'{"lead_id": "A17"}', "br", 415, "encoded as 'br'. Send it as gzip or as it is."),
    ],
    ids=["a bomb", "cut short", "plain", "another encoding"],  # what gzip writes holds the time
)
def test_what_is_no_gzip_or_expands_beyond_the_limit_is_refused(serve, models, content, encoding, status, text):
    client = serve(models, serve=make_settings({"serve": {"max_body_mb": 0.1}}).serve)
    response = client.post("/v1/score", content=content, headers=JSON | {"content-encoding": encoding})
    assert (response.status_code, text in response.json()["detail"]) == (status, True), response.text
    assert client.post("/v1/score", json={"lead_id": "A17"}).status_code == 200


def test_gzip_in_pieces_and_in_several_parts_is_one_content():
    data, gunzip = gzip.compress(b"one ") + gzip.compress(b"two"), Gunzip(100)
    pieces = [data[start : start + 5] for start in range(0, len(data), 5)]
    content = b"".join(gunzip.expand(piece, is_last=number == len(pieces) - 1) for number, piece in enumerate(pieces))
    assert content == b"one two"


def test_large_answers_are_gzip_for_clients_that_take_it(client, lead):
    batch = {"leads": [lead] * 20}
    for accepted, encoding in (("gzip", "gzip"), ("identity", None)):
        response = client.post("/v1/score/batch", json=batch, headers={"accept-encoding": accepted})
        assert (response.headers.get("content-encoding"), len(response.json()["answers"])) == (encoding, 20)
    assert "content-encoding" not in client.post("/v1/score?reasons=0", json=lead, headers={"accept-encoding": "gzip"}).headers


@pytest.mark.parametrize("part", [b"[],", b"{},", b"0,", b'{"a":[' * 20 + b"]}" * 20 + b","])
def test_more_values_than_any_request_needs_are_refused_before_they_are_read(client, part):
    content = b'{"leads":[' + part * (2_600_000 // part.count(b",") // max(1, part.count(b"{"))) + b"0]}"
    response = client.post("/v1/score/batch", content=content, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (413, "API011")
    assert "more than 2,500,000 values" in response.json()["detail"]


def test_a_lead_has_at_most_five_thousand_attributes(client, lead):
    for number, status in ((5_000, 200), (5_001, 422)):
        attributes = {f"field_{place}": place for place in range(number)}
        response = client.post("/v1/score", json=lead | {"attributes": attributes})
        assert response.status_code == status
    assert response.json()["detail"].startswith("'attributes'")
    assert "5000" in response.json()["detail"].replace(",", "")


@pytest.mark.parametrize(
    "faulty", [{"attributes": {f"field_{place}": [[]] for place in range(300_000)}}, {"events": [{}] * 300_000}]
)
def test_a_lead_full_of_faults_is_refused_at_its_first(client, lead, faulty):
    tracemalloc.start()
    response = client.post("/v1/score", json=lead | faulty)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert response.status_code == 422
    assert " more." not in response.json()["detail"]
    assert most < 200e6


def test_several_large_bodies_at_once_are_all_answered(address, lead):
    import httpx2  # noqa: PLC0415

    padded = lead | {"attributes": lead["attributes"] | {"padding": "x" * 400}}
    batch = json.dumps({"leads": [padded] * 2500}).encode()
    assert len(batch) > 1_000_000

    def send(_):
        return httpx2.post(f"{address}/v1/score/batch?reasons=0", content=batch, headers=JSON, timeout=120)

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(send, range(3)))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [len(answer.json()["answers"]) for answer in answers] == [2500] * 3


def test_many_wrong_keys_are_told_to_wait_and_a_right_one_is_served(serve, models):
    key = add_key(models / "keys.toml", "crm", ["score"], now=datetime.now(UTC))
    client = serve(models)
    statuses = [client.get("/v1/model", headers={"X-API-Key": "lcp_wrong"}).status_code for _ in range(22)]
    assert statuses == [401] * 20 + [429] * 2
    response = client.get("/v1/model", headers={"X-API-Key": "lcp_wrong"})
    assert (response.json()["code"], 0 < int(response.headers["retry-after"]) <= 60) == ("API016", True)
    assert client.get("/v1/model", headers={"X-API-Key": key}).status_code == 200
    assert client.get("/v1/model").status_code == 401  # no key is no guess
