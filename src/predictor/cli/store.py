"""The commands about the store of scores and outcomes: erase a lead, delete what is too old."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from predictor.cli import console
from predictor.cli.options import MODELS, AsJson, Models, StoreConfig, in_words, print_json
from predictor.core.errors import SettingsError, StoreError, count
from predictor.core.settings import load_settings, make_settings
from predictor.core.settings_sections import MOST_DAYS

if TYPE_CHECKING:
    from predictor.core.settings_sections import StoreSettings
    from predictor.store.store import Store

app = typer.Typer(no_args_is_help=True, help="The store of scores and outcomes: erase a lead, delete what is too old.")


@app.command("erase")
@in_words
def erase(
    lead_id: Annotated[str, typer.Argument(help="The CRM's key, as it was scored.")],
    models: Models = MODELS,
    config: StoreConfig = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Erase a lead: every score and every outcome of it, in the database and in the spool."""
    if not lead_id.strip():
        raise StoreError("No lead has an empty key. Name the CRM's key, as it was scored.")
    with _open_store(models, config) as (store, _):
        erased = store.erase(lead_id)
    if as_json:
        print_json({"lead_id": lead_id, **asdict(erased)})
    elif erased.done:
        waiting = f", and {count(erased.waiting, 'record')} that waited" if erased.waiting else ""
        console.out.print(f"Erased: {count(erased.scores, 'score')} and {count(erased.outcomes, 'outcome')}{waiting}.")
    else:
        console.out.print("The database is away. The lead is erased there as soon as a server or another command reaches it.")


@app.command("expire")
@in_words
def expire(
    days: Annotated[float | None, typer.Option(help="Keep so many days; without it, those of store.retention_days.")] = None,
    models: Models = MODELS,
    config: StoreConfig = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Delete scores and outcomes that were stored before so many days."""
    if days is not None and not 0 < days <= MOST_DAYS:
        raise SettingsError(f"--days must be above 0 and at most {MOST_DAYS}, but is {days:g}. Name how many days to keep.")
    with _open_store(models, config) as (store, settings):
        kept = settings.retention_days if days is None else days
        if days is None and not kept:
            text = "store.retention_days is 0: nothing is ever too old. Name --days, or set store.retention_days."
            raise SettingsError(text)
        store.drain()
        deleted = store.database.expire(datetime.now(UTC) - timedelta(days=kept))
    if as_json:
        print_json({"days": kept, "deleted": deleted})
        return
    console.out.print(f"{count(deleted, 'row')} older than {kept:g} days deleted.")


@contextmanager
def _open_store(models: Path, config: Path | None) -> Iterator[tuple[Store, StoreSettings]]:
    """The store that the settings name, or that beside the bundles, and its settings."""
    from predictor.store.store import Store

    settings = load_settings(config) if config is not None else make_settings()
    section = settings.store.start_from(settings.folder) if config is not None else settings.store
    store = Store.open(section, models)
    if not store.is_there:
        where = store.database.file
        raise StoreError(f"There is no store at '{where}'. Name the folder of bundles with --models, or the settings with -c.")
    try:
        yield store, section
    finally:
        store.close()
