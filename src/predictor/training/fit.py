"""Every candidate fitted on the training leads, one chosen, and that one fitted again on all leads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from predictor.core.errors import Finding, count, list_names, name_nearest
from predictor.core.settings import Settings
from predictor.data.values import normal_text
from predictor.model.calibrated_model import CalibratedModel, FitFunction, FitPlan, fit_calibrated
from predictor.model.candidates import sort_candidates
from predictor.model.candidates.own import Own
from predictor.model.candidates.own_candidate import OwnCandidate
from predictor.model.choose_candidate import compare_candidates, read_chosen
from predictor.model.eligible import can_be_monotone, choosable, select_candidates
from predictor.model.metrics.metrics import SIGNIFICANCE, compute_rank_p_value
from predictor.model.recalibrate import choose_level, recalibrate_newest
from predictor.model.sample import Sample, make_sample_folds
from predictor.model.split import Fold
from predictor.model.tune import Budget, Tuning, tune_lightgbm
from predictor.model.tune_blend import fit_blend, tune_blend
from predictor.model.tune_logistic import tune_logistic
from predictor.training.dataset import Dataset

Progress = Callable[[str], None]
Advance = Callable[[float], None]
_BLENDED = ("logistic", "lightgbm")
_PATIENCE = 3  # times the budget of the search after which the clock ends it


@dataclass(frozen=True, kw_only=True)
class FittedCandidates:
    """Every candidate, fitted on the training leads.

    Attributes:
        models: Candidate -> its model.
        chosen: The candidate chosen by its out-of-fold predictions.
        choice: Why, as `compare_candidates` gives it.
        tuning: What the search for better trees found; None where there was none.
        findings: What was noticed on the way.
        seconds: Candidate -> how long its fits took, the search for better trees not included.
        fits: Candidate -> how the folds would fit it on each of them, and then on the whole sample; none for its own way.
    """

    models: dict[str, CalibratedModel]
    chosen: str
    choice: pd.DataFrame
    tuning: Tuning | None
    findings: tuple[Finding, ...]
    fits: Mapping[str, Sequence[FitFunction]] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)

    def describe(self, final: CalibratedModel) -> dict[str, Any]:
        """How the model came about, for `metrics.json`.

        `choice` has a row for each candidate that could be chosen, as `compare_candidates` gives it; `calibrator` is that of the
        forward test (`kind`, `text`: why, `level`: whether the base rate has moved, and what was done; `final`: the same of the
        final model where its level was set otherwise, else empty); `tuning` has the trees that were found (`parameters` that
        differ from the usual, `rounds` on `rows` leads, boosters averaged: `members`), the number of `tries`, and the out-of-fold
        log loss before calibration of the best (`loss`) and of the usual trees (`usual`); null where there were no trees.
        """
        calibrated, tuned = self.models[self.chosen], self.tuning
        trees = {} if tuned is None else asdict(tuned.growth) | {"tries": tuned.tries, "loss": tuned.loss, "usual": tuned.usual}
        return {
            "choice": self.choice.to_dict("records"),
            "calibrator": {
                "kind": calibrated.calibrator.kind,
                "text": calibrated.why,
                "level": calibrated.level,
                "final": "" if final.recalibrated == calibrated.recalibrated else _describe_final(final),
            },
            "tuning": trees or None,
        }


def fit_candidates(
    dataset: Dataset,
    fit: Sample,
    *,
    own: Sequence[OwnCandidate] = (),
    progress: Progress = lambda _: None,
    advance: Advance = lambda _: None,
) -> FittedCandidates:
    """Every candidate that there are enough leads for, fitted, and the one that did best out of fold.

    Args:
        dataset: The leads and settings.
        fit: The training leads.
        own: The firm's own candidates.
        progress: Called with what begins now, in words.
        advance: Called with the share of the tuning that is done, 0 to 1.

    Raises:
        TrainingError: All training leads have the same outcome, or a candidate of the firm's own cannot be fitted or kept.
    """
    settings, folds = dataset.settings, _make_folds(dataset, fit)
    names, findings = select_candidates(fit, settings.model, has_folds=bool(folds), own=[one.name for one in own])
    fits: dict[str, Sequence[FitFunction]] = {one.name: (one.fit,) for one in own}
    models: dict[str, CalibratedModel] = {}
    seconds: dict[str, float] = {}

    def fit_one(name: str, plan: FitPlan, begun: float) -> CalibratedModel:
        models[name] = fit_calibrated(name, fit.seen_by(name), folds, settings.model.seed, plan=plan, gap=dataset.gap)
        seconds[name] = time.monotonic() - begun
        return models[name]

    for one in own:  # first, so that one that fails does so before minutes are spent
        if one.name in names:
            progress(f"Fitting '{one.name}' on {count(len(fit), 'lead')}")
            fitted = fit_one(one.name, FitPlan((one.fit,)), time.monotonic())
            if isinstance(fitted.model, Own):
                one.check_kept(fitted.model, fit)
    tuning = _tune(names, fit, folds, settings, progress=progress, advance=advance)
    fits |= {} if tuning is None else dict(tuning.fits)
    if "logistic" in names and folds:
        fits["logistic"] = tune_logistic(fit, folds)
    for name in sort_candidates(name for name in names if name not in models):
        progress(f"Fitting '{name}' on {count(len(fit), 'lead')}")
        begun = time.monotonic()
        blended = name == "blend" and all(one in fits and one in models for one in _BLENDED)
        plan = FitPlan(fits.get(name, ()))
        if blended:
            ways, share = tune_blend(models["logistic"], models["lightgbm"], fit, folds)
            plan = FitPlan(ways)
            last = (fits["logistic"][-1], fits["lightgbm"][-1])
            fits["blend"] = (partial(fit_blend, fits=last, share=share),)
        fit_one(name, plan, begun)
    models = {name: models[name] for name in names}
    may_serve = choosable(names, has_folds=bool(folds), monotone=bool(settings.model.monotone))
    models = {name: _choose_level(model, fit.seen_by(name), settings) for name, model in models.items()}
    choice = compare_candidates({name: models[name] for name in may_serve}, fit)
    models = {name: _set_level(model, fit.seen_by(name)) for name, model in models.items()}
    findings = (
        *findings,
        *_check_reversed_points(fit),
        *_check_level(fit, settings),
        *_check_monotone_types(fit, settings),
        *_check_not_monotone(names, may_serve),
        *_check_reasons(models[read_chosen(choice)]),
        *(tuning.findings if tuning else ()),
    )
    chosen = read_chosen(choice)
    return FittedCandidates(
        models=models, chosen=chosen, choice=choice, tuning=tuning, findings=findings, fits=fits, seconds=seconds
    )


def refit(fitted: FittedCandidates, dataset: Dataset, name: str | None = None) -> tuple[Sample, CalibratedModel]:
    """A candidate, by default the chosen one, fitted on all leads in the way that was tested."""
    name = fitted.chosen if name is None else name
    features, _ = dataset.fit_features(dataset.outcomes.training)
    sample = dataset.sample(dataset.outcomes.training, features, as_of=dataset.outcomes.observed_until)
    sample, plan = sample.seen_by(name), FitPlan(fitted.fits.get(name, ())[-1:], fitted.models[name].kind)
    calibrated = fit_calibrated(
        name, sample, _make_folds(dataset, sample), dataset.settings.model.seed, plan=plan, gap=dataset.gap
    )
    return sample, _set_level(_choose_level(calibrated, sample, dataset.settings), sample)


def _describe_final(final: CalibratedModel) -> str:
    own = "with the newest leads among them, the base rate has not moved beyond chance, so the level is the model's own."
    return f"In the final model, fitted on all leads: {final.level or own}"


def _check_reversed_points(fit: Sample) -> tuple[Finding, ...]:
    """A finding where leads with more points were accepted less often, which a candidate would use and a gate would not."""
    if fit.points_column is None:
        return ()
    leads = fit.training
    points = leads.matrix[:, fit.points_column]
    known = ~np.isnan(points)
    if not known.any() or compute_rank_p_value(leads.outcome[known], 1 - rankdata(points[known]) / known.sum()) > SIGNIFICANCE:
        return ()
    what = "The points run backwards: leads with more points were accepted less often. A gate on them hands over the wrong leads."
    return (Finding("TRAIN010", "warning", what, do="Look at the rules that give most points, and at what the column holds."),)


def _check_monotone_types(fit: Sample, settings: Settings) -> tuple[Finding, ...]:
    """A finding where model.monotone names an event type that no feature counts."""
    known = fit.features.featured_types or ()
    if not (unknown := [name for name in settings.model.monotone if normal_text(name) not in known]):
        return ()
    what = f"model.monotone names {list_names(unknown)}, which no feature counts, so it has no effect on them."
    near = "".join(dict.fromkeys(name_nearest(str(normal_text(name)), known) for name in unknown))
    return (Finding("TRAIN011", "warning", what, do=f"Fix the names, or list these types in features.event_types.{near}"),)


def _check_not_monotone(names: Sequence[str], may_serve: Sequence[str]) -> tuple[Finding, ...]:
    """A finding where candidates are shown that model.monotone rules out."""
    excluded = [name for name in names if not can_be_monotone(name) and name not in may_serve]
    if not excluded or len(names) - len(excluded) != len(may_serve):
        return ()
    what = f"{list_names(excluded)} cannot follow model.monotone: shown, but not chosen."
    return (Finding("TRAIN012", "tip", what, do="Leave model.monotone empty to choose among all candidates."),)


def _check_reasons(chosen: CalibratedModel) -> tuple[Finding, ...]:
    """A finding where the chosen candidate is the firm's own, so that its reasons are not exact."""
    if not isinstance(chosen.model, Own):
        return ()
    what = f"'{chosen.name}' is a classifier of your own: the reasons for its scores are an approximation."
    do = "Nothing, if that is enough. The candidates of this package give exact reasons."
    return (Finding("TRAIN016", "tip", what, do=do),)


