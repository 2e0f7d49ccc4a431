"""A bundle can run no code: not by what it holds, not by where its names point, however well it is sealed."""

import pickle
import subprocess
import sys

import pytest
from helpers import CHAMPION

from predictor.core.errors import BundleError
from predictor.scoring.bundle.files import save_bundle
from predictor.scoring.scorer import Scorer

# Loads a bundle twice; of the second time, when all modules are there, everything is told that Python's audit sees.
WATCH = """
import sys
from pathlib import Path
from predictor.scoring.scorer import Scorer
folder = Path(sys.argv[1]).resolve()
Scorer.load(folder)
watching, seen = True, []
RUNS = {"exec", "compile", "import", "pickle.find_class", "marshal.loads", "os.system", "os.exec", "os.fork", "os.posix_spawn",
        "subprocess.Popen", "ctypes.dlopen", "socket.connect", "code.__new__"}
def watch(event, args):
    if watching and event in RUNS:
        seen.append(event)
    if watching and event == "open" and folder not in Path(str(args[0])).resolve().parents:
        seen.append(f"open {args[0]}")
sys.addaudithook(watch)
Scorer.load(folder)
watching = False
print(seen)
"""


class Trap:
    """What writes a file once it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_loading_runs_imports_and_opens_nothing_beside_the_bundle(models):
    done = subprocess.run(
        [sys.executable, "-c", WATCH, str(models / CHAMPION)], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == "[]\n"


def test_the_watch_sees_what_it_is_to_see(models):
    code = WATCH.replace("Scorer.load(folder)\nwatching = False", "exec('1'); open('/dev/null').close()\nwatching = False")
    done = subprocess.run(
        [sys.executable, "-c", code, str(models / CHAMPION)], capture_output=True, text=True, check=True, timeout=120
    )
    assert "'exec'" in done.stdout
    assert "'open /dev/null'" in done.stdout


@pytest.mark.parametrize(
    "name", ["model.json", "calibrator.json", "features.json", "config.toml", "metrics.json", "evidence.json"]
)
def test_a_pickle_in_the_place_of_a_text_is_refused_and_not_run(models, trained, tmp_path, name):
    trap = pickle.dumps(Trap(tmp_path / "sprung"), protocol=0).decode()
    pickle.loads(trap.encode()).close()  # noqa: S301  it does spring
    (tmp_path / "sprung").unlink()
    save_bundle(models, "trap", {**trained.files, name: trap}, {})
    with pytest.raises(BundleError, match=r"Bundle 'trap' cannot be used: .* Train it again with this version"):
        Scorer.load(models / "trap")
    assert not (tmp_path / "sprung").exists()


def test_modules_among_the_files_are_not_imported(models, trained, tmp_path):
    code = f"open({str(tmp_path / 'sprung')!r}, 'w')\n"
    names = ("__init__.py", "model.py", "sitecustomize.py", "lightgbm.py", "conftest.py")
    save_bundle(models, "modules", {**trained.files, **dict.fromkeys(names, code)}, {})
    assert Scorer.load(models / "modules").version == "modules"
    assert not (tmp_path / "sprung").exists()


def test_a_report_that_is_code_is_shown_as_text_and_never_a_template(models, trained):
    page = "<p>{{ 7 * 7 }}{% import os %}</p>"
    save_bundle(models, "page", {**trained.files, "report.html": page}, {})
    assert Scorer.load(models / "page").report == page
