"""A server under load while its database stops, its champion changes or it is killed: each answer is stored once."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from contextlib import contextmanager
from itertools import count

from databases import place, postgres  # noqa: F401  fixtures

from api.example import find_port, wait_until_ready
from predictor.scoring.bundle.registry import promote
from predictor.store.database import Database

THREADS = 4
PATIENCE_S = 120


class Load:
    """Threads that send leads without a pause until they are stopped or the server is gone, and the ids by response."""

    def __init__(self, port, lead, name):
        self._port, self._lead, self._name = port, lead, name
        self.answered, self.refused = [], []
        self._numbers, self._more, self._stop = count(), threading.Condition(), threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def _send(self):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        try:
            while not self._stop.is_set():
                lead_id = f"{self._name}-{next(self._numbers)}"
                body = json.dumps(self._lead | {"lead_id": lead_id})
                connection.request("POST", "/v1/score", body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                response.read()
                with self._more:
                    (self.answered if response.status == 200 else self.refused).append(lead_id)
                    self._more.notify_all()
        except (OSError, http.client.HTTPException):
            self._stop.set()  # the server is gone
        finally:
            connection.close()

    def wait_for(self, number):
        """Wait for a number of further answers."""
        with self._more:
            target = len(self.answered) + number
            assert self._more.wait_for(lambda: len(self.answered) >= target, timeout=PATIENCE_S)

    def stop(self):
        self._stop.set()
        self.join()

    def join(self):
        for thread in self._threads:
            thread.join()


@contextmanager
def run_server(models, url):
    """A server process, its port, and the file of its log."""
    port, log = find_port(), models.parent / "log.txt"
    command = [sys.executable, "-m", "predictor.cli", "serve", "--model", str(models), "--port", str(port)]
    env = {**os.environ, "PREDICTOR_STORE": url}
    with log.open("a") as file, subprocess.Popen(command, env=env, stderr=file) as server:
        try:
            wait_until_ready(f"http://127.0.0.1:{port}", server)
            yield server, port, log
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


def read_stored(place):  # noqa: F811
    database = Database(place.url)
    stored = database.load_scores()
    database.close()
    return stored


def count_stored(place):  # noqa: F811
    return Counter(read_stored(place)["lead_id"])


def wait_for_champion(port, name):
    """Wait until the server serves a bundle."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready") as response:
            if json.loads(response.read())["model"]["version"] == name:
                return
    raise TimeoutError(name)


def test_no_request_fails_while_the_database_is_away_and_each_answer_is_stored_once(place, models, lead):  # noqa: F811
    with run_server(models, place.url) as (_, port, log):
        load = Load(port, lead, "A")
        load.wait_for(100)
        place.stop()
        load.wait_for(200)
        place.start()
        load.wait_for(100)
        load.stop()
    assert load.refused == []
    assert count_stored(place) == Counter(load.answered)
    assert log.read_text().count("Scoring goes on") <= 1
    assert "Traceback" not in log.read_text()


def test_no_request_fails_while_the_champion_is_replaced_five_times_and_each_answer_is_stored_once(
    place,  # noqa: F811
    models,
    files,
    save_files,
    lead,
):
    save_files(models, "second", files)
    with run_server(models, place.url) as (_, port, log):
        load = Load(port, lead, "A")
        for name in ("second", "small", "second", "small", "second"):
            promote(models, name)
            wait_for_champion(port, name)
            load.wait_for(30)
        load.stop()
    assert load.refused == []
    stored = read_stored(place)
    assert Counter(stored["lead_id"]) == Counter(load.answered)
    assert set(stored["model"]) == {"small", "second"}
    assert log.read_text().count("serves in place of") == 5
    assert "Traceback" not in log.read_text()


def test_answers_of_a_killed_server_are_stored_once_when_the_next_one_starts(place, models, lead):  # noqa: F811
    with run_server(models, place.url) as (server, port, _):
        load = Load(port, lead, "A")
        load.wait_for(150)
        server.send_signal(signal.SIGKILL)
        load.join()
    with run_server(models, place.url) as (_, port, _):
        later = Load(port, lead, "B")
        later.wait_for(10)
        later.stop()
    stored = count_stored(place)
    assert set(stored.values()) == {1}
    assert set(load.answered) | set(later.answered) <= set(stored)
    assert len(stored) - len(load.answered) - len(later.answered) <= THREADS  # requests in progress when it was killed
