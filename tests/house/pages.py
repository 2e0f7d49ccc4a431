"""The pages that are made from the code. `make docs` writes them; a test holds them up to date."""

import re
import tomllib
from pathlib import Path

import typer
from house.decisions import make_index
from house.tables import ROOT, format_commands, format_settings
from house.trees import make_tree_page
from typer.core import TyperGroup

from predictor.cli.app import app
from predictor.core.cell_formats import EXPORTS
from predictor.core.finding_codes import read_codes
from predictor.data.crm.export_maps import read_export_map
from predictor.data.crm.field_maps import CRMS, normal_name, read_map
from predictor.data.crm.warehouse import MARKS, MOMENTS

DOCS = ROOT / "docs"
MADE = "Made from the code by `make docs`.\n"


def make_settings_page():
    """Every setting."""
    return f"""# Settings

{MADE}
`src/predictor/core/defaults.toml` holds every setting; a firm's `predictor.toml` holds only what differs. Paths start at the
settings file. An unknown setting is refused.

{format_settings()}
"""


def make_commands_page():
    """Every command with its options."""
    parts = [
        f"""# Commands

{MADE}
Every command exits with 0 (done), 1 (findings or a refusal, with text) or 2 (wrong usage), `retrain` also with 3 (the champion
stays); most print JSON with `--json`.
Progress and refusals go to standard error, results to standard output.

{format_commands()}
"""
    ]
    parts += [_format_command(name, command) for name, command in _list_commands(typer.main.get_command(app), "predictor")]
    return "\n".join(parts)


def _list_commands(group, prefix):
    """Each command below a group with its whole name, in the order of the code."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _list_commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def _format_command(name, command):
    lines = [f"## {name}", "", *(paragraph for text in re.split(r"\n\s*\n", command.help) for paragraph in (_join(text), ""))]
    parameters = [parameter for parameter in command.params if parameter.name != "help"]
    if parameters:
        lines += ["| option | default | what it does |", "|---|---|---|"]
    for parameter in parameters:
        is_option = parameter.param_type_name == "option"
        names = (
            ", ".join(f"`{text}`" for text in (*parameter.opts, *parameter.secondary_opts))
            if is_option
            else f"`{parameter.name.upper()}`"
        )
        text = _join((getattr(parameter, "help", None) or "").replace("[required]", ""))
        lines.append(f"| {names} | {_format_default(parameter)} | {text} |")
    return "\n".join([*lines, ""]) if parameters else "\n".join(lines)


def _format_default(parameter):
    if parameter.required:
        return "needed"
    default = parameter.default() if callable(parameter.default) else parameter.default
    if default is True:
        return f"`{parameter.opts[0]}`"
    return "" if default is None or default is False or default in ("", (), []) else f"`{default}`"


def _join(text):
    """A text on one line, as a table needs it."""
    return " ".join(text.split()).replace("|", "\\|")


def make_findings_page():
    """Every finding: what it means and what to do."""
    parts = [
        f"""# Findings

{MADE}
A finding has a code that never changes its meaning, a severity, what was found and where, and what to do. An **error** refuses
the work, a **warning** may make its figures wrong, a **tip** is worth knowing. Commands with `--json` and every answer of the API
carry the code; in Python they are `dataset.findings` and `trained.findings`, which a notebook shows as a table.

Faulty rows refuse a table. With `data.faulty_rows = "drop"` they are left out instead, and the finding counts them. A finding
that is known and correct can be accepted with a reason, `"CODE:column" = "why"` under `[audit.accept]`. The card then shows it.
"""
    ]
    head = ["| code | severity | what it means | what to do |", "|---|---|---|---|"]
    for kind, (heading, about) in _KINDS.items():
        findings = {code: finding for code, finding in read_codes().items() if code.startswith(kind)}
        rows = [f"| `{code}` | {text['severity']} | {text['means']} | {text['do']} |" for code, text in findings.items()]
        parts.append("\n".join([f"## {heading}", "", about, "", *head, *rows, ""]))
    return "\n".join(parts)


_KINDS = {  # how codes begin -> the heading, and what they are about
    "LEAD": ("Leads", "The table of leads, or a lead that is scored."),
    "EVENT": ("Events", "The table of events, or the events of a lead."),
    "AUDIT": ("Audit", "What `predictor check` and `predictor train` find in the training data."),
    "INIT": ("First look", "What `predictor init` finds in an export."),
    "TRAIN": ("Training", "What could not be learned, or not as the settings ask."),
    "MODEL": ("Model", "What to keep in mind when you read an answer."),
    "STORE": ("Training from the store", "What `predictor train --from-store` uses, and what it leaves out."),
}


def make_crms_page():
    """What to export from each CRM, and what is read of it."""
    parts = [
        f"""# CRMs

