"""Messages reach a real receiver, which is killed and started meanwhile: each at least once, signed, in the order of its lead."""

import base64
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from unit.store.conftest import PATIENCE_S
from unit.store.webhooks.test_crossings import score

from predictor.core.errors import SettingsError, StoreError
from predictor.core.settings import make_settings
from predictor.store.webhooks import post
from predictor.store.webhooks.post import Connections, find_addresses
from predictor.store.webhooks.queue import Message
from predictor.store.webhooks.sender import WebhookSender
from predictor.store.webhooks.signing import load_secrets

KEYS = [b"1" * 32, b"2" * 32]
# Writes each message with its headers to a file before it answers.
RECEIVER = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        out.write(json.dumps([body, *(self.headers[name] for name in names)]) + "\\n")
        out.flush()
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_):
        pass

out = open(sys.argv[2], "a")
ThreadingHTTPServer.request_queue_size = 64
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def find_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def read_messages(file):
    return [json.loads(line) for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]


def wait_for(condition):
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def make_sender(database, *urls, **differences):
    settings = make_settings({"webhooks": {"urls": list(urls), "allow_private": True, **differences}}).webhooks
    return WebhookSender(database, settings, KEYS, poll_s=0.02, pause_s=0.02)


def test_a_receiver_that_is_killed_gets_every_crossing_in_the_order_of_its_lead(database, tmp_path):
    port, file, leads = find_port(), tmp_path / "received", 100
    rounds = 10 if database.file else 2  # PostgreSQL has shown it by then, and every kill takes a second
    url = f"http://127.0.0.1:{port}/hook?source=predictor"
    senders = [make_sender(database, url) for _ in range(2)]  # as two servers over one database
    for sender in senders:
        sender.begin()
        sender.start()
    file.touch()
    records = [score(f"A{lead}", 0.1 + 0.4 * (turn % 2 == 0), turn) for turn in range(rounds) for lead in range(leads)]
    for start in range(0, len(records), 100):
        with subprocess.Popen([sys.executable, "-c", RECEIVER, str(port), str(file)]) as receiver:
            before = len(read_messages(file))
            database.write(records[start : start + 100])
            wait_for(lambda seen=before: len(read_messages(file)) > seen)
            receiver.kill()
    with subprocess.Popen([sys.executable, "-c", RECEIVER, str(port), str(file)]) as receiver:
        wait_for(lambda: senders[0].count_waiting() == 0)
        receiver.kill()
    for sender in senders:
        sender.stop()
    received = read_messages(file)
    for body, message_id, timestamp, signatures in received:
        content = f"{message_id}.{timestamp}.{body}".encode()
        expected = [base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in KEYS]
        assert signatures == " ".join(f"v1,{text}" for text in expected)
    first_seen = defaultdict(list)
    for body, message_id, *_ in received:
        data = json.loads(body)["data"]
        entry = (data["scored_at"], data["direction"], message_id)
        if entry not in first_seen[data["lead_id"]]:
            first_seen[data["lead_id"]].append(entry)
    assert len(first_seen) == leads
    for entries in first_seen.values():
        assert [direction for _, direction, _ in entries] == ["up", "down"] * (rounds // 2)
        assert entries == sorted(entries)


@pytest.fixture
def serve():
    """Starts receivers that answer with the statuses of a list, one after another, and then 200."""

    def start(statuses, location=""):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                seen.append(self.path)
                self.send_response(statuses.pop(0) if statuses else 200)
                self.send_header("Location", location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        seen, server = [], ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/hook", seen

    servers = []
    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_receiver_that_is_away_is_tried_by_one_message_and_said_once(database, serve, caplog):
    url, _ = serve([503, 500, 429])
    sender = make_sender(database, url)
    sender.begin()
    database.write([score(f"A{lead}", 0.3, 1) for lead in range(3)])
    sender._fill()
    [receiver] = sender.receivers
    pauses = []
    while (pause := receiver.send(threading.Event())) is not None:
        pauses.append(pause)
    assert receiver.delivered == 3
    assert sum(pause > 0 for pause in pauses) <= 3
    assert caplog.text.count("does not take messages: status 503. They wait.") <= 1
    assert caplog.text.count("is back") == 1
    assert "/hook" not in caplog.text
    assert sender.count_waiting() == 0


def test_a_redirect_is_not_followed(serve):
    secret_url, secret_seen = serve([])
    url, seen = serve([302], location=secret_url)
    connections = Connections(url, allow_private=True)
    message = Message(number=1, message_id="msg_1", body="{}", attempts=0, created_at=None)
    reply = connections.post(message, KEYS)
    connections.close()
    assert (reply.result, reply.reason, secret_seen, seen) == ("unavailable", "status 302", [], ["/hook"])


def test_a_receiver_whose_answer_never_ends_holds_nothing_up(monkeypatch):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            with suppress(OSError):
                while not stop.wait(0.01):
                    self.wfile.write(b".")
            ended.set()

        def log_message(self, *_):
            pass

    monkeypatch.setattr(post, "_READ_S", 0.2)
    stop, ended = threading.Event(), threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connections = Connections(f"http://127.0.0.1:{server.server_address[1]}/", allow_private=True)
    timer = threading.Timer(PATIENCE_S, stop.set)
    timer.start()
    reply = connections.post(Message(number=1, message_id="msg_1", body="{}", attempts=0, created_at=None), KEYS)
    connections.close()
    assert (reply.result, ended.wait(PATIENCE_S), stop.is_set()) == ("delivered", True, False)
    timer.cancel()
    stop.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("addresses", [["10.1.2.3"], ["93.184.216.34", "127.0.0.1"], ["fd00::1"], ["169.254.169.254"]])
def test_a_host_with_any_address_in_a_private_network_is_not_connected_to(monkeypatch, addresses):
    monkeypatch.setattr(post.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (address, 443)) for address in addresses])
    with pytest.raises(StoreError, match=r"'hooks.example' of a webhook is in a private network. Set webhooks.allow_private"):
        find_addresses("hooks.example", 443, allow_private=False)
    assert find_addresses("hooks.example", 443, allow_private=True) == addresses


