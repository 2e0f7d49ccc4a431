"""Leads that are asked about at the same moment are scored together, and each is answered as if it had been alone."""

import asyncio
import copy
import logging
from dataclasses import replace

import pytest
from helpers import run_async

from api.schemas.requests import LeadIn
from api.serving import answering as scoring
from api.serving.micro_batch import MicroBatch

LEADS = 80  # more than are scored at once


@pytest.fixture
def leads(lead):
    """Leads that differ, one of which cannot be scored."""
    made = [
        lead
        | {"lead_id": f"L{number}", "attributes": {"industry": ("Software", "Retail", "Mining")[number % 3], "employees": number}}
        for number in range(LEADS)
    ]
    made[7] |= {"attributes": {"employees": "many"}}
    return made


def spy(client, monkeypatch):
    """How many leads were scored at once, each time."""
    scorer, sizes = client.app.state.service.scorer, []
    score_leads = scorer.score_leads
    monkeypatch.setattr(scorer, "score_leads", lambda some, **rest: sizes.append(len(some)) or score_leads(some, **rest))
    return sizes


def read_rows(client):
    return client.app.state.service.store.load_scores()


def test_leads_of_one_moment_are_scored_together_and_answered_as_if_alone(client, leads, ask_at_once, monkeypatch):
    sizes = spy(client, monkeypatch)
    reasons = [number % 2 for number in range(LEADS)]
    together = ask_at_once(leads, reasons)
    assert sum(sizes) == LEADS
    assert len(sizes) < LEADS / 4
    assert max(sizes) <= 32
    alone = [client.post("/v1/score", params={"reasons": most}, json=lead) for lead, most in zip(leads, reasons, strict=True)]
    assert [answer.json() for answer in together] == [answer.json() for answer in alone]
    assert [answer.status_code for answer in together] == [422 if number == 7 else 200 for number in range(LEADS)]
    answered = [lead["lead_id"] for number, lead in enumerate(leads) if number != 7]
    assert sorted(read_rows(client)["lead_id"]) == sorted(2 * answered)


def test_a_fault_of_ours_with_one_lead_costs_the_others_neither_answer_nor_row(client, leads, ask_at_once, monkeypatch, caplog):
    compute_sales_context = scoring.compute_sales_context

    def fail_once(lead, points):
        if lead.lead_id == "L40":
            raise KeyError(lead.attributes["name"])
        return compute_sales_context(lead, points)

    leads[40]["attributes"]["name"] = "jane"
    monkeypatch.setattr(scoring, "compute_sales_context", fail_once)
    with caplog.at_level(logging.ERROR, "api"):
        told = ask_at_once(leads)
    assert [answer.status_code for answer in told] == [{7: 422, 40: 500}.get(number, 200) for number in range(LEADS)]
    assert [answer.json()["lead_id"] for answer in told if answer.status_code == 200] == [
        lead["lead_id"] for number, lead in enumerate(leads) if number not in {7, 40}
    ]
    assert sorted(read_rows(client)["lead_id"]) == sorted(
        lead["lead_id"] for number, lead in enumerate(leads) if number not in {7, 40}
    )
    assert "KeyError at /v1/score" in caplog.text
    assert "jane" not in caplog.text


def test_who_has_gone_is_neither_scored_nor_kept(client, leads):
    async def run():
        gather, service = MicroBatch(), client.app.state.service
        answers = [gather.answer(LeadIn.model_validate(lead), service, 0) for lead in leads[:3]]
        answers[1].cancel()
        return await asyncio.gather(*answers, return_exceptions=True)

    first, gone, third = run_async(run)
    assert isinstance(gone, asyncio.CancelledError)
    assert [one.scored.answer.lead_id for one in (first, third)] == ["L0", "L2"]
    assert read_rows(client)["lead_id"].tolist() == ["L0", "L2"]


def test_each_is_answered_by_the_champion_that_it_began_with(client, leads):
    first = client.app.state.service
    second = replace(first, scorer=copy.copy(first.scorer))
    second.scorer.version = "second"

    async def run():
        gather = MicroBatch()
        services = [first, second] * 20
        return await asyncio.gather(
            *(gather.answer(LeadIn.model_validate(lead), service, 0) for lead, service in zip(leads[40:], services, strict=True))
        )

    run_async(run)
    rows = read_rows(client)
    assert [rows["model"][rows["lead_id"] == f"L{number}"].item() for number in (40, 41, 78, 79)] == ["small", "second"] * 2
    assert rows["model"].value_counts().to_dict() == {"small": 20, "second": 20}


def test_a_lead_with_very_many_events_stops_nobody(client, lead, monkeypatch):
    scorer, threads = client.app.state.service.scorer, []
    score_leads = scorer.score_leads
    monkeypatch.setattr(scorer, "score_leads", lambda some, **rest: threads.append(asyncio_runs()) or score_leads(some, **rest))
    few = client.post("/v1/score", json=lead).json()
    many = client.post("/v1/score", json=lead | {"events": lead["events"] * 501}).json()
    assert threads == [True, False]
    assert many["probability"] == few["probability"]  # what came twice is one act
    lead["attributes"]["employees"] = "many"
    refused = client.post("/v1/score", json=lead | {"events": lead["events"] * 501})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "LEAD022")


def asyncio_runs():
    """Whether an event loop stands still meanwhile."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
