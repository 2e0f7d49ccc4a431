"""The monitor of a server: computed for each request while that is quick, else now and then."""

import itertools
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.serving import kept_monitor
from api.serving.kept_monitor import KeptMonitor
from predictor.store.monitor import monitor


@pytest.fixture
def computed(monkeypatch):
    """A monitor whose results are numbers, in the order in which they are computed."""
    numbers = itertools.count()
    monkeypatch.setattr(monitor, "monitor_store", lambda *_, **__: next(numbers))
    return KeptMonitor(lambda: "No model serves.", lambda: None)


def make_service(version):
    return SimpleNamespace(scorer=SimpleNamespace(version=version), store=SimpleNamespace(database=None))


def test_what_is_quick_is_computed_for_each_request(computed):
    assert [computed.read(make_service("a")) for _ in range(3)] == [0, 1, 2]


def test_what_takes_long_is_kept_but_not_for_another_model(computed, monkeypatch):
    monkeypatch.setattr(kept_monitor, "_QUICK_S", -1.0)
    monkeypatch.setattr(kept_monitor, "_SHARE", 1e12)
    assert [computed.read(make_service(version)) for version in ("a", "a", "b", "b", "a")] == [0, 0, 1, 1, 2]


def test_nobody_waits_for_what_another_thread_computes(computed):
    assert computed.read(make_service("a")) == 0
    with computed._computing:
        assert computed.read(make_service("a")) == 0


def test_without_a_model_there_are_no_figures(computed):
    computed.update()
    assert computed.list_figures() == {}


def test_metrics_have_the_figures_once_they_are_computed(client, lead):
    assert "predictor_monitor_" not in client.get("/metrics").text
    client.post("/v1/score", json=lead)
    client.app.state.service.store.drain()
    client.app.state.monitor.update()
    families = text_string_to_metric_families(client.get("/metrics").text)
    values = {sample.name: sample.value for family in families for sample in family.samples}
    assert (values["predictor_monitor_act"], values["predictor_monitor_moved_features"]) == (0, 0)
    assert "predictor_monitor_drift_index" not in values  # of one lead nothing can be said
    assert abs(values["predictor_monitor_timestamp_seconds"] - datetime.now(UTC).timestamp()) < 600
