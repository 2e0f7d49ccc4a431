"""A process that is killed while it saves scores: all that it had answered is stored once after the next start."""

import signal
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from predictor.store.database import Database
from predictor.store.store import Store

# Prints each lead after it is saved, as an answer would go out, until the process is killed.
CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from predictor.scoring.answer import Answer
from predictor.store.database import Database
from predictor.store.records import Answered
from predictor.store.store import Store

store = Store(Database(sys.argv[1]), Path(sys.argv[2]))
for number in range(1_000_000):
    answer = Answer(f"{sys.argv[3]}-{number}", 0.3, (0.2, 0.4), 0.25, "nurture", "B", None, (), (), {"employees": 250.0})
    now = datetime.now(UTC)
    store.save_scores([Answered(answer, now)], scored_at=now, model="m")
    if number % 7 == 0:
        store.save_outcome(answer.lead_id, "accepted", occurred_at=now)
    print(answer.lead_id, flush=True)
"""


def run_until_killed(url, spool, name, after):
    """The leads that a child printed before it was killed, right after a number of them."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, url, str(spool), name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        printed = [child.stdout.readline().strip() for _ in range(after)]
        child.send_signal(signal.SIGKILL)
        printed += child.stdout.read().split()
        assert child.stderr.read() == ""
    return printed


@pytest.mark.parametrize("seed", [0, 1])
def test_answers_from_before_a_kill_are_stored_once(place, tmp_path, seed):
    draw, spool, printed = np.random.default_rng(seed), tmp_path / "spool", []
    for life in range(3):
        printed += run_until_killed(place.url, spool, f"life{life}", int(draw.integers(1, 2000)))
    store = Store(Database(place.url), spool)
    stored = Counter(store.load_scores()["lead_id"])
    assert set(stored.values()) == {1}
    missing, more = set(printed) - set(stored), set(stored) - set(printed)
    assert missing == set()
    assert len(more) <= 3  # of each life at most the one that was not printed yet
    outcomes = store.load_outcomes()["lead_id"]
    assert set(outcomes) >= {lead for lead in printed if int(lead.split("-")[1]) % 7 == 0}
    assert store.waiting == 0
    store.close()
