"""What a running server answers with: a champion, a challenger in its shadow, and the store; or the reason why it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Annotated, Any

from fastapi import Depends, Request

from predictor.core.errors import Finding, ScoringError, StoreError, count
from predictor.scoring.answer import Answer, Lead
from predictor.scoring.exploration import draw_exploration
from predictor.scoring.scorer import Scorer
from predictor.store.records import Answered
from predictor.store.store import Store

from ..http.errors import LOG, NO_MODEL, RefusalError
from .each import try_each


@dataclass(frozen=True)
class Service:
    """A scorer, and where its answers are kept. It never changes: another champion is another service.

    Attributes:
        scorer: The champion.
        store: Where answers are kept.
        challenger: What scores in its shadow; None for none.
        explore_rate: The share of the leads below the threshold that go to sales all the same.
        refused: Why bundles that were named since cannot serve.
    """

    scorer: Scorer
    store: Store
    challenger: Scorer | None = None
    explore_rate: float = 0.0
    refused: tuple[str, ...] = ()

    @property
    def timezone(self) -> str:
        """The zone of moments that carry none: that of the training data."""
        return self.scorer.settings.data.timezone

    @cached_property
    def model(self) -> dict[str, Any]:
        """What every answer tells of the model."""
        return self.scorer.describe()

    def describe(self) -> dict[str, Any]:
        """What readiness tells beside the model that serves."""
        challenger = None if self.challenger is None else self.challenger.version
        return {"challenger": challenger, "refused": list(self.refused)}

    def answer(
        self, leads: Sequence[Lead], *, reasons: int, noticed: Sequence[Sequence[Finding]]
    ) -> list[Answered | ScoringError]:
        """The champion's answers, what the challenger says of the same leads, and whether a lead goes to sales by lot.

        Args:
            leads: The leads.
            reasons: How many of the strongest reasons up to give, and how many down.
            noticed: Warnings about the request of each lead, which follow those about the lead.
        """
        answers = self.scorer.score_leads(leads, reasons=reasons)
        challenger = None if self.challenger is None else self.challenger.version
        return [
            answer if isinstance(answer, ScoringError) else Answered(*self._explore(answer, warnings, lead), challenger, said)
            for lead, answer, warnings, said in zip(leads, answers, noticed, self._ask_challenger(leads), strict=True)
        ]

    def _explore(self, answer: Answer, noticed: Sequence[Finding], lead: Lead) -> tuple[Answer, datetime, bool, float | None]:
        """The answer, to sales where the lot fell on it; its moment; whether it fell; its chance, None where none is drawn."""
        if noticed:
            answer = replace(answer, warnings=(*answer.warnings, *noticed))
        if not self.explore_rate or answer.decision == "route_to_sales":
            return answer, lead.as_of, False, None
        if drawn := draw_exploration(answer.lead_id) < self.explore_rate:
            answer = replace(answer, decision="route_to_sales", explore=True)
        return answer, lead.as_of, drawn, self.explore_rate

    def _ask_challenger(self, leads: Sequence[Lead]) -> list[float | None]:
        """What the challenger says of each; None where it cannot, for it costs no answer, nor what it says of others."""
        if self.challenger is None:
            return [None] * len(leads)
        said = try_each(partial(self.challenger.score_leads, reasons=0), leads)
        if faults := [error for error in said if isinstance(error, Exception) and not isinstance(error, ScoringError)]:
            kind = type(faults[0]).__name__  # a message may quote a person
            LOG.error("The challenger failed with %s: %s", count(len(faults), "lead"), kind)
        return [answer.probability if isinstance(answer, Answer) else None for answer in said]  # it looks at other columns

    def keep(self, given: Sequence[Answered], scored_at: datetime) -> None:
        """Keep answers before they go out: a line in a file each. Where that fails it is logged, without the leads."""
        try:
            self.store.save_scores(given, scored_at=scored_at, model=self.scorer.version)
        except StoreError as error:
            LOG.error("%s", error)


def find_service(request: Request) -> Service:
    """The service of the app that was asked, as it stands now; the request keeps it although another takes its place.

    Raises:
        RefusalError: 503, it has no model.
    """
    kept = request.scope["state"]
    service: Service | str = kept.get("service") or request.app.state.service
    if isinstance(service, str):
        again = "It serves as soon as there is one."
        raise RefusalError(503, NO_MODEL, f"This server has no model and scores nothing. {service} {again}")
    kept["service"] = service
    return service


async def get_service(request: Request) -> Service:
    """The same where FastAPI asks: a coroutine, because it would run anything else in a thread."""
    return find_service(request)


Served = Annotated[Service, Depends(get_service)]
