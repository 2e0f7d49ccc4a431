"""The command that scores the open leads of the store again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from predictor.cli import console
from predictor.cli.options import MODELS, AsJson, Models, StoreConfig, list_findings, open_store, print_errors, print_json
from predictor.core.errors import count
from predictor.core.settings import load_settings, make_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from ibis.expr.types import Table

    from predictor.core.errors import Finding
    from predictor.scoring.scorer import Scorer

_SEND_S = 30.0  # for which the command waits for the receivers of webhooks


@print_errors
def rescore(
    models: Models = MODELS,
    config: StoreConfig = None,
    events: Annotated[
        str | None, typer.Option(help="All events of the leads: CSV, Parquet, Excel or JSON, a folder, a glob, or URL#TABLE.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Score the open leads of the store again, by the champion, as of now.

    A lead is open until sales has accepted it or sent it back. Attributes are those of its latest score. Without --events a model
    that uses events scores the lead as of that score. Webhooks are sent. A run that was interrupted goes on where it stopped.
    """
    from predictor.scoring.threshold_advice import load_scorer
    from predictor.store.rescoring.run import STATE, rescore_store
    from predictor.store.webhooks.sender import WebhookSender

    settings = load_settings(config) if config is not None else make_settings()
    scorer, store = load_scorer(models), open_store(models, config)
    notes: list[Finding] = []
    sender = WebhookSender.open(store.database, settings.webhooks.start_from(settings.folder), models)
    try:
        if sender is not None:
            sender.start()
        with console.show_progress() as progress:
            progress("Scoring the open leads")
            result = rescore_store(
                scorer,
                store,
                events=None if events is None else _make_loader(scorer, events, notes),
                state=models / STATE,
                explore_rate=settings.serve.explore_rate,
                advance=progress.advance,
            )
        waiting = 0 if sender is None else sender.finish(_SEND_S)
    finally:
        if sender is not None:
            sender.stop()
        store.close()
    findings = (*notes, *result.findings)
    if as_json:
        counts = {name.replace(" ", "_"): number for name, number in result.counts.items() if number}
        content = {"model": scorer.version, "leads": result.leads, **counts, "webhooks_waiting": waiting}
        print_json(content | {"findings": list_findings(findings)})
        return
    console.show_findings(findings, with_tips=True)
    console.out.print(
        f"{count(result.counts['rescored'], 'open lead')} scored again by {scorer.version}.{_describe(result.counts)}"
    )
    if waiting:
        console.err.print(f"[yellow]{count(waiting, 'webhook')} could not be sent yet. A running server sends them.[/]")


def _describe(counts: dict[str, int]) -> str:
    texts = {
        "up": "{} now above the threshold, not before",
        "down": "{} now below, not before",
        "done before": "{} had been scored since the run began",
        "failed": "{} could not be scored, because this model cannot read what was stored",
    }
    return "".join(f" {text.format(f'{counts[name]:,}')}." for name, text in texts.items() if counts.get(name))


def _make_loader(scorer: Scorer, events: str, notes: list[Finding]) -> Callable[[pd.Series], Table]:
    """A function that reads the events of leads, and adds what is found about them to the notes."""

    def load(lead_ids: pd.Series) -> Table:
        import pandas as pd

        from predictor.data.events.contract import check_events
        from predictor.data.read.event_sources import open_events

        raw = open_events(events, Path(), encoding=scorer.settings.data.encoding)
        now = pd.Timestamp.now(tz="UTC")
        checked = check_events(raw, scorer.settings, lead_ids, now=now, drop=True, formats=scorer.features.event_formats)
        notes.extend(checked.findings)
        return checked.table

    return load
