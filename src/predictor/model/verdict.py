"""The verdict: every candidate on the newest leads, which none of them has seen, looked at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from predictor.config import Settings
from predictor.model.block import Block
from predictor.model.gate import Gate, judge_gate
from predictor.model.metrics import Difference, compute_difference, compute_intervals, compute_metrics, compute_reliability
from predictor.model.recipe import Recipe
from predictor.model.threshold import Recommendation, compute_thresholds, recommend_threshold

Figures = dict[str, float | int | None]


@dataclass(frozen=True)
class Verdict:
    """What the forward test showed.

    Attributes:
        chosen: The candidate chosen on earlier leads.
        test: Candidate -> metric -> figure.
        intervals: Candidate -> metric -> 95 % interval, None where it cannot be told.
        differences: Candidate -> log loss of the chosen less its own; below zero the chosen is better.
        reliability: Promised beside observed conversion of the chosen, by bins.
        threshold: What the policy recommends from earlier leads, kept to on the test block.
        realised: What came of the test leads that this threshold routes.
        gate: What came of those that the points route; None where the firm names no gate.
        probability: Candidate -> its probabilities on the test block.
        outcome: What came of the test leads.
        rehearsed: Whether earlier leads spanned enough time to rehearse on, so that something learned could be chosen.
    """

    chosen: str
    test: dict[str, Figures]
    intervals: dict[str, dict[str, tuple[float, float] | None]]
    differences: dict[str, Difference]
    reliability: pd.DataFrame
    threshold: Recommendation
    realised: Gate
    gate: Gate | None
    probability: dict[str, np.ndarray]
    outcome: np.ndarray
    rehearsed: bool = True

    @property
    def rival(self) -> str | None:
        """What the chosen must beat: the points, or the base rate for the points themselves; None for the base rate."""
        simple = "points" if "points" in self.test and self.chosen != "points" else "constant"
        return None if self.chosen == "constant" or simple not in self.test else simple

    @property
    def earned(self) -> bool:
        """Whether the chosen may serve: it lost less than its rival on the test block."""
        return self.rival is None or self.differences[self.rival].mean < 0

    @property
    def text(self) -> str:
        """The verdict in one sentence."""
        if self.rival is None and not self.rehearsed:
            return (
                f"Earlier leads are too few, or span too little time, to choose anything learned by, so '{self.chosen}' is taken."
            )
        if self.rival is None:
            return f"Nothing learned did better than '{self.chosen}' on earlier leads; it is what the data can carry."
        best = "Nothing learned did better than the points on earlier leads. " if self.chosen == "points" else ""
        gap = self.differences[self.rival]
        told = f"log loss {abs(gap.mean):.4f} {'lower' if gap.mean < 0 else 'higher'} (95 %: {gap.low:+.4f} to {gap.high:+.4f})"
        if gap.low <= 0 <= gap.high:
            return f"{best}'{self.chosen}' and '{self.rival}' are not to be told apart on the forward test: {told}."
        return (
            f"{best}'{self.chosen}' is {'better' if gap.mean < 0 else 'worse'} than '{self.rival}' on the forward test: {told}."
        )


def judge_recipes(
    recipes: dict[str, Recipe], chosen: str, *, fit: Block, test: Block, routed: np.ndarray | None, settings: Settings
) -> Verdict:
    """The verdict on the test block.

    Args:
        recipes: The candidates, each learned from the fit block.
        chosen: The candidate chosen on the fit block.
        fit: The leads that taught.
        test: The newest leads.
        routed: Which of the test leads the points hand over; None where the firm names no gate.
        settings: Sections model and threshold are used.
    """
    draws = {"resamples": settings.model.resamples, "seed": settings.model.seed}
    probability = {name: recipe.predict(test.matrix) for name, recipe in recipes.items()}
    threshold = recommend_threshold(rehearse_thresholds(recipes[chosen], fit, settings), settings.threshold)
    band = settings.threshold.band
    return Verdict(
        chosen=chosen,
        test={name: compute_metrics(test.outcome, values) for name, values in probability.items()},
        intervals={name: compute_intervals(test.outcome, values, **draws) for name, values in probability.items()},
        differences={
            name: compute_difference(test.outcome, probability[chosen], values, **draws)
            for name, values in probability.items()
            if name != chosen
        },
        reliability=compute_reliability(test.outcome, probability[chosen]),
        threshold=threshold,
        realised=judge_gate(
            test.outcome, probability[chosen] >= threshold.threshold, weeks=test.weeks, band=band, name="threshold"
        ),
        gate=None if routed is None else judge_gate(test.outcome, routed, weeks=test.weeks, band=band),
        probability=probability,
        outcome=test.outcome,
        rehearsed=len(recipes[chosen].positions) < len(fit),
    )


def rehearse_thresholds(recipe: Recipe, block: Block, settings: Settings) -> pd.DataFrame:
    """The table of thresholds, from what the recipe said of its block's leads out of time."""
    seen = block.take(recipe.positions)
    costs = {"amount": settings.threshold.amount, "cost": settings.threshold.cost}
    return compute_thresholds(seen.outcome, recipe.rehearsed, weeks=seen.weeks, weight=seen.weight, **costs)
