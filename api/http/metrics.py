"""Figures for a monitor, in the format of Prometheus; their labels hold nothing of a lead."""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from predictor.scoring.answer import Decision

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS = frozenset({"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"})


class Metrics:
    """What a server counts while it runs."""

    def __init__(self) -> None:
        """Everything stands at zero."""
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "predictor_requests", "Requests that were answered.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "predictor_request_seconds", "Seconds that answering took.", ["route"], buckets=_SECONDS, registry=registry
        )
        self._scores = Counter("predictor_scores", "Leads that were scored, by what to do.", ["decision"], registry=registry)
        self._refused = Counter(
            "predictor_leads_refused", "Leads that could not be scored, by code.", ["code"], registry=registry
        )
        self._ready = Gauge("predictor_ready", "1 where a model serves, else 0.", registry=registry)
        self._model = Gauge(
            "predictor_model_info", "The model that serves.", ["version", "candidate", "trained_through"], registry=registry
        )
        self._waiting = Gauge("predictor_store_waiting_records", "Records that are not in the database yet.", registry=registry)
        self._away = Gauge("predictor_store_away", "1 where the database could not be used, else 0.", registry=registry)
        self._lost = Gauge(
            "predictor_store_lost_scores", "Scores that were answered and could be kept nowhere.", registry=registry
        )
        self._find_request = lru_cache(maxsize=1024)(self._requests.labels)
        self._find_route = lru_cache(maxsize=64)(self._seconds.labels)

    def note_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._find_request(method if method in _METHODS else "other", route, status).inc()
        self._find_route(route).observe(seconds)

    def note_score(self, decision: Decision) -> None:
        """One lead was scored."""
        self._scores.labels(decision).inc()

    def note_refusal(self, code: str) -> None:
        """One lead of a batch could not be scored."""
        self._refused.labels(code).inc()

    def show(self, model: dict[str, str] | None, *, waiting: int, away: bool, lost: int) -> bytes:
        """All of it as Prometheus reads it.

        Args:
            model: Version, candidate and `trained_through` of the model that serves; None where none does.
            waiting: Records that are not in the database yet.
            away: Whether the database could not be used when it was last tried.
            lost: Scores that could be kept nowhere.
        """
        self._ready.set(model is not None)
        self._model.clear()
        if model is not None:
            self._model.labels(**model).set(1)
        self._waiting.set(waiting)
        self._away.set(away)
        self._lost.set(lost)
        return generate_latest(self.registry)
