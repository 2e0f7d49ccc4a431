"""A real server process, with clients that do not speak proper HTTP."""

import socket
from urllib.parse import urlsplit

import httpx2
import pytest

MOST = 64 * 1024  # bytes of a head


def send(address, *parts):
    """The response until the connection is closed; empty if it is closed at once."""
    place, response = urlsplit(address), b""
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            while chunk := connection.recv(65536):
                response += chunk
        except ConnectionError:  # closed while we were still sending
            pass
    return response


@pytest.mark.parametrize(
    "start", [b"GET /health/live HTTP/1.1\r\nX-Long: ", b"GET /", b"POST /v1/score HTTP/1.1\r\n" + b"X-Many: a\r\n" * 3000]
)
def test_an_endless_head_is_refused_and_not_kept_in_memory(address, start):
    assert b" 200 " not in send(address, start, *[b"a" * MOST] * 100)
    assert httpx2.get(f"{address}/health/ready").json()["status"] == "ready"


def test_other_protocols_are_refused(address):
    assert send(address, b"\x16\x03\x01 is no HTTP\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_the_rest_of_a_body_after_an_early_answer_has_a_time_limit(start_server, tmp_path):
    (tmp_path / "serve.toml").write_text("[serve]\nreceive_s = 0.2\n")
    place = urlsplit(start_server("--config", tmp_path / "serve.toml"))
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(b"POST /nope HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 404")
        connection.sendall(b"x")
        while connection.recv(65536):
            pass


@pytest.mark.parametrize("begun", [b"", b"POST /v1/score HT", b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea"])
def test_a_head_that_does_not_come_has_a_time_limit(start_server, tmp_path, begun):
    (tmp_path / "serve.toml").write_text("[serve]\nreceive_s = 0.2\n")
    address = start_server("--config", tmp_path / "serve.toml")
    response = send(address, begun)
    assert response.startswith(b"HTTP/1.1 200 OK") if b"live" in begun else response == b""
    assert httpx2.get(f"{address}/health/ready").json()["status"] == "ready"


def test_a_connection_serves_many_requests_whose_heads_come_in_parts(start_server, tmp_path):
    (tmp_path / "serve.toml").write_text("[serve]\nreceive_s = 20\n")
    place = urlsplit(start_server("--config", tmp_path / "serve.toml"))
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        for _ in range(20):
            for part in (b"GET /health/live HTTP/1.1\r\nHo", b"st: localhost\r\n", b"\r\n"):
                connection.sendall(part)
            response = b""
            while b"}" not in response:
                response += connection.recv(65536)
            assert response.startswith(b"HTTP/1.1 200 OK")
