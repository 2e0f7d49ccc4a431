"""No class is constructed with more than three positional arguments: keywords say which value is which."""

import ast

from house.tables import ROOT

_BASES = {"NamedTuple", "BaseModel", "Section"}


def _parse():
    for folder in ("src/predictor", "api"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def _is_record(node):
    decorators = {ast.unparse(decorator).partition("(")[0] for decorator in node.decorator_list}
    return "dataclass" in decorators or bool(_BASES & {ast.unparse(base) for base in node.bases})


def test_no_more_than_three_positional_fields():
    trees = list(_parse())
    records = {node.name for _, tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and _is_record(node)}
    found = [
        f"{path}:{node.lineno} {node.func.id}"
        for path, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in records and len(node.args) > 3
    ]
    assert len(records) > 60
    assert found == []
