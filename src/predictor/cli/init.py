"""The command that proposes settings for a firm's export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from predictor.cli import console
from predictor.cli.options import SETTINGS, AsJson, in_words, list_findings, print_json
from predictor.core.errors import SettingsError, count

if TYPE_CHECKING:
    from predictor.audit.propose.settings_file import Proposal


@in_words
def init(
    export: Annotated[
        list[str], typer.Argument(help="The leads: CSV, Parquet, Excel or URL#TABLE; of a CRM all files or their folder.")
    ],
    events: Annotated[str, typer.Option(help="Their events: a file, a folder, a glob, or URL#TABLE.")] = "",
    crm: Annotated[str, typer.Option(help="Whose export it is: hubspot, salesforce or marketo.")] = "",
    out: Annotated[Path, typer.Option(help="The settings file to write.")] = SETTINGS,
    *,
    force: Annotated[bool, typer.Option("--force", help="Write over a settings file that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at a new export and write settings for it: what each column is taken for and why, and what was found."""
    from predictor.audit.propose.propose import propose_settings
    from predictor.data.crm.export_maps import EXPORTS

    crm = crm.strip().casefold()
    if crm and crm not in EXPORTS:
        raise SettingsError(f"--crm must be one of {', '.join(EXPORTS)}, but is '{crm}'. Leave it out for any other export.")
    if out.exists() and not force:
        raise SettingsError(f"'{out}' is there already and may hold your changes. Name another file with --out, or say --force.")
    with console.show_progress() as progress:
        progress("Looking at the export")
        proposal = propose_settings(export, out=out, events=events, crm=crm or None)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(proposal.to_toml(), encoding="utf-8")
    if as_json:
        meanings = {name: {"role": meaning.role, "why": meaning.why} for name, meaning in proposal.meanings.items()}
        print_json({"out": str(out), "columns": meanings, "findings": list_findings(proposal.findings)})
    else:
        _show(proposal, out)
    if proposal.refusals:
        raise typer.Exit(1)


def _show(proposal: Proposal, out: Path) -> None:
    named, facts = console.escape(str(out)), list(proposal.columns)
    order = {role: at for at, role in enumerate([*facts, "points", "protected", "ignore"])}
    rows = [(meaning.role, name, meaning.why) for name, meaning in proposal.meanings.items() if meaning.role in order]
    rows = sorted(rows, key=lambda row: order[row[0]])
    console.out.print(f"Looked at {console.escape(proposal.source)}.")
    told = [("left out" if role == "ignore" else role, name, why) for role, name, why in rows]
    console.show_rows("", ("taken for", "column", "because"), told)
    console.show_every_finding(proposal.findings, refused=len(proposal.refusals))
    attributes = proposal.list_role("attribute")
    console.out.print(f"{count(len(attributes), 'other column')} may become features; '{named}' says how each is read.")
    if proposal.refusals:
        console.out.print(f"Next: mend '{named}' as the errors say, then predictor check -c {named}")
    else:
        console.out.print(f"Next: predictor check -c {named}, then predictor train -c {named}")
