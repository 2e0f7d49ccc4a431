"""The commands about stored scores and outcomes: export or erase a lead, delete old records, list who did what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from predictor.cli import console
from predictor.cli.options import ACTOR, MODELS, AsJson, Models, StoreConfig, open_store, print_errors, print_json
from predictor.core.errors import SettingsError, StoreError, count
from predictor.core.settings import load_settings, make_settings
from predictor.core.settings_sections import MOST_DAYS

if TYPE_CHECKING:
    from predictor.core.settings import Settings
    from predictor.store.store import Store

LeadId = Annotated[str, typer.Argument(help="The CRM's key of the lead, as it was scored.")]
app = typer.Typer(no_args_is_help=True, help="What is stored: export or erase a lead, delete old records, list who did what.")


@app.command("erase")
@print_errors
def erase(lead_id: LeadId, models: Models = MODELS, config: StoreConfig = None, *, as_json: AsJson = False) -> None:
    """Erase a lead: all its scores and outcomes, in the database and in the spool."""
    if not lead_id.strip():
        raise StoreError("No lead has an empty key. Name the CRM's key of the lead, as it was scored.")
    with _open_store(models, config) as (store, _):
        erased = store.erase(lead_id)
        store.note("lead erased", actor=ACTOR, lead_id=lead_id, **asdict(erased))
    if as_json:
        print_json({"lead_id": lead_id, **asdict(erased)})
    elif erased.done:
        waiting = f", and {count(erased.waiting, 'record')} on the way to the database" if erased.waiting else ""
        console.out.print(f"Erased: {count(erased.scores, 'score')} and {count(erased.outcomes, 'outcome')}{waiting}.")
    else:
        console.out.print("The database is away. The lead is erased there as soon as a server or another command reaches it.")


@app.command("export")
@print_errors
def export(lead_id: LeadId, models: Models = MODELS, config: StoreConfig = None) -> None:
    """Print everything that is stored about a lead as JSON: what a person may ask to see."""
    from predictor.store.lead_file import make_lead_file

    with _open_store(models, config) as (store, settings):
        history = store.read_lead(lead_id)
        number = {"scores": len(history.scores), "reports": len(history.reports)}
        if not any(number.values()):
            raise StoreError("Nothing is stored about this lead. Name the CRM's key of the lead, as it was scored.")
        store.note("lead exported", actor=ACTOR, lead_id=lead_id, **number)
    print_json(make_lead_file(lead_id, history, timezone=settings.data.timezone))


@app.command("audit")
@print_errors
def audit(models: Models = MODELS, config: StoreConfig = None, *, as_json: AsJson = False) -> None:
    """List who exported, erased, promoted, set rules or changed keys, and when; a lead is named by its hash."""
    from predictor.store.lead_file import to_json_value

    with _open_store(models, config) as (store, _):
        entries = store.load_audit().to_dict("records")
    rows = [{str(name): to_json_value(value) for name, value in entry.items()} for entry in entries]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        details = {"lead": row["lead_key"][:12]} if row["lead_key"] else {}
        facts = ", ".join(f"{name}: {value}" for name, value in (details | (row["details"] or {})).items())
        console.out.print(f"{row['at'][:19]}  {row['action']:18} {row['actor']:24} {console.escape(facts)}")
    if not rows:
        console.out.print("The audit log is empty.")


@app.command("expire")
@print_errors
def expire(
    days: Annotated[float | None, typer.Option(help="Days to keep; without it, store.retention_days.")] = None,
    models: Models = MODELS,
    config: StoreConfig = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Delete scores and outcomes that are older than a number of days."""
    if days is not None and not 0 < days <= MOST_DAYS:
        raise SettingsError(f"--days must be above 0 and at most {MOST_DAYS}, but is {days:g}. Name the days to keep.")
    with _open_store(models, config) as (store, settings):
        days_kept = settings.store.retention_days if days is None else days
        if days is None and not days_kept:
            text = "store.retention_days is 0: everything is kept. Name --days, or set store.retention_days."
            raise SettingsError(text)
        store.drain()
        deleted = store.database.expire(datetime.now(UTC) - timedelta(days=days_kept))
    if as_json:
        print_json({"days": days_kept, "deleted": deleted})
        return
    console.out.print(f"{count(deleted, 'row')} older than {days_kept:g} days deleted.")


@contextmanager
def _open_store(models: Path, config: Path | None) -> Iterator[tuple[Store, Settings]]:
    """The store that the settings name, otherwise the one beside the bundles; and its settings."""
    settings = load_settings(config) if config is not None else make_settings()
    store = open_store(models, config)
    if not store.exists:
        file = store.database.file
        raise StoreError(f"There is no store at '{file}'. Name the folder of bundles with --models, or the settings with -c.")
    try:
        yield store, settings
    finally:
        store.close()
