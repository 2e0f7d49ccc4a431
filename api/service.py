"""What a running server holds: the scorer and the store, or the reason why it has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from api.errors import LOG, NO_MODEL, RefusalError
from predictor.bundle import find_champion
from predictor.config_sections import StoreSettings
from predictor.errors import BundleError, StoreError, count
from predictor.score import Scorer
from predictor.store import Answered, Store


@dataclass(frozen=True)
class Service:
    """A scorer, and where its answers are kept."""

    scorer: Scorer
    store: Store

    @property
    def timezone(self) -> str:
        """The zone of moments that carry none: that of the training data."""
        return self.scorer.settings.data.timezone

    def keep(self, given: Sequence[Answered], scored_at: datetime) -> None:
        """Keep answers before they go out: a line in a file each. Where that fails it is logged, without the leads."""
        try:
            self.store.save_scores(given, scored_at=scored_at, model=self.scorer.version)
        except StoreError as error:
            LOG.error("%s not stored. %s", count(len(given), "score"), error)


def open_service(models: Path | None, bundle: Path | None, store: StoreSettings) -> Service | str:
    """The service of a bundle; or, where there is none that can serve, why.

    Args:
        models: The folder whose champion serves.
        bundle: A bundle that serves whatever the champion is.
        store: Where scores and outcomes are kept; what it does not name is beside the bundles.

    Raises:
        StoreError: The URL of the store cannot be used at all.
    """
    models = models or (bundle.absolute().parent if bundle else Path("models"))
    try:
        scorer = Scorer.load(bundle or find_champion(models))
    except BundleError as error:
        return str(error)
    return Service(scorer, Store.open(store, models))


async def get_service(request: Request) -> Service:
    """The service of the app that was asked.

    Raises:
        RefusalError: 503, it has no model.
    """
    service: Service | str = request.app.state.service
    if isinstance(service, str):
        raise RefusalError(503, NO_MODEL, f"This server has no model and scores nothing. {service} Then start the server again.")
    return service


Served = Annotated[Service, Depends(get_service)]
