"""The worked examples of CONTRIBUTING.md: those that are whole files run, and the others name what is there."""

import re
import sys
import textwrap
import tomllib
from importlib.resources import files
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from house.documents import find_path, list_paths, read
from house.tables import ROOT

from predictor.audit.view import View, read_columns
from predictor.core.finding_codes import read_codes
from predictor.features.encode import FeatureSet
from predictor.model.sample import Sample

PAGE = read(ROOT / "CONTRIBUTING.md")


def list_examples(heading, language):
    """The code of a section, without the indentation of the list that it is in."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```", section, flags=re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(text) for _, text in blocks]


@pytest.fixture
def run(monkeypatch):
    """What a file of an example defines."""

    def run_file(text):
        module = ModuleType("example")
        monkeypatch.setitem(sys.modules, "example", module)  # where dataclasses look for it
        exec(compile(text, "CONTRIBUTING.md", "exec"), module.__dict__)  # noqa: S102  our own text
        return module

    return run_file


@pytest.mark.parametrize(
    ("heading", "language"),
    [
        ("Add a kind of points rule", "python"),
        ("Add a finding", "python"),
        ("Add a candidate", "python"),
        ("Add a finding", "toml"),
        ("Add a CRM", "toml"),
    ],
)
def test_every_example_is_code_that_can_be_read(heading, language):
    examples = list_examples(heading, language)
    assert examples
    for text in examples:
        tomllib.loads(text) if language == "toml" else compile(text.replace("    ...,", ""), heading, "exec")


def test_the_names_beside_a_file_are_in_it():
    """A line that names a file and then a name in it is right about both."""
    for line in PAGE.replace("\n   ", " ").splitlines():
        places = [place for place in list_paths(line) if place.endswith(".py")]
        if not re.match(r"\d+\. ", line) or len(places) != 1 or "(new)" in line:
            continue
        text = read(find_path(places[0]))
        for name in re.findall(r"`(\w+)\(\)`|`([A-Z]\w+)`", line):
            assert max(name) in text, f"{places[0]} holds no {max(name)}"


def test_the_example_of_a_finding_finds_capped_numbers_and_nothing_else(run):
    (entry,) = list_examples("Add a finding", "toml")
    assert set(tomllib.loads(entry)) & set(read_codes()) == set(), "the example's code is taken: use the next free one"
    check = run(list_examples("Add a finding", "python")[0]).check_capped_numbers
    capped = pd.DataFrame({"capped": np.minimum(np.arange(100), 60), "free": np.arange(100)})
    found = list(check(View(read_columns(capped), np.zeros(100))))
    assert [str(finding) for finding in found] == [
        "AUDIT022 40 % of the leads have the largest value of column 'capped'. Export the number without its cap."
    ]


def test_the_example_of_a_candidate_is_one(run):
    candidate = run(list_examples("Add a candidate", "python")[0]).RecentRate
    outcome = np.array([0.0] * 12 + [1.0, 1.0, 1.0, 0.0])
    sample = Sample(np.zeros((16, 2)), outcome, np.arange(16.0), features=FeatureSet((), ()), dated=True)
    model = candidate.fit(sample, 0)
    assert model.score(sample.matrix) == pytest.approx(np.full(16, np.log(3.5 / 1.5)))
    assert model.contribute(sample.matrix).sum(axis=1) == pytest.approx(model.score(sample.matrix))
    assert candidate.from_text(model.to_text()) == model


def test_the_example_of_a_crm_has_the_sections_of_those_that_are_there():
    (example,) = map(tomllib.loads, list_examples("Add a CRM", "toml"))
    folder = files("predictor.data.crm").joinpath("exports")
    real = [tomllib.loads(file.read_text(encoding="utf-8")) for file in folder.iterdir() if file.name.endswith(".toml")]
    assert set(example) <= set().union(*real)
    assert set(example["facts"]) <= set().union(*(crm["facts"] for crm in real))
    assert set(example["objects"]["activities"]) <= set().union(*(part for crm in real for part in crm["objects"].values()))
