"""Champions that change under a running server, a challenger in their shadow, and leads that go to sales by lot."""

import errno
import json
import logging
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api import champion
from api.app import create_app
from predictor.bundle import promote, rollback
from predictor.challenger import challenge
from predictor.config import make_settings
from predictor.errors import BundleError
from predictor.lot import draw_lot
from predictor.score import Scorer


@pytest.fixture
def second(models, files, save_files):
    """A second bundle beside the champion, whose threshold nobody reaches."""
    threshold = json.loads(files["threshold.json"])
    threshold["recommended"]["threshold"] = 1.0
    golden = [json.loads(line) | {"decision": "nurture"} for line in files["golden.jsonl"].splitlines()]
    changed = {"threshold.json": json.dumps(threshold), "golden.jsonl": "".join(json.dumps(row) + "\n" for row in golden)}
    save_files(models, "second", files | changed)
    return models / "second"


def look(client):
    client.app.state.watch.look()
    return client.get("/health/ready").json()


def ask(client, lead):
    response = client.post("/v1/score", json=lead)
    assert response.status_code == 200, response.text
    return response.json()


def read_rows(client):
    return client.app.state.service.store.load_scores().to_dict("records")


def test_a_new_champion_serves_without_a_restart_and_so_does_the_old_one_again(client, models, second, lead):
    assert ask(client, lead)["model"]["version"] == "small"
    promote(models, second.name)
    assert look(client)["model"]["version"] == "second"
    assert (ask(client, lead)["model"]["version"], ask(client, lead)["threshold"]) == ("second", 1.0)
    rollback(models)
    assert look(client)["model"]["version"] == "small"
    assert ask(client, lead)["model"]["version"] == "small"
    assert [row["model"] for row in read_rows(client)] == ["small", "second", "second", "small"]


def test_a_request_ends_with_the_champion_it_began_with(client, models, second, lead, monkeypatch):
    service = client.app.state.service
    score_leads = service.scorer.score_leads

    def replace_meanwhile(*args, **kwargs):
        promote(models, second.name)
        client.app.state.watch.look()
        return score_leads(*args, **kwargs)

    monkeypatch.setattr(service.scorer, "score_leads", replace_meanwhile)
    assert ask(client, lead)["model"]["version"] == "small"
    assert ask(client, lead)["model"]["version"] == "second"
    assert [row["model"] for row in read_rows(client)] == ["small", "second"]


def test_a_champion_that_fails_its_check_is_refused_and_the_old_one_serves_on(client, models, second, lead, caplog):
    promote(models, second.name)
    whole = (second / "threshold.json").read_text()
    (second / "threshold.json").write_text("{}")
    with caplog.at_level(logging.ERROR, "api"):
        ready = look(client)
    assert ready["model"]["version"] == "small"
    [reason] = ready["refused"]
    assert reason.startswith("Bundle 'second' does not agree with its manifest: 'threshold.json' altered. Copy the bundle again")
    assert "Refused, 'small' serves on: Bundle 'second' does not agree with its manifest" in caplog.text
    assert ask(client, lead)["model"]["version"] == "small"
    (second / "threshold.json").write_text(whole)
    ready = look(client)
    assert (ready["model"]["version"], ready["refused"]) == ("second", [])


def test_a_champion_that_answers_otherwise_than_at_its_training_is_refused(client, models, files, save_files):
    golden = [json.loads(line) for line in files["golden.jsonl"].splitlines()]
    golden[0]["probability"] /= 2
    save_files(models, "other", files | {"golden.jsonl": "".join(json.dumps(row) + "\n" for row in golden)})
    promote(models, "other")
    ready = look(client)
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
def test_a_champion_that_could_not_answer_is_refused_in_words(serve, models, files, save_files, harm, match):
    client = serve(models)
    save_files(models, "harmed", files | harm)
    promote(models, "harmed")
    ready = look(client)
    assert ready["model"]["version"] == "small"
    [reason] = ready["refused"]
    assert "Bundle 'harmed'" in reason
    assert match in reason
    assert match in serve(models).get("/health/ready").json()["error"]["text"]


