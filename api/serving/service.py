"""What answers requests: a champion, a challenger in its shadow, and the store; or the reason why nothing can answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from predictor.core.errors import Finding, ScoringError, StoreError, count
from predictor.scoring.answer import Answer, Lead
from predictor.scoring.exploration import explore
from predictor.scoring.scorer import Scorer
from predictor.scoring.threshold_advice import describe_rule
from predictor.store.accounts import find_others
from predictor.store.earlier_episodes import find_episodes
from predictor.store.records import Answered
from predictor.store.store import Store

from ..error_codes import LOG, NO_MODEL, RefusalError

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Service:
    """A scorer, and the store of its answers. It never changes: another champion is another service.

    Attributes:
        scorer: The champion.
        store: Where answers are stored.
        challenger: The model that scores in the shadow; None for none.
        explore_rate: The share of the leads below the threshold that go to sales at random.
        refused: Why newer bundles cannot serve.
    """

    scorer: Scorer
    store: Store
    challenger: Scorer | None = None
    explore_rate: float = 0.0
    refused: tuple[str, ...] = ()

    @property
    def timezone(self) -> str:
        """The zone of moments without one: that of the training data."""
        return self.scorer.settings.data.timezone

    @cached_property
    def model(self) -> dict[str, Any]:
        """The part of every answer that is about the model."""
        return self.scorer.describe()

    @cached_property
    def decided_by(self) -> dict[str, Any]:
        """The part of every answer that is about the rule of decision."""
        return describe_rule(self.scorer)

    @property
    def challenger_version(self) -> str | None:
        """The challenger's bundle; None without a challenger."""
        return None if self.challenger is None else self.challenger.version

    def answer(
        self, leads: Sequence[Lead], *, reasons: int, warnings: Sequence[Sequence[Finding]]
    ) -> list[Answered | ScoringError]:
        """The champion's answers, with the challenger's probabilities and the leads drawn for exploration.

        Args:
            leads: The leads.
            reasons: Number of reasons to give in each direction.
            warnings: For each lead the warnings about its request, which follow those about the lead.
        """
        accounts = self._find_accounts(leads)
        leads = self._add_past(leads, accounts)
        answers = self.scorer.score_leads(leads, reasons=reasons)
        probabilities = self._score_by_challenger(leads)
        return [
            answer
            if isinstance(answer, ScoringError)
            else replace(self._explore(answer, findings, lead.as_of, probability), account=account)
            for answer, findings, lead, probability, account in zip(
                answers, warnings, leads, probabilities, accounts, strict=True
            )
        ]

    @cached_property
    def uses_past(self) -> bool:
        """Whether champion or challenger look at what the store may know: earlier episodes, and other leads of the account."""
        features = [scorer.features for scorer in (self.scorer, self.challenger) if scorer is not None]
        return any(one.uses_episodes or one.uses_accounts for one in features)

    def _find_accounts(self, leads: Sequence[Lead]) -> list[str | None]:
        """The account of each lead; None where it has none, or no model looks at accounts."""
        scorers = (scorer for scorer in (self.scorer, self.challenger) if scorer is not None and scorer.features.uses_accounts)
        reader = next((scorer.reader for scorer in scorers), None)
        return [None if reader is None else reader.read_account(lead.attributes) for lead in leads]

    def _add_past(self, leads: Sequence[Lead], accounts: Sequence[str | None]) -> Sequence[Lead]:
        """The leads with what the store knows of their past, where a request does not send it.

        It stays unknown while the database cannot be read, which the answer says.
        """
        if not self.uses_past:
            return leads
        unsent = [lead.lead_id for lead in leads if lead.earlier_episodes is None]
        named = {name for lead, name in zip(leads, accounts, strict=True) if name and lead.account_episodes is None}
        earlier = self.store.read_earlier_episodes(unsent, timezone=self.timezone) if unsent else {}
        by_account = self.store.read_accounts(named, timezone=self.timezone) if named else {}
        completed = []
        for lead, name in zip(leads, accounts, strict=True):
            past: dict[str, Any] = {}
            if lead.earlier_episodes is None and earlier is not None:
                past["earlier_episodes"] = find_episodes(earlier, lead.lead_id)
            if lead.account_episodes is None and by_account is not None:
                past["account_episodes"] = find_others(by_account, name, lead.lead_id)
            completed.append(replace(lead, **past))
        return completed

    def _explore(
        self, answer: Answer, findings: Sequence[Finding], as_of: datetime, challenger_probability: float | None
    ) -> Answered:
        """The answer to store; a lead below the threshold goes to sales if it is drawn at random."""
        if findings:
            answer = replace(answer, warnings=(*answer.warnings, *findings))
        rate = self.explore_rate if self.explore_rate and answer.decision != "route_to_sales" else None
        answer, drawn = explore(answer, self.explore_rate)
        return Answered(
            answer=answer,
            as_of=as_of,
            explore=drawn,
            explore_rate=rate,
            challenger=self.challenger_version,
            challenger_probability=challenger_probability,
        )

    def _score_by_challenger(self, leads: Sequence[Lead]) -> list[float | None]:
        """The challenger's probabilities; None if it cannot score a lead, which does not affect any answer."""
        if self.challenger is None:
            return [None] * len(leads)
        results = try_each(partial(self.challenger.score_leads, reasons=0), leads)
        if faults := [result for result in results if isinstance(result, Exception) and not isinstance(result, ScoringError)]:
            kind = type(faults[0]).__name__  # a message may quote a person
            LOG.error("The challenger failed with %s: %s", count(len(faults), "lead"), kind)
        return [result.probability if isinstance(result, Answer) else None for result in results]  # it may need other columns

    def save_scores(self, scores: Sequence[Answered], scored_at: datetime) -> None:
        """Store answers before they are returned: a line in a file each. A failure is logged, without the leads."""
        try:
            self.store.save_scores(scores, scored_at=scored_at, model=self.scorer.version)
        except StoreError as error:
            LOG.error("%s", error)


def try_each(function: Callable[[Sequence[Item]], Sequence[Result]], items: Sequence[Item]) -> Sequence[Result | Exception]:
    """The result of a function for each item; if it fails for all together, each item is tried alone and gets its own error.

    >>> try_each(lambda batch: [10 // number for number in batch], [5, 0, 2])
    [2, ZeroDivisionError('integer division or modulo by zero'), 5]
    """
    try:
        return function(items)
    except Exception as error:  # noqa: BLE001  any error becomes the result of its item
        if len(items) == 1:
            return [error]
        return [result for item in items for result in try_each(function, [item])]


def find_service(request: Request) -> Service:
    """The service of the app; a request keeps the one that it found first, even if another takes its place.

    Raises:
        RefusalError: 503, there is no model.
    """
    state = request.scope["state"]
    service: Service | str = state.get("service") or request.app.state.service
    if isinstance(service, str):
        text = f"This server has no model and cannot score. {service} It serves as soon as there is one."
        raise RefusalError(503, NO_MODEL, text)
    state["service"] = service
    return service


async def get_service(request: Request) -> Service:
    """`find_service` as a FastAPI dependency: a coroutine, because FastAPI would run a function in a thread."""
    return find_service(request)


Served = Annotated[Service, Depends(get_service)]
