"""Exploration: the leads below the threshold that go to sales at random, so that the outcome of some of them is seen."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b

from predictor.data.lead_keys import to_key
from predictor.scoring.answer import Answer

_SALT = b"explore:"  # the same for every model, so that a lead that is scored again keeps its number


def explore(answer: Answer, rate: float) -> tuple[Answer, bool]:
    """The answer after exploration, and whether it was drawn: a lead below the threshold then goes to sales.

    Args:
        answer: What the model says.
        rate: The share of the leads below the threshold that go to sales.
    """
    drawn = answer.decision != "route_to_sales" and draw_exploration(answer.lead_id) < rate
    return (replace(answer, decision="route_to_sales", explore=True) if drawn else answer), drawn


def draw_exploration(lead_id: str) -> float:
    """A number from 0 up to 1: always the same for one lead, under each length of its id, and evenly spread over leads.

    >>> draw_exploration("A17") == draw_exploration("A17"), 0 <= draw_exploration("A17") < 1
    (True, True)
    >>> sum(draw_exploration(f"A{number}") < 0.1 for number in range(10_000))
    961
    """
    digest = blake2b(_SALT + to_key(lead_id).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) / (1 << 53)
