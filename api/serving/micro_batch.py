"""Requests for single leads that arrive at the same moment, scored together: a busy server answers more requests this way."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from ..schemas.requests import LeadIn
from .answering import LeadAnswer, answer_each
from .service import Service

_MOST = 32  # leads in a batch; the rest waits for the next turn of the loop, after everything else had its turn
_Answer = asyncio.Future[LeadAnswer]
_Key = tuple[asyncio.AbstractEventLoop, int, int]


class MicroBatch:
    """Takes single leads, and scores together all that arrived in the same turn of the event loop.

    No lead waits for others: a lead that arrived alone is scored in the next turn. A batch has one service and one number of
    reasons. A lead that cannot be scored does not affect the others.
    """

    def __init__(self) -> None:
        """Start with no waiting leads."""
        self._waiting: dict[_Key, list[tuple[LeadIn, _Answer]]] = {}

    def answer(self, lead: LeadIn, service: Service, reasons: int) -> _Answer:
        """The future answer about a lead; it is stored before it is returned.

        Args:
            lead: The lead of the request.
            service: The service that answers.
            reasons: Number of reasons to give in each direction.

        Raises:
            ScoringError: When awaited, if the lead cannot be scored.
        """
        loop = asyncio.get_running_loop()
        key, answer = (loop, id(service), reasons), loop.create_future()
        waiting = self._waiting.setdefault(key, [])
        if not waiting:
            loop.call_soon(self._answer_batch, key, service)
        waiting.append((lead, answer))
        return answer

    def _answer_batch(self, key: _Key, service: Service) -> None:
        waiting, (loop, _, reasons) = self._waiting.pop(key), key
        if rest := waiting[_MOST:]:
            self._waiting[key] = rest
            loop.call_soon(self._answer_batch, key, service)
        batch = [(lead, answer) for lead, answer in waiting[:_MOST] if not answer.done()]  # a client may have gone
        results = answer_each([lead for lead, _ in batch], service, datetime.now(UTC), reasons)
        for (_, answer), result in zip(batch, results, strict=True):
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)
