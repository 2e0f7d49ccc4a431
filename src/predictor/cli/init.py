"""The command that proposes settings for an export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from predictor.cli import console
from predictor.cli.options import SETTINGS, AsJson, list_findings, print_errors, print_json
from predictor.core.cell_formats import EXPORTS
from predictor.core.errors import SettingsError, count

if TYPE_CHECKING:
    from predictor.audit.propose.settings_file import Proposal

_CRMS = f"{', '.join(EXPORTS[:-1])} or {EXPORTS[-1]}"


@print_errors
def init(
    export: Annotated[
        list[str],
        typer.Argument(
            help="The leads: CSV, Parquet, Excel, JSON or URL#TABLE, and files with the same key; for a CRM, its files or folder."
        ),
    ],
    events: Annotated[str, typer.Option(help="The events: a file, a folder, a glob, or URL#TABLE.")] = "",
    outcome: Annotated[
        str, typer.Option(help="The column that says what became of a lead: yes and no, or the date of acceptance.")
    ] = "",
    crm: Annotated[str, typer.Option(help=f"The CRM that wrote the export: {_CRMS}; none: no CRM. Else it is found.")] = "",
    encoding: Annotated[
        str, typer.Option(help="The encoding of CSV files, as cp932 or latin-1; auto: found by their bytes.")
    ] = "auto",
    out: Annotated[Path, typer.Option(help="The settings file to write.")] = SETTINGS,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing settings file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Propose settings for a new export: the role of each column and why, and findings."""
    from predictor.audit.propose.propose import propose_settings
    from predictor.audit.propose.sample import NO_CRM

    crm = crm.strip().casefold()
    if crm and crm not in (*EXPORTS, NO_CRM):
        raise SettingsError(f"--crm must be one of {', '.join(EXPORTS)}, but is '{crm}'. Write none for any other export.")
    if out.exists() and not force:
        raise SettingsError(f"'{out}' already exists and may contain your changes. Name another file with --out, or use --force.")
    with console.show_progress() as progress:
        progress("Reading the export")
        proposal = propose_settings(
            export, out=out, events=events, outcome=outcome.strip(), crm=crm or None, encoding=encoding.strip() or "auto"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(proposal.to_toml(), encoding="utf-8")
    if as_json:
        roles = {name: {"role": column.role, "why": column.why} for name, column in proposal.roles.items()}
        print_json({"out": str(out), "columns": roles, "findings": list_findings(proposal.findings)})
    else:
        _show(proposal, out)
    if proposal.refusals:
        raise typer.Exit(1)


def _show(proposal: Proposal, out: Path) -> None:
    file = console.escape(str(out))
    order = {role: position for position, role in enumerate([*proposal.columns, "points", "protected", "ignore"])}
    rows = [(column.role, name, column.why) for name, column in proposal.roles.items() if column.role in order]
    rows = sorted(rows, key=lambda row: order[row[0]])
    rows = [("left out" if role == "ignore" else role, name, why) for role, name, why in rows]
    console.out.print(f"Read {console.escape(proposal.source)}.")
    console.show_rows("", ("role", "column", "reason"), rows)
    console.show_every_finding(proposal.findings, refused=len(proposal.refusals))
    attributes = proposal.list_role("attribute")
    console.out.print(f"{count(len(attributes), 'other column')} may become features; '{file}' says how each is read.")
    if proposal.refusals:
        console.out.print(f"Next: fix '{file}' as the errors say, then predictor check -c {file}")
    else:
        console.out.print(f"Next: predictor check -c {file}, then predictor train -c {file}")
