"""The tree of the code, docs/reference/tree.md, made from the folders: a line a file, with the first words of the file itself."""

import ast
import re

from house.tables import ROOT

PACKAGE = ROOT / "src/predictor"
ROOMS = [*sorted(path for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()), ROOT / "api"]
_WIDEST = 100  # characters of the words beside a file


def make_tree_page():
    """The page: every room with its files."""
    head = """# The tree

Made from the code by `make docs`: every folder and file, with the first words of the file itself.
[Architecture](../architecture.md) says how the rooms fit together, and where to put what.
"""
    return head + "".join(f"\n## {room.name}\n\n```\n{make_tree(room)}```\n" for room in ROOMS)


def make_tree(folder):
    """The folder and everything in it, a line each."""
    entries = list(_list_entries(folder, 0))
    width = max(len(name) for name, _ in entries) + 2
    return "".join(f"{name:<{width}}{words}".rstrip() + "\n" for name, words in entries)


def _list_entries(folder, depth):
    yield f"{'  ' * depth}{folder.name}/", describe_file(folder / "__init__.py")
    inner = [path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "__pycache__"))]
    for path in inner:
        if path.is_file() and not _is_a_docstring(path):
            yield f"{'  ' * (depth + 1)}{path.name}", describe_file(path)
    for path in inner:
        if path.is_dir():
            yield from _list_entries(path, depth + 1)


def _is_a_docstring(path):
    """Whether this is an `__init__.py` that says what its folder is and does nothing else: the line of the folder says it."""
    return path.name == "__init__.py" and len(ast.parse(path.read_text(encoding="utf-8")).body) < 2


def describe_file(path):
    """The first words of a file: of its docstring, or of the comment at its head; empty where it has neither."""
    if not path.is_file():
        return ""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        first = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0]
    else:
        found = re.match(r"(?:#|/\*|\{#) ?(.*)", text) if path.suffix in {".toml", ".txt", ".css", ".html"} else None
        first = found[1] if found else ""
    return _shorten(" ".join(re.sub(r"\s*(\*/|#\})$", "", first.strip()).split()))


def _shorten(text):
    """The first sentence, which does not end at "et al."; a long one up to the last break that fits."""
    text = re.split(r"(?<=\w[.])(?<!et al[.])\s", text)[0].rstrip(".")
    if len(text) <= _WIDEST:
        return text
    breaks = [found.start() for found in re.finditer(r"[:;,]? ", text[: _WIDEST + 1])]
    marked = [place for place in breaks if text[place] in ":;,"]
    return text[: (marked or breaks)[-1]]
