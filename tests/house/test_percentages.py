"""Percentages are written in `core/wording.py`, and only there; the labels of an axis are drawn by its library."""

import ast
import re

import pytest
from house.tables import ROOT

WORDING = ROOT / "src/predictor/core/wording.py"
AXES = {"src/predictor/report/plots/training.py": "PERCENT"}
SOURCES = [path for room in ("src", "api") for path in sorted((ROOT / room).rglob("*.py")) if path != WORDING]


def list_own_formats(source, *, axis=None):
    """Lines that write a percentage themselves: times 100 beside a percent sign, or a format that ends in one."""
    return [
        node.lineno
        for statement in ast.parse(source).body
        if not (isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == axis)
        for node in ast.walk(statement)
        if (isinstance(node, ast.JoinedStr) and _writes_percent(node))
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_percent_format(node.value))
    ]


def _writes_percent(text):
    factors = [
        side.value
        for product in ast.walk(text)
        if isinstance(product, ast.BinOp) and isinstance(product.op, ast.Mult)
        for side in (product.left, product.right)
        if isinstance(side, ast.Constant)
    ]
    return 100 in factors and "%" in "".join(part.value for part in text.values if isinstance(part, ast.Constant))


def _is_percent_format(text):
    return re.search(r"^[+,]?\.?\d+%$|\.\d+%\}", text) is not None


@pytest.mark.parametrize(
    "line",
    ['f"{100 * share:.1f} % yes"', 'f"{share * 100:.0f}%"', 'f"{share:.0%}"', 'tips("share", ".1%")', '"{:.1%}".format(share)'],
)
def test_an_own_format_is_seen(line):
    assert list_own_formats(f"x = {line}") == [1]


def test_points_and_axes_are_no_percentages():
    assert list_own_formats('x = f"{100 * error:.1f} points"\ny = "95 %"\nz = f"{share} %"') == []
    assert list_own_formats('AXIS = f"{100 * share:.4g} %"', axis="AXIS") == []


def test_every_percentage_is_written_in_one_place():
    assert len(SOURCES) > 200
    found = {}
    for path in SOURCES:
        name = str(path.relative_to(ROOT))
        if lines := list_own_formats(path.read_text(encoding="utf-8"), axis=AXES.get(name)):
            found[name] = lines
    assert not found
