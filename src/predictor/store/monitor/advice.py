"""Whether to train again: what speaks for it in the figures of the served scores. Advice only; nothing trains by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from predictor.core.errors import count, list_names
from predictor.core.wording import format_percent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

Advice = Literal["train again", "promote the challenger", "keep the model", "too early to say"]
_FEWEST = 50  # mature leads, and accepted ones among them a fifth of it, below which nothing is said
_MOST_NAMES = 5


@dataclass(frozen=True)
class Advised:
    """What to do about the model that serves.

    Attributes:
        advice: In two or three words.
        reasons: Why, a sentence each.
    """

    advice: Advice
    reasons: tuple[str, ...]

    @property
    def moved(self) -> bool:
        """Whether somebody should act."""
        return self.advice in {"train again", "promote the challenger"}

    def __str__(self) -> str:
        """The advice and its reasons."""
        return " ".join((f"{self.advice.capitalize()}.", *self.reasons))


def advise(tables: Mapping[str, pd.DataFrame], total: Total, *, relied_on: Collection[str]) -> Advised:
    """What the figures advise.

    Args:
        tables: `ways` and `drift`, of the model that serves.
        total: Its mature leads together.
        relied_on: The groups of features that matter to the model.
    """
    reasons: list[str] = []
    if total.missed:
        more = "more" if total.realised > total.promised else "fewer"
        reasons.append(
            f"Of {count(total.leads, 'lead')} whose outcome is known, {format_percent(total.realised)} were accepted where "
            f"{format_percent(total.promised)} were promised: {more}, beyond chance."
        )
    if moved := _list_moved(tables["drift"], relied_on):
        names = list_names(moved, most=_MOST_NAMES)
        reasons.append(f"New leads differ from those of the training in what the model relies on: {names}.")
    challenger = tables["ways"][tables["ways"]["rival"].eq("challenger") & tables["ways"]["verdict"].eq("better")]
    if len(challenger):
        return Advised("promote the challenger", ("The challenger was better on the same leads, beyond chance.", *reasons))
    if reasons:
        return Advised("train again", tuple(reasons))
    if total.leads < _FEWEST or total.accepted < _FEWEST / 5:
        known = f"The outcome of {count(total.leads, 'lead')} is known, {total.accepted:,} of them accepted."
        return Advised("too early to say", (known,))
    kept = (
        f"Of {count(total.leads, 'lead')} whose outcome is known, {format_percent(total.realised)} were accepted where "
        f"{format_percent(total.promised)} were promised, within chance, and new leads are like those of the training."
    )
    return Advised("keep the model", (kept,))


def _list_moved(drift: pd.DataFrame, relied_on: Collection[str]) -> list[str]:
    """The groups of features that moved and matter, most moved first."""
    moved = drift[drift["verdict"].eq("moved")].sort_values("index", ascending=False, kind="stable")
    groups = moved["group"] if "group" in moved else moved["what"].str.capitalize()
    return [str(group) for group in dict.fromkeys(groups) if group in relied_on]


@dataclass(frozen=True, kw_only=True)
class Total:
    """All mature leads of a model together.

    Attributes:
        leads: How many.
        accepted: How many of them were accepted.
        promised: Their mean probability.
        low: The fewest acceptances that chance leaves at the promise, 99 %.
        high: The most.
    """

    leads: int
    accepted: int
    promised: float
    low: int
    high: int

    @property
    def realised(self) -> float:
        """The share that was accepted."""
        return self.accepted / max(self.leads, 1)

    @property
    def missed(self) -> bool:
        """Whether what came is beyond chance, on enough leads."""
        return self.leads >= _FEWEST and not self.low <= self.accepted <= self.high
