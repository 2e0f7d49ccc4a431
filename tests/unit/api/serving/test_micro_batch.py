"""Leads that arrive at the same moment are scored together, and each is answered as if it were alone."""

import asyncio
import copy
import logging
from dataclasses import replace

import pytest
from helpers import run_async

from api.schemas.requests import LeadIn
from api.serving import answering
from api.serving.micro_batch import MicroBatch

LEADS = 80  # more than a batch holds


@pytest.fixture
def leads(lead):
    """Different leads, one of which cannot be scored."""
    leads = [
        lead
        | {"lead_id": f"L{number}", "attributes": {"industry": ("Software", "Retail", "Mining")[number % 3], "employees": number}}
        for number in range(LEADS)
    ]
    leads[7] |= {"attributes": {"employees": "many"}}
    return leads


def record_batch_sizes(client, monkeypatch):
    """The number of leads in each batch."""
    scorer, sizes = client.app.state.service.scorer, []
    score_leads = scorer.score_leads
    monkeypatch.setattr(scorer, "score_leads", lambda leads, **options: sizes.append(len(leads)) or score_leads(leads, **options))
    return sizes


def read_rows(client):
    return client.app.state.service.store.load_scores()


def test_leads_of_one_moment_are_scored_together_and_answered_as_if_alone(client, leads, score_at_once, monkeypatch):
    sizes = record_batch_sizes(client, monkeypatch)
    reasons = [number % 2 for number in range(LEADS)]
    together = score_at_once(leads, reasons)
    assert sum(sizes) == LEADS
    assert len(sizes) < LEADS / 4
    assert max(sizes) <= 32
    alone = [client.post("/v1/score", params={"reasons": most}, json=lead) for lead, most in zip(leads, reasons, strict=True)]
    assert [answer.json() for answer in together] == [answer.json() for answer in alone]
    assert [answer.status_code for answer in together] == [422 if number == 7 else 200 for number in range(LEADS)]
    answered = [lead["lead_id"] for number, lead in enumerate(leads) if number != 7]
    assert sorted(read_rows(client)["lead_id"]) == sorted(2 * answered)


def test_an_unexpected_error_with_one_lead_does_not_affect_the_others(client, leads, score_at_once, monkeypatch, caplog):
    compute_sales_context = answering.compute_sales_context

    def fail_once(lead, points):
        if lead.lead_id == "L40":
            raise KeyError(lead.attributes["name"])
        return compute_sales_context(lead, points)

    leads[40]["attributes"]["name"] = "jane"
    monkeypatch.setattr(answering, "compute_sales_context", fail_once)
    with caplog.at_level(logging.ERROR, "api"):
        responses = score_at_once(leads)
    assert [answer.status_code for answer in responses] == [{7: 422, 40: 500}.get(number, 200) for number in range(LEADS)]
    assert [answer.json()["lead_id"] for answer in responses if answer.status_code == 200] == [
        lead["lead_id"] for number, lead in enumerate(leads) if number not in {7, 40}
    ]
    assert sorted(read_rows(client)["lead_id"]) == sorted(
        lead["lead_id"] for number, lead in enumerate(leads) if number not in {7, 40}
    )
    assert "KeyError at /v1/score" in caplog.text
    assert "jane" not in caplog.text


def test_a_cancelled_request_is_neither_scored_nor_stored(client, leads):
    async def run():
        micro_batch, service = MicroBatch(), client.app.state.service
        answers = [micro_batch.answer(LeadIn.model_validate(lead), service, 0) for lead in leads[:3]]
        answers[1].cancel()
        return await asyncio.gather(*answers, return_exceptions=True)

    first, gone, third = run_async(run)
    assert isinstance(gone, asyncio.CancelledError)
    assert [answer.scored.answer.lead_id for answer in (first, third)] == ["L0", "L2"]
    assert read_rows(client)["lead_id"].tolist() == ["L0", "L2"]


def test_each_lead_is_answered_by_the_champion_it_began_with(client, leads):
    first = client.app.state.service
    second = replace(first, scorer=copy.copy(first.scorer))
    second.scorer.version = "second"

    async def run():
        micro_batch = MicroBatch()
        services = [first, second] * 20
        return await asyncio.gather(
            *(
                micro_batch.answer(LeadIn.model_validate(lead), service, 0)
                for lead, service in zip(leads[40:], services, strict=True)
            )
        )

    run_async(run)
    rows = read_rows(client)
    assert [rows["model"][rows["lead_id"] == f"L{number}"].item() for number in (40, 41, 78, 79)] == ["small", "second"] * 2
    assert rows["model"].value_counts().to_dict() == {"small": 20, "second": 20}


def test_a_lead_with_very_many_events_does_not_block_others(client, lead, monkeypatch):
    scorer, threads = client.app.state.service.scorer, []
    score_leads = scorer.score_leads
    monkeypatch.setattr(
        scorer, "score_leads", lambda leads, **options: threads.append(is_in_event_loop()) or score_leads(leads, **options)
    )
    few = client.post("/v1/score", json=lead).json()
    many = client.post("/v1/score", json=lead | {"events": lead["events"] * 501}).json()
    assert threads == [True, False]
    assert many["probability"] == few["probability"]  # duplicates count once
    lead["attributes"]["employees"] = "many"
    refused = client.post("/v1/score", json=lead | {"events": lead["events"] * 501})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "LEAD022")


def is_in_event_loop():
    """Whether the caller runs in an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
