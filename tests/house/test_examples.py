"""What the README tells a new user to type is typed, top to bottom, in the folder of a firm; so is its Python."""

import re
import shutil

import pytest
from house.documents import list_blocks, list_commands, read
from house.tables import ROOT
from typer.testing import CliRunner

from predictor.cli.app import app

GUIDES = ("README.md", "docs/data_scientist.md", "docs/crm_developer.md", "docs/marketing_operations.md")
# Runs until it is stopped, or takes much traffic before it: tests/unit/api and tests/unit/training/test_from_store.py hold these.
ELSEWHERE = re.compile(r"serve |.*--from-store")
NAMES = {"leads": ("new", "newer", "export"), "events": ("new_events", "newer_events")}


@pytest.fixture
def folder(firm, models, tmp_path, monkeypatch):
    """A folder with what the examples name: settings, leads and events, and the bundles of a firm that has trained twice."""
    shutil.copytree(firm, tmp_path, dirs_exist_ok=True)
    shutil.copytree(models, tmp_path / "models")
    settings = tmp_path / "predictor.toml"
    quick = re.sub(r"candidates = .*", 'candidates = ["constant", "points", "learned_points", "logistic"]', settings.read_text())
    settings.write_text(quick)
    for table, names in NAMES.items():
        for name in names:
            shutil.copy(tmp_path / f"{table}.csv", tmp_path / f"{name}.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("guide", GUIDES)
def test_the_commands_of_a_guide_run_as_they_stand(guide, folder):
    bundle = next(path.name for path in (folder / "models").iterdir() if path.is_dir())
    for line in list_commands(read(ROOT / guide)):
        if ELSEWHERE.match(line):
            continue
        line = line.replace("NAME", bundle).replace("--out predictor.toml", "--out proposed.toml")  # noqa: PLW2901  those in use stay
        done = CliRunner().invoke(app, line.split())
        assert done.exit_code == 0 or line.split()[0] == "check", f"predictor {line}\n{done.output}\n{done.exception!r}"


@pytest.mark.parametrize("guide", GUIDES)
def test_the_python_of_a_guide_runs_as_it_stands(guide, folder):
    names = {"__name__": "example"}
    for block in list_blocks(read(ROOT / guide), "python"):
        exec(compile(block, guide, "exec"), names)  # noqa: S102  our own text
    assert (folder / "models" / "champion").is_file()
