"""What a serving process loads; the arrows between the rooms are held by `make lint`."""

import subprocess
import sys

import pytest

HEAVY = ("mlflow", "ibis", "duckdb", "matplotlib", "altair", "jinja2", "typer")


@pytest.mark.parametrize("module", ["predictor.scoring.scorer", "api.app"])
def test_serving_loads_neither_tracking_nor_history_nor_plots(module):
    script = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_help_comes_without_the_libraries_of_learning():
    learning = ("sklearn", "lightgbm", "pandas", "mlflow", "ibis")
    script = f"import sys, predictor.cli.app; print([name for name in {learning!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
