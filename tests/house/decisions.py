"""The decisions, a file each, and their index, which `make docs` writes."""

import re

from house.tables import ROOT

FOLDER = ROOT / "docs/decisions"
_HEAD = re.compile(r"# (\d{4}) (.+)\n\n(\d{4}-\d\d-\d\d)\. ((?:.+\n)+)\n\*\*Context\.\*\* ")
_ABOUT = """# Decisions

Made from the files of this folder by `make docs`.

A decision is one short file: context, choice, cost. A new decision gets the next number. If it replaces an older one, say so in
both: the older one's second line becomes "Superseded by ..." with a link. Its text stays.

| number | date | decision | status |
|---|---|---|---|
"""


def list_decisions():
    """The files of the decisions, oldest first."""
    return sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


def read_decision(path):
    """Number, title, date and status of a decision.

    Raises:
        AssertionError: The file does not begin as a decision does.
    """
    found = _HEAD.match(path.read_text(encoding="utf-8"))
    assert found, f"{path.name} must begin with '# NNNN Title', '2026-11-30. Accepted.' and '**Context.** '"
    number, title, date, status = found.groups()
    return number, title, date, " ".join(status.split())


def make_index():
    """The index of all decisions."""
    rows = []
    for path in list_decisions():
        number, title, date, status = read_decision(path)
        rows.append(f"| {number} | {date} | [{title}]({path.name}) | {status.split(': ')[0].rstrip('.')} |\n")
    return _ABOUT + "".join(rows)
