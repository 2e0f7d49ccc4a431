"""Tables of the documentation that are made from the code."""

import re
from pathlib import Path

from predictor.cli.app import app, keys_app, models_app, store_app

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def format_settings():
    """Every setting of defaults.toml with its default and comment, as a Markdown table."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    section = ""
    for line in (ROOT / "src/predictor/core/defaults.toml").read_text(encoding="utf-8").splitlines():
        if head := re.fullmatch(r"\[(\w+)\]\s*(?:# (.*))?", line):
            section = head[1]
            lines += [f"| `[{section}]` | | {head[2]} |"] if section.endswith("columns") or section == "forms" else []
        elif entry := re.fullmatch(r"(\w+) = (.*?)\s+# (.*)", line):
            lines.append(f"| `{section}.{entry[1]}` | `{entry[2]}` | {entry[3]} |")
        elif line and not line.startswith("#"):
            raise AssertionError(f"defaults.toml: no comment on {line!r}")
    return "\n".join(lines)


def format_commands():
    """Every command with the first line of its help, as a Markdown table."""
    lines = ["| command | what it does |", "|---|---|"]
    for prefix, group in (("", app), ("models ", models_app), ("keys ", keys_app), ("store ", store_app)):
        for command in group.registered_commands:
            name = command.name or command.callback.__name__.replace("_", "-")
            text = command.callback.__doc__.strip().splitlines()[0]
            lines.append(f"| `predictor {prefix}{name}` | {text} |")
    return "\n".join(lines)
