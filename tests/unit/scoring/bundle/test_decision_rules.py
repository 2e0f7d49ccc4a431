"""Changes of who serves and by which rule, made at the same moment by threads and processes: none is lost."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from predictor.core.errors import BundleError
from predictor.scoring.bundle.decision_rules import RULES, DecisionRule, RulesChangedError, read_rules, roll_back_rule, save_rule
from predictor.scoring.bundle.files import LOCK
from predictor.scoring.bundle.registry import challenge, promote, read_champions

NOW = datetime(2026, 3, 31, tzinfo=UTC)
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from predictor.scoring.bundle.decision_rules import DecisionRule, save_rule
for number in range(25):
    save_rule(Path(sys.argv[1]), DecisionRule(set_by=f"{sys.argv[2]}.{number}"), now=datetime.now(UTC))
"""


def test_rules_set_at_the_same_moment_are_all_kept(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    processes = [subprocess.Popen([*command, f"process {number}"]) for number in range(2)]

    def write(thread):
        for number in range(25):
            save_rule(tmp_path, DecisionRule(set_by=f"thread {thread}.{number}"), now=NOW)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    assert [process.wait(60) for process in processes] == [0, 0]
    writers = [f"{kind} {number}" for kind, many in (("process", 2), ("thread", 4)) for number in range(many)]
    authors = [rule.set_by for rule in read_rules(tmp_path)]
    assert sorted(authors) == sorted(f"{writer}.{number}" for writer in writers for number in range(25))
    for writer in writers:
        own = [author for author in reversed(authors) if author.startswith(writer)]
        assert own == [f"{writer}.{number}" for number in range(25)], "each writer's rules are in its order"
    assert sorted(path.name for path in tmp_path.iterdir()) == [LOCK, RULES], "nothing unfinished is left"


def test_champions_promoted_at_the_same_moment_are_all_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("predictor.scoring.bundle.registry._check_bundle", lambda *_: None)
    names = [f"bundle-{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: promote(tmp_path, name), names))
        list(threads.map(lambda name: challenge(tmp_path, name), set(names) - set(read_champions(tmp_path)[:1])))
    assert sorted(read_champions(tmp_path)) == sorted(names)


@pytest.mark.parametrize("change", [lambda models, **known: save_rule(models, DecisionRule(), now=NOW, **known), roll_back_rule])
def test_a_change_of_other_rules_than_those_read_is_refused(tmp_path, change):
    for author in ("first", "second"):
        save_rule(tmp_path, DecisionRule(set_by=author), now=NOW)
    known = read_rules(tmp_path)
    save_rule(tmp_path, DecisionRule(set_by="somebody else"), now=NOW)
    with pytest.raises(RulesChangedError, match="has changed since it was read"):
        change(tmp_path, expected=known)
    assert [rule.set_by for rule in read_rules(tmp_path)] == ["somebody else", "second", "first"]
    change(tmp_path, expected=read_rules(tmp_path))
    assert len(read_rules(tmp_path)) in {2, 4}


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(BundleError, match=r"'decision.json' of the folder of bundles cannot be written: No such file"):
        save_rule(tmp_path / "none", DecisionRule(), now=NOW)
