"""A release: one version everywhere, workflows that call the Makefile and name the actions by their commit."""

import re
import tomllib

import pytest
from house.documents import read
from house.tables import ROOT

MAKEFILE = read(ROOT / "Makefile")
TARGETS = set(re.findall(r"^([a-z][\w-]*):", MAKEFILE, flags=re.MULTILINE))
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PROJECT = tomllib.loads(read(ROOT / "pyproject.toml"))
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def make_key(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_newest_dated_part_of_the_changelog_is_this_version():
    dated = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", read(ROOT / "CHANGELOG.md"), flags=re.MULTILINE)
    assert dated[0] == PROJECT["project"]["version"]
    assert dated == sorted(dated, key=lambda version: [int(part) for part in version.split(".")], reverse=True)


def test_there_are_workflows():
    assert [path.stem for path in WORKFLOWS] == ["canary", "check", "release"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_calls_targets_of_the_makefile_and_installs_nothing_of_python_itself(path):
    text = read(path)
    called = set(re.findall(r"run: make ([\w-]+)", text))
    assert called
    assert called <= TARGETS
    assert "pip install" not in text
    runs = re.findall(r"run: (.+)", text)
    assert all(run.startswith(("make ", "sudo apt-get update && sudo apt-get install ")) for run in runs)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_is_named_by_its_commit_and_says_its_version(path):
    used = re.findall(r"uses: (\S+(?: # v\S+)?)", read(path))
    assert used
    own = {f"./.github/workflows/{other.name}" for other in WORKFLOWS}
    assert all(action in own or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action) for action in used)


def test_every_dependency_is_pinned_where_ci_installs_it():
    pinned = {make_key(line.split("==")[0]) for line in read(ROOT / "constraints.txt").splitlines() if "==" in line}
    groups = {name: entries for name, entries in PROJECT["dependency-groups"].items() if name != "dbt"}
    named = [entry for entries in (PROJECT["project"]["optional-dependencies"] | groups).values() for entry in entries]
    keys = {make_key(NAME.match(entry)[0]) for entry in [*named, *PROJECT["project"]["dependencies"]]}
    assert sorted(keys - pinned - {"lead-conversion-predictor"}) == []
