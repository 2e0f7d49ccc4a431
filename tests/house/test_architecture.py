"""The page about the architecture agrees with the code: its tree, its two pictures, its layers; `test_docs` holds the rest."""

import ast
import difflib
import re
import tomllib

import pytest
from house.documents import find_path, list_blocks, read
from house.tables import ROOT
from house.trees import PACKAGE, ROOMS, make_tree_page

PAGE = read(ROOT / "docs/architecture.md")
TREE = ROOT / "docs/reference/tree.md"
PICTURES = {"train": 0, "score": 1}


def list_labels(picture):
    """The labels of a picture, each as its lines."""
    return [label.split("<br/>") for label in re.findall(r"(?<=\w)\[\"([^\"]+)\"\]", picture)]


def list_definitions(path):
    """The names of the functions and classes of a file, those of a class with its name before them."""
    names = set()
    for node in ast.parse(read(path)).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            inner = [part for part in node.body if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef))]
            names |= {f"{node.name}.{part.name}" for part in inner}
    return names


def test_the_tree_shows_every_file_and_no_other():
    found = difflib.unified_diff(read(TREE).splitlines(), make_tree_page().splitlines(), n=0, lineterm="")
    wrong = [line for line in found if not line.startswith(("---", "+++", "@@"))]
    assert not wrong, "the tree: run `make docs`. Lines to go (-) and to come (+):\n" + "\n".join(wrong)


def test_every_room_has_a_heading_of_its_name():
    folders = sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__")
    assert sorted(["api", *folders]) == sorted(room.name for room in ROOMS)
    for room in ROOMS:
        assert f"\n### {room.name}\n" in PAGE, room.name


def test_the_page_is_short_enough_to_be_read():
    assert len(PAGE.encode()) <= 20_480  # bytes


@pytest.mark.parametrize("picture", PICTURES)
def test_what_a_picture_names_is_in_the_code(picture):
    labels = list_labels(list_blocks(PAGE, "mermaid")[PICTURES[picture]])
    assert len(labels) > 10
    for place, *lines in labels:
        path = find_path(place)
        assert path is not None, f"the picture of `{picture}` names the file {place}, which is not there"
        names = set(re.findall(r"([\w.]+)\(\)", " ".join(lines)))
        missing = sorted(names - list_definitions(path))
        assert not missing, f"the picture of `{picture}` names {', '.join(missing)}, which {place} does not define"


def test_the_functions_named_beside_a_file_are_in_it():
    for name, place in re.findall(r"`(\w+)\(\)` in\s+`([\w/]+\.py)`", PAGE):
        path = find_path(place)
        assert path is not None, f"{place}, for {name}()"
        assert name in list_definitions(path), f"{place} does not define {name}()"


def test_the_table_of_layers_is_the_contract():
    contracts = tomllib.loads(read(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = [line.replace("predictor.", "").split(" | ") for line in contracts[0]["layers"]]
    table = PAGE.split("\n## The layers\n")[1].split("\n## ")[0]
    rows = [re.findall(r"`(\w+)`", row.split("|")[2]) for row in table.splitlines() if re.match(r"\| \d", row)]
    assert [sorted(row) for row in rows] == [sorted(layer) for layer in layers]
