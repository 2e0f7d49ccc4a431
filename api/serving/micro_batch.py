"""Leads that are asked about one by one but come at the same moment, scored together: a busy server answers more so."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from ..schemas.requests import LeadIn
from .answering import Given, answer_each
from .service import Service

_MOST = 32  # scored together: what comes after them waits for the next turn of the loop, and everybody else has had one
_Answer = asyncio.Future[Given]
_Key = tuple[asyncio.AbstractEventLoop, int, int]


class MicroBatch:
    """Takes leads one by one, and answers all that came in the same turn of the event loop at once.

    Nobody waits for others to come: a lead that came alone is scored in the next turn. One service and one number of reasons are
    asked at a time; a lead that cannot be scored fails alone.
    """

    def __init__(self) -> None:
        """Nobody waits."""
        self._waiting: dict[_Key, list[tuple[LeadIn, _Answer]]] = {}

    def answer(self, lead: LeadIn, service: Service, reasons: int) -> _Answer:
        """The answer about a lead, once it is there; it is kept before that.

        Args:
            lead: As it came.
            service: What answers.
            reasons: How many of the strongest reasons up to give, and how many down.

        Raises:
            ScoringError: When awaited: the lead cannot be scored.
        """
        loop = asyncio.get_running_loop()
        key, answer = (loop, id(service), reasons), loop.create_future()
        waiting = self._waiting.setdefault(key, [])
        if not waiting:
            loop.call_soon(self._answer_waiting, key, service)
        waiting.append((lead, answer))
        return answer

    def _answer_waiting(self, key: _Key, service: Service) -> None:
        waiting, (loop, _, reasons) = self._waiting.pop(key), key
        if rest := waiting[_MOST:]:
            self._waiting[key] = rest
            loop.call_soon(self._answer_waiting, key, service)
        asked = [(lead, answer) for lead, answer in waiting[:_MOST] if not answer.done()]  # who asked may have gone
        for (_, answer), told in zip(
            asked, answer_each([lead for lead, _ in asked], service, datetime.now(UTC), reasons), strict=True
        ):
            if isinstance(told, Exception):
                answer.set_exception(told)
            else:
                answer.set_result(told)
