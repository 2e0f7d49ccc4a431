"""What a running server answers with: a champion, a challenger in its shadow, and the store; or the reason why it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request

from api.errors import LOG, NO_MODEL, RefusalError
from predictor.answer import Answer, Lead
from predictor.errors import Finding, PredictorError, StoreError, count
from predictor.lot import draw_lot
from predictor.score import Scorer
from predictor.store import Answered, Store


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

    def describe(self) -> dict[str, Any]:
        """What readiness tells beside the model that serves."""
        challenger = None if self.challenger is None else self.challenger.version
        return {"challenger": challenger, "refused": list(self.refused)}

    def answer(self, lead: Lead, *, reasons: int, noticed: Sequence[Finding] = ()) -> Answered:
        """The champion's answer, what the challenger says of the same lead, and whether the lead goes to sales by lot.

        Args:
            lead: The lead.
            reasons: How many of the strongest reasons up to give, and how many down.
            noticed: Warnings about the request, which follow those about the lead.

        Raises:
            ScoringError: Values of a wrong type, all of them in one text.
        """
        answer = self.scorer.score_lead(lead, reasons=reasons)
        if noticed:
            answer = replace(answer, warnings=(*answer.warnings, *noticed))
        answer, rate = self._explore(answer)
        challenger = None if self.challenger is None else self.challenger.version
        return Answered(answer, lead.as_of, answer.explore, rate, challenger, self._ask_challenger(lead))

    def _explore(self, answer: Answer) -> tuple[Answer, float | None]:
        """The answer, to sales where the lot fell on it; and the chance of that, None where nothing is drawn."""
        if not self.explore_rate or answer.decision == "route_to_sales":
            return answer, None
        if draw_lot(answer.lead_id) < self.explore_rate:
            answer = replace(answer, decision="route_to_sales", explore=True)
        return answer, self.explore_rate

    def _ask_challenger(self, lead: Lead) -> float | None:
        """What the challenger says; None where it cannot, for it costs no answer."""
        if self.challenger is None:
            return None
        try:
            return self.challenger.score_lead(lead, reasons=0).probability
        except PredictorError:
            return None  # it looks at other attributes, which are wrong in this lead
        except Exception as error:  # noqa: BLE001  whatever it is, the champion has answered; its message may quote a person
            LOG.error("The challenger failed: %s", type(error).__name__)
            return None

    def keep(self, given: Sequence[Answered], scored_at: datetime) -> None:
        """Keep answers before they go out: a line in a file each. Where that fails it is logged, without the leads."""
        try:
            self.store.save_scores(given, scored_at=scored_at, model=self.scorer.version)
        except StoreError as error:
            LOG.error("%s not stored. %s", count(len(given), "score"), error)


async def get_service(request: Request) -> Service:
    """The service of the app that was asked, as it stands now; the request keeps it although another takes its place.

    Raises:
        RefusalError: 503, it has no model.
    """
    service: Service | str = request.app.state.service
    if isinstance(service, str):
        again = "It serves as soon as there is one."
        raise RefusalError(503, NO_MODEL, f"This server has no model and scores nothing. {service} {again}")
    return service


Served = Annotated[Service, Depends(get_service)]
