"""The monitor of a server: of a large store it is computed now and then, and what was computed last is the answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from predictor.core.errors import PredictorError
from predictor.core.settings_sections import AgreementSettings

from ..error_codes import LOG
from .service import Service

if TYPE_CHECKING:
    from predictor.store.monitor.monitor import Monitored

_QUICK_S = 3.0  # what takes no longer is computed for each request
_SHARE = 20.0  # anything else is kept for so many times as long as it took
_END_S = 15.0
_LOOK_S, _OLD_S = 30.0, 900.0  # between looks whether the figures are wanted, and their age at which they are computed again


@dataclass(frozen=True)
class _Kept:
    model: str
    monitored: Monitored
    made_at: float
    took_s: float


class KeptMonitor:
    """Computes the monitor, in the thread that asks or in one of its own, one at a time."""

    def __init__(self, find_service: Callable[[], Service | str], find_agreement: Callable[[], AgreementSettings]) -> None:
        """Computes nothing yet.

        Args:
            find_service: What serves now, or why nothing does.
            find_agreement: What sales and marketing have agreed on.
        """
        self._find_service, self._find_agreement = find_service, find_agreement
        self._computing, self._stopping, self._wanted = threading.Lock(), threading.Event(), threading.Event()
        self._kept: _Kept | None = None
        self._thread: threading.Thread | None = None

    def read(self, service: Service) -> Monitored:
        """The monitor of the model that serves; while another thread computes it, the last one.

        Raises:
            StoreError: The database cannot be read.
        """
        kept = self._kept if self._kept is not None and self._kept.model == service.scorer.version else None
        if kept is not None and kept.took_s > _QUICK_S and time.monotonic() - kept.made_at < _SHARE * kept.took_s:
            return kept.monitored
        if not self._computing.acquire(blocking=kept is None):
            return kept.monitored if kept is not None else self._compute(service)
        try:
            return self._compute(service)
        finally:
            self._computing.release()

    def list_figures(self) -> dict[str, float]:
        """The figures that were computed last, and the moment as `timestamp_seconds`; they are kept up to date from now on."""
        self._wanted.set()
        kept = self._kept
        if kept is None:
            return {}
        from predictor.store.monitor.figures import compute_figures  # noqa: PLC0415  a server that nobody asks needs none of it

        return {**compute_figures(kept.monitored), "timestamp_seconds": kept.monitored.until.timestamp()}

    def start(self) -> None:
        """Keep the figures up to date, as soon as somebody has asked for them."""
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after what it computes."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_END_S)

    def update(self) -> None:
        """Compute the monitor where the last one is old or of another model; without a model or a database nothing happens."""
        service, kept = self._find_service(), self._kept
        if isinstance(service, str):
            return
        if kept is not None and kept.model == service.scorer.version and time.monotonic() - kept.made_at < _OLD_S:
            return
        with suppress(PredictorError), self._computing:
            self._compute(service)

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            if not self._wanted.is_set():
                continue
            try:
                self.update()
            except Exception as error:  # noqa: BLE001  a bug must not end the thread; its message may quote personal data
                LOG.error("The monitor fails by a bug in this program: %s", type(error).__name__)

    def _compute(self, service: Service) -> Monitored:
        from predictor.store.monitor.monitor import monitor_store  # noqa: PLC0415  likewise

        start, agreement = time.monotonic(), self._find_agreement()
        monitored = monitor_store(service.store.database, service.scorer, now=datetime.now(UTC), agreement=agreement)
        end = time.monotonic()
        self._kept = _Kept(service.scorer.version, monitored, made_at=end, took_s=end - start)
        return monitored
