"""A challenger in the shadow of the champion, and leads that go to sales at random."""

import logging

import pytest
from unit.api.conftest import read_rows, refresh, score

from predictor.core.errors import BundleError
from predictor.core.settings import make_settings
from predictor.scoring.bundle.registry import challenge, promote
from predictor.scoring.exploration import draw_exploration


def test_a_challenger_scores_in_the_shadow(client, models, second, lead):
    challenge(models, second.name)
    assert refresh(client)["challenger"] == "second"
    answer = score(client, lead)
    assert (answer["model"]["version"], answer["decision"]) == ("small", "route_to_sales")
    [row] = read_rows(client)
    assert (row["model"], row["challenger"]) == ("small", "second")
    assert row["challenger_probability"] == row["probability"] == answer["probability"]
    challenge(models, None)
    assert refresh(client)["challenger"] is None
    score(client, lead)
    assert [row["challenger"] == "second" for row in read_rows(client)] == [True, False]


def test_a_challenger_that_became_champion_is_no_longer_challenger(client, models, second):
    challenge(models, second.name)
    promote(models, second.name)
    ready = refresh(client)
    assert (ready["model"]["version"], ready["challenger"]) == ("second", None)


def test_a_failing_challenger_does_not_affect_the_answer(client, models, second, lead, monkeypatch, caplog):
    def fail(*_, **__):
        raise RuntimeError("jane.doe@example.com")

    challenge(models, second.name)
    refresh(client)
    monkeypatch.setattr(client.app.state.service.challenger, "score_leads", fail)
    with caplog.at_level(logging.ERROR, "api"):
        score(client, lead)
    [row] = read_rows(client)
    assert row["challenger"] == "second"
    assert row["challenger_probability"] != row["challenger_probability"]
    assert "The challenger failed with 1 lead: RuntimeError" in caplog.text
    assert "jane" not in caplog.text


def test_a_challenger_that_is_broken_is_refused_and_the_champion_serves(client, models, second):
    challenge(models, second.name)
    (second / "features.json").write_text("{}")
    ready = refresh(client)
    assert (ready["model"]["version"], ready["challenger"]) == ("small", None)
    assert "Bundle 'second' does not agree with its manifest" in ready["refused"][0]


def test_a_challenger_must_exist_be_unaltered_and_not_be_the_champion(models, second):
    with pytest.raises(BundleError, match="There is no bundle 'third'"):
        challenge(models, "third")
    with pytest.raises(BundleError, match="'small' is the champion, and cannot challenge itself"):
        challenge(models, "small")
    (second / "features.json").write_text("{}")
    with pytest.raises(BundleError, match=r"'features\.json' altered"):
        challenge(models, "second")


def test_a_share_of_the_leads_below_the_threshold_goes_to_sales_at_random(serve, models, second, lead):
    promote(models, second.name)
    client = serve(models, serve=make_settings({"serve": {"explore_rate": 0.3}}).serve)
    leads = [lead | {"lead_id": f"A{number}"} for number in range(200)]
    answers = client.post("/v1/score/batch", json={"leads": leads}, params={"reasons": 0}).json()["answers"]
    chosen = {answer["lead_id"] for answer in answers if answer["explore"]}
    assert chosen == {answer["lead_id"] for answer in answers if draw_exploration(answer["lead_id"]) < 0.3}
    assert 40 <= len(chosen) <= 80
    for answer in answers:
        assert answer["probability"] < answer["threshold"]
        assert answer["decision"] == ("route_to_sales" if answer["explore"] else "nurture")
    for row in read_rows(client):
        assert row["explore"] == (row["lead_id"] in chosen)
        assert (row["decision"] == "route_to_sales") == row["explore"]
        assert row["explore_rate"] == 0.3


def test_no_lead_is_drawn_above_the_threshold_or_without_a_rate(serve, models, second, lead):
    client = serve(models, serve=make_settings({"serve": {"explore_rate": 0.999}}).serve)
    assert (score(client, lead)["decision"], score(client, lead)["explore"]) == ("route_to_sales", False)
    assert {row["explore_rate"] for row in read_rows(client) if row["explore_rate"] == row["explore_rate"]} == set()
    promote(models, second.name)
    client = serve(models)
    assert (score(client, lead)["decision"], score(client, lead)["explore"]) == ("nurture", False)


def test_a_challenger_that_fails_with_one_lead_scores_the_others(client, models, second, lead, score_at_once, monkeypatch):
    challenge(models, second.name)
    refresh(client)
    challenger = client.app.state.service.challenger
    score_leads = challenger.score_leads

    def fail_once(leads, **rest):
        if any(lead.lead_id == "L5" for lead in leads):
            raise KeyError("L5")
        return score_leads(leads, **rest)

    monkeypatch.setattr(challenger, "score_leads", fail_once)
    score_at_once([lead | {"lead_id": f"L{number}"} for number in range(20)])
    rows = read_rows(client)
    assert len(rows) == 20
    assert [row["lead_id"] for row in rows if row["challenger_probability"] != row["probability"]] == ["L5"]
