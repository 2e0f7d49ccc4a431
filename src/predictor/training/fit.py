"""Learning: every candidate from one block of leads, the choice among them, and the chosen one again from all that can teach."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from predictor.core.errors import Finding, count, list_names, name_nearest
from predictor.core.settings import Settings
from predictor.data.values import normal_text
from predictor.model.calibrated_model import Learn, Manner, Recipe, fit_recipe
from predictor.model.choose_candidate import compare_recipes, find_chosen
from predictor.model.eligible import UNBOUND, choosable, select_candidates
from predictor.model.metrics.metrics import compute_luck
from predictor.model.recalibrate import recalibrate_newest
from predictor.model.sample import Block
from predictor.model.split import Fold
from predictor.model.tune import Budget, Tuning, tune_boosted
from predictor.model.verdict import LUCK
from predictor.training.dataset import Study

Progress = Callable[[str], None]
Advance = Callable[[float], None]
_PATIENCE = 3  # times the budget of the search after which the clock ends it


@dataclass(frozen=True)
class Learned:
    """What a block of leads taught.

    Attributes:
        recipes: Candidate -> its recipe.
        chosen: The candidate chosen by the rehearsal.
        choice: Why, as `compare_recipes` gives it.
        tuning: What the search for better trees found; None where there was none.
        findings: What was noticed on the way.
    """

    recipes: dict[str, Recipe]
    chosen: str
    choice: pd.DataFrame
    tuning: Tuning | None
    findings: tuple[Finding, ...]

    def describe(self) -> dict[str, Any]:
        """How the model came about, for `metrics.json`.

        `choice` has a row for each candidate that could be chosen, as `compare_recipes` gives it; `calibrator` is that of the
        forward test (`kind`, and `text`: why); `tuning` tells the trees that were found (`parameters` that differ from the usual,
        `rounds` on `rows` leads, boosters averaged: `members`), how many `tries` there were, and the log loss out of time before
        calibration of the best of them (`loss`) and of the usual trees (`usual`); null where there were no trees.
        """
        recipe, tuned = self.recipes[self.chosen], self.tuning
        found = {} if tuned is None else asdict(tuned.growth) | {"tries": tuned.tries, "loss": tuned.loss, "usual": tuned.usual}
        return {
            "choice": self.choice.to_dict("records"),
            "calibrator": {"kind": recipe.calibrator.kind, "text": recipe.why},
            "tuning": found or None,
        }


def learn_candidates(
    study: Study, fit: Block, *, progress: Progress = lambda _: None, advance: Advance = lambda _: None
) -> Learned:
    """Every candidate that the block can carry, learned from it, and the one that did best on its own later leads.

    Args:
        study: What was asked.
        fit: The leads that may teach.
        progress: Called with what begins now, in words.
        advance: Called with the share of the tuning that is done, 0 to 1.

    Raises:
        TrainingError: All leads of the block have the same outcome.
    """
    settings, folds = study.settings, study.rehearsal(fit)
    names, findings = select_candidates(fit, settings.model, rehearsed=bool(folds))
    tuning = _tune(names, fit, folds, settings, progress=progress, advance=advance)
    recipes = {}
    for name in names:
        progress(f"Learning '{name}' on {count(len(fit), 'lead')}")
        manner = Manner(_find_ways(tuning, name))
        recipes[name] = fit_recipe(name, fit.seen_by(name), folds, settings.model.seed, manner=manner, gap=study.gap)
    may_serve = choosable(names, rehearsed=bool(folds), monotone=bool(settings.model.monotone))
    choice = compare_recipes({name: recipes[name] for name in may_serve}, fit)
    recipes = {name: _set_level(recipe, fit.seen_by(name), settings) for name, recipe in recipes.items()}
    found = (
        *findings,
        *_tell_reversed(fit),
        *_tell_unbound(fit, settings),
        *_tell_not_held(names, may_serve),
        *(tuning.findings if tuning else ()),
    )
    return Learned(recipes, find_chosen(choice), choice, tuning, found)


def learn_again(learned: Learned, study: Study, name: str | None = None) -> tuple[Block, Recipe]:
    """A candidate, or else the chosen, learned from every lead that can teach by now, in the way tested."""
    name = learned.chosen if name is None else name
    features, _ = study.fit_features(study.teaching)
    block = study.block(study.teaching, features, known_at=study.observed_until)
    block, manner = block.seen_by(name), Manner(_find_ways(learned.tuning, name)[-1:], learned.recipes[name].kind)
    recipe = fit_recipe(name, block, study.rehearsal(block), study.settings.model.seed, manner=manner, gap=study.gap)
    return block, _set_level(recipe, block, study.settings)


def _tell_reversed(fit: Block) -> tuple[Finding, ...]:
    """A finding where leads with more points were accepted less often, which a candidate would use and a gate would not."""
    if fit.points_column is None:
        return ()
    leads = fit.teaching
    points = leads.matrix[:, fit.points_column]
    held = ~np.isnan(points)
    if not held.any() or compute_luck(leads.outcome[held], 1 - rankdata(points[held]) / held.sum()) > LUCK:
        return ()
    what = "The points run backwards: leads with more points were accepted less often. A gate on them hands over the wrong leads."
    return (Finding("TRAIN010", "warning", what, "Look at the rules that give most points, and at what the column holds."),)


def _tell_unbound(fit: Block, settings: Settings) -> tuple[Finding, ...]:
    """A finding where the settings would hold a type of event to something, and no features look at it."""
    known = fit.features.acts or ()
    if not (missed := [name for name in settings.model.monotone if normal_text(name) not in known]):
        return ()
    what = f"model.monotone names {list_names(missed)}, of which no features are counted, so nothing is held."
    near = "".join(dict.fromkeys(name_nearest(str(normal_text(name)), known) for name in missed))
    return (Finding("TRAIN011", "warning", what, f"Mend the names, or list these types in features.event_types.{near}"),)


def _tell_not_held(names: Sequence[str], may_serve: Sequence[str]) -> tuple[Finding, ...]:
    """A finding where candidates are shown that the settings would not have chosen."""
    barred = [name for name in UNBOUND if name in names and name not in may_serve]
    if not barred or len(names) - len(barred) != len(may_serve):
        return ()
    what = f"{list_names(barred)} cannot be held to model.monotone: shown, but not chosen."
    return (Finding("TRAIN012", "tip", what, "Leave model.monotone empty where the best of all is to be chosen."),)


def _find_ways(tuning: Tuning | None, name: str) -> Sequence[Learn]:
    """How tuning would have a candidate learned; empty for its own way."""
    ways: Mapping[str, Sequence[Learn]] = {} if tuning is None else tuning.ways
    return ways.get(name, ())


def _tune(
    names: Sequence[str], fit: Block, folds: list[Fold], settings: Settings, *, progress: Progress, advance: Advance
) -> Tuning | None:
    """How trees are best grown on the fit block; the clock ends the search only where the machine is far slower than usual."""
    if not folds or not any(name.startswith("lightgbm") for name in names):
        return None
    progress(f"Tuning trees on {count(len(fit), 'lead')}")
    budget = settings.model.budget_s
    late = time.monotonic() + _PATIENCE * budget
    limits = Budget(budget, advance, is_late=lambda: time.monotonic() > late)
    return tune_boosted(fit, folds, seed=settings.model.seed, budget=limits, monotone=settings.model.monotone)


def _set_level(recipe: Recipe, block: Block, settings: Settings) -> Recipe:
    """The recipe, at the level of the newest leads where the settings ask for that."""
    return recalibrate_newest(recipe, block) if settings.model.recalibrate == "newest" else recipe
