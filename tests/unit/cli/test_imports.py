"""The first look at a file loads nothing that it does not use: no history backend, database, learner or tracker."""

import subprocess
import sys

import pytest

UNUSED = ("ibis", "duckdb", "sqlalchemy", "sklearn", "scipy", "lightgbm", "mlflow", "matplotlib", "optuna")
RUN = """
import sys
from predictor.cli.app import app
try:
    app(sys.argv[1:])
finally:
    loaded = [name for name in {unused} if name in sys.modules]
    print("loaded:", *loaded, file=sys.stderr)
"""


def _list_loaded(folder, *line):
    command = [sys.executable, "-c", RUN.format(unused=UNUSED), *line]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert done.stderr.splitlines()[-1].startswith("loaded:"), done.stdout + done.stderr
    return set(done.stderr.splitlines()[-1].split()[1:])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("export")
    rows = [f"L{n},2024-{n % 12 + 1:02}-{n % 27 + 1:02},{('yes', 'no')[n % 3 == 0]},{n % 7},{'abc'[n % 3]}" for n in range(300)]
    (place / "leads.csv").write_text("\n".join(["Lead ID,Created Date,Converted,Visits,Source", *rows]))
    return place


def test_init_and_check_of_a_plain_table_load_what_they_use(folder):
    assert _list_loaded(folder, "init", "leads.csv") == set()
    assert (folder / "predictor.toml").exists()
    assert _list_loaded(folder, "check") <= {"scipy"}  # the audit measures with it
