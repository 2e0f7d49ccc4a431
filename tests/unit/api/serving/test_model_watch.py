"""Champions that change while a server runs, and bundles that cannot serve."""

import errno
import json
import logging
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from unit.api.conftest import read_rows, refresh, score

from api.app import create_app
from api.serving import model_watch
from predictor.core.settings import make_settings
from predictor.scoring.bundle.registry import challenge, promote, rollback
from predictor.scoring.scorer import Scorer


def test_a_new_champion_and_a_rollback_serve_without_a_restart(client, models, second, lead):
    assert score(client, lead)["model"]["version"] == "small"
    promote(models, second.name)
    assert refresh(client)["model"]["version"] == "second"
    assert (score(client, lead)["model"]["version"], score(client, lead)["threshold"]) == ("second", 1.0)
    rollback(models)
    assert refresh(client)["model"]["version"] == "small"
    assert score(client, lead)["model"]["version"] == "small"
    assert [row["model"] for row in read_rows(client)] == ["small", "second", "second", "small"]


def test_a_request_ends_with_the_champion_it_began_with(client, models, second, lead, monkeypatch):
    service = client.app.state.service
    score_leads = service.scorer.score_leads

    def replace_meanwhile(*args, **kwargs):
        promote(models, second.name)
        client.app.state.watch.refresh()
        return score_leads(*args, **kwargs)

    monkeypatch.setattr(service.scorer, "score_leads", replace_meanwhile)
    assert score(client, lead)["model"]["version"] == "small"
    assert score(client, lead)["model"]["version"] == "second"
    assert [row["model"] for row in read_rows(client)] == ["small", "second"]


def test_a_champion_that_fails_its_check_is_refused_and_the_old_one_keeps_serving(client, models, second, lead, caplog):
    promote(models, second.name)
    whole = (second / "threshold.json").read_text()
    (second / "threshold.json").write_text("{}")
    with caplog.at_level(logging.ERROR, "api"):
        ready = refresh(client)
    assert ready["model"]["version"] == "small"
    [reason] = ready["refused"]
    assert reason.startswith("Bundle 'second' does not agree with its manifest: 'threshold.json' altered. Copy the bundle again")
    assert "Refused, 'small' keeps serving: Bundle 'second' does not agree with its manifest" in caplog.text
    assert score(client, lead)["model"]["version"] == "small"
    (second / "threshold.json").write_text(whole)
    ready = refresh(client)
    assert (ready["model"]["version"], ready["refused"]) == ("second", [])


def test_a_champion_that_does_not_replay_its_golden_rows_is_refused(client, models, files, save_files):
    golden = [json.loads(line) for line in files["golden.jsonl"].splitlines()]
    golden[0]["probability"] /= 2
    save_files(models, "other", files | {"golden.jsonl": "".join(json.dumps(row) + "\n" for row in golden)})
    promote(models, "other")
    ready = refresh(client)
    assert ready["model"]["version"] == "small"
    assert "Bundle 'other' gives" in ready["refused"][0]


@pytest.mark.parametrize(
    ("harm", "match"),
    [
        ({"golden.jsonl": "[" * 200_000}, "cannot be used: maximum recursion depth"),
        ({"features.json": "[" * 200_000}, "cannot be used: maximum recursion depth"),
        ({"metrics.json": '{"champion": "logistic", "fit": {}, "horizon_days": 30}'}, "cannot be used: 'through'"),
        (
            {"metrics.json": '{"champion": "logistic", "fit": {"through": 7}, "horizon_days": 30}'},
            "must be a date or null, but is 7",
        ),
        (
            {"metrics.json": '{"champion": "logistic", "fit": {"through": null}, "horizon_days": NaN}'},
            "finite number or null, but is nan",
        ),
        (
            {"threshold.json": '{"recommended": {"threshold": NaN}, "table": {}}'},
            "the threshold must be a finite number, but is nan",
        ),
    ],
)
def test_a_champion_that_could_not_answer_is_refused_with_a_text(serve, models, files, save_files, harm, match):
    client = serve(models)
    save_files(models, "harmed", files | harm)
    promote(models, "harmed")
    ready = refresh(client)
    assert ready["model"]["version"] == "small"
    [reason] = ready["refused"]
    assert "Bundle 'harmed'" in reason
    assert match in reason
    assert match in serve(models).get("/health/ready").json()["error"]["text"]


def test_a_deleted_champion_keeps_serving_from_memory(client, models, lead):
    shutil.rmtree(models / "small")
    ready = refresh(client)
    assert ready["model"]["version"] == "small"
    assert "The champion 'small' is not in" in ready["refused"][0]
    assert score(client, lead)["model"]["version"] == "small"


def test_a_server_without_a_champion_is_ready_as_soon_as_there_is_one(serve, models, tmp_path, lead):
    later = tmp_path / "later"
    client = serve(later)
    assert client.get("/health/ready").status_code == 503
    shutil.copytree(models, later)
    assert refresh(client)["model"]["version"] == "small"
    assert score(client, lead)["model"]["version"] == "small"
    assert len(read_rows(client)) == 1


def test_a_running_server_notices_a_new_champion_by_itself(models, second):
    settings = make_settings({"serve": {"watch_s": 0.01}})
    with TestClient(create_app(models, serve=settings.serve)) as client:
        promote(models, second.name)
        while client.get("/health/ready").json()["model"]["version"] != "second":
            pass
    assert not client.app.state.watch._thread.is_alive()


def test_a_fixed_bundle_serves_whatever_the_champion(serve, models, second):
    client = serve(bundle=models / "small")
    promote(models, second.name)
    challenge(models, "small")
    ready = refresh(client)
    assert (ready["model"]["version"], ready["challenger"]) == ("small", None)


@pytest.fixture
def unreadable(monkeypatch):
    """A context in which no file of a bundle can be read; refused bundles are tried again at the next refresh."""

    @contextmanager
    def fail():
        with monkeypatch.context() as patched:
            patched.setattr(Path, "read_bytes", refuse)
            yield

    def refuse(_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(model_watch, "_RETRY_S", 0.0)
    return fail


def test_a_bundle_that_the_system_could_not_read_is_tried_again(client, models, second, unreadable, caplog):
    promote(models, second.name)
    with unreadable(), caplog.at_level(logging.ERROR, "api"):
        assert [refresh(client)["model"]["version"] for _ in range(3)] == ["small"] * 3
    assert caplog.text.count("Refused, 'small' keeps serving: The manifest of bundle 'second' cannot be read") == 1
    ready = refresh(client)
    assert (ready["model"]["version"], ready["refused"]) == ("second", [])


def test_a_server_that_could_not_read_its_first_bundle_serves_as_soon_as_it_can(serve, models, lead, unreadable):
    with unreadable():
        client = serve(models)
        assert client.get("/health/ready").status_code == 503
    assert refresh(client)["model"]["version"] == "small"
    assert score(client, lead)["model"]["version"] == "small"


def test_a_refused_bundle_is_not_tried_at_each_refresh(client, models, second, monkeypatch):
    promote(models, second.name)
    (second / "threshold.json").write_text("{}")
    tried, load = [], Scorer.load
    monkeypatch.setattr(Scorer, "load", lambda place: tried.append(place.name) or load(place))
    assert [refresh(client)["model"]["version"] for _ in range(3)] == ["small"] * 3
    assert tried == ["second"]