{MADE}
What to export from each CRM, and what is read of it. The names are those of its standard fields, in the order of trust: internal
names and labels, compared without case, blanks and punctuation. A `*` at the end matches any ending. A firm's own names go into
`[columns]` of the settings. A column with another name is kept as an attribute, and `LEAD038` lists it.

`predictor init` finds the CRM by its columns where they are clear, and says so (`INIT020`). `--crm NAME` names it, and
`--crm none` means none. The names below, as `hubspot`, are the values of `--crm` and `data.crm`.

**From a warehouse.** Every CRM can come as a connector writes it, in a file or as `URL#TABLE`. A prefix that all or nearly all
columns share, as `property_`, is left off (`data.prefix`, `LEAD080`). Rows that are marked as deleted are left out and counted
(`LEAD039`): by a yes in {_quote(MARKS)},
or a date in {_quote(MOMENTS)}. Columns of the connector itself, as
`_fivetran_synced`, are no attributes (`LEAD081`).

**One lead, two rows.** A lead that was merged into another one of the table is left out (`LEAD082`), by `hs_merged_object_ids` of
the other or by its own `MasterRecordId`. Leads with one e-mail address and the same dates stay, and `LEAD083` counts them. A
Salesforce id of 18 characters names the same lead as its first 15, and the 15 are its key.

**Live records** of HubSpot and Salesforce are taken by the API as they are: see
[the CRM developer](../crm_developer.md#hubspot-and-salesforce). For the other CRMs, send leads in our format.
"""
    ]
    for crm in EXPORTS:
        export_map = read_export_map(crm)
        facts = {f"`{ours}`": names for ours, names in export_map.facts.items()}
        attributes: dict[str, dict[str, None]] = {}
        if crm in CRMS:
            for field in read_map(crm).fields.values():
                attributes.setdefault(field.ours, {}).update(dict.fromkeys(name for name in field.names if name != field.ours))
        else:
            content = tomllib.loads((ROOT / f"src/predictor/data/crm/exports/{crm}.toml").read_text(encoding="utf-8"))
            attributes = {ours: dict.fromkeys(names) for ours, names in content["attributes"].items()}
        rows = [f"| {ours} | {_quote(_list_distinct(names))} |" for ours, names in (facts | attributes).items()]
        parts.append(
            "\n".join([
                f"## {export_map.name}", "", f"`--crm {crm}`", "", f"**Export.** {export_map.to_export}", "",
                f"**MQL and acceptance.** {export_map.stages}", "", "| ours | theirs |", "|---|---|", *rows, "",
                f"**Never attributes.** {_describe_left_out(crm)}", "",
            ])
        )  # fmt: skip
    return "\n".join(parts)


def _describe_left_out(crm):
    folder, names = "exports", []
    if crm in CRMS:
        folder = "maps"
    content = tomllib.loads((ROOT / f"src/predictor/data/crm/{folder}/{crm}.toml").read_text(encoding="utf-8"))
    names = [*content["system"], *content["personal"]] if crm in CRMS else content["left_out"]["names"]
    return f"What is set by sales, the state at export, or personal: {_quote(_list_distinct(names))}."


def _list_distinct(names):
    """The names, once each of those that are compared as equal."""
    distinct: dict[str, str] = {}
    for name in names:
        distinct.setdefault(normal_name(name), name)
    return list(distinct.values())


def _quote(names):
    return ", ".join(f"`{name}`" for name in names)


PAGES = {  # page -> what makes it
    "reference/settings.md": make_settings_page,
    "reference/commands.md": make_commands_page,
    "reference/findings.md": make_findings_page,
    "reference/crms.md": make_crms_page,
    "reference/tree.md": make_tree_page,
    "decisions/README.md": make_index,
}


def main():
    for name, make in PAGES.items():
        Path(DOCS, name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
