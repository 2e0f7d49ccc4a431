"""A server that really runs, asked by who does not speak as a client should."""

import socket
from urllib.parse import urlsplit

import httpx2
import pytest

MOST = 64 * 1024  # bytes of a head


def send(address, *parts):
    """What is answered before the connection is closed; empty where it is closed at once."""
    place, heard = urlsplit(address), b""
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            while came := connection.recv(65536):
                heard += came
        except ConnectionError:  # closed while we were still sending
            pass
    return heard


@pytest.mark.parametrize(
    "start", [b"GET /health/live HTTP/1.1\r\nX-Long: ", b"GET /", b"POST /v1/score HTTP/1.1\r\n" + b"X-Many: a\r\n" * 3000]
)
def test_a_head_without_end_is_refused_and_not_gathered(address, start):
    assert b" 200 " not in send(address, start, *[b"a" * MOST] * 100)
    assert httpx2.get(f"{address}/health/ready").json()["status"] == "ready"


def test_what_is_no_http_is_refused(address):
    assert send(address, b"\x16\x03\x01 is no HTTP\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_the_rest_of_a_body_that_was_answered_early_is_not_waited_for(start_server, tmp_path):
    (tmp_path / "serve.toml").write_text("[serve]\nreceive_s = 0.2\n")
    place = urlsplit(start_server("--config", tmp_path / "serve.toml"))
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(b"POST /nope HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 404")
        connection.sendall(b"x")
        while connection.recv(65536):
            pass


@pytest.mark.parametrize("begun", [b"", b"POST /v1/score HT", b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea"])
def test_a_head_that_does_not_come_is_not_waited_for(start_server, tmp_path, begun):
    (tmp_path / "serve.toml").write_text("[serve]\nreceive_s = 0.2\n")
    address = start_server("--config", tmp_path / "serve.toml")
    heard = send(address, begun)
    assert heard.startswith(b"HTTP/1.1 200 OK") if b"live" in begun else heard == b""
    assert httpx2.get(f"{address}/health/ready").json()["status"] == "ready"


def test_a_connection_serves_many_requests_whose_heads_come_in_parts(start_server, tmp_path):
    (tmp_path / "serve.toml").write_text("[serve]\nreceive_s = 20\n")
    place = urlsplit(start_server("--config", tmp_path / "serve.toml"))
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        for _ in range(20):
            for part in (b"GET /health/live HTTP/1.1\r\nHo", b"st: localhost\r\n", b"\r\n"):
                connection.sendall(part)
            heard = b""
            while b"}" not in heard:
                heard += connection.recv(65536)
            assert heard.startswith(b"HTTP/1.1 200 OK")
