"""A server of two worker processes: one store, one port, joined metrics; a worker that is killed costs nobody an answer."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from api.example import find_port, wait_until_ready
from predictor.scoring.bundle.registry import promote
from predictor.store.database import Database

THREADS, WORKERS, PATIENCE_S = 4, 2, 120


@contextmanager
def run_server(models, *options):
    """A server with workers, its port, and the file of its log."""
    port, log = find_port(), models.parent / "log.txt"
    command = [sys.executable, "-m", "predictor.cli", "serve", "--model", str(models), "--port", str(port)]
    with log.open("a") as file, subprocess.Popen([*command, "--workers", str(WORKERS), *options], stderr=file) as server:
        try:
            wait_until_ready(f"http://127.0.0.1:{port}", server)
            wait_for(lambda: len(list_workers(server.pid)) == WORKERS and len(read_pids(port)) == WORKERS)
            yield server, port, log
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


def wait_for(holds):
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until, "patience"
        time.sleep(0.05)


def list_workers(pid):
    """The worker processes of a server."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def fetch(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as response:  # a connection of its own: any worker may take it
        return response.read().decode()


def read_metrics(port):
    text = fetch(port, "/metrics")
    return {name: float(value) for name, value in re.findall(r"^([^#\s].*) (\S+)$", text, flags=re.MULTILINE)}


def read_pids(port):
    """The workers whose memory is in the metrics."""
    names = (re.fullmatch(r'process_resident_memory_bytes{pid="(\d+)"}', name) for name in read_metrics(port))
    return {int(name[1]) for name in names if name}


def ask(port, method, path, content):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, json.dumps(content), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


class Load:
    """Threads that send leads until they are stopped; a request whose connection is reset is sent again, as clients do."""

    def __init__(self, port, lead):
        self.answered, self.resets, self.wrong = [], 0, []
        self._port, self._lead, self._numbers, self._stop = port, lead, count(), threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def _send(self):
        for number in self._numbers:
            if self._stop.is_set():
                return
            try:
                status, _ = ask(self._port, "POST", "/v1/score", self._lead | {"lead_id": f"A-{number}"})
            except (OSError, http.client.HTTPException):
                self.resets += 1
                status, _ = ask(self._port, "POST", "/v1/score", self._lead | {"lead_id": f"A-{number}"})
            (self.answered if status == 200 else self.wrong).append(f"A-{number}")

    def await_more(self, number):
        target = len(self.answered) + number
        wait_for(lambda: len(self.answered) >= target or not any(thread.is_alive() for thread in self._threads))
        assert len(self.answered) >= target

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_a_killed_worker_and_a_new_champion_cost_no_answer_and_each_is_stored_once(models, files, save_files, lead):
    save_files(models, "second", files)
    with run_server(models) as (server, port, log):
        load = Load(port, lead)
        load.await_more(60)
        killed = min(list_workers(server.pid))
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: len(read_pids(port)) == WORKERS and killed not in read_pids(port))  # another has taken its place
        load.await_more(60)
        promote(models, "second")
        wait_for(lambda: {ask(port, "GET", "/v1/model", None)[1]["version"] for _ in range(8)} == {"second"})
        load.await_more(30)
        load.stop()
        values = read_metrics(port)
        scored = sum(value for name, value in values.items() if name.startswith("predictor_scores_total"))
    assert load.wrong == []
    assert load.resets <= THREADS
    database = Database.beside(models)
    stored = database.load_scores()
    database.close()
    assert set(load.answered) <= set(stored["lead_id"])
    assert stored["lead_id"].duplicated().sum() <= load.resets  # what the killed worker stored, but could not answer any more
    assert len(load.answered) <= scored <= len(stored)  # a worker that has ended counts too
    assert set(stored["model"]) == {"small", "second"}
    assert values["predictor_ready"] == 1
    assert values['predictor_model_info{candidate="logistic",trained_through="2025-07-20",version="second"}'] == 1
    assert values["predictor_store_lost_scores"] == 0
    assert server.returncode in {0, 143}
    assert "Traceback" not in log.read_text()
    assert f"Child process [{killed}] died" in log.read_text()
    assert not list((models / "scores.spool").glob("*.jsonl"))  # the stop was clean: nothing is left to write


def test_an_outcome_finds_the_score_of_another_worker_and_no_worker_outlives_its_parent(models, lead):
    with run_server(models) as (server, port, _):
        for number in range(8):
            key = f"B-{number}"
            assert ask(port, "POST", "/v1/score", lead | {"lead_id": key})[0] == 200
            status, answer = ask(port, "POST", "/v1/outcomes", {"lead_id": key, "kind": "accepted"})
            assert (status, answer["warnings"], len(answer["counting"])) == (200, [], 1)
            assert ask(port, "DELETE", f"/v1/outcomes/{answer['outcome_id']}", None)[0] == 200
            assert len(ask(port, "GET", f"/v1/leads/{key}", None)[1]["scores"]) == 1
        workers = list_workers(server.pid)
        server.kill()
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_workers_that_cannot_start_end_the_server_with_the_reason(models):
    config = models.parent / "predictor.toml"
    config.write_text("[store]\nurl = 'mysql://x/y'\n")
    command = [
        sys.executable,
        "-m",
        "predictor.cli",
        "serve",
        "--model",
        str(models),
        "--port",
        str(find_port()),
        "-c",
        str(config),
    ]
    ended = subprocess.run([*command, "--workers", "2"], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert ended.returncode == 3
    assert "its URL begins 'mysql'" in ended.stderr
    assert "Traceback" not in ended.stderr
