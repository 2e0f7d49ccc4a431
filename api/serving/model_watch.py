"""The watch: sees that another bundle is named, checks it, and lets it serve in place of the one before."""

from __future__ import annotations

import math
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from predictor.core.errors import BundleError
from predictor.core.settings_sections import ServeSettings
from predictor.scoring.bundle.registry import find_challenger, find_champion, mark_bundles
from predictor.scoring.scorer import Scorer
from predictor.store.store import Store

from ..http.errors import LOG
from .service import Service

_AGAIN_S = 30.0


class ModelWatch:
    """Keeps a server answering with the champion of a folder, whichever that is.

    A new champion takes the place of the old one in a single assignment, once it is loaded and has passed its check; a request
    that is being answered ends with the one it began with. One that fails is told of, and the old one serves on.

    Attributes:
        store: Where all of them keep their answers.
        service: What answers now; or why nothing can.
    """

    def __init__(
        self, models: Path, store: Store, settings: ServeSettings, *, bundle: Path | None, swap: Callable[[Service | str], None]
    ) -> None:
        """Look once; `start` goes on looking.

        Args:
            models: The folder of bundles.
            store: Where answers are kept.
            settings: How often to look, and how many leads go to sales by lot.
            bundle: A bundle that serves whatever the champion is; None for the champion.
            swap: Takes what answers from now on.
        """
        self.store, self.service = store, "Nothing has been looked at yet."
        self._models, self._settings, self._bundle, self._swap = models, settings, bundle, swap
        self._marks: object = None
        self._again = math.inf  # when to try what could not serve once more, for it may have been the system that failed
        self._loaded: dict[Path, tuple[object, Scorer]] = {}
        self._stopping, self._thread = threading.Event(), threading.Thread(target=self._run, name="watch", daemon=True)
        self.look()

    service: Service | str

    def start(self) -> None:
        """Look again and again, in the background; a bundle that was named for good is not looked for."""
        if self._bundle is None:
            self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """See whether another bundle is named, or one that is named has changed; where nothing has, a few files were asked."""
        try:
            marks: object = mark_bundles(self._models)
        except Exception as error:  # noqa: BLE001  whatever is in those files, what serves goes on
            marks = _tell(error)
        if marks == self._marks and time.monotonic() < self._again:
            return
        self._marks = marks
        self.service = self._choose()
        self._swap(self.service)

    def _choose(self) -> Service | str:
        before = self.service if isinstance(self.service, Service) else None
        self._again = math.inf
        refused: list[str] = []
        champion = self._load(lambda: self._bundle or find_champion(self._models), refused)
        challenger = None if self._bundle else self._load(lambda: find_challenger(self._models), refused)
        scorer = champion or (before.scorer if before else None)
        if scorer is None:
            if self.service != refused[0]:
                LOG.warning("Not ready: %s", refused[0])
            return refused[0]
        for reason in refused:
            if before is None or reason not in before.refused:
                LOG.error("Refused, '%s' serves on: %s", scorer.version, reason)
        if before is not None and scorer is not before.scorer:
            LOG.warning("'%s' serves in place of '%s'.", scorer.version, before.scorer.version)
        self._loaded = {place: held for place, held in self._loaded.items() if held[1] in {scorer, challenger}}
        return Service(scorer, self.store, challenger, self._settings.explore_rate, tuple(refused))

    def _load(self, find: Callable[[], Path | None], refused: list[str]) -> Scorer | None:
        """The scorer of a bundle, the one that is loaded already where no file of it has changed; None where there is none."""
        try:
            place = find()
            if place is None:
                return None
            marks = tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in sorted(place.glob("*")))
            known = self._loaded.get(place)
            if known is None or known[0] != marks:
                self._loaded[place] = (marks, Scorer.load(place))
            return self._loaded[place][1]
        except Exception as error:  # noqa: BLE001  whatever is in its files, the one before serves on
            self._again = time.monotonic() + _AGAIN_S
            refused.append(_tell(error))
            return None

    def _run(self) -> None:
        while not self._stopping.wait(self._settings.watch_s):
            try:
                self.look()
            except Exception as error:  # noqa: BLE001  a fault of ours must not end the watch
                trace = "".join(traceback.format_tb(error.__traceback__))
                LOG.error("%s while looking for another champion\n%s", type(error).__name__, trace)


def _tell(error: Exception) -> str:
    """Why a bundle cannot serve."""
    return str(error) if isinstance(error, (BundleError, OSError)) else f"The bundle cannot be read: {type(error).__name__}."