def test_the_file_of_secrets_is_made_once_and_a_bad_one_is_refused_without_quoting_it(tmp_path):
    file = tmp_path / "models" / "secrets.txt"
    [key] = load_secrets(file)
    assert load_secrets(file) == [key]
    assert (file.stat().st_mode & 0o777, len(key)) == (0o600, 32)
    file.write_text("# the old one\nwhsec_c2hvcnQ=\n")
    with pytest.raises(SettingsError, match=r"secrets.txt' cannot be used: a secret is whsec_ and the base64") as caught:
        load_secrets(file)
    assert "c2hvcnQ" not in str(caught.value)


@pytest.mark.parametrize(
    ("differences", "reason"),
    [
        ({"urls": ["http://example.com/hook"]}, "must begin with https://"),
        ({"urls": ["https:///hook"]}, "must begin with https://"),
        ({"urls": ["ftp://example.com"], "allow_private": True}, "must begin with https://"),
        ({"urls": ["https://user:word@example.com/hook"]}, "must hold no user, password"),
        ({"urls": ["https://:@example.com/hook"]}, "must hold no user, password"),
        ({"urls": ["https://example.com:99999/hook"]}, "a port from 1 to 65535"),
        ({"urls": ["https://example.com:0/hook"]}, "a port from 1 to 65535"),
        ({"urls": ["https://example.com:port/hook"]}, "a port from 1 to 65535"),
        ({"urls": ["https://example.com/a hook"]}, "without blanks"),
        ({"urls": ["https://example.com/\r\nX-Name: 1"]}, "without blanks"),
        ({"urls": ["https://example.com/für"]}, "of plain letters"),
        ({"urls": ["https://example.com", "https://example.com"]}, "names an address twice"),
    ],
)
def test_addresses_that_cannot_be_receivers_are_refused(differences, reason):
    with pytest.raises(SettingsError, match=reason):
        make_settings({"webhooks": differences})


def test_webhooks_are_not_part_of_a_bundle():
    settings = make_settings({"webhooks": {"urls": ["https://example.com/token"]}})
    assert "example.com" not in settings.to_toml()
