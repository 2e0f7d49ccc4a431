"""The commands about data: simulate a firm, and check an export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from predictor.cli import console
from predictor.cli.options import SETTINGS, AsJson, Config, list_findings, print_errors, print_json
from predictor.core.errors import count
from predictor.core.settings import load_settings


@print_errors
def simulate(
    leads: Annotated[int, typer.Option(min=1, help="Number of leads.")],
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same firm.")] = 0,
    *,
    as_json: AsJson = False,
) -> None:
    """Write leads and events of a simulated firm, whose true probabilities are known, and its settings."""
    from predictor.simulate.files import save_firm
    from predictor.simulate.firm import simulate_firm

    with console.show_progress() as progress:
        progress(f"Simulating {count(leads, 'lead')}")
        firm = simulate_firm(leads, seed)
        save_firm(firm, out)
    if as_json:
        print_json({"folder": str(out), "episodes": len(firm.leads), "events": len(firm.events)})
        return
    console.out.print(
        f"{count(len(firm.leads), 'episode')} of {count(leads, 'lead')} and {count(len(firm.events), 'event')} are in {out}."
    )
    console.out.print(f"Next: predictor train -c {out / SETTINGS}")


@print_errors
def check(config: Config = SETTINGS, *, as_json: AsJson = False) -> None:
    """Check the export: errors, possible leaks, and what is left out."""
    from predictor.core.row_faults import check_refused, read_past_faults
    from predictor.training.audit import audit_dataset, collect_findings, list_refusals
    from predictor.training.from_tables import load_dataset

    dataset, refused = read_past_faults(load_dataset, load_settings(config))
    loading = map(check_refused, dataset.findings) if refused else dataset.findings
    findings = collect_findings(dataset, (*loading, *dataset.fit_features(dataset.outcomes.training)[1]), audit_dataset(dataset))
    if as_json:
        print_json(list_findings(findings))
    else:
        console.show_every_finding(findings, refused=len(list_refusals(dataset, findings)))
    if any(finding.severity != "tip" for finding in findings):
        raise typer.Exit(1)