def _tune(
    names: Sequence[str], fit: Sample, folds: list[Fold], settings: Settings, *, progress: Progress, advance: Advance
) -> Tuning | None:
    """The best way to grow trees on the training leads; the clock only ends the search on a machine far slower than usual."""
    if not folds or not any(name.startswith("lightgbm") for name in names):
        return None
    progress(f"Tuning trees on {count(len(fit), 'lead')}")
    budget = settings.model.budget_s
    late = time.monotonic() + _PATIENCE * budget
    limits = Budget(budget, advance, is_late=lambda: time.monotonic() > late)
    return tune_lightgbm(fit, folds, seed=settings.model.seed, budget=limits, monotone=settings.model.monotone)


def _choose_level(calibrated: CalibratedModel, sample: Sample, settings: Settings) -> CalibratedModel:
    """The model with whose level it has: its own where nothing says which leads are the newest."""
    return choose_level(calibrated, sample, "never" if sample.shuffled else settings.model.recalibrate)


def _check_level(fit: Sample, settings: Settings) -> tuple[Finding, ...]:
    """A finding where the newest leads should set the level, and nothing says which they are."""
    if not fit.shuffled or settings.model.recalibrate != "newest":
        return ()
    what = "model.recalibrate is 'newest', but nothing says which leads came in last: it has no effect."
    return (Finding("TRAIN015", "warning", what, do="Map mql_at, or a column that grows with time as order_by."),)


def _set_level(calibrated: CalibratedModel, sample: Sample) -> CalibratedModel:
    """The model, at the level of the newest leads where that was chosen."""
    at_newest = calibrated.forward is not None and calibrated.forward.at_newest
    return recalibrate_newest(calibrated, sample) if at_newest else calibrated


def _make_folds(dataset: Dataset, sample: Sample) -> list[Fold]:
    """The folds of a sample; none where it is too short."""
    return make_sample_folds(sample, folds=dataset.settings.split.folds, gap=dataset.gap)
