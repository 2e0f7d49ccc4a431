"""The pages of docs that are made from the code, or hold a table that is. `make docs` writes them anew; a test holds them."""

import re
from pathlib import Path

import typer
from house.tables import ROOT, tell_commands, tell_findings, tell_settings
from typer.core import TyperGroup

from predictor.cli import app

FOLDER = ROOT / "docs"
MADE = "Made from the code by `make docs`.\n"


def tell_settings_page():
    """Every setting."""
    return f"""# Settings

{MADE}
`src/predictor/defaults.toml` holds every setting; a firm's `predictor.toml` holds only what differs. Paths start at the settings
file. An unknown setting is refused.

{tell_settings()}
"""


def tell_commands_page():
    """Every command with its options."""
    parts = [
        f"""# Commands

{MADE}
Every command exits with 0 (done), 1 (findings or a refusal, with text) or 2 (wrong usage); most print JSON with `--json`.
Progress and refusals go to standard error, results to standard output.

{tell_commands()}
"""
    ]
    parts += [_tell_command(name, command) for name, command in _list_commands(typer.main.get_command(app), "predictor")]
    return "\n".join(parts)


def _list_commands(group, prefix):
    """Each command below a group with its whole name, in the order of the code."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _list_commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def _tell_command(name, command):
    lines = [f"## {name}", "", *(paragraph for text in re.split(r"\n\s*\n", command.help) for paragraph in (_join(text), ""))]
    given = [parameter for parameter in command.params if parameter.name != "help"]
    if given:
        lines += ["| option | default | what it does |", "|---|---|---|"]
    for parameter in given:
        is_option = parameter.param_type_name == "option"
        names = (
            ", ".join(f"`{text}`" for text in (*parameter.opts, *parameter.secondary_opts))
            if is_option
            else f"`{parameter.name.upper()}`"
        )
        text = _join((getattr(parameter, "help", None) or "").replace("[required]", ""))
        lines.append(f"| {names} | {_tell_default(parameter)} | {text} |")
    return "\n".join([*lines, ""]) if given else "\n".join(lines)


def _tell_default(parameter):
    if parameter.required:
        return "needed"
    default = parameter.default() if callable(parameter.default) else parameter.default
    if default is True:
        return f"`{parameter.opts[0]}`"
    return "" if default is None or default is False or default in ("", (), []) else f"`{default}`"


def _join(text):
    """A text on one line, as a table needs it."""
    return " ".join(text.split()).replace("|", "\\|")


def tell_findings_page():
    """The page on findings as it stands, with the table of all codes anew."""
    written = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
    return f"{written.split(_ALL_CODES)[0]}{_ALL_CODES}{tell_findings()}\n"


_ALL_CODES = "\n## All codes\n\n"
PAGES = {
    "reference/settings.md": tell_settings_page,
    "reference/commands.md": tell_commands_page,
    "findings.md": tell_findings_page,
}


def main():
    for name, tell in PAGES.items():
        Path(FOLDER, name).write_text(tell(), encoding="utf-8")


if __name__ == "__main__":
    main()
