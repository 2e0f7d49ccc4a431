"""Metrics of a server in the format of Prometheus; no label holds a value of a lead."""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from predictor.scoring.answer import Decision

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS = frozenset({"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"})


class Metrics:
    """The counters of a running server."""

    def __init__(self) -> None:
        """All counters start at zero."""
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
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
        self._ready = Gauge("predictor_ready", "1 if a model serves, else 0.", registry=registry)
        self._model = Gauge(
            "predictor_model_info", "The model that serves.", ["version", "candidate", "trained_through"], registry=registry
        )
        self._waiting = Gauge("predictor_store_waiting_records", "Records that are not in the database yet.", registry=registry)
        self._away = Gauge("predictor_store_away", "1 if the database could not be used, else 0.", registry=registry)
        self._lost = Gauge("predictor_store_lost_scores", "Scores that were answered but could not be stored.", registry=registry)
        self._request_labels = lru_cache(maxsize=1024)(self._requests.labels)
        self._route_labels = lru_cache(maxsize=64)(self._seconds.labels)

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

    def format(self, model: dict[str, str] | None, *, waiting: int, away: bool, lost: int) -> bytes:
        """All metrics as Prometheus reads them.

        Args:
            model: Version, candidate and `trained_through` of the model that serves; None without one.
            waiting: Records that are not in the database yet.
            away: Whether the database could not be used at the last try.
            lost: Scores that could not be stored.
        """
        self._ready.set(model is not None)
        self._model.clear()
        if model is not None:
            self._model.labels(**model).set(1)
        self._waiting.set(waiting)
        self._away.set(away)
        self._lost.set(lost)
        return generate_latest(self.registry)