def test_a_champion_that_is_gone_serves_on_from_memory(client, models, lead):
    shutil.rmtree(models / "small")
    ready = look(client)
    assert ready["model"]["version"] == "small"
    assert "The champion 'small' is not in" in ready["refused"][0]
    assert ask(client, lead)["model"]["version"] == "small"


def test_a_server_without_a_champion_is_ready_as_soon_as_there_is_one(serve, models, tmp_path, lead):
    later = tmp_path / "later"
    client = serve(later)
    assert client.get("/health/ready").status_code == 503
    shutil.copytree(models, later)
    assert look(client)["model"]["version"] == "small"
    assert ask(client, lead)["model"]["version"] == "small"
    assert len(read_rows(client)) == 1


def test_a_running_server_looks_by_itself(models, second):
    settings = make_settings({"serve": {"watch_s": 0.01}})
    with TestClient(create_app(models, serve=settings.serve)) as client:
        promote(models, second.name)
        while client.get("/health/ready").json()["model"]["version"] != "second":
            pass
    assert not client.app.state.watch._thread.is_alive()


def test_a_bundle_that_was_named_for_good_stays_whatever_the_champion(serve, models, second):
    client = serve(bundle=models / "small")
    promote(models, second.name)
    challenge(models, "small")
    ready = look(client)
    assert (ready["model"]["version"], ready["challenger"]) == ("small", None)


def test_a_challenger_scores_in_the_shadow(client, models, second, lead):
    challenge(models, second.name)
    assert look(client)["challenger"] == "second"
    answer = ask(client, lead)
    assert (answer["model"]["version"], answer["decision"]) == ("small", "route_to_sales")
    [row] = read_rows(client)
    assert (row["model"], row["challenger"]) == ("small", "second")
    assert row["challenger_probability"] == row["probability"] == answer["probability"]
    challenge(models, None)
    assert look(client)["challenger"] is None
    ask(client, lead)
    assert [row["challenger"] == "second" for row in read_rows(client)] == [True, False]


def test_a_challenger_that_became_champion_challenges_no_more(client, models, second):
    challenge(models, second.name)
    promote(models, second.name)
    ready = look(client)
    assert (ready["model"]["version"], ready["challenger"]) == ("second", None)


def test_a_challenger_that_fails_costs_no_answer(client, models, second, lead, monkeypatch, caplog):
    def fail(*_, **__):
        raise RuntimeError("jane.doe@example.com")

    challenge(models, second.name)
    look(client)
    monkeypatch.setattr(client.app.state.service.challenger, "score_leads", fail)
    with caplog.at_level(logging.ERROR, "api"):
        ask(client, lead)
    [row] = read_rows(client)
    assert row["challenger"] == "second"
    assert row["challenger_probability"] != row["challenger_probability"]
    assert "The challenger failed with 1 lead: RuntimeError" in caplog.text
    assert "jane" not in caplog.text


def test_a_challenger_that_is_broken_is_refused_and_the_champion_serves(client, models, second):
    challenge(models, second.name)
    (second / "features.json").write_text("{}")
    ready = look(client)
    assert (ready["model"]["version"], ready["challenger"]) == ("small", None)
    assert "Bundle 'second' does not agree with its manifest" in ready["refused"][0]


def test_what_challenges_must_be_there_and_whole_and_another(models, second):
    with pytest.raises(BundleError, match="There is no bundle 'third'"):
        challenge(models, "third")
    with pytest.raises(BundleError, match="'small' is the champion, and cannot challenge itself"):
        challenge(models, "small")
    (second / "features.json").write_text("{}")
    with pytest.raises(BundleError, match=r"'features\.json' altered"):
        challenge(models, "second")


