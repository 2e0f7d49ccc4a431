"""Metrics of a server in the format of Prometheus; no label holds a value of a lead."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from predictor.scoring.answer import Decision

from .worker_metrics import WorkerProcesses, find_folder, make_joined_registry

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS = frozenset({"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"})

_STATES: dict[str, tuple[str, Literal["livemin", "livesum", "livemax", "sum"]]] = {  # name -> text, and how workers are joined
    "ready": ("1 if a model serves, else 0.", "livemin"),
    "store_waiting_records": ("Records that are not in the database yet.", "livesum"),
    "store_away": ("1 if the database could not be used, else 0.", "livemax"),
    "store_lost_scores": ("Scores that were answered but could not be stored.", "sum"),
    "webhooks_waiting": ("Messages that their receiver has not taken yet.", "livemax"),  # all workers see the same ones
    "webhooks_oldest_seconds": ("Age of the oldest message that waits; 0 if none does.", "livemax"),
}
_EVENTS = {
    "webhooks_sent": "Messages that their receiver has taken.",
    "webhooks_failed": "Attempts to send a message that its receiver did not take.",
    "webhooks_given_up": "Messages that are not sent any more, because their receiver never took them.",
}


class Metrics:
    """The counters of a running server. Where it has several worker processes, they are the sums over all of them."""

    def __init__(self, list_figures: Callable[[], Mapping[str, float]] = dict) -> None:
        """All counters start at zero.

        Args:
            list_figures: Gives the figures of the monitor, by name; see `predictor.store.monitor.figures`.
        """
        self._folder = find_folder()
        self._registry = registry = CollectorRegistry()
        self._own = CollectorRegistry()
        self._model = _ModelInfo()
        self._own.register(self._model)
        self._own.register(_MonitorFigures(list_figures))
        self._own.register(WorkerProcesses(self._folder) if self._folder else ProcessCollector(registry=None))
        self._requests = Counter(
            "predictor_requests", "Requests that were answered.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "predictor_request_seconds", "Seconds it took to answer.", ["route"], buckets=_SECONDS, registry=registry
        )
        self._scores = Counter("predictor_scores", "Leads that were scored, by decision.", ["decision"], registry=registry)
        self._refused = Counter(
            "predictor_leads_refused", "Leads that could not be scored, by code.", ["code"], registry=registry
        )
        self._states = {
            name: Gauge(f"predictor_{name}", text, registry=registry, multiprocess_mode=mode)
            for name, (text, mode) in _STATES.items()
        }
        self._events = {name: Counter(f"predictor_{name}", text, registry=registry) for name, text in _EVENTS.items()}
        self._counted, self._counting = dict.fromkeys(_EVENTS, 0), threading.Lock()
        self._request_labels = lru_cache(maxsize=1024)(self._requests.labels)
        self._route_labels = lru_cache(maxsize=64)(self._seconds.labels)

    @property
    def is_joined(self) -> bool:
        """Whether several worker processes share the metrics, so that each must keep its states up to date."""
        return self._folder is not None

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._request_labels(method if method in _METHODS else "other", route, status).inc()
        self._route_labels(route).observe(seconds)

    def count_score(self, decision: Decision) -> None:
        """Count a lead that was scored."""
        self._scores.labels(decision).inc()

    def count_refusal(self, code: str) -> None:
        """Count a lead of a batch that could not be scored."""
        self._refused.labels(code).inc()

    def update(self, model: Mapping[str, str] | None, states: Mapping[str, float], events: Mapping[str, int]) -> None:
        """Take over what this process knows now.

        Args:
            model: Version, candidate and `trained_through` of the model that serves; None without one.
            states: Name -> value, of `_STATES` but `ready`.
            events: Name -> how many there were since the process started, of `_EVENTS`.
        """
        self._model.labels = model
        for name, value in {"ready": float(model is not None), **states}.items():
            self._states[name].set(value)
        with self._counting:
            for name, number in events.items():
                self._events[name].inc(number - self._counted[name])
                self._counted[name] = number

    def format(self) -> bytes:
        """All metrics as Prometheus reads them."""
        counted = self._registry if self._folder is None else make_joined_registry(self._folder)
        return generate_latest(counted) + generate_latest(self._own)


class _ModelInfo:
    """The model that serves, as labels of a metric.

    Attributes:
        labels: Name -> text; None without a model.
    """

    def __init__(self) -> None:
        self.labels: Mapping[str, str] | None = None

    def collect(self) -> Iterator[Metric]:
        """The metric, as Prometheus's client asks for it."""
        if self.labels is not None:
            family = GaugeMetricFamily("predictor_model_info", "The model that serves.", labels=list(self.labels))
            family.add_metric(list(self.labels.values()), 1)
            yield family


class _MonitorFigures:
    """What the monitor said last, a gauge a figure; none before it was computed."""

    def __init__(self, list_figures: Callable[[], Mapping[str, float]]) -> None:
        self._list_figures = list_figures

    def collect(self) -> Iterator[Metric]:
        """The metrics, as Prometheus's client asks for them."""
        if figures := self._list_figures():
            from predictor.store.monitor.figures import FIGURES  # noqa: PLC0415  a server that nobody asks needs none of it

            texts = {**FIGURES, "timestamp_seconds": "When these figures were computed."}
            for name, figure in figures.items():
                yield GaugeMetricFamily(f"predictor_monitor_{name}", texts[name], value=figure)
