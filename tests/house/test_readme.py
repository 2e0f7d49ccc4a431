"""The README says what the code does: its commands, settings, paths and make targets."""

import re

import pytest
from fastapi.routing import APIRoute
from house.tables import ROOT, tell_commands, tell_settings
from typer.testing import CliRunner

from api.routes import router
from predictor.cli import app

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", [tell_commands, tell_settings])
def test_the_tables_agree_with_the_code(table):
    assert table() in README, f"README.md must hold this table:\n\n{table()}"


def test_every_path_of_the_api_is_named():
    served = {
        f"{method} {route.path_format}" for route in router.routes if isinstance(route, APIRoute) for method in route.methods
    }
    named = set(re.findall(r"`((?:GET|POST|DELETE) /[\w/{}]*)`", README))
    assert named == served


def test_every_make_target_is_there():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"make (demo|test|lint|bench|format|install)", README)) <= targets


def test_every_place_in_the_layout_is_there():
    layout = README.split("## Layout")[1].split("```")[1]
    for place in re.findall(r"^(\S+)/ ", layout, flags=re.MULTILINE):
        assert (ROOT / place).is_dir(), place


def test_the_commands_in_the_examples_take_their_options():
    for line in re.findall(r"^predictor (.+?)(?:\s+#.*)?$", README, flags=re.MULTILINE):
        words = line.split()
        command = words[:2] if words[0] in {"models", "keys", "store"} else words[:1]
        asked = CliRunner().invoke(app, [*command, "--help"])
        assert asked.exit_code == 0
        for option in re.findall(r"--[\w-]+", line):
            assert option in asked.output, f"predictor {line}"
