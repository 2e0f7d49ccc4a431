"""The paths about one lead: what is stored, why its probability changed, and its erasure."""

from __future__ import annotations

from dataclasses import asdict
from itertools import chain, pairwise
from typing import Any

from fastapi import APIRouter, Request, Response

from predictor.core.errors import BundleError, ScoringError
from predictor.scoring.changes import StoredScore, explain_change
from predictor.scoring.scorer import Scorer
from predictor.store.lead_file import make_lead_file

from .error_codes import NO_PATH, RefusalError
from .outcome_routes import find_store, find_timezone
from .schemas.answers import UNREADY, WRONG
from .schemas.fields import Key
from .schemas.leads import ERASED_LATER, NO_LEAD, ChangeOut, ErasureOut, LeadFileOut, LeadHistoryOut, ScoreStepOut
from .serving.service import Service

_NOT_THERE = "There is nothing stored about this lead. Send the key with which it was scored."
_GONE = "The model of this score is not on this server, so the change cannot be split."
_NOT_STORED = "The values that the model looked at were not stored, so the change cannot be split."
_OTHER_TYPES = "The two models hold a value in different types, so the change cannot be split."


def read_lead(lead_id: Key, request: Request) -> LeadFileOut:
    """Everything that is stored about a lead: scores, decisions, the values that the model looked at, and outcomes.

    It is what a person may ask to see. The audit log gets an entry.
    """
    store = find_store(request)
    history = store.read_lead(lead_id)
    if history.scores.empty and history.reports.empty:
        raise RefusalError(404, NO_PATH, _NOT_THERE)
    store.note(
        "lead exported", actor=name_actor(request), lead_id=lead_id,
        scores=len(history.scores), reports=len(history.reports),
    )  # fmt: skip
    return LeadFileOut.model_validate(make_lead_file(lead_id, history, timezone=find_timezone(request)))


def read_history(lead_id: Key, request: Request) -> LeadHistoryOut:
    """The scores of a lead, each with why its probability differs from the one before: the parts add up to the difference."""
    store = find_store(request)
    scores = store.read_lead(lead_id).scores
    if scores.empty:
        raise RefusalError(404, NO_PATH, _NOT_THERE)
    store.note("lead exported", actor=name_actor(request), lead_id=lead_id, scores=len(scores))
    ordered = scores.sort_values(["as_of", "scored_at"], kind="stable")
    rows = [{str(name): value for name, value in row.items()} for row in ordered.to_dict("records")]
    find_scorer = _ScorerFinder(request)
    changes = chain([None], (_explain(before, after, find_scorer) for before, after in pairwise(rows)))
    steps = [
        ScoreStepOut.model_validate(row | {"change": change}) for row, change in zip(rows, changes, strict=True)
    ]  # fmt: skip
    return LeadHistoryOut(lead_id=lead_id, scores=steps)


def erase_lead(lead_id: Key, request: Request, response: Response) -> ErasureOut:
    """Delete every score and every outcome of a lead. Erasing an unknown lead succeeds and deletes nothing.

    The status is 202 if the database is away or busy: the lead is then erased there soon.
    """
    store = find_store(request)
    erased = asdict(store.erase(lead_id))
    store.note("lead erased", actor=name_actor(request), lead_id=lead_id, **erased)
    response.status_code = 200 if erased["done"] else 202
    return ErasureOut(lead_id=lead_id, **erased)


def name_actor(request: Request) -> str:
    """The name of the key of a request, for the audit log."""
    return getattr(request.state, "key_name", "a request without a key")


class _ScorerFinder:
    """Finds the models of stored scores: the one that serves, and the bundles beside it."""

    def __init__(self, request: Request) -> None:
        service: Service | str = request.app.state.service
        self._models = request.app.state.watch.models
        self._found: dict[str, Scorer | None] = {} if isinstance(service, str) else {service.scorer.version: service.scorer}

    def find(self, version: str) -> Scorer | None:
        """The model of a version; None if it is not there."""
        if version not in self._found:
            try:
                self._found[version] = Scorer.load(self._models / version)
            except (BundleError, OSError):
                self._found[version] = None
        return self._found[version]


def _explain(before: dict[str, Any], after: dict[str, Any], finder: _ScorerFinder) -> ChangeOut:
    """Why two scores differ; without parts if that cannot be known."""
    scorer = finder.find(after["model"])
    difference = after["probability"] - before["probability"]
    if scorer is None:
        return ChangeOut(difference=difference, parts=None, values={}, text=_GONE)
    if not (isinstance(before["features"], dict) and isinstance(after["features"], dict)):
        return ChangeOut(difference=difference, parts=None, values={}, text=_NOT_STORED)
    scores = [
        StoredScore(row["probability"], row["as_of"].to_pydatetime(), model=row["model"], features=row["features"])
        for row in (before, after)
    ]
    try:
        change = explain_change(scorer, *scores)
    except ScoringError:  # a value that another model stored in another type
        return ChangeOut(difference=difference, parts=None, values={}, text=_OTHER_TYPES)
    return ChangeOut(difference=difference, parts=dict(change.parts), values=dict(change.values), text=change.text)


def add_lead_routes(router: APIRouter) -> None:
    """Add the paths to a router; the longer one first, because an id may contain slashes."""
    for method, path, endpoint, summary, more in (
        ("GET", "/v1/leads/{lead_id:path}/history", read_history, "Explain how the scores of a lead changed", {}),
        ("GET", "/v1/leads/{lead_id:path}", read_lead, "Show what is stored about a lead", {}),
        ("DELETE", "/v1/leads/{lead_id:path}", erase_lead, "Erase a lead", ERASED_LATER),
    ):
        router.add_api_route(
            path, endpoint, methods=[method], summary=summary, tags=["leads"], responses=WRONG | UNREADY | NO_LEAD | more
        )  # fmt: skip