def test_a_share_of_the_leads_below_the_threshold_goes_to_sales_by_lot(serve, models, second, lead):
    promote(models, second.name)
    client = serve(models, serve=make_settings({"serve": {"explore_rate": 0.3}}).serve)
    leads = [lead | {"lead_id": f"A{number}"} for number in range(200)]
    answers = client.post("/v1/score/batch", json={"leads": leads}, params={"reasons": 0}).json()["answers"]
    chosen = {answer["lead_id"] for answer in answers if answer["explore"]}
    assert chosen == {answer["lead_id"] for answer in answers if draw_lot(answer["lead_id"]) < 0.3}
    assert 40 <= len(chosen) <= 80
    for answer in answers:
        assert answer["probability"] < answer["threshold"]
        assert answer["decision"] == ("route_to_sales" if answer["explore"] else "nurture")
    for row in read_rows(client):
        assert row["explore"] == (row["lead_id"] in chosen)
        assert (row["decision"] == "route_to_sales") == row["explore"]
        assert row["explore_rate"] == 0.3


def test_no_lot_is_drawn_of_leads_that_the_model_routes_nor_without_a_rate(serve, models, second, lead):
    client = serve(models, serve=make_settings({"serve": {"explore_rate": 0.999}}).serve)
    assert (ask(client, lead)["decision"], ask(client, lead)["explore"]) == ("route_to_sales", False)
    assert {row["explore_rate"] for row in read_rows(client) if row["explore_rate"] == row["explore_rate"]} == set()
    promote(models, second.name)
    client = serve(models)
    assert (ask(client, lead)["decision"], ask(client, lead)["explore"]) == ("nurture", False)


@pytest.fixture
def unreadable(monkeypatch):
    """While the system gives no file of a bundle; what could not serve is tried again at the next look."""

    @contextmanager
    def fail():
        with monkeypatch.context() as patched:
            patched.setattr(Path, "read_bytes", refuse)
            yield

    def refuse(_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(champion, "_AGAIN_S", 0.0)
    return fail


def test_a_bundle_that_the_system_could_not_read_is_tried_again(client, models, second, unreadable, caplog):
    promote(models, second.name)
    with unreadable(), caplog.at_level(logging.ERROR, "api"):
        assert [look(client)["model"]["version"] for _ in range(3)] == ["small"] * 3
    assert caplog.text.count("Refused, 'small' serves on: The manifest of bundle 'second' cannot be read") == 1
    ready = look(client)
    assert (ready["model"]["version"], ready["refused"]) == ("second", [])


def test_a_server_that_could_not_read_its_first_bundle_serves_as_soon_as_it_can(serve, models, lead, unreadable):
    with unreadable():
        client = serve(models)
        assert client.get("/health/ready").status_code == 503
    assert look(client)["model"]["version"] == "small"
    assert ask(client, lead)["model"]["version"] == "small"


def test_a_bundle_that_cannot_serve_is_not_tried_at_each_look(client, models, second, monkeypatch):
    promote(models, second.name)
    (second / "threshold.json").write_text("{}")
    tried, load = [], Scorer.load
    monkeypatch.setattr(Scorer, "load", lambda place: tried.append(place.name) or load(place))
    assert [look(client)["model"]["version"] for _ in range(3)] == ["small"] * 3
    assert tried == ["second"]


def test_a_challenger_that_fails_with_one_lead_tells_of_the_others(client, models, second, lead, ask_at_once, monkeypatch):
    challenge(models, second.name)
    look(client)
    challenger = client.app.state.service.challenger
    score_leads = challenger.score_leads

    def fail_once(leads, **rest):
        if any(lead.lead_id == "L5" for lead in leads):
            raise KeyError("L5")
        return score_leads(leads, **rest)

    monkeypatch.setattr(challenger, "score_leads", fail_once)
    ask_at_once([lead | {"lead_id": f"L{number}"} for number in range(20)])
    rows = read_rows(client)
    assert len(rows) == 20
    assert [row["lead_id"] for row in rows if row["challenger_probability"] != row["probability"]] == ["L5"]
