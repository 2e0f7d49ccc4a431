"""What a serving process loads, and that no imports go in a circle; the order of the rooms is held by `make lint`."""

import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import grimp
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


@pytest.fixture(scope="module")
def graph():
    """All files of both packages and their imports, those for type checking included."""
    return grimp.build_graph("predictor", "api", exclude_type_checking_imports=False, cache_dir=None)


def find_circle(imports):
    """Names that import each other in a circle; none where there is no circle."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_files_import_each_other(graph):
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imports) > 200
    assert find_circle(imports) == []
    assert set(find_circle(imports | {"predictor.core.errors": {"predictor.training.train"}})) >= {
        "predictor.core.errors",
        "predictor.training.train",
    }


def test_no_folders_import_each_other(graph):
    folders = [name for name in graph.modules if graph.find_children(name)]
    assert len(folders) > 30
    for folder in folders:
        parts = {name: {name, *graph.find_descendants(name)} for name in graph.find_children(folder)}
        homes = {module: name for name, modules in parts.items() for module in modules}
        imports = {
            name: {homes.get(found) for module in modules for found in graph.find_modules_directly_imported_by(module)}
            - {name, None}
            for name, modules in parts.items()
        }
        assert find_circle(imports) == [], folder
