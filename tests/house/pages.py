"""The pages of docs/reference that are made from the code. `make docs` writes them anew; a test holds them."""

import re
from pathlib import Path

import typer
from house.tables import ROOT, tell_commands, tell_settings
from typer.core import TyperGroup

from predictor.cli.app import app
from predictor.core.finding_codes import read_codes

FOLDER = ROOT / "docs/reference"
MADE = "Made from the code by `make docs`.\n"


def tell_settings_page():
    """Every setting."""
    return f"""# Settings

{MADE}
`src/predictor/core/defaults.toml` holds every setting; a firm's `predictor.toml` holds only what differs. Paths start at the
settings file. An unknown setting is refused.

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
    """Every finding: what it means and what to do."""
    parts = [
        f"""# Findings

{MADE}
A finding has a code that stays, a severity, what was found and where, and what to do. An **error** refuses the work, a
**warning** may make its figures wrong, a **tip** is worth knowing. Commands with `--json` and every answer of the API carry the
code; in Python they are `dataset.findings` and `trained.findings`, which a notebook shows as a table.

Faults of rows refuse a table; with `data.faulty_rows = "drop"` such rows are left out instead, and the finding counts them. A
finding that is known and right as it is can be accepted with a reason, `"CODE:column" = "why"` under `[audit.accept]`; the card
then tells it.
"""
    ]
    head = ["| code | severity | what it means | what to do |", "|---|---|---|---|"]
    for kind, (heading, about) in _KINDS.items():
        told = {code: finding for code, finding in read_codes().items() if code.startswith(kind)}
        rows = [f"| `{code}` | {it['severity']} | {it['means']} | {it['do']} |" for code, it in told.items()]
        parts.append("\n".join([f"## {heading}", "", about, "", *head, *rows, ""]))
    return "\n".join(parts)


_KINDS = {  # how codes begin -> the heading, and what they are about
    "LEAD": ("Leads", "The table of leads, or a lead that is scored."),
    "EVENT": ("Events", "The table of events, or the events of a lead."),
    "AUDIT": ("Audit", "What `predictor check` and `predictor train` find in what would be learned from."),
    "INIT": ("First look", "What `predictor init` finds in an export."),
    "TRAIN": ("Training", "What could not be learned, or not as asked."),
    "MODEL": ("Model", "What an answer must be read with."),
    "STORE": ("Training from the store", "What `predictor train --from-store` takes, and what it leaves."),
}
PAGES = {"settings.md": tell_settings_page, "commands.md": tell_commands_page, "findings.md": tell_findings_page}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, tell in PAGES.items():
        Path(FOLDER, name).write_text(tell(), encoding="utf-8")


if __name__ == "__main__":
    main()
