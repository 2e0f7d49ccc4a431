"""The watch: notices another champion, checks it, and lets it serve in place of the previous one."""

from __future__ import annotations

import math
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from predictor.core.errors import BundleError
from predictor.core.settings_serving import ServeSettings
from predictor.scoring.bundle.decision_rules import find_rule
from predictor.scoring.bundle.registry import find_challenger, find_champion, mark_bundles
from predictor.scoring.scorer import Scorer
from predictor.scoring.threshold_advice import apply_rule
from predictor.store.store import Store

from ..error_codes import LOG
from .service import Service

_RETRY_S = 30.0


class ModelWatch:
    """Keeps a server answering with the current champion of a folder.

    A new champion replaces the old one in a single assignment, after it was loaded and passed its check. A request that is being
    answered ends with the champion it began with. A champion that fails is logged, and the old one keeps serving.

    Attributes:
        store: Where every champion stores its answers.
        models: The folder of bundles.
        service: What answers now, or the reason why nothing can.
    """

    def __init__(
        self, models: Path, store: Store, settings: ServeSettings, *, bundle: Path | None, swap: Callable[[Service | str], None]
    ) -> None:
        """Load the champion; `start` keeps it current.

        Args:
            models: The folder of bundles.
            store: Where answers are stored.
            settings: How often to check, and the share of leads that go to sales at random.
            bundle: A bundle that serves whatever the champion is; None for the champion.
            swap: Called with each new service.
        """
        self.store, self.service = store, "The bundles have not been read yet."
        self.models, self._settings, self._bundle, self._swap = models, settings, bundle, swap
        self._marks: object = None
        self._retry_at = math.inf  # when to try a refused bundle again, because the system may have failed and not the bundle
        self._loaded: dict[Path, tuple[object, Scorer]] = {}
        self._stopping, self._thread = threading.Event(), threading.Thread(target=self._run, name="watch", daemon=True)
        self.refresh()

    service: Service | str

    def start(self) -> None:
        """Keep the champion current in the background; a fixed bundle needs no watch."""
        if self._bundle is None:
            self._thread.start()

    def stop(self) -> None:
        """End the watch."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def refresh(self) -> None:
        """Replace the service if champion, challenger or rule of decision changed; else read only a few files."""
        try:
            marks: object = mark_bundles(self.models)
        except Exception as error:  # noqa: BLE001  whatever is in those files, the service goes on
            marks = _describe_error(error)
        if marks == self._marks and time.monotonic() < self._retry_at:
            return
        self._marks = marks
        self.service = self._make_service()
        self._swap(self.service)

    def _make_service(self) -> Service | str:
        previous = self.service if isinstance(self.service, Service) else None
        self._retry_at = math.inf
        refused: list[str] = []
        champion = self._load_scorer(lambda: self._bundle or find_champion(self.models), refused)
        challenger = None if self._bundle else self._load_scorer(lambda: find_challenger(self.models), refused)
        scorer = self._decide(champion, refused) or (previous.scorer if previous else None)
        if scorer is None:
            if self.service != refused[0]:
                LOG.warning("Not ready: %s", refused[0])
            return refused[0]
        for reason in refused:
            if previous is None or reason not in previous.refused:
                LOG.error("Refused, '%s' keeps serving: %s", scorer.version, reason)
        if previous is not None and scorer.version != previous.scorer.version:
            LOG.warning("'%s' serves in place of '%s'.", scorer.version, previous.scorer.version)
        self._loaded = {place: entry for place, entry in self._loaded.items() if entry[1] in {champion, challenger}}
        return Service(
            scorer=scorer,
            store=self.store,
            challenger=challenger,
            explore_rate=self._settings.explore_rate,
            refused=tuple(refused),
        )

    def _decide(self, champion: Scorer | None, refused: list[str]) -> Scorer | None:
        """The champion with the rule of decision of the folder; None if that does not fit it, with the reason in `refused`."""
        if champion is None:
            return None
        try:
            return apply_rule(champion, find_rule(self.models))
        except BundleError as error:
            refused.append(str(error))
            return None

    def _load_scorer(self, find: Callable[[], Path | None], refused: list[str]) -> Scorer | None:
        """The scorer of a bundle, loaded again only if a file of it changed; None without one, with the reason in `refused`."""
        try:
            place = find()
            if place is None:
                return None
            marks = tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in sorted(place.glob("*")))
            entry = self._loaded.get(place)
            if entry is None or entry[0] != marks:
                self._loaded[place] = (marks, Scorer.load(place))
            return self._loaded[place][1]
        except Exception as error:  # noqa: BLE001  whatever is in its files, the previous one keeps serving
            self._retry_at = time.monotonic() + _RETRY_S
            refused.append(_describe_error(error))
            return None

    def _run(self) -> None:
        while not self._stopping.wait(self._settings.watch_s):
            try:
                self.refresh()
            except Exception as error:  # noqa: BLE001  an error of our own must not end the watch
                trace = "".join(traceback.format_tb(error.__traceback__))
                LOG.error("%s while checking for another champion\n%s", type(error).__name__, trace)


def _describe_error(error: Exception) -> str:
    """Why a bundle cannot serve."""
    return str(error) if isinstance(error, (BundleError, OSError)) else f"The bundle cannot be read: {type(error).__name__}."
