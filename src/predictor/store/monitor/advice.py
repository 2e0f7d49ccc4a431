"""Whether to train again: what speaks for it in the figures of the served scores. Advice only; nothing trains by itself."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import starmap
from typing import TYPE_CHECKING, Literal

from predictor.core.errors import count, list_names
from predictor.core.wording import format_percent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

Advice = Literal["train again", "promote the challenger", "keep the model", "too early to say"]
_FEWEST = 50  # mature leads, and accepted ones among them a fifth of it, below which nothing is said
_MOST_NAMES = 5
_WORTH = 1.02  # times the log loss to expect, below which a training again gains nothing that anybody would notice


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


def advise(
    tables: Mapping[str, pd.DataFrame], total: Total, newest: Total | None = None, *, relied_on: Collection[str]
) -> Advised:
    """What the figures advise.

    Args:
        tables: `ways` and `drift`, of the model that serves.
        total: Its mature leads together.
        newest: The newest of them, which show a change that many good months would hide; None where there are few.
        relied_on: The groups of features that matter to the model.
    """
    looks = [("", total), *([("the newest ", newest)] if newest is not None else [])]
    reasons = [sentence for say in (_say_level, _say_loss) if (sentence := next(filter(None, starmap(say, looks)), ""))]
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


def _say_level(which: str, total: Total) -> str:
    """That more or fewer leads were accepted than promised; empty where that is chance."""
    if not total.missed:
        return ""
    more = "more" if total.realised > total.promised else "fewer"
    return (
        f"Of {which}{count(total.leads, 'lead')} whose outcome is known, {format_percent(total.realised)} were accepted where "
        f"{format_percent(total.promised)} were promised: {more}, beyond chance."
    )


def _say_loss(which: str, total: Total) -> str:
    """That other leads were accepted than those to which the model gave high probabilities; empty where that is chance."""
    if not total.misjudged:
        return ""
    return (
        f"Of {which}{count(total.leads, 'lead')} whose outcome is known, other ones were accepted than the probabilities say, "
        f"beyond chance: log loss {total.log_loss:.3f}, where {total.loss_expected:.3f} was to be expected."
    )


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
        low: The fewest acceptances that chance leaves at the promise.
        high: The most.
        log_loss: Of their probabilities and outcomes.
        loss_expected: The log loss to expect where the probabilities are right.
        loss_high: The highest one that chance leaves.
    """

    leads: int
    accepted: int
    promised: float
    low: int
    high: int
    log_loss: float = 0.0
    loss_expected: float = 0.0
    loss_high: float = 0.0

    @property
    def realised(self) -> float:
        """The share that was accepted."""
        return self.accepted / max(self.leads, 1)

    @property
    def missed(self) -> bool:
        """Whether what came is beyond chance, on enough leads."""
        return self.leads >= _FEWEST and not self.low <= self.accepted <= self.high

    @property
    def misjudged(self) -> bool:
        """Whether the log loss is beyond chance and worth a training, on enough leads."""
        return self.leads >= _FEWEST and self.log_loss > max(self.loss_high, _WORTH * self.loss_expected)
